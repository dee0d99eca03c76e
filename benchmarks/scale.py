"""What thousands of stores need: worked out on paper, and simulated unit by unit on a virtual clock.

    python -m benchmarks.scale [--stores 10000] [--workers 8] [--quick]

The figures per record and unit are those that `benchmarks.engine --cost` measured. The simulation has what the paper
has not: units that wait for each other, for a store's limit, for a slot and for a core, call by call. It runs on the
virtual clock of the tests. Explained in docs/scale.md.
"""

from __future__ import annotations

import argparse
import asyncio
import math
from collections.abc import Sequence

import msgspec

from commerce_async.testing import VirtualTimeLoop

SLOTS = 16  # units that a worker runs at once
UNIT = 5_000  # records of a unit
LATENCY = 0.25  # seconds between a call and its reply
OPENING = 0.07  # CPU seconds of a task for what it opens and closes: file, store, database, Redis
COMMIT = 0.01  # seconds of a page's transaction
SCRIPTS = 3.0  # Redis scripts a call, by benchmarks.shared_quota


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of stream, as a pass reads it.

    Attributes:
        records: that the pass reads.
        calls: per 1,000 records; `planning`: before the first unit.
        cpu: seconds per 1,000 records.
    """

    name: str
    records: int
    calls: float
    planning: int
    cpu: float

    @property
    def units(self) -> int:
        """How many it is cut into."""
        return max(1, math.ceil(self.records / UNIT))

    @property
    def reading(self) -> int:
        """Calls of all its units."""
        return max(self.units, math.ceil(self.records * self.calls / 1000))


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of store: its streams, and the calls a second that its limit allows."""

    streams: tuple[Stream, ...]
    rate: float

    @property
    def calls(self) -> int:
        """Of a pass."""
        return sum(stream.planning + stream.reading for stream in self.streams)


# Shops of 2,000 products and 20,000 orders, with 50 orders and 20 changed products between two passes.
FASTSPRING = {"calls": 20.0, "planning": 1, "cpu": 0.371}, {"calls": 22.8, "cpu": 0.486}
SPARKPAY = {"calls": 11.0, "cpu": 0.286}, {"calls": 40.2, "cpu": 0.524}
KINDS = {
    "FastSpring, changes": Kind(
        rate=250 / 60,
        streams=(
            Stream(name="products", records=2_000, **FASTSPRING[0]),  # cannot be filtered: always all of them
            Stream(name="orders", records=150, planning=1, **FASTSPRING[1]),  # two days are read again
        ),
    ),
    "Spark Pay, changes": Kind(
        rate=5.0,
        streams=(
            Stream(name="products", records=20, planning=1, **SPARKPAY[0]),
            Stream(name="orders", records=50, planning=1, **SPARKPAY[1]),
        ),
    ),
    "FastSpring, full": Kind(
        rate=250 / 60,
        streams=(
            Stream(name="products", records=2_000, **FASTSPRING[0]),
            Stream(name="orders", records=20_000, planning=9, **FASTSPRING[1]),
        ),
    ),
    "Spark Pay, full": Kind(
        rate=5.0,
        streams=(
            Stream(name="products", records=2_000, planning=1, **SPARKPAY[0]),
            Stream(name="orders", records=20_000, planning=2, **SPARKPAY[1]),
        ),
    ),
}


