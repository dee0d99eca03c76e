"""A database of an older version brought up to date, without a store to sync."""

from __future__ import annotations

from commerce_async.sinks import locking, migrating
from commerce_async.sinks.database import LOCK_WAIT, checked, open_database, shown


async def upgrade(url: str) -> tuple[str, str]:
    """Brings the tables of a database to this version, in one transaction; one that is up to date is left alone.

    Returns:
        The revisions of the tables, before and now.

    Raises:
        ConfigError: there is no such database, or it is somebody else's or of a newer version.
        LockedError: another process works on it.
        SinkError: the database refused; it is as it was.
    """
    parsed = checked(url)
    name = shown(parsed)
    database = open_database(parsed, create=False, timeout=LOCK_WAIT)
    try:
        before = await database.run(lambda connection: migrating.revision(connection, name), reading=True)
        if before != migrating.HEAD:
            if not await database.acquire():
                raise await database.run(lambda connection: locking.held(connection, name), reading=True)
            await database.run(lambda connection: migrating.upgrade(connection, name))
    finally:
        await database.close()
    return before, migrating.HEAD


__all__ = ["upgrade"]
