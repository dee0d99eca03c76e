"""How long a person's call waits for its permit while a sync fills the quota.

Several streams of bulk calls without end, as many as the limiter lets through, and one person who calls now and then,
one call at a time. On a virtual clock against servers that count in windows; `--real` adds a real pull from each
emulator over loopback, with a person beside it. An interval is the limit's period divided by its calls. Not counted is
the first minute, in which the limiter learns what the server allows and that a person is there.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import msgspec

from benchmarks.figures import bar, machine, table
from commerce_async.limits.adaptive import AdaptivePolicy
from commerce_async.limits.base import Lane, Policy, Usage
from commerce_async.limits.limiter import Limiter
from commerce_async.limits.steady import SteadyPolicy
from commerce_async.limits.window import WindowPolicy
from commerce_async.store import Store
from commerce_async.sync import pull
from commerce_async.testing.clock import VirtualTimeLoop
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator

BAR = 2.0  # intervals
STREAMS = 8
_PAUSE = 2.0  # seconds between a person's calls, on average
_TRIP = 0.15  # seconds from a call to its reply, on average
_LEARNING = 60.0


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One limiter against one server.

    Attributes:
        interval: seconds.
        waits: of the person's calls, in seconds, rising.
        clear: the same without calls that met a pause after a throttle: then nobody may call.
        bulk: calls of the sync per second.
        allowed: calls per second that the server allows.
        throttled: share of all calls that the server refused.
    """

    limiter: str
    server: str
    interval: float
    waits: list[float]
    clear: list[float]
    bulk: float
    allowed: float
    throttled: float

    @property
    def p99(self) -> float:
        """The wait that 99 of 100 calls did not exceed, but for those that met a pause; in intervals."""
        return self.at(0.99, self.clear)

    def at(self, share: float, waits: Sequence[float] | None = None) -> float:
        """The wait that such a part of the calls did not exceed, in intervals."""
        found = self.waits if waits is None else waits
        return found[min(len(found) - 1, int(share * len(found)))] / self.interval

    @property
    def used(self) -> float:
        """The part of the quota that sync and person used together, about."""
        return min(1.0, (self.bulk + 1 / (_PAUSE + _TRIP)) / self.allowed)


# -- servers -------------------------------------------------------------------------------------------------


class Server:
    """Allows so many calls in a period: by the clock ("fixed"), from the first call on ("first-call"), or in any
    stretch of that length ("sliding")."""

    def __init__(self, kind: str, calls: int, period: float) -> None:
        self.kind, self.calls, self.period = kind, calls, period
        self._begun, self._used = -period, 0
        self._times: deque[float] = deque()

    def take(self, now: float) -> bool:
        """Whether a call passes; it counts then."""
        if self.kind == "sliding":
            while self._times and self._times[0] <= now - self.period:
                self._times.popleft()
            self._used = len(self._times)
        elif now >= self._begun + self.period:
            self._begun = now if self.kind == "first-call" else now // self.period * self.period
            self._used = 0
        if self._used >= self.calls:
            return False
        self._used += 1
        self._times.append(now)
        return True

    @property
    def used(self) -> int:
        """Calls in the present window, as a header tells."""
        return self._used

    def wait(self, now: float) -> float:
        """Seconds until a call would pass."""
        begun = self._times[0] if self.kind == "sliding" else self._begun
        return begun + self.period - now


class _Work:
    """The sync and the person."""

    def __init__(self, limiter: Limiter, server: Server | None, *, header: bool, dice: random.Random) -> None:
        self.limiter, self.server, self.header, self.dice = limiter, server, header, dice
        self.calls = dict.fromkeys(Lane, 0)
        self.throttled = 0
        self.waits: list[float] = []
        self.clear: list[float] = []

    async def call(self, lane: Lane) -> float:
        """One call, sent again until it passes; how long it waited for permits."""
        waited = 0.0
        while True:
            permit = await self.limiter.acquire(lane, front=waited > 0)
            waited += permit.waited
            await asyncio.sleep(_TRIP * self.dice.uniform(0.2, 0.8))
            now, server = asyncio.get_running_loop().time(), self.server
            passes, used = server is None or server.take(now), 0 if server is None else server.used
            await asyncio.sleep(_TRIP * self.dice.uniform(0.2, 0.8))
            if passes:
                self.calls[lane] += 1
                permit.finish(Usage(used, server.calls) if server is not None and self.header else None)
                return waited
            assert server is not None
            self.throttled += 1
            permit.throttle(server.wait(now) if self.header else None)

    async def sync(self) -> None:
        while True:
            await self.call(Lane.BULK)

    async def person(self) -> None:
        while True:
            await asyncio.sleep(self.dice.expovariate(1 / _PAUSE))
            before = self.limiter.snapshot()
            waited = await self.call(Lane.INTERACTIVE)
            if asyncio.get_running_loop().time() > _LEARNING:
                self.waits.append(waited)
                if not before.paused and self.limiter.snapshot().throttled == before.throttled:
                    self.clear.append(waited)


