"""How events are consumed, and what is told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.retry import Retry
from commerce_async.schema import Unreadable
from fastspring_async.events.event import Event
from fastspring_async.events.walk import MOST_DAYS

Handler: TypeAlias = Callable[[Event], Awaitable[object]]
OrderedBy: TypeAlias = Literal["subject"] | Callable[[Event], str | None] | None

PATIENCE: Final = Retry(tries=3, base=1.0, cap=30.0)
"""Three tries of an event by default."""


class Stop(Protocol):
    """An `asyncio.Event` or `anyio.Event`."""

    async def wait(self) -> object:
        """Returns when it is set."""
        ...


class HandlerFailure(msgspec.Struct, frozen=True):
    """An event that stays unprocessed, after so many tries, because the handler (or the acknowledgement) failed.

    Attributes:
        handled: True if the handler returned and only the acknowledgement failed: it is acknowledged later, and not
            handled again by this consumer.
    """

    event: Event
    error: Exception
    attempts: int
    handled: bool = False


class Consumed(msgspec.Struct, frozen=True, kw_only=True):
    """What a consumer did.

    Attributes:
        polls: times the list was read.
        handled: events whose handler returned.
        acknowledged: events marked as processed.
        failed: failures reported; an event that fails again in a later poll counts again.
        unreadable: events that came and could not be read, likewise.
    """

    polls: int = 0
    handled: int = 0
    acknowledged: int = 0
    failed: int = 0
    unreadable: int = 0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How to consume: see `EventsApi.consume`."""

    concurrency: int = 8
    ordered_by: OrderedBy = None
    poll: float = 60.0
    days: int = MOST_DAYS
    retry: Retry = PATIENCE
    grace: float = 5.0
    once: bool = False
    stop: Stop | None = None
    stop_on_error: bool = False
    on_failure: Callable[[HandlerFailure], object] | None = None
    on_unreadable: Callable[[Unreadable], object] | None = None

    def checked(self) -> Plan:
        """The same.

        Raises:
            UsageError: a number that makes no sense.
        """
        if self.concurrency < 1:
            raise UsageError(f"concurrency must be 1 or more, not {self.concurrency}")
        if not 1 <= self.days <= MOST_DAYS:
            raise UsageError(f"days must be 1 to {MOST_DAYS}, not {self.days}")
        if self.poll < 0 or self.grace < 0 or self.retry.tries < 1:
            raise UsageError("poll and grace must be 0 seconds or more, and an event be tried at least once")
        return self
