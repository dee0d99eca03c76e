"""How far each stream has come, inside somebody else's transaction."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from commerce_async.errors import SinkError, UsageError
from commerce_async.sinks import tables
from commerce_async.sinks.bulk import upsert


class LateError(SinkError):
    """What this belongs to was brought to its end already, by another who had the same to do. Nothing is written."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """How far a stream has come.

    Attributes:
        token: with which its list goes on; None before the first page and after the last.
        state: `running` (a pass was begun and not ended), `confirming` (all of it is read; what it has not met is being
            looked into), `complete`, or `incomplete` (ended, with gaps possible).
        started_at: when the pass began, before its first read.
        since: what the pass was limited to; None for a full one. A token of one limit is of no use under another.
        limited_by: what such a limit is compared with, `changed` or `placed`; `nothing` or None if the list is always
            read whole.
        watermark: whatever was changed before it is in the database; None if there was no complete pass.
        mark: what the watermark becomes if the pass at work ends well; None once a page of it may have gaps.
        full_at: when the last complete full pass began.
        account: whose list it is, in up to 32 characters; None if that is not known.
    """

    token: str | None
    state: str
    started_at: datetime
    since: datetime | None = None
    limited_by: str | None = None
    watermark: datetime | None = None
    mark: datetime | None = None
    full_at: datetime | None = None
    account: str | None = None


def read_checkpoint(connection: Connection, store: str, stream: str) -> Checkpoint | None:
    """How far the stream has come; None if it never began."""
    table = tables.sync_checkpoints
    columns = [table.c[name] for name in Checkpoint.__struct_fields__]
    query = select(*columns).where(table.c.store == store, table.c.id == stream)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Checkpoint(**row)


def save_checkpoint(connection: Connection, store: str, stream: str, checkpoint: Checkpoint, now: datetime) -> None:
    """Says how far the stream has come."""
    row = {"store": store, "id": stream, "updated_at": now, **msgspec.structs.asdict(checkpoint)}
    upsert(connection, tables.sync_checkpoints, [row])


def check_at(connection: Connection, store: str, stream: str, checkpoint: Checkpoint) -> None:
    """Makes sure that the stream is in that pass, and at that stage of it.

    Raises:
        LateError: it has come further.
        UsageError: it is in another pass.
    """
    found = read_checkpoint(connection, store, stream)
    if found is None or found.started_at != checkpoint.started_at:
        raise UsageError(
            f"{store} {stream}: another pass has begun since this one was planned; nothing more is written"
        )
    if found.state != checkpoint.state:
        raise LateError(f"{store} {stream}: this was done already; nothing more is written")


__all__ = ["Checkpoint", "LateError", "check_at", "read_checkpoint", "save_checkpoint"]
