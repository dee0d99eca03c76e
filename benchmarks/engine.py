"""Many stores on Dask workers that are killed again and again: whether the database is right, and what it took.

    python -m benchmarks.engine [--quick] [--stores 20] [--workers 4] [--kill-every 3]

PostgreSQL and Redis are real, from wheels; the shops are emulators with their limits on. A reference pull without Dask
into SQLite says what the database must hold.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sqlite3
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import redis.asyncio

from benchmarks import redis_server
from benchmarks.servers import Shops
from commerce_async.config import load_stores
from commerce_async.secrets import Secret
from commerce_async.store import emulators
from commerce_async.sync import Report, pull
from commerce_async.sync.dask_engine import DaskEngine
from commerce_async.sync.units import Job, Unit, plan_units, start_run, sync_unit
from tests import postgres

ROWS = {  # what must be the same as without Dask, whatever was killed
    "products": "SELECT store, id, hash FROM products",
    "prices": "SELECT store, id, CAST(amount AS TEXT) FROM product_prices",
    "orders": "SELECT store, id, hash FROM orders",
    "lines": "SELECT store, id, order_id FROM order_lines",
    "customers": "SELECT store, id, email FROM customers",
    "quarantine": "SELECT store, id, stream FROM quarantine",
}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """One run.

    Attributes:
        stores: half of each vendor's.
        workers: processes; one of them is killed every `kill_every` seconds, or none if that is 0, and not more than
            `most_kills` in all.
        records: of a unit.
        limits: whether the shops limit their callers.
    """

    stores: int = 20
    products: int = 300
    orders: int = 1500
    workers: int = 4
    kill_every: float = 3.0
    most_kills: int = 1_000_000
    records: int = 200
    limits: bool = True


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        wrong: rows that are not as they should be, by table; empty if the database is right.
        kills: workers that were killed.
        redis: scripts that it ran.
    """

    report: Report
    wrong: dict[str, int]
    kills: int
    seconds: float
    calls: int
    throttled: int
    redis: int


@asynccontextmanager
async def shops(options: Options, folder: Path, limiter: str) -> AsyncGenerator[dict[str, Any]]:
    """The emulators by store, with `shared.toml` and `alone.toml` for them. Secrets are in the environment only."""
    known = emulators()
    free: dict[str, dict[str, Any]] = {"fastspring": {"rate_limit": None}, "sparkpay": {"window": None}}
    sizes = {"products": options.products, "orders": options.orders}
    async with AsyncExitStack() as stack:
        found: dict[str, Any] = {}
        tables: list[str] = []
        for number in range(options.stores):
            vendor = sorted(free)[number % 2]
            name = f"{vendor}{number}"
            kind = known[vendor](**sizes, seed=number, **({} if options.limits else free[vendor]))
            found[name] = await stack.enter_async_context(kind)
            lines = [f"[stores.{name}]", f'adapter = "{vendor}"']
            for key, value in found[name].settings().items():
                secret = value.reveal() if isinstance(value, Secret) else value
                if key in ("password", "token"):
                    place = f"{name}_{key}".upper()
                    os.environ[place], secret = str(secret), f"env:{place}"
                lines.append(f"{key} = {msgspec.json.encode(secret).decode()}")
            tables.append("\n".join(lines))
        (folder / "alone.toml").write_text("\n".join(tables))
        (folder / "shared.toml").write_text("\n".join(f'{each}\nlimiter = "{limiter}"' for each in tables))
        yield found


async def run(options: Options, folder: Path, database: str, limiter: str) -> Outcome:
    """One sync on Dask with kills, compared with one without either."""
    os.environ["ENGINE_DATABASE"] = database
    killed: list[int] = []
    async with shops(options, folder, limiter) as found, redis.asyncio.from_url(limiter) as board:
        async with DaskEngine("dask", workers=options.workers) as engine:
            before, began = await _scripts(board), time.monotonic()
            killing = asyncio.create_task(_kill(engine, options.kill_every, options.most_kills, killed))
            try:
                into = "env:ENGINE_DATABASE"
                report = await engine.pull(folder / "shared.toml", into=into, records=options.records)
            finally:
                killing.cancel()
                await asyncio.wait([killing])
            seconds = time.monotonic() - began
        scripts = await _scripts(board) - before
        calls = sum(shop.ledger.calls for shop in found.values())
        throttled = sum(shop.ledger.throttled for shop in found.values())
        for shop in found.values():
            shop.rate_limit = None
        reference = await _reference(folder)
    wrong = {table: len(reference[table] ^ rows) for table, rows in (await _rows(database)).items()}
    return Outcome(
        report=report,
        wrong={table: count for table, count in wrong.items() if count},
        kills=len(killed),
        seconds=seconds,
        calls=calls,
        throttled=throttled,
        redis=scripts,
    )


async def _kill(engine: DaskEngine, every: float, most: int, killed: list[int]) -> None:
    """Kills a worker again and again, never the last; its nanny starts another, which may take longer than that."""
    chance = random.Random(1)
    while every:
        await asyncio.sleep(every)
        pids = engine.pids
        if len(pids) > 1 and len(killed) < most:
            killed.append(chance.choice(pids))
            with suppress(ProcessLookupError):
                os.kill(killed[-1], signal.SIGKILL)


async def _scripts(board: Any) -> int:
    return int((await board.info("commandstats")).get("cmdstat_evalsha", {"calls": 0})["calls"])


