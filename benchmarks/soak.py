"""A long sync under everything that goes wrong at once, by processes that are killed again and again.

The emulators answer with 1 % 5xx, 0.5 % resets, 0.5 % truncated bodies and storms of throttles, while their shops live:
products and orders are added, changed and removed all the time. Each sync runs in a process of its own; many of them
are killed with SIGKILL, and the next one goes on. A first pass, a full one over what is known by then, and with the
shops at rest an incremental one; then the database is compared with the emulators' truth, record by record.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import soak_pull
from benchmarks.figures import bar, machine, table
from benchmarks.soak_pull import Job, Said
from commerce_async.http.retry import Retry
from commerce_async.testing.emulator import Faults
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async.emulator import SparkPayEmulator

FULL = 1_000_000
BAR = 1.2
_FORKS = multiprocessing.get_context("forkserver")


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What is done to whom.

    Attributes:
        records: at the beginning; half of them products and half orders, half of each in each shop.
        kills: so many processes are killed, spread over the first pass and the full one.
        page_size: of the lists; that of FastSpring's products is always 50.
        server_error, reset, truncate: of the calls, 0 to 1.
        storm_every, storm_seconds: so often a shop refuses every call, for so long.
        edit_every: seconds from one change in the shops to the next.
        retry: how patiently a call is tried again.
        seed: of shops, changes and kills.
    """

    records: int = 50_000
    kills: int = 10
    page_size: int = 100
    server_error: float = 0.01
    reset: float = 0.005
    truncate: float = 0.005
    storm_every: float = 60.0
    storm_seconds: tuple[float, ...] = (0.5, 1.0, 3.0)
    edit_every: float = 0.1
    retry: Retry = Retry()
    seed: int = 1


