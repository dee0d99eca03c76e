"""Many rows into one table by one statement.

SQLAlchemy writes the statement, once; the rows go to the driver as tuples. Handing SQLAlchemy a dict for every row
costs more time than SQLite needs to write it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Connection, Table, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from commerce_async.sinks.rows import Row
from commerce_async.sinks.types import Instant, Money, amount_text, instant_text

_CHUNK = 500  # ids in one IN (…); every database takes so many
_Convert: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]
_Wish: TypeAlias = tuple[str, Table, tuple[str, ...], tuple[str, ...], tuple[str, ...], str | None]


class _Statement(msgspec.Struct, frozen=True):
    """A statement in the driver's words, and how rows become its parameters."""

    sql: str
    pick: Callable[[Row], tuple[Any, ...]]
    convert: tuple[tuple[int, _Convert], ...]

    def parameters(self, values: Sequence[Row]) -> list[tuple[Any, ...]]:
        picked = [self.pick(row) for row in values]
        if not self.convert:
            return picked
        columns: list[Sequence[Any]] = list(zip(*picked, strict=True))
        for position, convert in self.convert:
            columns[position] = convert(columns[position])
        return list(zip(*columns, strict=True))


_statements: dict[_Wish, _Statement] = {}  # a few per database; to write one takes as long as a dozen rows


def upsert(
    connection: Connection,
    table: Table,
    values: Sequence[Row],
    *,
    key: Sequence[str] = (),
    keep: Sequence[str] = (),
    newer: str | None = None,
) -> None:
    """Inserts rows, or overwrites those with the same key.

    Args:
        key: the columns of a unique constraint; by default the primary key's.
        values: rows with the same columns.
        keep: columns that stay as they are in a row that is there.
        newer: a time column; a row that is there and later by it stays as it is.
    """
    if not values:
        return
    wish = (connection.dialect.name, table, tuple(values[0]), tuple(key), tuple(keep), newer)
    statement = _statements.get(wish)
    if statement is None:
        statement = _statements[wish] = _written(connection.dialect, *wish[1:])
    connection.exec_driver_sql(statement.sql, statement.parameters(values))


def _written(
    dialect: Dialect,
    table: Table,
    columns: tuple[str, ...],
    key: tuple[str, ...],
    keep: tuple[str, ...],
    newer: str | None,
) -> _Statement:
    # The two dialects' inserts are alike, but have no common type.
    insert: Any = (sqlite if dialect.name == "sqlite" else postgresql).insert(table)
    keys = key or tuple(column.name for column in table.primary_key)
    overwritten = {name: insert.excluded[name] for name in columns if name not in (*keys, *keep)}
    where = None if newer is None else or_(table.c[newer].is_(None), insert.excluded[newer] >= table.c[newer])
    if overwritten:
        insert = insert.on_conflict_do_update(index_elements=keys, set_=overwritten, where=where)
    else:
        insert = insert.on_conflict_do_nothing(index_elements=keys)
    compiled = insert.compile(dialect=dialect, column_keys=list(columns))
    names: list[str] = list(compiled.positiontup)
    return _Statement(str(compiled), itemgetter(*names), tuple(_converters(dialect, table, names)))


def _converters(dialect: Dialect, table: Table, names: Sequence[str]) -> Iterator[tuple[int, _Convert]]:
    if dialect.name != "sqlite":
        return  # the driver takes Decimal and datetime as they are
    for position, name in enumerate(names):
        kind = table.c[name].type
        if isinstance(kind, Money):
            yield position, _amounts
        elif isinstance(kind, Instant):
            yield position, _instants


def _amounts(values: Sequence[Decimal | None]) -> list[str | None]:
    return [None if value is None else amount_text(value) for value in values]


def _instants(values: Sequence[datetime | None]) -> list[str | None]:
    texts: list[str | None] = []
    last = text = None
    for value in values:
        if value is not last:  # the time of the page is one object in all its rows
            last, text = value, None if value is None else instant_text(value)
        texts.append(text)
    return texts


def known_hashes(
    connection: Connection, table: Table, store: str, ids: Sequence[str]
) -> Iterator[tuple[str, bytes, bool]]:
    """Of the records that are there: id, hash, and whether they are marked gone."""
    # By hand, as every page asks it: SQLAlchemy takes longer to fill in the ids than SQLite takes to find them.
    query = f"SELECT id, hash, gone_at IS NOT NULL FROM {table.name} WHERE store = "  # noqa: S608  a table of ours
    for chunk in chunks(ids):
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(chunk))
            found = connection.exec_driver_sql(f"{query} ? AND id IN ({marks})", (store, *chunk))
        else:
            found = connection.exec_driver_sql(f"{query} $1 AND id = ANY($2::text[])", (store, list(chunk)))
        for id, mark, gone in found:
            yield id, mark, bool(gone)


def chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids in portions that fit into one `IN (…)`."""
    for begin in range(0, len(ids), _CHUNK):
        yield ids[begin : begin + _CHUNK]
