"""Cancelled at any await, a call leaves no permit, no connection and no task behind, and is seen as cancelled."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Any

import anyio
import pytest
from aiohttp import TCPConnector, web

from commerce_async.errors import CommerceError
from commerce_async.http.client import Client, Options
from commerce_async.http.retry import Retry
from commerce_async.limits.base import Lane
from commerce_async.limits.steady import SteadyPolicy
from commerce_async.limits.window import WindowPolicy
from tests.http.kit import Counting, Fake, Step, faked, get, opened, post, serving, stray, virtual

pytestmark = pytest.mark.anyio


class Moody:
    """A server that answers, dawdles, throttles, fails, breaks off or hangs up, by a seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self.dice.choice([0.0, 0.0, 0.001, 0.004]))
        mood = self.dice.random()
        if mood < 0.05:
            return web.Response(status=429, headers={"Retry-After": "0.002"})
        if mood < 0.10:
            return web.Response(status=503)
        if mood < 0.15:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if mood < 0.20:
            return web.Response(status=302, headers={"Location": "/elsewhere"})
        if mood < 0.30:
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"[1, ")
            await asyncio.sleep(0.002)
            await response.write(b"2]")
            return response
        return web.json_response([1, 2])


def clean(client: Client) -> None:
    connector = client._transport.usable().connector
    assert isinstance(connector, TCPConnector)
    assert client.limiter.snapshot().in_flight == 0
    assert client.limiter.waiting == 0
    assert not connector._acquired
    assert not any(connector._waiters.values())


POLICIES: dict[str, tuple[Any, float | None]] = {
    "steady": (lambda: SteadyPolicy(6), None),
    "paced": (lambda: SteadyPolicy(6), 2000.0),
    "window": (lambda: WindowPolicy(2000, 0.5), None),
}


@pytest.mark.parametrize("name", POLICIES)
async def test_thousands_of_random_cancellations_leave_nothing_behind(name: str) -> None:
    dice = random.Random(name)
    make, rate = POLICIES[name]
    options = Options(timeout=0.02, retry=Retry(base=0.001, cap=0.004))
    cancelled = 0
    async with serving(Moody(3)) as server, opened(server.url, policy=make(), rate=rate, options=options) as client:

        async def call() -> None:
            sender = client.with_options(lane=dice.choice(list(Lane)), deadline=dice.choice([None, None, 0.005, 1.0]))
            await sender.send(get() if dice.random() < 0.7 else post())

        while cancelled < 400:
            tasks = [asyncio.ensure_future(call()) for _ in range(14)]
            pending = set(tasks)
            while pending:
                await asyncio.sleep(dice.choice([0.0, 0.0, 0.0, 0.0003]))
                victim = dice.choice(sorted(pending, key=tasks.index))
                pending.discard(victim)
                if dice.random() < 0.7 and victim.cancel():
                    await asyncio.wait([victim])
                    assert victim.cancelled()  # never swallowed, never turned into another error
                    cancelled += 1
            results = await asyncio.gather(*tasks, return_exceptions=True)
            unexpected = [
                each
                for each in results
                if each is not None and not isinstance(each, CommerceError | asyncio.CancelledError)
            ]
            assert not unexpected
            clean(client)
        assert await answered(client) == [1, 2]
        clean(client)
    assert not stray()


async def answered(client: Client) -> object:
    """What the server answers in a good mood. All those failures have used up the budget for retries by now."""
    for _ in range(50):
        with suppress(CommerceError):
            return await client.send(get())
    return None


@pytest.mark.parametrize("kind", [get, post])
async def test_cancelled_after_any_number_of_steps_it_leaves_nothing_behind(kind: Any) -> None:
    ended = 0
    async with serving(Moody(5)) as server, opened(server.url, options=Options(retry=Retry(base=0.0))) as client:
        for ticks in range(250):
            task = asyncio.ensure_future(client.send(kind()))
            for _ in range(ticks):
                await asyncio.sleep(0)
            if task.cancel():
                await asyncio.wait([task])
                assert task.cancelled()
            else:
                ended += 1
                task.exception()
            clean(client)
    assert ended > 0  # the steps went beyond the last one
    assert not stray()


async def test_cancelled_scopes_leave_nothing_behind() -> None:
    dice = random.Random(11)
    async with serving(Moody(7)) as server, opened(server.url) as client:
        for _ in range(150):
            with anyio.move_on_after(dice.random() * 0.006):
                async with anyio.create_task_group() as group:
                    for _ in range(4):
                        group.start_soon(suppressed, client)
            clean(client)
    assert not stray()


async def suppressed(client: Client) -> None:
    try:
        await client.send(get())
    except CommerceError:
        return


def test_cancelled_while_it_waits_before_a_retry_it_ends_at_once() -> None:
    async def main() -> None:
        client = faked(Fake(always=Step(503)), options=Options(retry=Retry(base=1000.0, cap=1000.0)))
        task = asyncio.ensure_future(client.send(get()))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.get_running_loop().time() == pytest.approx(0.5)

    virtual(main)


def test_cancelled_while_the_account_is_paused_it_leaves_the_queue() -> None:
    async def main() -> None:
        policy = Counting()
        client = faked(Fake(Step(429, headers={"retry-after": "100"})), policy=policy)
        tasks = [asyncio.ensure_future(client.send(get())) for _ in range(5)]
        await asyncio.sleep(1.0)
        assert client.limiter.waiting == 1  # the one that was throttled; the others were under way with it
        waiting = [asyncio.ensure_future(client.send(get())) for _ in range(5)]
        await asyncio.sleep(1.0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*tasks, *waiting, return_exceptions=True)
        assert all(task.cancelled() for task in waiting)
        assert policy.used == client.stats.calls == 6
        assert policy.in_flight == 0

    virtual(main)


def test_a_cancellation_at_the_moment_of_the_deadline_is_a_cancellation() -> None:
    async def main() -> None:
        client = faked(Fake(always=Step(seconds=50.0)), options=Options(deadline=5.0))
        task = asyncio.ensure_future(client.send(get()))
        asyncio.get_running_loop().call_later(5.0, task.cancel)
        await asyncio.wait([task])
        assert task.cancelled() or isinstance(task.exception(), CommerceError)
        assert client.limiter.snapshot().in_flight == 0

    virtual(main)


def test_calls_of_a_task_group_end_when_one_of_them_fails() -> None:
    async def main() -> None:
        fake = Fake(Step(400, seconds=1.0), always=Step(seconds=50.0))
        client = faked(fake)

        async def together() -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(5):
                    group.create_task(client.send(get()))

        with pytest.raises(ExceptionGroup):
            await together()
        assert asyncio.get_running_loop().time() == pytest.approx(1.0)
        assert client.limiter.snapshot().in_flight == 0
        assert fake.on_wire == 0

    virtual(main)
