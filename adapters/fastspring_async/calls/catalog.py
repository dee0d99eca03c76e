"""Records by id, and the lists of products, prices and orders. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from typing import Final, Literal, TypeAlias, TypeVar

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.call import Call, Reply, path, quote_segment
from commerce_async.schema.lenient import find_id, untyped
from commerce_async.schema.money import require_currency
from fastspring_async.opened import opened
from fastspring_async.wire import (
    ORDERS,
    PRODUCTS,
    Answers,
    Envelope,
    Kind,
    ProductPrices,
    Shape,
    read_order,
    read_prices,
    read_product,
    sort_out,
)

R = TypeVar("R")

CurrencyParameter: TypeAlias = Literal["cy", "currency"]
Scope: TypeAlias = Literal["all", "live", "test"]
Status: TypeAlias = Literal["completed", "canceled", "failed"]

MOST_IDS: Final = 50
LONGEST_PATH: Final = 2000
"""Characters of a path, quoted; servers and proxies refuse much longer ones."""

_PLAIN_LIST = re.compile(r"[A-Za-z0-9_.~,-]+", re.ASCII)
_RESERVED = frozenset({"price", "offers"})  # /products/price is another endpoint, and a valid product path too

WIRE_PRODUCT: Final = Shape(
    read_product, lambda record: (record.product,), PRODUCTS.names, sure=partial(read_product, sure=True)
)
WIRE_ORDER: Final = Shape(read_order, lambda record: (record.key, record.reference or ""), ORDERS.names)


# -- by id ---------------------------------------------------------------------------------------------------


def one(kind: Kind, id: str, shape: Shape[R]) -> Call[R]:
    """One object. FastSpring: /products and /orders, Get one or multiple."""

    def decode(reply: Reply) -> R:
        answers = sort_out((id,), opened(reply, kind).records, shape)
        if id in answers.found:
            return answers.found[id]
        if refusal := answers.refused.get(id):
            raise refusal
        if bad := answers.unreadable.get(id):
            raise ValueError(bad.reason)
        raise ValueError("the reply does not speak of what was asked")

    return Call(f"{kind.plural}.get", "GET", _path(kind, (id,)), decode)


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
        raise UsageError(f"an id is text, not {type(id).__name__}")
    if "," in id:
        raise UsageError(f"the id {id[:40]!r} has a comma in it, which would split it into two")
    quoted = quote_segment(id)
    if len(quoted) > LONGEST_PATH:
        raise UsageError(f"the id {id[:40]!r}… is too long for a URL")
    return quoted


def _path(kind: Kind, ids: tuple[str, ...]) -> str:
    if len(ids) == 1 and ids[0] in _RESERVED:
        ids *= 2  # asked twice, it is a list of ids and no endpoint
    return f"/{kind.plural}/{_plain(ids) or ','.join(quoted(id) for id in ids)}"


# -- lists ---------------------------------------------------------------------------------------------------


class Ids(msgspec.Struct, frozen=True):
    """Ids that the vendor lists. `whole` is False if it says that there are more than it gave."""

    ids: tuple[str, ...]
    whole: bool = True


def product_ids() -> Call[Ids]:
    """The ids (paths) of all products; the vendor refuses paging here. FastSpring: /products, Get list of all IDs."""
    return Call("products.ids", "GET", "/products", _decode_ids)


def _decode_ids(reply: Reply) -> Ids:
    envelope = opened(reply, PRODUCTS)
    return Ids(listed_ids(envelope.records, PRODUCTS), envelope.next_page is None)


def are_ids(records: Sequence[msgspec.Raw]) -> bool:
    """Whether a list holds bare ids in place of objects, as /orders without a filter does."""
    return bool(records) and bytes(records[0]).startswith(b'"')


def listed_ids(records: Iterable[msgspec.Raw], kind: Kind) -> tuple[str, ...]:
    """The ids in a list of ids, or of objects that have one.

    Raises:
        ValueError: a member that is neither.
    """
    found: list[str] = []
    for raw in records:
        value = untyped(raw)
        id = value if isinstance(value, str) and value else find_id(bytes(raw), *kind.names)
        if id is None:
            raise ValueError(f"{kind.plural}: expected ids, got {bytes(raw)[:40]!r}")
        found.append(id)
    return tuple(found)


class PricePage(msgspec.Struct, frozen=True):
    """One page of localized prices, and the number of the next page."""

    items: tuple[ProductPrices, ...]
    next_page: int | None = None


def prices(
    product: str | None = None,
    *,
    country: str | None = None,
    currency: str | None = None,
    page: int | None = None,
    limit: int | None = None,
    parameter: CurrencyParameter = "cy",
) -> Call[PricePage]:
    """Localized prices. FastSpring: /products, Get localized product price data.

    Args:
        product: one product's path; None for all.
        country: ISO 3166 code; None for every country.
        currency: ISO 4217 code, together with `country`.
        page, limit: from 1.
        parameter: how the currency is sent: `cy`, or `currency` as FastSpring's later reference has it.

    Raises:
        UsageError: a code that is none, or a page or limit below 1.
    """
    query: list[tuple[str, str]] = []
    if country is not None:
        query.append(("country", _country(country)))
    if currency is not None:
        query.append((parameter, _currency(currency)))
    query += paging(page, limit)
    if product is None:
        return Call("products.prices", "GET", "/products/price", _decode_prices, tuple(query))
    quoted(product)
    return Call("products.price", "GET", path("products", "price", product), _decode_prices, tuple(query))


def _decode_prices(reply: Reply) -> PricePage:
    envelope = opened(reply, PRODUCTS)
    return PricePage(tuple(read_prices(bytes(raw)) for raw in envelope.records), envelope.next_page)


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders. FastSpring: /orders, Request parameters.

    Attributes:
        begin, end: transactions between these days; `begin` at least one day before `end`. An order of the day
            `begin` itself is included.
        days: transactions of so many days back.
        products: only with one of these product paths.
        rebill: only renewals of subscriptions (True), or none (False).
        returns: only with returns (True), or without.
        scope: live orders, test orders, or all.
        status: `completed`, `canceled` (declined) or `failed`.
    """

    begin: date | None = None
    end: date | None = None
    days: int | None = None
    products: tuple[str, ...] = ()
    rebill: bool | None = None
    returns: bool | None = None
    scope: Scope | None = None
    status: Status | None = None

    def query(self) -> tuple[tuple[str, str], ...]:
        """The filter as sent.

        Raises:
            UsageError: `begin` is not before `end`, `days` below 1, or a product path that cannot stand in a list.
        """
        begin, end = day(self.begin), day(self.end)
        if begin and end and begin >= end:
            raise UsageError(f"begin ({begin}) must be at least one day before end ({end})")
        if self.days is not None and self.days < 1:
            raise UsageError(f"days must be 1 or more, not {self.days}")
        for product in self.products:
            quoted(product)
        values = {
            "begin": begin and begin.isoformat(),
            "end": end and end.isoformat(),
            "days": None if self.days is None else str(self.days),
            "products": ",".join(self.products),
            "rebill": flag(self.rebill),
            "returns": flag(self.returns),
            "scope": self.scope,
            "status": self.status,
        }
        return tuple((name, value) for name, value in values.items() if value)


