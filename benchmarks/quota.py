"""Share of the rate limit that is used, and throttles earned, over real loopback HTTP with the limits on.

Spark Pay: every kind of window, with steady work (8 workers, one call after the other), bursts (120 calls at once,
again and again), and each of them started while 30 calls were already used. FastSpring: the adaptive limiter against
a hidden limit. Everything runs at once in one process, each combination with an emulator and a client of its own.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from itertools import product
from typing import Any, Literal, TypeAlias

import anyio
import msgspec

from benchmarks.figures import bar, machine, table
from commerce_async.errors import CommerceError
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator

BAR = 0.98
WORKERS = 8
BURST = 120
Window: TypeAlias = Literal["fixed", "first-call", "sliding"]
Send: TypeAlias = Callable[[], Coroutine[Any, Any, object]]
WINDOWS: tuple[Window, ...] = ("fixed", "first-call", "sliding")
_PHASE = 0.37  # of a period: how much of a fixed window is over when the server starts


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One combination.

    Attributes:
        admitted: calls that the server let pass.
        allowed: calls that a client could have made that knows the server's clock and windows exactly.
        throttled: calls that the server refused.
        seconds: from the first call to the end.
    """

    window: str
    work: str
    used_before: int
    admitted: int
    allowed: int
    throttled: int
    seconds: float

    @property
    def share(self) -> float:
        """Share of the quota that was used."""
        return self.admitted / self.allowed


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """A limit and how many of its periods are measured."""

    limit: int = 50
    period: float = 10.0
    periods: int = 6
    used_before: int = 30
    burst: int = BURST


# -- Spark Pay -----------------------------------------------------------------------------------------------


async def steady(call: Send, _burst: int) -> None:
    """Workers that call one after the other, always."""

    async def worker() -> None:
        while True:
            await call()

    async with anyio.create_task_group() as group:
        for _ in range(WORKERS):
            group.start_soon(worker)


async def bursty(call: Send, burst: int) -> None:
    """Many calls at once, and when all are done the same again."""
    while True:
        async with anyio.create_task_group() as group:
            for _ in range(burst):
                group.start_soon(call)


WORK = {"steady": steady, "bursty": bursty}


class Combination:
    """A window, a way to work, and a number of calls that others made just before."""

    def __init__(self, setup: Setup, window: Window, work: str, used_before: int) -> None:
        self._setup = setup
        self._window, self._work, self._used_before = window, work, used_before
        self._origin: float | None = None
        self._shop = SparkPayEmulator(
            products=1,
            orders=1,
            limit=setup.limit,
            period=setup.period,
            window=window,
            phase=_PHASE * setup.period,
            used_before=used_before,
            clock=self._now,
        )

    def _now(self) -> float:
        """The server's clock. It stands until `run`, so that opening the others takes nothing off the first window."""
        return 0.0 if self._origin is None else asyncio.get_running_loop().time() - self._origin

    async def open(self, stack: AsyncExitStack) -> None:
        """Opens server and client."""
        shop = await stack.enter_async_context(self._shop)
        store = SparkPay(**shop.settings(), limit=self._setup.limit, period=self._setup.period)
        self._store = await stack.enter_async_context(store)

    async def run(self) -> Line:
        """Measures from the first call on, over whole periods.

        Those are, for fixed windows, what the phase left of the first one and so many `periods` after it, else so
        many `periods`. The server allows `limit` calls in each window touched, the cut one included, less those
        used before (`SparkPayEmulator.admissible`).
        """

        async def call() -> None:
            await self._store.api.order_statuses.list(count=1)

        setup, ledger = self._setup, self._shop.ledger
        whole, cut = setup.periods * setup.period, (1 - _PHASE) * setup.period
        self._origin = asyncio.get_running_loop().time()
        with anyio.move_on_after(whole + cut):
            await WORK[self._work](call, setup.burst)
        end = whole + cut if self._window == "fixed" else ledger.admitted_at[0] + whole
        # The end itself is in no window; and a clock's rounding must not put it into the next one.
        allowed = self._shop.admissible(ledger.admitted_at[0], end - 1e-6)
        assert allowed is not None
        return Line(
            window=self._window,
            work=self._work,
            used_before=self._used_before,
            admitted=sum(at < end for at in ledger.admitted_at),
            allowed=allowed,
            throttled=ledger.throttled,
            seconds=end - ledger.admitted_at[0],
        )


