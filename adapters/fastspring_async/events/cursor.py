"""Where a walk over `/events` stands, as frozen data."""

from __future__ import annotations

from enum import Enum
from typing import Literal, TypeAlias

import msgspec

from commerce_async.errors import PagingError

Which: TypeAlias = Literal["processed", "unprocessed"]
Seen: TypeAlias = tuple[int | None, str]
"""When an event was created (milliseconds since 1970; None if it cannot be told), and its id."""


class Side(Enum):
    """A side of a reply."""

    OLDER = "older"
    NEWER = "newer"

    @property
    def other(self) -> Side:
        """The opposite one."""
        return Side.NEWER if self is Side.OLDER else Side.OLDER


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of time to read, in milliseconds since 1970, both ends part of it. `end` None: still open.

    Attributes:
        tight: the sides whose edge is sent exactly, the one tried now last: wide of it, the frame did not shrink.
        stuck: the millisecond that holds more than a reply; the frame cannot be read.
    """

    begin: int
    end: int | None = None
    tight: tuple[Side, ...] = ()
    stuck: int | None = None


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a walk stands: the next call is for the first of `frames`; none is left at the end.

    Attributes:
        which: the list.
        begin, end: what was asked for.
        days: the same, for the first call.
        counted: whether `begin` was counted back from `days`, by our clock.
        cut: the side on which replies are known to be cut off.
        guess: the side on which they seem to be.
        check: whether the first frame is only read to see that nothing is in it.
        given: events near the edges of `frames` that were given already.
        oldest: the earliest `begin` that the vendor takes, once it has told.
    """

    which: Which
    frames: tuple[Frame, ...]
    begin: int
    end: int | None = None
    days: int | None = None
    counted: bool = False
    cut: Side | None = None
    guess: Side | None = None
    check: bool = False
    given: tuple[tuple[int | None, str], ...] = ()
    oldest: int | None = None

    @property
    def fresh(self) -> bool:
        """Whether nothing was read yet."""
        return self.frames == (Frame(self.begin, self.end),) and not self.given

    @property
    def token(self) -> str:
        """Goes on exactly here."""
        return msgspec.json.encode(msgspec.structs.replace(self, days=None)).decode()


class Step(msgspec.Struct, frozen=True):
    """What to make of a reply: the ids on it that are new, and where to go on (None at the end)."""

    fresh: frozenset[str]
    next: Cursor | None


class FullMillisecondError(PagingError):
    """A millisecond has more events than one reply, so its frame cannot be narrowed, and some of them stay unread.

    Of an unprocessed list the others show up when those that were read are marked as processed.

    Attributes:
        millisecond: since 1970.
        count: how many events of it were read.
        resume: goes on behind the millisecond, without those that stayed unread.
    """

    def __init__(self, millisecond: int, count: int, *, resume: str) -> None:
        super().__init__(
            f"the millisecond {millisecond} has more events than the {count} that the vendor gives of it, and time "
            "cannot be narrowed further; the others were not read",
            resume=resume,
        )
        self.millisecond = millisecond
        self.count = count
