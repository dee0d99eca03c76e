"""A limit that nobody tells: approached along a curve, measured when the vendor throttles, and remembered.

Three thoughts carry it (docs/decisions/0005-adaptive-limiter.md):

* The *ceiling* is the rate believed to be allowed. After a throttle the rate starts a tenth below it, is back at it
  after a minute of busy work, and then feels its way beyond, ever faster: a tenth more after another minute, double
  after three.
* When calls are let through again after a throttle, the calls of the last minute *are* the limit, for fixed and for
  sliding windows alike. That measures the ceiling instead of guessing it.
* While the vendor refuses, one call at a time asks whether that is over, ever more rarely. Whatever comes meanwhile
  is the same throttle and costs no second cut. If throttles end at the same second of the minute, the server counts
  in fixed windows: then the next window is waited for instead of asked for.

A limit that the vendor's pages name is kept to exactly, and felt beyond only after ten minutes of work at it.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from math import inf

import msgspec

from commerce_async.limits.base import Policy, Snapshot, Usage
from commerce_async.limits.documented import MINUTE, Documented, moments, steps

# A little below what was measured: the last calls of a window cost more in throttles than they bring.
_SHADE = 0.98
# One throttle in so many calls is borne; more often, and the ceiling was too high.
_RARE = 100
# Above the ceiling the rate waits for proof: no more than so many times what the last minute let through, and more
# once that shows that the ceiling is out of date.
_AHEAD = 1.05
_FAR_AHEAD = 1.25
_OUTDATED = 1.1
# A throttle that lasts so many seconds is a window that is used up: what was measured is believed down to half of the
# ceiling. One that is over at once proves less.
_LONG = 5.0
_CUT_LONG = 0.5
_CUT = 0.7
# A window is hardly used up if the last minute saw less than this share of the ceiling.
_WORKED = 0.5
# A documented limit of which a minute saw so much is there.
_AS_GOOD = 0.95
# Near the end of a window it is asked for the next a little early: how it goes tells better when windows begin. With
# more of the window left, its refusals are too many already.
_NEAR = 10.0
# Admitted calls are remembered for so long: a minute before the longest pause.
_MEMORY = 2 * MINUTE


class _Flight(msgspec.Struct, array_like=True):
    sent: float
    step: float
    slot: float  # its own; the next is a step later
    busy: bool


class _Refusal(msgspec.Struct, array_like=True):
    """From a throttle until a later call is let through."""

    began: float
    rate: float  # calls per second when the refused call went out
    calls: int  # let through since the throttle before
    seconds: float  # since then
    sent: float  # when the last call that was refused went out
    no_room: float = -inf  # the latest time at which there was none
    probes: int = 0  # calls refused after the first


class _State(msgspec.Struct, array_like=True):
    """An `AdaptivePolicy`'s, as it is written down."""

    rate: float
    ceiling: float
    age: float
    ticket: int
    flights: dict[int, _Flight]
    admitted: list[int]  # in milliseconds, each after the first since the one before
    calls: int
    slot: float
    refusal: _Refusal | None
    opened: tuple[float, float]
    certain: bool
    refused_at: float
    patience: float
    documented: tuple[float, list[int]] | None = None


