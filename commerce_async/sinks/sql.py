"""A database as the sink, through SQLAlchemy. Rows and checkpoint commit in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec
from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, Engine, create_engine, event, func, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from commerce_async.errors import ConfigError, SinkError
from commerce_async.schema import Record, Unreadable
from commerce_async.sinks import tables
from commerce_async.sinks.writing import Counts, upsert, write_quarantine, write_records

T = TypeVar("T")


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """How far a stream has come.

    Attributes:
        token: with which its list goes on; None before the first page and after the last.
        state: `running` (a pass was begun and not ended), `complete`, or `incomplete` (ended, with gaps possible).
        started_at: when the pass began, before its first read.
        since: what the pass was limited to; a token of one limit is of no use under another.
    """

    token: str | None
    state: str
    started_at: datetime
    since: datetime | None = None


class Sink:
    """A database that takes the rows of a sync.

    Work goes to one thread and one connection, so that the event loop never waits for the disk.

    Args:
        url: `sqlite:///path/to/file.db` (relative to the working directory) or `sqlite:////absolute/path.db`.

    Raises:
        ConfigError: not a URL, or a database that this version cannot write to.
    """

    def __init__(self, url: str) -> None:
        self.url = _checked(url)
        self._thread = CapacityLimiter(1)
        self._engine: Engine | None = None
        self._holds_quarantine: set[tuple[str, str]] = set()

    async def __aenter__(self) -> Self:
        self._engine = _engine(self.url)
        await self._run(self._prepare)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    def _prepare(self, connection: Connection) -> None:
        tables.metadata.create_all(connection)
        held = select(tables.quarantine.c.store, tables.quarantine.c.stream).distinct()
        self._holds_quarantine = {(row.store, row.stream) for row in connection.execute(held)}

    async def write(
        self,
        store: str,
        stream: str,
        records: Sequence[Record],
        *,
        unreadable: Sequence[Unreadable] = (),
        checkpoint: Checkpoint,
        now: datetime,
    ) -> Counts:
        """Commits a page: its records, what of it could not be read, and how far the stream has come by it.

        Raises:
            SinkError: the database refused; nothing of the page is in it.
        """
        return await self._run(partial(self._write, store, stream, records, unreadable, checkpoint, now))

    def _write(
        self,
        store: str,
        stream: str,
        records: Sequence[Record],
        unreadable: Sequence[Unreadable],
        checkpoint: Checkpoint,
        now: datetime,
        connection: Connection,
    ) -> Counts:
        counts = write_records(connection, store, records, now)
        place = (store, stream)
        if unreadable or place in self._holds_quarantine:
            good = [record.id for record in records] if place in self._holds_quarantine else ()
            write_quarantine(connection, store, stream, unreadable, good, now)
            if unreadable:
                self._holds_quarantine.add(place)
        _save_checkpoint(connection, store, stream, checkpoint, now)
        return counts

    async def checkpoint(self, store: str, stream: str) -> Checkpoint | None:
        """How far the stream has come; None if it never began."""
        table = tables.sync_checkpoints

        def read(connection: Connection) -> Checkpoint | None:
            query = select(table.c.token, table.c.state, table.c.started_at, table.c.since)
            row = connection.execute(query.where(table.c.store == store, table.c.id == stream)).one_or_none()
            if row is None:
                return None
            return Checkpoint(token=row.token, state=row.state, started_at=row.started_at, since=row.since)

        return await self._run(read)

    async def save_checkpoint(self, store: str, stream: str, checkpoint: Checkpoint, now: datetime) -> None:
        """Says how far the stream has come without any rows: where it begins, or how it ended."""
        await self._run(lambda connection: _save_checkpoint(connection, store, stream, checkpoint, now))

    async def begin_run(self, run: str, store: str, stream: str, now: datetime) -> None:
        """Notes that a run reads the stream."""
        row = {"store": store, "id": run, "stream": stream, "state": "running", "started_at": now}
        await self._run(lambda connection: upsert(connection, tables.sync_runs, [row]))

    async def end_run(
        self, run: str, store: str, stream: str, state: str, report: msgspec.Struct, now: datetime
    ) -> None:
        """Notes how it ended: `complete`, `incomplete`, `failed` or `stopped`."""
        table = tables.sync_runs
        statement = (
            update(table)
            .where(table.c.store == store, table.c.id == run, table.c.stream == stream)
            .values(state=state, ended_at=now, report=msgspec.json.encode(report).decode())
        )

        def save(connection: Connection) -> None:
            connection.execute(statement)

        await self._run(save)

    async def count(self, table: str) -> dict[str, int]:
        """Rows of a table per store."""
        found = tables.metadata.tables[table]

        def read(connection: Connection) -> dict[str, int]:
            query = select(found.c.store, func.count().label("rows")).group_by(found.c.store)
            return {row.store: row.rows for row in connection.execute(query)}

        return await self._run(read)

    async def _run(self, work: Callable[[Connection], T]) -> T:
        """Runs the work in one transaction, in the sink's thread. It is finished even when the task is cancelled."""
        engine = self._engine
        if engine is None:
            raise SinkError("the database is not open; use `async with Sink(url)`")

        def transaction() -> T:
            with engine.begin() as connection:
                return work(connection)

        try:
            return await to_thread.run_sync(transaction, limiter=self._thread)
        except SQLAlchemyError as error:
            raise SinkError(f"{_shown(self.url)}: {_words(error)}") from None


def _save_checkpoint(connection: Connection, store: str, stream: str, checkpoint: Checkpoint, now: datetime) -> None:
    row = {
        "store": store,
        "id": stream,
        "token": checkpoint.token,
        "state": checkpoint.state,
        "since": checkpoint.since,
        "started_at": checkpoint.started_at,
        "updated_at": now,
    }
    upsert(connection, tables.sync_checkpoints, [row])


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError("into: expected a database URL such as sqlite:///shop.db") from None
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ConfigError(f"into: {parsed.drivername} is not supported yet; use sqlite:///shop.db")
    if not parsed.database or parsed.database == ":memory:":
        raise ConfigError("into: name a file, such as sqlite:///shop.db")
    return parsed


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def _words(error: SQLAlchemyError) -> str:
    # Never str(error): it holds the statement and its parameters, which are customers' data.
    return str(error.orig) if isinstance(error, DBAPIError) else type(error).__name__


def _engine(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": 30})
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin and commit on its own; `_begin` does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")  # with WAL: a crash of the process loses nothing that was committed
    cursor.close()


def _begin(connection: Connection) -> None:
    # The lock is taken at once: a read that turns into a write later could find the database changed underneath.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


__all__ = ["Checkpoint", "Counts", "Sink"]
