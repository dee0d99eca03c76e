"""What a caller gives, as it goes on the wire: bodies as JSON; methods, paths and headers of a caller's own. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, cast
from urllib.parse import unquote

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.auth import stands_in_header
from commerce_async.http.call import quote_segment

METHODS: Final = ("GET", "POST", "PUT", "DELETE")

# What makes a header's name (RFC 9110 §5.1), and those that are always the client's to write.
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)
_OURS: Final = frozenset({"host", "connection", "content-length", "transfer-encoding"})

_JSON = msgspec.json.Encoder(decimal_format="number")


def encoded(value: Any, *, floats: bool = False) -> bytes:
    """JSON in which a `Decimal` stands as the number it is, digit for digit. Fields that are UNSET are left out.

    Args:
        floats: whether finite floats may pass; where there is money they must not.

    Raises:
        UsageError: a value that JSON does not have, or a float.
    """
    try:
        return _JSON.encode(_plain(value, floats, ""))
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"this cannot be sent as JSON: {error}") from None


def _plain(value: Any, floats: bool, where: str) -> Any:
    if isinstance(value, msgspec.Struct):
        names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        members = {key: getattr(value, name) for key, name in names}
        return _plain({key: member for key, member in members.items() if member is not msgspec.UNSET}, floats, where)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, Any]", value).items()
        return {str(key): _plain(member, floats, f"{where}.{key}".lstrip(".")) for key, member in pairs}
    if isinstance(value, list | tuple):
        return [_plain(member, floats, f"{where}[{n}]") for n, member in enumerate(cast("tuple[Any, ...]", value))]
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > 30:
            raise UsageError(f"{where or 'body'}: {value} is no number that can be sent")
        return Decimal(f"{value:f}")  # without an exponent, which is good JSON but rare in prices
    if isinstance(value, float):
        if not floats:
            raise UsageError(f"{where or 'body'}: give a Decimal, not a float")
        if not math.isfinite(value):
            raise UsageError(f"{where or 'body'}: {value} is no number that can be sent")
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value


def checked_method(method: str) -> str:
    """The method in upper case, as vendors want it.

    Raises:
        UsageError: none that they know.
    """
    upper = str(method).upper()
    if upper not in METHODS:
        raise UsageError(f"method: expected one of {', '.join(METHODS)}, got {str(method)[:40]!r}")
    return upper


def checked_path(path: str | Iterable[str]) -> str:
    """A caller's path below the store's base URL: every segment quoted, none that climbs.

    Args:
        path: `/a/b` (what is percent-encoded in it stays so), or its segments as plain text.

    Raises:
        UsageError: not absolute, with a query or fragment, or with a segment that is empty, `.` or `..` or has a
            control character in it.
    """
    if not isinstance(path, str):
        segments = tuple(path)
        if not segments:
            raise UsageError("path: give at least one segment")
        return "".join("/" + quote_segment(segment, safe=",") for segment in segments)
    if not path.startswith("/"):
        raise UsageError(f"path: begins with a slash, below the store's base URL; got {path[:40]!r}")
    if "?" in path or "#" in path:
        raise UsageError("path: give the query as `query=`")
    return "".join("/" + quote_segment(unquote(segment), safe=",") for segment in path[1:].split("/"))


def checked_headers(headers: Mapping[str, str], credential: str) -> tuple[tuple[str, str], ...]:
    """A caller's headers as pairs.

    Args:
        credential: the header that carries the store's credentials, in lower case, which is never a caller's.

    Raises:
        UsageError: a name or a value that cannot stand in a request, or a header that is the client's to write.
    """
    for name, value in cast("Mapping[Any, Any]", headers).items():  # callers are not all type-checked
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name.lower() in {*_OURS, credential}:
            raise UsageError(f"headers: {str(name)[:40]!r} cannot be set here")
        if not isinstance(value, str) or not stands_in_header(value):
            raise UsageError(f"headers: {name}: expected printable ASCII text")
    return tuple(headers.items())
