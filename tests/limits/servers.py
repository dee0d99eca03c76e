"""Counters as servers keep them, on a time that is passed in: from the vendor's description, not from the limiter."""

from __future__ import annotations

from collections import deque


class FixedWindow:
    """The counter starts anew every `period` seconds of the server's clock, first at `phase`."""

    def __init__(self, limit: int, period: float, *, phase: float = 0.0, used: int = 0) -> None:
        self.limit, self.period, self.phase = limit, period, phase
        self.window = -1
        self.used = used
        self.opened = True

    def call(self, now: float) -> tuple[bool, int]:
        window = int((now - self.phase) // self.period)
        if window != self.window:
            if self.window != -1 or window > -1:
                self.used = 0
            self.window = window
        if self.used >= self.limit:
            return False, self.used
        self.used += 1
        return True, self.used

    def reset_in(self, now: float) -> float:
        return self.period - (now - self.phase) % self.period


class FirstCallWindow:
    """The first call opens a window of `period` seconds; the next call after it opens another."""

    def __init__(self, limit: int, period: float, *, used: int = 0, opened: float | None = None) -> None:
        self.limit, self.period, self.used = limit, period, used
        self.opened = opened

    def call(self, now: float) -> tuple[bool, int]:
        if self.opened is None or now >= self.opened + self.period:
            self.opened, self.used = now, 0
        if self.used >= self.limit:
            return False, self.used
        self.used += 1
        return True, self.used

    def reset_in(self, now: float) -> float:
        return 0.0 if self.opened is None else max(0.0, self.opened + self.period - now)


class SlidingWindow:
    """At most `limit` calls in any `period` seconds."""

    def __init__(self, limit: int, period: float, *, before: list[float] | None = None) -> None:
        self.limit, self.period = limit, period
        self.times = deque(before or [])

    def call(self, now: float) -> tuple[bool, int]:
        while self.times and self.times[0] <= now - self.period:
            self.times.popleft()
        if len(self.times) >= self.limit:
            return False, len(self.times)
        self.times.append(now)
        return True, len(self.times)

    def reset_in(self, now: float) -> float:
        return max(0.0, self.times[0] + self.period - now) if self.times else 0.0
