"""`sync --watch` and `status` as a user runs them."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from commerce_async.testing.emulator import Faults
from tests.cli.test_commands import EASY, FAST, command
from tests.e2e.world import World, world
from tests.fair import Stopwatch

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def watching(place: World, *arguments: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A watch; it does not outlive a test that fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "commerce_async", "sync", "--config", str(place.config), "--into", place.into),
        *("--watch", "1s", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def line_with(process: asyncio.subprocess.Process, word: str) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(120):
        while True:
            line = (await process.stdout.readline()).decode()
            assert line, "it ended"
            if word in line:
                return line


async def test_watch_repeats_tells_when_the_next_pass_is_due_and_stops_at_once_on_ctrl_c(tmp_path: Path) -> None:
    async with world(tmp_path, **EASY, options=FAST) as place, watching(place) as process:
        due = await line_with(process, "The next pass is due")
        assert re.match(r"The next pass is due at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+, in \d s\.", due)
        new = str(place.us.insert_order())
        await line_with(process, "The next pass is due")
        await line_with(process, "The next pass is due")
        watch = Stopwatch(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while not (line := await process.stderr.readline()).startswith(b"Stopped. What was committed is kept"):
            assert line, "it ended without a word"
        assert watch.seconds() < 1.0  # all is closed by then; the interpreter's own end is not ours
        await process.communicate()
        assert process.returncode == 130
        assert place.rows("SELECT count(*) FROM orders WHERE store = 'us' AND id = ?", new) == [(1,)]


async def test_watch_goes_on_after_a_pass_whose_store_fails_and_json_is_a_line_a_pass(tmp_path: Path) -> None:
    async with world(tmp_path, **EASY, options=FAST) as place:
        place.us.faults = place.eu.faults = Faults()
        async with watching(place, "--json", "--store", "us", "--stream", "orders") as process:
            first: dict[str, Any] = json.loads(await line_with(process, "{"))
            token, place.us.token = place.us.token, "another"
            await line_with(process, '"failed"')
            place.us.token = token
            later = json.loads(await line_with(process, '"complete":true'))
            process.send_signal(signal.SIGTERM)
            await process.communicate()
            assert process.returncode == 143
            assert (first["complete"], later["streams"][0]["since"] is not None) == (True, True)


async def test_a_second_sync_of_one_database_is_refused_in_one_line_and_status_is_not(tmp_path: Path) -> None:
    slow: dict[str, Any] = {"faults": Faults(latency=0.3), "orders": 3000}
    async with (
        world(tmp_path, eu={"rate_limit": None, **slow}, us={"window": None, **slow}, options=FAST) as place,
        watching(place) as process,
    ):
        await line_with(process, "reading")
        code, _, err = await command("sync", "--config", str(place.config), "--into", place.into)
        assert code == 7
        [line] = [line for line in err.splitlines() if not line.startswith("Warning: ")]
        assert "in use by sync, process " in line
        code, out, err = await command("status", "--into", place.into, "--json")
        assert (code, err) == (0, "")
        assert "running" in {stream["state"] for stream in json.loads(out)["streams"]}
