"""PostgreSQL through asyncpg. The same synchronous work as for SQLite runs on SQLAlchemy's asynchronous engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

from anyio import CancelScope, CapacityLimiter
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from commerce_async.sinks.database import FAILURES, refusal

T = TypeVar("T")

_connect: Any = import_module("asyncpg").connect  # which has no types

_CONNECTIONS = 4  # at once; more streams than that take turns
_PATIENCE = 60.0  # seconds for one statement, and for a connection: a server that is gone must not hold a task for ever
_LOCK = 0x636F6D61  # the first half of the lock's number; the second is the schema's
_TRY_LOCK = text("SELECT pg_try_advisory_lock(:lock, hashtext(current_schema()))")
_UNLOCK = text("SELECT pg_advisory_unlock(:lock, hashtext(current_schema()))")
# A row and its parts are read by two statements, between which a sync may commit.
_ONE_MOMENT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
_SESSION = (
    # Raw JSON is most of what is stored, and the default compression takes most of the time. Not every build has lz4.
    "SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings "
    "WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
)


class Postgres:
    """A server's database.

    Args:
        timeout: seconds to wait for a lock that another program holds.
    """

    def __init__(self, url: URL, *, timeout: float) -> None:
        self._url = url
        self._turns = CapacityLimiter(_CONNECTIONS)
        self._lock: AsyncConnection | None = None
        settings = {
            "lock_timeout": str(int(timeout * 1000)),
            # A client whose machine is gone must not keep its lock for the two hours that are usual.
            "tcp_keepalives_idle": "60",
            "tcp_keepalives_interval": "10",
            "tcp_keepalives_count": "3",
        }
        if "application_name" not in url.query:
            settings["application_name"] = "commerce-async"
        patience, rest = _patience_of(url)

        async def connect() -> Any:
            # asyncpg reads the URL itself, and so knows libpq's options; SQLAlchemy would pass on only some of them.
            return await _connect(
                rest.render_as_string(hide_password=False),
                server_settings=settings,
                timeout=patience,
                command_timeout=_PATIENCE,
            )

        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            hide_parameters=True,
            pool_size=_CONNECTIONS + 1,  # and the lock's
            max_overflow=0,
            pool_pre_ping=True,  # a server that was away and is back costs no failure
        )
        event.listen(self._engine.sync_engine, "connect", _configure)

    async def run(self, work: Callable[[Connection], T], *, reading: bool = False) -> T:
        """Runs the work on a connection; a cancelled task waits for the transaction it began."""
        async with self._turns:
            return await self._whole(partial(self._run, work, reading))

    async def _run(self, work: Callable[[Connection], T], reading: bool) -> T:
        async with self._engine.connect() as connection, connection.begin():
            if reading:
                await connection.execute(_ONE_MOMENT)
            return await connection.run_sync(work)

    async def _whole(self, work: Callable[[], Awaitable[T]]) -> T:
        """Awaits the work to its end, also when the task is cancelled."""
        done: list[T] = []
        try:
            with CancelScope(shield=True):
                done.append(await work())
        except FAILURES as error:
            raise refusal(self._url, error) from None
        return done[0]

    async def acquire(self) -> bool:
        """Takes an advisory lock on a session of its own: the server lets go of it when the session ends."""
        taken = await self._whole(self._acquire)
        if taken is None:
            return False  # and if it is this very process that has it, it keeps it
        self._lock = taken
        return True

    async def _acquire(self) -> AsyncConnection | None:
        connection = await self._engine.connect()
        taken = False
        try:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            taken = bool((await connection.execute(_TRY_LOCK, {"lock": _LOCK})).scalar_one())
        finally:
            if not taken:
                await connection.close()
        return connection if taken else None

    async def release(self) -> None:
        """Ends the lock's session."""
        lock, self._lock = self._lock, None
        if lock is None:
            return
        with CancelScope(shield=True), suppress(*FAILURES):  # a session that is gone has no lock any more
            try:
                await lock.execute(_UNLOCK, {"lock": _LOCK})
            finally:
                await lock.close()

    async def close(self) -> None:
        """Closes all connections."""
        await self.release()
        with CancelScope(shield=True):
            await self._engine.dispose()


def _patience_of(url: URL) -> tuple[float, URL]:
    """Seconds that a connection may take, and the URL without libpq's word for them, which asyncpg does not know."""
    given = str(url.query.get("connect_timeout", ""))
    seconds = float(given) if given.isascii() and given.isdigit() else 0.0
    return min(seconds or _PATIENCE, _PATIENCE), url.difference_update_query(["connect_timeout"])


def _configure(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(_SESSION)
    cursor.close()
    connection.commit()  # or the transaction that comes would have begun with it, and end it when it fails
