"""The adaptive policy's rules one by one, as a pure state machine. How it fares against servers: test_adaptive."""

from __future__ import annotations

from itertools import pairwise
from math import inf

import pytest

from commerce_async.limits.adaptive import AdaptivePolicy


def busy(policy: AdaptivePolicy, seconds: float, since: float = 0.0) -> float:
    """Good replies, one call after the other, each as soon as it may go; returns the time."""
    at = since
    while at < since + seconds:
        at = policy.ready_at(at)
        policy.finish(policy.start(at), at + 0.01)
    return at


def refused(policy: AdaptivePolicy, at: float, times: int = 1) -> float:
    """So many calls that are refused, one after the other; returns the time."""
    for _ in range(times):
        at = policy.ready_at(at)
        policy.throttle(policy.start(at), at + 0.1, None)
    return at + 0.1


def let_through(policy: AdaptivePolicy, at: float) -> float:
    """One good reply."""
    at = policy.ready_at(at)
    policy.finish(policy.start(at), at + 0.1)
    return at + 0.1


# -- up --------------------------------------------------------------------------------------------------------


def test_busy_work_raises_the_rate_slowly_at_first_and_then_faster() -> None:
    policy = AdaptivePolicy(4.0)
    rates: list[float] = []
    at = 0.0
    for _ in range(5):
        at = busy(policy, 60.0, at)
        rates.append(policy.rate)
    assert rates[0] == pytest.approx(4.0, rel=0.01)
    steps = [b - a for a, b in pairwise(rates)]
    assert steps == sorted(steps)


def test_bursts_that_leave_most_of_a_minute_unused_prove_nothing_beyond_the_ceiling() -> None:
    policy = AdaptivePolicy(4.0)
    for minute in range(60):
        busy(policy, 20.0, minute * 60.0)
    assert policy.rate == pytest.approx(4.0, rel=0.01)


# -- down ------------------------------------------------------------------------------------------------------


def test_when_a_window_ends_its_calls_are_the_limit() -> None:
    policy = AdaptivePolicy(4.0)
    at = busy(policy, 40.0)  # 160 calls, and the window is used up; it ends after a minute
    while policy.ready_at(at) < 60.0:
        at = refused(policy, at)
    let_through(policy, at)
    assert policy.ceiling * 60 == pytest.approx(160, rel=0.1)
    assert policy.rate == pytest.approx(0.9 * policy.ceiling, rel=0.01)


def test_one_throttle_among_many_calls_lowers_the_rate_for_a_minute_and_not_the_ceiling() -> None:
    policy = AdaptivePolicy(4.0, top=4.0)
    at = refused(policy, busy(policy, 120.0))
    at = let_through(policy, at)
    assert (policy.rate, policy.ceiling) == (pytest.approx(3.6, rel=0.01), 4.0)
    busy(policy, 70.0, at)
    assert policy.rate == pytest.approx(4.0, rel=0.001)


def test_throttles_close_together_lower_the_ceiling_to_what_came_through_between_them() -> None:
    policy = AdaptivePolicy(4.0)
    at = let_through(policy, refused(policy, busy(policy, 120.0)))
    at = refused(policy, busy(policy, 10.0, at))
    let_through(policy, at)
    assert policy.ceiling == pytest.approx(3.0, abs=0.3)


def test_no_throttle_lowers_the_ceiling_by_more_than_half_nor_below_the_floor() -> None:
    policy = AdaptivePolicy(8.0, floor=1.0)
    let_through(policy, refused(policy, 0.0, times=9))
    assert policy.ceiling == 4.0
    at = 1000.0
    for _ in range(9):
        at = let_through(policy, refused(policy, at + 1000.0, times=9))
    assert policy.ceiling == policy.rate == 1.0


def test_a_throttle_cuts_once_whatever_comes_until_a_later_call_is_let_through() -> None:
    policy = AdaptivePolicy(8.0)
    at = busy(policy, 30.0)
    tickets: list[int] = []
    for _ in range(6):
        at = policy.ready_at(at)
        tickets.append(policy.start(at))
    for n, ticket in enumerate(tickets):
        if n % 2:
            policy.finish(ticket, at + 0.1 + n * 0.01)
        else:
            policy.throttle(ticket, at + 0.1 + n * 0.01, None)
    at = refused(policy, at + 0.2, times=3)
    assert policy.rate == 8.0  # nothing goes out at it but one call at a time
    let_through(policy, at)
    assert 0.9 * 0.5 * 8.0 <= policy.rate < 8.0


def test_a_late_answer_of_a_throttle_that_is_over_neither_cuts_nor_pauses() -> None:
    policy = AdaptivePolicy(8.0)
    at = busy(policy, 30.0)
    slow = policy.start(policy.ready_at(at))
    at = let_through(policy, refused(policy, at + 0.2))
    rate = policy.rate
    assert policy.throttle(slow, at + 5.0, None) == at + 5.0
    let_through(policy, at + 5.0)
    assert policy.rate >= rate


# -- while the vendor refuses ----------------------------------------------------------------------------------


def test_while_the_vendor_refuses_one_call_at_a_time_asks_whether_it_is_over() -> None:
    policy = AdaptivePolicy(8.0)
    at = policy.ready_at(refused(policy, busy(policy, 30.0)))
    probe = policy.start(at)
    assert at + 1.0 <= policy.ready_at(at) < inf  # and one that is never answered holds nobody up for ever
    policy.finish(probe, at + 0.2)
    assert policy.ready_at(at + 0.2) < at + 0.4


