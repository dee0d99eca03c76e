"""Requests that nothing here has a method for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.auth import stands_in_header
from commerce_async.http.call import Call, Reply
from commerce_async.http.sending import checked_method, checked_path, encoded
from commerce_async.schema.lenient import Reader, untyped
from sparkpay_async import operations
from sparkpay_async.calls import FRESH
from sparkpay_async.query import values
from sparkpay_async.wire import read_one

# What makes a header's name (RFC 9110 §5.1), and those that are the client's to write.
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)
_OURS: Final = frozenset({"x-ac-auth-token", "host", "connection", "content-length", "transfer-encoding"})


def call(
    method: str,
    path: str | Iterable[str],
    query: Mapping[str, object] | Iterable[tuple[str, object]],
    json: object,
    headers: Mapping[str, str] | None,
    decode: type[Any] | None,
    fresh: bool,
    idempotent: bool | None,
) -> Call[Any]:
    """The call for `Api.request`.

    Raises:
        UsageError: the method, the path, the query, the body or a header cannot be sent.
    """
    verb, where = checked_method(method), checked_path(path)
    row = operations.matching(verb, where)
    if idempotent is None:
        idempotent = verb == "GET" if row is None else row.repeat is operations.Repeat.YES
    return Call(
        f"{row.resource if row else where.split('/')[1].removesuffix('.json')}.request",
        verb,
        where,
        lambda reply: _read(reply, decode),
        _pairs(query),
        None if json is msgspec.UNSET else encoded(json, floats=True),
        (*(FRESH if fresh else ()), *_headers(headers or {})),
        idempotent=idempotent,
        check=row.check if row else "",
    )


def _read(reply: Reply, decode: type[Any] | None) -> Any:
    if decode is Reply:
        return reply
    if decode is bytes:
        return reply.body
    raw = read_one(reply.body)
    if decode is None:
        return untyped(raw) if raw else None
    return Reader(decode).read(raw)


def _pairs(query: Mapping[str, object] | Iterable[tuple[str, object]]) -> tuple[tuple[str, str], ...]:
    pairs = cast("Mapping[str, object]", query).items() if isinstance(query, Mapping) else query
    return tuple((str(name), _word(str(name), value)) for name, value in pairs if value is not None)


def _headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name) or name.lower() in _OURS:  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all checked
            raise UsageError(f"headers: {str(name)[:40]!r} cannot be set here")
        if not isinstance(value, str) or not stands_in_header(value):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all checked
            raise UsageError(f"headers: {name}: expected printable ASCII text")
    return tuple(headers.items())


def _word(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return values.time(name, value)
    if isinstance(value, Decimal):
        return values.exact(f"query: {name[:40]}", value)
    if isinstance(value, str | int):
        return str(value)
    raise UsageError(f"query: {name[:40]}: expected text, a number or a time, got {type(value).__name__}")
