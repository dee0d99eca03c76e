"""Syncs as processes that are killed before and after every kind of commit and at random moments, and gone on with."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from commerce_async.testing.emulator import Faults
from tests.e2e.killing import KILLED, Job, Victim, killed_around, run, until_calls, words
from tests.e2e.world import World, world

pytestmark = pytest.mark.anyio

EASY: dict[str, Any] = {"eu": {"rate_limit": None, "broken": 2}, "us": {"window": None, "broken_products": 2}}


@pytest.fixture(params=["sqlite", "postgresql"])
def into(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "sqlite" else request.getfixturevalue("postgres")


def shops(products: int, orders: int, page_size: int, **more: Any) -> dict[str, Any]:
    options: dict[str, Any] = {
        "eu": {"rate": 500.0, "page_size": page_size},
        "us": {"limit": 5000, "period": 1.0, "page_size": page_size},
    }
    sizes = {"products": products, "orders": orders, **more}
    return {**{name: {**EASY[name], **sizes} for name in ("eu", "us")}, "options": options}


def sync_of(place: World, folder: Path) -> Job:
    return Job(**place.settings, into=place.into, output=folder / "output.txt")


async def test_killed_before_and_after_every_commit_a_sync_goes_on_and_the_database_equals_the_truth(
    tmp_path: Path, into: str | None
) -> None:
    async with world(tmp_path, **shops(55, 30, 20), into=into) as place:
        job = sync_of(place, tmp_path)
        for only, pages in {"eu products": 2, "us orders": 2}.items():
            one = replace(job, only=only)
            for first in ("CREATE TABLE", "INTO sync_lock", "INTO sync_runs")[only != "eu products" :]:
                assert await killed_around(one, first) == 2
            assert await killed_until_done(one, place) == 2 * (1 + pages)  # its begin, and its pages
            for last in ("UPDATE sync_runs", "DELETE FROM sync_lock"):
                assert await killed_around(one, last) == 2
        assert await run(job) == 0, words(job)
        assert_right(place)


async def test_killed_before_and_after_every_commit_a_full_pass_finds_those_gone_that_are_and_no_other(
    tmp_path: Path, into: str | None
) -> None:
    async with world(tmp_path, **shops(55, 2, 20), into=into) as place:
        job = sync_of(place, tmp_path)
        assert await run(job) == 0, words(job)
        gone = [str(id) for id in list(place.us.product_ids())[10:40:10]]
        for id in gone:
            place.us.remove_product(int(id))
        one = replace(job, only="us products", full=True)
        # Its begin, three pages, the ids that the shop says it has no more, and its end.
        assert await killed_until_done(one, place) == 2 * 6
        query = "SELECT id FROM products WHERE gone_at IS NOT NULL ORDER BY id"
        assert [id for (id,) in place.rows(query)] == gone
        [(live,)] = place.rows("SELECT count(*) FROM products WHERE store = 'us' AND gone_at IS NULL")
        assert live == place.us.product_count - 2  # two cannot be read


async def killed_until_done(job: Job, place: World) -> int:
    """Kills around every commit of one pass over one stream; how many processes."""
    kills = 0
    while True:
        kills += await killed_around(job, r"INTO sync_(checkpoints|seen)")
        job = replace(job, full=False)  # one that was begun goes on
        [(state,)] = place.rows("SELECT state FROM sync_checkpoints WHERE store || ' ' || id = ?", job.only)
        if state == "complete":
            return kills
        assert kills < 40


async def test_killed_at_random_moments_a_sync_goes_on_and_the_database_equals_the_truth(
    tmp_path: Path, into: str | None
) -> None:
    dice, kills = random.Random(20), 20 if into is None else 10
    slow = Faults(latency=0.01, jitter=0.01)
    async with world(tmp_path, **shops(300, 700, 25, faults=slow), into=into) as place:
        job = sync_of(place, tmp_path)
        for _ in range(kills):
            process = Victim(job)
            await until_calls((place.eu, place.us), 1 + dice.randrange(8))
            await asyncio.sleep(dice.uniform(0, 0.03))
            process.kill()
            assert await process.ended() == KILLED, "it was done before: give it more work"
        assert await run(job) == 0, words(job)
        assert place.rows("SELECT count(*) FROM sync_runs WHERE state = 'running'")[0][0] > kills  # cut off at work
        assert_right(place)


def assert_right(place: World) -> None:
    place.assert_database_equals_truth()
    assert place.rows("SELECT count(*) FROM quarantine") == [(4,)]
    for table in ("products", "orders"):
        assert place.rows(f"SELECT count(*) FROM {table} WHERE gone_at IS NOT NULL") == [(0,)]
