"""Where a pass over a stream begins: its limit, its watermark, and what of an earlier pass it goes on with. Pure.

A pass with the limit None is *full*: it reads every record. Any other reads what was changed (or placed) at or after
its limit. The *watermark* of a stream is the limit of the next pass: whatever was changed before it has been read. It
is taken before the first read of a pass, and counts once that pass was complete, so that a change during a pass is at
most read twice.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

import msgspec

from commerce_async.errors import UsageError
from commerce_async.sinks import Checkpoint
from commerce_async.store import Filtering

OVERLAP: Final = timedelta(minutes=5)
"""For changes that show late: a transaction that took its time, a replica or a cache that is behind."""

_DRIFT: Final = 60.0  # seconds by which clocks may go apart; the overlap is for that, too

FULL_EVERY: Final = timedelta(days=7)

Due: TypeAlias = Literal["resume", "full", "changes"]
"""What a pass does: go on with one that was interrupted, read everything, or read what changed."""

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SPAN: Final = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller asked for.

    Attributes:
        full: read everything.
        since: read only what was changed since (aware); by default since the last complete pass.
        full_every: how long after a full pass the next is due; None for never.
    """

    full: bool = False
    since: datetime | None = None
    full_every: timedelta | None = FULL_EVERY


def begin(found: Checkpoint | None, wish: Wish, filtering: Filtering | None, now: datetime) -> tuple[Checkpoint, bool]:
    """The pass to read: the one that was interrupted if it covers the wish, else a new one.

    Args:
        found: how far the stream has come, as the database says.
        filtering: what a limit means to this list; None if it does not tell.
        now: the time before the first read.

    Returns:
        The checkpoint to go on from, and whether it is that of an interrupted pass.
    """
    since = _limit(found, wish, filtering, now)
    if found is not None and found.state in ("running", "confirming") and _covers(found, wish, since):
        return found, True
    overlap = filtering.overlap if filtering and filtering.overlap is not None else OVERLAP
    fresh = Checkpoint(
        token=None,
        state="running",
        started_at=now,
        since=since,
        limited_by=filtering.by if filtering else None,
        mark=now - overlap,
        watermark=found.watermark if found else None,
        full_at=found.full_at if found else None,
    )
    return fresh, False


def _limit(found: Checkpoint | None, wish: Wish, filtering: Filtering | None, now: datetime) -> datetime | None:
    if wish.full or (filtering and filtering.by == "nothing"):
        return None
    if wish.since is not None or filtering is None:
        return wish.since
    return None if found is None or full_due(found, wish.full_every, now) else found.watermark


def due(found: Checkpoint, every: timedelta | None, now: datetime) -> Due:
    """What the next pass will do if nothing else is wished."""
    if found.state in ("running", "confirming"):
        return "resume"
    whole = found.limited_by in (None, "nothing")
    return "full" if whole or full_due(found, every, now) else "changes"


def full_due(found: Checkpoint, every: timedelta | None, now: datetime) -> bool:
    """Whether the next pass over a list that can be limited is to be a full one."""
    # A watermark of the future is of a clock that was wrong; nothing can be concluded from it.
    if found.watermark is None or found.watermark > now:
        return True
    if every is None:
        return False
    return found.full_at is None or not timedelta(0) <= now - found.full_at < every


def _covers(found: Checkpoint, wish: Wish, since: datetime | None) -> bool:
    """Whether the interrupted pass reads all that is wished, and not everything where a part is."""
    if found.since is None:
        return since is None or wish.since is None
    return since is not None and found.since <= since


def by_their_clock(checkpoint: Checkpoint, skew: float | None, set_back: float = 0.0) -> Checkpoint:
    """The pass with its mark by the vendor's clock, if that is behind ours: records carry the vendor's times.

    Args:
        skew: the vendor's clock minus ours in seconds, if known.
        set_back: by how many seconds ours was set back since the pass began.
    """
    # Where the vendor's is ahead of ours, what is earlier by our clock is read again, and nothing lost.
    behind = max(0.0, -(skew or 0.0)) + (set_back if set_back > _DRIFT else 0.0)
    if not behind or checkpoint.mark is None:
        return checkpoint
    return msgspec.structs.replace(checkpoint, mark=checkpoint.mark - timedelta(seconds=behind))


def with_gaps(checkpoint: Checkpoint) -> Checkpoint:
    """The pass once a page of it may have gaps: it ends incomplete, whoever reads the rest and finds that sound."""
    return msgspec.structs.replace(checkpoint, mark=None)


def ended(checkpoint: Checkpoint, *, complete: bool) -> Checkpoint:
    """The checkpoint of a pass that was read to its end."""
    if not complete or checkpoint.mark is None:
        return msgspec.structs.replace(checkpoint, token=None, state="incomplete")
    full = checkpoint.since is None
    # The first full pass has nothing to compare with; any later one has still to see what it did not meet.
    state = "confirming" if full and checkpoint.full_at is not None else "complete"
    # A pass that begins behind the watermark leaves a gap in front of it, and moves nothing.
    joins = checkpoint.since is None or (checkpoint.watermark is not None and checkpoint.since <= checkpoint.watermark)
    return msgspec.structs.replace(
        checkpoint,
        token=None,
        state=state,
        watermark=checkpoint.mark if joins else checkpoint.watermark,
        full_at=checkpoint.started_at if full else checkpoint.full_at,
    )


def parse_since(text: str, now: datetime) -> datetime:
    """A time as people write it: an ISO date or time (UTC where it names no zone), or how long ago, such as `7d`.

    Raises:
        UsageError: it is neither, or in the future.
    """
    words = text.strip()
    try:
        if _SPAN.fullmatch(words):
            return now - parse_span(words)
        moment = datetime.fromisoformat(words)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"since: cannot read {text[:40]!r}; give a date (2026-03-01), time (2026-03-01T12:00Z) or age (7d, 12h)"
        ) from None
    if moment > now:
        raise UsageError(f"since: {words[:40]} is in the future")
    return moment


def parse_span(text: str) -> timedelta:
    """A length of time as people write it: `30s`, `5m`, `12h`, `7d`, `2w`.

    Raises:
        ValueError: it is not one.
    """
    span = _SPAN.fullmatch(text.strip())
    if span is None:
        raise ValueError(f"expected a length of time such as 30s, 5m, 12h or 7d, got {text[:40]!r}")
    try:
        return timedelta(seconds=int(span[1]) * _UNITS[span[2]])
    except OverflowError:
        raise ValueError(f"{text[:40]} is too long") from None


__all__ = [
    "FULL_EVERY",
    "OVERLAP",
    "Due",
    "Wish",
    "begin",
    "by_their_clock",
    "due",
    "ended",
    "full_due",
    "parse_since",
    "parse_span",
    "with_gaps",
]
