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
        self._log: deque[tuple[float, float, int]] = deque()  # (reply came, call went, used), oldest first
        # Calls of other programs that the header proved: (until when they may count, how many), most first.
        self._others: deque[tuple[float, int]] = deque()
        self.resets = False  # proven: the server's counter starts anew
        self._distrust_until = -inf
        # The gate's view of the server's present window.
        self._window = 0
        self._high = 0  # the most it has told
        self._lost = 0  # calls without a reply
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
        self._log.append((now, flight.sent, usage.used if usage else 0))
        self._replies += 1

    def lose(self, ticket: int, now: float) -> None:
        self.finish(ticket, now)

    def throttle(self, ticket: int, now: float, wait: float | None) -> float:
        wait = self._span if wait is None else wait + _GUARD
        self.finish(ticket, now)
        # Whoever used it up, the quota is gone until the server says.
        self._others = deque([(now + wait, max(0, self.limit - len(self._log) - len(self._flights)))])
        self._high = self.limit
        self._opened = now + wait - self._span
        if self.resets:
            self.resets = False
            self._distrust_until = now + _DISTRUST * self.period
        return now + wait

    def estimate(self, now: float, ahead: int) -> float:
        ready = self.ready_at(now)
        if self._flights:
            # A reply under way may tell of more room than is known. Only the log's own calls are sure to count.
            ready = now if self.resets else self._expires(len(self._log) + len(self._flights) - self.limit + 1)
        rounds = ahead // self.limit
        if self.resets and rounds:
            rounds -= 1  # what is left of the present window may be short
        return (0.0 if ready == inf else max(0.0, ready - now)) + rounds * self.period

    def snapshot(self, now: float) -> Snapshot:
        self._forget(now)
        flying = len(self._flights)
        used = self._high + self._lost + flying if self.resets else len(self._log) + self._foreign() + flying
        return Snapshot(used=min(used, self.limit), limit=self.limit, period=self.period, in_flight=flying)

    # -- the log -------------------------------------------------------------------------------------------

    def _forget(self, now: float) -> None:
        while self._log and self._log[0][0] <= now - self._span:
            self._log.popleft()
        while self._others and self._others[0][0] <= now:
            self._others.popleft()
        if self._opened is not None and now >= self._opened + self._span:
            self._opened = None
            self._high = self._lost = 0

    def _log_ready(self, now: float) -> float:
        surplus = len(self._log) + len(self._flights) + self._foreign() - self.limit
        if surplus < 0:
            return now
        # So many must expire first: our own one by one, those of others all at once.
        needed = surplus + 1
        by_log = self._expires(needed)
        if not self._others:
            return by_log
        # Optimistic where others remain after the first of them expire: whoever waits asks again then.
        until, calls = self._others[0]
        return min(by_log, max(until, self._expires(needed - calls)))

    def _foreign(self) -> int:
        return self._others[0][1] if self._others else 0

    def _expires(self, nth: int) -> float:
        """When the n-th oldest entry of the log falls out of it; never, if there are not so many."""
        if nth <= 0:
            return -inf
        return self._log[nth - 1][0] + self._span if nth <= len(self._log) else inf

    def _measure(self, flight: _Flight, now: float, usage: Usage) -> None:
        """Compares the header with our own log: how much do others use, and does the counter start anew?"""
        self.limit = max(1, usage.limit)
        certain, possible = 1, 1 + len(self._flights)
        for received, sent, _ in self._log:
            if received > flight.sent:
                possible += 1  # crossed this call on the way
            elif sent > now - self.period:
                certain += 1
                possible += 1
            elif received > flight.sent - self.period:
                possible += 1
        if usage.used < certain and now >= self._distrust_until:
            self.resets = True
        self._learn_of_others(usage.used - possible, usage.used - certain, now)

    def _learn_of_others(self, least: int, most: int, now: float) -> None:
        """So many calls of other programs are proven (`least`), and no more are possible (`most`)."""
        kept = [(until, min(calls, most)) for until, calls in self._others if most > 0]
        while kept and kept[-1][1] <= least:
            kept.pop()
        if least > 0:
            kept.append((now + self._span, least))
        self._others = deque(kept)

    # -- the gate ------------------------------------------------------------------------------------------

    def _gate_ready(self, now: float) -> float:
        if self._opened is None or self._high + self._lost + len(self._flights) < self.limit:
            # With no window open, the calls in flight count into the one that the next call finds.
            return now if len(self._flights) < self.limit else inf
        return self._opened + self._span

    def _follow(self, flight: _Flight, now: float, usage: Usage | None) -> None:
        """Keeps `high + lost + in flight` at or above what the server has counted in its present window."""
        flying = len(self._flights)
        if usage is None:
            self._lost += 1  # counted or not, nobody will tell
        elif self._opened is None or (flight.window == self._window and usage.used <= flight.high):
            # The counter rolled over. Replies that crossed this call may belong to the new window as well.
            crossed = self._replies - flight.replies
            told = max((used for *_, used in self._latest(crossed)), default=0)
            self._high = min(usage.used + crossed + flying, max(usage.used + crossed, told))
            self._window += 1
            self._opened = now
            self._lost = 0
        elif flight.window < self._window:
            # Sent before the roll was known: of the old window or the new, and its figure with it.
            self._high = max(self._high + 1, min(usage.used, self._high + flying + 1))
        else:
            self._high = max(self._high, usage.used)

    def _latest(self, replies: int) -> list[tuple[float, float, int]]:
        return [self._log[-n] for n in range(1, min(replies, len(self._log)) + 1)]