class AdaptivePolicy:
    """Finds and keeps the rate that a vendor allows, as `limits.base.Shareable`.

    Args:
        rate: calls per second to begin with.
        floor: the rate is never below it.
        top: the rate is never above it.
        concurrency: most calls on the wire at once.
        documented: calls a minute that the vendor's pages name; None if they name none.

    Raises:
        ValueError: bounds that cannot be kept.
    """

    def __init__(
        self,
        rate: float = 4.0,
        *,
        floor: float = 0.1,
        top: float = 50.0,
        concurrency: int = 8,
        documented: int | None = None,
    ) -> None:
        if not 0 < floor <= rate <= top < inf or concurrency < 1:
            raise ValueError(f"the rate must lie between {floor} and {top} calls per second, not {rate}")
        self.rate = self.ceiling = rate
        self._floor, self._top = floor, top
        self._concurrency = concurrency
        self._documented = Documented(documented) if documented else None
        self._ceded = 0.0  # a share of the limit that others have
        self._age = 1.0  # minutes of busy work since the last throttle; at 1 the rate is the ceiling
        self._ticket = 0  # the next call's
        self._flights: dict[int, _Flight] = {}
        self._admitted: list[float] = []  # when the calls let through were sent, sorted
        self._calls = 0  # let through since the last throttle
        self._slot = -inf  # when the next call may go
        self._refusal: _Refusal | None = None
        self._opened = (-inf, -inf)  # between these a window of the server began, and a minute later the next
        self._certain = False  # seen twice, or after a throttle too long for anything but a window
        self._refused_at = -inf  # calls sent until then belong to the last throttle
        self._patience = -inf  # until when the call that asks whether it is over stays alone

    @property
    def concurrency(self) -> int:
        """Calls on the wire at once; the vendor publishes no limit, so this stays small."""
        return self._concurrency

    def ready_at(self, now: float) -> float:
        if len(self._flights) >= self._concurrency:
            return inf
        room = kept.room_at(len(self._flights)) if (kept := self._kept) else -inf
        return max(now, self._slot, self._patience, room)

    def start(self, now: float) -> int:
        ticket, self._ticket = self._ticket, self._ticket + 1
        step = 1 / (self.rate * (1 - self._ceded))
        # Busy: the slot was taken as soon as it was free. Being a little late moves no later slot.
        busy = now - self._slot < step
        slot = self._slot if busy else now
        self._flights[ticket] = _Flight(now, step, slot, busy=busy)
        self._slot = slot + step
        if self._refusal is not None:
            self._patience = now + _pause(self._refusal, now)
        return ticket

    def cancel(self, ticket: int, now: float) -> None:
        flight = self._flights.pop(ticket)
        if self._slot == flight.slot + flight.step:
            self._slot = flight.slot
        if flight.sent > self._refused_at:
            self._patience = -inf

    def finish(self, ticket: int, now: float, usage: Usage | None = None) -> None:
        flight = self._end(ticket, now)
        if self._refusal is not None and flight.sent > self._refused_at:
            self._note_opening(self._refusal, now)
            self._recover(self._refusal, flight.sent)
        insort(self._admitted, flight.sent)
        del self._admitted[: bisect_right(self._admitted, now - _MEMORY)]
        self._calls += 1
        if flight.busy and self._refusal is None and self._proven(now):
            self._note_work(flight.step / MINUTE, now)
            self._follow_curve()

    def lose(self, ticket: int, now: float) -> None:
        self._end(ticket, now)  # it neither proves the rate nor answers whether a throttle is over

    def throttle(self, ticket: int, now: float, wait: float | None) -> float:
        flight = self._end(ticket, now)
        pause = wait or 0.0
        if flight.sent > self._refused_at:
            refusal = self._refuse(flight, now)
            refusal.no_room = flight.sent if wait is None else now + wait
            # A time that was told and did not hold is not relied upon alone.
            if wait is None or refusal.probes:
                pause = max(pause, self._until_opening(refusal, now) or _pause(refusal, now))
            self._refused_at, self._patience = now, -inf
        self._slot = max(self._slot, now + pause)
        return now + pause

    def estimate(self, now: float, ahead: int) -> float:
        return max(0.0, self._slot - now) + ahead / self._top

    def snapshot(self, now: float) -> Snapshot:
        begun = self._admitted[0] if self._admitted else now
        span = min(MINUTE, max(now - begun, 1.0))
        used = self._lately(now) * MINUTE / span
        return Snapshot(used=used, limit=self.rate, period=1.0, in_flight=len(self._flights))

    # -- shared with others ----------------------------------------------------------------------------------

    @property
    def memory(self) -> float:
        """A minute: what the vendor is taken to count."""
        return MINUTE

    def save(self) -> bytes:
        state = _State(
            rate=self.rate,
            ceiling=self.ceiling,
            age=self._age,
            ticket=self._ticket,
            flights=self._flights,
            admitted=steps(self._admitted),
            calls=self._calls,
            slot=self._slot,
            refusal=self._refusal,
            opened=self._opened,
            certain=self._certain,
            refused_at=self._refused_at,
            patience=self._patience,
            documented=self._documented.save() if self._documented else None,
        )
        return msgspec.msgpack.encode(state)

    def restore(self, state: bytes) -> None:
        found = msgspec.msgpack.decode(state, type=_State)
        self.rate, self.ceiling, self._age = found.rate, found.ceiling, found.age
        self._ticket, self._flights = found.ticket, found.flights
        self._admitted, self._calls = moments(found.admitted), found.calls
        self._slot, self._refusal, self._opened = found.slot, found.refusal, found.opened
        self._certain, self._refused_at, self._patience = found.certain, found.refused_at, found.patience
        if self._documented and found.documented:
            self._documented.restore(found.documented)

    def skip(self, ticket: int) -> None:
        self._ticket = max(self._ticket, ticket)

    def adopt(self, sent: float) -> int:
        ticket, self._ticket = self._ticket, self._ticket + 1
        self._flights[ticket] = _Flight(sent, 1 / self.rate, sent, busy=False)
        return ticket

    def doubt(self, now: float) -> None:
        self._opened, self._certain = (-inf, -inf), False

    def cede(self, share: float) -> None:
        self._ceded = share

    def part(self, parts: int) -> tuple[Policy, float]:
        rate = self.rate / parts
        # What it may find out alone is nothing to go beyond: it sees a part of the calls.
        calls = self._kept.calls // parts if self._kept else None
        alone = AdaptivePolicy(
            rate,
            floor=min(self._floor, rate),
            top=rate,
            concurrency=-(-self._concurrency // parts),
            documented=calls,
        )
        return alone, 1 / rate

    # -- calls that end ----------------------------------------------------------------------------------------

    @property
    def _kept(self) -> Documented | None:
        """The limit that is documented, if it is taken for true."""
        return self._documented if self._documented and self._documented.holds(self.ceiling) else None

    def _end(self, ticket: int, now: float) -> _Flight:
        if self._documented:
            self._documented.end(now)
        return self._flights.pop(ticket)

    def _note_work(self, minutes: float, now: float) -> None:
        if (kept := self._kept) and self.rate >= kept.rate:
            kept.tried += minutes
            if self.ceiling < kept.rate and self._lately(now) > _AS_GOOD * kept.rate:
                # A ceiling from a bad time is disproved; left there, the next throttle would be measured by it.
                self.ceiling, self._age = kept.rate, 1.0
        else:
            self._age += minutes

    # -- what a throttle teaches -----------------------------------------------------------------------------

    def _refuse(self, flight: _Flight, now: float) -> _Refusal:
        """Notes a call that was refused and belongs to no throttle known before."""
        if self._refusal is not None:
            self._refusal.probes += 1
            self._refusal.sent = flight.sent
            return self._refusal
        self._refusal = _Refusal(now, 1 / flight.step, self._calls, now - self._refused_at, flight.sent)
        self._calls = 0
        return self._refusal

    def _note_opening(self, refusal: _Refusal, now: float) -> None:
        """A call was let through again: if windows are fixed, one began since the last refusal."""
        earliest, latest = self._opened
        shift = round((now - latest) / MINUTE) * MINUTE if latest > -inf else 0.0
        both = max(earliest + shift, refusal.sent), min(latest + shift, now)
        seen_twice = both[0] < both[1]
        self._opened = both if seen_twice else (refusal.sent, now)
        self._certain = seen_twice or now - refusal.began > _LONG

    def _until_opening(self, refusal: _Refusal, now: float) -> float | None:
        """Seconds until a new window of the server should end the throttle; None if nothing tells, or it did not."""
        earliest, latest = self._opened
        worked = self._lately(now) > _WORKED * self.ceiling
        if not worked or latest == -inf or refusal.probes < (1 if self._certain else 2):
            return None
        opening, doubt = refusal.began + (latest - refusal.began) % MINUTE, latest - earliest
        if opening <= now:
            return None
        refusal.no_room = max(refusal.no_room, opening - doubt)
        early = opening - doubt / 3
        return (early if early > now and opening - refusal.began < _NEAR else opening) - now

    def _recover(self, refusal: _Refusal, now: float) -> None:
        """A call was let through again: what is the limit?"""
        # There was no room at one time, and room at the other. The truth lies between.
        seen = (self._lately(min(refusal.no_room, now)) + self._lately(now)) / 2
        often = refusal.seconds < inf and refusal.calls < _RARE
        long = now - refusal.began > _LONG
        if often:
            # A bucket that refills: what it let through between two throttles is what it refills by.
            seen = min(seen, refusal.calls / refusal.seconds)
        measured = min(seen, refusal.rate) * _SHADE
        if often or long:
            # It may be too little: the calls were few, or others had used the limit up.
            least = (_CUT_LONG if long else _CUT) * min(refusal.rate, self.ceiling)
            self.ceiling = max(measured, least, self._floor)
        else:
            # One refusal among many calls, over at once: no reason to believe in less than before.
            self.ceiling = max(measured, self.ceiling)
        self._refusal, self._patience, self._age = None, -inf, 0.0
        if self._documented:
            self._documented.tried = 0.0
        self._follow_curve()

    def _proven(self, now: float) -> bool:
        lately = self._lately(now)
        ahead = _FAR_AHEAD if lately > _OUTDATED * self.ceiling else _AHEAD
        return self.rate < self.ceiling or self.rate <= ahead * lately

    def _follow_curve(self) -> None:
        most = min(self._top, kept.rate) if (kept := self._kept) else self._top
        self.rate = max(self._floor, min(self.ceiling * (1 + 0.1 * (self._age - 1) ** 3), most))

    def _lately(self, now: float) -> float:
        """Calls per second that were let through, of those sent in the minute until then."""
        return (bisect_right(self._admitted, now) - bisect_right(self._admitted, now - MINUTE)) / MINUTE


def _pause(refusal: _Refusal, now: float) -> float:
    """Seconds until the vendor is asked again whether the throttle is over."""
    return min(2.0 ** min(refusal.probes + 1, 6), 10.0 if now - refusal.began < MINUTE else MINUTE)
