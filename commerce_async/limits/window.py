"""A limit of N calls per period, told by the server's replies.

Two rules, and a choice between them:

* The *log*: call n+N goes no sooner than one period after the reply to call n. Since a call reaches the server
  before its reply is back, no period anywhere on the server's clock can hold more than N of them: safe for windows
  of every kind, with or without a header. The header adds what other programs on the account have used.
* The *gate*: for counters that start anew (fixed windows, and those that the first call opens), calls go while
  `used seen + in flight < limit`. It sees the counter roll over, and so does not wait for the log's full period.

It begins with the log. The gate takes over once a reply proves that the counter starts anew: it shows fewer calls
than certainly fell into the last period. A throttle under the gate brings the log back for a while.
"""

from __future__ import annotations

from collections import deque
from itertools import count
from math import inf

import msgspec

from commerce_async.limits.base import Snapshot, Usage

# Two clocks never run quite alike, and a timer may fire a little early.
_GUARD = 0.02
# After a throttle under the gate: so many periods of clean work before a proof is believed again.
_DISTRUST = 6


class _Flight(msgspec.Struct):
    """A call on the wire, with what was known when it left."""

    sent: float
    window: int
    high: int
    replies: int


class WindowPolicy:
    """N calls per period, as `limits.base.Policy`.

    Args:
        limit: calls per period, until the server says otherwise.
        period: seconds.
    """

    def __init__(self, limit: int = 50, period: float = 10.0) -> None:
        if limit < 1 or period <= 0:
            raise ValueError(f"a window needs a limit of at least 1 and a period above 0, not {limit} per {period}")
        self.limit = limit
        self.period = period
        self._tickets = count()
        self._flights: dict[int, _Flight] = {}
        self._log: deque[tuple[float, float]] = deque()  # (reply came, call went), oldest first
        self._foreign = 0  # calls of other programs that the header shows
        self._foreign_until = -inf
        self.resets = False  # proven: the server's counter starts anew
        self._distrust_until = -inf
        # The gate's view of the server's present window.
        self._window = 0
        self._high = 0
        self._opened: float | None = None  # first reply of the window
        self._replies = 0

    @property
    def concurrency(self) -> int:
        """A full window may be on the wire at once."""
        return self.limit

    @property
    def _span(self) -> float:
        return self.period + _GUARD

    def ready_at(self, now: float) -> float:
        self._forget(now)
        if not self._log:
            # After a start or an idle period the first call goes alone: its reply tells what others have used.
            # A reply that takes a whole period to come holds up nobody longer than that.
            return min((flight.sent + self._span for flight in self._flights.values()), default=now)
        return self._gate_ready(now) if self.resets else self._log_ready(now)

    def start(self, now: float) -> int:
        ticket = next(self._tickets)
        self._flights[ticket] = _Flight(now, self._window, self._high, self._replies)
        return ticket

    def cancel(self, ticket: int, now: float) -> None:
        del self._flights[ticket]

    def finish(self, ticket: int, now: float, usage: Usage | None = None) -> None:
        flight = self._flights.pop(ticket)
        self._forget(now)
        if usage is not None:
            self._measure(flight, now, usage)
        self._follow(flight, now, usage)
        self._log.append((now, flight.sent))
        self._replies += 1

    def throttle(self, ticket: int, now: float, wait: float | None) -> float:
        wait = self._span if wait is None else wait + _GUARD
        self.finish(ticket, now)
        # Whoever used it up, the quota is gone until the server says.
        self._foreign = max(0, self.limit - len(self._log) - len(self._flights))
        self._foreign_until = now + wait
        self._high = self.limit
        self._opened = now + wait - self._span
        if self.resets:
            self.resets = False
            self._distrust_until = now + _DISTRUST * self.period
        return now + wait

    def estimate(self, now: float, ahead: int) -> float:
        ready = self.ready_at(now)
        return (0.0 if ready == inf else max(0.0, ready - now)) + ahead // self.limit * self.period

    def snapshot(self, now: float) -> Snapshot:
        self._forget(now)
        flying = len(self._flights)
        used = self._high + flying if self.resets else len(self._log) + self._foreign + flying
        return Snapshot(used=min(used, self.limit), limit=self.limit, period=self.period, in_flight=flying)

    # -- the log -------------------------------------------------------------------------------------------

    def _forget(self, now: float) -> None:
        while self._log and self._log[0][0] <= now - self._span:
            self._log.popleft()
        if now >= self._foreign_until:
            self._foreign = 0
        if self._opened is not None and now >= self._opened + self._span:
            self._opened = None
            self._high = 0

    def _log_ready(self, now: float) -> float:
        surplus = len(self._log) + len(self._flights) + self._foreign - self.limit
        if surplus < 0:
            return now
        # So many must expire first: our own one by one, those of others all at once.
        needed = surplus + 1
        by_log = self._expires(needed)
        if not self._foreign:
            return by_log
        return min(by_log, max(self._foreign_until, self._expires(needed - self._foreign)))

    def _expires(self, nth: int) -> float:
        """When the n-th oldest entry of the log falls out of it; never, if there are not so many."""
        if nth <= 0:
            return -inf
        return self._log[nth - 1][0] + self._span if nth <= len(self._log) else inf

    def _measure(self, flight: _Flight, now: float, usage: Usage) -> None:
        """Compares the header with our own log: how much do others use, and does the counter start anew?"""
        self.limit = max(1, usage.limit)
        certain, possible = 1, 1 + len(self._flights)
        for received, sent in self._log:
            if received > flight.sent:
                possible += 1  # crossed this call on the way
            elif sent > now - self.period:
                certain += 1
                possible += 1
            elif received > flight.sent - self.period:
                possible += 1
        if usage.used < certain and now >= self._distrust_until:
            self.resets = True
        # What was known of the others is kept as far as this reply allows it.
        least, most = usage.used - possible, usage.used - certain
        self._foreign = max(0, min(max(self._foreign, least), most))
        self._foreign_until = now + self._span

    # -- the gate ------------------------------------------------------------------------------------------

    def _gate_ready(self, now: float) -> float:
        if self._opened is None or self._high + len(self._flights) < self.limit:
            # With no window open, the calls in flight count into the one that the next call finds.
            return now if len(self._flights) < self.limit else inf
        return self._opened + self._span

    def _follow(self, flight: _Flight, now: float, usage: Usage | None) -> None:
        """Keeps `high + in flight` at or above what the server has counted in its present window."""
        if usage is None or flight.window < self._window:
            self._high += 1  # nobody knows which window it fell into: count it here
            return
        rolled = usage.used <= flight.high
        if self._opened is None or rolled:
            self._window += 1
            self._opened = now
            # Replies that crossed this call may belong to the new window as well.
            self._high = usage.used + self._replies - flight.replies
        else:
            self._high = max(self._high, usage.used)
