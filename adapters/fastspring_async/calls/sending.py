"""Bodies as JSON, and paths and queries of a caller's own. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final, cast

from commerce_async.errors import UsageError
from commerce_async.http.sending import METHODS, checked_method, checked_path, encoded

_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_OURS: Final = frozenset({"authorization", "host", "content-length", "transfer-encoding", "connection"})


def checked_query(query: Mapping[str, object] | Iterable[tuple[str, object]]) -> tuple[tuple[str, str], ...]:
    """A caller's query as pairs of text: True and False in lower case, dates as yyyy-mm-dd, None left out.

    Raises:
        UsageError: a value that is none of these.
    """
    pairs = cast("Mapping[str, object]", query).items() if isinstance(query, Mapping) else query
    return tuple((str(name), _word(name, value)) for name, value in pairs if value is not None)


def checked_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """A caller's headers as pairs.

    Raises:
        UsageError: a name or a value that cannot stand in a request, or a header that is ours to set.
    """
    for name, value in headers.items():
        if _NAME.fullmatch(name) is None or name.lower() in _OURS:
            raise UsageError(f"headers: {name[:40]!r} cannot be set here")
        if not value.isprintable():
            raise UsageError(f"headers: {name}: the value has a control character in it")
    return tuple(headers.items())


def _word(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int | Decimal):
        return str(value)
    raise UsageError(f"query: {str(name)[:40]}: expected text, a number or a date, got {type(value).__name__}")


__all__ = ["METHODS", "checked_headers", "checked_method", "checked_path", "checked_query", "encoded"]