class Life(msgspec.Struct, kw_only=True):
    """One process from its start to its end."""

    name: str
    said: list[Said] = msgspec.field(default_factory=list[Said])
    seconds: float = 0.0

    @property
    def read(self) -> int:
        """Records, as far as it lived to say so."""
        return self.said[-1].read if self.said else 0


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        records: in the shops at the end.
        lost: in a shop and not in the database; lines of orders included.
        double: more than once in the database; lines of orders included.
        falsely_gone: in a shop, and marked gone.
        stale: not as the shop has it.
        overlooked: removed before the full pass began, and not marked gone by it.
        gone: marked so.
        edits: changes in the shops, by kind.
        faults: of the servers, by kind.
        examples: of what is wrong.
    """

    records: int
    lost: int
    double: int
    falsely_gone: int
    stale: int
    overlooked: int
    gone: int
    kills: int
    storms: int
    edits: dict[str, int]
    faults: dict[str, int]
    calls: int
    lives: list[Life]
    examples: list[str]

    @property
    def right(self) -> bool:
        """Whether the database has what the shops have."""
        return not (self.lost or self.double or self.falsely_gone or self.stale or self.overlooked)


async def run(setup: Setup, folder: Path) -> Result:
    """Measures; the database goes into the folder."""
    quarter = setup.records // 4
    # The shops' past ends now: an incremental pass goes by the time at which an order was placed.
    size: dict[str, Any] = {"products": quarter, "orders": quarter, "seed": setup.seed, "until": datetime.now(UTC)}
    wrong = {name: getattr(setup, name) for name in ("server_error", "reset", "truncate")}
    async with (
        FastSpringEmulator(**size, rate_limit=None, faults=Faults(**wrong)) as eu,
        SparkPayEmulator(**size, window=None, faults=Faults(**wrong)) as us,
    ):
        shops = _Shops(setup, eu, us)
        soak = _Soak(setup, shops, folder / "shop.db")
        living = [asyncio.ensure_future(shops.live()), asyncio.ensure_future(shops.storms())]
        try:
            await soak.through("first pass", setup.kills - setup.kills // 3)
            shops.grown_old()
            await soak.through("full pass", setup.kills // 3, full=True)
        finally:
            for task in living:
                task.cancel()
            await asyncio.gather(*living, return_exceptions=True)
        await soak.through("at rest", 0)
        return soak.compared()


# -- the shops -----------------------------------------------------------------------------------------------


class _Shops:
    """Both emulators, and what happens in them."""

    def __init__(self, setup: Setup, eu: FastSpringEmulator, us: SparkPayEmulator) -> None:
        self.eu, self.us = eu, us
        self.edits: Counter[str] = Counter()
        self.stormed = 0
        self.removed: set[tuple[str, str, str]] = set()  # before the full pass
        self._setup = setup
        self._dice = random.Random(setup.seed)
        self._paths = eu.product_ids()
        self._old = False
        self._kinds = [*self._both_passes(), *self._first_pass_only()]

    def _both_passes(self) -> list[Any]:
        eu, us, dice = self.eu, self.us, self._dice
        return [
            us.insert_order,
            us.insert_product,
            lambda: us.edit_order(dice.choice(us.order_ids())),
            lambda: us.edit_product(dice.choice(us.product_ids())),
            eu.insert_order,
            lambda: self._paths.append(eu.insert_product()),
            lambda: eu.edit_product(dice.choice(self._paths)),
            self._remove,
        ]

    def _first_pass_only(self) -> list[Any]:
        # FastSpring tells of a change in an old order to nobody who does not read all of them.
        eu, dice = self.eu, self._dice
        return [lambda: eu.edit_order(eu.order_id(dice.randrange(eu.order_count)))]

    @property
    def ledgers(self) -> tuple[Any, Any]:
        return self.eu.ledger, self.us.ledger

    @property
    def calls(self) -> int:
        return sum(ledger.calls for ledger in self.ledgers)

    def expected_calls(self) -> int:
        """About so many make a full pass."""
        size, eu, us = self._setup.page_size, self.eu, self.us
        return eu.product_count // 50 + (eu.order_count + us.product_count + us.order_count) // size + 4

    def grown_old(self) -> None:
        """What was removed until now must be found to be gone by the pass that begins."""
        self._old = True
        self._kinds = self._both_passes()

    async def live(self) -> None:
        """Changes without end."""
        while True:
            await asyncio.sleep(self._setup.edit_every)
            self._dice.choice(self._kinds)()
            self.edits["in all"] += 1

    def _remove(self) -> None:
        dice, us = self._dice, self.us
        gone: list[tuple[str, str, str]] = []
        match dice.randrange(3):
            case 0:
                us.remove_order(number := dice.choice(us.order_ids()))
                gone.append(("us", "orders", str(number)))
            case 1:
                us.remove_product(number := dice.choice(us.product_ids()))
                gone.append(("us", "products", str(number)))
            case _:
                paths = self.eu.remove_product(dice.choice(self._paths))
                self._paths = [path for path in self._paths if path not in paths]
                gone += (("eu", "products", path) for path in paths)
        self.edits["removed"] += len(gone)
        if not self._old:
            self.removed.update(gone)

    async def storms(self) -> None:
        """Now and then one shop refuses everybody, in one of the ways that are known of it."""
        setup, dice = self._setup, self._dice
        while True:
            await asyncio.sleep(setup.storm_every / 2)
            shop = dice.choice([self.eu, self.us])
            self.eu.throttle_with = dice.choice(["429", "429-date", "404-empty", "404-html"])
            self.stormed += 1
            shop.faults.storm = 1_000_000
            try:
                await asyncio.sleep(dice.choice(setup.storm_seconds))
            finally:
                shop.faults.storm = 0

    def truth(self, name: str, stream: str) -> Iterator[tuple[str, Any]]:
        """Every record that a shop has: its id, and what shows of it whether it was changed."""
        eu, us = self.eu, self.us
        if name == "eu" and stream == "products":
            yield from ((path, eu.product(path)["display"]) for path in eu.product_ids())
        elif name == "eu":
            yield from ((id, eu.order(id)["changed"]) for id in eu.order_ids())
        else:
            rows = us.table(stream)
            yield from ((str(id), _text((rows.get(id) or {})["updated_at"])) for id in rows.ids())


# -- the syncs -----------------------------------------------------------------------------------------------


class _Soak:
    """One process after the other, all into one database."""

    def __init__(self, setup: Setup, shops: _Shops, database: Path) -> None:
        self._setup = setup
        self._shops = shops
        self._database = database
        self._dice = random.Random(setup.seed + 1)
        self._lives: list[Life] = []
        self._kills = 0
        self._examples: list[str] = []

    async def through(self, name: str, kills: int, *, full: bool = False) -> None:
        """A pass by many processes, all but the last of which are killed."""
        apart = self._shops.expected_calls() / (kills + 1)
        for number in range(1, kills + 1):
            # Only the first asks for a full pass: the others go on with it.
            await self._sync(f"{name}, killed {number}", full=full and number == 1, kill_after=self._around(apart))
        await self._sync(f"{name}, to its end", full=full and kills == 0)

    def _around(self, calls: float) -> int:
        return max(2, round(calls * self._dice.uniform(0.6, 1.2)))

    async def _sync(self, name: str, *, full: bool, kill_after: int | None = None) -> None:
        """One process; killed after so many calls, unless it was done before."""
        shops, life = self._shops, Life(name=name)
        job = Job(
            eu=shops.eu.settings(),
            us=shops.us.settings(),
            into=f"sqlite:///{self._database}",
            full=full,
            page_size=self._setup.page_size,
            retry=self._setup.retry,
        )
        begun, calls = time.perf_counter(), shops.calls
        ours, theirs = _FORKS.Pipe(duplex=False)
        process = _FORKS.Process(target=soak_pull.run, args=(msgspec.json.encode(job), theirs))
        process.start()
        theirs.close()
        try:
            while process.is_alive():
                _hear(ours, life)
                if kill_after is not None and shops.calls >= calls + kill_after:
                    await asyncio.sleep(self._dice.uniform(0, 0.05))  # anywhere between two calls
                    process.kill()
                    self._kills += 1
                    kill_after = None
                await asyncio.sleep(0.005)
        finally:
            process.kill()
            process.join()
        _hear(ours, life)
        ours.close()
        life.seconds = time.perf_counter() - begun
        self._lives.append(life)
        print(f"{name}: {life.read} records in {life.seconds:.0f} s", file=sys.stderr, flush=True)
        if process.exitcode != -9 and not (life.said and life.said[-1].complete):
            errors = life.said[-1].errors if life.said else [f"exit code {process.exitcode}"]
            raise RuntimeError(f"{name}: the sync did not end well: {'; '.join(errors)}")

    # -- the comparison ----------------------------------------------------------------------------------------

    def compared(self) -> Result:
        """The database beside the truth."""
        shops, found = self._shops, Counter[str]()
        connection = sqlite3.connect(self._database)
        for name in ("eu", "us"):
            for stream in ("products", "orders"):
                found += self._compare(connection, name, stream)
        connection.close()
        faults = sum((ledger.faults for ledger in shops.ledgers), Counter[str]())
        faults["throttled"] = sum(ledger.throttled for ledger in shops.ledgers)
        return Result(
            records=found["records"],
            lost=found["lost"],
            double=found["double"],
            falsely_gone=found["falsely gone"],
            stale=found["stale"],
            overlooked=found["overlooked"],
            gone=found["gone"],
            kills=self._kills,
            storms=shops.stormed,
            edits=dict(shops.edits),
            faults={name: count for name, count in faults.items() if count},
            calls=shops.calls,
            lives=self._lives,
            examples=self._examples,
        )

    def _compare(self, connection: sqlite3.Connection, name: str, stream: str) -> Counter[str]:
        truth = dict(self._shops.truth(name, stream))
        found: Counter[str] = Counter({"records": len(truth)})
        seen: set[str] = set()

        def note(wrong: str, id: str, count: int = 1) -> None:
            found[wrong] += count
            if count and found[wrong] <= 10:
                self._examples.append(f"{name} {stream} {id}: {wrong}")

        for id, gone_at, raw, lines in connection.execute(_ROWS[stream], {"store": name}):
            note("double", id, id in seen)
            seen.add(id)
            if gone_at is not None:
                found["gone"] += 1
                note("falsely gone", id, id in truth)
            elif id not in truth:
                note("overlooked", id, (name, stream, id) in self._shops.removed)
            else:
                record = msgspec.json.decode(raw, type=_Raw)
                note("stale", id, truth[id] != (record.display or record.changed or record.updated_at))
                note("lost", f"{id}, lines", max(0, len(record.items) - lines))
                note("double", f"{id}, lines", max(0, lines - len(record.items)))
        for id in truth.keys() - seen:
            note("lost", id)
        return found


_ROWS = {
    "products": "SELECT id, gone_at, raw, 0 FROM products WHERE store = :store",
    "orders": "SELECT id, gone_at, raw, (SELECT count(*) FROM order_lines WHERE order_lines.store = orders.store "
    "AND order_lines.order_id = orders.id) FROM orders WHERE store = :store",
}


class _Raw(msgspec.Struct):
    """What of a record shows whether it was changed, and an order's lines."""

    display: Any = None
    changed: int | None = None
    updated_at: str | None = None
    items: list[msgspec.Raw] = []


