"""The adaptive limiter against servers that keep their limit to themselves, on virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import adaptive
from benchmarks.adaptive import SERVERS, Scenario, World
from benchmarks.hidden import Bucket, Fixed, Ours, Sliding
from commerce_async.limits.adaptive import AdaptivePolicy
from commerce_async.limits.limiter import Limiter
from tests.limits.servers import FixedWindow, SlidingWindow
from tests.limits.worlds import now, virtual

KINDS = list(SERVERS)
ANSWERS = pytest.mark.parametrize("told", [False, True], ids=["404", "429 with Retry-After"])
CHANGING = Scenario(minutes=16, limits=((0, 250), (5, 125), (10, 250)))


def world(kind: str, scenario: Scenario, *, told: bool = False, seed: int = 0) -> World:
    server = SERVERS[kind](scenario.limits[0][1], random.Random(seed))
    return World(server, Ours(), scenario, told=told, seed=seed).run()


# -- the bars --------------------------------------------------------------------------------------------------


@ANSWERS
@pytest.mark.parametrize("kind", KINDS)
def test_of_a_hidden_250_a_minute_90_percent_is_used_and_under_2_percent_throttled(kind: str, told: bool) -> None:
    steady = world(kind, Scenario(minutes=8), told=told, seed=11)
    assert steady.used(60, 480) >= 0.9
    assert steady.share(60, 480) <= 0.02
    assert steady.most_flying <= 8


@ANSWERS
@pytest.mark.parametrize("kind", KINDS)
def test_after_the_limit_is_halved_and_raised_again_it_is_back_under_2_percent_within_30_seconds(
    kind: str, told: bool
) -> None:
    changing = world(kind, CHANGING, told=told, seed=21)
    for phase in changing.phases:
        assert changing.back(*phase) <= 30
        assert changing.settled(*phase) <= 30  # the stricter measure, see benchmarks.adaptive
    # And the raised limit is found within a few minutes.
    assert changing.found(*changing.phases[1]) <= 240


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize("second", [0.0, 30.0, 52.0, 58.0])
def test_wherever_in_a_window_the_limit_is_halved_it_is_back_under_2_percent_within_30_seconds(
    second: float, workers: int
) -> None:
    scenario = Scenario(minutes=8, limits=((0, 250), (3, 125)))
    halved = World(Fixed(250, second), Ours(), scenario, seed=51, workers=workers).run()
    phase = halved.phases[0]
    assert halved.later(*phase) <= 0.02
    assert halved.settled(*phase) <= 30


@ANSWERS
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_stranger_leaves_is_used_without_many_throttles(kind: str, told: bool) -> None:
    scenario = Scenario(minutes=12, stranger=((0, 0), (3, 100), (6, 40), (9, 150)))
    shared = world(kind, scenario, told=told, seed=31)
    assert shared.used(60, 720) >= 0.75
    assert shared.share(60, 720) <= 0.02


@pytest.mark.parametrize("limit", [60, 600])
@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_far_from_the_first_rate_is_found(kind: str, limit: int) -> None:
    far = world(kind, Scenario(minutes=9, limits=((0, limit),)), seed=41)
    assert far.used(300, 540) >= 0.85
    assert far.share(300, 540) <= 0.035 if limit == 60 else 0.02  # at one a second a single throttle weighs much


# -- throttles that are none -----------------------------------------------------------------------------------


def test_a_lone_false_404_costs_a_few_seconds_of_work() -> None:
    lone = iter([200.0])
    due = next(lone)

    def never(_at: float, _dice: random.Random) -> bool:
        return False

    def false(at: float, _: random.Random) -> bool:
        nonlocal due
        if at < due:
            return False
        due = next(lone, inf)
        return True

    scenario = Scenario(minutes=6, limits=((0, 10_000),))
    counts: list[int] = []
    for each in (never, false):
        ours = Ours(AdaptivePolicy(4.0, top=4.0))
        seen = World(Sliding(10_000), ours, scenario, false=each).run()
        counts.append(sum(180 <= at < 300 for at in seen.admitted))
    without, with_it = counts
    assert without - with_it <= 4.0 * 5


def test_one_false_404_in_two_hundred_does_not_drive_the_rate_down() -> None:
    ours = Ours()
    seen = World(Bucket(250), ours, Scenario(minutes=15), false=lambda _, dice: dice.random() < 0.005, seed=5).run()
    assert seen.used(300, 900) >= 0.75


def test_real_not_founds_do_not_slow_it_down() -> None:
    """A verdict that is not a throttle ends its permit as any good reply does, however many there are."""
    policy = AdaptivePolicy(4.0)
    busy(policy, 300.0)
    assert policy.rate > 4.0


# -- other limits ----------------------------------------------------------------------------------------------

PerSecond = FixedWindow | SlidingWindow


async def _work(limiter: Limiter, server: PerSecond, hint: bool, admitted: list[float], throttled: list[float]) -> None:
    while True:
        permit = await limiter.acquire()
        await asyncio.sleep(0.1)
        ok, _ = server.call(now())
        wait = server.reset_in(now()) if hint else None
        (admitted if ok else throttled).append(now())
        await asyncio.sleep(0.1)
        if ok:
            permit.finish()
        else:
            permit.throttle(wait)


@pytest.mark.parametrize("hint", [True, False], ids=["told when", "not told"])
@pytest.mark.parametrize(
    ("make", "limit"),
    [
        pytest.param(lambda: FixedWindow(10, 1.0), 10.0, id="10 a second, fixed"),
        pytest.param(lambda: SlidingWindow(10, 1.0), 10.0, id="10 a second, sliding"),
        pytest.param(lambda: FixedWindow(1, 1.0), 1.0, id="1 a second, fixed"),
    ],
)
def test_limits_with_other_periods_are_found_as_well(make: Callable[[], PerSecond], limit: float, hint: bool) -> None:
    async def main() -> tuple[list[float], list[float]]:
        limiter, server = Limiter(AdaptivePolicy()), make()
        admitted, throttled = list[float](), list[float]()
        tasks = [asyncio.ensure_future(_work(limiter, server, hint, admitted, throttled)) for _ in range(12)]
        await asyncio.sleep(840.0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return admitted, throttled

    admitted, throttled = virtual(main)
    late, refused = sum(at >= 480.0 for at in admitted), sum(at >= 480.0 for at in throttled)
    assert late / 360.0 >= (0.7 if limit == 1.0 else 0.85) * limit
    assert refused <= (0.15 if limit == 1.0 else 0.02) * late


# -- as a pure state machine -----------------------------------------------------------------------------------


def busy(policy: AdaptivePolicy, seconds: float, since: float = 0.0) -> float:
    """Good replies, one call after the other, each as soon as it may go; returns the time."""
    at = since
    while at < since + seconds:
        at = policy.ready_at(at)
        policy.finish(policy.start(at), at + 0.01)
    return at


def batch(policy: AdaptivePolicy, size: int, at: float = 0.0) -> tuple[list[int], float]:
    """So many calls that are on the wire together; returns their tickets and the time."""
    tickets: list[int] = []
    for _ in range(size):
        at = policy.ready_at(at)
        tickets.append(policy.start(at))
    return tickets, at


def test_good_replies_without_a_throttle_keep_the_rate_growing_up_to_the_top() -> None:
    policy = AdaptivePolicy(4.0, top=6.0)
    at, rates = 0.0, list[float]()
    for _ in range(40):
        at = busy(policy, 60.0, at)
        rates.append(policy.rate)
    assert rates == sorted(rates)
    assert rates[3] > 4.0
    assert rates[-1] == 6.0


def test_only_work_that_keeps_the_limiter_busy_raises_the_rate() -> None:
    policy = AdaptivePolicy(4.0)
    for n in range(5000):
        policy.finish(policy.start(n * 1.0), n + 0.1)
    assert policy.rate == 4.0


@pytest.mark.parametrize("good", [False, True], ids=["all refused", "good replies between"])
def test_a_batch_of_throttles_is_one_cut(good: bool) -> None:
    def after(refused: int) -> float:
        policy = AdaptivePolicy(8.0, concurrency=8)
        at = busy(policy, 60.0)
        tickets, at = batch(policy, 8, at)
        for n, ticket in enumerate(tickets):
            if n < refused and not (good and n % 2):
                policy.throttle(ticket, at + 0.1 + n * 0.01, None)
            else:
                policy.finish(ticket, at + 0.1 + n * 0.01)
        busy(policy, 1.0, policy.ready_at(at + 30.0))
        return policy.rate

    assert after(8) == pytest.approx(after(1), rel=0.1)
    assert after(1) < after(0)


def test_after_a_throttle_the_rate_is_lower_and_comes_back() -> None:
    policy = AdaptivePolicy(8.0)
    at = busy(policy, 120.0)
    before = policy.rate
    policy.throttle(policy.start(policy.ready_at(at)), at + 0.1, 1.0)
    at = busy(policy, 2.0, policy.ready_at(at + 0.1))
    assert policy.rate < before
    assert policy.rate > before / 3  # one refusal is no reason to crawl
    busy(policy, 600.0, at)
    assert policy.rate >= before * 0.95


def test_without_a_time_from_the_server_pauses_back_off_and_are_bounded() -> None:
    policy = AdaptivePolicy(8.0)
    at, pauses = 0.0, list[float]()
    for _ in range(3000):  # as many as overflow a power of two
        at = policy.ready_at(at)
        until = policy.throttle(policy.start(at), at, None)
        pauses.append(until - at)
    assert pauses[0] < pauses[1] < pauses[2]
    assert pauses == sorted(pauses)
    assert 0.5 <= pauses[0] <= 5.0
    assert max(pauses) == pytest.approx(60.0)
    at = busy(policy, 300.0, policy.ready_at(at))
    assert policy.throttle(policy.start(policy.ready_at(at)), at, None) - at <= 5.0


def test_the_servers_own_time_is_the_pause() -> None:
    policy = AdaptivePolicy(8.0)
    assert policy.throttle(policy.start(5.0), 5.5, 17.0) == 22.5
    assert policy.ready_at(6.0) == 22.5


def test_a_permit_that_was_held_for_minutes_and_never_used_is_given_back() -> None:
    policy = AdaptivePolicy(8.0)
    ticket = policy.start(0.0)
    policy.snapshot(600.0)
    policy.cancel(ticket, 600.0)
    assert policy.snapshot(600.0).in_flight == 0


def test_no_more_calls_are_in_flight_than_allowed() -> None:
    policy = AdaptivePolicy(8.0, concurrency=2)
    tickets = [policy.start(0.0), policy.start(1.0)]
    assert policy.ready_at(2.0) == inf
    policy.cancel(tickets[0], 2.0)
    assert policy.ready_at(2.0) == 2.0


def test_the_snapshot_tells_calls_per_second_and_the_rate_believed_in() -> None:
    policy = AdaptivePolicy(4.0, top=4.0)
    at = busy(policy, 120.0)
    snapshot = policy.snapshot(at)
    assert snapshot.used == pytest.approx(4.0, rel=0.05)
    assert (snapshot.limit, snapshot.period) == (4.0, 1.0)
    assert policy.snapshot(at + 1000.0).used == 0.0


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 1_000_000), rate=st.floats(0.1, 50.0), bad=st.floats(0.0, 1.0))
def test_whatever_comes_rate_and_flights_stay_in_bounds_and_each_throttle_cuts_once(
    seed: int, rate: float, bad: float
) -> None:
    dice = random.Random(seed)
    policy = AdaptivePolicy(rate, floor=0.1, top=50.0)
    at, flying = 0.0, dict[int, float]()
    cut_at, refusing, cuts, throttles = -inf, False, 0, 0
    for _ in range(300):
        at += dice.random()
        before = policy.rate
        if (ready := policy.ready_at(at)) < inf and dice.random() < 0.6:
            at = max(at, ready)
            flying[policy.start(at)] = at
        elif flying:
            ticket = dice.choice(list(flying))
            sent = flying.pop(ticket)
            chance = dice.random()
            if chance < bad:
                policy.throttle(ticket, at, dice.choice([None, 0.0, 3.0]))
                if sent > cut_at:
                    throttles += not refusing
                    cut_at, refusing = at, True
            elif chance < bad + 0.1:
                policy.cancel(ticket, at)
            else:
                policy.finish(ticket, at)
                refusing = refusing and sent <= cut_at
        cuts += policy.rate < before
        assert cuts <= throttles
        assert 0.1 <= policy.rate <= 50.0
        assert 0.1 <= policy.ceiling <= 50.0
        assert policy.snapshot(at).in_flight == len(flying) <= policy.concurrency
        assert 0.0 <= policy.estimate(at, 3) < inf


@pytest.mark.parametrize(
    "settings",
    [
        {"rate": 0.0},
        {"rate": -1.0},
        {"rate": 100.0},
        {"rate": 1.0, "floor": 2.0},
        {"floor": 0.0},
        {"top": inf},
        {"concurrency": 0},
    ],
)
def test_bounds_that_cannot_be_kept_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        AdaptivePolicy(**settings)  # type: ignore[arg-type]  # wrong on purpose


# -- the benchmark ---------------------------------------------------------------------------------------------


def test_the_benchmark_puts_ours_beside_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    scenario = Scenario(minutes=4, limits=((0, 60), (2, 30)))
    lines = [adaptive.measure(scenario, "bucket", name, told=False, seeds=1) for name in adaptive.CLIENTS]
    throttled = {line.client: line.throttled for line in lines}
    assert throttled["ours"] < min(throttled["botocore-style"], throttled["backoff"])
    adaptive.show("small", scenario, lines)
    adaptive.bars("small", scenario, lines)
    assert "botocore-style" in capsys.readouterr().out
