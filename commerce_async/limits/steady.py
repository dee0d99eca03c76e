"""No limit of the vendor's: only a bound on calls in flight. A rate, if wanted, is the limiter's own (`rate=`)."""

from __future__ import annotations

from itertools import count
from math import inf

from commerce_async.limits.base import Snapshot, Usage


class SteadyPolicy:
    """Never says when, only how many at once, as `limits.base.Policy`.

    With `Limiter(SteadyPolicy(), rate=5)` it is a steady limiter of five calls per second; without a rate it is
    for vendors and tests that have no limit.

    Args:
        concurrency: most calls on the wire at once.
    """

    def __init__(self, concurrency: int = 16) -> None:
        if concurrency < 1:
            raise ValueError(f"at least one call must be allowed at once, not {concurrency}")
        self._concurrency = concurrency
        self._tickets = count()
        self._flying: set[int] = set()

    @property
    def concurrency(self) -> int:
        """Calls on the wire at once."""
        return self._concurrency

    def ready_at(self, now: float) -> float:
        return now if len(self._flying) < self._concurrency else inf

    def start(self, now: float) -> int:
        ticket = next(self._tickets)
        self._flying.add(ticket)
        return ticket

    def cancel(self, ticket: int, now: float) -> None:
        self._flying.discard(ticket)

    def finish(self, ticket: int, now: float, usage: Usage | None = None) -> None:
        self._flying.discard(ticket)

    def lose(self, ticket: int, now: float) -> None:
        self.finish(ticket, now)

    def throttle(self, ticket: int, now: float, wait: float | None) -> float:
        self._flying.discard(ticket)
        return now + (1.0 if wait is None else wait)

    def estimate(self, now: float, ahead: int) -> float:
        return 0.0

    def snapshot(self, now: float) -> Snapshot:
        return Snapshot(used=len(self._flying), limit=self._concurrency, period=0.0, in_flight=len(self._flying))