def _text(moment: Any) -> str:
    return moment if isinstance(moment, str) else moment.text()


def _hear(connection: Connection, life: Life) -> None:
    with suppress(EOFError, OSError):  # killed
        while connection.poll():
            life.said.append(msgspec.json.decode(connection.recv_bytes(), type=Said))


# -- for people ------------------------------------------------------------------------------------------------


def show(setup: Setup, result: Result) -> bool:
    """Prints the figures; whether the database has what the shops have."""
    rows: list[list[object]] = []
    for life in result.lives:
        marks = [life.said[(len(life.said) - 1) * quarter // 4] for quarter in range(1, 5)] if life.said else []
        peaks = [f"{mark.peak:.1f}" for mark in marks] or ["-"] * 4
        rows.append([life.name, life.read, *peaks, f"{life.seconds:.1f}"])
    heads = ["process", "records read", "MiB at 1/4", "1/2", "3/4", "end", "seconds"]
    table("Peak memory of each process, by stage", heads, rows)
    faults = ", ".join(f"{count} {name}" for name, count in sorted(result.faults.items()))
    print(
        f"\n{setup.records} records at the beginning, {result.records} at the end; {result.edits.get('in all', 0)} "
        f"changes while it ran, {result.edits.get('removed', 0)} records removed; {result.kills} kills; "
        f"{result.storms} storms; {result.calls} calls, of which: {faults}; {result.gone} rows found to be gone.\n"
    )
    for name in ("lost", "double", "falsely_gone", "stale", "overlooked"):
        bar(f"{getattr(result, name)} {name.replace('_', ' ')}", reached=getattr(result, name) == 0)
    for example in result.examples:
        print(example)
    bar(f"{result.kills} kills of {setup.kills}", reached=result.kills == setup.kills)
    _show_memory(result)
    return result.right


def _show_memory(result: Result) -> None:
    peaks = [life.said[-1].peak for life in result.lives if life.said]
    if peaks:
        ratio = max(peaks) / peaks[0]
        bar(f"no process needs more than {ratio:.2f} of what the first did, at most {BAR}", reached=ratio <= BAR)


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=Setup().records, help="products and orders in all")
    parser.add_argument("--kills", type=int, default=Setup().kills)
    parser.add_argument("--full", action="store_true", help=f"{FULL} records and 20 kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the database is made, and stays")
    options = parser.parse_args()
    # What every process imports is imported once; the emulators come with this module, which each takes for its main.
    _FORKS.set_forkserver_preload(["benchmarks.soak_pull", "fastspring_async.emulator", "sparkpay_async.emulator"])
    print(machine(), flush=True)
    records, kills = (FULL, 20) if options.full else (options.records, options.kills)
    setup = Setup(records=records, kills=kills, seed=options.seed)
    folder = Path(tempfile.mkdtemp()) if options.folder is None else options.folder
    try:
        right = show(setup, asyncio.run(run(setup, folder)))
    finally:
        if options.folder is None:
            shutil.rmtree(folder)
    sys.exit(not right)


if __name__ == "__main__":
    main()
