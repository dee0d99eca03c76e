"""One account, many processes: share of the limit used by all of them together, and throttles earned.

Eight processes, each with a store per account and four workers in each store, share their limits through a real Redis
or Valkey: a Spark Pay shop per kind of window, and FastSpring with its hidden limit. The emulators count in the process
that watches. Then the same with the server killed in the middle, and started again without what it knew; and with one
process cut off from it while the others are not.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, cast

import anyio
import msgspec

from benchmarks.figures import bar, machine, table
from benchmarks.quota import WINDOWS
from benchmarks.redis_server import Kind, Server, Way, running
from commerce_async.errors import CommerceError
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator

ROOT = Path(__file__).resolve().parent.parent
USED = 0.95  # of the limit, at least
BACK = 15.0  # seconds to full use after an outage, at most
_PHASE = 0.37


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What is run.

    Attributes:
        limit, period: Spark Pay's, in calls and seconds.
        hidden: FastSpring's.
        seconds: measured from the first call on, whole periods of both (up to the end of a window if they are fixed).
        kill: when the server is killed; None never.
        cut: when one process is cut off from it; None never.
        down: for how many seconds.
    """

    processes: int = 8
    workers: int = 4
    limit: int = 50
    period: float = 10.0
    hidden: tuple[int, float] = (250, 60.0)
    seconds: float = 60.0
    kind: Kind = "redis"
    kill: float | None = None
    cut: float | None = None
    down: float = 3.0


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One account.

    Attributes:
        admitted: calls that the server let pass.
        allowed: calls that one client could have made that knows the server's clock and windows exactly; for
            FastSpring, whose window nobody tells, the limit in that time.
        throttled: calls that the server refused.
        least, most: calls of the process with the fewest and with the most.
        back: seconds from the restart until a period begins in which the limit is used again as the bar wants.
    """

    account: str
    admitted: int
    allowed: int
    throttled: int
    least: int
    most: int
    back: float | None = None

    @property
    def share(self) -> float:
        """Share of the limit that was used."""
        return self.admitted / self.allowed


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts.

    Attributes:
        commands: scripts that the server ran, per account and second.
        cost: microseconds of the server's CPU per script.
    """

    setup: Setup
    lines: list[Line]
    commands: float
    cost: float


# -- one process ---------------------------------------------------------------------------------------------


class Job(msgspec.Struct, frozen=True):
    """What one process is told: a store's settings and its vendor, by account."""

    stores: dict[str, tuple[str, dict[str, Any]]]
    path: str
    workers: int


def _store(name: str, vendor: str, settings: dict[str, Any]) -> FastSpring | SparkPay:
    kind = FastSpring if vendor == "fastspring" else SparkPay
    return kind(name=name, **settings)


async def process() -> None:
    """Opens the stores, says so, works from one line of input to the next, and tells its calls by account."""
    logging.getLogger("commerce_async.limits").setLevel(logging.ERROR)  # that the server is lost is no news here
    job = msgspec.json.decode(await asyncio.to_thread(sys.stdin.buffer.readline), type=Job)
    done = dict.fromkeys(job.stores, 0)

    async def work(name: str, store: FastSpring | SparkPay) -> None:
        while True:
            with suppress(CommerceError):
                if isinstance(store, SparkPay):
                    await store.api.order_statuses.list(count=1)
                else:
                    await store.api.products.get_many([job.path])
                done[name] += 1

    async with AsyncExitStack() as stack:
        stores = {
            name: await stack.enter_async_context(_store(name, *settings)) for name, settings in job.stores.items()
        }
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.buffer.readline)
        async with anyio.create_task_group() as group:
            for name, store in stores.items():
                for _ in range(job.workers):
                    group.start_soon(work, name, store)
            await asyncio.to_thread(sys.stdin.buffer.readline)
            group.cancel_scope.cancel()
    print(msgspec.json.encode(done).decode(), flush=True)


