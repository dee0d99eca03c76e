"""Our sync beside dlt's REST API source, a Singer tap on singer-sdk and a declarative source on airbyte-cdk.

Every side reads the same four lists of the same emulators, which have no limits and render each page once, and brings
them into its own database. Sides take turns, ours before or after each. Two sizes are run, so that start-up can be
taken out: large less small. A peer's environment is made of its requirements file when it is first needed.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.figures import Spread, bar, machine, table
from benchmarks.peers import environments, measuring
from benchmarks.peers.measuring import Measured, Turn
from benchmarks.peers.sides import AIRBYTE, DLT, OURS, PEERS, SINGER, Side, interpreters, job
from benchmarks.servers import Shops

BAR = 10.0
JUDGED = (DLT, SINGER, AIRBYTE)
"""The same job as ours, written as their documentation begins. The others are shown beside them."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A peer, and ours as it ran beside it."""

    ours: Measured
    peer: Measured


class Sized(msgspec.Struct, frozen=True):
    """Emulators of one size, and what the sides are told of them."""

    each: int
    shops: Shops
    job: dict[str, Any]


def run(
    peers: Sequence[Side], venvs: Path, sizes: tuple[int, int], rounds: int, folder: Path, *, keep_pages: bool = True
) -> list[Pair]:
    """Measures.

    Args:
        peers: who takes turns with ours.
        venvs: where their environments are.
        sizes: records of each of the four lists, small and large.
        rounds: after one that is not counted: in it the emulators render their pages, and files come into memory.
        folder: for databases.
        keep_pages: False if the emulators shall render every page anew.
    """
    pythons = interpreters([OURS, *peers], lambda peer: environments.python(venvs, peer))
    turns: dict[tuple[str, str, int], list[Turn]] = {}
    with ExitStack() as stack:
        sized = [_open(stack, each, keep_pages) for each in sizes]
        for number in range(rounds + 1):
            for peer in peers:
                for side in (OURS, peer) if number % 2 else (peer, OURS):
                    for at in sized:
                        turn = measuring.run(side, pythons[side.venv], at.shops, at.job, at.each, folder / "turn")
                        if number:
                            turns.setdefault((peer.name, side.name, at.each), []).append(turn)
                        _tell(number, side, turn)
    small, large = sizes

    def measured(peer: Side, side: Side) -> Measured:
        return Measured(
            name=side.name, small=turns[peer.name, side.name, small], large=turns[peer.name, side.name, large]
        )

    return [Pair(ours=measured(peer, OURS), peer=measured(peer, peer)) for peer in peers]


def _open(stack: ExitStack, each: int, keep_pages: bool) -> Sized:
    # A password in ASCII: not every peer can send another.
    plain = {"fastspring": {"password": "emulator-password"}}
    shops = stack.enter_context(Shops(plain, keep_pages=keep_pages, products=each, orders=each))
    return Sized(each, shops, job(shops.settings))


def _tell(number: int, side: Side, turn: Turn) -> None:
    print(
        f"round {number}  {side.name:28} {turn.records:6} records  {turn.wall:7.2f} s  {turn.cpu:7.2f} CPU s"
        f"  {turn.calls:4} calls{f'  LOST {turn.lost}' if turn.lost else ''}",
        flush=True,
    )


def show(pairs: Sequence[Pair]) -> None:
    """Prints the figures."""
    first = pairs[0].ours
    every = Measured(name=first.name, small=first.small, large=[turn for pair in pairs for turn in pair.ours.large])
    rows = [_row(each) for each in (every, *(pair.peer for pair in pairs))]
    table(
        f"{first.large[0].records} records (start-up: from {first.small[0].records})",
        ["", "records/s", "without start-up", "CPU ms/record", "without start-up", "calls", "emulators' CPU", "lost"],
        rows,
    )
    ratios = [
        [
            pair.peer.name,
            *(_show(measuring.ratio(pair.ours.costs(clock), pair.peer.costs(clock))) for clock in ("wall", "cpu")),
            *(_show(measuring.ratio(pair.ours.slopes(clock), pair.peer.slopes(clock))) for clock in ("wall", "cpu")),
        ]
        for pair in pairs
    ]
    table(
        "Ours is so many times as fast",
        ["", "by the clock", "by CPU", "by the clock, without start-up", "by CPU, without start-up"],
        ratios,
    )
    print()
    for pair in pairs:
        if pair.peer.name in {side.name for side in JUDGED}:
            whole = measuring.ratio(pair.ours.costs("wall"), pair.peer.costs("wall"))
            steady = measuring.ratio(pair.ours.slopes("wall"), pair.peer.slopes("wall"))
            for what, spread in (("", whole), (", without start-up", steady)):
                bar(
                    f"{BAR:.0f} times the records per second of {pair.peer.name}{what}: {_show(spread)}",
                    reached=spread.middle >= BAR,
                )


def _row(each: Measured) -> list[object]:
    last = each.large[-1]
    lost = max(turn.lost for turn in (*each.small, *each.large))
    return [
        each.name,
        _show(Spread.of([1 / cost for cost in each.costs("wall")]), 0),
        _show(Spread.of([1 / cost for cost in each.slopes("wall")]), 0),
        _show(Spread.of([1000 * cost for cost in each.costs("cpu")]), 2),
        _show(Spread.of([1000 * cost for cost in each.slopes("cpu")]), 2),
        last.calls,
        f"{last.shops_cpu:.1f} of {last.wall:.1f} s",
        lost,
    ]


def _show(spread: Spread, digits: int = 1) -> str:
    return spread.show(digits)


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venvs", type=Path, default=Path(".peers"), help="where the peers' environments are or go")
    parser.add_argument("--peer", action="append", choices=[side.name for side in PEERS], help="only this; repeatable")
    parser.add_argument("--small", type=int, default=250, help="records of each list")
    parser.add_argument("--large", type=int, default=2000, help="records of each list")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--fresh-pages", action="store_true", help="emulators that render every page anew")
    parser.add_argument("--quick", action="store_true", help="100 and 400 of each, one round")
    options = parser.parse_args()
    peers = [side for side in PEERS if not options.peer or side.name in options.peer]
    sizes, rounds = ((100, 400), 1) if options.quick else ((options.small, options.large), options.rounds)
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        show(run(peers, options.venvs.resolve(), sizes, rounds, Path(folder), keep_pages=not options.fresh_pages))


if __name__ == "__main__":
    main()
