"""A limit nobody tells: the rate is raised step by step, cut when the vendor throttles, and the ceiling remembered."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from math import inf

import msgspec

from commerce_async.limits.base import Snapshot, Usage

_LOOK_BACK = 60.0  # seconds over which `snapshot` counts calls


class _Flight(msgspec.Struct):
    sent: float
    rate: float
    busy: bool


class AdaptivePolicy:
    """Additive increase, multiplicative decrease on the rate, as `limits.base.Policy`.

    Only work that keeps the limiter busy raises the rate. A throttle cuts it once for all calls that were sent
    before the cut, and leaves a ceiling just under the rate that was too much: back up to the ceiling the rate
    climbs fast, beyond it only slowly.

    Args:
        rate: calls per second to begin with.
        floor, top: bounds of the rate.
        concurrency: most calls on the wire at once.
        gain: calls per second gained per second of busy work above the ceiling; ten times that below it.
        cut: what a throttle multiplies the rate by.
    """

    def __init__(
        self,
        rate: float = 4.0,
        *,
        floor: float = 0.1,
        top: float = 50.0,
        concurrency: int = 8,
        gain: float = 0.01,
        cut: float = 0.75,
    ) -> None:
        if not 0 < floor <= rate <= top or concurrency < 1:
            raise ValueError(f"the rate must lie between {floor} and {top} calls per second, not {rate}")
        self.rate = rate
        self.ceiling = inf  # unknown until the first throttle
        self._floor, self._top = floor, top
        self._concurrency = concurrency
        self._gain, self._cut = gain, cut
        self._tickets = count()
        self._flights: dict[int, _Flight] = {}
        self._slot = -inf  # when the next call may go
        self._cut_at = -inf
        self._strikes = 0  # throttles since the last good reply
        self._sent: list[float] = []

    @property
    def concurrency(self) -> int:
        """Calls on the wire at once; the vendor publishes no limit, so this stays small."""
        return self._concurrency

    def ready_at(self, now: float) -> float:
        return inf if len(self._flights) >= self._concurrency else max(now, self._slot)

    def start(self, now: float) -> int:
        ticket = next(self._tickets)
        step = 1 / self.rate
        busy = now - self._slot < step  # the slot was taken as soon as it was free
        self._flights[ticket] = _Flight(now, self.rate, busy)
        self._slot = now + step
        self._sent.append(now)
        if len(self._sent) > 4 * _LOOK_BACK * self._top:
            self._trim(now)
        return ticket

    def cancel(self, ticket: int, now: float) -> None:
        flight = self._flights.pop(ticket)
        with suppress(ValueError):  # held for so long that it is no longer counted
            self._sent.remove(flight.sent)

    def finish(self, ticket: int, now: float, usage: Usage | None = None) -> None:
        flight = self._flights.pop(ticket)
        self._strikes = 0
        if not flight.busy:
            return
        # Per reply, so that over a second the rate rises by `gain`.
        gain = self._gain * (10 if self.rate < self.ceiling < inf else 1) / self.rate
        limit = self.ceiling if self.rate < self.ceiling else self._top
        self.rate = min(self.rate + gain, limit, self._top)

    def throttle(self, ticket: int, now: float, wait: float | None) -> float:
        flight = self._flights.pop(ticket)
        if flight.sent > self._cut_at:
            self.ceiling = max(self._floor, flight.rate * 0.95)
            self.rate = max(self._floor, self.rate * self._cut)
            self._cut_at = now
            self._strikes += 1
        pause = wait if wait is not None else min(60.0, 2.0 ** min(self._strikes, 6))
        self._slot = max(self._slot, now + pause)
        return now + pause

    def estimate(self, now: float, ahead: int) -> float:
        return max(0.0, self._slot - now) + ahead / self._top

    def snapshot(self, now: float) -> Snapshot:
        self._trim(now)
        begun = self._sent[0] if self._sent else now
        span = min(_LOOK_BACK, max(now - begun, 1.0))
        return Snapshot(used=len(self._sent) / span, limit=self.rate, period=1.0, in_flight=len(self._flights))

    def _trim(self, now: float) -> None:
        self._sent = [sent for sent in self._sent if sent > now - _LOOK_BACK]
