"""Writes one batch on a connection, inside somebody else's transaction. Synchronous, so that any engine can run it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import msgspec
from sqlalchemy import Connection, Table, delete, update

from commerce_async.schema import Order, Product, Record, Unreadable
from commerce_async.sinks import rows, tables
from commerce_async.sinks.bulk import chunks, known_hashes, upsert
from commerce_async.sinks.rows import RawMode, Row

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
    row: Callable[[R], Row]
    parts: Table
    owner: str  # the column of the parts that holds the record's id
    part_rows: Callable[[R], Iterator[Row]]


PRODUCTS = Landing[Product](tables.products, rows.product_row, tables.product_prices, "product_id", rows.price_rows)
ORDERS = Landing[Order](tables.orders, rows.order_row, tables.order_lines, "order_id", rows.line_rows)


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
    known = {id: (mark, gone) for id, mark, gone in known_hashes(connection, landing.table, store, list(latest))}
    fresh: list[Row] = []
    written: list[R] = []
    returned: list[str] = []
    for id, record in latest.items():
        mark = rows.fingerprint(record)
        before, gone = known.get(id, (None, False))
        if before != mark:
            written.append(record)
            row = landing.row(record)
            row["raw"], row["raw_form"] = rows.pack_raw(record.raw, raw)
            row["hash"], row["gone_at"] = mark, None
            row["first_seen_at"] = row["changed_at"] = now
            fresh.append(row)
        elif gone:
            returned.append(id)
    upsert(connection, landing.table, fresh, keep=("first_seen_at",))
    changed = [record.id for record in written if record.id in known]
    _delete(connection, landing.parts, landing.owner, store, changed)
    upsert(connection, landing.parts, [row for record in written for row in landing.part_rows(record)])
    _come_back(connection, landing.table, store, returned, now)
    new = len(written) - len(changed)
    touched = len(changed) + len(returned)
    return Counts(new=new, changed=touched, unchanged=len(latest) - new - touched), written


def _delete(connection: Connection, table: Table, column: str, store: str, ids: Sequence[str]) -> None:
    for chunk in chunks(ids):
        connection.execute(delete(table).where(table.c.store == store, table.c[column].in_(chunk)))


def _come_back(connection: Connection, table: Table, store: str, ids: Sequence[str], now: datetime) -> None:
    for chunk in chunks(ids):
        rows = update(table).where(table.c.store == store, table.c.id.in_(chunk))
        connection.execute(rows.values(gone_at=None, changed_at=now))


def _write_customers(connection: Connection, orders: Sequence[Order]) -> None:
    """A customer is as the newest order says, in whatever order the orders come."""
    newest: dict[str, Row] = {}
    for row in filter(None, map(rows.customer_row, orders)):
        before = newest.get(row["id"])
        if before is None or _later(row["as_of"], before["as_of"]):
            newest[row["id"]] = row
    upsert(connection, tables.customers, list(newest.values()), newer="as_of")


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
