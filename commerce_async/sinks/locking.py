"""Who holds a database's lock, as a row in it: for people, and so that a holder that lost it does not write on.

The lock itself is the operating system's (SQLite) or the server's (PostgreSQL), which a dead process does not keep. The
row may outlive its holder, and tells nothing by itself.
"""

from __future__ import annotations

import os
import platform
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, select, text

from commerce_async.errors import LockedError, SinkError
from commerce_async.sinks import tables
from commerce_async.sinks.bulk import upsert

_TABLE: Final = tables.sync_lock
_ID: Final = "run"
# With every page: to make it takes longer than to run it.
_ASK: Final = select(_TABLE.c.token).where(_TABLE.c.id == _ID)
_ASK_AND_KEEP: Final = _ASK.with_for_update(read=True)
# One of many that is frozen in the middle would keep the stream from all others as long as it is.
_IDLE: Final = func.set_config("idle_in_transaction_session_timeout", "20s", True)
_ASK_BESIDE: Final = _ASK_AND_KEEP.add_columns(_IDLE)
_TURN: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/' || :place, 0))")


class LockLostError(SinkError):
    """The lock under which this was to be written is somebody else's by now, or nobody's. It does not come back."""


def note(connection: Connection, token: str, what: str, now: datetime) -> None:
    """Says who holds the lock by now.

    Args:
        token: names the holding; a new one each time.
        what: what is being done, such as `sync`.
    """
    holder = f"{what}, process {os.getpid()} on {platform.node() or 'this machine'}"
    upsert(connection, _TABLE, [{"id": _ID, "token": token, "holder": holder, "since": now}])


def clear(connection: Connection, token: str) -> None:
    """Says that the lock is free."""
    connection.execute(delete(_TABLE).where(_TABLE.c.id == _ID, _TABLE.c.token == token))


def check(connection: Connection, token: str, name: str, *, shared: bool = False) -> None:
    """Makes sure that nobody else has taken the lock over, or does before this transaction ends.

    The lock's session may have ended without our noticing: the connection was cut, or this process frozen.

    Args:
        shared: another process holds it, and we work beside it.

    Raises:
        LockLostError: somebody has.
    """
    # On SQLite nobody else writes while we do.
    keep = _ASK_BESIDE if shared else _ASK_AND_KEEP
    found = connection.execute(_ASK if connection.dialect.name == "sqlite" else keep).scalar_one_or_none()
    if shared and found is None:
        raise LockLostError(f"{name}: the run that this is a part of has ended; nothing more is written")
    if found != token:
        raise LockLostError(f"{name}: the lock was lost, and another process has it by now; nothing more is written")


def take_turn(connection: Connection, store: str, stream: str) -> None:
    """Waits, on PostgreSQL, until no other transaction works on the stream.

    Two pages may hold the same record, or orders of the same customers: side by side they could wait for each other.
    """
    connection.execute(_TURN, {"place": f"{store}/{stream}"})


def held(connection: Connection, name: str) -> LockedError:
    """What to tell the one who did not get it."""
    row = connection.execute(select(_TABLE.c.holder, _TABLE.c.since).where(_TABLE.c.id == _ID)).one_or_none()
    who = f"{row.holder}, since {row.since:%Y-%m-%d %H:%M:%S} UTC" if row else "another process"
    return LockedError(f"{name}: in use by {who}; one at a time: wait for it or stop it, then run the same again")
