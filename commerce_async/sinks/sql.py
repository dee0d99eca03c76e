"""A database as the sink, through SQLAlchemy. Rows and checkpoint commit in one transaction."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeVar
from uuid import uuid4

import msgspec
from anyio import CancelScope, Lock, current_time, sleep
from sqlalchemy import Connection, func, select

from commerce_async.errors import SinkError
from commerce_async.schema import Record, Unreadable
from commerce_async.sinks import locking, migrating, passes, runs, tables
from commerce_async.sinks.checkpoints import Checkpoint, read_checkpoint, save_checkpoint
from commerce_async.sinks.database import (
    LOCK_WAIT,
    Database,
    ValueRefusedError,
    checked,
    open_database,
    refusal,
    shown,
)
from commerce_async.sinks.paging import Page, write_page, write_singly
from commerce_async.sinks.rows import RawMode
from commerce_async.sinks.writing import Counts

T = TypeVar("T")

_PATIENCE: Final = 2.0  # seconds to try for the lock
_POLL: Final = 0.05


class Sink:
    """A database that takes the rows of a sync. Opened, it has this version's tables.

    Args:
        url: `sqlite:///path/to/file.db` (relative to the working directory), `sqlite:////absolute/path.db`, or
            `postgresql://user:password@host/database` (needs `commerce-async[postgres]`); or where such a URL is kept:
            `env:NAME`, `keyring:SERVICE/USER`, `file:PATH`.
        raw: whether the records' raw JSON is kept `on` (as it came), `compressed` (zlib), or `off` (not at all). Rows
            that are there already stay as they are until they change.
        create: False for those who only read: a database that is not there, or not of this version, is refused instead
            of made or brought up to date.
        timeout: seconds to wait for a lock that another program holds.

    Raises:
        ConfigError: not a URL, or a database that this version cannot use.
    """

    def __init__(self, url: str, *, raw: RawMode = "on", create: bool = True, timeout: float = LOCK_WAIT) -> None:
        self.url = checked(url)
        self.shown = shown(self.url)
        self._raw: RawMode = raw
        self._create = create
        self._timeout = timeout
        self._database: Database | None = None
        self._token: str | None = None  # while we hold the lock
        self._turn = Lock()
        self._together: AbstractAsyncContextManager[None] | None = None  # what those hold who share the lock
        self._sharing = 0
        self._beside = False  # whether it is another process that does, and we are of its run
        self._check: Callable[[Connection], None] | None = None
        self._holds_quarantine: set[tuple[str, str]] = set()

    async def __aenter__(self) -> Self:
        self._database = open_database(self.url, create=self._create, timeout=self._timeout)
        try:
            await self._prepare()
        except BaseException:  # cancelled as well: what was opened is closed
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        database, self._database = self._database, None
        if database is not None:
            await database.close()

    async def _prepare(self) -> None:
        if not self._create:
            await self.read(lambda connection: migrating.assert_current(connection, self.shown))
        elif not await self.read(migrating.is_current):
            await self._upgrade()
        held = select(tables.quarantine.c.store, tables.quarantine.c.stream).distinct()
        self._holds_quarantine = await self.read(lambda c: {(row.store, row.stream) for row in c.execute(held)})

    async def _upgrade(self) -> None:
        """Makes the tables, or brings older ones up to date while nobody writes by their old shape."""
        database = self._opened()
        older = await self.read(migrating.is_older)
        if older:
            await self._acquire(database, _PATIENCE)
        try:
            await self.transaction(lambda connection: migrating.upgrade(connection, self.shown))
        finally:
            if older:
                await database.release()

    @asynccontextmanager
    async def lock(
        self, what: str = "sync", *, patience: float | None = None, token: str | None = None, keep: bool = False
    ) -> AsyncGenerator[None]:
        """Keeps every other process from working on this database; those who only read do not ask.

        A process that dies loses the lock at once. One that only lost its connection to the server may not notice; its
        next `write` does, if somebody else took the lock meanwhile.

        Args:
            what: what is being done, for the one who has to wait.
            patience: seconds to try for; by default two, for a process that was just killed may take a moment.
            token: names this holding, for those who work `beside` it; 32 characters that nobody has used before.
            keep: they may go on when it ends, until somebody else takes the lock.

        Raises:
            LockedError: somebody else holds it; the message says who, and since when.
        """
        database, token = self._opened(), token or uuid4().hex
        await self._acquire(database, _PATIENCE if patience is None else patience)
        try:
            await self.transaction(lambda connection: locking.note(connection, token, what, datetime.now(UTC)))
            self._token = token
            yield
        finally:
            self._token = None
            with CancelScope(shield=True):
                with suppress(SinkError):  # the row alone locks nobody out
                    if not keep:
                        await self.transaction(lambda connection: locking.clear(connection, token))
                await database.release()

    @asynccontextmanager
    async def lock_together(self, what: str) -> AsyncGenerator[None]:
        """As `lock`, but together with others on this very `Sink`: the first of them takes it, the last gives it back.

        Raises:
            LockedError: another process holds it.
        """
        async with self._turn:
            if self._token is None:
                held = self.lock(what)
                await held.__aenter__()
                self._together = held
            self._sharing += 1
        try:
            yield
        finally:
            self._sharing -= 1
            if not self._sharing and self._together is not None:
                held, self._together = self._together, None
                await held.__aexit__(None, None, None)

    @asynccontextmanager
    async def beside(self, token: str) -> AsyncGenerator[None]:
        """Works on the database together with others, while a holder's `lock` with that token lasts.

        Raises:
            SinkError: it does not, by now; nothing is written.
        """
        self._token, self._beside = token, True
        try:
            await self.transaction(lambda _: None)
            yield
        finally:
            self._token, self._beside = None, False

    @contextmanager
    def within(self, store: str, stream: str, check: Callable[[Connection], None]) -> Generator[None]:
        """Works on the stream as long as something holds: each transaction begins with that check.

        Between the check and the end of the transaction nobody else who works so changes anything of the stream.
        """

        def checked(connection: Connection) -> None:
            locking.take_turn(connection, store, stream)
            check(connection)

        self._check = checked
        try:
            yield
        finally:
            self._check = None

    async def _acquire(self, database: Database, patience: float) -> None:
        until = current_time() + patience
        while self._token is not None or not await database.acquire():
            if self._token is not None or current_time() >= until:
                raise await self.read(lambda connection: locking.held(connection, self.shown))
            await sleep(_POLL)

    async def write(
        self,
        store: str,
        stream: str,
        records: Sequence[Record],
        *,
        unreadable: Sequence[Unreadable] = (),
        checkpoint: Checkpoint,
        now: datetime,
        part: bool = False,
    ) -> Counts:
        """Commits a page: its records, what of it could not be read, and how far the stream has come by it.

        Args:
            checkpoint: how far that is.
            part: others read the same pass beside this one: the checkpoint says what pass it is, and is not written.

        Raises:
            SinkError: the database refused; nothing of the page is in it.
        """
        place = (store, stream)
        quarantine = place in self._holds_quarantine
        page = Page(store, stream, records, unreadable, checkpoint, now, part, self._raw, quarantine)
        try:
            counts, bad = await self.transaction(lambda connection: write_page(connection, page))
        except ValueRefusedError:
            worded = partial(refusal, self.url)
            counts, bad = await self.transaction(lambda connection: write_singly(connection, page, worded))
        if bad:
            self._holds_quarantine.add(place)
        return counts

    async def checkpoint(self, store: str, stream: str) -> Checkpoint | None:
        """How far the stream has come; None if it never began."""
        return await self.read(lambda connection: read_checkpoint(connection, store, stream))

    async def save_checkpoint(self, store: str, stream: str, checkpoint: Checkpoint, now: datetime) -> None:
        """Says how far the stream has come without any rows: where it begins, or how it ended."""
        await self.transaction(lambda connection: save_checkpoint(connection, store, stream, checkpoint, now))

    async def begin_pass(
        self, store: str, stream: str, checkpoint: Checkpoint, now: datetime, *, after: Checkpoint | None
    ) -> bool:
        """Says that a new pass begins, and lets go what an earlier one had noted.

        Args:
            after: how far the stream had come. Nothing is done if that is no longer so; then False.
        """

        def begin(connection: Connection) -> bool:
            if read_checkpoint(connection, store, stream) != after:
                return False
            passes.forget_seen(connection, store, stream)
            save_checkpoint(connection, store, stream, checkpoint, now)
            return True

        return await self.transaction(begin)

    async def transaction(self, work: Callable[[Connection], T]) -> T:
        """Runs the work in one transaction of its own. It is finished even when the task is cancelled.

        Raises:
            SinkError: the database refused, or our lock is somebody else's by now; nothing of it is done.
        """
        token, shared, check = self._token, self._beside, self._check
        if token is None:
            return await self._opened().run(work)

        def guarded(connection: Connection) -> T:
            locking.check(connection, token, self.shown, shared=shared)
            if check is not None:
                check(connection)
            return work(connection)

        return await self._opened().run(guarded)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Runs work that only reads; it waits for nobody who writes.

        Raises:
            SinkError: the database refused.
        """
        return await self._opened().run(work, reading=True)

    def _opened(self) -> Database:
        if self._database is None:
            raise SinkError("the database is not open; use `async with Sink(url)`")
        return self._database

    async def begin_run(self, run: str, store: str, stream: str, now: datetime) -> None:
        """Notes that a run reads the stream."""
        await self.transaction(lambda connection: runs.begin(connection, run, store, stream, now))

    async def end_run(
        self, run: str, store: str, stream: str, state: str, report: msgspec.Struct, now: datetime
    ) -> None:
        """Notes how it ended, if that is not noted yet: `complete`, `incomplete`, `failed` or `stopped`."""
        await self.transaction(lambda connection: runs.end(connection, run, store, stream, state, report, now))

    async def count(self, table: str) -> dict[str, int]:
        """Rows of a table per store."""
        found = tables.metadata.tables[table]

        def read(connection: Connection) -> dict[str, int]:
            query = select(found.c.store, func.count().label("rows")).group_by(found.c.store)
            return {row.store: row.rows for row in connection.execute(query)}

        return await self.read(read)


__all__ = ["Checkpoint", "Counts", "Sink"]
