"""While a person calls now and then, a bulk job leaves room for the next call; when nobody does, it takes all."""

from __future__ import annotations

import asyncio

import pytest

from commerce_async.limits.base import Lane, Usage
from commerce_async.limits.limiter import Limiter
from commerce_async.limits.window import WindowPolicy
from tests.limits.worlds import now, virtual


async def bulk(limiter: Limiter, sent: list[float]) -> None:
    while True:
        permit = await limiter.acquire(Lane.BULK)
        sent.append(now())
        await asyncio.sleep(0.1)
        permit.finish()


async def person(limiter: Limiter) -> float:
    permit = await limiter.acquire()
    await asyncio.sleep(0.1)
    permit.finish()
    return permit.waited


def started(limiter: Limiter) -> tuple[list[asyncio.Task[None]], list[float]]:
    sent: list[float] = []
    return [asyncio.ensure_future(bulk(limiter, sent)) for _ in range(8)], sent


async def ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_after_a_persons_call_the_next_finds_room_and_nothing_of_the_limit_is_lost() -> None:
    async def main() -> None:
        limiter = Limiter(WindowPolicy(50, 10.0))
        await person(limiter)
        tasks, sent = started(limiter)
        waits: list[float] = []
        for _ in range(60):
            await asyncio.sleep(1.7)
            waits.append(await person(limiter))
        await ended(tasks)
        assert max(waits[8:]) <= 2 * 10.0 / 50  # in the first period the limiter finds out how much others use
        lately = [at for at in sent if 60 <= at < 100]
        assert len(lately) + 40 / 1.8 >= 0.97 * 40 * 5

    virtual(main)


def test_two_minutes_after_a_persons_last_call_bulk_takes_all_at_once() -> None:
    async def main() -> None:
        limiter = Limiter(WindowPolicy(50, 10.0))
        await person(limiter)
        await asyncio.sleep(119.0)
        tasks, sent = started(limiter)
        await asyncio.sleep(0.9)
        assert len(sent) <= 8  # one at a time, a fifth of a second apart
        await asyncio.sleep(20.0)
        sent.clear()
        await asyncio.sleep(10.0)
        assert len(sent) >= 48
        await ended(tasks)

    virtual(main)


@pytest.mark.parametrize("gap", [0.1, 4.0])
def test_a_late_reply_of_the_window_before_does_not_use_up_the_next(gap: float) -> None:
    policy = WindowPolicy(50, 10.0)
    policy.resets = True
    for at, used in ((0.0, 48), (6.0, 49)):
        policy.finish(policy.start(at), at + 0.1, Usage(used, 50))
    late = policy.start(9.9)
    assert policy.ready_at(10.2) <= 10.2  # the window is over, whatever the late one says
    policy.finish(late, 10.2 + gap, Usage(50, 50))
    assert policy.ready_at(10.2 + gap) <= 10.2 + gap
