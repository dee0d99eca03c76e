"""Handing unprocessed events to a handler: at least once, acknowledged only after the handler returned."""

from __future__ import annotations

import logging
import random
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Final, TypeVar

import anyio
import anyio.abc

from commerce_async.clock import Clock
from commerce_async.errors import (
    AuthError,
    CommerceError,
    MissingError,
    RejectedError,
    TemporaryError,
    UsageError,
)
from commerce_async.http.pager import Page
from fastspring_async.events import walk
from fastspring_async.events.cursor import Cursor, FullMillisecondError
from fastspring_async.events.event import Event
from fastspring_async.events.plan import Consumed, Handler, HandlerFailure, Plan, Stop
from fastspring_async.events.reading import Reader

T = TypeVar("T")

LOG: Final = logging.getLogger("fastspring_async.events")
_WAITING_PER_HANDLER: Final = 4
_MOST_UNMARKED: Final = 1000


class Consumer:
    """One run of `EventsApi.consume`.

    Events wait in lanes: one lane per subject if ordered, else one per event. A lane is one task, so that two events
    of a subject are never handled at once, and the next begins when the one before is acknowledged.

    Args:
        reader: reads the list.
        mark: marks one event as processed.
    """

    def __init__(
        self, reader: Reader, mark: Callable[[str], Awaitable[None]], handler: Handler, plan: Plan, *, clock: Clock
    ) -> None:
        self._reader = reader
        self._mark = mark
        self._handler = handler
        self._plan = plan.checked()
        self._clock = clock
        self._chance = random.Random()  # noqa: S311  jitter, not a secret
        self._slots = anyio.Semaphore(plan.concurrency)
        self._room = anyio.Semaphore(plan.concurrency * _WAITING_PER_HANDLER)
        self._lanes: dict[str, deque[Event]] = {}
        self._at_work: set[str] = set()
        self._skip: frozenset[str] = frozenset()
        self._blocked: set[str] = set()
        self._unmarked: set[str] = set()  # handled, and not acknowledged yet
        self._reading = anyio.CancelScope()
        self._stopping = False
        self._idle = anyio.Event()
        self._fatal: Exception | None = None
        self._count = {"polls": 0, "handled": 0, "acknowledged": 0, "failed": 0, "unreadable": 0}

    async def run(self) -> Consumed:
        """Consumes until told to stop, or for one poll."""
        async with anyio.create_task_group() as group:
            if self._plan.stop is not None:
                group.start_soon(self._watch, self._plan.stop)
            try:
                with self._reading:
                    await self._polls(group)
            except Exception as error:  # raised below, and not inside a group
                self._fatal = self._fatal or error
            self._stopping = self._stopping or self._fatal is not None
            await self._drain()
            group.cancel_scope.cancel()
        if self._fatal is not None:
            raise self._fatal
        return Consumed(**self._count)

    async def _watch(self, stop: Stop) -> None:
        await stop.wait()
        self._halt()

    def _halt(self, error: Exception | None = None) -> None:
        """Nothing more is read or begun; what runs may end."""
        self._fatal = self._fatal or error
        self._stopping = True
        self._reading.cancel()

    async def _drain(self) -> None:
        """Waits for the events at work: for the grace time if stopped, else until they are done."""
        with anyio.move_on_after(self._plan.grace if self._stopping else None):
            while self._lanes:
                self._idle = anyio.Event()
                await self._idle.wait()

    # -- reading ---------------------------------------------------------------------------------------------

    async def _polls(self, group: anyio.abc.TaskGroup) -> None:
        while True:
            marked = self._count["acknowledged"]
            full = await self._poll(group)
            if full is not None:
                await self._drain()  # the rest of that millisecond shows when these are acknowledged
                if self._count["acknowledged"] > marked:
                    continue
                if self._plan.once:
                    raise full
                LOG.warning("%s", full)
            if self._plan.once:
                return
            await anyio.sleep(self._plan.poll)

    async def _poll(self, group: anyio.abc.TaskGroup) -> FullMillisecondError | None:
        """Reads the list once."""
        self._count["polls"] += 1
        # What is at work now may still be listed as unprocessed when it is acknowledged while this poll reads.
        self._skip = frozenset(self._at_work)
        self._blocked.clear()
        cursor = walk.start("unprocessed", self._clock.wall(), days=self._plan.days)
        found: FullMillisecondError | None = None
        while True:
            try:
                await self._pass(group, cursor)
            except FullMillisecondError as error:
                found = found or error
                if self._plan.ordered_by is not None:
                    return found
                cursor = walk.behind(error)
                continue
            except TemporaryError as error:
                if self._plan.once:
                    raise
                LOG.warning("the list of unprocessed events could not be read, and is read again later: %s", error)
            return found

    async def _pass(self, group: anyio.abc.TaskGroup, cursor: Cursor) -> None:
        async with aclosing(self._pages(cursor)) as pages:
            async for page in pages:
                for bad in page.unreadable:
                    self._count["unreadable"] += 1
                    LOG.warning("event %s cannot be read and stays unprocessed: %s", bad.id or "(no id)", bad.reason)
                    _tell(self._plan.on_unreadable, bad)
                for event in page.items:
                    await self._take(group, event)

    def _pages(self, cursor: Cursor) -> AsyncGenerator[Page[Event], None]:
        if self._plan.ordered_by is None:
            return self._reader.pager(cursor).pages()
        return self._reader.oldest_first(cursor)

    async def _take(self, group: anyio.abc.TaskGroup, event: Event) -> None:
        """Puts an event into its lane, when there is room."""
        key = self._key(event)
        if event.id in self._skip or event.id in self._at_work or key in self._blocked:
            return
        await self._room.acquire()
        if key in self._blocked:  # since it waited
            self._room.release()
            return
        self._at_work.add(event.id)
        if key in self._lanes:
            self._lanes[key].append(event)
            return
        self._lanes[key] = deque((event,))
        group.start_soon(self._lane, key)

    def _key(self, event: Event) -> str:
        by = self._plan.ordered_by
        found = None if by is None else event.subject if by == "subject" else by(event)
        return found or f"event:{event.id}"

    # -- working ---------------------------------------------------------------------------------------------

    async def _lane(self, key: str) -> None:
        waiting = self._lanes[key]
        try:
            while waiting:
                event = waiting.popleft()
                try:
                    if self._stopping or not await self._done(event):
                        self._blocked.add(key)
                        while waiting:
                            self._leave(waiting.popleft())
                finally:
                    self._leave(event)
        finally:
            del self._lanes[key]
            self._idle.set()

    def _leave(self, event: Event) -> None:
        self._at_work.discard(event.id)
        self._room.release()

    async def _done(self, event: Event) -> bool:
        """Whether the event was handled and acknowledged."""
        if event.id not in self._unmarked and not await self._handled(event):
            return False
        self._unmarked.add(event.id)
        try:
            return await self._acknowledged(event)
        except anyio.get_cancelled_exc_class():
            # Handled: not to acknowledge it, because somebody stops just now, would have it handled again.
            with suppress(CommerceError), anyio.move_on_after(self._plan.grace, shield=True):
                await self._mark(event.id)
            raise

    async def _handled(self, event: Event) -> bool:
        retry = self._plan.retry
        for attempt in range(1, retry.tries + 1):
            try:
                async with self._slots:
                    if self._stopping:
                        return False
                    await self._handler(event)
            except Exception as error:  # whatever a handler raises concerns its event alone
                LOG.warning("handler failed on event %s (%s), try %d", event.id, event.type, attempt, exc_info=error)
                if attempt == retry.tries or self._stopping:
                    self._failed(HandlerFailure(event, error, attempt), fatal=self._plan.stop_on_error)
                    return False
                await anyio.sleep(retry.delay(attempt, self._chance))
            else:
                self._count["handled"] += 1
                return True
        return False

    async def _acknowledged(self, event: Event) -> bool:
        try:
            await self._mark(event.id)
        except MissingError:
            LOG.warning("event %s was handled, and is not there any more to be acknowledged", event.id)
        except CommerceError as error:
            fatal = isinstance(error, AuthError | UsageError) or len(self._unmarked) > _MOST_UNMARKED
            self._failed(HandlerFailure(event, error, 1, handled=True), fatal=fatal)
            return isinstance(error, RejectedError)
        else:
            self._count["acknowledged"] += 1
        self._unmarked.discard(event.id)
        return True

    def _failed(self, failure: HandlerFailure, *, fatal: bool) -> None:
        self._count["failed"] += 1
        if failure.handled:
            LOG.warning("event %s was handled and could not be acknowledged: %s", failure.event.id, failure.error)
        _tell(self._plan.on_failure, failure)
        if fatal:
            self._halt(failure.error)


def _tell(callback: Callable[[T], object] | None, what: T) -> None:
    if callback is None:
        return
    try:
        callback(what)
    except Exception:  # a report that fails must not stop the events
        LOG.exception("a callback failed")
