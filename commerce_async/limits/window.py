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

from bisect import insort
from collections import deque
from collections.abc import Iterator
from itertools import takewhile
from math import ceil, inf

import msgspec

from commerce_async.limits.base import Policy, Snapshot, Usage

# Two clocks never run quite alike, and a timer may fire a little early.
_GUARD = 0.02
# After a throttle under the gate: so many periods of clean work before a proof is believed again.
_DISTRUST = 6
# A throttle tells that others are quicker than the header: one call more is left to them, up to a part of the limit,
# and one fewer after so many periods.
_YIELDED = 1 / 4
_UNYIELDED = 10
# In place of what a reply told, for a call whose reply never came, or that was refused.
_LOST = -1
# The longest round trip is believed to be shorter by so much with each reply that took less.
_FADES = 0.95
# While a person's calls are expected: such a part of a window that starts anew is spread over it, and under the log
# no two bulk calls go within such a part of a period divided by the limit.
_KEPT = 1 / 2
_EVEN = 0.9


class _Flight(msgspec.Struct, array_like=True):
    """A call on the wire, with what was known when it left."""

    sent: float
    window: int
    high: int
    replies: int


class _State(msgspec.Struct, array_like=True):
    """A `WindowPolicy`'s, as it is written down."""

    limit: int
    ticket: int
    flights: dict[int, _Flight]
    log: list[tuple[float, float, int]]
    others: list[tuple[float, int]]
    resets: bool
    distrust_until: float
    window: int
    high: int
    lost: int
    opened: float | None
    replies: int
    since: int | None
    yielded: tuple[float, float] = (0.0, -inf)
    told: bool = True
    trip: float = 0.0


