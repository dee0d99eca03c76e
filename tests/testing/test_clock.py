"""Virtual time: waiting costs nothing, order is kept, and standing still is noticed."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from commerce_async.clock import LoopClock
from commerce_async.testing import clock
from commerce_async.testing.clock import VirtualClock, VirtualTimeLoop


def run(main: Callable[[], Awaitable[Any]]) -> Any:
    async def body() -> Any:
        return await main()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(body())


def test_a_year_passes_in_no_time() -> None:
    async def main() -> float:
        for _ in range(365):
            await asyncio.sleep(86_400.0)
        return asyncio.get_running_loop().time()

    begun = time.monotonic()
    assert run(main) == pytest.approx(365 * 86_400.0)
    assert time.monotonic() - begun < 5.0


def test_sleepers_wake_in_the_order_of_their_times() -> None:
    async def main() -> list[tuple[str, float]]:
        woken: list[tuple[str, float]] = []

        async def sleeper(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            woken.append((name, round(asyncio.get_running_loop().time(), 6)))

        async with asyncio.TaskGroup() as group:
            for name, seconds in (("c", 3.0), ("a", 1.0), ("b", 2.5), ("d", 100.0)):
                group.create_task(sleeper(name, seconds))
        return woken

    assert run(main) == [("a", 1.0), ("b", 2.5), ("c", 3.0), ("d", 100.0)]


def test_work_that_does_not_wait_takes_no_time() -> None:
    async def main() -> float:
        for _ in range(1000):
            await asyncio.sleep(0)
        return asyncio.get_running_loop().time()

    assert run(main) == 0.0


def test_timeouts_of_asyncio_and_anyio_follow_it() -> None:
    async def main() -> list[float]:
        loop, times = asyncio.get_running_loop(), list[float]()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10.0):
                await asyncio.sleep(1000.0)
        times.append(loop.time())
        with anyio.move_on_after(10.0):
            await anyio.sleep_forever()
        times.append(loop.time())
        return times

    assert run(main) == pytest.approx([10.0, 20.0])


def test_both_clocks_follow_the_loop() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)

    async def main() -> None:
        virtual, plain = VirtualClock(start), LoopClock()
        await asyncio.sleep(90.0)
        assert virtual.now() == plain.now() == pytest.approx(90.0)
        assert abs(virtual.wall() - (start + timedelta(seconds=90))) < timedelta(milliseconds=1)
        assert plain.wall().tzinfo is UTC

    run(main)


def test_waiting_until_a_remainder_is_gone_does_not_stand_still() -> None:
    """As leaky buckets do: a level that falls with time, and a timer for the very moment when it is empty."""

    async def main() -> int:
        loop, rounds = asyncio.get_running_loop(), 0
        await asyncio.sleep(0.1 + 0.2)
        level, rate, checked = 1.0, 168.9154859347046, loop.time()
        while level > 0:
            await asyncio.sleep(level / rate)
            now = loop.time()
            level -= (now - checked) * rate
            checked = now
            rounds += 1
            assert rounds < 100
        return rounds

    assert run(main) >= 1


def test_another_thread_is_waited_for() -> None:
    async def main() -> str:
        return await asyncio.to_thread(lambda: (time.sleep(0.05), "done")[1])

    assert run(main) == "done"


def test_sockets_that_are_ready_come_before_the_next_jump() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        left, right = socket.socketpair()
        with left, right:
            left.setblocking(False)
            right.setblocking(False)
            right.send(b"x")
            sleeper = asyncio.ensure_future(asyncio.sleep(50.0))
            await loop.sock_recv(left, 1)
            at = loop.time()
            sleeper.cancel()
            return at

    assert run(main) == 0.0


def test_waiting_for_what_nobody_will_do_is_an_error_and_no_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_PATIENCE", 0.01)

    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    loop = VirtualTimeLoop()
    task = loop.create_task(main())
    try:
        with pytest.raises(RuntimeError, match="waits for something that no task or timer will do"):
            loop.run_until_complete(task)
    finally:
        task.cancel()
        loop.run_until_complete(asyncio.wait([task]))
        loop.close()