async def _reference(folder: Path) -> dict[str, set[tuple[Any, ...]]]:
    """What a pull without Dask writes."""
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(store) for store in load_stores(folder / "alone.toml")]
        report = await pull(stores, into=f"sqlite:///{folder}/alone.db")
    assert report.complete, report
    with sqlite3.connect(folder / "alone.db") as connection:
        return {table: set(connection.execute(query)) for table, query in ROWS.items()}


async def _rows(database: str) -> dict[str, set[tuple[Any, ...]]]:
    found: dict[str, set[tuple[Any, ...]]] = {}
    for table, query in ROWS.items():
        rows = await postgres.rows(database, query)
        assert len(rows) == len(set(rows)), f"a row twice in {table}"
        found[table] = set(rows)
    return found


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What the units of one stream take, limits off.

    Attributes:
        calls: of all units.
        cpu: seconds of this process for all of them; `empty`: for a unit of few records, these left out.
    """

    stream: str
    records: int
    units: int
    calls: int
    cpu: float
    empty: float


async def cost(products: int, orders: int, folder: Path, database: str, limiter: str) -> list[Cost]:
    """The units of one store of each vendor, run one after the other in this process; the shops are in another."""
    os.environ["ENGINE_DATABASE"] = database
    found: list[Cost] = []
    with Shops(products=products, orders=orders, keep_pages=True) as shops:
        for vendor, settings in shops.settings.items():
            limit = {"fastspring": {"rate": 1e6}, "sparkpay": {"limit": 1_000_000, "period": 10.0}}[vendor]
            table = {"adapter": vendor, "limiter": limiter, **limit, **settings}
            lines = [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in table.items()]
            (folder / "stores.toml").write_text("\n".join([f"[stores.{vendor}]", *lines]))
            where = {"config": str(folder / "stores.toml"), "into": "env:ENGINE_DATABASE"}
            for stream in ("products", "orders"):
                run = await start_run(where["into"])
                small = await plan_units(Job(run=run, store=vendor, stream=stream, records=100), **where)
                few = small.units[-6:]
                await sync_unit(few[0], **where)  # what is imported first is no unit's cost
                shorts: list[Any] = []
                short = await _cpu(few[1:], where, shorts)
                plan = await plan_units(Job(run=run, store=vendor, stream=stream), **where)
                reports: list[Any] = []
                cpu = await _cpu(plan.units, where, reports)
                calls = sum(report.calls for report in reports)
                read = sum(report.read for report in reports)
                empty = (short - cpu / read * sum(report.read for report in shorts)) / len(shorts)
                name = f"{vendor} {stream}"
                found.append(Cost(stream=name, records=read, units=len(reports), calls=calls, cpu=cpu, empty=empty))
    return found


async def _cpu(units: Sequence[Unit], where: dict[str, str], reports: list[Any]) -> float:
    began = time.process_time()
    for unit in units:
        reports.append(await sync_unit(unit, **where))
    return time.process_time() - began


def words(outcome: Outcome) -> Sequence[str]:
    """The figures for people."""
    report, seconds = outcome.report, outcome.seconds
    states = [stream.state for stream in report.streams]
    read, kept = sum(s.read for s in report.streams), sum(s.new for s in report.streams)
    return (
        f"{states.count('complete')} of {len(states)} streams complete; {seconds:.0f} s; {outcome.kills} kills",
        f"{read:,} records read by units that came to their end, {kept:,} new then; {read / seconds:,.0f}/s",
        f"{outcome.calls:,} calls, {outcome.throttled:,} throttled; {outcome.redis:,} Redis scripts, "
        f"{outcome.redis / max(1, outcome.calls):.1f} a call",
        f"rows that differ from a pull without Dask: {outcome.wrong or 'none'}",
    )


def main() -> None:
    """Runs it."""
    defaults = Options()
    parser = argparse.ArgumentParser(description="Many stores on Dask workers that are killed again and again.")
    parser.add_argument("--quick", action="store_true", help="4 stores, 2 workers, little data")
    parser.add_argument("--stores", type=int, default=defaults.stores)
    parser.add_argument("--workers", type=int, default=defaults.workers)
    parser.add_argument("--kill-every", type=float, default=defaults.kill_every, help="seconds; 0 for never")
    parser.add_argument("--products", type=int, default=defaults.products)
    parser.add_argument("--orders", type=int, default=defaults.orders)
    parser.add_argument("--cost", action="store_true", help="instead: what units take, without Dask and kills")
    asked = vars(parser.parse_args())
    quick, costs = asked.pop("quick"), asked.pop("cost")
    options = Options(stores=4, workers=2, products=60, orders=200) if quick else Options(**asked)
    with tempfile.TemporaryDirectory() as folder, postgres.running() as server, redis_server.running() as board:
        if costs:
            for each in asyncio.run(cost(2_000, 10_000, Path(folder), server.database(), board.url)):
                print(
                    f"{each.stream}: {each.records:,} records in {each.units} units, {each.calls} calls; CPU s per "
                    f"1000 records {1000 * each.cpu / each.records:.3f}, per unit of hardly any {each.empty:.3f}"
                )
            return
        outcome = asyncio.run(run(options, Path(folder), server.database(), board.url))
    print("\n".join(words(outcome)))


if __name__ == "__main__":
    main()
