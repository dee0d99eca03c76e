"""The calls of `fastspring_async.table`, by the names of its operations. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from commerce_async.http.call import Call, Reply
from fastspring_async.table import OPERATIONS, SLOT, Asks, Operation, Repeat
from fastspring_async.wire import KINDS, PRODUCTS, Kind

T = TypeVar("T")

_BY_NAME: Final = {row.name: row for row in OPERATIONS}
_MANY: Final = "_many"


def operation(name: str) -> Operation:
    """The row of that name.

    Raises:
        KeyError: there is none.
    """
    return _BY_NAME[name]


def find(name: str) -> Operation | None:
    """The row of that name, if there is one. `products.get_many` is `products.get` for several."""
    return _BY_NAME.get(name.removesuffix(_MANY))


def asks(name: str) -> Asks:
    """What an operation asks for. `products.get_many` is `products.get` for several."""
    if name.endswith(_MANY):
        return Asks.EACH
    if row := _BY_NAME.get(name):
        return row.asks
    return {"get": Asks.ONE, "request": Asks.ANY}.get(name.rpartition(".")[2], Asks.LIST)


def kind_of(name: str) -> Kind:
    """What the replies of an operation hold, by its family."""
    return KINDS.get(name.partition(".")[0], PRODUCTS)


def request(
    name: str,
    decode: Callable[[Reply], T],
    *,
    query: Iterable[tuple[str, str]] = (),
    body: bytes | None = None,
    **segments: str | Sequence[str],
) -> Call[T]:
    """A call of the table's operation `name`, sent again or not as its row says.

    Args:
        decode: reads the reply.
        query: pairs in order.
        body: JSON.
        segments: what takes the place of `{…}` in the path.

    Raises:
        UsageError: a segment that cannot stand in a path.
    """
    return built(name, decode, segments, query=query, body=body)


def several(
    name: str, decode: Callable[[Reply], T], ids: Sequence[str], *, query: Iterable[tuple[str, str]] = ()
) -> Call[T]:
    """The same as `request` of an operation that reads one thing, for several: each has an outcome of its own.

    Raises:
        UsageError: an id that cannot stand in a path.
    """
    return replace(request(name, decode, ids=ids, query=query), operation=f"{name}{_MANY}")


def built(
    name: str,
    decode: Callable[[Reply], T],
    segments: Mapping[str, str | Sequence[str]],
    *,
    query: Iterable[tuple[str, str]] = (),
    body: bytes | None = None,
) -> Call[T]:
    """The same as `request`, with the segments in a mapping."""
    row = operation(name)
    return Call(
        name,
        row.method,
        row.fill(segments),
        decode,
        tuple(query),
        body,
        idempotent=row.repeat is Repeat.YES,
        check=row.check,
    )


def matching(method: str, path: str) -> Operation | None:
    """The operation that a request is, by its method and its path as quoted; None if it is none in the table.

    Several operations may share a request (a change and its preview): the one that is repeated least is meant.
    """
    found = [row for row in OPERATIONS if row.method == method and _pattern(row.path).fullmatch(path)]
    exact = [row for row in found if "{" not in row.path] or found
    return max(exact, key=lambda row: _LEAST.index(row.repeat), default=None)


_LEAST: Final = [Repeat.YES, Repeat.SETTLE, Repeat.NEVER]
_PATTERNS: dict[str, re.Pattern[str]] = {}


def _pattern(path: str) -> re.Pattern[str]:
    found = _PATTERNS.get(path)
    if found is None:
        parts = (re.escape(part) if n % 2 == 0 else "[^/]+" for n, part in enumerate(SLOT.split(path)))
        found = _PATTERNS[path] = re.compile("".join(parts))
    return found


__all__ = [
    "OPERATIONS",
    "Asks",
    "Operation",
    "Repeat",
    "asks",
    "built",
    "find",
    "kind_of",
    "matching",
    "operation",
    "request",
    "several",
]
