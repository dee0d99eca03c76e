"""A real process, killed at random moments and started again until it is done."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest

from commerce_async.testing.emulator import Faults
from tests.e2e.world import World, world

pytestmark = pytest.mark.anyio

KILLS = 20


async def start(place: World) -> asyncio.subprocess.Process:
    command = ("-m", "commerce_async", "sync", "--config", str(place.config), "--into", place.into, "--json")
    return await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def killed(process: asyncio.subprocess.Process, place: World, *, after: int, pause: float) -> bool:
    """Kills the process once it has made so many calls; False if it was done before."""
    ledgers = (place.eu.ledger, place.us.ledger)
    begun = sum(ledger.calls for ledger in ledgers)
    while process.returncode is None and sum(ledger.calls for ledger in ledgers) < begun + after:
        await asyncio.sleep(0.002)
    await asyncio.sleep(pause)
    if process.returncode is not None:
        return False
    process.kill()
    await process.communicate()
    return True


async def test_twenty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    dice = random.Random(20)
    slow = Faults(latency=0.03)
    shops = {"products": 1500, "orders": 6000, "faults": slow}
    async with world(
        tmp_path,
        eu={**shops, "rate_limit": None, "broken": 3},
        us={**shops, "window": None, "broken": 3, "broken_products": 2},
        options={"eu": {"rate": 50.0, "page_size": 50}, "us": {"limit": 50, "period": 1.0, "page_size": 50}},
    ) as place:
        kills = 0
        while True:
            process = await start(place)
            if kills < KILLS and await killed(process, place, after=dice.randrange(30), pause=dice.uniform(0, 0.05)):
                kills += 1
                continue
            out, err = await process.communicate()
            assert process.returncode == 0, (out[-2000:], err[-2000:])
            break
        assert kills == KILLS, f"it was done after {kills} kills: give it more work"
        assert len(place.rows("SELECT id FROM sync_runs WHERE state = 'running'")) > KILLS  # runs cut off at work
        place.assert_database_equals_truth()
        assert place.rows("SELECT count(*) FROM quarantine") == [(8,)]
