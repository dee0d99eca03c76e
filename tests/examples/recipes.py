"""The recipes of docs/engine.md as modules that an engine's own workers import."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import anyio
from msgspec.structs import replace

from commerce_async.sinks import Sink
from tests.pages import ROOT, blocks
from tests.sync.in_units import Place

PAGE = "docs/engine.md"
AIRFLOW = Path(__file__).parent / "airflow_stand_in"
JOB = "Job(run=run, store=store, stream=stream)"


def write(heading: str, folder: Path, place: Place, **instead: str) -> Path:
    """The recipe under a heading of the page, as `recipe.py` in the folder.

    Args:
        place: whose `stores.toml` it reads, in units of 20 records, so that there are several.
        instead: other words of the recipe, and what a test has for them.
    """
    (code,) = [block.text for block in blocks(PAGE, "python") if block.heading == heading]
    here = {"/etc/stores.toml": str(place.config), JOB: f"{JOB[:-1]}, records=20)", **instead}
    for there, ours in here.items():
        assert there in code, there
        code = code.replace(there, ours)
    file = folder / "recipe.py"
    file.write_text(code, encoding="utf-8")
    return file


@contextmanager
def started(*arguments: str, recipe: Path) -> Iterator[Popen[Any]]:
    """A process of Python beside the recipe, which writes to `recipe.log` and is killed in the end."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(recipe.parent), str(ROOT)))}
    with recipe.with_suffix(".log").open("ab") as log:
        process = Popen(
            [sys.executable, *arguments], cwd=recipe.parent, env=environment, stdin=DEVNULL, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


class Steps:
    """A program that prints a line whenever it reads one, in the recipe's folder."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def begin(self) -> None:
        """Starts its next step."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")

    async def ended(self) -> list[str]:
        """The words that the step ended with."""
        assert self._process.stdout is not None
        return (await asyncio.wait_for(self._process.stdout.readline(), 120)).decode().split()


@asynccontextmanager
async def stepping(program: str, recipe: Path) -> AsyncIterator[Steps]:
    """Runs a program step by step; it is killed in the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        cwd=recipe.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(recipe.parent), str(AIRFLOW)))},
        stdin=PIPE,
        stdout=PIPE,
    )
    try:
        yield Steps(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def rows_come(place: Place, table: str) -> None:
    """Waits until the first rows of a table are there."""
    with anyio.fail_after(120):
        while place.rows(f"SELECT count(*) FROM {table}") == [(0,)]:
            await anyio.sleep(0.02)


async def nothing_left_to_read(place: Place, store: str, stream: str) -> None:
    """The pass was read and then interrupted: the next one has no units, and an end all the same."""
    async with Sink(place.into) as sink:
        found = await sink.checkpoint(store, stream)
        assert found is not None
        await sink.save_checkpoint(store, stream, replace(found, state="confirming"), datetime.now(UTC))