def hourly(stores: int) -> dict[str, int]:
    """Stores by kind in a pass that begins every hour, where each store is read in full once a week."""
    full = round(stores / 2 / (7 * 24))
    half = stores // 2 - full
    return {
        "FastSpring, changes": half,
        "Spark Pay, changes": half,
        "FastSpring, full": full,
        "Spark Pay, full": full,
    }


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass takes.

    Attributes:
        cpu: seconds of the workers' cores.
        transactions: pages committed.
        scripts: of Redis.
        seconds: from its beginning to its end; on paper, the least that it can be.
        most: on paper, what it is at the worst: if the longest store is the last to begin.
    """

    tasks: int
    calls: int
    records: int
    cpu: float
    transactions: int
    scripts: float
    seconds: float
    most: float = 0.0


def paper(fleet: dict[str, int], workers: int) -> Needs:
    """The pass by multiplication. It lasts as long as what is scarcest: cores, slots, or the limit of one store."""
    kinds = [(KINDS[name], count) for name, count in fleet.items() if count]
    streams = [(stream, kind, count) for kind, count in kinds for stream in kind.streams]
    tasks = sum(count * (stream.units + 2) for stream, _, count in streams)
    calls = sum(count * kind.calls for kind, count in kinds)
    records = sum(count * stream.records for stream, _, count in streams)
    cpu = tasks * OPENING + sum(count * stream.records * stream.cpu / 1000 for stream, _, count in streams)
    pages = sum(count * stream.reading for stream, _, count in streams)
    # A call waits for its reply and for a permit, and a task holds its slot meanwhile.
    held = sum(count * kind.calls * max(LATENCY, 1 / kind.rate) for kind, count in kinds) + pages * COMMIT + cpu
    longest = max(kind.calls / kind.rate for kind, _ in kinds)
    scarce = max(cpu / workers, held / (workers * SLOTS))
    return Needs(
        tasks=tasks,
        calls=calls,
        records=records,
        cpu=cpu,
        transactions=pages,
        scripts=SCRIPTS * calls,
        seconds=max(scarce, longest),
        most=scarce + longest,
    )


class Simulation:
    """A pass, task by task and call by call, on the running loop's clock."""

    def __init__(self, fleet: dict[str, int], workers: int) -> None:
        self._fleet = fleet
        self._cores = [0.0] * workers  # when each is free
        self._waiting: asyncio.PriorityQueue[tuple[int, int, asyncio.Future[int]]] = asyncio.PriorityQueue()
        self._free: asyncio.Queue[int] = asyncio.Queue()  # workers, once for each slot that is free
        for slot in range(workers * SLOTS):
            self._free.put_nowait(slot % workers)
        self._serial = 0
        self.tasks = self.calls = self.records = self.transactions = 0
        self.cpu = 0.0

    async def run(self) -> Needs:
        """The pass to its end."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        scheduler = asyncio.create_task(self._schedule())
        kinds = [KINDS[name] for name, count in self._fleet.items() for _ in range(count)]
        async with asyncio.TaskGroup() as group:
            for kind in kinds:
                store = _Store(kind.rate)
                for stream in kind.streams:
                    group.create_task(self._pass(store, stream))
        scheduler.cancel()
        return Needs(
            tasks=self.tasks,
            calls=self.calls,
            records=self.records,
            cpu=self.cpu,
            transactions=self.transactions,
            scripts=SCRIPTS * self.calls,
            seconds=loop.time() - began,
        )

    async def _schedule(self) -> None:
        """Gives each slot that is free to the task that goes first, as Dask does by priority."""
        while True:
            worker = await self._free.get()
            _, _, granted = await self._waiting.get()
            granted.set_result(worker)

    async def _pass(self, store: _Store, stream: Stream) -> None:
        await self._task(0, store, stream.planning, 0)
        share, spare = divmod(stream.reading, stream.units)
        parts = [share + (number < spare) for number in range(stream.units)]
        records, more = divmod(stream.records, stream.units)
        async with asyncio.TaskGroup() as group:
            for number, calls in enumerate(parts):
                count = records + (number < more)
                group.create_task(self._task(number, store, calls, count, stream.cpu))
        await self._task(0, store, 0, 0)

    async def _task(self, order: int, store: _Store, calls: int, records: int, cpu: float = 0.0) -> None:
        granted = asyncio.get_running_loop().create_future()
        self._serial += 1
        self._waiting.put_nowait((order, self._serial, granted))
        worker = await granted
        self.tasks += 1
        await self._compute(worker, OPENING)
        for _ in range(calls):
            await store.permit()
            self.calls += 1
            await asyncio.sleep(LATENCY)
            if records:
                await self._compute(worker, records * cpu / 1000 / calls)
                self.transactions += 1
                await asyncio.sleep(COMMIT)
        self.records += records
        self._free.put_nowait(worker)

    async def _compute(self, worker: int, seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        self._cores[worker] = max(self._cores[worker], now) + seconds
        self.cpu += seconds
        await asyncio.sleep(self._cores[worker] - now)


class _Store:
    """A store's limit, as it is shared by all workers."""

    def __init__(self, rate: float) -> None:
        self._step = 1 / rate
        self._next = 0.0

    async def permit(self) -> None:
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now) + self._step
        await asyncio.sleep(self._next - self._step - now)


def simulated(fleet: dict[str, int], workers: int) -> Needs:
    """The pass on a virtual clock."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(Simulation(fleet, workers).run())


def words(stores: int, workers: int) -> Sequence[str]:
    """Both, for people."""
    fleet = hourly(stores)
    lines = [f"{stores:,} stores, {workers} workers with {SLOTS} slots, an hourly pass: {fleet}"]
    for name, needs in (("paper", paper(fleet, workers)), ("simulated", simulated(fleet, workers))):
        most = f"-{needs.most:,.0f}" if needs.most else ""
        figures = (needs.calls, needs.records, needs.transactions, needs.scripts)
        calls, records, transactions, scripts = (f"{figure / needs.seconds:,.0f}" for figure in figures)
        lines.append(
            f"{name:>10}: {needs.tasks:,} tasks, {needs.calls:,} calls, {needs.records:,} records, "
            f"{needs.cpu:,.0f} CPU s, {needs.seconds:,.0f}{most} s; a second: {calls} calls, {records} records, "
            f"{transactions} transactions, {scripts} scripts"
        )
    return lines


def main() -> None:
    """Prints both."""
    parser = argparse.ArgumentParser(description="What thousands of stores need, on paper and simulated.")
    parser.add_argument("--quick", action="store_true", help="500 stores and 2 workers only")
    parser.add_argument("--stores", type=int, default=10_000)
    parser.add_argument("--workers", type=int, nargs="*", default=[4, 16])
    asked = parser.parse_args()
    stores, workers = (500, [2]) if asked.quick else (asked.stores, asked.workers)
    for count in workers:
        print("\n".join(words(stores, count)))


if __name__ == "__main__":
    main()
