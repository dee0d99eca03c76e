"""The asyncio shell around a policy: queues, lanes, timers. It decides who goes next; the policy decides when."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from math import inf
from typing import TypeAlias

from aiolimiter import AsyncLimiter

from commerce_async.clock import Clock, LoopClock
from commerce_async.errors import DeadlineError
from commerce_async.limits.base import Lane, LeavesRoom, Policy, Snapshot, Usage

# While a person's calls keep coming, every fifth permit still goes to the bulk lane.
BULK_EVERY = 5
# For so many seconds after a person's call the next is expected, and the bulk lane leaves room for it.
EXPECTED = 120.0
# A server that asks for a longer pause than so many seconds is asked again nevertheless: it may be a mistake, and the
# account would stand still for as long.
LONGEST = 3600.0
# Timers fire up to the clock's resolution early; a wait below this is no wait.
_TICK = 1e-6


class Permit:
    """The right to send one call. One of `finish`, `throttle`, `lose` and `release` ends it; later ones do nothing."""

    __slots__ = ("_limiter", "_ticket", "waited")

    def __init__(self, limiter: Limiter, ticket: int) -> None:
        self._limiter = limiter
        self._ticket: int | None = ticket
        self.waited = 0.0

    def finish(self, usage: Usage | None = None) -> None:
        """A reply came that was no throttle, with what it told of the limit."""
        if (ticket := self._take()) is not None:
            self._limiter.finished(ticket, usage)

    def lose(self) -> None:
        """The call was sent, and its reply will never come."""
        if (ticket := self._take()) is not None:
            self._limiter.lost(ticket)

    def throttle(self, wait: float | None) -> float:
        """The reply was a throttle. Returns for how many seconds the account is paused."""
        ticket = self._take()
        return 0.0 if ticket is None else self._limiter.throttled(ticket, wait)

    def release(self) -> None:
        """The call was never sent."""
        if (ticket := self._take()) is not None:
            self._limiter.released(ticket)

    def _take(self) -> int | None:
        ticket, self._ticket = self._ticket, None
        return ticket


_Queue: TypeAlias = "deque[asyncio.Future[Permit]]"


class Limiter:
    """Hands out permits: interactive before bulk, first come first served within a lane, retries before fresh calls.

    Args:
        policy: when the next call may go.
        rate: calls per second that are never exceeded, whatever the policy allows; None for no such cap.
        clock: the time; the running loop's by default.

    Raises:
        ValueError: a rate that is not above 0.
    """

    def __init__(self, policy: Policy, *, rate: float | None = None, clock: Clock | None = None) -> None:
        if rate is not None and not 0 < rate < inf:
            raise ValueError(f"a rate is above 0 calls per second, not {rate}")
        self.policy = policy
        self._clock = clock or LoopClock()
        # Capacity 1: with capacity N the leaky bucket lets 2N-1 calls through in one window.
        self._pace = AsyncLimiter(1, 1 / rate) if rate else None
        self._pacing = False
        # Per lane: calls that go out again, and behind them the fresh ones.
        self._queues: tuple[tuple[_Queue, _Queue], ...] = ((deque(), deque()), (deque(), deque()))
        self._timer: asyncio.TimerHandle | None = None
        self._paused_until = -inf
        self._since_bulk = 0
        self._roomy = policy if isinstance(policy, LeavesRoom) else None
        self._expecting_until = -inf
        self._throttled = 0

    async def acquire(
        self, lane: Lane = Lane.INTERACTIVE, *, front: bool = False, deadline: float | None = None
    ) -> Permit:
        """Waits for a permit.

        Args:
            lane: whose queue.
            front: before the fresh calls of the lane (a call that is retried).
            deadline: on the limiter's clock; if the wait is bound to be longer, that is said at once.

        Raises:
            DeadlineError: the permit would come too late.
        """
        asked = self._clock.now()
        if lane is Lane.INTERACTIVE:
            self._expecting_until = asked + EXPECTED
        if self._pace is None and self._free_now(asked, lane):
            return self._grant(asked)
        if deadline is not None and asked + (wait := self.estimate(lane, front=front)) > deadline:
            words = f"the rate limit allows this call in {wait:.1f} s, past the deadline"
            raise DeadlineError(words, retry_after=wait, safe_to_retry=True)
        permit = await self._turn(lane, front=front)
        if self._pace is not None:
            await self._paced(permit, self._pace)
            while self._clock.now() + _TICK < self._paused_until:  # throttled while this call kept the pace
                permit.release()
                permit = await self._turn(lane, front=True)
                await self._paced(permit, self._pace)
        permit.waited = self._clock.now() - asked
        return permit

    def estimate(self, lane: Lane = Lane.INTERACTIVE, *, front: bool = False) -> float:
        """At best, seconds until a call asked for now would go out."""
        now = self._clock.now()
        ahead = self._ahead(lane, front=front)
        wait = max(self.policy.estimate(now, ahead), self._paused_until - now, 0.0)
        return max(wait, ahead * self._pace.time_period) if self._pace else wait

    def snapshot(self) -> Snapshot:
        """The state, for progress displays."""
        now = self._clock.now()
        state = self.policy.snapshot(now)
        return Snapshot(
            used=state.used,
            limit=state.limit,
            period=state.period,
            in_flight=state.in_flight,
            paused=max(state.paused, self._paused_until - now),
            throttled=self._throttled,
        )

    @property
    def waiting(self) -> int:
        """Calls in the queues."""
        return sum(_live(queue) for queue in self._all())

    def in_queue(self) -> list[int]:
        """Calls in the queues, by lane."""
        return [sum(map(len, queues)) for queues in self._queues]

    async def open(self) -> None:
        """Makes it ready. One that shares nothing is ready as it is."""

    async def close(self) -> None:
        """Ends what it has under way."""

    # -- what permits report -------------------------------------------------------------------------------

    def finished(self, ticket: int, usage: Usage | None) -> None:
        """See `Permit.finish`."""
        self.policy.finish(ticket, self._clock.now(), usage)
        self._pump()

    def lost(self, ticket: int) -> None:
        """See `Permit.lose`."""
        self.policy.lose(ticket, self._clock.now())
        self._pump()

    def throttled(self, ticket: int, wait: float | None) -> float:
        """See `Permit.throttle`."""
        now = self._clock.now()
        wait = None if wait is None else min(wait, LONGEST)
        self._throttled += 1
        self._paused_until = max(self._paused_until, self.policy.throttle(ticket, now, wait))
        self._pump()
        return max(0.0, self._paused_until - now)

    def released(self, ticket: int) -> None:
        """See `Permit.release`."""
        self.policy.cancel(ticket, self._clock.now())
        self._pump()

    # -- whose turn ----------------------------------------------------------------------------------------

    def _free_now(self, now: float, lane: Lane) -> bool:
        return not any(self._all()) and self._ready_at(now, lane) <= now

    def _ready_at(self, now: float, lane: Lane) -> float:
        ready = max(self.policy.ready_at(now), self._paused_until)
        leaves = lane is Lane.BULK and now < self._expecting_until and not any(self._queues[Lane.INTERACTIVE])
        return max(ready, self._roomy.spare_at(now)) if leaves and self._roomy is not None else ready

    def _grant(self, now: float) -> Permit:
        return Permit(self, self.policy.start(now))

    async def _turn(self, lane: Lane, *, front: bool) -> Permit:
        waiter: asyncio.Future[Permit] = asyncio.get_running_loop().create_future()
        queue = self._queues[lane][0 if front else 1]
        queue.append(waiter)
        self._pump()
        try:
            return await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled() and waiter.done():
                waiter.result().release()
                self._pacing = False
            else:
                with suppress(ValueError):  # one at the head is dropped by the pump
                    queue.remove(waiter)
            self._pump()
            raise

    async def _paced(self, permit: Permit, pace: AsyncLimiter) -> None:
        try:
            await pace.acquire()
        except BaseException:  # cancelled: the permit goes back, whatever the reason
            permit.release()
            raise
        finally:
            self._pacing = False
            self._pump()

    def _pump(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while not self._pacing and (lane := self._next_lane()) is not None:
            now = self._clock.now()
            wait = self._ready_at(now, lane) - now
            if wait > _TICK:
                if wait < inf:
                    self._timer = asyncio.get_running_loop().call_later(wait, self._pump)
                return
            self._pacing = self._pace is not None
            self._take(lane).set_result(self._grant(now))

    def _next_lane(self) -> Lane | None:
        for queue in self._all():
            while queue and queue[0].done():  # its task was cancelled
                queue.popleft()
        interactive, bulk = (any(queues) for queues in self._queues)
        if bulk and (not interactive or self._since_bulk >= BULK_EVERY - 1):
            return Lane.BULK
        return Lane.INTERACTIVE if interactive else None

    def _take(self, lane: Lane) -> asyncio.Future[Permit]:
        if lane is Lane.BULK:
            self._since_bulk = 0
        elif any(self._queues[Lane.BULK]):
            self._since_bulk += 1
        again, fresh = self._queues[lane]
        return (again or fresh).popleft()

    def _ahead(self, lane: Lane, *, front: bool) -> int:
        """So many calls at least go before one that is asked for now."""
        again, fresh = self._queues[lane]
        own = _live(again) + (0 if front else _live(fresh))
        if lane is Lane.INTERACTIVE:
            return own
        before = sum(_live(queue) for queue in self._queues[Lane.INTERACTIVE])
        return own + min(before, BULK_EVERY - 1 - self._since_bulk + own * (BULK_EVERY - 1))

    def _all(self) -> Iterator[_Queue]:
        return chain.from_iterable(self._queues)


def _live(queue: _Queue) -> int:
    return sum(not waiter.done() for waiter in queue)
