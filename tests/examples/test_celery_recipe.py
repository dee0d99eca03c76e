"""The Celery recipe on a real Redis: all that the stores have is in the database, though processes are killed."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from benchmarks import redis_server
from commerce_async.testing import Faults
from tests.examples.recipes import nothing_left_to_read, rows_come, started, stepping, write
from tests.sync.in_units import Place, database, place

pytestmark = pytest.mark.anyio

__all__ = ["database", "place"]

# As root, it would warn.
WORKER = ("-W", "ignore", "-m", "celery", "--app", "recipe", "--quiet", "worker", "--concurrency", "2")
SYNC = "import recipe\nwhile True: input(); print(*recipe.start(['eu', 'us']).get(timeout=120), flush=True)"


async def test_units_of_processes_that_are_killed_are_run_by_others(place: Place, tmp_path: Path) -> None:
    place.us.faults = Faults(latency=0.2)
    with redis_server.running() as board:
        place.share(board.url)
        recipe = write("Celery", tmp_path, place, **{"redis://localhost/": board.url.removesuffix("0")})
        with started(*WORKER, recipe=recipe) as worker:
            async with stepping(SYNC, recipe) as sync:
                sync.begin()
                await rows_come(place, "products WHERE store = 'us'")
                for process in psutil.Process(worker.pid).children():
                    process.kill()
                assert await sync.ended() == ["complete"] * 4
                place.assert_database_equals_truth()
                assert "WorkerLostError" in recipe.with_suffix(".log").read_text()
                await nothing_left_to_read(place, "eu", "products")
                sync.begin()
                assert await sync.ended() == ["complete"] * 4
    place.assert_database_equals_truth()
