"""Peak memory of the client while it pulls a small and a large number of records, limits off.

Each size runs in a fresh child process, with the emulators in another one; the child says what its peak was
(`resource.getrusage`: the most resident memory it ever had, interpreter and libraries included).
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import servers
from benchmarks.figures import bar, machine, table
from commerce_async.sync import pull

BAR = 1.2
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
_MIB = 1024 * 1024


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One pull in a process of its own.

    Attributes:
        records: that were read.
        base: peak before the pull began, in MiB: interpreter and imports.
        peak: peak after it, in MiB.
    """

    records: int
    base: float
    peak: float
    seconds: float


def run(records: int) -> Result:
    """Pulls so many records, half of them products and half orders, half of each from each store."""
    with servers.Shops(products=records // 4, orders=records // 4) as shops:
        spec = msgspec.json.encode(shops.settings).decode()
        command = [sys.executable, "-m", "benchmarks.memory", "--child", spec]
        told = subprocess.run(command, stdout=subprocess.PIPE, cwd=servers.ROOT, check=True).stdout
    return msgspec.json.decode(told, type=Result)


async def _pull(settings: dict[str, Any], folder: Path) -> Result:
    base, begun = _peak(), time.perf_counter()
    async with servers.fastspring(settings["fastspring"]) as eu, servers.sparkpay(settings["sparkpay"]) as us:
        report = await pull([eu, us], into=f"sqlite:///{folder / 'shop.db'}")
    if not report.complete:
        raise RuntimeError(f"not complete: {[stream.error for stream in report.streams]}")
    read = sum(stream.read for stream in report.streams)
    return Result(records=read, base=base, peak=_peak(), seconds=time.perf_counter() - begun)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / _MIB


def show(results: list[Result]) -> None:
    """Prints the figures, and the bar for the last against the first."""
    table(
        "Peak memory of the client",
        ["records", "MiB before the pull", "MiB at the peak", "seconds"],
        [[each.records, f"{each.base:.1f}", f"{each.peak:.1f}", f"{each.seconds:.0f}"] for each in results],
    )
    small, large = results[0], results[-1]
    ratio = large.peak / small.peak
    print()
    bar(f"{large.records} records take {ratio:.2f} of {small.records}, at most {BAR}", reached=ratio <= BAR)


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 200_000])
    parser.add_argument("--quick", action="store_true", help="1000 and 4000 records")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        with tempfile.TemporaryDirectory() as folder:
            result = asyncio.run(_pull(msgspec.json.decode(options.child), Path(folder)))
        print(msgspec.json.encode(result).decode())
        return
    print(machine())
    show([run(size) for size in ([1000, 4000] if options.quick else options.sizes)])


if __name__ == "__main__":
    main()
