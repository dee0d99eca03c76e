"""What the page tells, read from the database in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, or_, select

from commerce_async.sinks import tables
from commerce_async.sinks.differing import unpacked
from commerce_async.sinks.passes import RECORDS
from commerce_async.sync.html_report import writes
from commerce_async.sync.html_report.changes import Change, Changes, What
from commerce_async.sync.series import RecordedReport


class LastRun(msgspec.Struct, frozen=True, kw_only=True):
    """The last run of one stream of one store.

    Attributes:
        state: `running` if it is at work, or was cut off without a chance to note its end.
        report: None as long as it has not ended.
    """

    run: str
    store: str
    stream: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    report: RecordedReport | None


def last_runs(connection: Connection) -> list[LastRun]:
    """The last run of every stream, by store and stream."""
    table = tables.sync_runs
    latest = (
        select(table.c.store, table.c.stream, func.max(table.c.started_at).label("at"))
        .group_by(table.c.store, table.c.stream)
        .subquery()
    )
    query = (
        select(table)
        .join(
            latest,
            and_(
                table.c.store == latest.c.store,
                table.c.stream == latest.c.stream,
                table.c.started_at == latest.c.at,
            ),
        )
        .order_by(table.c.store, table.c.stream.desc(), table.c.id)
    )
    found = {(row["store"], row["stream"]): _run(row) for row in connection.execute(query).mappings()}
    return list(found.values())


def _run(row: Any) -> LastRun:
    try:
        report = msgspec.json.decode(row["report"], type=RecordedReport) if row["report"] else None
    except msgspec.DecodeError:  # of another version; the rest of the page is as good without it
        report = None
    return LastRun(
        run=row["id"],
        store=row["store"],
        stream=row["stream"],
        state=row["state"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        report=report,
    )


def changes(connection: Connection, runs: Sequence[LastRun], *, since: datetime | None, most: int) -> Changes:
    """What each stream's last run changed, or what was changed since then.

    Args:
        most: how many to list.
    """
    listed: list[Change] = []
    counts: dict[tuple[str, str, What], int] = {}
    for run in runs:
        begin = since or run.started_at
        for what, count in _counts(connection, run, begin):
            if count:
                counts[run.store, run.stream, what] = count
        listed += _rows(connection, run, begin, most)
        listed += _quarantined(connection, run, begin, most)
    for store, what, count in writes.counts(connection, since):
        counts[store, writes.STREAM, what] = counts.get((store, writes.STREAM, what), 0) + count
    listed += writes.rows(connection, since, most)
    listed.sort(key=lambda change: (change.at, change.store, change.stream, change.id), reverse=True)
    return Changes(listed=listed[:most], counts=counts)


def _what(table: Table, begin: datetime) -> ColumnElement[What]:
    return case(
        (table.c.gone_at >= begin, "gone"),
        (table.c.first_seen_at >= begin, "new"),
        else_="changed",
    )


def _in_question(table: Table, store: str, begin: datetime) -> ColumnElement[bool]:
    return and_(table.c.store == store, or_(table.c.changed_at >= begin, table.c.gone_at >= begin))


def _counts(connection: Connection, run: LastRun, begin: datetime) -> Iterator[tuple[What, int]]:
    table, held = RECORDS[run.stream], tables.quarantine
    what = _what(table, begin).label("what")
    query = select(what, func.count()).where(_in_question(table, run.store, begin)).group_by(what)
    for row in connection.execute(query):
        yield row[0], row[1]
    waiting = select(func.count()).where(*_held(run, begin)).select_from(held)
    yield "quarantined", connection.execute(waiting).scalar_one()


def _rows(connection: Connection, run: LastRun, begin: datetime, most: int) -> Iterator[Change]:
    table = RECORDS[run.stream]
    at = case((table.c.gone_at >= begin, table.c.gone_at), else_=table.c.changed_at).label("at")
    told = ("sku", "name") if run.stream == "products" else ("reference", "status", "total", "currency")
    query = (
        select(at, _what(table, begin).label("what"), table.c.id, table.c.changes, *(table.c[name] for name in told))
        .where(_in_question(table, run.store, begin))
        .order_by(at.desc(), table.c.id.desc())
        .limit(most)
    )
    for row in connection.execute(query).mappings():
        number, *words = (row[name] for name in told)
        yield Change(
            at=row["at"],
            store=run.store,
            stream=run.stream,
            what=row["what"],
            id=row["id"],
            number=number,
            name=" ".join(str(word) for word in words if word is not None) or None,
            differs=unpacked(row["changes"]) if row["what"] == "changed" else None,
        )


def _quarantined(connection: Connection, run: LastRun, begin: datetime, most: int) -> Iterator[Change]:
    table = tables.quarantine
    query = select(table.c.seen_at, table.c.id, table.c.reason).where(*_held(run, begin))
    for row in connection.execute(query.order_by(table.c.seen_at.desc(), table.c.id.desc()).limit(most)):
        yield Change(
            at=row[0], store=run.store, stream=run.stream, what="quarantined", id=row[1], number=None, name=row[2]
        )


def _held(run: LastRun, begin: datetime) -> tuple[ColumnElement[bool], ...]:
    table = tables.quarantine
    return table.c.store == run.store, table.c.stream == run.stream, table.c.seen_at >= begin


__all__ = ["LastRun", "changes", "last_runs"]
