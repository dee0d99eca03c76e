"""Delivers events to webhook receivers: signed, in batches, again after failures (FastSpring: Webhooks, overview)."""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp

from fastspring_async.emulator.events import Event, collapsed, spaced
from fastspring_async.emulator.jsons import encode

if TYPE_CHECKING:
    from fastspring_async.emulator.options import Dialect
    from fastspring_async.emulator.world import World

SCHEDULE = (3600.0, 7200.0, 14400.0, 21600.0, 21600.0, 21600.0, 86400.0, 86400.0, 86400.0, 86400.0, 86400.0)
"""Seconds between the twelve tries: 1, 2, 4, 6, 6, 6 hours, then a day each."""


class Delivery(NamedTuple):
    """One post. `status` is None if no answer came; `accepted` are the ids that count as processed by it."""

    attempt: int
    ids: tuple[str, ...]
    status: int | None
    accepted: tuple[str, ...]


class Webhook:
    """A receiver. Change its members while it runs.

    Args:
        url: where events are posted.
        secret: signs the body; None sends no signature.
        expand: `data` with objects, else with ids.
        schedule: seconds before each further try.
        batch: most events in a post.
        timeout: seconds until an answer counts as none.

    Attributes:
        deliveries: every post made.
        given_up: ids of events that no try of the schedule got accepted.
    """

    def __init__(
        self, url: str, secret: str | None, *, expand: bool, schedule: Sequence[float], batch: int, timeout: float
    ) -> None:
        self.url, self.secret, self.expand = url, secret, expand
        self.schedule, self.batch, self.timeout = schedule, batch, timeout
        self.deliveries: list[Delivery] = []
        self.given_up: list[str] = []
        self.waiting: list[Event] = []

    def __repr__(self) -> str:
        return f"Webhook({self.url!r})"


class Webhooks:
    """All receivers. Only the first one's acknowledgements show in /events, as FastSpring says."""

    def __init__(self, world: World, dialect: Callable[[], Dialect]) -> None:
        self._world, self._dialect = world, dialect
        self.receivers: list[Webhook] = []
        self._client: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._flushing = False

    async def start(self) -> None:
        self._client = aiohttp.ClientSession()
        self._flush()

    async def stop(self) -> None:
        """Ends all deliveries, finished or not."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def settled(self) -> None:
        """Waits until every delivery is accepted or given up."""
        while self._flushing or self._tasks:
            await asyncio.gather(*self._tasks) if self._tasks else await asyncio.sleep(0)

    def send(self, event: Event) -> None:
        """Queues an event for every receiver. What happens at once goes out in one post."""
        for receiver in self.receivers:
            receiver.waiting.append(event)
        if self.receivers and self._client is not None and not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        for receiver in self.receivers:
            while receiver.waiting:
                part, receiver.waiting = receiver.waiting[: receiver.batch], receiver.waiting[receiver.batch :]
                task = asyncio.create_task(self._deliver(receiver, part))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _deliver(self, receiver: Webhook, events: list[Event]) -> None:
        for attempt, wait in enumerate((0.0, *receiver.schedule), start=1):
            if wait:
                await asyncio.sleep(wait)
            accepted = await self._post(receiver, events, attempt)
            if receiver is self.receivers[0]:
                for event in events:
                    if self._id(event) in accepted:
                        self._world.events.mark(event.number)
            events = [event for event in events if self._id(event) not in accepted]
            if not events:
                return
        receiver.given_up += [self._id(event) for event in events]

    async def _post(self, receiver: Webhook, events: list[Event], attempt: int) -> tuple[str, ...]:
        if self._client is None:
            return ()
        body, ids = encode({"events": [self._written(receiver, each) for each in events]}), [*map(self._id, events)]
        headers = {"Content-Type": "application/json", "User-Agent": "FastSpring"}
        if receiver.secret is not None:
            digest = hmac.digest(receiver.secret.encode(), body, "sha256")
            headers["X-FS-Signature"] = base64.b64encode(digest).decode()
        status, accepted = None, []
        limit = aiohttp.ClientTimeout(total=receiver.timeout)
        try:
            async with self._client.post(receiver.url, data=body, headers=headers, timeout=limit) as response:
                status, text = response.status, await response.text()
            if status == 200:
                accepted = ids
            elif status == 202:
                named = {line.strip() for line in text.splitlines()}
                accepted = [each for each in ids if each in named]
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError):
            accepted = []
        receiver.deliveries.append(Delivery(attempt, tuple(ids), status, tuple(accepted)))
        return tuple(accepted)

    def _written(self, receiver: Webhook, event: Event) -> dict[str, Any]:
        written = self._world.written(event, expand=receiver.expand, spaced_keys=self._dialect().spaced_address)
        del written["event"]
        return written | {"processed": False}

    def _id(self, event: Event) -> str:
        return self._world.events.ids.make(event.number)


def write_event(event: Event, identity: str, *, processed: bool, expand: bool, spaced_keys: bool) -> dict[str, Any]:
    """An event as /events shows it (FastSpring: /events, Get multiple events)."""
    data = event.make()
    if not expand:
        data = collapsed(data)
    elif spaced_keys:
        data = spaced(data)
    return {
        "id": identity,
        "processed": processed,
        "created": event.created,
        "type": event.type,
        "live": event.live,
        "data": data,
        "event": identity,
    }
