"""The lists of products, prices and orders. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.call import Call, Reply
from commerce_async.schema.lenient import find_id, untyped
from commerce_async.schema.money import require_currency
from fastspring_async.calls.by_id import quoted
from fastspring_async.opened import opened
from fastspring_async.wire import ORDERS, PRODUCTS, Envelope, Kind

CurrencyParameter: TypeAlias = Literal["cy", "currency"]
Scope: TypeAlias = Literal["all", "live", "test"]
Status: TypeAlias = Literal["completed", "canceled", "failed"]


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


def price_query(
    *, country: str | None = None, currency: str | None = None, parameter: CurrencyParameter = "cy"
) -> tuple[tuple[str, str], ...]:
    """Where and in which currency localized prices are asked for. FastSpring: /products, Get localized price data.

    Args:
        country: ISO 3166 code; None for every country.
        currency: ISO 4217 code, together with `country`.
        parameter: how the currency is sent: `cy`, or `currency` as FastSpring's later reference has it.

    Raises:
        UsageError: a code that is none.
    """
    query: list[tuple[str, str]] = []
    if country is not None:
        query.append(("country", _country(country)))
    if currency is not None:
        query.append((parameter, _currency(currency)))
    return tuple(query)


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
            UsageError: `begin` is not before `end`, `days` below 1 or beside the two, a word that the vendor does not
                know, or a product path that cannot stand in a list.
        """
        begin, end = day(self.begin), day(self.end)
        if begin and end and begin >= end:
            raise UsageError(f"begin ({begin}) must be at least one day before end ({end})")
        if self.days is not None and self.days < 1:
            raise UsageError(f"days must be 1 or more, not {self.days}")
        if self.days is not None and (begin or end):
            raise UsageError("give days, or begin and end, not both")
        for product in self.products:
            quoted(product)
        values = {
            "begin": begin and begin.isoformat(),
            "end": end and end.isoformat(),
            "days": None if self.days is None else str(self.days),
            "products": ",".join(self.products),
            "rebill": flag(self.rebill),
            "returns": flag(self.returns),
            "scope": word("scope", self.scope, Scope),
            "status": word("status", self.status, Status),
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


def word(name: str, value: str | None, words: Any) -> str | None:
    """A word of a filter, which the vendor may well ignore if it does not know it.

    Args:
        words: the `Literal` that it must be one of.

    Raises:
        UsageError: it is none of them.
    """
    if value is not None and value not in get_args(words):
        raise UsageError(f"{name}: expected {', '.join(get_args(words))}; got {str(value)[:40]!r}")
    return value


def _country(code: str) -> str:
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise UsageError(f"country: expected an ISO 3166 code of two letters, got {code[:40]!r}")
    return code.upper()


def _currency(code: str) -> str:
    try:
        return require_currency(code)
    except ValueError as error:
        raise UsageError(f"currency: {error}") from None