class Processes:
    """The processes, for use in `async with`; the first has a job of its own."""

    def __init__(self, first: Job, job: Job, count: int) -> None:
        self._jobs = [first, *[job] * (count - 1)]
        self._processes: list[asyncio.subprocess.Process] = []

    async def __aenter__(self) -> Processes:
        command = (sys.executable, "-m", "benchmarks.shared_quota", "--process")
        pipe = asyncio.subprocess.PIPE
        for _ in self._jobs:
            self._processes.append(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT))
        for each, job in zip(self._processes, self._jobs, strict=True):
            assert each.stdin is not None
            each.stdin.write(msgspec.json.encode(job) + b"\n")
        await self._answers()
        return self

    def go(self) -> None:
        """They begin."""
        self._say(b"\n")

    async def stop(self) -> list[dict[str, int]]:
        """They stop, and tell the calls of each by account."""
        self._say(b"\n")
        return [msgspec.json.decode(answer, type=dict[str, int]) for answer in await self._answers()]

    async def __aexit__(self, *_: object) -> None:
        for each in self._processes:
            with suppress(ProcessLookupError):
                each.kill()
            await each.wait()

    def _say(self, line: bytes) -> None:
        for each in self._processes:
            assert each.stdin is not None
            each.stdin.write(line)

    async def _answers(self) -> list[bytes]:
        answers: list[bytes] = []
        for each in self._processes:
            assert each.stdout is not None
            answers.append(await each.stdout.readline())
        return answers


# -- all of it -----------------------------------------------------------------------------------------------


async def run(setup: Setup) -> Result:
    """Measures."""
    shops: dict[str, SparkPayEmulator] = {
        f"Spark Pay, {window}": SparkPayEmulator(
            products=1, orders=1, limit=setup.limit, period=setup.period, window=window, phase=_PHASE * setup.period
        )
        for window in WINDOWS
    }
    spring = FastSpringEmulator(products=10, orders=1, rate_limit=setup.hidden, throttle_with="404-empty")
    limits: dict[str, Any] = {"limit": setup.limit, "period": setup.period}
    async with AsyncExitStack() as stack:
        server = stack.enter_context(running(setup.kind))
        for shop in (*shops.values(), spring):
            await stack.enter_async_context(shop)
        way = await stack.enter_async_context(Way(server))
        settings = {name: ("sparkpay", {**shop.settings(), **limits}) for name, shop in shops.items()}
        settings["FastSpring, hidden"] = ("fastspring", spring.settings())
        first, job = (
            Job(
                {name: (vendor, {**given, "limiter": url}) for name, (vendor, given) in settings.items()},
                next(iter(spring.product_ids())),
                setup.workers,
            )
            for url in (way.url, server.url)
        )
        team = await stack.enter_async_context(Processes(first, job, setup.processes))
        scripts = Scripts(server)
        team.go()
        restarted = await _watch(setup, server, way, scripts)
        calls = await team.stop()
    lines = [_line(setup, name, shop, calls, restarted, shop.ledger.admitted_at[0]) for name, shop in shops.items()]
    lines.append(_line(setup, "FastSpring, hidden", spring, calls, restarted, spring.ledger.admitted_at[0]))
    return Result(setup=setup, lines=lines, commands=scripts.rate / len(lines), cost=scripts.cost)


async def _watch(setup: Setup, server: Server, way: Way, scripts: Scripts) -> float | None:
    """Waits for the end; returns when all was well again, if it was not."""
    restarted = None
    clock = asyncio.get_running_loop().time
    end = clock() + setup.seconds + 1.0
    if setup.kill is not None:
        await anyio.sleep(setup.kill)
        await scripts.count()
        server.kill()
        await anyio.sleep(setup.down)
        await asyncio.to_thread(server.start)
        restarted = clock()
        scripts.begin()
    elif setup.cut is not None:
        await anyio.sleep(setup.cut)
        way.cut()
        await anyio.sleep(setup.down)
        way.mend()
        restarted = clock()
    await anyio.sleep(max(0.0, end - clock()))
    await scripts.count()
    return restarted


def _line(
    setup: Setup,
    name: str,
    shop: SparkPayEmulator | FastSpringEmulator,
    calls: Sequence[dict[str, int]],
    restarted: float | None,
    begun: float,
) -> Line:
    times, end = shop.ledger.admitted_at, begun + setup.seconds
    if isinstance(shop, SparkPayEmulator):
        if name.endswith("fixed"):  # up to the end of a window
            end -= (end - shop.started + _PHASE * setup.period) % setup.period
        # The end itself is in no window; and a clock's rounding must not put it into the next one.
        allowed, period, each = shop.admissible(begun, end - 1e-6), setup.period, setup.limit
        assert allowed is not None
    else:
        limit, minute = setup.hidden
        allowed, period, each = round(limit * setup.seconds / minute), minute / 6, limit / 6
    mine = [done[name] for done in calls]
    return Line(
        account=name,
        admitted=sum(at < end for at in times),
        allowed=allowed,
        throttled=shop.ledger.throttled,
        least=min(mine),
        most=max(mine),
        back=None if restarted is None else _back(times, restarted, end, period, USED * each),
    )