class WindowPolicy:
    """N calls per period, as `limits.base.Shareable`.

    Args:
        limit: calls per period, until the server says otherwise.
        period: seconds.
    """

    def __init__(self, limit: int = 50, period: float = 10.0) -> None:
        if limit < 1 or period <= 0:
            raise ValueError(f"a window needs a limit of at least 1 and a period above 0, not {limit} per {period}")
        self.limit = limit
        self.period = period
        self._ticket = 0  # the next call's
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
        self._opened: float | None = None  # first reply of the window, or the last that may be lost in it
        self._told = False  # whether a figure told of that window
        self._replies = 0
        # Replies before the window began, if the one before ended and was not merely seen to roll over.
        self._since: int | None = 0
        self._ceded = 0.0  # a share of the limit that others have
        self._trip = 0.0  # the longest that a reply took lately
        self._yielded = (0.0, -inf)  # so many calls, when that was last more

    @property
    def concurrency(self) -> int:
        """A full window may be on the wire at once."""
        return self.limit

    @property
    def _span(self) -> float:
        return self.period + _GUARD

    def _ours(self, now: float) -> int:
        """Of the limit, what is not left to others."""
        return max(1, self.limit - ceil(self.limit * self._ceded) - int(self._yields(now)))

    def _yields(self, now: float) -> float:
        calls, since = self._yielded
        left = calls - (now - since) / (_UNYIELDED * self.period) if calls else 0.0
        return max(0.0, min(left, self.limit * _YIELDED))

    def ready_at(self, now: float) -> float:
        self._forget(now)
        if not self._log and self._flights:
            # After a start or an idle period the first call goes alone: its reply tells what others have used.
            # A reply that takes a whole period to come holds up nobody longer than that.
            alone = min(flight.sent for flight in self._flights.values()) + self._span
            if now < alone:
                return alone
        return self._gate_ready(now) if self.resets else self._log_ready(now)

    def spare_at(self, now: float) -> float:
        """See `limits.base.LeavesRoom`: a part of the limit is spread over the time until there is room again."""
        ready = self.ready_at(now)
        if ready > now:
            return ready
        interval = self.period / self.limit
        taken = len(self._flights) + 1
        if self.resets:
            if self._opened is None:
                return now
            relief = self._opened + self._span
            spare = self._ours(now) - self._counted - taken
            at = relief - self.period * spare / (self.limit * _KEPT)
        else:
            relief = self._log[0][0] + self._span if self._log else now
            spare = self._ours(now) - len(self._log) - self._unforeseen() - taken
            # The log gives room back as it was taken: what goes in one go comes back, and goes, in one go.
            at = self._last_sent() + _EVEN * interval
        if spare <= 0:  # the last one is left, until the next comes free soon
            at = relief - interval if self.resets else max(at, relief - interval)
        return max(now, at)

    def _last_sent(self) -> float:
        flying = next(reversed(self._flights.values())).sent if self._flights else -inf
        return max(flying, self._log[-1][1] if self._log else -inf)

    def start(self, now: float) -> int:
        ticket, self._ticket = self._ticket, self._ticket + 1
        self._flights[ticket] = _Flight(now, self._window, self._high, self._replies)
        return ticket

    def cancel(self, ticket: int, now: float) -> None:
        del self._flights[ticket]

    def finish(self, ticket: int, now: float, usage: Usage | None = None) -> None:
        self._trip = max(now - self._flights[ticket].sent, self._trip * _FADES)
        self._end(ticket, now, now, usage, usage.used if usage else 0)

    def _end(self, ticket: int, now: float, at: float, usage: Usage | None, used: int) -> None:
        """A call ended now, and reached the server at that time at the latest."""
        flight = self._flights.pop(ticket)
        self._forget(now)
        proof = usage is not None and self._measure(flight, now, usage)
        if usage is not None and not proof and flight.window < self._window and self._has_told(usage.used):
            used = _LOST  # of the window before, or of one that began unseen: nobody can tell
            self._told, self._opened = False, at
            self._begin(self._high, self._lost)
        if used == _LOST:
            self._lost += 1  # counted or not, nobody will tell
            if not self._told:  # it may have opened a window
                self._opened = max(at, self._opened or at)
        elif usage is None:
            self.resets = False  # the gate needs to see every reply's figure; the next one may prove it again
        else:
            self._follow(flight, now, usage, proof=proof)
        entry = (at, flight.sent, used)
        if self._log and entry < self._log[-1]:  # another process told of its reply late
            insort(self._log, entry)
        else:
            self._log.append(entry)
        self._replies += 1

    def lose(self, ticket: int, now: float) -> None:
        # Given up sooner than others were answered, it may be on its way still.
        longest = min(self._flights[ticket].sent + self._trip, now + self.period)
        self._end(ticket, now, max(now, longest), None, _LOST)

    def throttle(self, ticket: int, now: float, wait: float | None) -> float:
        wait = self._span if wait is None else wait + _GUARD
        if self._flights[ticket].sent > self._yielded[1]:
            self._yielded = (self._yields(now) + 1, now)
        self._end(ticket, now, now, None, _LOST)  # the server need not have counted it
        # Whoever used it up, the quota is gone until the server says.
        self._others = deque([(now + wait, max(0, self.limit - len(self._log) - len(self._flights)))])
        self._high = self.limit
        self._opened, self._told = now + wait - self._span, True
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
        used = self._counted + flying if self.resets else len(self._log) + self._foreign() + flying
        return Snapshot(used=min(used, self.limit), limit=self.limit, period=self.period, in_flight=flying)

    # -- shared with others --------------------------------------------------------------------------------

    @property
    def memory(self) -> float:
        """A period: then a call has left every window."""
        return self._span

    def save(self) -> bytes:
        state = _State(
            limit=self.limit,
            ticket=self._ticket,
            flights=self._flights,
            log=list(self._log),
            others=list(self._others),
            resets=self.resets,
            distrust_until=self._distrust_until,
            window=self._window,
            high=self._high,
            lost=self._lost,
            opened=self._opened,
            replies=self._replies,
            since=self._since,
            yielded=self._yielded,
            told=self._told,
            trip=self._trip,
        )
        return msgspec.msgpack.encode(state)

    def restore(self, state: bytes) -> None:
        found = msgspec.msgpack.decode(state, type=_State)
        self.limit, self._ticket, self._flights = found.limit, found.ticket, found.flights
        self._log, self._others = deque(found.log), deque(found.others)
        self.resets, self._distrust_until = found.resets, found.distrust_until
        self._window, self._high, self._lost = found.window, found.high, found.lost
        self._opened, self._replies, self._since = found.opened, found.replies, found.since
        self._yielded, self._told = found.yielded, found.told and found.opened is not None
        self._trip = found.trip

    def skip(self, ticket: int) -> None:
        self._ticket = max(self._ticket, ticket)

    def adopt(self, sent: float) -> int:
        self.resets = False  # the gate counts only what it has seen
        return self.start(sent)

    def doubt(self, now: float) -> None:
        self.resets = False
        self._distrust_until = max(self._distrust_until, now + 2 * self._span)

    def cede(self, share: float) -> None:
        self._ceded = share

    def part(self, parts: int) -> tuple[Policy, float]:
        calls = max(1, self.limit // parts)
        # More parts than calls: one call each, in a longer period.
        return WindowPolicy(calls, self.period * max(1.0, parts / self.limit)), self._span

    # -- the log -------------------------------------------------------------------------------------------

    def _forget(self, now: float) -> None:
        while self._log and self._log[0][0] <= now - self._span:
            self._log.popleft()
        while self._others and self._others[0][0] <= now:
            self._others.popleft()
        if self._opened is not None and now >= self._opened + self._span:
            self._open_next()

    def _log_ready(self, now: float) -> float:
        surplus = len(self._log) + len(self._flights) + self._unforeseen() - self._ours(now)
        if surplus < 0:
            return now
        # So many must expire first: our own one by one, those of others all at once.
        needed = surplus + 1
        by_log = self._expires(needed)
        if not self._others:
            return by_log
        # Optimistic where others remain after the first of them expire: whoever waits asks again then.
        return min(by_log, max(self._others[0][0], self._expires(needed - self._unforeseen())))

    def _foreign(self) -> int:
        return self._others[0][1] if self._others else 0

    def _unforeseen(self) -> int:
        """Calls of others beyond what was ceded to them anyway."""
        return max(0, self._foreign() - ceil(self.limit * self._ceded))

    def _expires(self, nth: int) -> float:
        """When the n-th oldest entry of the log falls out of it; never, if there are not so many."""
        if nth <= 0:
            return -inf
        return self._log[nth - 1][0] + self._span if nth <= len(self._log) else inf

    def _measure(self, flight: _Flight, now: float, usage: Usage) -> bool:
        """Compares the header with our own log: how much do others use, and does the counter start anew?

        Returns:
            Whether this reply is the first to prove that it does.
        """
        self.limit = max(1, usage.limit)
        certain, possible = 1, 1 + len(self._flights)
        for received, sent, used in self._log:
            if received > flight.sent or used == _LOST:
                possible += 1  # crossed this call on the way, or never arrived
            elif sent > now - self.period:
                certain += 1
                possible += 1
            elif received > flight.sent - self.period:
                possible += 1
        self._learn_of_others(usage.used - possible, usage.used - certain, now)
        if self.resets or usage.used >= certain or now < self._distrust_until:
            return False
        self.resets = True
        return True

    def _learn_of_others(self, least: int, most: int, now: float) -> None:
        """So many calls of other programs are proven (`least`), and no more are possible (`most`)."""
        kept = [(until, min(calls, most)) for until, calls in self._others if most > 0]
        while kept and kept[-1][1] <= least:
            kept.pop()
        if least > 0:
            kept.append((now + self._span, least))
        self._others = deque(kept)

    # -- the gate ------------------------------------------------------------------------------------------

    @property
    def _counted(self) -> int:
        """The most that the server may have counted in its present window, but for calls in flight."""
        return self._high + self._lost

    def _gate_ready(self, now: float) -> float:
        flying = len(self._flights)
        if self._counted + flying < self._ours(now):
            return now
        if self._opened is not None:
            return self._opened + self._span
        # With no window open, the calls in flight count into the one that the next call finds.
        return inf if flying else self._log_ready(now)

    def _open_next(self) -> None:
        """The window ended for certain, or what was lost may be in none any more."""
        high, lost = min(self._high, len(self._log)), list[float]()
        if self._told:
            # What was lost since a call left that told of this window may be of the next.
            sent = max((sent for _, sent, used in self._log if used > 0), default=-inf)
            high, lost = 0, [at for at, _, used in self._log if used == _LOST and at > sent]
        self._told, self._opened = False, max(lost, default=None)
        self._begin(high, len(lost))

    def _begin(self, high: int, lost: int) -> None:
        """Another window, of which no figure has told; so many calls may be in it."""
        self._window += 1
        self._high, self._lost = high, lost
        self._since = self._replies - high - lost

    def _follow(self, flight: _Flight, now: float, usage: Usage, *, proof: bool) -> None:
        """Keeps `counted + in flight` at or above what the server has counted in its present window."""
        flying = len(self._flights)
        own = flight.window == self._window
        # The gate begins with the window of the proof: what it had counted while the log decided is of another.
        rolled = proof or (own and self._told and self._is_of_another(flight, usage))
        if self._since is not None and not rolled:
            # Of ours, no more count than were answered since the window before ended. A figure tells of this window
            # if its call was sent since then, too; else it may be the old one's, or of one that nobody saw begin.
            answered = self._replies - self._since - self._lost + 1
            self._high = max(self._high, answered, usage.used if own else 0)
            if own and not self._told:
                self._opened, self._told = now, True
        elif rolled:
            # The counter rolled over. Replies that crossed this call may belong to the new window as well.
            crossed = self._replies - flight.replies
            told = max((used for *_, used in self._since_then(flight.sent)), default=0)
            self._high = min(usage.used + crossed + flying, max(usage.used + crossed, told))
            self._window += 1
            self._opened, self._told = now, True
            self._lost = 0
            self._since = None
        elif flight.window < self._window:
            # Sent before the roll was known: of the old window or the new, and its figure with it.
            self._high = max(self._high + 1, min(usage.used, self._high + flying + 1))
        else:
            self._high = max(self._high, usage.used)

    def _is_of_another(self, flight: _Flight, usage: Usage) -> bool:
        """Whether a figure cannot be of the window that was open when the call left: no window tells one twice."""
        return usage.used <= flight.high or self._has_told(usage.used)

    def _has_told(self, figure: int) -> bool:
        """Whether a reply told it of the window that is open."""
        if self._opened is None or not self._told:
            return False
        return any(used == figure for *_, used in self._since_then(self._opened))

    def _since_then(self, at: float) -> Iterator[tuple[float, float, int]]:
        return takewhile(lambda entry: entry[0] >= at, reversed(self._log))
