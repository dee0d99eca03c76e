"""Lists of events: page by page, and oldest first whatever the vendor's order."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta

import msgspec

from commerce_async.errors import RejectedError
from commerce_async.http.client import Client
from commerce_async.http.pager import Page, Pager
from commerce_async.schema import Unreadable
from fastspring_async.events import calls, walk
from fastspring_async.events.cursor import Cursor, Frame, FullMillisecondError
from fastspring_async.events.event import Event, created_ms, to_ms

MOST_HELD = 250
"""Events that are held at once to be put in order."""


class Reader:
    """Reads lists of events over one client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._skew: timedelta | None = None  # the vendor's clock minus ours, by its latest reply

    def pager(self, cursor: Cursor) -> Pager[Event]:
        """The list from there on, in the vendor's order."""
        return Pager(self.page, start=cursor, key=lambda event: event.id, token=cursor.token)

    async def page(self, cursor: Cursor) -> Page[Event]:
        """The next page that has something new; replies without are passed over.

        Raises:
            PagingError: a frame cannot be narrowed.
        """
        while cursor.frames:
            page = await self._read(cursor)
            if page.items or page.unreadable or page.next is None:
                return page
            cursor = page.next
        return Page(items=())

    async def _read(self, cursor: Cursor) -> Page[Event]:
        query = walk.query(cursor, self._theirs())
        if query is None:
            return _page(walk.advance(cursor, (), more=False).next)
        try:
            reply = await self._client.send(calls.listed(cursor.which, query))
        except RejectedError as error:
            again = walk.told_oldest(cursor, error.fields.get("begin", ""))
            if again is None:
                raise
            return _page(again)
        if reply.skew is not None:
            self._skew = timedelta(seconds=reply.skew)
        cursor = walk.by_their_clock(cursor, reply.seen, self._theirs(), self._client.clock.wall())
        step = walk.advance(cursor, reply.seen, more=reply.more)
        return _page(
            step.next,
            tuple(event for event in reply.events if event.id in step.fresh),
            tuple(bad for bad in reply.unreadable if calls.name_of(bad) in step.fresh),
        )

    def _theirs(self) -> datetime | None:
        """The vendor's time; None if it has not told."""
        return None if self._skew is None else self._client.clock.wall() + self._skew

    async def oldest_first(self, cursor: Cursor) -> AsyncGenerator[Page[Event], None]:
        """Pages with the oldest events first; little more than `MOST_HELD` events are held at once. Close it.

        A list that the vendor gives newest first is read twice: once to find stretches of time that are short enough
        to be held (a number each is remembered), and then stretch by stretch.

        Raises:
            FullMillisecondError: a millisecond has more events than the vendor gives. Its events that could be read,
                and all before them, were given.
        """
        stretch = _Stretch(cursor)
        while True:
            async with aclosing(self._stretch(stretch)) as pages:
                async for page in pages:
                    yield page
            if stretch.full is not None:
                raise stretch.full
            if not stretch.go_on():
                return

    async def _stretch(self, stretch: _Stretch) -> AsyncGenerator[Page[Event], None]:
        here: Cursor | None = stretch.cursor()
        while here is not None:
            try:
                page = await self.page(here)
            except FullMillisecondError as error:
                stretch.full = stretch.full or error
                here = walk.before(error)
                continue
            here = page.next
            stretch.take(page)
            if here is None:
                break
            if ready := stretch.older_than(min(frame.begin for frame in here.frames)):
                yield ready
            if stretch.overflows:
                here = stretch.shorten(here)
        yield stretch.rest()


def _page(
    following: Cursor | None, items: tuple[Event, ...] = (), unreadable: tuple[Unreadable, ...] = ()
) -> Page[Event]:
    return Page(items=items, next=following, token=following.token if following else None, unreadable=unreadable)


class _Stretch:
    """A stretch of time that is read as a whole, to give it oldest first; it becomes shorter if it holds too much."""

    def __init__(self, cursor: Cursor) -> None:
        self._start = self._latest = cursor
        self._first = True
        self._begin = cursor.begin
        self._end = cursor.end
        self._behind: list[int | None] = []  # where the stretches behind this one end, the nearest last
        self._events: list[Event] = []
        self._unreadable: list[Unreadable] = []
        self.full: FullMillisecondError | None = None

    @property
    def overflows(self) -> bool:
        """Whether too much is held."""
        return len(self._events) > MOST_HELD

    def cursor(self) -> Cursor:
        """Where its reading begins."""
        if self._first:
            return self._start
        return msgspec.structs.replace(self._latest, frames=(Frame(self._begin, self._end),), check=False, given=())

    def go_on(self) -> bool:
        """The next stretch; False if this was the last."""
        if not self._behind or self._end is None:
            return False
        self._first = False
        self._begin, self._end = self._end + 1, self._behind.pop()
        return True

    def take(self, page: Page[Event]) -> None:
        """Holds what is in the stretch; a reply may reach a millisecond over its edges."""
        if page.next is not None:
            self._latest = page.next
        self._events += (event for event in page.items if self._holds(_ms(event)))
        self._unreadable += (bad for bad in page.unreadable if self._holds(created_ms(bad.raw)))

    def _holds(self, ms: int | None) -> bool:
        if ms is None:
            return True
        return (self._first or ms >= self._begin) and (self._end is None or ms <= self._end)

    def older_than(self, ms: int) -> Page[Event] | None:
        """What is held and older than everything that is still to be read; None if that is nothing."""
        ready = [event for event in self._events if _ms(event) < ms]
        if self.full is not None or not ready:
            return None
        self._events = [event for event in self._events if _ms(event) >= ms]
        return self._given(ready)

    def rest(self) -> Page[Event]:
        """All that is left; up to the millisecond that cannot be read whole, if there is one."""
        limit = None if self.full is None else self.full.millisecond
        ready = [event for event in self._events if limit is None or _ms(event) <= limit]
        self._events = []
        return self._given(ready)

    def _given(self, events: list[Event]) -> Page[Event]:
        unreadable, self._unreadable = tuple(self._unreadable), []
        return Page(items=tuple(sorted(events, key=_ms)), unreadable=unreadable)

    def shorten(self, here: Cursor) -> Cursor:
        """Lets go of what is newer than the oldest unread frame, to read it again as a stretch of its own."""
        ends = [frame.end for frame in here.frames if frame.end is not None]
        end = min(ends, default=None)
        if end is None or not any(_ms(event) > end for event in self._events):
            return here
        self._behind.append(self._end)
        self._end = end
        self._events = [event for event in self._events if self._holds(_ms(event))]
        self._unreadable = [bad for bad in self._unreadable if self._holds(created_ms(bad.raw))]
        if self.full is not None and self.full.millisecond > end:
            self.full = None  # it is behind now, and shows again there
        frames = tuple(frame for frame in here.frames if frame.end is not None and frame.end <= end)
        return msgspec.structs.replace(here, frames=frames, check=here.check and frames[0] == here.frames[0])


def _ms(event: Event) -> int:
    return 0 if event.created is None else to_ms(event.created)