def _back(times: Sequence[float], restarted: float, end: float, period: float, wanted: float) -> float:
    """Seconds from the restart until a period begins in which so many calls are let through."""
    begin = restarted
    while begin + period <= end:
        if sum(begin <= at < begin + period for at in times) >= wanted:
            return begin - restarted
        begin += 0.1
    return float("inf")


class Scripts:
    """How many scripts the server ran, and what they cost it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._calls, self._micros, self._seconds = 0, 0, 0.0
        self.begin()

    def begin(self) -> None:
        """The server's figures begin anew."""
        self._begun = asyncio.get_running_loop().time()

    async def count(self) -> None:
        """Takes them."""
        from redis.asyncio import Redis

        make = cast("Callable[[str], Any]", Redis.from_url)
        client = make(self._server.url)
        try:
            figures = (await client.info("commandstats")).get("cmdstat_evalsha", {"calls": 0, "usec": 0})
        finally:
            await client.aclose()
        self._calls += figures["calls"]
        self._micros += figures["usec"]
        self._seconds += asyncio.get_running_loop().time() - self._begun

    @property
    def rate(self) -> float:
        """Scripts per second."""
        return self._calls / self._seconds

    @property
    def cost(self) -> float:
        """Microseconds per script."""
        return self._micros / max(1, self._calls)


def show(result: Result) -> None:
    """Prints the figures and the bars."""
    setup = result.setup
    what = f"{setup.processes} processes share each account through {setup.kind}, {setup.seconds:g} s"
    if setup.kill is not None:
        what += f"; killed after {setup.kill:g} s, for {setup.down:g} s"
    if setup.cut is not None:
        what += f"; one process cut off after {setup.cut:g} s, for {setup.down:g} s"
    table(
        what,
        ["account", "admitted", "allowed", "used", "throttled", "calls of a process", "full again after"],
        [
            [
                line.account,
                line.admitted,
                line.allowed,
                f"{line.share:.1%}",
                line.throttled,
                f"{line.least}-{line.most}",
                "" if line.back is None else f"{line.back:.1f} s",
            ]
            for line in result.lines
        ],
    )
    print(f"\nScripts a second and account: {result.commands:.1f}, {result.cost:.0f} microseconds each.")
    throttled = sum(line.throttled for line in result.lines)
    bar(f"{throttled} throttles, bar 0", reached=throttled == 0)
    if setup.kill is None and setup.cut is None:
        least = min(line.share for line in result.lines)
        bar(f"limit used at least {least:.1%}, bar {USED:.0%}", reached=least >= USED)
    else:
        longest = max(line.back or 0.0 for line in result.lines)
        bar(f"full again after {longest:.1f} s at most, bar {BACK:g} s", reached=longest <= BACK)


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--process", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--kind", choices=["redis", "valkey"], default="redis")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="limits and periods a tenth, and three processes")
    options = parser.parse_args()
    if options.process:
        asyncio.run(process())
        return
    print(machine())
    if options.quick:
        setup = Setup(processes=3, limit=10, period=2.0, hidden=(25, 6.0), seconds=12.0, kind=options.kind)
        setups = [
            setup,
            msgspec.structs.replace(setup, seconds=18.0, kill=4.0),
            msgspec.structs.replace(setup, seconds=30.0, cut=4.0, down=16.0),
        ]
    else:
        setup = Setup(processes=options.processes, kind=options.kind)
        setups = [
            setup,
            msgspec.structs.replace(setup, kill=25.0, down=3.0),
            msgspec.structs.replace(setup, seconds=90.0, kill=25.0, down=25.0),
            msgspec.structs.replace(setup, seconds=120.0, cut=25.0, down=60.0),
        ]
    for each in setups:
        show(asyncio.run(run(each)))


if __name__ == "__main__":
    main()