async def sparkpay(setup: Setup) -> list[Line]:
    """Every combination at once."""
    combinations = [Combination(setup, *each) for each in product(WINDOWS, WORK, (0, setup.used_before))]
    lines: dict[int, Line] = {}

    async def one(number: int) -> None:
        lines[number] = await combinations[number].run()

    async with AsyncExitStack() as stack:
        for combination in combinations:
            await combination.open(stack)
        async with anyio.create_task_group() as group:
            for number in range(len(combinations)):
                group.start_soon(one, number)
    return [lines[number] for number in range(len(combinations))]


# -- FastSpring ----------------------------------------------------------------------------------------------


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """The adaptive limiter against a hidden limit.

    Attributes:
        limit: calls per period.
        admitted, throttled: per period of the run, from its begin.
        failed: calls that gave up (the 404 stayed one).
        rate: calls per second that the limiter believes in at the end.
    """

    limit: int
    admitted: list[int]
    throttled: list[int]
    failed: int
    rate: float


async def fastspring(limit: int, period: float, periods: int) -> Learned:
    """Steady work against fixed windows that answer 404 without a body."""
    shop = FastSpringEmulator(products=10, orders=1, rate_limit=(limit, period), throttle_with="404-empty")
    admitted: list[int] = []
    throttled: list[int] = []
    failed = 0
    async with shop, FastSpring(**shop.settings()) as store:
        path = next(iter(shop.product_ids()))

        async def call() -> None:
            nonlocal failed
            try:
                await store.api.products.get_many([path])
            except CommerceError:
                failed += 1

        for _ in range(periods):
            before = shop.ledger.admitted, shop.ledger.throttled
            with anyio.move_on_after(period):
                await steady(call, 0)
            admitted.append(shop.ledger.admitted - before[0])
            throttled.append(shop.ledger.throttled - before[1])
        rate = store.client.limiter.snapshot().limit
    return Learned(limit=limit, admitted=admitted, throttled=throttled, failed=failed, rate=rate)


# -- both ----------------------------------------------------------------------------------------------------


async def run(setup: Setup, hidden: tuple[int, float, int] | None) -> tuple[list[Line], Learned | None]:
    """Measures.

    Args:
        hidden: FastSpring's limit, its period, and how many periods to measure; None leaves it out.
    """
    learned: list[Learned] = []

    async def learn() -> None:
        if hidden is not None:
            learned.append(await fastspring(*hidden))

    lines: list[Line] = []
    async with anyio.create_task_group() as group:
        group.start_soon(learn)
        lines += await sparkpay(setup)
    return lines, learned[0] if learned else None


def show(lines: Sequence[Line], learned: Learned | None) -> None:
    """Prints the figures and the bar."""
    table(
        "Spark Pay: calls admitted of those that a client could have made that knows the server exactly",
        ["window", "work", "used before", "seconds", "admitted", "allowed", "quota used", "throttled"],
        [
            [
                each.window,
                each.work,
                each.used_before,
                f"{each.seconds:.1f}",
                each.admitted,
                each.allowed,
                f"{each.share:.1%}",
                each.throttled,
            ]
            for each in lines
        ],
    )
    worst = min(each.share for each in lines)
    throttled = sum(each.throttled for each in lines)
    print()
    bar(f"quota used at least {worst:.2%}, bar {BAR:.0%}", reached=worst >= BAR)
    bar(f"{throttled} throttles, bar 0", reached=throttled == 0)
    if learned is not None:
        _show_learned(learned)


def _show_learned(learned: Learned) -> None:
    table(
        f"FastSpring: adaptive limiter against a hidden limit of {learned.limit} a period",
        ["period", "admitted", "quota used", "throttled"],
        [
            [number, admitted, f"{admitted / learned.limit:.1%}", throttled]
            for number, (admitted, throttled) in enumerate(
                zip(learned.admitted, learned.throttled, strict=True), start=1
            )
        ],
    )
    whole = sum(learned.admitted) / (learned.limit * len(learned.admitted))
    print(f"\nIn all {whole:.1%} used; {learned.failed} calls gave up; at the end {learned.rate:.2f} calls per second.")


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--periods", type=int, default=6, help="of 10 s, Spark Pay")
    parser.add_argument("--minutes", type=int, default=3, help="FastSpring; 0 leaves it out")
    parser.add_argument("--quick", action="store_true", help="a fifth of limit and period; FastSpring a tenth")
    options = parser.parse_args()
    quick = Setup(limit=10, period=2.0, periods=options.periods, used_before=6, burst=24)
    setup = quick if options.quick else Setup(periods=options.periods)
    hidden = (25, 6.0, options.minutes) if options.quick else (250, 60.0, options.minutes)
    print(machine())
    show(*asyncio.run(run(setup, hidden if options.minutes else None)))


if __name__ == "__main__":
    main()
