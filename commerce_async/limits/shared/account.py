"""One account's limit as several members share it: a state that is written down, and how it goes on. Pure.

The rules are the policy's. Here is only what a single process does not need: who is a member, whose turn it is, whose
call a ticket belongs to, and what becomes of the tickets of a member that is no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum
from math import inf

import msgspec

from commerce_async.limits.base import Lane, LeavesRoom, Shareable, Usage
from commerce_async.limits.limiter import BULK_EVERY, EXPECTED

# A member unheard of for so many seconds may be cut off from the others: its part is left to it, in case it goes on
# alone. One that does so waits until that is sure to be known.
SILENT = 5.0
# After so many seconds its permits go to the others, and its calls are taken for lost.
DEAD = 10.0
# For so many seconds its part is left to it, if nobody can see whether its process lives, or if that is seen to live.
# That may not be a member any more: nobody can say goodbye to a board that is lost.
KEPT = 60.0
KEPT_LIVING = 600.0
# However many are silent, the others go on with so much of the limit at least.
_LEAST = 0.5
# After an outage nobody gets a permit until all members are back, or for so many seconds.
GATHER = 3.0
# The server's clock was set back, or ahead, if it shows so many seconds less or more than it can, by what it showed
# before and a member's own clock.
_BACK, _AHEAD = 0.01, 0.05
_TICK = 1e-6


class End(IntEnum):
    """How a permit ended; see `Permit`."""

    FINISHED = 0
    LOST = 1
    THROTTLED = 2


class Sent(msgspec.Struct):
    """A call of this member's. Times are the account's.

    Attributes:
        ticket: the shared ticket; None if it went out without one.
    """

    sent: float
    ticket: int | None = None


class Report(msgspec.Struct, frozen=True):
    """How a call ended, numbered so that it counts once however often it is told."""

    number: int
    call: Sent
    end: End
    at: float
    usage: Usage | None = None
    wait: float | None = None


class _Member(msgspec.Struct, array_like=True):
    seen: float
    reported: int = 0
    # Calls that wait, by lane.
    wants: list[int] = msgspec.field(default_factory=lambda: [0] * len(Lane))
    parts: int = 1  # members that it knows of: in so many parts it takes the limit to be cut, if it is alone
    missed: float = -inf  # when it was waited for after an outage, in vain


class _State(msgspec.Struct, array_like=True):
    policy: bytes
    serial: int = 0
    at: float = -inf  # the latest time seen
    shift: float = 0.0  # what to add to the server's time, so that the account's never goes back
    paused: float = -inf  # until then
    paced: float = -inf  # when the cap on the rate allows the next
    since_bulk: int = 0
    expecting: float = -inf  # a person's next call, until then
    members: dict[str, _Member] = {}  # in the order of their turns
    tickets: dict[int, str] = {}
    awaited: dict[str, float] = {}  # until when


class Account:
    """The shared state and the policy in it.

    A member loads what is written down, tells the time, does what it has to do, and saves that if nobody else did so
    in the meantime; else it does the same with what the other saved.

    Args:
        policy: as new; its state comes and goes with the account's.
        pace: calls per second never to exceed, beside the policy; None for no such cap.
        lives: whether a member that is not heard of is still there; None if that cannot be seen.
    """

    def __init__(
        self, policy: Shareable, pace: float | None = None, lives: Callable[[str], bool | None] = lambda _: None
    ) -> None:
        self.policy = policy
        self._pace = pace
        self._lives = lives
        self._new = policy.save()
        self._state = _State(self._new)

    def load(self, saved: bytes | None) -> None:
        """Takes up what was saved; nothing was, the account is new."""
        self._state = msgspec.msgpack.decode(saved, type=_State) if saved else _State(self._new)
        self.policy.restore(self._state.policy)

    def save(self) -> bytes:
        """The state, to be written down as the next one."""
        self._state.serial += 1
        self._state.policy = self.policy.save()
        return msgspec.msgpack.encode(self._state)

    # -- what it says ----------------------------------------------------------------------------------------

    @property
    def serial(self) -> int:
        """Counts the states of an account, as long as none is lost."""
        return self._state.serial

    @property
    def members(self) -> list[str]:
        """All of them, those whose turn comes next first."""
        return list(self._state.members)

    def time(self, server: float) -> float:
        """The account's time for the server's."""
        return server + self._state.shift

    def owned(self, member: str) -> list[int]:
        """The tickets of a member's calls, and of its permits."""
        return [ticket for ticket, owner in self._state.tickets.items() if owner == member]

    def awaits(self, member: str) -> bool:
        """Whether nobody gets a permit until the member has told what it did."""
        return member in self._state.awaited

    def wants(self, member: str) -> list[int]:
        """The member's calls that wait, by lane."""
        known = self._state.members.get(member)
        return known.wants if known else [0] * len(Lane)

    def reported(self, member: str) -> int | None:
        """The number of the member's last report that counts; None if the member is not known."""
        known = self._state.members.get(member)
        return known.reported if known else None

    def ready_at(self, now: float) -> float:
        """When the next of the calls that wait may go; `inf` if none waits, or it depends on what a member tells."""
        lane, state = self._next_lane(), self._state
        if lane is None:
            return inf
        ready = max(self.policy.ready_at(now), state.paused, state.paced, *state.awaited.values(), -inf)
        leaves = lane is Lane.BULK and now < state.expecting and not self._wanted(Lane.INTERACTIVE)
        return max(ready, self.policy.spare_at(now)) if leaves and isinstance(self.policy, LeavesRoom) else ready

    def paused(self, now: float) -> float:
        """Seconds until a throttle is over; 0 if there is none."""
        return max(0.0, self._state.paused - now)

    def place(self, member: str) -> int | None:
        """The member's place among those with calls that wait, from 1; None if it has none."""
        waiting = [name for name, each in self._state.members.items() if any(each.wants)]
        return waiting.index(member) + 1 if member in waiting else None

    # -- what members do -------------------------------------------------------------------------------------

    def advance(self, server: tuple[float, float], ours: tuple[float, float] = (-inf, inf)) -> None:
        """Tells the server's time. If its clock was set, the account's goes on as if it was not.

        Args:
            server: between these is the time that its clock shows.
            ours: between these is the account's time, by what its clock showed before and the member's own.
        """
        state, (early, late) = self._state, server
        least = max(state.at, ours[0])
        if late + state.shift < least - _BACK or early + state.shift > max(least, ours[1]) + _AHEAD:
            state.shift = least - early
            self.policy.doubt(least)
        state.at = max(state.at, early + state.shift)

    def attend(self, member: str, now: float, reported: int = 0) -> None:
        """The member is there. If it was forgotten meanwhile, its reports up to `reported` count already."""
        state = self._state
        known = state.members.setdefault(member, _Member(now, reported))
        known.seen, known.parts = now, len(state.members)
        state.awaited.pop(member, None)
        self._end_waiting(now)
        silent = [name for name, each in state.members.items() if each.seen < now - SILENT]
        ceded = sum(self._left_to(name, now) for name in silent if name not in state.awaited)
        self.policy.cede(min(ceded, 1 - _LEAST))

    def gather(self, member: str, others: Iterable[str], now: float) -> list[str]:
        """What others did may be unknown: nobody gets a permit until they have told, or for a moment.

        Returns:
            Those to wait for.
        """
        state = self._state
        for name in others:
            state.members.setdefault(name, _Member(now))
        awaited = [name for name in state.members if name != member]
        state.awaited.update((name, now + GATHER) for name in awaited)
        # Later tickets than we know of may have been given out, and later states been written; fewer than one in a
        # millisecond, though. So a copy of one of those is older than what is written from now on, should it turn up.
        self.policy.skip(int(now * 1000))
        self._state.serial = max(self._state.serial, int(now * 1000))
        return awaited

    def report(self, member: str, reports: Iterable[Report]) -> None:
        """How calls ended. What was told before is not told again."""
        known = self._state.members[member]
        for report in reports:
            if report.number > known.reported:
                known.reported = report.number
                self._end(member, report)

    def adopt(self, member: str, calls: Iterable[Sent]) -> dict[int, int]:
        """Tickets for calls on the wire that have none here, by the call's place among `calls`."""
        tickets = self._state.tickets
        given: dict[int, int] = {}
        for place, call in enumerate(calls):
            if call.ticket is None or tickets.get(call.ticket) != member:
                given[place] = self.policy.adopt(call.sent)
                tickets[given[place]] = member
        return given

    def ask(self, member: str, wants: list[int], now: float) -> None:
        """So many calls wait, by lane, beside those for which there are permits."""
        self._state.members[member].wants = wants
        if wants[Lane.INTERACTIVE]:
            self._state.expecting = now + EXPECTED

    def give_back(self, tickets: Iterable[int], now: float) -> None:
        """Permits for which there is no call."""
        for ticket in tickets:
            del self._state.tickets[ticket]
            self.policy.cancel(ticket, now)

    def grant(self, now: float) -> set[str]:
        """Gives out what permits there are: interactive before bulk, members in turn. Returns who got any."""
        state = self._state
        lucky: set[str] = set()
        while (lane := self._next_lane()) is not None and self.ready_at(now) <= now + _TICK:
            name = next(name for name, each in state.members.items() if each.wants[lane])
            member = state.members.pop(name)
            member.wants[lane] -= 1
            state.since_bulk = 0 if lane is Lane.BULK else state.since_bulk + self._wanted(Lane.BULK)
            state.members[name] = member  # behind the others now
            state.tickets[self.policy.start(now)] = name
            if self._pace is not None:
                state.paced = now + 1 / self._pace
            lucky.add(name)
        return lucky

    def leave(self, member: str, now: float) -> None:
        """The member is no more."""
        state = self._state
        state.members.pop(member, None)
        state.awaited.pop(member, None)
        self._lose_all(member, now)

    def _lose_all(self, member: str, now: float) -> None:
        for ticket in self.owned(member):
            del self._state.tickets[ticket]
            self.policy.lose(ticket, now)

    def _end_waiting(self, now: float) -> None:
        state = self._state
        for name in [name for name, until in state.awaited.items() if until <= now]:
            del state.awaited[name]
            # It ended in the outage, and nobody will tell what it did alone: all that it may have done.
            part, _ = self.policy.part(max(1, len(state.members)))
            for _ in range(part.concurrency):
                self.policy.lose(self.policy.adopt(now), now)
            state.members[name].missed = now  # or it is cut off still

    def _left_to(self, name: str, now: float) -> float:
        """What of the limit a silent member may use alone."""
        member = self._state.members[name]
        lives = self._lives(name)
        since = max(member.seen + SILENT, member.missed)
        if lives is False or since + (KEPT_LIVING if lives else KEPT) <= now:
            self.leave(name, now)
            return 0.0
        member.wants = [0] * len(Lane)
        if member.seen < now - DEAD:
            self._lose_all(name, now)
        return 1 / member.parts

    def _end(self, member: str, report: Report) -> None:
        state, policy, ticket, usage = self._state, self.policy, report.call.ticket, report.usage
        if ticket is None or state.tickets.get(ticket) != member:
            # What the header said then does not go with what is known now.
            ticket, usage = policy.adopt(report.call.sent), None
        state.tickets.pop(ticket, None)
        match report.end:
            case End.FINISHED:
                policy.finish(ticket, report.at, usage)
            case End.LOST:
                policy.lose(ticket, report.at)
            case End.THROTTLED:
                state.paused = max(state.paused, policy.throttle(ticket, report.at, report.wait))

    def _next_lane(self) -> Lane | None:
        state = self._state
        interactive, bulk = map(self._wanted, Lane)
        if bulk and (not interactive or state.since_bulk >= BULK_EVERY - 1):
            return Lane.BULK
        return Lane.INTERACTIVE if interactive else None

    def _wanted(self, lane: Lane) -> bool:
        return any(each.wants[lane] for each in self._state.members.values())
