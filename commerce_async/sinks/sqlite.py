"""SQLite: one thread, one connection at a time, so that the event loop never waits for the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL

from commerce_async.errors import ConfigError, SinkError
from commerce_async.sinks.database import FAILURES, refusal, shown

T = TypeVar("T")


class SQLite:
    """A file.

    Args:
        create: make the file if it is not there.
        timeout: seconds to wait for a lock that another program holds.

    Raises:
        ConfigError: there is no such file, and none is to be made.
    """

    def __init__(self, url: URL, *, create: bool, timeout: float) -> None:
        self._url = url
        self._file = Path(url.database or "").resolve()
        if not create and not self._file.is_file():
            raise ConfigError(f"{shown(url)}: there is no such database")
        self._thread = CapacityLimiter(1)
        self._lock: sqlite3.Connection | None = None
        self._engine = create_engine(url, hide_parameters=True, connect_args={"timeout": timeout})
        event.listen(self._engine, "connect", _configure)
        event.listen(self._engine, "begin", _begin)

    async def run(self, work: Callable[[Connection], T], *, reading: bool = False) -> T:
        """Runs the work in the database's thread; a cancelled task waits for the transaction it began."""

        def transaction() -> T:
            with self._engine.connect().execution_options(reading=reading) as connection, connection.begin():
                return work(connection)

        try:
            return await to_thread.run_sync(transaction, limiter=self._thread)
        except FAILURES as error:
            raise refusal(self._url, error) from None

    async def acquire(self) -> bool:
        """Locks a small database beside the file: the operating system lets go of it when the process ends."""
        # Not in a thread: cancelled meanwhile, nobody would know that it was taken. It waits for nobody.
        try:
            lock = sqlite3.connect(f"{self._file}.lock", timeout=0, isolation_level=None, check_same_thread=False)
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.Error:
                lock.close()
                raise
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise SinkError(f"{self._file}.lock: {error}") from None
        self._lock = lock
        return True

    async def release(self) -> None:
        """Unlocks. The file beside stays: to delete it could take away the next one's lock."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()

    async def close(self) -> None:
        """Closes the file."""
        await self.release()
        self._engine.dispose()


def _configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin and commit on its own; `_begin` does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")  # with WAL: a crash of the process loses nothing that was committed
    cursor.close()


def _begin(connection: Connection) -> None:
    # The lock is taken at once: a read that turns into a write later could find the database changed underneath.
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
