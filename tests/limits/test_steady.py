"""The policy without a rule of its own: only a bound on calls in flight."""

from __future__ import annotations

import asyncio

import pytest

from commerce_async.limits.limiter import Limiter
from commerce_async.limits.steady import SteadyPolicy
from tests.limits.worlds import now, virtual


def test_never_more_calls_are_in_flight_than_allowed() -> None:
    async def main() -> tuple[int, float]:
        limiter = Limiter(SteadyPolicy(3))
        flying = most = 0

        async def call() -> None:
            nonlocal flying, most
            permit = await limiter.acquire()
            flying += 1
            most = max(most, flying)
            await asyncio.sleep(1.0)
            flying -= 1
            permit.finish()

        await asyncio.gather(*(call() for _ in range(30)))
        return most, now()

    assert virtual(main) == (3, pytest.approx(10.0))


def test_a_throttle_that_names_no_time_pauses_for_a_second() -> None:
    async def main() -> float:
        limiter = Limiter(SteadyPolicy())
        assert (await limiter.acquire()).throttle(None) == pytest.approx(1.0)
        await limiter.acquire()
        return now()

    assert virtual(main) == pytest.approx(1.0, abs=1e-3)


def test_with_a_rate_it_is_a_steady_limiter() -> None:
    async def main() -> list[float]:
        limiter = Limiter(SteadyPolicy(), rate=5)
        times: list[float] = []

        async def call() -> None:
            permit = await limiter.acquire()
            times.append(now())
            permit.finish()

        await asyncio.gather(*(call() for _ in range(6)))
        return times

    assert virtual(main) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])


@pytest.mark.parametrize("concurrency", [0, -1])
def test_no_call_at_all_is_no_policy(concurrency: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        SteadyPolicy(concurrency)
