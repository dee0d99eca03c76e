"""Whose turn it is: lanes, order, pauses, deadlines, the pace, and permits that are given back."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise
from math import inf

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.errors import DeadlineError
from commerce_async.limits.adaptive import AdaptivePolicy
from commerce_async.limits.base import Lane, Snapshot, Usage
from commerce_async.limits.limiter import Limiter
from commerce_async.limits.steady import SteadyPolicy
from commerce_async.limits.window import WindowPolicy
from tests.limits.worlds import now, virtual

INTERACTIVE, BULK = Lane.INTERACTIVE, Lane.BULK


class Turnstile(SteadyPolicy):
    """One permit at a time, given when the one before is ended, and counted."""

    def __init__(self, concurrency: int = 1) -> None:
        super().__init__(concurrency)
        self.started = self.cancelled = 0

    def start(self, now: float) -> int:
        self.started += 1
        return super().start(now)

    def cancel(self, ticket: int, now: float) -> None:
        self.cancelled += 1
        super().cancel(ticket, now)


class Queue:
    """Callers in a queue, and the order in which they came through."""

    def __init__(self, limiter: Limiter) -> None:
        self.limiter = limiter
        self.order: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, name: str, lane: Lane = INTERACTIVE, *, front: bool = False) -> asyncio.Task[None]:
        async def call() -> None:
            permit = await self.limiter.acquire(lane, front=front)
            self.order.append(name)
            await asyncio.sleep(1.0)
            permit.finish()

        task = asyncio.ensure_future(call())
        self.tasks.append(task)
        await asyncio.sleep(0)
        return task

    async def done(self) -> list[str]:
        await asyncio.gather(*self.tasks, return_exceptions=True)
        return self.order


# -- order -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lane", list(Lane))
def test_within_a_lane_who_comes_first_is_served_first(lane: Lane) -> None:
    async def main() -> list[str]:
        queue = Queue(Limiter(Turnstile()))
        for n in range(50):
            await queue.come(str(n), lane)
        return await queue.done()

    assert virtual(main) == [str(n) for n in range(50)]


def test_a_call_that_comes_does_not_overtake_those_who_wait() -> None:
    async def main() -> list[str]:
        queue = Queue(Limiter(Turnstile(2)))
        for n in range(20):
            await queue.come(str(n))
            await asyncio.sleep(0.4)
        return await queue.done()

    assert virtual(main) == [str(n) for n in range(20)]


def test_interactive_goes_before_bulk_and_bulk_still_gets_every_fifth_permit() -> None:
    async def main() -> list[str]:
        queue = Queue(Limiter(Turnstile()))
        await queue.come("first")
        for n in range(10):
            await queue.come(f"b{n}", BULK)
        for n in range(40):
            await queue.come(f"i{n}")
        return await queue.done()

    order = virtual(main)[1:]
    for n in range(10):
        assert [name[0] for name in order[5 * n : 5 * n + 5]] == ["i", "i", "i", "i", "b"]
    assert [name for name in order if name[0] == "i"] == [f"i{n}" for n in range(40)]
    assert [name for name in order if name[0] == "b"] == [f"b{n}" for n in range(10)]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 100_000), arrivals=st.integers(1, 8), cancels=st.integers(0, 8))
def test_bulk_gets_its_share_however_often_others_come_and_go_between_two_permits(
    seed: int, arrivals: int, cancels: int
) -> None:
    async def main() -> list[str]:
        dice = random.Random(seed)
        limiter = Limiter(Turnstile())
        queue = Queue(limiter)
        for n in range(20):
            await queue.come(f"b{n}", BULK)
        for n in range(80):
            for _ in range(dice.randint(1, arrivals)):
                await queue.come(f"i{n}")
            for _ in range(dice.randint(0, cancels)):  # each comes and goes, and makes the limiter look again
                (await queue.come("gone", dice.choice([INTERACTIVE, BULK]))).cancel()
                await asyncio.sleep(0)
            await asyncio.sleep(1.0)
        order = list(queue.order)
        for task in queue.tasks:
            task.cancel()
        await queue.done()
        return order

    order = "".join(name[0] for name in virtual(main))
    waiting = order[1 : order.rindex("b")]
    assert "iiiii" not in waiting
    assert waiting.count("i") >= 3 * waiting.count("b")


def test_bulk_has_the_whole_limit_when_nobody_else_wants_it() -> None:
    async def main() -> float:
        queue = Queue(Limiter(Turnstile()))
        for n in range(20):
            await queue.come(str(n), BULK)
        await queue.done()
        return now()

    assert virtual(main) == pytest.approx(20.0)


def test_retries_go_before_fresh_calls_of_their_lane_and_in_their_own_order() -> None:
    async def main() -> list[str]:
        queue = Queue(Limiter(Turnstile()))
        await queue.come("first")
        await queue.come("fresh 1")
        await queue.come("again 1", front=True)
        await queue.come("fresh 2")
        await queue.come("again 2", front=True)
        return await queue.done()

    assert virtual(main) == ["first", "again 1", "again 2", "fresh 1", "fresh 2"]


def test_a_retry_of_the_bulk_lane_does_not_go_before_a_person() -> None:
    async def main() -> list[str]:
        queue = Queue(Limiter(Turnstile()))
        await queue.come("first")
        await queue.come("bulk again", BULK, front=True)
        await queue.come("person")
        return await queue.done()

    assert virtual(main) == ["first", "person", "bulk again"]


# -- permits ---------------------------------------------------------------------------------------------------


def test_a_permit_ends_once() -> None:
    async def main() -> None:
        policy = Turnstile(3)
        limiter = Limiter(policy)
        permit = await limiter.acquire()
        permit.finish()
        permit.finish()
        permit.release()
        assert permit.throttle(5.0) == 0.0
        assert (policy.started, policy.cancelled) == (1, 0)
        assert limiter.snapshot().in_flight == 0
        assert limiter.snapshot().paused == 0.0

    virtual(main)


def test_a_permit_tells_how_long_it_was_waited_for() -> None:
    async def main() -> None:
        limiter = Limiter(Turnstile())
        first = await limiter.acquire()
        assert first.waited == 0.0
        asyncio.get_running_loop().call_later(4.0, first.finish)
        assert (await limiter.acquire()).waited == pytest.approx(4.0)

    virtual(main)


def test_a_throttle_pauses_all_lanes_and_tells_for_how_long() -> None:
    async def main() -> None:
        limiter = Limiter(Turnstile(8))
        throttled, other = await limiter.acquire(), await limiter.acquire()
        assert throttled.throttle(30.0) == pytest.approx(30.0)
        other.finish(Usage(1, 50))  # a good reply that was under way does not end the pause
        assert limiter.snapshot().paused == pytest.approx(30.0)
        assert limiter.snapshot().throttled == 1
        await asyncio.gather(*(limiter.acquire(lane) for lane in Lane))
        assert now() == pytest.approx(30.0, abs=1e-3)

    virtual(main)


def test_a_shorter_pause_does_not_cut_a_longer_one() -> None:
    async def main() -> float:
        limiter = Limiter(Turnstile(8))
        first, second = await limiter.acquire(), await limiter.acquire()
        first.throttle(30.0)
        assert second.throttle(2.0) == pytest.approx(30.0)
        await limiter.acquire()
        return now()

    assert virtual(main) == pytest.approx(30.0, abs=1e-3)


def test_the_policys_state_is_shown_for_people() -> None:
    async def main() -> Snapshot:
        limiter = Limiter(Turnstile(4))
        await limiter.acquire()
        waiting = [asyncio.ensure_future(limiter.acquire()) for _ in range(5)]
        await asyncio.sleep(0)
        assert limiter.waiting == 2
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert limiter.waiting == 0
        return limiter.snapshot()

    snapshot = virtual(main)
    assert snapshot.limit == 4
    assert 0.0 <= snapshot.share <= 1.0


# -- deadlines -------------------------------------------------------------------------------------------------


def test_a_permit_that_would_come_too_late_is_refused_at_once() -> None:
    async def main() -> None:
        limiter = Limiter(Turnstile())
        (await limiter.acquire()).throttle(60.0)
        with pytest.raises(DeadlineError, match=r"in 60\.0 s") as caught:
            await limiter.acquire(deadline=now() + 59.0)
        assert now() == 0.0
        assert caught.value.retry_after == pytest.approx(60.0)
        assert caught.value.safe_to_retry
        await limiter.acquire(deadline=now() + 61.0)

    virtual(main)


def test_those_who_have_gone_are_not_counted_as_ahead() -> None:
    async def main() -> None:
        policy = WindowPolicy(10, 10.0)
        limiter = Limiter(policy)
        await limiter.acquire()  # goes alone: everybody waits for its reply
        first = asyncio.ensure_future(limiter.acquire())
        gone = [asyncio.ensure_future(limiter.acquire()) for _ in range(100)]
        await asyncio.sleep(0)
        assert limiter.estimate() == pytest.approx(100.0, abs=1.0)
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        assert limiter.estimate() == 0.0
        assert limiter.waiting == 1
        first.cancel()

    virtual(main)


def test_a_bulk_call_is_not_thought_to_wait_for_every_person() -> None:
    async def main() -> None:
        limiter = Limiter(WindowPolicy(10, 10.0))
        first = await limiter.acquire()
        people = [asyncio.ensure_future(limiter.acquire()) for _ in range(100)]
        await asyncio.sleep(0)
        # Its turn is the fifth at the latest, so that it gets one of the first ten permits.
        bulk = asyncio.ensure_future(limiter.acquire(BULK, deadline=now() + 15.0))
        await asyncio.sleep(0.1)
        first.finish()
        await bulk
        assert now() < 1.0
        for task in people:
            task.cancel()

    virtual(main)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 100_000), kind=st.sampled_from(["steady", "window", "gate", "adaptive", "paced"]))
def test_an_estimate_is_never_longer_than_the_wait(seed: int, kind: str) -> None:
    """While nobody leaves the queue, a call goes out no sooner than was estimated when it was asked for."""

    async def main() -> None:
        dice = random.Random(seed)
        window = WindowPolicy(10, 10.0)
        window.resets = kind == "gate"
        policy = {"steady": Turnstile(3), "adaptive": AdaptivePolicy(), "paced": Turnstile(3)}.get(kind, window)
        limiter = Limiter(policy, rate=2.0 if kind == "paced" else None)
        served = 0

        async def call() -> None:
            nonlocal served
            lane, front = dice.choice(list(Lane)), dice.random() < 0.2
            begun, guess = now(), limiter.estimate(lane, front=front)
            permit = await limiter.acquire(lane, front=front)
            assert now() - begun >= guess - 1e-3
            await asyncio.sleep(dice.random() * 0.5)
            served += 1
            permit.finish(Usage(min(10, 1 + served % 10), 10) if kind == "gate" else None)

        async with asyncio.TaskGroup() as group:
            for _ in range(60):
                group.create_task(call())
                if dice.random() < 0.4:
                    await asyncio.sleep(dice.random() * 6)

    virtual(main)


# -- the pace --------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    rate=st.floats(0.2, 200.0),
    seed=st.integers(0, 100_000),
    bursts=st.lists(st.tuples(st.integers(1, 40), st.floats(0, 20)), min_size=1, max_size=6),
)
def test_the_rate_is_never_exceeded_in_any_window(rate: float, seed: int, bursts: list[tuple[int, float]]) -> None:
    async def main() -> list[float]:
        dice = random.Random(seed)
        limiter = Limiter(Turnstile(16), rate=rate)
        times: list[float] = []

        async def call() -> None:
            permit = await limiter.acquire(dice.choice(list(Lane)))
            times.append(now())
            await asyncio.sleep(dice.random() * 2 / rate)
            permit.finish()

        async with asyncio.TaskGroup() as group:
            for calls, pause in bursts:
                for _ in range(calls):
                    group.create_task(call())
                await asyncio.sleep(pause)
        return times

    times = virtual(main)
    assert len(times) == sum(calls for calls, _ in bursts)
    # No two come closer than the rate allows, so that no window of any length holds more than its share.
    assert min((b - a for a, b in pairwise(times)), default=inf) >= (1 / rate) * (1 - 1e-6)


def test_the_rate_is_used_whole() -> None:
    async def main() -> float:
        limiter = Limiter(SteadyPolicy(16), rate=5.0)
        for _ in range(101):
            (await limiter.acquire()).finish()
        return now()

    assert virtual(main) == pytest.approx(20.0, rel=1e-3)


def test_a_rate_keeps_lanes_and_order() -> None:
    async def main() -> list[str]:
        queue = Queue(Limiter(Turnstile(16), rate=1.0))
        for n in range(4):
            await queue.come(f"b{n}", BULK)
        for n in range(4):
            await queue.come(f"i{n}")
        return await queue.done()

    # The first has the permit and the second keeps the pace when people come; from then on they go first.
    assert virtual(main) == ["b0", "b1", "i0", "i1", "i2", "i3", "b2", "b3"]


def test_a_call_that_keeps_the_pace_does_not_go_out_into_a_pause() -> None:
    async def main() -> float:
        limiter = Limiter(Turnstile(16), rate=0.1)
        first = await limiter.acquire()
        second = asyncio.ensure_future(limiter.acquire())  # due in ten seconds
        await asyncio.sleep(5.0)
        first.throttle(60.0)
        await second
        return now()

    assert virtual(main) >= 65.0


def test_a_call_cancelled_while_it_keeps_the_pace_gives_its_permit_and_turn_back() -> None:
    async def main() -> None:
        policy = Turnstile(1)
        limiter = Limiter(policy, rate=1.0)
        (await limiter.acquire()).finish()
        gone, next_one = asyncio.ensure_future(limiter.acquire()), asyncio.ensure_future(limiter.acquire())
        await asyncio.sleep(0.5)
        gone.cancel()
        (await next_one).finish()
        assert now() == pytest.approx(1.0)
        assert gone.cancelled()
        assert (policy.started, policy.cancelled) == (3, 1)
        assert limiter.snapshot().in_flight == 0

    virtual(main)


@pytest.mark.parametrize("rate", [0.0, -1.0, inf, float("nan")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Limiter(SteadyPolicy(), rate=rate)


# -- cancellation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [None, 3.0], ids=["free", "paced"])
@pytest.mark.parametrize("kind", ["steady", "window", "adaptive"])
@pytest.mark.parametrize("seed", range(4))
def test_thousands_of_cancellations_leak_no_permit_and_swallow_no_cancelled_error(
    kind: str, rate: float | None, seed: int
) -> None:
    async def main() -> None:
        dice = random.Random(seed)
        policies = {"steady": SteadyPolicy(3), "window": WindowPolicy(20, 5.0), "adaptive": AdaptivePolicy(floor=0.5)}
        limiter = Limiter(policies[kind], rate=rate)
        cancelled = done = 0

        async def call() -> None:
            nonlocal cancelled, done
            deadline = now() + dice.choice([0.5, 30.0]) if dice.random() < 0.2 else None
            try:
                permit = await limiter.acquire(dice.choice(list(Lane)), front=dice.random() < 0.2, deadline=deadline)
                try:
                    await asyncio.sleep(dice.random())
                    if dice.random() < 0.02:
                        permit.throttle(dice.choice([None, 0.0, 2.0]))
                    else:
                        permit.finish(Usage(1, 20) if dice.random() < 0.5 else None)
                finally:
                    permit.finish() if dice.random() < 0.5 else permit.release()
                done += 1
            except DeadlineError:
                done += 1
            except asyncio.CancelledError:
                cancelled += 1
                raise

        async def cancelled_by_scope() -> None:
            with anyio.move_on_after(dice.random() * 3) as scope:
                await call()
            assert scope.cancelled_caught or done

        tasks: list[asyncio.Task[None]] = []
        for _ in range(600):
            tasks.append(asyncio.ensure_future(cancelled_by_scope() if dice.random() < 0.3 else call()))
            for _ in range(dice.randint(0, 3)):
                dice.choice(tasks).cancel()
                await asyncio.sleep(0)
            if dice.random() < 0.3:
                await asyncio.sleep(dice.random() * 0.3)
        for task in tasks:
            if dice.random() < 0.8:
                task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert cancelled > 200
        assert not [each for each in results if each is not None and not isinstance(each, asyncio.CancelledError)]
        assert limiter.waiting == 0
        assert limiter.snapshot().in_flight == 0
        # And it goes on as if nothing had happened.
        (await limiter.acquire()).finish()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    virtual(main)
