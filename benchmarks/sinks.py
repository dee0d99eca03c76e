"""The sinks alone, beside `executemany` of the same rows: SQLite and PostgreSQL, in turns.

Pages of records that are in memory go through `Sink.write`. The yardstick writes the very rows that it wrote, into the
same tables with the same settings and as many commits: stdlib `sqlite3`, and asyncpg by hand. It is spared hashing,
looking up what is there, making rows of records, and checkpoints. PostgreSQL is the one of the test extra, on a socket.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import tempfile
import time
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import msgspec

from benchmarks import servers
from benchmarks.figures import Spread, bar, machine, table
from benchmarks.sync_rate import TABLES, executemany
from commerce_async.http.pager import Page
from commerce_async.schema import Record
from commerce_async.sinks import Checkpoint, RawMode, Sink
from fastspring_async import FastSpring
from sparkpay_async import SparkPay
from tests import postgres

Pages: TypeAlias = Sequence[tuple[str, str, Page[Record]]]

BAR = 0.6


class Round(msgspec.Struct, frozen=True):
    """Records per second of one turn, and CPU seconds of this process per 1000 records."""

    ours: float
    plain: float
    ours_cpu: float
    plain_cpu: float
    unchanged: float


class _Watch:
    def __init__(self, records: int) -> None:
        self._records, self._wall, self._cpu = records, time.perf_counter(), time.process_time()

    def stop(self) -> tuple[float, float]:
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return self._records / wall, cpu / self._records * 1000


async def pages_of(stores: Sequence[FastSpring | SparkPay], most: int) -> list[tuple[str, str, Page[Any]]]:
    """Up to so many pages of each stream of each store."""
    found: list[tuple[str, str, Page[Any]]] = []
    for store in stores:
        for stream, records in (("products", store.products), ("orders", store.orders)):
            async with aclosing(records.list().pages()) as pages:
                taken = 0
                async for page in pages:
                    found.append((store.name, stream, page))
                    taken += 1
                    if taken == most:
                        break
    return found


async def write(pages: Pages, url: str, raw: RawMode) -> tuple[float, float, float]:
    """All pages, twice: new, and unchanged."""
    now, records = datetime.now(UTC), sum(len(page.items) for _, _, page in pages)
    async with Sink(url, raw=raw) as sink, sink.lock():
        rates: list[tuple[float, float]] = []
        for _ in range(2):
            watch = _Watch(records)
            for store, stream, page in pages:
                checkpoint = Checkpoint(token=page.token, state="running", started_at=now, since=now)
                await sink.write(store, stream, page.items, checkpoint=checkpoint, now=now)
            rates.append(watch.stop())
    (new, cpu), (unchanged, _) = rates
    return new, cpu, unchanged


async def by_hand(source: str, target: str, commits: int, records: int) -> tuple[float, float]:
    """The rows of one PostgreSQL database into another, by asyncpg's `executemany`."""
    async with Sink(target):
        pass  # the tables
    old, new = await asyncpg.connect(source), await asyncpg.connect(target)
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for name in TABLES:
        rows[name] = [tuple(row) for row in await old.fetch(f"SELECT * FROM {name}")]
    watch = _Watch(records)
    for number in range(commits):
        async with new.transaction():
            for name, found in rows.items():
                part = found[len(found) * number // commits : len(found) * (number + 1) // commits]
                if part:
                    marks = ", ".join(f"${place + 1}" for place in range(len(part[0])))
                    await new.executemany(f"INSERT INTO {name} VALUES ({marks})", part)
    rate = watch.stop()
    await old.close()
    await new.close()
    return rate


async def on_sqlite(pages: Pages, folder: Path, raw: RawMode) -> Round:
    """One turn."""
    ours, ours_cpu, unchanged = await write(pages, f"sqlite:///{folder}/ours.db", raw)
    plain = executemany(
        folder / "ours.db", folder / "plain.db", len(pages), sum(len(page.items) for _, _, page in pages)
    )
    for name in ("ours.db", "plain.db"):
        (folder / name).unlink()
    return Round(ours, plain.rate, ours_cpu, plain.cpu / plain.records * 1000, unchanged)


async def on_postgres(pages: Pages, server: postgres.Server, raw: RawMode) -> Round:
    """One turn."""
    url, target = server.database(), server.database()
    ours, ours_cpu, unchanged = await write(pages, url, raw)
    plain, plain_cpu = await by_hand(url, target, len(pages), sum(len(page.items) for _, _, page in pages))
    return Round(ours, plain, ours_cpu, plain_cpu, unchanged)


async def run(sample: int, turns: int, raw: RawMode) -> dict[str, list[Round]]:
    """Measures.

    Args:
        sample: pages of each stream of each vendor.
    """
    products, orders = sample * 100, sample * 100
    with servers.Shops(products=products, orders=orders) as shops:
        settings = shops.settings
        async with servers.fastspring(settings["fastspring"]) as eu, servers.sparkpay(settings["sparkpay"]) as us:
            pages = await pages_of([eu, us], sample)
    gc.collect()
    gc.freeze()  # a pull has two pages at a time, not all of them for the collector to go through
    found: dict[str, list[Round]] = {"SQLite": [], "PostgreSQL": []}
    with postgres.running() as server, tempfile.TemporaryDirectory() as folder:
        for _ in range(turns):
            found["SQLite"].append(await on_sqlite(pages, Path(folder), raw))
            found["PostgreSQL"].append(await on_postgres(pages, server, raw))
    gc.unfreeze()
    return found


def show(found: dict[str, list[Round]]) -> None:
    """Prints the figures."""
    heads = [
        "",
        "records/s",
        "executemany records/s",
        "ratio",
        "CPU s per 1000",
        "executemany's",
        "CPU ratio",
        "unchanged records/s",
    ]
    lines: list[list[object]] = []
    for name, rounds in found.items():
        columns = (
            [one.ours for one in rounds],
            [one.plain for one in rounds],
            [one.ours / one.plain for one in rounds],
            [one.ours_cpu for one in rounds],
            [one.plain_cpu for one in rounds],
            [one.plain_cpu / one.ours_cpu for one in rounds],
            [one.unchanged for one in rounds],
        )
        digits = (0, 0, 2, 3, 3, 2, 0)
        lines.append([name, *(Spread.of(column).show(places) for column, places in zip(columns, digits, strict=True))])
    table("Sinks alone", heads, lines)
    for name, rounds in found.items():
        middle = Spread.of([one.ours / one.plain for one in rounds]).middle
        bar(f"{name}: at least {BAR} of executemany, {middle:.2f}", reached=middle >= BAR)


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=25, help="pages of each stream of each vendor")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--raw", choices=("on", "compressed", "off"), default="on")
    parser.add_argument("--quick", action="store_true", help="3 pages, 2 turns")
    options = parser.parse_args()
    sample, turns = (3, 2) if options.quick else (options.sample, options.turns)
    print(machine())
    show(asyncio.run(run(sample, turns, options.raw)))


if __name__ == "__main__":
    main()
