"""A board in memory, for many members on one virtual loop: slow, unreachable, forgetful, or with a clock of its own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from commerce_async.clock import LoopClock
from commerce_async.limits.base import Lane, Shareable, Usage
from commerce_async.limits.shared.limiter import Answer, Refused, SharedLimiter
from commerce_async.limits.shared.share import Draft
from tests.limits.servers import FirstCallWindow, FixedWindow, SlidingWindow
from tests.limits.worlds import now

Server = FirstCallWindow | FixedWindow | SlidingWindow


class Place:
    """What all boards of one account have in common."""

    def __init__(self, *, latency: float = 0.002, seed: int = 1) -> None:
        self.dice = random.Random(seed)
        self.latency = latency
        self.token, self.saved = "", None
        self.wakes: dict[str, Callable[[], None]] = {}
        self.cut: set[str] = set()  # members that do not reach it; "*" for all
        self.hangs = False
        self.full = False  # it can be read, and not be written on
        self.stalls = 0.0  # such a part of the ways there and back takes up to 1.8 s
        self.ended: set[str] | None = set()  # members whose process is known to be no more; None if nobody can see
        self.deaf = 0  # so many writes are carried out, and their answers lost
        self.ahead = 1_700_000_000.0  # of the loop's clock
        self.asked = 0
        self.token: str
        self.saved: bytes | None

    def forget(self, saved: bytes | None = None) -> None:
        """It knows nothing any more, or only what it knew once."""
        self.token, self.saved = ("old" if saved else ""), saved

    async def travel(self, member: str) -> None:
        stalled = self.stalls and self.dice.random() < self.stalls
        await asyncio.sleep(self.dice.uniform(0.0, 1.8) if stalled else self.latency * self.dice.uniform(0.2, 0.8))
        if self.hangs:
            await asyncio.sleep(3600)
        if member in self.cut or "*" in self.cut:
            raise ConnectionError


class MemoryBoard:
    """One member's, as `Board`."""

    where = "memory"

    def __init__(self, place: Place) -> None:
        self.place = place
        self.member = ""

    async def join(self, wake: Callable[[], None]) -> str:
        self.member = f"m{len(self.place.wakes) + 1}"
        self.place.wakes[self.member] = wake
        return self.member

    async def look(self) -> Answer:
        place = self.place
        await place.travel(self.member)
        place.asked += 1
        answer = Answer(now() + place.ahead, place.token, place.saved, written=False)
        await place.travel(self.member)
        return answer

    async def write(self, before: str, draft: Draft) -> Answer:
        place = self.place
        await place.travel(self.member)
        place.asked += 1
        if place.full:
            raise Refused("full")
        if before != place.token:
            answer = Answer(now() + place.ahead, place.token, place.saved, written=False)
        else:
            place.token, place.saved = draft.token, draft.saved
            answer = Answer(now() + place.ahead, place.token, None, written=True)
            for name in sorted(set(draft.wake) & place.wakes.keys()):
                asyncio.get_running_loop().call_later(place.latency / 2, place.wakes[name])
            if place.deaf:
                place.deaf -= 1
                raise ConnectionError
        await place.travel(self.member)
        return answer

    def lives(self, member: str) -> bool | None:
        return None if self.place.ended is None else member not in self.place.ended

    async def leave(self) -> None:
        self.place.wakes.pop(self.member, None)
        if self.place.ended is not None:
            self.place.ended.add(self.member)


class OwnClock(LoopClock):
    """A process's clock, which has nothing to do with that of others."""

    def __init__(self, offset: float) -> None:
        self.offset = offset

    def now(self) -> float:
        return super().now() + self.offset


class Member:
    """One process on the account: a limiter, and workers that call a server."""

    def __init__(
        self, team: Team, policy: Shareable, *, rate: float | None = None, offset: float = 0.0, name: str = "s"
    ) -> None:
        self.team = team
        self.limiter = SharedLimiter(
            policy, MemoryBoard(team.place), store=name, rate=rate, clock=OwnClock(offset) if offset else None
        )
        self.waits: list[float] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def call(self, lane: Lane = Lane.BULK) -> bool:
        team, asked = self.team, now()
        permit = await self.limiter.acquire(lane)
        self.waits.append(now() - asked)
        try:
            await asyncio.sleep(team.place.dice.uniform(0.0, team.trip))
            passed, used = team.server.call(now())
            (team.admitted if passed else team.refused).append(now())
            await asyncio.sleep(team.place.dice.uniform(0.0, team.trip))
            if passed:
                permit.finish(Usage(used, team.server.limit) if team.header else None)
            else:
                permit.throttle(None)
        finally:
            permit.lose()
        return passed

    def work(self, workers: int, lane: Lane = Lane.BULK) -> None:
        async def worker() -> None:
            while True:
                await self.call(lane)

        self.tasks += [asyncio.ensure_future(worker()) for _ in range(workers)]

    async def stop(self) -> None:
        tasks, self.tasks = self.tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def die(self) -> None:
        """As with SIGKILL: nothing is told to anybody, and nothing is heard any more."""
        task = self.limiter._task
        assert task is not None
        for each in (task, *self.tasks):
            each.cancel()
        name = self.limiter._share.member
        self.team.place.wakes[name] = lambda: None
        if self.team.place.ended is not None:
            self.team.place.ended.add(name)
        self.team.members.remove(self)


class Team:
    """Several members on one account, and the server that counts their calls."""

    def __init__(self, server: Server, *, header: bool = True, trip: float = 0.05, seed: int = 1) -> None:
        self.server, self.header, self.trip = server, header, trip
        self.place = Place(seed=seed)
        self.members: list[Member] = []
        self.admitted: list[float] = []
        self.refused: list[float] = []

    async def join(
        self, make: Callable[[], Shareable], count: int = 1, *, rate: float | None = None, skewed: bool = False
    ) -> list[Member]:
        joined: list[Member] = []
        for _ in range(count):
            offset = self.place.dice.uniform(1.0, 1e5) if skewed else 0.0
            member = Member(self, make(), rate=rate, offset=offset, name=f"s{len(self.members)}")
            await member.limiter.open()
            self.members.append(member)
            joined.append(member)
        return joined

    async def close(self) -> None:
        for member in self.members:
            await member.stop()
        for member in self.members:
            await member.limiter.close()

    def between(self, begin: float, end: float) -> int:
        return sum(begin <= at < end for at in self.admitted)
