"""How `/events` is read past its 25 events a reply, as pure functions over a frozen cursor.

FastSpring: /events, Modifiers: "the timestamp of the nearest event should be fed into begin/end (narrowing the
timeframe)". Three things are not documented, and none is relied on:

* On which side a reply is cut off. A reply is taken for one unbroken stretch of its frame. What lies before and
  behind it is a frame of its own; the one that should be empty is read first, and if it is, the side is known for
  the rest of the walk. That costs one call a walk.
* Whether `begin` and `end` are part of the frame. Narrowed edges are sent a millisecond wide of the edge.
* The order inside a millisecond. Neighbouring frames share the edge's millisecond, and ids given near an edge are
  remembered for as long as a frame has that edge, so that nothing is lost or given twice.

A millisecond with more events than a reply holds cannot be narrowed: the walk says so and ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from commerce_async.errors import PagingError, UsageError
from fastspring_async.events.cursor import Cursor, Frame, FullMillisecondError, Seen, Side, Step, Which
from fastspring_async.events.event import to_ms

MOST_DAYS: Final = 30
DAY_MS: Final = 86_400_000
_MARGIN_MS: Final = 60_000
"""So much before an event is 30 days old it is let go of: a frame that begins too early is refused as a whole."""
_SLACK_MS: Final = 3_600_000
"""A list by `days` begins so much earlier behind its first reply: what tells the vendor's time may be that far off."""
_AFTER: Final = re.compile(r"after '?(\d{12,15})\b", re.ASCII)


# -- where to begin ------------------------------------------------------------------------------------------


def start(
    which: Which,
    now: datetime,
    *,
    days: int | None = None,
    begin: datetime | None = None,
    end: datetime | None = None,
) -> Cursor:
    """Begins a walk. FastSpring: /events, Modifiers and Possible Error Response Example.

    Raises:
        UsageError: what the vendor would refuse: neither `days` nor `begin`, or both; days not in 1 to 30; a `begin`
            30 days ago or earlier, or not before `end`; a time that is not aware. `fields` names the argument.
    """
    today = to_ms(now)
    if days is not None:
        if begin is not None or end is not None:
            raise _wrong("days", "give days, or begin and end, not both")
        if isinstance(days, bool) or not 1 <= days <= MOST_DAYS:
            raise _wrong("days", f"days must be 1 to {MOST_DAYS}, not {days!r}")
        first = today - days * DAY_MS - _SLACK_MS
        return Cursor(which, (Frame(first),), first, days=days, counted=True)
    if begin is None:
        raise _wrong("begin", "give days, or begin; the vendor asks for one of them")
    first, last = _ms(begin, "begin"), None if end is None else _ms(end + timedelta(microseconds=999), "end")
    if first <= today - MOST_DAYS * DAY_MS:
        raise _wrong("begin", f"begin must be less than {MOST_DAYS} days ago; the vendor has no older events")
    if last is not None and first >= last:
        raise _wrong("begin", "begin must be before end")
    return Cursor(which, (Frame(first, last),), first, last)


