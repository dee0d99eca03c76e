"""`sync` into PostgreSQL as a real process, killed before and after commits and at random moments."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from commerce_async.testing.emulator import Faults
from tests import postgres as postgresql
from tests.e2e.killing import KILLED, Death, forking, until_calls
from tests.e2e.world import World, world

pytestmark = pytest.mark.anyio

SIZES: dict[str, Any] = {"products": 200, "orders": 800}
SHOPS: dict[str, Any] = {
    "eu": {**SIZES, "rate_limit": None, "broken": 3},
    "us": {**SIZES, "window": None, "broken": 3, "broken_products": 2},
    "options": {"eu": {"rate": 50.0, "page_size": 50}, "us": {"limit": 50, "period": 0.5, "page_size": 50}},
}


class InPostgres:
    """Asks PostgreSQL what a `World` asks its file."""

    def __init__(self, place: World, url: str) -> None:
        self.url = place.into = url
        place.rows = self.rows  # type: ignore[method-assign]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        for number in range(1, len(values) + 1):
            query = query.replace("?", f"${number}", 1)
        with ThreadPoolExecutor(1) as thread:  # the test's event loop runs in this one
            return thread.submit(lambda: asyncio.run(postgresql.rows(self.url, query, *values))).result()


def command(place: World) -> tuple[str, ...]:
    return ("sync", "--config", str(place.config), "--into", place.into, "--json")


async def test_killed_before_and_after_commits_a_sync_into_postgresql_goes_on_and_equals_the_truth(
    tmp_path: Path, postgres: str
) -> None:
    async with world(tmp_path, **SHOPS) as place, forking(tmp_path) as forks:
        InPostgres(place, postgres)
        kills = 0
        for commit in (1, 2, 4, 7):
            for when in ("before", "after"):
                death = Death(table="sync_checkpoints", commit=commit, when=when)
                kills += await forks.run(*command(place), death=death) == KILLED
        assert kills >= 7, f"it was done after {kills} kills: give it more work"
        code = await forks.run(*command(place))
        assert code == 0, forks.output
        place.assert_database_equals_truth()
        assert place.rows("SELECT count(*) FROM quarantine") == [(8,)]
        assert place.rows("SELECT count(*) FROM products WHERE gone_at IS NOT NULL") == [(0,)]


async def test_killed_at_random_moments_a_sync_into_postgresql_goes_on_and_equals_the_truth(
    tmp_path: Path, postgres: str
) -> None:
    dice = random.Random(8)
    slow = {name: {**SHOPS[name], "faults": Faults(latency=0.02)} for name in ("eu", "us")}
    async with world(tmp_path, **{**SHOPS, **slow}) as place, forking(tmp_path) as forks:
        InPostgres(place, postgres)
        for _ in range(5):
            process = await forks.start(*command(place))
            await until_calls((place.eu, place.us), 1 + dice.randrange(12))
            await asyncio.sleep(dice.uniform(0, 0.05))
            os.kill(process, signal.SIGKILL)
            assert await forks.ended() == KILLED, "it was done before: give it more work"
        code = await forks.run(*command(place))
        assert code == 0, forks.output
        assert place.rows("SELECT count(*) > 5 FROM sync_runs WHERE state = 'running'") == [(True,)]
        place.assert_database_equals_truth()
        assert place.rows("SELECT count(*) FROM quarantine") == [(8,)]
