"""FastSpring: /events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import anyio

from commerce_async.errors import AuthError, CommerceError, MissingError
from commerce_async.http.client import Client
from commerce_async.http.pager import Pager
from commerce_async.http.retry import Retry
from commerce_async.schema import Unreadable
from commerce_async.store import Batch, Failure
from fastspring_async.api.base import listed_ids
from fastspring_async.events import Consumed, Event, Handler, HandlerFailure, OrderedBy, calls, walk
from fastspring_async.events.consumer import Consumer
from fastspring_async.events.cursor import Which
from fastspring_async.events.plan import PATIENCE, Plan, Stop
from fastspring_async.events.reading import Reader

_AT_ONCE = 16  # how many really go at once is the limiter's business


class EventsApi:
    """FastSpring: /events. The vendor keeps events for 30 days, of the first webhook configuration only."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._reader = Reader(client)

    def processed(
        self,
        *,
        days: int | None = None,
        begin: datetime | None = None,
        end: datetime | None = None,
        resume: str | None = None,
    ) -> Pager[Event]:
        """Events that were acknowledged. FastSpring: /events, Get processed/acknowledged events.

        Args:
            days: of so many days back, 1 to 30, by the vendor's clock; ours need not agree. A list of more than one
                reply may hold events up to an hour older, or more if the vendor's replies have no `Date`.
            begin: from then on, in place of `days`; aware, less than 30 days ago.
            end: up to then; None is open, and events that come while the list is read may be on it.
            resume: the token of an earlier pager of this list, in place of all the others.

        Returns:
            The events in the vendor's order, each once. The replies hold 25 each; see `docs/fastspring-events.md`
            for how the others are reached. Awaited alone it is the first page.

        Raises:
            UsageError: arguments that the vendor would refuse; `fields` names the one. Nothing was sent.
            FullMillisecondError: from the pager: a millisecond has more events than the vendor gives of it.
        """
        return self._list("processed", days, begin, end, resume)

    def unprocessed(
        self,
        *,
        days: int | None = None,
        begin: datetime | None = None,
        end: datetime | None = None,
        resume: str | None = None,
    ) -> Pager[Event]:
        """Events that were not acknowledged. FastSpring: /events, Get unprocessed events. As `processed`.

        To work through them use `consume`.
        """
        return self._list("unprocessed", days, begin, end, resume)

    def _list(
        self, which: Which, days: int | None, begin: datetime | None, end: datetime | None, resume: str | None
    ) -> Pager[Event]:
        now = self._client.clock.wall()
        if resume is not None:
            return self._reader.pager(walk.resumed(resume, which, now))
        return self._reader.pager(walk.start(which, now, days=days, begin=begin, end=end))

    async def mark(self, id: str, *, processed: bool = True) -> None:
        """Marks an event as processed, or as unprocessed again. FastSpring: /events, Update a Single Event.

        It sets a state, so it may be sent again, and is after a failure on the way.

        Raises:
            MissingError: there is no such event.
            UsageError: the id cannot stand in a URL.
        """
        await self._client.send(calls.mark(id, processed=processed))

    async def mark_many(self, ids: str | Iterable[str], *, processed: bool = True) -> Batch[str]:
        """Marks many events, one call each and several at once; order kept, repeated ids marked once.

        Returns:
            The ids that were marked, those that are not there, and those that failed, with the error.

        Raises:
            AuthError: none can succeed.
            UsageError: an id that cannot stand in a URL; nothing was sent.
        """
        results: dict[str, CommerceError | None] = dict.fromkeys(listed_ids(ids))
        todo = iter([(id, calls.mark(id, processed=processed)) for id in results])

        async def work(todo: Iterator[tuple[str, calls.Call[None]]]) -> None:
            for id, call in todo:
                try:
                    await self._client.send(call)
                except CommerceError as error:
                    results[id] = error

        async with anyio.create_task_group() as group:
            for _ in range(min(_AT_ONCE, len(results))):
                group.start_soon(work, todo)
        return _batch(results)

    async def consume(
        self,
        handler: Handler,
        *,
        concurrency: int = 8,
        ordered_by: OrderedBy = None,
        poll: float = 60.0,
        days: int = walk.MOST_DAYS,
        retry: Retry = PATIENCE,
        grace: float = 5.0,
        once: bool = False,
        stop: Stop | None = None,
        stop_on_error: bool = False,
        on_failure: Callable[[HandlerFailure], object] | None = None,
        on_unreadable: Callable[[Unreadable], object] | None = None,
    ) -> Consumed:
        """Hands every unprocessed event to `handler`, and marks it as processed when the handler has returned.

        At least once: an event is handled again if the process ends between the two. A handler must stand that.
        FastSpring: /events, Get unprocessed events, Update a Single Event.

        Args:
            handler: `async def handler(event)`. If it raises, the event is tried again, and then left unprocessed for
                the next poll; other events go on.
            concurrency: handlers at once. A few times as many events are held, no more.
            ordered_by: "subject" (the order, subscription or account that an event is about) or a function of the
                event: events of one subject are handled one at a time, oldest first; if one is left unprocessed, so
                are those behind it until the next poll. None: in any order.
            poll: seconds between the end of one reading of the list and the next.
            days: how far back, 1 to 30.
            retry: tries of one event and the waiting between them (`tries`, `base`, `cap`).
            grace: seconds that running handlers get to end after `stop`, and an acknowledgement after cancellation.
            once: return when the list was read once and all its events are done.
            stop: an `asyncio.Event` that ends it in order: nothing more is begun, what runs may end.
            stop_on_error: raise what a handler raised after its last try, in place of going on.
            on_failure: told of each event that stays unprocessed, and why; it is logged as well.
            on_unreadable: told of each event that cannot be read, likewise.

        Returns:
            The figures, when it was stopped or is done.

        Raises:
            UsageError: an argument that makes no sense.
            AuthError, RejectedError, DecodeError: the list cannot be read, now or later. Temporary errors are logged,
                and the list is read again at the next poll (raised if `once`).
            FullMillisecondError: only if `once`: see `processed`, and none of the events read could be acknowledged.
        """
        plan = Plan(
            concurrency=concurrency,
            ordered_by=ordered_by,
            poll=poll,
            days=days,
            retry=retry,
            grace=grace,
            once=once,
            stop=stop,
            stop_on_error=stop_on_error,
            on_failure=on_failure,
            on_unreadable=on_unreadable,
        )
        return await Consumer(self._reader, self.mark, handler, plan, clock=self._client.clock).run()


def _batch(results: dict[str, CommerceError | None]) -> Batch[str]:
    for error in results.values():
        if isinstance(error, AuthError):
            raise error
    failed = {id: error for id, error in results.items() if error and not isinstance(error, MissingError)}
    return Batch(
        tuple(id for id, error in results.items() if error is None),
        tuple(id for id, error in results.items() if isinstance(error, MissingError)),
        tuple(Failure(id, error) for id, error in failed.items()),
    )
