"""The adaptive limiter against hidden limits, beside botocore-style adaptive retries and plain backoff. Virtual time.

Eight workers that always have a call to make, 20 to 300 ms a call. The server allows 250 calls a minute: fixed windows,
a sliding window or a bucket. It answers a bare 404, or 429 with Retry-After in whole seconds. A refused call is made
again. Shown is the worst of all seeds: phase of the window, latencies and jitter differ.

"Ours, documented" is told beforehand what the vendor's pages say: 250 a minute.

* quota used: calls let through (a stranger's too, where there is one) of those allowed, from minute 1 to the end.
* throttled: calls refused of all calls made, over the same time.
* from 30 s on: calls refused of all calls made from 30 s after a change to the end of its phase.
* rest below 2%: so many seconds after the change, and from there to the end of its phase, at most 2% were throttled.
* each 2 min below 2%: the same for every span of two minutes in the phase. A server that looks back a minute and finds
  the new limit used up refuses every call of whatever client until the old ones are forgotten, and a client learns of
  the change by that alone. So these seconds run from the moment at which the server had room again after
  its first refusal under the new limit.
* found: so many seconds after the limit was raised, a minute began in which 90% of it was used.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise, product

import msgspec

from benchmarks.figures import bar, table
from benchmarks.hidden import MINUTE, Backoff, Bucket, Client, Cubic, Fixed, Ours, Server, Sliding
from commerce_async.limits.adaptive import AdaptivePolicy
from commerce_async.testing.clock import VirtualTimeLoop

LIMIT = 250
WORKERS = 8
BEARABLE = 0.02
_SECONDS = (0.0, 15.0, 30.0, 45.0, 52.0, 58.0)


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to a limit.

    Attributes:
        minutes: how long it is watched.
        limits: (minute, calls a minute from then on).
        stranger: (minute, calls a minute that somebody else makes from then on).
    """

    minutes: float
    limits: tuple[tuple[float, int], ...] = ((0, LIMIT),)
    stranger: tuple[tuple[float, int], ...] = ()


