"""Processes that are killed with SIGKILL: from outside, or by themselves at an exact commit.

One process imports everything once and forks one more for each job, so that a kill costs no start of Python.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.e2e import killed
from tests.e2e.killed import Death, Job

KILLED = -signal.SIGKILL
_FORKS = multiprocessing.get_context("forkserver")
# `pytest` is what each child takes for its main module; the benchmark's children are forked by the same process.
_FORKS.set_forkserver_preload(["pytest", "tests.e2e.killed", "benchmarks.soak_pull"])


class Victim:
    """A process at work."""

    def __init__(self, job: Job) -> None:
        self._process = _FORKS.Process(target=killed.run, args=(job,))
        self._process.start()

    @property
    def at_work(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        self._process.kill()

    async def ended(self) -> int:
        """Its exit code, `KILLED` if it was killed."""
        try:
            async with asyncio.timeout(120):
                while self._process.is_alive():
                    await asyncio.sleep(0.002)
        finally:
            self._process.kill()
            self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode


async def run(job: Job, death: Death | None = None) -> int:
    """Does a job to its end, or to the process's; its exit code."""
    return await Victim(msgspec.structs.replace(job, death=death)).ended()


def words(job: Job) -> str:
    """What the last process said."""
    return job.output.read_text()[-4000:] if job.output.exists() else ""


async def killed_around(job: Job, statement: str, commit: int = 1) -> int:
    """Kills one process before such a commit, and the next after it; how many were killed."""
    codes = [await run(job, Death(like=statement, commit=commit, when=when)) for when in ("before", "after")]
    assert set(codes) <= {KILLED, 0}, words(job)
    return codes.count(KILLED)


async def until_calls(shops: Sequence[Any], calls: int) -> None:
    """Waits until the servers have seen so many more requests."""
    begun = sum(shop.ledger.calls for shop in shops)
    async with asyncio.timeout(60):
        while sum(shop.ledger.calls for shop in shops) < begun + calls:
            await asyncio.sleep(0.002)


__all__ = ["KILLED", "Death", "Job", "Path", "Victim", "killed_around", "run", "until_calls", "words"]
