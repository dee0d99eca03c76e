"""Rows back into common records: what a database knows of a product or an order, read by id in portions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, Table, select

from commerce_async.errors import SinkError
from commerce_async.schema import Order, OrderLine, Price, Product
from commerce_async.sinks import passes, rows, tables
from commerce_async.sinks.bulk import chunks
from commerce_async.sinks.rows import Row

T = TypeVar("T")
P = TypeVar("P")

STREAMS: Final = tuple(passes.RECORDS)

_JSON: Final = {
    "products": ("texts", "subscription", "variants", "images", "attributes", "categories"),
    "orders": ("billing_address", "shipping_address", "payments", "shipments", "returns", "coupons", "tags"),
    "lines": ("options", "attributes"),
}
_CUSTOMER: Final = {"id": "customer_id"} | {
    name: name for name in ("email", "first_name", "last_name", "company", "phone")
}
_SHAPED: Final = ("stock",)  # a column of the name holds only a part of the field
_OURS: Final = ("hash", "raw_form", "changes")  # of use only to the next sync and the report


class Fetched(msgspec.Struct, frozen=True):
    """A row as it stands in its table, but raw as the vendor gave it; and the parts that have a table of their own."""

    row: Row
    parts: tuple[Any, ...]  # prices of a product, lines of an order


class StoredProduct(Product, frozen=True, kw_only=True):
    """A product, and what the database knows of its row.

    Attributes:
        first_seen_at, changed_at: when a sync first and last wrote it.
        gone_at: since when the store no longer has it; None while it has.
    """

    first_seen_at: datetime
    changed_at: datetime
    gone_at: datetime | None = None


class StoredOrder(Order, frozen=True, kw_only=True):
    """An order, and what the database knows of its row; see `StoredProduct`."""

    first_seen_at: datetime
    changed_at: datetime
    gone_at: datetime | None = None


# Those that a column of the same name and meaning holds. An order's `created_at` is its `placed_at` once more.
_FIELDS: Final = {
    "products": [name for name in StoredProduct.__struct_fields__ if name in tables.products.c and name not in _SHAPED],
    "orders": [name for name in StoredOrder.__struct_fields__ if name in tables.orders.c],
}


def columns(stream: str, *, raw: bool = True) -> list[str]:
    """The names of a stream's columns that are of use outside the database."""
    table = passes.RECORDS[stream]
    return [column.name for column in table.columns if column.name not in _OURS and (raw or column.name != "raw")]


def stores(connection: Connection, stream: str) -> list[str]:
    """The names of the stores that have rows, in their order."""
    table = passes.RECORDS[stream]
    return list(connection.execute(select(table.c.store).distinct().order_by(table.c.store)).scalars())


def fetch(
    connection: Connection,
    stream: str,
    store: str,
    *,
    after: str | None = None,
    most: int = 1000,
    gone: bool = False,
    raw: bool = True,
) -> list[Fetched]:
    """The next rows of a store, by id, with their parts.

    Args:
        after: the id behind which to begin; None for the first.
        most: how many at most; fewer only if there are no more.
        gone: also those that are marked gone.
        raw: also the raw JSON; without it `raw` is empty.
    """
    table = passes.RECORDS[stream]
    wanted = [column for column in table.columns if raw or column.name != "raw"]
    query = select(*wanted).where(table.c.store == store).order_by(table.c.id).limit(most)
    if after is not None:
        query = query.where(table.c.id > after)
    if not gone:
        query = query.where(table.c.gone_at.is_(None))
    found = [dict(row) for row in connection.execute(query).mappings()]
    for row in found:
        row["raw"] = (rows.unpack_raw(row["raw"], row["raw_form"]) or b"") if raw else b""
    parts = _prices if stream == "products" else _lines
    of_id = parts(connection, store, [row["id"] for row in found])
    return [Fetched(row, tuple(of_id.get(row["id"], ()))) for row in found]


def record_of(fetched: Fetched, stream: str) -> StoredProduct | StoredOrder:
    """The row as a common record."""
    return product_of(fetched) if stream == "products" else order_of(fetched)


def product_of(fetched: Fetched) -> StoredProduct:
    """The row as a product."""
    row = fetched.row
    fields = _fields(row, "products")
    if row["stock_tracked"] is not None:
        fields["stock"] = {
            "tracked": row["stock_tracked"],
            "on_hand": row["stock"],
            "on_order": row["stock_on_order"],
            "backorder": row["stock_backorder"],
        }
    return _converted(fields, "prices", fetched.parts, StoredProduct)


def order_of(fetched: Fetched) -> StoredOrder:
    """The row as an order."""
    row = fetched.row
    fields = _fields(row, "orders")
    customer = {name: row[column] for name, column in _CUSTOMER.items() if row[column] is not None}
    if customer:
        fields["customer"] = customer
    return _converted(fields, "lines", fetched.parts, StoredOrder)


def _fields(row: Row, stream: str) -> Row:
    fields = {name: row[name] for name in _FIELDS[stream] if row[name] is not None}
    for name in _JSON[stream]:
        if name in fields:
            fields[name] = msgspec.json.decode(fields[name])
    return fields


def _converted(fields: Row, name: str, parts: Sequence[object], kind: type[T]) -> T:
    try:
        return msgspec.convert({**fields, name: parts}, kind)
    except msgspec.ValidationError as error:
        raise SinkError(
            f"{fields['store']}/{fields['id']}: the row is not as this version writes it: {error}"
        ) from None


def _prices(connection: Connection, store: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    table = tables.product_prices
    of_id: dict[str, list[tuple[int, Price]]] = {}
    for row in _parts(connection, table, table.c.product_id, store, ids):
        position = int(row["id"].rpartition("/")[2])
        price = Price(
            currency=row["currency"],
            amount=row["amount"],
            kind=row["kind"],
            country=row["country"],
            minimum_quantity=row["minimum_quantity"],
            group=row["customer_group"],
            variant_id=row["variant_id"],
            starts=row["starts_at"],
            ends=row["ends_at"],
        )
        of_id.setdefault(row["product_id"], []).append((position, price))
    return _in_order(of_id)


def _lines(connection: Connection, store: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    table = tables.order_lines
    of_id: dict[str, list[tuple[int, OrderLine]]] = {}
    same = [name for name in OrderLine.__struct_fields__ if name in table.c and name not in ("id", *_JSON["lines"])]
    for row in _parts(connection, table, table.c.order_id, store, ids):
        line = OrderLine(
            id=row["line_id"],
            **{name: row[name] for name in same},
            options=_decoded(row["options"], tuple[str, ...]) or (),
            attributes=_decoded(row["attributes"], dict[str, str]) or {},
        )
        of_id.setdefault(row["order_id"], []).append((row["position"], line))
    return _in_order(of_id)


def _decoded(text: str | None, kind: type[T]) -> T | None:
    return None if text is None else msgspec.json.decode(text, type=kind)


def _parts(connection: Connection, table: Table, owner: Any, store: str, ids: Sequence[str]) -> Iterator[Any]:
    for chunk in chunks(ids):
        query = select(table).where(table.c.store == store, owner.in_(chunk))
        yield from connection.execute(query).mappings()


def _in_order(of_id: dict[str, list[tuple[int, P]]]) -> dict[str, list[P]]:
    return {id: [part for _, part in sorted(parts, key=itemgetter(0))] for id, parts in of_id.items()}


__all__ = [
    "STREAMS",
    "Fetched",
    "StoredOrder",
    "StoredProduct",
    "columns",
    "fetch",
    "order_of",
    "product_of",
    "record_of",
    "stores",
]
