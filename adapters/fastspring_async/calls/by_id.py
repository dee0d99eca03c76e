"""Records by id: the calls, and how ids stand in them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, TypeVar

from commerce_async.errors import UsageError
from commerce_async.http.call import Call, Reply, quote_segment
from fastspring_async.opened import opened
from fastspring_async.wire import (
    ORDERS,
    PRODUCTS,
    Answers,
    Kind,
    Shape,
    read_order_record,
    read_prices,
    read_product_record,
    sort_out,
)

R = TypeVar("R")

MOST_IDS: Final = 50
LONGEST_PATH: Final = 2000
"""Characters of a path, quoted; servers and proxies refuse much longer ones."""

_PLAIN_LIST = re.compile(r"[A-Za-z0-9_.~,-]+", re.ASCII)
_RESERVED = frozenset({"price", "offers"})  # /products/price is another endpoint, and a valid product path too

WIRE_PRODUCT: Final = Shape(
    read_product_record, lambda record: (record.product,), PRODUCTS.names, sure=partial(read_product_record, sure=True)
)
PRICES: Final = Shape(read_prices, lambda record: (record.product,), PRODUCTS.names)
WIRE_ORDER: Final = Shape(read_order_record, lambda record: (record.key, record.reference or ""), ORDERS.names)


def one(kind: Kind, id: str, shape: Shape[R]) -> Call[R]:
    """One object. FastSpring: /products and /orders, Get one or multiple."""

    return Call(f"{kind.plural}.get", "GET", _path(kind, (id,)), only(kind, id, shape))


def only(kind: Kind, id: str, shape: Shape[R]) -> Callable[[Reply], R]:
    """Reads a reply that speaks of one object.

    Raises:
        UsageError: an id that cannot stand in a path.
    """
    quoted(id)

    def decode(reply: Reply) -> R:
        answers = sort_out((id,), opened(reply, kind).records, shape)
        if id in answers.found:
            return answers.found[id]
        if refusal := answers.refused.get(id):
            raise refusal
        if bad := answers.unreadable.get(id):
            raise ValueError(bad.reason)
        raise ValueError("the reply does not speak of what was asked")

    return decode


def many(kind: Kind, ids: tuple[str, ...], shape: Shape[R]) -> Call[Answers[R]]:
    """A chunk of objects. FastSpring: Overview, Batch requests; /products and /orders, Get one or multiple."""

    def decode(reply: Reply) -> Answers[R]:
        return sort_out(ids, opened(reply, kind).records, shape.within(reply.body))

    return Call(f"{kind.plural}.get_many", "GET", _path(kind, ids), decode)


def chunks(ids: Iterable[str], *, most: int = MOST_IDS) -> list[tuple[str, ...]]:
    """Ids in the order given, each once, cut so that every chunk fits one call: 50 ids and a safe URL length.

    Raises:
        UsageError: an id that cannot stand in a list: empty, no text, with a comma or a control character, or
            longer than a URL may be.
    """
    asked = tuple(dict.fromkeys(ids))
    found: list[tuple[str, ...]] = []
    while asked and (joined := _plain(asked[:most])) is not None and len(joined) < LONGEST_PATH:
        found.append(asked[:most])
        asked = asked[most:]
    chunk: list[str] = []
    room = LONGEST_PATH
    for id in asked:
        length = len(quoted(id)) + 1
        if chunk and (len(chunk) == most or length > room):
            found.append(tuple(chunk))
            chunk, room = [], LONGEST_PATH
        chunk.append(id)
        room -= length
    return [*found, tuple(chunk)] if chunk else found


def _plain(ids: tuple[str, ...]) -> str | None:
    """The ids as they stand in a list, if none needs to be quoted or looked at: as most, and a batch has fifty."""
    try:
        joined = ",".join(ids)
    except TypeError:
        return None
    if _PLAIN_LIST.fullmatch(joined) is None or joined.count(",") != len(ids) - 1:
        return None
    around = f",{joined},"
    return None if ",." in around or ",," in around else joined


def quoted(id: object) -> str:
    """An id as it stands in a path or a list.

    Raises:
        UsageError: it cannot: empty, no text, with a comma or a control character, or longer than a URL may be.
    """
    if not isinstance(id, str):
        raise UsageError(f"an id is text, not {type(id).__name__}; give several to get_many")
    if "," in id:
        raise UsageError(f"the id {id[:40]!r} has a comma in it, which would split it into two")
    quoted = quote_segment(id)
    if len(quoted) > LONGEST_PATH:
        raise UsageError(f"the id {id[:40]!r}… is too long for a URL")
    return quoted


def _path(kind: Kind, ids: tuple[str, ...]) -> str:
    if len(ids) == 1 and quoted(ids[0]) in _RESERVED:
        ids *= 2  # asked twice, it is a list of ids and no endpoint
    return f"/{kind.plural}/{_plain(ids) or ','.join(quoted(id) for id in ids)}"
