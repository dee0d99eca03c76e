"""Writes one batch on a connection, inside somebody else's transaction. Synchronous, so that any engine can run it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, Insert, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from commerce_async.schema import Order, Product, Record, Unreadable
from commerce_async.sinks import rows, tables
from commerce_async.sinks.rows import Row

R = TypeVar("R", bound=Record)

_CHUNK = 500  # ids in one IN (…); every database takes so many


class Counts(msgspec.Struct, frozen=True):
    """What became of a batch of records."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


class Landing(msgspec.Struct, Generic[R], frozen=True):
    """Where one kind of record lands: its table, and those of its parts."""

    table: Table
    row: Callable[[R], Row]
    parts: tuple[tuple[Table, str, Callable[[R], Iterator[Row]]], ...]


PRODUCTS = Landing[Product](
    tables.products, rows.product_row, ((tables.product_prices, "product_id", rows.price_rows),)
)
ORDERS = Landing[Order](tables.orders, rows.order_row, ((tables.order_lines, "order_id", rows.line_rows),))


def write_records(connection: Connection, store: str, records: Sequence[Record], now: datetime) -> Counts:
    """Writes new and changed records with their parts, and leaves unchanged ones alone."""
    products = [record for record in records if isinstance(record, Product)]
    orders = [record for record in records if isinstance(record, Order)]
    counts = [
        _write(connection, PRODUCTS, store, products, now),
        _write(connection, ORDERS, store, orders, now),
    ]
    if orders:
        _write_customers(connection, store, orders)
    return Counts(*(sum(column) for column in zip(*map(msgspec.structs.astuple, counts), strict=True)))


def _write(connection: Connection, landing: Landing[R], store: str, records: Sequence[R], now: datetime) -> Counts:
    latest = {record.id: record for record in records}  # of one id twice in a batch, the later
    known = _known_hashes(connection, landing.table, store, list(latest))
    fresh: list[Row] = []
    touched: list[R] = []
    changed: list[str] = []
    for record in latest.values():
        mark = rows.fingerprint(record)
        before = known.get(record.id)
        if before == mark:
            continue
        if before is not None:
            changed.append(record.id)
        touched.append(record)
        fresh.append({**landing.row(record), "hash": mark, "first_seen_at": now, "changed_at": now})
    upsert(connection, landing.table, fresh, keep=("first_seen_at",))
    for table, owner, parts in landing.parts:
        for ids in _chunks(changed):
            connection.execute(delete(table).where(table.c.store == store, table.c[owner].in_(ids)))
        _insert(connection, table, [row for record in touched for row in parts(record)])
    return Counts(new=len(touched) - len(changed), changed=len(changed), unchanged=len(latest) - len(touched))


def _known_hashes(connection: Connection, table: Table, store: str, ids: Sequence[str]) -> dict[str, bytes]:
    known: dict[str, bytes] = {}
    for chunk in _chunks(ids):
        query = select(table.c.id, table.c.hash).where(table.c.store == store, table.c.id.in_(chunk))
        known.update((row.id, row.hash) for row in connection.execute(query))
    return known


def _write_customers(connection: Connection, store: str, orders: Sequence[Order]) -> None:
    """A customer is as the newest order says, in whatever order the orders come."""
    table = tables.customers
    newest: dict[str, Row] = {}
    for row in filter(None, map(rows.customer_row, orders)):
        before = newest.get(row["id"])
        if before is None or _later(row["as_of"], before["as_of"]):
            newest[row["id"]] = row
    kept: dict[str, Row] = {}
    for chunk in _chunks(list(newest)):
        query = select(table).where(table.c.store == store, table.c.id.in_(chunk))
        kept.update((row["id"], dict(row)) for row in connection.execute(query).mappings())
    due = [
        row
        for row in newest.values()
        if (old := kept.get(row["id"])) is None or (old != row and _later(row["as_of"], old["as_of"]))
    ]
    upsert(connection, table, due)


def _later(one: datetime | None, other: datetime | None) -> bool:
    return other is None or (one is not None and one >= other)


def write_quarantine(
    connection: Connection, store: str, stream: str, bad: Sequence[Unreadable], good: Iterable[str], now: datetime
) -> None:
    """Keeps what could not be read, and lets go what can be read by now."""
    table = tables.quarantine
    upsert(connection, table, [{**rows.quarantine_row(store, stream, record), "seen_at": now} for record in bad])
    for ids in _chunks(list(good)):
        connection.execute(delete(table).where(table.c.store == store, table.c.stream == stream, table.c.id.in_(ids)))


def upsert(connection: Connection, table: Table, values: Sequence[Row], *, keep: Sequence[str] = ()) -> None:
    """Inserts rows, or overwrites those with the same key except for the columns in `keep`."""
    if not values:
        return
    columns = tuple(name for name in values[0] if name not in keep)
    connection.execute(_upsert(connection.dialect.name, table, columns), list(values))


@cache  # building the statement costs as much as writing a dozen rows
def _upsert(dialect: str, table: Table, columns: tuple[str, ...]) -> Any:
    # The two dialects' inserts are alike, but have no common type.
    statement: Any = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    keys = [column.name for column in table.primary_key]
    overwritten = {name: statement.excluded[name] for name in columns if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=overwritten)


def _insert(connection: Connection, table: Table, values: Sequence[Row]) -> None:
    if values:
        statement: Insert = table.insert()
        connection.execute(statement, list(values))


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(ids), _CHUNK):
        yield ids[begin : begin + _CHUNK]
