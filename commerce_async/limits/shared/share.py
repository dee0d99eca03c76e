"""A member's part in a shared limit: the permits it holds, what it has to tell, and what it does when alone. No I/O."""

from __future__ import annotations

import secrets
from collections import deque
from itertools import count, takewhile
from math import inf

import msgspec

from commerce_async.limits.base import Lane, Policy, Snapshot, Usage
from commerce_async.limits.shared.account import SILENT, Account, End, Report, Sent

# A member is heard of at least so often.
HEARTBEAT = 3.0
# Who wrote last gives out the next permits when their time comes. If it does not, one of those that wait does it, so
# many seconds later.
_STAGGER = 0.3
# A view older than this tells only what cannot have changed.
_STALE = 1.0
# Beside the time until earlier calls no longer matter: for permits that were given out and not used yet.
_MARGIN = 1.0


class Timing(msgspec.Struct, frozen=True):
    """The server's time, and when it was asked for and told on the local clock. The truth lies in between."""

    server: float
    asked: float
    told: float

    def early(self, now: float) -> float:
        """The server's time is no less now."""
        return self.server + now - self.told

    def late(self, now: float) -> float:
        """The server's time is no more now."""
        return self.server + now - self.asked


class Draft(msgspec.Struct, frozen=True):
    """A state to be written in place of the one it was made from.

    Attributes:
        token: names it.
        wake: members that should look at it.
        adopted: tickets for calls that had none.
    """

    token: str
    saved: bytes
    wake: list[str]
    adopted: list[tuple[Sent, int]]


class _Alone(msgspec.Struct):
    """What is done without the others.

    Attributes:
        quiet_until: when what went out together has room beside it.
        step: seconds between two calls for the cap on the rate.
        tried: when the board was last asked in vain.
    """

    policy: Policy
    parts: int
    quiet_until: float
    step: float
    tried: float

    def ready_at(self, now: float) -> float:
        if now > self.tried + SILENT:  # stopped meanwhile: it asks again first
            return inf
        return max(self.policy.ready_at(now), self.quiet_until)

    def start(self, now: float) -> int:
        self.quiet_until = max(self.quiet_until, now + self.step)
        return self.policy.start(now)


class _End(msgspec.Struct, frozen=True):
    """The end of a call, and when it is certain that the time in the report has come, on the local clock."""

    report: Report
    certain: float


class _Call(msgspec.Struct):
    known: Sent
    alone: tuple[Policy, int] | None = None


