"""The emulator's rate limit as a pure state machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkpay_async.emulator.limiter import CallLimit, Kind

KINDS: tuple[Kind, ...] = ("fixed", "first-call", "sliding")


def drain(limiter: CallLimit, at: float) -> int:
    """How many calls pass at that time."""
    passed = 0
    while limiter.take(at):
        passed += 1
    return passed


@pytest.mark.parametrize("kind", KINDS)
def test_the_limit_passes_and_no_more(kind: Kind) -> None:
    limiter = CallLimit(50, 10.0, kind)
    assert drain(limiter, 0.0) == 50
    assert limiter.used(0.0) == 50
    assert not limiter.take(9.99)
    assert limiter.used(9.99) == 50, "a refused call is not counted"
    assert drain(limiter, 10.0) == 50


def test_fixed_windows_keep_their_phase() -> None:
    limiter = CallLimit(5, 10.0, "fixed", start=100.0, phase=7.0)
    assert drain(limiter, 100.0) == 5
    assert limiter.resets_in(100.0) == pytest.approx(3.0)
    assert drain(limiter, 102.9) == 0
    assert drain(limiter, 103.0) == 5
    assert drain(limiter, 112.9) == 0
    assert drain(limiter, 113.0) == 5


def test_a_first_call_window_opens_with_a_call_and_not_before() -> None:
    limiter = CallLimit(5, 10.0, "first-call")
    assert limiter.take(25.0)
    assert limiter.resets_in(28.0) == pytest.approx(7.0)
    assert drain(limiter, 34.9) == 4
    assert limiter.used(35.0) == 0
    assert limiter.take(41.0)
    assert drain(limiter, 50.9) == 4


def test_a_sliding_window_forgets_each_call_on_its_own() -> None:
    limiter = CallLimit(3, 10.0, "sliding")
    assert [limiter.take(at) for at in (0.0, 4.0, 8.0, 9.0)] == [True, True, True, False]
    assert limiter.resets_in(9.0) == pytest.approx(1.0)
    assert limiter.take(10.0)
    assert not limiter.take(13.9)
    assert limiter.take(14.0)


@pytest.mark.parametrize("kind", KINDS)
def test_calls_of_another_program_count(kind: Kind) -> None:
    limiter = CallLimit(50, 10.0, kind, used=30)
    assert limiter.used(0.0) == 30
    assert drain(limiter, 1.0) == 20
    assert limiter.foreign(2.0, 5) == 0
    assert limiter.foreign(12.0, 5) == 5


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("fixed", 350 - 30), ("first-call", 300 - 30), ("sliding", 300 - 30)],
)
def test_admissible_counts_what_a_perfect_client_gets(kind: Kind, expected: int) -> None:
    # The fixed windows of a run that begins in the middle of one touch seven.
    assert CallLimit(50, 10.0, kind, phase=4.0, used=30).admissible(0.0, 60.0) == expected


@given(
    kind=st.sampled_from(KINDS),
    gaps=st.lists(st.floats(0.0, 3.0), max_size=200),
    phase=st.floats(0.0, 9.9),
    used=st.integers(0, 12),
)
def test_no_run_of_calls_beats_admissible(kind: Kind, gaps: list[float], phase: float, used: int) -> None:
    limiter = CallLimit(7, 10.0, kind, phase=phase, used=used)
    now, passed = 0.0, 0
    for gap in gaps:
        now += gap
        passed += limiter.take(now)
        assert 0 <= limiter.used(now) <= 7
    assert passed <= limiter.admissible(0.0, now + 1e-6)
