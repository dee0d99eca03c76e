"""A policy's state that is written down and taken up again is the same state."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.limits.adaptive import AdaptivePolicy
from commerce_async.limits.base import Shareable, Usage
from commerce_async.limits.shared.account import DEAD, GATHER, KEPT, KEPT_LIVING, SILENT, Account, End, Report, Sent
from commerce_async.limits.window import WindowPolicy

POLICIES: list[Callable[[], Shareable]] = [
    lambda: WindowPolicy(10, 10.0),
    AdaptivePolicy,
    lambda: AdaptivePolicy(4.1, documented=10),
]


@pytest.mark.parametrize("make", POLICIES, ids=["window", "adaptive", "documented"])
@given(seed=st.integers(0, 100_000))
def test_one_that_is_saved_and_restored_at_every_step_does_as_one_that_is_not(
    make: Callable[[], Shareable], seed: int
) -> None:
    dice = random.Random(seed)
    plain, now, flying = make(), 1000.0, list[int]()
    saved = plain.save()
    for _ in range(60):
        restored = make()
        restored.restore(saved)
        now = round(now + dice.expovariate(2.0), 3)
        both = (plain, restored)
        assert plain.ready_at(now) == restored.ready_at(now)
        deed = dice.random()
        if deed < 0.5 and plain.ready_at(now) <= now:
            flying.append(plain.start(now))
            assert restored.start(now) == flying[-1]
        elif flying:
            ticket = flying.pop(dice.randrange(len(flying)))
            used, wait = Usage(dice.randint(1, 10), 10), dice.choice([None, 2.0])
            for policy in both:
                if deed < 0.85:
                    policy.finish(ticket, now, used if deed < 0.7 else None)
                elif deed < 0.9:
                    policy.lose(ticket, now)
                elif deed < 0.95:
                    policy.cancel(ticket, now)
                else:
                    policy.throttle(ticket, now, wait)
        assert plain.snapshot(now) == restored.snapshot(now)
        saved = restored.save()
        assert saved == plain.save()


@pytest.mark.parametrize(("parts", "calls", "period"), [(1, 10, 10.0), (4, 2, 10.0), (10, 1, 10.0), (40, 1, 40.0)])
def test_parts_of_a_window_are_never_more_than_the_whole(parts: int, calls: int, period: float) -> None:
    part, after = WindowPolicy(10, 10.0).part(parts)
    assert isinstance(part, WindowPolicy)
    assert (part.limit, part.period) == (calls, period)
    assert parts * part.limit / part.period <= 1.0
    assert after >= 10.0


def test_parts_of_a_rate_make_the_whole_and_do_not_grow() -> None:
    part, after = AdaptivePolicy(4.0).part(8)
    assert isinstance(part, AdaptivePolicy)
    assert part.rate == 0.5
    assert after == 2.0
    now = 0.0
    for _ in range(600):
        now = max(now, part.ready_at(now))
        part.finish(part.start(now), now)
    assert part.rate == 0.5


def test_a_reply_told_late_counts_from_when_it_came() -> None:
    policy = WindowPolicy(2, 10.0)
    first, second = policy.start(0.0), policy.start(0.0)
    policy.finish(second, 5.0)
    policy.finish(first, 1.0)
    assert policy.ready_at(6.0) == pytest.approx(11.02)


# -- the account -----------------------------------------------------------------------------------------------


def account(limit: int = 4, lives: bool | None = None) -> Account:
    made = Account(WindowPolicy(limit, 10.0), lives=lambda _: lives)
    made.load(None)
    return made


def test_a_report_counts_once_however_often_it_is_told() -> None:
    one = account()
    one.attend("a", 0.0)
    report = Report(1, Sent(0.0), End.FINISHED, 1.0)
    one.report("a", [report, report])
    one.report("a", [report])
    assert one.policy.snapshot(1.0).used == 1


def test_permits_go_round_and_only_to_those_that_want_them() -> None:
    one = account(limit=8)
    for name, wants in (("a", [0, 9]), ("b", [0, 0]), ("c", [0, 9])):
        one.attend(name, 0.0)
        one.ask(name, wants, 0.0)
    one.report("a", [Report(1, Sent(0.0), End.FINISHED, 0.0)])  # the first call, which goes alone, is over
    assert one.grant(0.1) == {"a", "c"}
    assert (len(one.owned("a")), len(one.owned("b")), len(one.owned("c"))) == (4, 0, 3)


def test_a_member_that_is_no_more_is_forgotten_with_its_calls_counted_as_lost() -> None:
    one = account(lives=False)
    one.attend("a", 0.0)
    one.ask("a", [1, 0], 0.0)
    one.grant(0.0)
    one.attend("b", SILENT - 0.1)
    assert one.members == ["a", "b"]
    one.attend("b", SILENT + 0.1)
    assert one.members == ["b"]
    snapshot = one.policy.snapshot(SILENT + 0.1)
    assert (snapshot.used, snapshot.in_flight) == (1, 0)


@pytest.mark.parametrize("lives", [None, True])
def test_a_member_that_is_silent_and_may_live_loses_its_permits_and_its_part_is_left_to_it(lives: bool | None) -> None:
    one = account(limit=8, lives=lives)
    for name in "ab":
        one.attend(name, 0.0)
    one.ask("a", [0, 3], 0.0)
    one.grant(0.0)
    one.attend("b", DEAD + 0.1)
    assert one.owned("a") == []
    assert one.wants("a") == [0, 0]
    one.ask("b", [0, 9], DEAD + 0.1)
    one.grant(DEAD + 0.1)
    assert len(one.owned("b")) == 3  # half of the eight, less the call that was lost
    kept = SILENT + (KEPT_LIVING if lives else KEPT)
    one.attend("b", kept - 0.1)
    assert one.members == ["a", "b"]
    one.attend("b", kept + 0.1)
    assert one.members == ["b"]


def test_however_many_are_silent_half_of_the_limit_is_used() -> None:
    one = account(limit=8)
    for name in "abcde":
        one.attend(name, 0.0)
    one.attend("e", SILENT + 1.0)
    one.ask("e", [0, 1], SILENT + 1.0)
    one.grant(SILENT + 1.0)
    one.report("e", [Report(1, Sent(SILENT + 1.0, one.owned("e")[0]), End.FINISHED, SILENT + 1.0)])
    one.ask("e", [0, 9], SILENT + 1.0)
    one.grant(SILENT + 1.0)
    assert len(one.owned("e")) == 3


def test_who_was_not_back_after_an_outage_may_be_cut_off_still() -> None:
    one = account()
    for name in "ab":
        one.attend(name, 0.0)
    one.gather("a", [], 1000.0)
    one.attend("a", 1000.0 + GATHER)
    assert one.members == ["a", "b"]
    one.attend("a", 1000.0 + GATHER + KEPT)
    assert one.members == ["a"]


def test_after_an_outage_nobody_gets_a_permit_before_all_are_back_or_their_time_is_over() -> None:
    one = account(lives=False)
    for name in "abc":
        one.attend(name, 0.0)
    assert one.gather("a", [], 100.0) == ["b", "c"]
    one.attend("a", 100.0)
    one.ask("a", [2, 0], 100.0)
    assert one.grant(100.0) == set()
    one.attend("b", 101.0)
    assert one.grant(101.0) == set()
    assert one.ready_at(101.0) == 100.0 + GATHER
    one.attend("a", 100.0 + GATHER)
    assert one.grant(100.0 + GATHER) == {"a"}
    assert one.members == ["b", "a"]


def test_a_member_that_does_not_come_back_from_an_outage_is_taken_to_have_done_its_part() -> None:
    one = account(limit=9)
    for name in "abc":
        one.attend(name, 0.0)
    one.gather("a", [], 100.0)
    one.attend("b", 101.0)
    one.attend("a", 100.0 + GATHER)
    assert one.policy.snapshot(100.0 + GATHER).used == 3


def test_after_an_outage_tickets_are_not_given_out_twice() -> None:
    one = account()
    one.attend("a", 50.0)
    before = one.policy.start(50.0)
    one.gather("a", [], 51.0)
    assert one.policy.start(51.0) > before + 1000
