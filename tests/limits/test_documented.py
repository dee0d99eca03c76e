"""A limit that the vendor's pages name: kept to exactly, and felt beyond only after ten minutes of work at it."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.limits.adaptive import AdaptivePolicy
from commerce_async.limits.limiter import Limiter
from fastspring_async import FastSpring
from tests.limits.servers import FirstCallWindow, FixedWindow, SlidingWindow
from tests.limits.test_adaptive_policy import busy, let_through, refused
from tests.limits.worlds import now, virtual

LIMIT = 250
Server = FixedWindow | FirstCallWindow | SlidingWindow
KINDS = ["fixed", "first-call", "sliding"]


def server(kind: str, phase: float = 0.0) -> Server:
    if kind == "fixed":
        return FixedWindow(LIMIT, 60.0, phase=phase)
    return FirstCallWindow(LIMIT, 60.0) if kind == "first-call" else SlidingWindow(LIMIT, 60.0)


def policy(rate: float = 4.1) -> AdaptivePolicy:
    return AdaptivePolicy(rate, documented=LIMIT)


class Line:
    """The way to a server: it takes a moment, and now and then it stalls, and all that was sent arrives at once."""

    def __init__(self, seed: int, stalls: float) -> None:
        self.dice, self.stalls, self.until = random.Random(seed), stalls, 0.0

    def trip(self) -> float:
        if now() > self.until + 10.0 and self.dice.random() < 0.05:
            self.until = now() + self.stalls * self.dice.random()
        return max(self.until - now(), 0.0) + self.dice.uniform(0.01, 0.15)


def work(policy: AdaptivePolicy, server: Server, line: Line, seconds: float, workers: int = 8) -> tuple[int, int]:
    """Calls let through, and refused."""

    async def main() -> tuple[int, int]:
        limiter, ends = Limiter(policy), [0, 0]

        async def worker() -> None:
            while True:
                permit = await limiter.acquire()
                await asyncio.sleep(line.trip())
                passed, _ = server.call(now())
                ends[not passed] += 1
                await asyncio.sleep(line.dice.uniform(0.01, 0.15))
                if passed:
                    permit.finish()
                else:
                    permit.throttle(None)

        tasks = [asyncio.ensure_future(worker()) for _ in range(workers)]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return ends[0], ends[1]

    return virtual(main)


@pytest.mark.parametrize("kind", KINDS)
def test_nine_minutes_of_work_use_98_percent_and_are_never_throttled(kind: str) -> None:
    admitted, refused = work(policy(), server(kind, phase=17.0), Line(1, stalls=0.0), 540.0)
    assert refused == 0
    assert admitted >= 0.98 * LIMIT * 9


@settings(max_examples=4)
@given(seed=st.integers(0, 100_000), kind=st.sampled_from(KINDS), stalls=st.sampled_from([0.5, 3.0, 20.0]))
def test_however_the_line_stalls_no_minute_of_the_servers_holds_more(seed: int, kind: str, stalls: float) -> None:
    # With a rate at the very limit: it is not the little that is left that does it.
    _, refused = work(policy(LIMIT / 60), server(kind, phase=seed % 60), Line(seed, stalls), 240.0)
    assert refused == 0


def test_without_it_a_line_that_stalls_earns_throttles() -> None:
    def refused(made: AdaptivePolicy) -> int:
        return work(made, server("sliding"), Line(5, stalls=3.0), 240.0)[1]

    assert refused(AdaptivePolicy(LIMIT / 60, top=LIMIT / 60)) > refused(policy(LIMIT / 60)) == 0


def test_after_ten_minutes_at_it_there_may_be_more_and_a_throttle_begins_them_anew() -> None:
    one = policy()
    at = busy(one, 600.0)
    assert one.rate <= 4.1
    at = busy(one, 240.0, at)
    assert one.rate > 5.0
    at = let_through(one, refused(one, at))
    assert one.ceiling > 4.2  # it proved wrong, and is not heeded any more
    busy(one, 120.0, at)
    assert one.rate > 4.2


def test_a_throttle_at_the_documented_limit_makes_it_heeded_for_ten_minutes_more() -> None:
    one = policy()
    at = let_through(one, refused(one, busy(one, 640.0)))
    at = busy(one, 500.0, at)
    assert 4.0 < one.rate <= 4.1
    busy(one, 400.0, at)
    assert one.rate > 4.2


def test_a_user_who_begins_beyond_it_knows_better() -> None:
    one = policy(8.0)
    busy(one, 60.0)
    assert one.rate >= 8.0


def test_a_lower_limit_is_found_as_if_none_were_documented() -> None:
    found = work(policy(), FixedWindow(100, 60.0), Line(3, stalls=0.0), 600.0)
    plain = work(AdaptivePolicy(4.1), FixedWindow(100, 60.0), Line(3, stalls=0.0), 600.0)
    assert found[0] == pytest.approx(plain[0], rel=0.02)
    assert found[0] >= 850


def test_fastspring_begins_just_below_what_a_page_of_the_vendors_says() -> None:
    made = FastSpring(username="u", password="p").client.limiter.policy
    assert isinstance(made, AdaptivePolicy)
    assert (made.rate, made.concurrency) == (4.1, 8)
    busy(made, 500.0)
    assert made.rate == 4.1
