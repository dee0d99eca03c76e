"""Rows that the store no longer has: concluded from a complete full pass, confirmed by id, under a brake.

A row is marked gone only if a complete pass over everything has not met it, the store said, when asked for it by id
and while nothing was throttled, that it does not have it, and not more of them are so than the brake allows. It is
marked, never deleted; a later pass that meets it takes the mark away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection

from commerce_async.errors import DecodeError, MissingError, RejectedError, UsageError
from commerce_async.schema import Record
from commerce_async.sinks import Checkpoint, Sink, passes
from commerce_async.sinks.checkpoints import save_checkpoint
from commerce_async.sinks.passes import Scope
from commerce_async.store import Batch, Failure, Records, Store

R = TypeVar("R")

_BATCH = 200  # ids asked for at a time
_EVIDENCE = timedelta(hours=1)  # so long what an interrupted conclusion was told is not asked again
_ATTEMPTS = 3  # a reading that a throttle fell into proves nothing, and is repeated so often


class MaxGone(msgspec.Struct, frozen=True, kw_only=True):
    """The brake: how many rows of one stream a pass may mark as gone. Whichever of the two is more.

    Attributes:
        rows: so many.
        share: such a part of the rows that are there, 0 to 1.
    """

    rows: int = 20
    share: float = 0.1

    def of(self, live: int) -> int:
        """How many of so many rows."""
        return max(self.rows, int(self.share * live))


_LIMIT: Final = re.compile(r"([0-9]{1,9})(%?)", re.ASCII)


def parse_max_gone(text: str) -> MaxGone:
    """The brake as people write it: a number of rows, or a percentage of them such as `15%`.

    Raises:
        UsageError: it is neither.
    """
    found = _LIMIT.fullmatch(text.strip())
    if found is None or (found[2] and int(found[1]) > 100):
        raise UsageError(f"max-gone: expected a number of rows such as 50, or a share such as 15%, got {text[:40]!r}")
    number = int(found[1])
    return MaxGone(rows=0, share=number / 100) if found[2] else MaxGone(rows=number, share=0.0)


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """What a complete full pass concluded.

    Attributes:
        marked: rows marked gone now.
        refused: rows that the pass did not meet and that the brake kept from being marked; 0 if it did not act.
        unclear: rows that the pass did not meet, and of which the store did not say for sure that they are gone.
        there: rows that the pass did not meet, and that the store has; they are up to date now.
    """

    marked: int = 0
    refused: int = 0
    unclear: int = 0
    there: int = 0


async def confirmed(store: Store, records: Records[R], ids: Sequence[str]) -> tuple[list[R], list[str]]:
    """The records that are there, and the ids that the store said it does not have while nothing was throttled.

    Args:
        store: with figures of its own, by which a throttle is noticed.
        ids: those that are in neither may be there or not.
    """
    client = store.client
    items: list[R] = []
    for _ in range(_ATTEMPTS):
        throttled = client.stats.throttled
        batch = await _asked(records, ids)
        items += batch.items
        if client.stats.throttled == throttled and not client.limiter.snapshot().paused:
            return items, list(batch.missing)
        ids = batch.missing
    return items, []


async def _asked(records: Records[R], ids: Sequence[str]) -> Batch[R]:
    """What the store says of these ids; one that no call can ask for keeps no other from being asked for."""
    try:
        return await records.get_many(ids, fresh=True)
    except (UsageError, RejectedError, DecodeError, MissingError) as error:
        if len(ids) < 2:
            return Batch(items=(), failed=tuple(Failure(id, error) for id in ids))
    middle = len(ids) // 2
    one, other = await _asked(records, ids[:middle]), await _asked(records, ids[middle:])
    return Batch(
        items=(*one.items, *other.items), missing=(*one.missing, *other.missing), failed=(*one.failed, *other.failed)
    )


class Conclusion:
    """Draws the conclusion of one full pass; interrupted, the next one goes on where it stopped.

    Args:
        store: with figures of its own, by which a throttle is noticed.
        checkpoint: of the pass, which has been read to its end.
        reach: rows placed before it are in no list.
        most: the brake.
    """

    def __init__(
        self,
        sink: Sink,
        store: Store,
        stream: str,
        records: Records[Any],
        checkpoint: Checkpoint,
        *,
        reach: datetime | None,
        most: MaxGone,
    ) -> None:
        self._sink = sink
        self._store = store
        self._stream = stream
        self._records = records
        self._checkpoint = checkpoint
        self._read = read = store.client.clock.wall()
        self._scope = Scope(store=store.name, stream=stream, began=checkpoint.started_at, reach=reach, read=read)
        self._most = most

    async def draw(self, last: Checkpoint, note: Callable[[Connection, Gone], None]) -> None:
        """Confirms, marks, and commits `last` with the marks.

        Args:
            note: told of what was found, before that is committed.

        Raises:
            CommerceError: the store could not be asked. Nothing is marked, and the pass is not ended.
            SinkError: the database refused.
        """
        found = await self._sink.transaction(self._begin)
        allowed = self._most.of(found.live)
        missing, there, unclear, after = found.missing, 0, 0, ""
        while missing <= allowed:
            ids = await self._sink.transaction(partial(passes.unseen, scope=self._scope, after=after, most=_BATCH))
            if not ids:
                break
            after = ids[-1]
            items, gone = await confirmed(self._store, self._records, ids)
            missing, there = missing + len(gone), there + len(items)
            unclear += len(ids) - len(items) - len(gone)
            await self._note(items, gone)
        refused = missing > allowed
        left = found.unseen + found.missing - there - unclear if refused else 0
        gone = Gone(refused=left, unclear=unclear, there=there)
        now = self._store.client.clock.wall()
        end = partial(self._end, last=last, found=gone, mark=not refused, now=now)
        await self._sink.transaction(lambda connection: note(connection, end(connection)))

    def _begin(self, connection: Connection) -> passes.Absent:
        if abs(self._read - self._scope.began) > _EVIDENCE:
            passes.forget_missing(connection, self._scope)  # they may have come back meanwhile
        return passes.absent(connection, self._scope)

    async def _note(self, items: Sequence[Record], gone: Sequence[str]) -> None:
        now = self._store.client.clock.wall()
        if items:  # the list lacked them, and here they are, fresh
            await self._sink.write(self._store.name, self._stream, items, checkpoint=self._checkpoint, now=now)
        if gone:
            await self._sink.transaction(partial(passes.note_missing, scope=self._scope, ids=gone))

    def _end(self, connection: Connection, *, last: Checkpoint, found: Gone, mark: bool, now: datetime) -> Gone:
        marked = passes.mark_gone(connection, self._scope, now) if mark else 0
        passes.tidy_quarantine(connection, self._scope, gone=mark)
        passes.forget_seen(connection, self._scope.store, self._scope.stream)
        save_checkpoint(connection, self._scope.store, self._scope.stream, last, now)
        return msgspec.structs.replace(found, marked=marked)


__all__ = ["Conclusion", "Gone", "MaxGone", "confirmed", "parse_max_gone"]