def search(filter: OrderFilter, *, page: int | None = None, limit: int | None = None) -> Call[Envelope]:
    """One page of orders, not read yet. FastSpring: /orders, Get orders.

    Raises:
        UsageError: see `OrderFilter.query`; a page or limit below 1.
    """
    query = (*filter.query(), *paging(page, limit))
    return Call("orders.search", "GET", "/orders", _decode_search, query)


def _decode_search(reply: Reply) -> Envelope:
    envelope = opened(reply, ORDERS)
    if are_ids(envelope.records):
        listed_ids(envelope.records, ORDERS)  # refused here, where the call can still say whose reply it was
    return envelope


def paging(page: int | None, limit: int | None) -> Iterator[tuple[str, str]]:
    """`limit` and `page` as query pairs.

    Raises:
        UsageError: one is below 1.
    """
    for name, value in (("limit", limit), ("page", page)):
        if value is None:
            continue
        if value < 1:
            raise UsageError(f"{name} must be 1 or more, not {value}")
        yield name, str(value)


def day(value: date | None) -> date | None:
    """The day of a date or a time."""
    return value.date() if isinstance(value, datetime) else value


def flag(value: bool | None) -> str | None:
    """True and False as the vendor writes them in a query."""
    return None if value is None else str(value).lower()


def _country(code: str) -> str:
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise UsageError(f"country: expected an ISO 3166 code of two letters, got {code[:40]!r}")
    return code.upper()


def _currency(code: str) -> str:
    try:
        return require_currency(code)
    except ValueError as error:
        raise UsageError(f"currency: {error}") from None