def test_a_question_that_was_never_sent_is_asked_by_the_next_call() -> None:
    policy = AdaptivePolicy(8.0)
    at = policy.ready_at(refused(policy, busy(policy, 30.0)))
    policy.cancel(policy.start(at), at + 0.1)
    assert policy.ready_at(at + 0.1) == at + 0.1


def test_pauses_that_nobody_names_double_to_ten_seconds_and_after_a_minute_to_sixty() -> None:
    policy = AdaptivePolicy(8.0)
    at, pauses = 0.0, list[float]()
    for _ in range(14):
        at = policy.ready_at(at)
        pauses.append(policy.throttle(policy.start(at), at, None) - at)
    assert pauses[:4] == pytest.approx([2.0, 4.0, 8.0, 10.0])
    assert pauses[-1] == pytest.approx(60.0)
    at = policy.ready_at(let_through(policy, at))
    assert policy.throttle(policy.start(at), at, None) - at == pytest.approx(2.0)


def test_a_time_that_did_not_hold_is_not_relied_upon_alone() -> None:
    policy = AdaptivePolicy(8.0)
    at, pauses = 0.0, list[float]()
    for _ in range(4):
        at = policy.ready_at(at)
        pauses.append(policy.throttle(policy.start(at), at, 0.0) - at)
    assert pauses == pytest.approx([0.0, 4.0, 8.0, 10.0])


# -- windows that begin at the same second of every minute -----------------------------------------------------


def used_up(policy: AdaptivePolicy, at: float, limit: int, *, phase: float = 0.0) -> tuple[float, list[float]]:
    """Calls until a window of so many is used up, and then until the next has begun; returns the time, and refusals."""
    refusals: list[float] = []
    window, used = (at - phase) // 60, 0
    while True:
        at = policy.ready_at(at)
        ticket = policy.start(at)
        if (at - phase) // 60 != window:
            policy.finish(ticket, at + 0.1)
            return at + 0.1, refusals
        if used < limit:
            used += 1
            policy.finish(ticket, at + 0.1)
        else:
            refusals.append(at)
            policy.throttle(ticket, at + 0.1, None)


def test_once_throttles_were_seen_to_end_at_the_same_second_the_next_window_is_waited_for() -> None:
    policy = AdaptivePolicy(4.0)
    at, first = used_up(policy, busy(policy, 60.0), 200)
    at, _ = used_up(policy, busy(policy, 50.0, at), 1)
    at = busy(policy, 180.0 - at, at)
    at, last = used_up(policy, at, 90)
    assert len(first) > 2
    assert len(last) <= 3  # the refusal, one question that rules out a stray 404, and perhaps one a little too early
    assert 240.0 <= at < 250.0
    assert policy.ceiling * 60 == pytest.approx(90, rel=0.2)  # as exact as if the server had told the time


def test_a_window_that_did_not_begin_when_it_should_is_asked_for_as_before() -> None:
    policy = AdaptivePolicy(4.0)
    at, _ = used_up(policy, busy(policy, 60.0), 200)  # ends a little after 120
    at = refused(policy, busy(policy, 40.0, at), times=3)  # the third at the foretold time, in vain
    assert 120.0 + 60.0 <= at < 195.0
    again = policy.ready_at(at)
    assert 4.0 <= again - at <= 10.0


def test_no_window_is_waited_for_when_the_minute_before_was_quiet() -> None:
    policy = AdaptivePolicy(4.0)
    used_up(policy, busy(policy, 60.0), 200)
    at = refused(policy, 1000.0, times=2)
    assert policy.ready_at(at) - at <= 4.0


# -- memory ----------------------------------------------------------------------------------------------------


def test_what_was_learned_outlasts_a_pause() -> None:
    policy = AdaptivePolicy(4.0)
    at = let_through(policy, refused(policy, busy(policy, 40.0), times=4))
    rate, ceiling = policy.rate, policy.ceiling
    let_through(policy, at + 36_000.0)
    assert (policy.rate, policy.ceiling) == (pytest.approx(rate, rel=0.01), ceiling)


def test_a_call_that_was_never_sent_leaves_its_turn_to_the_next() -> None:
    policy = AdaptivePolicy(1.0)
    ticket = policy.start(5.0)
    assert policy.ready_at(5.0) == 6.0
    policy.cancel(ticket, 5.1)
    assert policy.ready_at(5.1) == 5.1


def test_calls_that_go_a_little_late_lose_nothing_of_the_rate() -> None:
    policy = AdaptivePolicy(4.0, top=4.0)
    at = 0.0
    for _ in range(100):
        at = policy.ready_at(at) + 0.05
        policy.finish(policy.start(at), at)
    assert at == pytest.approx(99 / 4.0 + 0.1, abs=0.05)


def test_a_documented_limit_that_holds_again_is_the_ceiling_again() -> None:
    policy = AdaptivePolicy(4.1, documented=250)
    policy.ceiling = 0.3  # after a bad time
    at = 0.0
    while at < 700.0:
        at = max(at, policy.ready_at(at))
        policy.finish(policy.start(at), at + 0.05)
    assert policy.ceiling * 60 == pytest.approx(246)
    assert policy.rate == pytest.approx(4.1)
