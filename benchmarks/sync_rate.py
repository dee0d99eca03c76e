"""Records per second from both stores into SQLite with the limits off, beside stdlib `executemany` of the same rows.

The emulators run in another process. `pull` is the whole job: calls, decoding, mapping, hashing, upserts, commits; the
second time everything is read again and found unchanged. Beside it, for scale, `sqlite3.executemany` of the very rows
that it wrote, into the same tables with the same pragmas and as many commits. The sink alone is measured by `sinks`.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import servers
from benchmarks.figures import machine, table
from commerce_async.sinks import Sink
from commerce_async.sync import pull
from fastspring_async import FastSpring
from sparkpay_async import SparkPay

TABLES = ("products", "product_prices", "orders", "order_lines", "customers", "quarantine")


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long a number of records took, by the clock and in CPU seconds of this process."""

    records: int
    wall: float
    cpu: float
    shops_cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.records / self.wall


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The whole job, `executemany` of the rows it wrote, and the same job once more."""

    whole: Timing
    plain: Timing
    again: Timing


class _Watch:
    """A stopwatch for both clocks."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def stop(self, records: int, shops_cpu: float = 0.0) -> Timing:
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return Timing(records=records, wall=wall, cpu=cpu, shops_cpu=shops_cpu)


async def run(products: int, orders: int, folder: Path) -> Result:
    """Measures.

    Args:
        products, orders: in all; each store has half of them.
        folder: where the databases go.
    """
    with servers.Shops(products=products // 2, orders=orders // 2) as shops:
        settings = shops.settings
        async with (
            servers.fastspring(settings["fastspring"]) as eu,
            servers.sparkpay(settings["sparkpay"]) as us,
        ):
            whole, commits = await _pull([eu, us], shops, folder / "pulled.db")
            plain = executemany(folder / "pulled.db", folder / "plain.db", commits, whole.records)
            again, _ = await _pull([eu, us], shops, folder / "pulled.db")
    return Result(whole=whole, plain=plain, again=again)


async def _pull(stores: Sequence[FastSpring | SparkPay], shops: servers.Shops, database: Path) -> tuple[Timing, int]:
    sink = _CountingSink(f"sqlite:///{database}")
    before = shops.cpu()
    async with sink:
        watch = _Watch()
        report = await pull(stores, into=sink, full=True)
        timing = watch.stop(sum(stream.read for stream in report.streams))
    if not report.complete:
        raise RuntimeError(f"not complete: {[stream.error for stream in report.streams]}")
    return msgspec.structs.replace(timing, shops_cpu=shops.cpu() - before), sink.pages


class _CountingSink(Sink):
    pages = 0

    async def write(self, *args: Any, **options: Any) -> Any:
        self.pages += 1
        return await super().write(*args, **options)


def executemany(source: Path, target: Path, commits: int, records: int) -> Timing:
    """The rows of one database into another with the same tables, with nothing but the standard library."""
    with _open(source) as old, _open(target) as new:
        for (statement,) in old.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"):
            new.execute(statement)
        rows = _rows(old)
        watch = _Watch()
        for number in range(commits):
            new.execute("BEGIN IMMEDIATE")
            for name, found in rows.items():
                part = found[len(found) * number // commits : len(found) * (number + 1) // commits]
                if part:
                    new.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * len(part[0]))})", part)
            new.execute("COMMIT")
        timing = watch.stop(records)
    old.close()
    new.close()
    return timing


def rows(database: Path) -> dict[str, int]:
    """How many rows each table has."""
    with _open(database) as connection:
        counts = {name: len(found) for name, found in _rows(connection).items()}
    connection.close()
    return counts


def _rows(connection: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def show(result: Result) -> None:
    """Prints the figures."""
    lines = [
        ("pull, both stores", result.whole),
        ("again, unchanged", result.again),
        ("executemany of the rows", result.plain),
    ]
    table(
        "Into SQLite, limits off",
        ["", "records", "seconds", "records/s", "CPU s per 1000", "the emulators' CPU s per 1000"],
        [
            [
                name,
                one.records,
                f"{one.wall:.1f}",
                f"{one.rate:.0f}",
                f"{one.cpu / one.records * 1000:.3f}",
                f"{one.shops_cpu / one.records * 1000:.3f}" if one.shops_cpu else "",
            ]
            for name, one in lines
        ],
    )


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=20_000, help="in all")
    parser.add_argument("--orders", type=int, default=20_000, help="in all")
    parser.add_argument("--quick", action="store_true", help="1000 of each")
    options = parser.parse_args()
    sizes = (1000, 1000) if options.quick else (options.products, options.orders)
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        show(asyncio.run(run(*sizes, Path(folder))))


if __name__ == "__main__":
    main()
