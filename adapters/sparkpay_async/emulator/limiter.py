"""The store's rate limit as a pure state machine: told the time, it says which calls pass.

Spark Pay: Rate Limits ("50 calls per 10 second window", "resets every 10 seconds"). The page does not say when a
window begins, so three kinds are played: aligned to the server's clock, opened by the first call, and sliding.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Literal

Kind = Literal["fixed", "first-call", "sliding"]


class CallLimit:
    """At most `limit` calls per `period`.

    Args:
        limit: calls allowed in one window.
        period: seconds.
        kind: "fixed" (aligned windows), "first-call" (a window is opened by the first call after the last one
            ended) or "sliding" (the calls of the last period count).
        start: the server's time at the start, in seconds.
        phase: how many seconds of a fixed window have passed at the start.
        used: calls that another program made just before the start; they count in the first window.
    """

    def __init__(
        self,
        limit: int = 50,
        period: float = 10.0,
        kind: Kind = "fixed",
        *,
        start: float = 0.0,
        phase: float = 0.0,
        used: int = 0,
    ) -> None:
        self.limit = limit
        self.period = period
        self.kind = kind
        self._origin = start - phase
        self._opened = -math.inf
        self._calls: deque[float] = deque()
        self._foreign: list[float] = []
        self.foreign(start, used)

    def used(self, now: float) -> int:
        """Calls that count at that time. Times must not go back."""
        if self.kind == "sliding":
            while self._calls and self._calls[0] <= now - self.period:
                self._calls.popleft()
        elif self._calls and self._over(now):
            self._calls.clear()
        return len(self._calls)

    def take(self, now: float) -> bool:
        """Counts a call and lets it pass; or neither, if the limit is reached."""
        if self.used(now) >= self.limit:
            return False
        if not self._calls:
            self._opened = now if self.kind == "first-call" else self._window(now)
        self._calls.append(now)
        return True

    def foreign(self, now: float, calls: int) -> int:
        """Calls by another program on the same account; returns how many of them passed."""
        passed = sum(self.take(now) for _ in range(calls))
        self._foreign += [now] * passed
        return passed

    def resets_in(self, now: float) -> float:
        """Seconds until a call that is refused now would pass; 0 if it would pass now or nothing was used."""
        if not self.used(now):
            return 0.0
        if self.kind == "sliding":
            return max(0.0, self._calls[0] + self.period - now) if len(self._calls) >= self.limit else 0.0
        return max(0.0, self._opened + self.period - now)

    def admissible(self, start: float, end: float) -> int:
        """The most calls that a perfect client could have made from `start` (inclusive) to `end` (exclusive).

        Fixed windows touched count in full, however little of them lies inside; the other kinds let a whole limit
        through at the start and after each period. Calls by other programs are taken off.
        """
        if end <= start:
            return 0
        if self.kind == "fixed":
            first = math.floor((start - self._origin) / self.period)
            windows = math.ceil((end - self._origin) / self.period) - first
            since = self._origin + first * self.period
        else:
            windows = math.ceil((end - start) / self.period)
            since = start - self.period
        others = sum(since <= at < end for at in self._foreign)
        return max(0, windows * self.limit - others)

    def _window(self, now: float) -> float:
        return self._origin + math.floor((now - self._origin) / self.period) * self.period

    def _over(self, now: float) -> bool:
        if self.kind == "fixed":
            return self._window(now) != self._opened
        return now >= self._opened + self.period
