"""Servers that keep their limit to themselves, and the limiters that clients use elsewhere, for `benchmarks.adaptive`.

All of it runs on the loop's own clock. The rivals are written from what is published about them, not from their code.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from typing import Protocol

from commerce_async.limits.adaptive import AdaptivePolicy
from commerce_async.limits.limiter import Limiter, Permit

MINUTE = 60.0


class Server(Protocol):
    """So many calls a minute; `limit` may be changed at any time."""

    limit: int

    def call(self, now: float) -> bool:
        """Whether the call is let through. One that is not does not count."""
        ...

    def room_at(self, now: float) -> float:
        """When the next call would be let through, if none came before."""
        ...


class Fixed:
    """The count starts anew every minute."""

    def __init__(self, limit: int, phase: float) -> None:
        self.limit = limit
        self._phase = phase
        self._window, self._used = -1, 0

    def call(self, now: float) -> bool:
        """Whether the call is let through."""
        self._turn(now)
        if self._used >= self.limit:
            return False
        self._used += 1
        return True

    def room_at(self, now: float) -> float:
        """When the next call would be let through."""
        self._turn(now)
        return now if self._used < self.limit else (self._window + 1) * MINUTE - self._phase

    def _turn(self, now: float) -> None:
        if (window := int((now + self._phase) // MINUTE)) != self._window:
            self._window, self._used = window, 0


class Sliding:
    """No minute may hold more."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._times: deque[float] = deque()

    def call(self, now: float) -> bool:
        """Whether the call is let through."""
        if self.room_at(now) > now:
            return False
        self._times.append(now)
        return True

    def room_at(self, now: float) -> float:
        """When the next call would be let through."""
        while self._times and self._times[0] <= now - MINUTE:
            self._times.popleft()
        surplus = len(self._times) - self.limit
        return now if surplus < 0 else self._times[surplus] + MINUTE


class Bucket:
    """Refills steadily, and holds a tenth of a minute's calls."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._tokens, self._at = self._size, 0.0

    @property
    def _size(self) -> float:
        return max(1.0, self.limit / 10)

    def call(self, now: float) -> bool:
        """Whether the call is let through."""
        if self.room_at(now) > now:
            return False
        self._tokens -= 1
        return True

    def room_at(self, now: float) -> float:
        """When the next call would be let through."""
        self._tokens = min(self._size, self._tokens + (now - self._at) * self.limit / MINUTE)
        self._at = now
        return now if self._tokens >= 1 else now + (1 - self._tokens) * MINUTE / self.limit


class Client(Protocol):
    """A way to keep a limit: waits before a call, and is told how it ended."""

    async def before(self, tries: int) -> None:
        """Waits until the call may go, after so many refusals of it."""
        ...

    def after(self, ok: bool, wait: float | None) -> None:
        """How the call that this task made ended."""
        ...


class Backoff:
    """Exponential backoff with full jitter, each call by itself; a time that the server names is waited for."""

    base, cap = 0.5, 20.0

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self._named: dict[asyncio.Task[object] | None, float | None] = {}

    async def before(self, tries: int) -> None:
        """Waits for a random time below a bound that doubles."""
        named = self._named.pop(asyncio.current_task(), None)
        if tries:
            jitter = self.dice.uniform(0.0, min(self.cap, self.base * 2.0 ** min(tries, 30)))
            await asyncio.sleep(jitter if named is None else named)

    def after(self, ok: bool, wait: float | None) -> None:
        """Remembers what the server named."""
        if not ok:
            self._named[asyncio.current_task()] = wait


class Cubic:
    """The client-side rate limiting of botocore's "adaptive" retry mode, over its backoff.

    AWS SDKs and Tools Reference Guide: Retry behavior. A token bucket that is opened by the first throttle, filled at a
    rate that CUBIC sets (beta 0.7, scale 0.4), never above twice the rate measured by half seconds (smoothed by
    0.8), never below 0.5 a second. Backoff is jittered, from 1 to 20 s. Unlike there, a call is tried without end,
    so that all clients here have the same work.
    """

    beta, scale, smooth, least = 0.7, 0.4, 0.8, 0.5

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self._limited = False
        self._fill, self._most, self._tokens, self._filled = 0.0, 1.0, 0.0, 0.0
        self._peak, self._window, self._throttled_at = 0.0, 0.0, 0.0
        self._measured, self._count, self._half_second = 0.0, 0, 0.0

    async def before(self, tries: int) -> None:
        """Waits for the backoff and then for a token."""
        if tries:
            await asyncio.sleep(self.dice.random() * min(20.0, 2.0 ** min(tries - 1, 30)))
        if not self._limited:
            return
        self._refill()
        while self._tokens < 1:
            await asyncio.sleep((1 - self._tokens) / self._fill + 1e-6)
            self._refill()
        self._tokens -= 1

    def after(self, ok: bool, wait: float | None) -> None:
        """Sets the rate anew."""
        now = self._now()
        self._measure(now)
        if ok:
            self._window = (self._peak * (1 - self.beta) / self.scale) ** (1 / 3)
            rate = self.scale * (now - self._throttled_at - self._window) ** 3 + self._peak
        else:
            self._peak = min(self._measured, self._fill) if self._limited else self._measured
            self._window = (self._peak * (1 - self.beta) / self.scale) ** (1 / 3)
            self._throttled_at, rate = now, self._peak * self.beta
            self._limited = True
        self._refill()
        rate = min(rate, 2 * self._measured)
        self._fill, self._most = max(rate, self.least), max(rate, 1.0)
        self._tokens = min(self._tokens, self._most)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _refill(self) -> None:
        now = self._now()
        self._tokens = min(self._most, self._tokens + (now - self._filled) * self._fill)
        self._filled = now

    def _measure(self, now: float) -> None:
        half_second = math.floor(now * 2) / 2
        self._count += 1
        if half_second > self._half_second:
            rate = self._count / (half_second - self._half_second)
            self._measured = rate * self.smooth + self._measured * (1 - self.smooth)
            self._count, self._half_second = 0, half_second


class Ours:
    """The project's own limiter with the adaptive policy."""

    def __init__(self, policy: AdaptivePolicy | None = None) -> None:
        self.policy = policy or AdaptivePolicy()
        self.limiter = Limiter(self.policy)
        self._permits: dict[asyncio.Task[object] | None, Permit] = {}

    async def before(self, tries: int) -> None:
        """Waits for a permit."""
        self._permits[asyncio.current_task()] = await self.limiter.acquire(front=tries > 0)

    def after(self, ok: bool, wait: float | None) -> None:
        """Ends the permit."""
        permit = self._permits.pop(asyncio.current_task())
        if ok:
            permit.finish()
        else:
            permit.throttle(wait)
