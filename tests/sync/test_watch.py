"""The same pass again and again: when each begins, and what ends it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from commerce_async.errors import CommerceError, ConfigError, LockedError, SinkError, UsageError
from commerce_async.sync import Report, StreamReport, watch
from commerce_async.testing.clock import VirtualClock, VirtualTimeLoop

pytestmark = pytest.mark.anyio

MINUTE = 60.0


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def report(*states: Any) -> Report:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    streams = [StreamReport(store="eu", vendor="fake", stream="orders", state=state) for state in states]
    return Report(run="r", started_at=now, ended_at=now, into="sqlite:///x.db", streams=streams)


async def begins(job: Callable[[int], Awaitable[Report]], *, every: float, until: float, **options: Any) -> list[float]:
    """When each pass begins, in minutes."""
    clock = VirtualClock()
    first = clock.now()
    found: list[float] = []

    async def timed() -> Report:
        found.append(round((clock.now() - first) / MINUTE, 3))
        return await job(len(found))

    with anyio.move_on_after(until * MINUTE):
        await watch(timed, every=timedelta(minutes=every), clock=clock, **options)
    return found


async def test_passes_begin_at_multiples_of_the_interval_however_long_they_take() -> None:
    async def job(number: int) -> Report:
        await anyio.sleep(7 * number)
        return report("complete")

    assert await begins(job, every=5, until=31) == [0, 5, 10, 15, 20, 25, 30]


async def test_times_that_pass_while_a_pass_is_at_work_are_left_out_and_two_never_run_at_once() -> None:
    running = 0

    async def job(number: int) -> Report:
        nonlocal running
        assert running == 0
        running += 1
        await anyio.sleep(12 * MINUTE if number == 1 else 1)
        running -= 1
        return report("complete")

    assert await begins(job, every=5, until=26) == [0, 15, 20, 25]


async def test_a_pass_that_fails_does_not_end_the_watch_and_the_next_ones_stay_on_the_schedule() -> None:
    errors: list[CommerceError] = []

    async def job(number: int) -> Report:
        await anyio.sleep(20)
        if number in (2, 3):
            raise SinkError("the disk is full") if number == 2 else LockedError("in use")
        return report("complete")

    found = await begins(job, every=1, until=9.5, on_failure=errors.append)
    assert found == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert [type(error) for error in errors] == [SinkError, LockedError]


async def test_as_long_as_everything_fails_more_and_more_times_are_left_out_up_to_a_quarter_of_an_hour() -> None:
    async def job(number: int) -> Report:
        return report("failed", "failed")

    assert await begins(job, every=1, until=70) == [0, 1, 3, 7, 15, 30, 45, 60]
    assert await begins(job, every=60, until=200) == [0, 60, 120, 180]


async def test_one_store_that_fails_does_not_slow_the_others_down() -> None:
    async def job(number: int) -> Report:
        return report("failed", "complete")

    assert await begins(job, every=1, until=5.5) == [0, 1, 2, 3, 4, 5]


async def test_it_tells_when_the_next_pass_is_due() -> None:
    told: list[tuple[datetime, float]] = []

    async def job(number: int) -> Report:
        await anyio.sleep(20)
        return report("complete")

    await begins(job, every=1, until=0.9, on_due=lambda when, wait: told.append((when, round(wait, 3))))
    [(when, wait)] = told
    assert wait == 40
    assert abs(when - (VirtualClock().start + timedelta(minutes=1))) < timedelta(seconds=1)


@pytest.mark.parametrize("error", [ConfigError("no such adapter"), UsageError("unknown stream")])
async def test_what_no_repetition_mends_ends_it(error: CommerceError) -> None:
    async def job(number: int) -> Report:
        raise error

    with pytest.raises(type(error)):
        await begins(job, every=1, until=5)


@pytest.mark.parametrize("seconds", [0, 0.5, -3])
async def test_an_interval_below_a_second_is_refused_before_the_first_pass(seconds: float) -> None:
    async def job(number: int) -> Report:
        raise AssertionError

    with pytest.raises(UsageError, match="at least 1s"):
        await begins(job, every=seconds / 60, until=1)
