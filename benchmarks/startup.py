"""Seconds until a program can begin: imports and `commerce-async --help`, beside `python -c pass` in the same run.

Each takes turns in a process of its own; what is compared is its CPU, and its time as a person waits.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import msgspec

from benchmarks.figures import Spread, as_installed, bar, machine, table

EMPTY = "python -c pass"
HELP = "commerce-async --help"
PROGRAMS = {
    EMPTY: ("pass",),
    "import commerce_async": ("import commerce_async",),
    "import fastspring_async": ("import fastspring_async",),
    "import sparkpay_async": ("import sparkpay_async",),
    HELP: ("from commerce_async.cli import main; main()", "--help"),
    "for comparison: import aiohttp": ("import aiohttp",),
    "for comparison: import typer, rich": ("import typer, rich.console",),
}
BARS = {"import commerce_async": 0.150, HELP: 0.400}
"""Seconds of wall time on an idle machine."""


class Result(msgspec.Struct, kw_only=True):
    """Milliseconds of one program, and how many times those of an empty one."""

    name: str
    wall: Spread
    cpu: Spread
    to_empty: Spread


def run(rounds: int) -> list[Result]:
    """Starts every program so many times, in turns."""
    walls: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    cpus: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for number in range(rounds + 1):
        for name, arguments in PROGRAMS.items():
            wall, cpu = _once(arguments)
            if number:  # the first writes bytecode and warms the disk's cache
                walls[name].append(wall * 1000)
                cpus[name].append(cpu * 1000)
    return [
        Result(
            name=name,
            wall=Spread.of(walls[name]),
            cpu=Spread.of(cpus[name]),
            to_empty=Spread.of([one / empty for one, empty in zip(cpus[name], cpus[EMPTY], strict=True)]),
        )
        for name in PROGRAMS
    ]


def _once(arguments: tuple[str, ...]) -> tuple[float, float]:
    before, begun = _children(), time.perf_counter()
    subprocess.run([sys.executable, "-c", *arguments], check=True, stdout=subprocess.DEVNULL, env=as_installed())
    return time.perf_counter() - begun, _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(results: list[Result]) -> None:
    """Prints the figures and the bars."""
    table(
        "Milliseconds until it can begin: median (lowest-highest)",
        ["", "wall", "CPU", "CPU / python -c pass"],
        [[each.name, each.wall.show(), each.cpu.show(), each.to_empty.show()] for each in results],
    )
    print()
    for each in results:
        if (most := BARS.get(each.name)) is not None:
            words = f"{each.name}: {each.wall.middle:.0f} ms, at most {most * 1000:.0f} on an idle machine"
            bar(words, reached=each.wall.middle <= most * 1000)


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print(machine())
    show(run(options.rounds))


if __name__ == "__main__":
    main()
