"""The table of runs: which are at work, and how the last ones ended. Inside somebody else's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, select, update

from commerce_async.sinks import tables
from commerce_async.sinks.bulk import upsert
from commerce_async.sinks.checkpoints import LateError

MOST: Final = 2000
"""Runs that are kept of a stream: a week of one every five minutes."""

_TABLE: Final = tables.sync_runs


def begin(connection: Connection, run: str, store: str, stream: str, now: datetime) -> None:
    """Notes that a run reads the stream, if it is not noted yet, and lets go the oldest."""
    mine = _TABLE.c.store == store, _TABLE.c.stream == stream
    newest = select(_TABLE.c.started_at).where(*mine).order_by(_TABLE.c.started_at.desc())
    first = newest.offset(MOST - 2).limit(1).scalar_subquery()
    connection.execute(delete(_TABLE).where(*mine, _TABLE.c.started_at < first))
    row = {"store": store, "id": run, "stream": stream, "state": "running", "started_at": now}
    upsert(connection, _TABLE, [row], keep=("state", "started_at"))


def end(
    connection: Connection, run: str, store: str, stream: str, state: str, report: msgspec.Struct, now: datetime
) -> None:
    """Notes how it ended, if that is not noted yet: `complete`, `incomplete`, `failed` or `stopped`."""
    mine = update(_TABLE).where(_TABLE.c.store == store, _TABLE.c.id == run, _TABLE.c.stream == stream)
    going = mine.where(_TABLE.c.state == "running")
    connection.execute(going.values(state=state, ended_at=now, report=msgspec.json.encode(report).decode()))


def check_open(connection: Connection, run: str, store: str, stream: str) -> None:
    """Makes sure that the run has not ended for the stream.

    Raises:
        LateError: it has.
    """
    if _noted(connection, run, store, stream)[0] not in (None, "running"):
        raise LateError(f"{store} {stream}: this run has ended; nothing more is written")


def report_of(connection: Connection, run: str, store: str, stream: str) -> str | None:
    """The report with which it ended, as JSON; None if it did not."""
    return _noted(connection, run, store, stream)[1]


def _noted(connection: Connection, run: str, store: str, stream: str) -> tuple[str | None, str | None]:
    mine = _TABLE.c.store == store, _TABLE.c.id == run, _TABLE.c.stream == stream
    row = connection.execute(select(_TABLE.c.state, _TABLE.c.report).where(*mine)).one_or_none()
    return (None, None) if row is None else (row.state, row.report)
