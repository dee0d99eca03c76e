"""One run of one side: how long, how much CPU in all of its processes, and whether everything arrived."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from benchmarks.figures import Spread, as_installed
from benchmarks.peers.sides import KEYS, Side
from benchmarks.servers import Shops


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One run.

    Attributes:
        records: those that the shops have; `found` those that the side has in the end, by list.
        wall, cpu: seconds, the processes' start and end included; `cpu` of all of its processes and threads.
        shops_cpu: what the emulators computed meanwhile.
        calls: how many they answered.
    """

    records: int
    found: dict[str, int]
    wall: float
    cpu: float
    shops_cpu: float
    calls: int

    @property
    def lost(self) -> int:
        """Records that did not arrive."""
        return self.records - sum(self.found.values())


def run(side: Side, python: str, shops: Shops, job: Mapping[str, Any], each: int, folder: Path) -> Turn:
    """Runs a side once, from nothing.

    Args:
        each: records of each list.
        folder: what the side writes goes there; it is emptied first.

    Raises:
        RuntimeError: it failed; the message shows the end of what it wrote.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    database, path = folder / "shop.db", folder / "job.json"
    path.write_bytes(msgspec.json.encode({**job, "folder": str(folder), "database": str(database)}))
    calls, computed = _calls(shops), shops.cpu()
    began = time.perf_counter()
    cpu = _pipeline(side.commands(python, path), {**as_installed(), **side.env}, folder)
    wall = time.perf_counter() - began
    return Turn(
        records=each * len(KEYS),
        found=side.count(python, database, folder / "output"),
        wall=wall,
        cpu=cpu,
        shops_cpu=shops.cpu() - computed,
        calls=_calls(shops) - calls,
    )


def _calls(shops: Shops) -> int:
    return sum(sum(routes.values()) for routes in shops.routes().values())


def _pipeline(commands: list[list[str]], env: Mapping[str, str], folder: Path) -> float:
    """Runs the processes side by side, each reading what the one before writes; their CPU seconds."""
    running: list[subprocess.Popen[bytes]] = []
    source: Any = subprocess.DEVNULL
    with (folder / "output").open("wb") as output, (folder / "log").open("wb") as log:
        for number, command in enumerate(commands):
            target = output if number == len(commands) - 1 else subprocess.PIPE
            process = subprocess.Popen(command, stdin=source, stdout=target, stderr=log, env=env, cwd=folder)
            if source is not subprocess.DEVNULL:
                source.close()  # so that the writer notices when its reader is gone
            source = process.stdout
            running.append(process)
        ended = [os.wait4(process.pid, 0) for process in running]
    for process, (_, status, _) in zip(running, ended, strict=True):
        process.returncode = os.waitstatus_to_exitcode(status)
    failed = [process for process in running if process.returncode]
    if failed:
        words = (folder / "log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{failed[0].args} ended with {failed[0].returncode}:\n{words}")
    return sum(usage.ru_utime + usage.ru_stime for _, _, usage in ended)


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """The runs of one side, a small and a large one a round; of ours, one pair beside each peer's."""

    name: str
    small: list[Turn]
    large: list[Turn]

    def costs(self, clock: str) -> list[float]:
        """Seconds per record of each large run, start-up included, by "wall" or "cpu"."""
        return [getattr(turn, clock) / turn.records for turn in self.large]

    def slopes(self, clock: str) -> list[float]:
        """The same without start-up: each large run less the middle small one."""
        start = median(getattr(turn, clock) for turn in self.small)
        between = self.large[0].records - self.small[0].records
        return [max(getattr(turn, clock) - start, 1e-9) / between for turn in self.large]


def ratio(ours: list[float], theirs: list[float]) -> Spread:
    """How many times as much it costs them, round by round."""
    return Spread.of([other / own for own, other in zip(ours, theirs, strict=True)])
