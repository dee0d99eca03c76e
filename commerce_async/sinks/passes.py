"""Which rows a full pass has met, and which may be gone. Synchronous, inside somebody else's transaction.

A row that the pass wrote shows it by its `changed_at`. The records of a page with any that it found unchanged are noted
in `sync_seen`, a narrow table, so that an unchanged record still costs no write of its wide row. So the comparison is
the database's, whatever the size.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, Table, delete, exists, func, literal, or_, select, update

from commerce_async.sinks import tables
from commerce_async.sinks.bulk import upsert
from commerce_async.sinks.rows import UNNAMED

RECORDS: Final[dict[str, Table]] = {"products": tables.products, "orders": tables.orders}
_SEEN = tables.sync_seen
_AHEAD: Final = timedelta(days=1)  # the clocks of two machines are not that far apart


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """The rows that a full pass had to meet.

    Attributes:
        began: when the pass began, by our clock.
        reach: rows placed before it, or at no known time, are in no list; None if lists have all.
        read: when all of it had been read, by our clock; None if it is not yet.
    """

    store: str
    stream: str
    began: datetime
    reach: datetime | None = None
    read: datetime | None = None


class Absent(msgspec.Struct, frozen=True):
    """How many rows the pass left open.

    Attributes:
        live: rows of the stream that are not marked gone.
        unseen: those of them that the pass has not met, and that are not confirmed missing.
        missing: those that are.
    """

    live: int
    unseen: int
    missing: int


def note_seen(connection: Connection, scope: Scope, ids: Sequence[str]) -> None:
    """Notes records that a page of a full pass has shown."""
    _note(connection, scope, ids, missing=False)


def note_missing(connection: Connection, scope: Scope, ids: Sequence[str]) -> None:
    """Notes rows that the pass has not met, and that the store has confirmed to have no more."""
    _note(connection, scope, ids, missing=True)


def _note(connection: Connection, scope: Scope, ids: Sequence[str], *, missing: bool) -> None:
    distinct = list(dict.fromkeys(ids))
    same = {"store": scope.store, "stream": scope.stream, "missing": missing}
    upsert(connection, _SEEN, {"id": distinct, **{name: [value] * len(distinct) for name, value in same.items()}})


def forget_missing(connection: Connection, scope: Scope) -> None:
    """Has the store asked once more for what it had confirmed to have no more."""
    connection.execute(delete(_SEEN).where(*_of(scope), _SEEN.c.missing))


def forget_seen(connection: Connection, store: str, stream: str) -> None:
    """Ends what the last full pass noted: before the next, and once its conclusion is drawn."""
    connection.execute(delete(_SEEN).where(_SEEN.c.store == store, _SEEN.c.stream == stream))


def tidy_quarantine(connection: Connection, scope: Scope, *, gone: bool) -> None:
    """Lets go what the pass did not meet of records that go by their bytes: no later reading can be told to be theirs.

    Those of lists with a reach stay, since no pass can meet what was placed before it.

    Args:
        gone: also those that are confirmed missing, and those that it did not meet and that have no row to confirm.
    """
    kept, table = tables.quarantine.c, RECORDS[scope.stream]
    mine = delete(tables.quarantine).where(kept.store == scope.store, kept.stream == scope.stream)
    if scope.reach is None:
        met = select(_SEEN.c.id).where(*_of(scope))
        alive = exists().where(table.c.store == scope.store, table.c.id == kept.id, table.c.gone_at.is_(None))
        leave = or_(kept.id.startswith(UNNAMED), ~alive) if gone else kept.id.startswith(UNNAMED)
        connection.execute(mine.where(leave, kept.id.not_in(met)))
    if gone:
        connection.execute(mine.where(kept.id.in_(_confirmed(scope))))


def absent(connection: Connection, scope: Scope) -> Absent:
    """How many rows there are, and how many of them the pass left open."""
    table = RECORDS[scope.stream]
    live = select(func.count()).select_from(table).where(table.c.store == scope.store, table.c.gone_at.is_(None))
    unseen = _open(table, scope, select(func.count()).select_from(table))
    missing = select(func.count()).select_from(_SEEN).where(*_of(scope), _SEEN.c.missing)
    return Absent(*(connection.execute(query).scalar_one() for query in (live, unseen, missing)))


def unseen(connection: Connection, scope: Scope, *, after: str, most: int) -> list[str]:
    """Ids of rows that the pass has not met, in their order.

    Args:
        after: the id behind which to begin; "" for the first.
        most: how many at most.
    """
    table = RECORDS[scope.stream]
    query = _open(table, scope, select(table.c.id)).where(table.c.id > after).order_by(table.c.id).limit(most)
    return list(connection.execute(query).scalars())


def mark_gone(connection: Connection, scope: Scope, now: datetime) -> int:
    """Marks the rows that are confirmed missing as gone; how many."""
    table = RECORDS[scope.stream]
    rows = update(table).where(table.c.store == scope.store, table.c.id.in_(_confirmed(scope)))
    return connection.execute(rows.values(gone_at=now)).rowcount


def _confirmed(scope: Scope) -> Select[tuple[str]]:
    return select(_SEEN.c.id).where(*_of(scope), _SEEN.c.missing)


def _of(scope: Scope) -> tuple[Any, ...]:
    return _SEEN.c.store == scope.store, _SEEN.c.stream == scope.stream


def _noted(table: Table, scope: Scope) -> Any:
    return exists().where(*_of(scope), _SEEN.c.id == table.c.id)


def _open(table: Table, scope: Scope, query: Select[Any]) -> Select[Any]:
    before = table.c.changed_at < scope.began
    if scope.read is not None:  # what was written long after is of a clock that was wrong, and of no pass
        before = or_(before, table.c.changed_at > scope.read + _AHEAD)
    query = query.where(table.c.store == scope.store, table.c.gone_at.is_(None), before, ~_noted(table, scope))
    if scope.reach is not None:
        # Only orders have a time of placing; where none is told, nothing says that a list would have had it.
        query = query.where(table.c.placed_at >= scope.reach if "placed_at" in table.c else literal(False))
    return query


__all__ = [
    "RECORDS",
    "Absent",
    "Scope",
    "absent",
    "forget_missing",
    "forget_seen",
    "mark_gone",
    "note_missing",
    "note_seen",
    "tidy_quarantine",
    "unseen",
]
