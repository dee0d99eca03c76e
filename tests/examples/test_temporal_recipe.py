"""The Temporal recipe on its test server: all that the stores have is in the database, though a worker is killed."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Any

import anyio
import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from commerce_async.testing import Faults
from tests.examples.recipes import rows_come, started, write
from tests.sync.in_units import Place, database, place

pytestmark = pytest.mark.anyio

__all__ = ["database", "place"]

SERVER = Path(sysconfig.get_path("scripts")) / "temporal-test-server"
QUICK = {
    "timedelta(seconds=30)": "timedelta(seconds=5)",
    "sleep(5)": "sleep(0.5)",
    # The test server, other than a real one, never takes a workflow's next step away from a worker that had it before.
    "max_concurrent_activities=16,": "max_concurrent_activities=16, max_cached_workflows=0,",
}


async def test_units_of_a_worker_that_is_killed_are_run_by_another(place: Place, tmp_path: Path) -> None:
    recipe = write("Temporal", tmp_path, place, **QUICK)
    place.us.faults = Faults(latency=0.4)
    async with await WorkflowEnvironment.start_time_skipping(test_server_existing_path=str(SERVER)) as temporal:
        server = temporal.client.service_client.config.target_host
        client = await Client.connect(server)  # the environment's own would skip time while a unit is at work
        work = ("-c", f"import asyncio, recipe; asyncio.run(recipe.work({server!r}))")
        sync = await client.start_workflow("SyncStores", ["eu", "us"], id="first", task_queue="sync")
        with started(*work, recipe=recipe):
            await rows_come(place, "products WHERE store = 'us'")
        with started(*work, recipe=recipe):
            with anyio.fail_after(120):
                assert await sync.result() == ["complete"] * 4
            place.assert_database_equals_truth()
            assert await tries(client, sync) > 1


async def tries(client: Client, sync: WorkflowHandle[Any, Any]) -> int:
    """How often the unit was tried that was tried most."""
    most = 0
    async for event in sync.fetch_history_events():
        child = event.child_workflow_execution_started_event_attributes.workflow_execution.workflow_id
        if child:
            async for each in client.get_workflow_handle(child).fetch_history_events():
                most = max(most, each.activity_task_started_event_attributes.attempt)
    return most
