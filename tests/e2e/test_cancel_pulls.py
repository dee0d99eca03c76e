"""Cancelled at random moments, a pull, a pager, a call or a wait for a permit leaves nothing behind.

By default a few hundred of each; COMMERCE_CANCELLATIONS=10000 is the long form.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import TCPConnector

from commerce_async.errors import CommerceError
from commerce_async.http.retry import Retry
from commerce_async.limits.base import Lane
from commerce_async.sinks import Sink
from commerce_async.store import Store, open_store
from commerce_async.sync import pull
from commerce_async.testing.emulator import Faults
from tests.e2e.world import World, world
from tests.http.kit import stray

pytestmark = pytest.mark.anyio

WANTED = int(os.environ.get("COMMERCE_CANCELLATIONS", "1000"))
SIZES = {"products": 60, "orders": 150}
QUICK = Retry(base=0.001, cap=0.004)


@asynccontextmanager
async def shops(folder: Path) -> AsyncGenerator[tuple[World, list[Any]]]:
    easy = {"eu": {**SIZES, "rate_limit": None}, "us": {**SIZES, "window": None}}
    async with world(folder, **easy) as place:
        for shop in (place.eu, place.us):
            shop.faults = Faults(reset=0.03, truncate=0.03, server_error=0.03, jitter=0.002)
        eu = open_store("fastspring", "eu", **place.eu.settings(), rate=5000.0)
        us = open_store("sparkpay", "us", **place.us.settings(), limit=5000, period=1.0, page_size=50)
        async with eu, us:
            yield place, [store.with_options(retry=QUICK) for store in (eu, us)]
    assert not stray()


async def cancelled(job: Callable[[], Awaitable[Any]], dice: random.Random, longest: float) -> bool:
    """Runs a job and cancels it after so long at most; whether it was cancelled."""
    task = asyncio.ensure_future(job())
    await asyncio.sleep(dice.choice([0.0, dice.uniform(0, longest), dice.uniform(0, longest)]))
    if not task.cancel():
        assert task.exception() is None or isinstance(task.exception(), CommerceError), task.exception()
        return False
    await asyncio.wait([task])
    assert task.cancelled() or isinstance(task.exception(), CommerceError), "a cancellation was swallowed"
    return task.cancelled()


def assert_clean(stores: list[Store], tasks: set[asyncio.Task[Any]]) -> None:
    for store in stores:
        connector = store.client._transport.usable().connector
        assert isinstance(connector, TCPConnector)
        assert store.client.limiter.snapshot().in_flight == 0
        assert store.client.limiter.waiting == 0
        assert not connector._acquired
        assert not any(connector._waiters.values())
    left = [task for task in asyncio.all_tasks() - tasks if "commerce_async" in _file(task)]
    assert not left


def _file(task: asyncio.Task[Any]) -> str:
    code = getattr(task.get_coro(), "cr_code", None)
    return "" if code is None else str(code.co_filename)


def assert_no_transaction(place: World) -> None:
    """Another program can write at once: nobody holds the database."""
    connection = sqlite3.connect(place.database, timeout=0, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")
    connection.close()


async def test_pulls_cancelled_at_any_moment_leave_nothing_behind_and_the_last_one_ends_the_work(
    tmp_path: Path,
) -> None:
    dice = random.Random(1)
    async with shops(tmp_path) as (place, stores):
        tasks, done = asyncio.all_tasks(), 0
        async with Sink(place.into) as sink:
            while done < max(1, WANTED // 25):
                full = dice.random() < 0.5
                done += await cancelled(lambda full=full: pull(stores, into=sink, full=full), dice, 0.15)
                assert_clean(stores, tasks)
                assert_no_transaction(place)
                async with sink.lock(patience=0):  # nobody kept it
                    pass
            report = await pull(stores, into=sink, full=True)
            assert report.complete
        place.assert_database_equals_truth()


async def test_lists_cancelled_or_left_at_any_moment_leave_nothing_behind(tmp_path: Path) -> None:
    dice = random.Random(2)
    async with shops(tmp_path) as (_, stores):
        tasks, done = asyncio.all_tasks(), 0

        async def walk() -> None:
            store = dice.choice(stores)
            most = dice.randrange(1, 6)
            async with aclosing(dice.choice([store.products, store.orders]).list().pages()) as pages:
                async for _ in pages:
                    most -= 1
                    if most == 0:
                        break

        async def several() -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(3):
                    group.create_task(quiet(walk))

        while done < WANTED:
            done += 3 * await cancelled(several, dice, 0.03)
            assert_clean(stores, tasks)


async def quiet(job: Callable[[], Awaitable[Any]]) -> None:
    try:
        await job()
    except CommerceError:
        return


async def test_calls_and_waits_for_a_permit_cancelled_in_every_lane_leave_nothing_behind(tmp_path: Path) -> None:
    dice = random.Random(3)
    async with shops(tmp_path) as (place, stores):
        ids = {"eu": place.eu.product_ids(), "us": [str(id) for id in place.us.product_ids()]}
        tasks, done = asyncio.all_tasks(), 0

        async def call() -> None:
            store = dice.choice(stores).with_options(lane=dice.choice(list(Lane)))
            await store.products.get(dice.choice(ids[store.name]), fresh=True)

        async def crowd() -> None:  # more than the concurrency, so that most of them wait
            async with asyncio.TaskGroup() as group:
                for _ in range(40):
                    group.create_task(quiet(call))

        while done < WANTED:
            done += 40 * await cancelled(crowd, dice, 0.02)
            assert_clean(stores, tasks)