SCENARIOS = {
    "steady": Scenario(minutes=10),
    "halved at minute 5, raised back at minute 10": Scenario(
        minutes=16, limits=((0, LIMIT), (5, LIMIT // 2), (10, LIMIT))
    ),
    "shared with a stranger": Scenario(minutes=20, stranger=((0, 0), (3, 100), (6, 40), (9, 150), (12, 0), (15, 80))),
}
QUICK = {
    "steady": Scenario(minutes=3),
    "halved at minute 2, raised back at minute 4": Scenario(
        minutes=6, limits=((0, LIMIT), (2, LIMIT // 2), (4, LIMIT))
    ),
}
SERVERS: dict[str, Callable[[int, random.Random], Server]] = {
    "fixed": lambda limit, dice: Fixed(limit, dice.uniform(0, MINUTE)),
    "sliding": lambda limit, _: Sliding(limit),
    "bucket": lambda limit, _: Bucket(limit),
}
CLIENTS: dict[str, Callable[[random.Random], Client]] = {
    "ours": lambda _: Ours(),
    "ours, documented": lambda _: Ours(AdaptivePolicy(4.1, documented=LIMIT)),
    "botocore-style": Cubic,
    "backoff": Backoff,
}


class World:
    """A server, a client with eight workers, and what the server saw.

    Args:
        told: a throttle names the time (429 with Retry-After) or does not (404).
        workers: calls that wait for their turn at any time.
        false: whether a call is answered like a throttle although there is room; such calls are not counted.
    """

    def __init__(
        self,
        server: Server,
        client: Client,
        scenario: Scenario,
        *,
        told: bool = False,
        seed: int = 0,
        workers: int = WORKERS,
        false: Callable[[float, random.Random], bool] = lambda now, dice: False,
    ) -> None:
        self.server, self.client, self.scenario, self.told, self.false = server, client, scenario, told, false
        self.workers, self.dice = workers, random.Random(seed)
        self.admitted: list[float] = []
        self.throttled: list[float] = []
        self.stranger: list[float] = []
        self.most_flying = self._flying = 0
        self._room: dict[float, float] = {}  # by change: when there was room again after the first refusal
        self._changed = 0.0

    def run(self) -> World:
        """Runs the scenario."""

        async def main() -> None:
            works = [self._worker() for _ in range(self.workers)] + [self._changes(), self._strange()]
            tasks = [asyncio.ensure_future(work) for work in works]
            await asyncio.wait(tasks, timeout=self.scenario.minutes * MINUTE, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                task.cancel()
            for end in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(end, Exception):
                    raise end

        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.run(main())
        return self

    # -- figures -------------------------------------------------------------------------------------------

    def used(self, since: float, until: float) -> float:
        """Share of the calls allowed between two times, in seconds, that were let through."""
        ends = [at * MINUTE for at, _ in self.scenario.limits[1:]] + [math.inf]
        allowed = sum(
            max(0.0, min(until, end) - max(since, at * MINUTE)) / MINUTE * limit
            for (at, limit), end in zip(self.scenario.limits, ends, strict=True)
        )
        return (_within(self.admitted, since, until) + _within(self.stranger, since, until)) / allowed

    def share(self, since: float, until: float) -> float:
        """Share of the calls made between two times that were throttled."""
        throttled = _within(self.throttled, since, until)
        return throttled / max(1, throttled + _within(self.admitted, since, until))

    @property
    def phases(self) -> list[tuple[float, float]]:
        """Begin and end of what follows each change of the limit, in seconds."""
        return list(pairwise([at * MINUTE for at, _ in self.scenario.limits[1:]] + [self.scenario.minutes * MINUTE]))

    def back(self, begin: float, end: float) -> float:
        """Seconds from the change after which the rest of its phase is bearable."""
        at = begin
        while self.share(at, end) > BEARABLE:
            at += 1
        return at - begin if end - at > MINUTE else math.inf

    def later(self, begin: float, end: float) -> float:
        """Share of throttled calls from half a minute after the change."""
        return self.share(begin + 30, end)

    def settled(self, begin: float, end: float) -> float:
        """Seconds from when there was room again after which every two minutes of the phase are bearable."""
        room = self._room.get(begin, begin)
        starts = range(int(max(0.0, end - room - 2 * MINUTE)) + 1)
        bad = [at for at in starts if self.share(room + at, room + at + 2 * MINUTE) > BEARABLE]
        if not bad:
            return 0.0
        return math.inf if bad[-1] == starts[-1] else bad[-1] + 1.0

    def found(self, begin: float, end: float) -> float:
        """Seconds from the change to the first minute in which 90% is used."""
        at = begin
        while at + MINUTE <= end and self.used(at, at + MINUTE) < 0.9:
            at += 1
        return at - begin if at + MINUTE <= end else math.inf

    # -- who acts ------------------------------------------------------------------------------------------

    async def _worker(self) -> None:
        tries = 0
        while True:
            await self.client.before(tries)
            self._flying += 1
            self.most_flying = max(self.most_flying, self._flying)
            latency = self.dice.uniform(0.02, 0.3)
            await asyncio.sleep(latency / 2)
            ok, wait = self._ask(asyncio.get_running_loop().time())
            await asyncio.sleep(latency / 2)
            self._flying -= 1
            self.client.after(ok, wait)
            tries = 0 if ok else tries + 1

    def _ask(self, now: float) -> tuple[bool, float | None]:
        if self.false(now, self.dice):
            return False, None
        if self.server.call(now):
            self.admitted.append(now)
            return True, None
        self.throttled.append(now)
        room = self.server.room_at(now)
        self._room.setdefault(self._changed, room)
        return False, float(math.ceil(room - now)) if self.told else None

    async def _strange(self) -> None:
        for at, rate in self.scenario.stranger:
            await _until(at * MINUTE)
            later = [other for other, _ in self.scenario.stranger if other > at]
            end = min([*later, self.scenario.minutes]) * MINUTE
            while rate and (now := asyncio.get_running_loop().time()) < end:
                if self.server.call(now):
                    self.stranger.append(now)
                await asyncio.sleep(MINUTE / rate)

    async def _changes(self) -> None:
        for at, limit in self.scenario.limits:
            await _until(at * MINUTE)
            self.server.limit, self._changed = limit, at * MINUTE


def _within(times: Sequence[float], since: float, until: float) -> int:
    return bisect_left(times, until) - bisect_left(times, since)


async def _until(at: float) -> None:
    await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The worst of all seeds: one server, one way to answer, one client.

    By change: `later`, `back`, `settled`, `found`.
    """

    server: str
    told: bool
    client: str
    used: float
    throttled: float
    later: list[float]
    back: list[float]
    settled: list[float]
    found: list[float]


def measure(scenario: Scenario, server: str, client: str, *, told: bool, seeds: int) -> Line:
    """Runs one combination with so many seeds."""
    worlds: list[World] = []
    for seed in range(seeds):
        dice = random.Random(seed)
        made = SERVERS[server](scenario.limits[0][1], dice), CLIENTS[client](dice)
        worlds.append(World(*made, scenario, told=told, seed=seed).run())
    end = scenario.minutes * MINUTE
    phases = worlds[0].phases
    return Line(
        server=server,
        told=told,
        client=client,
        used=min(world.used(MINUTE, end) for world in worlds),
        throttled=max(world.share(MINUTE, end) for world in worlds),
        later=[max(world.later(*phase) for world in worlds) for phase in phases],
        back=[max(world.back(*phase) for world in worlds) for phase in phases],
        settled=[max(world.settled(*phase) for world in worlds) for phase in phases],
        found=[max(world.found(*phase) for world in worlds) for phase in phases],
    )


def halved_within_a_window(seeds: int) -> None:
    """Ours alone, fixed windows, a bare 404, few or many workers: the limit is halved early or late in a window."""
    rows: list[list[object]] = []
    worst, strictly = 0.0, 0.0
    for minute, workers in product((3, 5), (1, 8, 32)):
        scenario = Scenario(minutes=minute + 5, limits=((0, LIMIT), (minute, LIMIT // 2)))
        row: list[object] = [minute, workers]
        for second in _SECONDS:
            made = [World(Fixed(LIMIT, second), Ours(), scenario, seed=seed, workers=workers) for seed in range(seeds)]
            worlds = [world.run() for world in made]
            phase = worlds[0].phases[0]
            later = max(world.later(*phase) for world in worlds)
            settled = max(world.settled(*phase) for world in worlds)
            worst, strictly = max(worst, later), max(strictly, settled)
            row.append(f"{later:.2%}, {settled:.0f} s")
        rows.append(row)
    heads = ["at minute", "workers", *(f"{second:g} s" for second in _SECONDS)]
    table("halved so many seconds into a fixed window, 404: throttled from 30 s on, each 2 min below 2%", heads, rows)
    print()
    bar(f"halved within a window: at most {worst:.2%} throttled from 30 s on, bar 2%", reached=worst <= BEARABLE)
    bar(f"halved within a window: each two minutes within {strictly:.0f} s, bar 30 s", reached=strictly <= 30)


def show(name: str, scenario: Scenario, lines: Sequence[Line]) -> None:
    """Prints a scenario's table."""
    heads = ["server", "answer", "client", "quota used", "throttled"]
    if scenario.limits[1:]:
        heads += ["from 30 s on", "rest below 2%", "each 2 min below 2%", "found"]

    def seconds(values: Sequence[float]) -> str:
        return " / ".join(f"{value:.0f} s" if value < math.inf else "never" for value in values)

    rows: list[list[object]] = []
    for line in lines:
        answer = "429" if line.told else "404"
        row: list[object] = [line.server, answer, line.client, f"{line.used:.1%}", f"{line.throttled:.2%}"]
        if scenario.limits[1:]:
            row += [
                " / ".join(f"{share:.2%}" for share in line.later),
                seconds(line.back),
                seconds(line.settled),
                seconds(line.found[1:]),
            ]
        rows.append(row)
    table(f"{name} ({scenario.minutes:g} minutes)", heads, rows)


def bars(name: str, scenario: Scenario, lines: Sequence[Line]) -> None:
    """Prints whether ours kept the bars."""
    ours = [line for line in lines if line.client == "ours"]
    throttled = max(line.throttled for line in ours)
    bar(f"{name}: ours at most {throttled:.2%} throttled, bar 2%", reached=throttled <= BEARABLE)
    if scenario.limits[1:]:
        later = max(max(line.later) for line in ours)
        bar(f"{name}: ours at most {later:.2%} throttled from 30 s after a change, bar 2%", reached=later <= BEARABLE)
        slowest, strictly = max(max(line.back) for line in ours), max(max(line.settled) for line in ours)
        bar(f"{name}: the rest of ours below 2% within {slowest:.0f} s, bar 30 s", reached=slowest <= 30)
        bar(f"{name}: each two minutes of ours within {strictly:.0f} s, bar 30 s", reached=strictly <= 30)
    elif not scenario.stranger:
        used = min(line.used for line in ours)
        bar(f"{name}: ours used at least {used:.1%}, bar 90%", reached=used >= 0.9)


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="shorter scenarios, one seed, 404 only")
    options = parser.parse_args()
    answers = (False,) if options.quick else (False, True)
    for name, scenario in (QUICK if options.quick else SCENARIOS).items():
        combinations = product(SERVERS, answers, CLIENTS)
        seeds = 1 if options.quick else options.seeds
        lines = [measure(scenario, server, client, told=told, seeds=seeds) for server, told, client in combinations]
        show(name, scenario, lines)
        print()
        bars(name, scenario, lines)
    halved_within_a_window(1 if options.quick else options.seeds)


if __name__ == "__main__":
    main()