class Share:
    """What a `Limiter` takes for its policy, as `limits.base.Policy`, and what a board is told.

    Args:
        account: this member's view of the account.
        pace: the account's cap on the rate, for when this member is alone.

    Attributes:
        member: its name, given by the board.
        token: names the state that is known.
    """

    def __init__(self, account: Account, pace: float | None = None) -> None:
        self.member = ""
        self.token = ""
        self._account = account
        self._pace = pace
        self._saved: bytes | None = None
        self._serial = 0
        self._timing: Timing | None = None
        self._between = -inf, inf  # the account's time when the timing came, by the one before and our own clock
        self._gather: list[str] | None = None  # whose doings may be unknown
        self._alone: _Alone | None = None
        self._was_alone: _Alone | None = None  # until the others know that it is back
        self._waiting: list[int] = [0] * len(Lane)
        self._tickets, self._numbers = count(), count(1)
        self._calls: dict[int, _Call] = {}  # on the wire
        self._pool: deque[int] = deque()  # shared tickets of permits that no call has taken
        self._ends: deque[_End] = deque()  # as long as they matter, for boards that forget
        self._told = 0
        self._again = False
        self._beat = -inf  # when it must be heard of again
        self._turn = inf  # when this member gives out the next permits, if nobody else did

    # -- what the limiter asks ---------------------------------------------------------------------------------

    @property
    def concurrency(self) -> int:
        """One member may have all permits."""
        return self._account.policy.concurrency

    def ready_at(self, now: float) -> float:
        if self._alone is not None:
            return self._alone.ready_at(now)
        # Held for as long as this, permits may be others' by now: the process was stopped.
        stopped = self._timing is not None and now > self._timing.told + SILENT + HEARTBEAT
        return now if self._pool and not stopped else inf

    def start(self, now: float) -> int:
        number = next(self._tickets)
        if self._alone is not None:
            self._calls[number] = _Call(Sent(self._early(now)), (self._alone.policy, self._alone.start(now)))
        else:
            self._calls[number] = _Call(Sent(self._early(now), self._pool.popleft()))
        return number

    def cancel(self, ticket: int, now: float) -> None:
        call = self._calls.pop(ticket)
        if call.alone is not None:
            policy, own = call.alone
            policy.cancel(own, now)
        if call.known.ticket is None:
            return
        if self._alone is None and call.alone is None:
            self._pool.append(call.known.ticket)  # for the next in the queue
        else:
            self._again = True

    def finish(self, ticket: int, now: float, usage: Usage | None = None) -> None:
        call = self._calls.pop(ticket)
        if call.alone is not None:
            policy, own = call.alone
            policy.finish(own, now)  # the header tells of all members, the policy is of one
        self._tell(call, End.FINISHED, now, usage=usage)

    def lose(self, ticket: int, now: float) -> None:
        call = self._calls.pop(ticket)
        if call.alone is not None:
            policy, own = call.alone
            policy.lose(own, now)
        self._tell(call, End.LOST, now)

    def throttle(self, ticket: int, now: float, wait: float | None) -> float:
        call = self._calls.pop(ticket)
        self._tell(call, End.THROTTLED, now, wait=wait)
        if call.alone is not None:
            policy, own = call.alone
            return policy.throttle(own, now, wait)
        if self._alone is None and call.known.ticket in self._account.owned(self.member):
            # A look ahead at what the others will be told; it is forgotten with the next state that is loaded.
            view = self._account
            view.report(self.member, [self._ends[-1].report])
            return now + view.paused(self._late(now))
        return now + (wait or _MARGIN)

    def estimate(self, now: float, ahead: int) -> float:
        if self._alone is not None:
            return max(self._alone.policy.estimate(now, ahead), self._alone.quiet_until - now)
        timing = self._timing
        if self._pool or timing is None:
            return 0.0
        early = self._early(now)
        paused = self._account.paused(early)
        return paused if now - timing.told > _STALE else max(paused, self._account.policy.estimate(early, ahead))

    def snapshot(self, now: float) -> Snapshot:
        if self._alone is not None:
            return self._alone.policy.snapshot(now)
        early = self._early(now)
        state = self._account.policy.snapshot(early)
        return msgspec.structs.replace(state, paused=self._account.paused(early))

    # -- what the limiter tells --------------------------------------------------------------------------------

    def wait(self, waiting: list[int]) -> None:
        """So many calls wait, by lane."""
        self._waiting = waiting

    def due(self, now: float) -> float:
        """When this member has something to do; `-inf` if it has already."""
        if self._timing is None or self._again or self._gather is not None or self._account.awaits(self.member):
            return -inf
        if len(self._pool) > sum(self._waiting) or self._wants(len(self._pool)) != self._account.wants(self.member):
            return -inf
        news = next((end.certain for end in self._ends if end.report.number > self._told), inf)
        return min(self._beat, self._turn, news)

    def certain(self, now: float) -> float:
        """When all that ended until now is over on the account's clock as well."""
        return now if self._timing is None else now + self._timing.told - self._timing.asked

    # -- what the board says -----------------------------------------------------------------------------------

    @property
    def parts(self) -> int | None:
        """Of how many members this one goes on with its part alone; None if it is not alone."""
        return None if self._alone is None else self._alone.parts

    def heard(self, timing: Timing) -> None:
        """The board told the time."""
        if self._timing is not None:
            self._between = self._early(timing.told), self._late(timing.told)
        self._timing = timing

    def found(self, token: str, saved: bytes | None) -> None:
        """This is what is written down now, by somebody else."""
        others = [name for name in self._account.members if name != self.member]
        self._view(saved or self._saved)
        if saved is not None:
            self._saved = saved
            if token != self.token and self._account.serial <= self._serial:
                self._gather = others  # the board has lost the latest
        elif self._saved is not None:
            self._gather = others  # the board has lost everything: from what is known here it goes on
        self.token = token
        self._settle(wrote=False)

    def draft(self, now: float) -> Draft:
        """The state as it goes on with what this member did and wants."""
        account, member = self._load(now)
        early = self._early(now)
        wake: set[str] = set()
        if self._gather is not None:
            wake |= set(account.gather(member, self._gather, early))
        old = self._gather is not None or account.awaits(member)
        if account.reported(member) is None:
            wake.update(account.members)  # they are one more from now on
        account.attend(member, early, 0 if self._gather is not None else self._told)
        over = self._report(now)
        calls = [call.known for call in self._calls.values()]
        calls += [end.report.call for end in self._ends if end.report.number > over]  # as good as on the wire
        adopted = [(calls[place], ticket) for place, ticket in account.adopt(member, calls).items()]
        taken = {call.ticket for call in calls} | {ticket for _, ticket in adopted}
        spare = [ticket for ticket in account.owned(member) if ticket not in taken]
        # Permits from before an outage are as old as it is, and more may have gone out since than they allow for.
        kept = 0 if account.paused(early) or old else sum(self._waiting)
        account.give_back(spare[kept:], early)
        self._pool = deque(ticket for ticket in self._pool if ticket in spare[:kept])
        account.ask(member, self._wants(len(spare[:kept])), early)
        wake |= account.grant(early) - {member}
        return Draft(secrets.token_hex(8), account.save(), sorted(wake), adopted)

    def farewell(self, now: float) -> Draft:
        """The state without this member. Calls of its on the wire are lost, and certain to be."""
        account, member = self._load(now)
        early = self._early(now)
        account.attend(member, early, self._told)
        self._report(now)
        account.leave(member, early)
        return Draft(secrets.token_hex(8), account.save(), sorted(account.grant(early)), [])

    def written(self, draft: Draft) -> None:
        """The draft is what is written down now."""
        self.token, self._saved = draft.token, draft.saved
        self._gather, self._again, self._was_alone = None, False, None
        for call, ticket in draft.adopted:
            call.ticket = ticket
        self._view(draft.saved)
        if self._timing is not None:
            self._beat = self._timing.told + HEARTBEAT
        self._settle(wrote=True)

    def part(self, now: float, *, unknown: bool = False) -> None:
        """The board cannot be asked: this member goes on alone, with its part.

        Args:
            unknown: for certain, nobody knows that it was about to come back.
        """
        if unknown and self._alone is None:
            self._alone = self._was_alone
            self._pool.clear()
        if self._alone is None:
            self._view(self._saved, now)
            parts = len({self.member, *self._account.members, *(self._gather or ())})
            policy, quiet = self._account.policy.part(parts)
            # If it is this member alone that is cut off, the others leave it its part once they miss it.
            quiet += SILENT + (_MARGIN if quiet > _MARGIN else 0.0)
            paused = self._account.paused(self._early(now))
            step = parts / self._pace if self._pace is not None else 0.0
            self._alone = _Alone(policy, parts, now + max(quiet, paused), step, now)
            self._pool.clear()
        self._alone.tried = now

    def join(self) -> None:
        """The board can be asked again: nothing goes out any more without the others."""
        if self._alone is not None:
            self._was_alone, self._alone = self._alone, None
            self._gather = self._account.members

    # -- within ------------------------------------------------------------------------------------------------

    def _load(self, now: float) -> tuple[Account, str]:
        self._view(self._saved, now)
        return self._account, self.member

    def _view(self, saved: bytes | None, now: float | None = None) -> None:
        """Loads a state, at a time; when the board was heard if none is given."""
        self._account.load(saved)
        if (timing := self._timing) is not None:
            now = timing.told if now is None else now
            least, most = (at + now - timing.told for at in self._between)
            self._account.advance((timing.early(now), timing.late(now)), (least, most))

    def _settle(self, *, wrote: bool) -> None:
        """Takes over what the state that was loaded says of this member."""
        account = self._account
        self._serial = account.serial
        reported = account.reported(self.member)
        if reported is not None or self._gather is not None:
            self._told = reported or 0
        taken = {call.known.ticket for call in self._calls.values()}
        taken |= {end.report.call.ticket for end in self._ends if end.report.number > self._told}
        self._pool.clear()
        if self._gather is None and not account.awaits(self.member):
            self._pool.extend(ticket for ticket in account.owned(self.member) if ticket not in taken)
        self._turn = inf
        place = 0 if wrote else account.place(self.member)
        if self._timing is not None and place is not None:
            then = self._timing.told
            early = self._early(then)
            self._turn = then + account.ready_at(early) - early + _STAGGER * place

    def _tell(
        self, call: _Call, end: End, now: float, *, usage: Usage | None = None, wait: float | None = None
    ) -> None:
        report = Report(next(self._numbers), call.known, end, self._late(now), usage, wait)
        self._ends.append(_End(report, self.certain(now)))
        # By the local clock: the times in reports are as late as they can be, and some much later than others.
        while self._ends[0].certain < now - self._account.policy.memory:
            self._ends.popleft()

    def _report(self, now: float) -> int:
        """Tells what ended; returns the number of the last that is told.

        A report has the latest time at which the call may have ended. Before that has come for certain nothing is
        told: for others' calls, the policy must not take a time that is ahead for the time that it is.
        """
        over = [end.report for end in takewhile(lambda end: end.certain <= now, self._ends)]
        self._account.report(self.member, over)
        return over[-1].number if over else 0

    def _wants(self, permits: int) -> list[int]:
        """The calls that wait, by lane, but for so many that have a permit already."""
        wants: list[int] = []
        for waiting in self._waiting:
            covered = min(waiting, permits)
            wants.append(waiting - covered)
            permits -= covered
        return wants

    def _early(self, now: float) -> float:
        return self._account.time(self._timing.early(now)) if self._timing else now

    def _late(self, now: float) -> float:
        return self._account.time(self._timing.late(now)) if self._timing else now
