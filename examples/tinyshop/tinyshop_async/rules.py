"""What Tinyshop says and means: its records, its calls, its errors. Pure: no network, no clock, nothing awaited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.call import Call, Outcome, Reply, Verdict, path
from commerce_async.http.retry import parse_retry_after
from commerce_async.schema import (
    Customer,
    Order,
    OrderLine,
    OrderStatus,
    Price,
    Product,
    ProductStatus,
    Record,
    Unreadable,
    require_currency,
)
from commerce_async.schema.lenient import Amount, Reader, Wire, find_id, read_each

R = TypeVar("R", bound=Record)

VENDOR: Final = "tinyshop"
MOST_IDS: Final = 20  # ids in one call

# -- records: as they come, and as everybody wants them --------------------------------------------------------


class WireProduct(Wire, frozen=True, kw_only=True):
    """A product as Tinyshop sends it."""

    id: int
    title: str | None = None
    sku: str | None = None
    price: Amount = None
    currency: str = "EUR"
    visible: bool = True
    changed: datetime | None = None


class WireLine(Wire, frozen=True, kw_only=True):
    """A line of an order."""

    product: int | None = None
    count: int = 1
    price: Amount = None


class WireOrder(Wire, frozen=True, kw_only=True):
    """An order as Tinyshop sends it."""

    id: int
    currency: str
    total: Amount = None
    state: str = ""
    email: str | None = None
    lines: list[WireLine] = msgspec.field(default_factory=list[WireLine])
    placed: datetime | None = None
    changed: datetime | None = None


_products = Reader(WireProduct)
_orders = Reader(WireOrder)
_STATES: Final = {
    "new": OrderStatus.OPEN,
    "paid": OrderStatus.COMPLETED,
    "sent": OrderStatus.SHIPPED,
    "void": OrderStatus.CANCELED,
}


def product(raw: bytes, store: str) -> Product:
    """A product in the common schema.

    Raises:
        ValueError: it cannot be read; the message names the field.
    """
    wire = _products.read(raw)
    prices = () if wire.price is None else (Price(currency=require_currency(wire.currency), amount=wire.price),)
    return Product(
        store=store,
        vendor=VENDOR,
        id=str(wire.id),
        raw=raw,
        sku=wire.sku or None,
        name=wire.title or None,
        status=ProductStatus.ACTIVE if wire.visible else ProductStatus.HIDDEN,
        prices=prices,
        updated_at=wire.changed,
    )


def order(raw: bytes, store: str) -> Order:
    """An order in the common schema.

    Raises:
        ValueError: it cannot be read; the message names the field.
    """
    wire = _orders.read(raw)
    if wire.total is None:
        raise ValueError("total: missing")
    lines = (
        OrderLine(
            id=str(number),
            product_id=None if line.product is None else str(line.product),
            quantity=line.count,
            unit_price=line.price,
        )
        for number, line in enumerate(wire.lines, 1)
    )
    return Order(
        store=store,
        vendor=VENDOR,
        id=str(wire.id),
        raw=raw,
        currency=require_currency(wire.currency),
        total=wire.total,
        status=_STATES.get(wire.state, OrderStatus.UNKNOWN),
        vendor_status=wire.state or None,
        customer=Customer(email=wire.email) if wire.email else None,
        lines=tuple(lines),
        placed_at=wire.placed,
        updated_at=wire.changed,
    )


class Kind(msgspec.Struct, Generic[R], frozen=True):
    """One kind of record.

    Attributes:
        name: in paths and in the names of operations.
        read: the vendor's bytes and the store's name to the common record.
    """

    name: str
    read: Callable[[bytes, str], R]


PRODUCTS: Final = Kind[Product]("products", product)
ORDERS: Final = Kind[Order]("orders", order)

# -- calls: requests as data, and how to read their replies ----------------------------------------------------


class Rows(msgspec.Struct, Generic[R], frozen=True):
    """A page of a list."""

    items: tuple[R, ...]
    unreadable: tuple[Unreadable, ...]
    next: int | None


class _WireRows(msgspec.Struct):
    items: list[msgspec.Raw]
    next: int | None = None


_rows = msgspec.json.Decoder(_WireRows)


def one(kind: Kind[R], id: str, store: str) -> Call[R]:
    """One record by its id."""
    return Call(
        f"{kind.name}.get", "GET", path(kind.name, checked_id(id)), decode=lambda reply: kind.read(reply.body, store)
    )


def several(kind: Kind[R], ids: Sequence[str], store: str) -> Call[Rows[R]]:
    """Those records that there are of up to `MOST_IDS`."""
    query = (("ids", ",".join(checked_id(id) for id in ids)),)
    return Call(f"{kind.name}.several", "GET", path(kind.name), decode=_decoder(kind, store), query=query)


def listing(kind: Kind[R], after: int, limit: int, since: datetime | None, store: str) -> Call[Rows[R]]:
    """A page of the list, by rising id: those after `after`."""
    query = (("after", str(after)), ("limit", str(limit)))
    if since is not None:
        query += (("since", since.isoformat()),)
    return Call(f"{kind.name}.list", "GET", path(kind.name), decode=_decoder(kind, store), query=query)


def _decoder(kind: Kind[R], store: str) -> Callable[[Reply], Rows[R]]:
    def decode(reply: Reply) -> Rows[R]:
        rows = _rows.decode(reply.body)
        items, unreadable = read_each(rows.items, lambda raw: kind.read(raw, store), lambda raw: find_id(raw, "id"))
        return Rows(items, unreadable, rows.next)

    return decode


def checked_id(id: str) -> str:
    """The id as it is.

    Raises:
        UsageError: Tinyshop's are numbers, and this is none.
    """
    if not (id.isascii() and id.isdigit() and len(id) < 20):
        raise UsageError(f"{id[:40]!r} is no id of Tinyshop's, which are numbers")
    return id


# -- the verdict: what a reply means ---------------------------------------------------------------------------

_OUTCOMES: Final = {
    401: Outcome.EXPIRED,
    404: Outcome.MISSING,
    408: Outcome.TEMPORARY,
    429: Outcome.THROTTLED,
}


class _Fault(msgspec.Struct):
    message: str = ""


def judge(call: Call[Any], reply: Reply) -> Verdict:
    """The verdict on a reply, whatever its body is."""
    status = reply.status
    if 200 <= status < 300:
        return Verdict(Outcome.OK)
    outcome = _OUTCOMES.get(status, Outcome.TEMPORARY if status >= 500 else Outcome.REJECTED)
    headers = reply.headers
    wait = parse_retry_after(headers.get("retry-after"), date=headers.get("date"), now=reply.received)
    try:
        words = msgspec.json.decode(reply.body, type=_Fault).message
    except ValueError:  # a proxy's page, say
        words = ""
    return Verdict(outcome, words, wait=wait)
