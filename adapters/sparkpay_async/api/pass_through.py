"""Requests that nothing here has a method for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.call import Call, Reply
from commerce_async.http.sending import checked_headers, checked_method, checked_path, encoded
from commerce_async.schema.lenient import Reader, untyped
from sparkpay_async import operations
from sparkpay_async.calls import FRESH
from sparkpay_async.query import values
from sparkpay_async.wire import read_one


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
        (*(FRESH if fresh else ()), *checked_headers(headers or {}, "x-ac-auth-token")),
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