def simulated(
    name: str, make: Callable[[], Policy], server: Server | None, *, rate: float | None, seed: int, minutes: float
) -> Line:
    """One line on a virtual clock.

    Args:
        rate: calls per second that the limiter never exceeds.
    """

    async def main() -> Line:
        limiter = Limiter(make(), rate=rate)
        work = _Work(limiter, server, header=name == "window", dice=random.Random(seed))
        with anyio.move_on_after(minutes * 60):
            async with anyio.create_task_group() as group:
                for _ in range(STREAMS):
                    group.start_soon(work.sync)
                group.start_soon(work.person)
        allowed = rate or 1.0 if server is None else server.calls / server.period
        sent = sum(work.calls.values()) + work.throttled
        return Line(
            limiter=name,
            server="none" if server is None else server.kind,
            interval=1 / allowed,
            waits=sorted(work.waits),
            clear=sorted(work.clear),
            bulk=work.calls[Lane.BULK] / (minutes * 60),
            allowed=allowed,
            throttled=work.throttled / sent,
        )

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main())


def every(minutes: float, seed: int = 1) -> Iterator[Line]:
    """Each limiter against each server."""
    for kind in ("fixed", "first-call", "sliding"):
        yield simulated("window", WindowPolicy, Server(kind, 50, 10.0), rate=None, seed=seed, minutes=minutes)
    for kind in ("fixed", "sliding"):
        yield simulated("adaptive", AdaptivePolicy, Server(kind, 250, 60.0), rate=None, seed=seed, minutes=minutes)
    yield simulated("steady", SteadyPolicy, None, rate=5.0, seed=seed, minutes=minutes)


# -- for real ------------------------------------------------------------------------------------------------


async def real(seconds: float, learning: float = _LEARNING) -> list[Line]:
    """A pull from each emulator, limits on, and a person who reads single products meanwhile."""
    size: dict[str, Any] = {"products": round(10 + seconds * 40), "orders": round(10 + seconds * 40)}
    lines: list[Line] = []

    async def one(store: Store, shop: Any, limit: float) -> None:
        lines.append(await _beside(store, shop, limit, seconds, learning))

    async with AsyncExitStack() as stack:
        eu = await stack.enter_async_context(FastSpringEmulator(**size, rate_limit=(250, 60.0), throttle_with="429"))
        us = await stack.enter_async_context(SparkPayEmulator(**size))
        fast = await stack.enter_async_context(FastSpring(**eu.settings(), name="eu", page_size=5))
        spark = await stack.enter_async_context(SparkPay(**us.settings(), name="us", page_size=5))
        async with anyio.create_task_group() as group:
            group.start_soon(one, fast, eu, 250 / 60.0)
            group.start_soon(one, spark, us, 50 / 10.0)
    return lines


async def _beside(store: Any, shop: Any, allowed: float, seconds: float, learning: float) -> Line:
    dice, begun = random.Random(1), asyncio.get_running_loop().time()
    waits: list[float] = []
    clear: list[float] = []
    with tempfile.TemporaryDirectory() as folder, anyio.move_on_after(seconds):
        async with anyio.create_task_group() as group:
            group.start_soon(partial(pull, [store], into=f"sqlite:///{Path(folder) / 'shop.db'}"))
            person, ids = store.with_options(), [str(id) for id in shop.product_ids()]
            while True:
                await asyncio.sleep(dice.expovariate(1 / _PAUSE))
                before, paused = person.client.stats.waited, person.client.limiter.snapshot()
                await person.products.get(dice.choice(ids))
                if asyncio.get_running_loop().time() > begun + learning:
                    waits.append(person.client.stats.waited - before)
                    if not paused.paused and person.client.limiter.snapshot().throttled == paused.throttled:
                        clear.append(waits[-1])
    ledger = shop.ledger
    return Line(
        limiter=f"{store.vendor}, real",
        server="fixed",
        interval=1 / allowed,
        waits=sorted(waits),
        clear=sorted(clear),
        bulk=(ledger.admitted - len(waits)) / seconds,
        allowed=allowed,
        throttled=ledger.throttled / ledger.calls,
    )


def show(lines: Sequence[Line]) -> None:
    """Prints the figures and the bar."""
    heads = ["limiter", "server", "calls", "half", "95 %", "99 %", "99 %, pauses too", "longest, s"]
    table(
        "Waits of a person's calls in intervals of the limit, beside a sync that takes all it gets",
        [*heads, "quota used", "throttled"],
        [
            [
                line.limiter,
                line.server,
                len(line.waits),
                *(f"{line.at(share, line.clear):.2f}" for share in (0.5, 0.95, 0.99)),
                f"{line.at(0.99):.2f}",
                f"{line.waits[-1]:.1f}",
                f"{line.used:.1%}",
                f"{line.throttled:.2%}",
            ]
            for line in lines
        ],
    )
    print()
    worst = max(line.p99 for line in lines)
    bar(f"99 of 100 wait at most {worst:.2f} intervals, bar {BAR:g}", reached=worst <= BAR)


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="of virtual time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real", type=float, metavar="MINUTES", help="real pulls beside it, so long")
    options = parser.parse_args()
    print(machine())
    lines = list(every(options.minutes, options.seed))
    if options.real:
        lines += asyncio.run(real(options.real * 60))
    show(lines)


if __name__ == "__main__":
    main()
