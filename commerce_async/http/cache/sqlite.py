"""Replies in a SQLite file, which outlasts the process and may serve several at once."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Semaphore
from time import time
from typing import Final, TypeVar
from zlib import crc32

import anyio
import msgspec

from commerce_async.http.cache.rules import Entry
from commerce_async.http.cache.storage import MAX_BYTES, checked_size

T = TypeVar("T")

log = logging.getLogger("commerce_async.http")

_OURS: Final = 0x636F6D61  # in the file's header, so that no other database is ever taken for a cache
_VERSION: Final = 2
_BUSY: Final = 1.0  # seconds that another process may hold the file
_WAITING: Final = 256  # saves that may wait for the disk; more are not kept
_SEAL: Final = 4  # bytes
_TOUCH: Final = 60.0  # seconds; a use sooner after the last one is not noted, so that reads need not write

_SCHEMA: Final = (
    "DROP TABLE IF EXISTS replies",
    "CREATE TABLE replies (account TEXT NOT NULL, key TEXT NOT NULL, used REAL NOT NULL, size INTEGER NOT NULL,"
    " entry BLOB NOT NULL, PRIMARY KEY (account, key))",
    "CREATE INDEX replies_used ON replies (used, size)",
    f"PRAGMA application_id = {_OURS}",
    f"PRAGMA user_version = {_VERSION}",
)


class SQLiteCache:
    """Keeps replies in a file that only its owner can read; those unused for longest give way.

    The file is opened when it is first needed, in a thread of its own. If it is damaged, locked for long or not to be
    written, that is logged once as a warning, and calls go on without a cache.

    Args:
        path: the file; its directory must exist.
        max_bytes: for all replies together. The file has some overhead beside them, and never shrinks.

    Raises:
        ConfigError: `max_bytes` is not above 0.
    """

    def __init__(self, path: str | Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = Path(path)
        self._max = checked_size(max_bytes)
        self._users = 0
        self._broken = False
        self._room = Semaphore(_WAITING)
        self._file: _File | None = None

    def open(self) -> None:
        """A store begins to use it."""
        self._users += 1

    async def close(self) -> None:
        """Closes the file with its last store, when everything waiting is written."""
        self._users -= 1
        if self._users <= 0 and self._file is not None:
            file, self._file = self._file, None
            with anyio.CancelScope(shield=True):
                await asyncio.wrap_future(file.thread.submit(file.close))
            file.thread.shutdown(wait=False)

    async def load(self, account: str, key: str) -> Entry | None:
        """What is kept."""
        if self._broken:
            return None
        return await asyncio.wrap_future(self._submit(lambda db: _load(db, account, key)))

    def save(self, account: str, key: str, entry: Entry) -> None:
        """Keeps it soon. Nothing is kept while too much is waiting for the disk."""
        if self._broken or entry.size > self._max or not self._room.acquire(blocking=False):
            return

        def work(db: sqlite3.Connection) -> None:
            self._room.release()
            _save(db, account, key, entry, self._max)

        self._submit(work)

    def forget(self, account: str) -> None:
        """Drops everything of the account, soon."""
        if not self._broken:
            self._submit(lambda db: _forget(db, account))

    def _submit(self, work: Callable[[sqlite3.Connection], T]) -> Future[T | None]:
        file = self._file = self._file or _File(self._path)
        return file.thread.submit(self._do, file, work)

    def _do(self, file: _File, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """In the thread."""
        if self._broken:
            return None
        try:
            return work(file.connected())
        except Exception as error:  # a damaged file has values of any type where numbers are due
            self._broken = True
            file.close()
            log.warning("the cache %s is not used any more: %s; calls go on without it", self._path, error)
            return None

    def __repr__(self) -> str:
        return f"SQLiteCache({str(self._path)!r})"


class _File:
    """One thread, and in it the connection."""

    def __init__(self, path: Path) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="commerce-async cache")
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def connected(self) -> sqlite3.Connection:
        """The connection, made by the first who asks."""
        if self._connection is None:
            self._connection = _connect(self._path)
        return self._connection

    def close(self) -> None:
        """Closes the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    # SQLite itself would make it readable to others; its journal gets the mode of the file.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = sqlite3.connect(path, timeout=_BUSY, isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")  # another process may be making it just now
        _require_ours(db)
        if _pragma(db, "user_version") != _VERSION:
            for statement in _SCHEMA:
                db.execute(statement)
        db.execute("COMMIT")
        path.chmod(0o600)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")  # a power cut loses the last replies, and never the file
    except BaseException:  # interrupted as well: the file is closed
        db.close()
        raise
    return db


def _require_ours(db: sqlite3.Connection) -> None:
    if _pragma(db, "application_id") != _OURS and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise sqlite3.DatabaseError("it is another program's database")


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return db.execute(f"PRAGMA {name}").fetchone()[0]


def _load(db: sqlite3.Connection, account: str, key: str) -> Entry | None:
    row = db.execute("SELECT entry, used FROM replies WHERE account = ? AND key = ?", (account, key)).fetchone()
    if row is None:
        return None
    entry, used = row
    now = time()  # orders what is kept, and decides nothing else
    if abs(now - used) > _TOUCH:
        db.execute("UPDATE replies SET used = ? WHERE account = ? AND key = ?", (now, account, key))
    sealed: bytes = entry if isinstance(entry, bytes) else b""
    kept = sealed[_SEAL:]
    # SQLite does not notice a damaged byte in a value, and what is served must be what the vendor said.
    return msgspec.msgpack.decode(kept, type=Entry) if sealed[:_SEAL] == _seal(account, key, kept) else None


def _seal(account: str, key: str, kept: bytes) -> bytes:
    return crc32(kept, crc32(f"{account} {key}".encode())).to_bytes(_SEAL, "big")


def _save(db: sqlite3.Connection, account: str, key: str, entry: Entry, limit: int) -> None:
    kept = msgspec.msgpack.encode(entry)
    db.execute(
        "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?)",
        (account, key, time(), entry.size, _seal(account, key, kept) + kept),
    )
    over = db.execute("SELECT total(size) FROM replies").fetchone()[0] - limit
    if over <= 0:
        return
    over += limit / 10  # not again with the next one
    oldest: list[tuple[int]] = []
    for row, size in db.execute("SELECT rowid, size FROM replies ORDER BY used, rowid"):
        oldest.append((row,))
        over -= size
        if over <= 0:
            break
    db.executemany("DELETE FROM replies WHERE rowid = ?", oldest)


def _forget(db: sqlite3.Connection, account: str) -> None:
    db.execute("DELETE FROM replies WHERE account = ?", (account,))