def resumed(token: str, which: Which, now: datetime) -> Cursor:
    """Goes on where a token says. If nothing was read yet of a list by `days`, it has more days now.

    Raises:
        UsageError: it is no token of this list.
    """
    try:
        cursor = msgspec.json.decode(token, type=Cursor)
    except (ValueError, RecursionError):
        cursor = None
    if cursor is None or cursor.which != which:
        raise UsageError(f"resume: {token[:40]!r} is not a token of this list")
    if cursor.counted and cursor.fresh:
        back = to_ms(now) - cursor.begin - _SLACK_MS  # both by our clock, so it need not be right
        return msgspec.structs.replace(cursor, days=max(1, min(-(-back // DAY_MS), MOST_DAYS)))
    return cursor


def behind(error: FullMillisecondError) -> Cursor:
    """Goes on without the millisecond that cannot be read whole."""
    return msgspec.json.decode(error.resume or "", type=Cursor)


def before(error: FullMillisecondError) -> Cursor | None:
    """Goes on with what is older than the millisecond that cannot be read whole; None if nothing is."""
    cursor = behind(error)
    frames = tuple(frame for frame in cursor.frames if frame.begin < error.millisecond)
    return msgspec.structs.replace(cursor, frames=frames) if frames else None


def _ms(moment: datetime, name: str) -> int:
    if moment.tzinfo is None:
        raise _wrong(name, f"{name}: give an aware time, such as datetime(2024, 1, 31, tzinfo=UTC)")
    return to_ms(moment)


def _wrong(name: str, words: str) -> UsageError:
    return UsageError(words, fields={name: words})


# -- what to send --------------------------------------------------------------------------------------------


def query(cursor: Cursor, now: datetime | None) -> tuple[tuple[str, str], ...] | None:
    """What to ask for; None if the frame is older than what the vendor keeps, as it has told.

    Args:
        now: the vendor's time; None if it did not tell, and then it shall refuse what is too old.

    Raises:
        FullMillisecondError: the frame cannot be narrowed.
    """
    frame = cursor.frames[0]
    if frame.stuck is not None:
        raise _too_many(cursor, frame.stuck)
    if cursor.days is not None:
        return (("days", str(cursor.days)),)
    begin, end = _edges(cursor, frame)
    if not cursor.fresh:  # the first call goes as it was asked
        kept = begin if now is None else to_ms(now) - MOST_DAYS * DAY_MS + _MARGIN_MS
        if begin == cursor.begin and end is not None and kept < end:
            begin = max(begin, kept)
        begin = max(begin, cursor.oldest or begin)
        if end is not None and begin >= end:
            return None
    return (("begin", str(begin)), *((("end", str(end)),) if end is not None else ()))


def told_oldest(cursor: Cursor, words: str) -> Cursor | None:
    """The walk with what a refusal tells of the earliest `begin`; None if it tells nothing new.

    FastSpring: /events, "Begin must be after '1488061077706' (Sat Feb 25 22:17:57 UTC 2017)."
    """
    told = _AFTER.search(words)
    oldest = int(told[1]) + _MARGIN_MS if told else 0
    if cursor.fresh or oldest <= (cursor.oldest or 0):
        return None
    return msgspec.structs.replace(cursor, oldest=oldest)


def _edges(cursor: Cursor, frame: Frame) -> tuple[int, int | None]:
    exact = frame.tight[-1] if frame.tight else None
    begin, end = frame.begin, frame.end
    if begin != cursor.begin and exact is not Side.NEWER:
        begin -= 1
    if end is not None and end != cursor.end and exact is not Side.OLDER:
        end += 1
    if end is not None and begin >= end:
        begin = end - 1  # the vendor wants begin before end
    return begin, end


def _too_many(cursor: Cursor, ms: int) -> FullMillisecondError:
    count = sum(1 for created, _ in cursor.given if created == ms)
    frames = tuple(_around(cursor.frames, ms))
    behind = msgspec.structs.replace(cursor, frames=frames, check=False)
    return FullMillisecondError(ms, count, resume=behind.token)


def _around(frames: tuple[Frame, ...], ms: int) -> Iterator[Frame]:
    """The frames without that millisecond, which is at an edge of each that has it."""
    for frame in frames:
        begin = frame.begin + (frame.begin == ms)
        end = None if frame.end is None else frame.end - (frame.end == ms)
        if end is None or begin <= end:
            yield frame if (begin, end) == (frame.begin, frame.end) else Frame(begin, end)


# -- what to make of a reply ---------------------------------------------------------------------------------


def by_their_clock(cursor: Cursor, seen: Sequence[Seen], theirs: datetime | None, ours: datetime) -> Cursor:
    """A walk by `days` after its first reply: where its frame begins by the vendor's clock, not by ours.

    If the vendor does not tell its time, it is taken to be no earlier than the newest event of the reply: the frame
    then begins too early, by as much as that event is old, and never too late.

    Args:
        seen: the events of the reply.
        theirs: the vendor's time; None if it did not tell.
        ours: our own.
    """
    times = [created for created, _ in seen if created is not None]
    if cursor.days is None or not times:
        return cursor
    now = min(to_ms(ours), max(times)) if theirs is None else to_ms(theirs)
    begin = min(now - cursor.days * DAY_MS - _SLACK_MS, *times)
    return msgspec.structs.replace(cursor, begin=begin, frames=(Frame(begin),))


def advance(cursor: Cursor, seen: Sequence[Seen], *, more: bool) -> Step:
    """What a reply shows, and where to go on.

    Args:
        seen: every event of the reply in the vendor's order, those that cannot be read included.
        more: whether the vendor says that the frame holds more.

    Raises:
        PagingError: there is more, and no event with a time to narrow the frame by.
    """
    frame, rest = cursor.frames[0], cursor.frames[1:]
    known = {id for _, id in cursor.given}
    inside = [each for each in seen if each[0] is None or each[0] >= cursor.begin]
    fresh = frozenset(id for _, id in inside if id not in known)
    cut, guess, check = cursor.cut, cursor.guess, False
    times = [created for created, _ in seen if created is not None]
    if (lost := _edge_lost(cursor, times)) is not None:
        return Step(frozenset(), msgspec.structs.replace(cursor, frames=(_stuck(frame, lost), *rest)))
    if not more:
        frames = rest
        if cursor.check and not fresh and guess is not None:
            cut = guess
    elif not times:
        raise PagingError("the vendor says that there are more events, and gives none with a time to go on from")
    else:
        guess = _guess(cursor, times)
        likely, unlikely = _beside(frame, times, guess), _beside(frame, times, guess.other)
        if cut is None and (likely is None) != (unlikely is None):
            cut = guess if likely is not None else guess.other  # the reply reached over one edge
        check = cut is None and unlikely is not None
        frames = tuple(each for each in ((unlikely,) if check else ()) + (likely,) if each is not None)
        if cut is guess.other:
            frames = () if unlikely is None else (unlikely,)
        frames += rest
    if not frames:
        return Step(fresh, None)
    given = _near({*cursor.given, *inside}, frames)
    following = msgspec.structs.replace(
        cursor, frames=frames, days=None, cut=cut, guess=guess, check=check, given=given
    )
    return Step(fresh, following)


def _guess(cursor: Cursor, times: list[int]) -> Side:
    """The side on which this reply seems to be cut off."""
    if cursor.cut is not None:
        return cursor.cut
    if cursor.check and cursor.guess is not None:
        return cursor.guess.other  # what should have been empty was not
    if times[0] != times[-1]:
        return Side.OLDER if times[0] > times[-1] else Side.NEWER
    return cursor.guess or Side.NEWER


def _beside(frame: Frame, times: list[int], side: Side) -> Frame | None:
    """What the frame may hold on that side of the reply; None if the reply reached over its edge."""
    if side is Side.OLDER:
        end = min(times) if frame.end is None else min(*times, frame.end)
        if end < frame.begin:
            return None
        return Frame(frame.begin, end) if frame.end is None or end < frame.end else _tighter(frame, side)
    begin = max(*times, frame.begin)
    if frame.end is not None and begin > frame.end:
        return None
    return Frame(begin, frame.end) if begin > frame.begin else _tighter(frame, side)


def _tighter(frame: Frame, side: Side) -> Frame:
    """The frame that did not shrink on that side, with that edge sent exactly; or the end of what can be done."""
    if side in frame.tight:
        return _stuck(frame, frame.begin if side is Side.NEWER or frame.end is None else frame.end)
    return Frame(frame.begin, frame.end, (*frame.tight, side))


def _edge_lost(cursor: Cursor, times: list[int]) -> int | None:
    """The edge that was sent exactly and, as the reply shows, is not part of the frame.

    Wide of it a reply was full of that very millisecond; so the millisecond holds more than a reply.
    """
    frame = cursor.frames[0]
    if not frame.tight:
        return None
    edge = frame.begin if frame.tight[-1] is Side.NEWER else frame.end
    return edge if edge not in times and any(created == edge for created, _ in cursor.given) else None


def _stuck(frame: Frame, ms: int) -> Frame:
    return Frame(frame.begin, frame.end, (), ms)


def _near(events: set[Seen], frames: tuple[Frame, ...]) -> tuple[Seen, ...]:
    """Those a millisecond or less from an edge: all that a later reply can show again."""
    edges = {edge for frame in frames for edge in (frame.begin, frame.end) if edge is not None}
    close = {edge + step for edge in edges for step in (-1, 0, 1)}
    return tuple(sorted((each for each in events if each[0] is None or each[0] in close), key=str))
