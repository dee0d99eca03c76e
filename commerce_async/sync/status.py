"""How a database's streams stand: read from its own tables, beside whatever is at work on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, func, select

from commerce_async.clock import Clock, LoopClock
from commerce_async.sinks import Checkpoint, Sink, passes, tables
from commerce_async.sync import incremental
from commerce_async.sync.incremental import FULL_EVERY, Due


class RunStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one stream.

    Attributes:
        state: as it ended; `running` if it is at work, or was cut off without a chance to note its end.
        read, new, changed, gone: as its report says; 0 without one.
        error: one line, if it failed.
    """

    run: str
    store: str
    stream: str
    state: str
    started_at: datetime
    ended_at: datetime | None = None
    read: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    gone_refused: int = 0
    error: str | None = None


class StreamStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One stream of one store.

    Attributes:
        state: of its last pass: `running` (begun and not ended), `confirming` (all is read, what it did not meet is
            being looked into), `complete`, `incomplete`.
        rows: rows that are not marked gone; `gone`: those that are; `quarantined`: records that could not be read.
        watermark: whatever was changed before it is in the database.
        since: what the last pass was limited to; None for a full one.
        full_at: when the last complete full pass began.
        full_due_at: when the next one is due; None if it is due now, or never.
        committed_at: when the stream was last written to.
        due: what the next pass will do: go on with the one that was interrupted, read everything (as it always is of a
            list that its vendor cannot limit), or read what changed as far as the vendor can filter.
    """

    store: str
    stream: str
    state: str
    rows: int
    gone: int
    quarantined: int
    watermark: datetime | None
    since: datetime | None
    full_at: datetime | None
    full_due_at: datetime | None
    committed_at: datetime
    due: Due


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A whole database.

    Attributes:
        into: its URL, without password.
        at: when it was looked at.
        streams: by store and stream.
        runs: the latest first.
    """

    into: str
    at: datetime
    streams: Sequence[StreamStatus]
    runs: Sequence[RunStatus]


async def status(
    into: str, *, runs: int = 10, full_every: timedelta | None = FULL_EVERY, clock: Clock | None = None
) -> Status:
    """Looks at a database. Takes no lock, and changes nothing.

    Args:
        into: its URL.
        runs: how many of the last runs of a stream to tell of, over all streams.
        full_every: how long after a full pass the next one is due; None for never.
        clock: the time, for tests.

    Raises:
        ConfigError: the URL is refused, or there is no such database.
        SinkError: it cannot be read.
    """
    now = (clock or LoopClock()).wall()
    async with Sink(into, create=False) as sink:
        return await sink.read(lambda connection: _status(connection, sink.shown, runs, full_every, now))


def _status(connection: Connection, into: str, runs: int, every: timedelta | None, now: datetime) -> Status:
    live = {stream: _counts(connection, passes.RECORDS[stream]) for stream in passes.RECORDS}
    held = tables.quarantine
    query = select(held.c.store, held.c.stream, func.count()).group_by(held.c.store, held.c.stream)
    quarantined = {(store, stream): count for store, stream, count in connection.execute(query)}
    table = tables.sync_checkpoints
    streams: list[StreamStatus] = []
    for row in connection.execute(select(table).order_by(table.c.store, table.c.id.desc())).mappings():
        store, stream = row["store"], row["id"]
        checkpoint = Checkpoint(**{name: row[name] for name in Checkpoint.__struct_fields__})
        rows, gone = live.get(stream, {}).get(store, (0, 0))
        due = incremental.due(checkpoint, every, now)
        full = due == "full" or incremental.full_due(checkpoint, every, now)
        streams.append(
            StreamStatus(
                store=store,
                stream=stream,
                state=checkpoint.state,
                rows=rows,
                gone=gone,
                quarantined=quarantined.get((store, stream), 0),
                watermark=checkpoint.watermark,
                since=checkpoint.since,
                full_at=checkpoint.full_at,
                full_due_at=None if full or every is None or not checkpoint.full_at else checkpoint.full_at + every,
                committed_at=row["updated_at"],
                due=due,
            )
        )
    return Status(into=into, at=now, streams=streams, runs=_runs(connection, runs))


def _counts(connection: Connection, table: Any) -> dict[str, tuple[int, int]]:
    """Rows that are there and rows that are gone, by store."""
    query = select(table.c.store, func.count(), func.count(table.c.gone_at)).group_by(table.c.store)
    return {store: (rows - gone, gone) for store, rows, gone in connection.execute(query)}


def _runs(connection: Connection, most: int) -> list[RunStatus]:
    table = tables.sync_runs
    query = select(table).order_by(table.c.started_at.desc(), table.c.store, table.c.stream.desc()).limit(most)
    return [_run(row) for row in connection.execute(query).mappings()]


def _run(row: Any) -> RunStatus:
    told: Any = msgspec.json.decode(row["report"]) if row["report"] else {}
    figures = cast("dict[str, Any]", told if isinstance(told, dict) else {})
    return RunStatus(
        run=row["id"],
        store=row["store"],
        stream=row["stream"],
        state=row["state"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        error=figures.get("error"),
        **{name: int(figures.get(name) or 0) for name in ("read", "new", "changed", "gone", "gone_refused")},
    )


__all__ = ["Due", "RunStatus", "Status", "StreamStatus", "status"]
