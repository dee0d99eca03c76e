"""Writes one batch on a connection, inside somebody else's transaction. Synchronous, so that any engine can run it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import msgspec
from sqlalchemy import Connection, Table, delete, select, update

from commerce_async.schema import Order, Product, Record, Unreadable
from commerce_async.sinks import rows, tables
from commerce_async.sinks.bulk import chunks, known_hashes, upsert
from commerce_async.sinks.differing import difference, packed
from commerce_async.sinks.rows import Columns, RawMode, Row

R = TypeVar("R", bound=Record)


class Counts(msgspec.Struct, frozen=True):
    """What became of a batch of records.

    Attributes:
        changed: those that differ from what was there, and those that had been marked gone.
        refused: those that the database cannot hold; they are in quarantine.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(_figures(self), _figures(other), strict=True)))


_figures = msgspec.structs.astuple


class Landing(msgspec.Struct, Generic[R], frozen=True):
    """Where one kind of record lands: its table, and those of its parts."""

    table: Table
    columns: Callable[[Sequence[R]], Columns]
    parts: Table
    owner: str  # the column of the parts that holds the record's id
    part_columns: Callable[[Sequence[R]], Columns]


PRODUCTS = Landing[Product](
    tables.products, rows.product_columns, tables.product_prices, "product_id", rows.price_columns
)
ORDERS = Landing[Order](tables.orders, rows.order_columns, tables.order_lines, "order_id", rows.line_columns)


def write_records(
    connection: Connection, store: str, records: Sequence[Record], now: datetime, raw: RawMode = "on"
) -> Counts:
    """Writes new and changed records with their parts, and leaves unchanged ones alone."""
    products = [record for record in records if isinstance(record, Product)]
    orders = [record for record in records if isinstance(record, Order)]
    counts = Counts()
    if products:
        counts += _write(connection, PRODUCTS, store, products, now, raw)[0]
    if orders:
        found, written = _write(connection, ORDERS, store, orders, now, raw)
        counts += found
        _write_customers(connection, written)
    return counts


def _write(
    connection: Connection, landing: Landing[R], store: str, records: Sequence[R], now: datetime, raw: RawMode
) -> tuple[Counts, list[R]]:
    """Also returns the records that were written."""
    latest = {record.id: record for record in records}  # of one id twice in a batch, the later
    known = known_hashes(connection, landing.table, store, list(latest))
    marks: list[bytes] = []
    written: list[R] = []
    returned: list[str] = []
    for (id, record), mark in zip(latest.items(), rows.fingerprints(latest.values()), strict=True):
        before, gone = known.get(id, (None, False))
        if before != mark:
            written.append(record)
            marks.append(mark)
        elif gone:
            returned.append(id)
    changed = [record.id for record in written if record.id in known]
    columns, parts = landing.columns(written), landing.part_columns(written)
    columns["changes"] = _changes(connection, landing, store, columns, parts, changed)
    _upsert(connection, landing.table, columns, rows.raw_columns(written, raw), marks, now)
    _delete(connection, landing.parts, landing.owner, store, changed)
    upsert(connection, landing.parts, parts)
    come_back(connection, landing.table, store, returned, now)
    new = len(written) - len(changed)
    touched = len(changed) + len(returned)
    return Counts(new=new, changed=touched, unchanged=len(latest) - new - touched), written


def _upsert(
    connection: Connection, table: Table, columns: Columns, raw: Columns, marks: Sequence[bytes], now: datetime
) -> None:
    times = [now] * len(marks)
    ours = {"hash": marks, "gone_at": [None] * len(marks), "first_seen_at": times, "changed_at": times}
    upsert(connection, table, {**columns, **raw, **ours}, keep=("first_seen_at",))


def _changes(
    connection: Connection, landing: Landing[R], store: str, columns: Columns, parts: Columns, ids: Sequence[str]
) -> list[str | None]:
    """A column that tells what differs between changed records and their rows that are there."""
    if not ids:
        return [None] * len(columns["id"])
    old = {row["id"]: row for row in _there(connection, landing.table, "id", store, ids)}
    old_parts = _grouped(_there(connection, landing.parts, landing.owner, store, ids), landing.owner)
    new_parts = _grouped(rows.rows_of(parts), landing.owner)
    return [
        packed(difference(old[id], row, old_parts.get(id, ()), new_parts.get(id, ()))) if id in old else None
        for id, row in zip(columns["id"], rows.rows_of(columns), strict=True)
    ]


def _there(connection: Connection, table: Table, column: str, store: str, ids: Sequence[str]) -> Iterator[Row]:
    columns = [each for each in table.c if each.name not in ("raw", "hash", "changes")]
    for chunk in chunks(ids):
        found = connection.execute(select(*columns).where(table.c.store == store, table.c[column].in_(chunk)))
        yield from map(dict, found.mappings())


def _grouped(parts: Iterable[Row], owner: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in parts:
        found.setdefault(row[owner], []).append(row)
    return found


def _delete(connection: Connection, table: Table, column: str, store: str, ids: Sequence[str]) -> None:
    for chunk in chunks(ids):
        connection.execute(delete(table).where(table.c.store == store, table.c[column].in_(chunk)))


def come_back(connection: Connection, table: Table, store: str, ids: Sequence[str], now: datetime) -> None:
    """Takes the mark from rows that are marked gone."""
    for chunk in chunks(ids):
        rows = update(table).where(table.c.store == store, table.c.id.in_(chunk), table.c.gone_at.is_not(None))
        connection.execute(rows.values(gone_at=None, changed_at=now, changes=None))


def _write_customers(connection: Connection, orders: Sequence[Order]) -> None:
    """A customer is as the newest order says, in whatever order the orders come."""
    newest: dict[str, Order] = {}
    for order in orders:
        if order.customer is None or order.customer.id is None:
            continue
        before = newest.get(order.customer.id)
        if before is None or _later(rows.as_of(order), rows.as_of(before)):
            newest[order.customer.id] = order
    upsert(connection, tables.customers, rows.customer_columns(list(newest.values())), newer="as_of")


def _later(one: datetime | None, other: datetime | None) -> bool:
    return other is None or (one is not None and one >= other)


def write_quarantine(
    connection: Connection, store: str, stream: str, bad: Sequence[Unreadable], good: Iterable[str], now: datetime
) -> None:
    """Keeps what could not be read, and lets go what can be read by now."""
    table = tables.quarantine
    upsert(connection, table, [{**rows.quarantine_row(store, stream, record), "seen_at": now} for record in bad])
    for ids in chunks(list(good)):
        connection.execute(delete(table).where(table.c.store == store, table.c.stream == stream, table.c.id.in_(ids)))
