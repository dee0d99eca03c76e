"""Many rows into one table by one statement.

The rows go to the driver as tuples, and what a column's type asks of its values is done for the whole column. Handing
SQLAlchemy a dict for every row costs more time than SQLite needs to write it, and to have it write the statement takes
as long as some dozen rows, for every store and table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Connection, Table
from sqlalchemy.engine import Dialect

from commerce_async.sinks.rows import Columns, Row
from commerce_async.sinks.types import Instant, Money, amount_texts, instant_texts

_CHUNK = 500  # ids in one IN (…); every database takes so many
_MOST_STATEMENTS = 500
_Convert: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]
_Wish: TypeAlias = tuple[str, Table, tuple[str, ...], tuple[str, ...], tuple[str, ...], str | None]


class _Statement(msgspec.Struct, frozen=True):
    """A statement in the driver's words, and how columns become its parameters."""

    sql: str
    given: frozenset[str]  # the columns that it is given; the others are NULL
    names: tuple[str, ...]  # those, in the order of the parameters
    convert: tuple[tuple[int, _Convert], ...]

    def parameters(self, columns: Columns) -> list[tuple[Any, ...]]:
        ordered = [columns[name] for name in self.names]
        done: dict[int, Sequence[Any]] = {}  # by list: two columns may be one, such as the time of a page
        for position, convert in self.convert:
            values = ordered[position]
            if id(values) not in done:
                done[id(values)] = convert(values)
            ordered[position] = done[id(values)]
        return list(zip(*ordered, strict=True))


_statements: dict[tuple[_Wish, Any], _Statement] = {}  # what a store gives for each


def upsert(
    connection: Connection,
    table: Table,
    values: Sequence[Row] | Columns,
    *,
    key: Sequence[str] = (),
    keep: Sequence[str] = (),
    newer: str | None = None,
) -> None:
    """Inserts rows, or overwrites those with the same key.

    Args:
        values: rows with the same columns, or the columns.
        key: the columns of a unique constraint; by default the primary key's.
        keep: columns that stay as they are in a row that is there.
        newer: a time column; a row that is there and later by it stays as it is.
    """
    if not isinstance(values, dict):
        values = {name: [row[name] for row in values] for name in values[0]} if values else {}
    if not any(map(len, values.values())):
        return
    wish = (connection.dialect.name, table, tuple(values), tuple(key), tuple(keep), newer)
    # A third of the columns hold nothing for any record of a store, and a NULL takes as long to hand over as a value:
    # they are left out, until one has something.
    place = (wish, values["store"][0] if "store" in values else None)
    statement = _statements.get(place)
    given = statement.given if statement else frozenset[str]()
    more = {name for name, column in values.items() if name not in given and column.count(None) < len(column)}
    if statement is None or more:
        if len(_statements) >= _MOST_STATEMENTS:
            _statements.clear()
        statement = _statements[place] = _written(connection.dialect, given | more, *wish[1:])
    connection.exec_driver_sql(statement.sql, statement.parameters(values))


def _written(
    dialect: Dialect,
    given: frozenset[str],
    table: Table,
    columns: tuple[str, ...],
    key: tuple[str, ...],
    keep: tuple[str, ...],
    newer: str | None,
) -> _Statement:
    keys = key or tuple(column.name for column in table.primary_key)
    names = tuple(column.name for column in table.c if column.name in given)
    marks = ["?"] * len(names) if dialect.name == "sqlite" else [f"${n}" for n in range(1, len(names) + 1)]
    changes = [f'"{name}" = excluded."{name}"' for name in columns if name not in (*keys, *keep)]
    action = f"DO UPDATE SET {', '.join(changes)}" if changes else "DO NOTHING"
    if changes and newer is not None:
        action += f' WHERE {table.name}."{newer}" IS NULL OR excluded."{newer}" >= {table.name}."{newer}"'
    sql = (
        f"INSERT INTO {table.name} ({_quoted(names)}) VALUES ({', '.join(marks)}) "  # noqa: S608  names of ours
        f"ON CONFLICT ({_quoted(keys)}) {action}"
    )
    return _Statement(sql, given, names, tuple(_converters(dialect, table, names)))


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)  # PostgreSQL has an "interval" of its own


def _converters(dialect: Dialect, table: Table, names: Sequence[str]) -> Iterator[tuple[int, _Convert]]:
    if dialect.name != "sqlite":
        return  # the driver takes Decimal and datetime as they are
    for position, name in enumerate(names):
        kind = table.c[name].type
        if isinstance(kind, Money):
            yield position, amount_texts
        elif isinstance(kind, Instant):
            yield position, instant_texts


def known_hashes(connection: Connection, table: Table, store: str, ids: Sequence[str]) -> dict[str, tuple[bytes, bool]]:
    """Of the records that are there, by id: hash, and whether they are marked gone."""
    # By hand, as every page asks it: SQLAlchemy takes longer to fill in the ids than SQLite takes to find them.
    query = f"SELECT id, hash, gone_at IS NOT NULL FROM {table.name} WHERE store = "  # noqa: S608  a table of ours
    known: dict[str, tuple[bytes, bool]] = {}
    for chunk in chunks(ids):
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(chunk))
            found = connection.exec_driver_sql(f"{query} ? AND id IN ({marks})", (store, *chunk))
        else:
            found = connection.exec_driver_sql(f"{query} $1 AND id = ANY($2::text[])", (store, list(chunk)))
        known |= {id: (mark, bool(gone)) for id, mark, gone in found.all()}
    return known


def chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids in portions that fit into one `IN (…)`."""
    for begin in range(0, len(ids), _CHUNK):
        yield ids[begin : begin + _CHUNK]
