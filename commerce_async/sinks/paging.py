"""Writes a page of a stream with all that belongs to it, inside somebody else's transaction. Synchronous."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

import msgspec
from sqlalchemy import Connection

from commerce_async.schema import Record, Unreadable
from commerce_async.sinks import passes, rows
from commerce_async.sinks.checkpoints import Checkpoint, save_checkpoint
from commerce_async.sinks.database import FAILURES, ValueRefusedError
from commerce_async.sinks.rows import RawMode
from commerce_async.sinks.writing import Counts, come_back, write_quarantine, write_records


class Page(msgspec.Struct, frozen=True):
    """What is committed together.

    Attributes:
        unreadable: what of it could not be read.
        checkpoint: how far the stream has come by it.
        part: others read the same pass beside this one: the checkpoint says what pass it is, and is not written.
        raw: how the records' raw JSON is kept.
        quarantine: whether some of these records may be in quarantine.
    """

    store: str
    stream: str
    records: Sequence[Record]
    unreadable: Sequence[Unreadable]
    checkpoint: Checkpoint
    now: datetime
    part: bool
    raw: RawMode
    quarantine: bool


Held: TypeAlias = tuple[Counts, Sequence[Record], Sequence[Unreadable]]
"""What became of records, those that the database holds now, and those that it cannot."""


def write_page(connection: Connection, page: Page) -> tuple[Counts, bool]:
    """Writes the page; also returns whether any of it went to quarantine.

    Raises:
        ValueRefusedError, or the database's own: it cannot hold a record. Then `write_singly`.
    """
    return _write(connection, page, lambda: (_records(connection, page, page.records), page.records, ()))


def write_singly(connection: Connection, page: Page, refusal: Callable[[Exception], Exception]) -> tuple[Counts, bool]:
    """The same one record at a time: what the database cannot hold goes to quarantine, and the rest goes on.

    Args:
        refusal: the database's error in our words.
    """
    return _write(connection, page, lambda: _singly(connection, page, refusal))


def _records(connection: Connection, page: Page, records: Sequence[Record]) -> Counts:
    return write_records(connection, page.store, records, page.now, page.raw)


def _write(connection: Connection, page: Page, hold: Callable[[], Held]) -> tuple[Counts, bool]:
    store, stream, now = page.store, page.stream, page.now
    counts, good, refused = hold()
    bad = [rows.storable(each) for each in (*page.unreadable, *refused)]
    if bad or page.quarantine:
        readable = [record.id for record in good] if page.quarantine else ()
        write_quarantine(connection, store, stream, bad, readable, now)
        # What cannot be read is not gone.
        come_back(connection, passes.RECORDS[stream], store, [each.id for each in bad if each.id], now)
    if page.checkpoint.since is None and (bad or counts.unchanged):
        scope = passes.Scope(store=store, stream=stream, began=page.checkpoint.started_at)
        # What cannot be read, or held, is there all the same.
        passes.note_seen(connection, scope, [*(record.id for record in good), *map(rows.quarantine_id, bad)])
    if not page.part:
        save_checkpoint(connection, store, stream, page.checkpoint, now)
    return counts, bool(bad)


def _singly(connection: Connection, page: Page, refusal: Callable[[Exception], Exception]) -> Held:
    counts = Counts()
    good: list[Record] = []
    refused: list[Unreadable] = []
    for record in page.records:
        try:
            with connection.begin_nested():
                counts += _records(connection, page, [record])
        except FAILURES as error:
            reason = refusal(error)
            if not isinstance(reason, ValueRefusedError):
                raise
            refused.append(Unreadable(id=record.id, reason=f"the database refuses it: {reason}", raw=record.raw))
            counts += Counts(refused=1)
        else:
            good.append(record)
    return counts, good, refused


__all__ = ["Page", "write_page", "write_singly"]
