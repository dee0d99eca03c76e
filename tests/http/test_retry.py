"""The arithmetic of retries: waits, the budget, and what `Retry-After` says."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.http.call import Reply
from commerce_async.http.retry import Budget, Retry, clock_skew, parse_date, parse_retry_after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(value: str | None, date: str | None = None) -> float | None:
    return parse_retry_after(value, date=date, now=NOW)


@given(failures=st.integers(1, 10_000), base=st.floats(0, 100), cap=st.floats(0, 1000), seed=st.integers())
def test_a_wait_lies_between_zero_and_the_doubled_and_capped_base(
    failures: int, base: float, cap: float, seed: int
) -> None:
    wait = Retry(base=base, cap=cap).delay(failures, random.Random(seed))
    assert 0.0 <= wait <= min(cap, base * 2.0 ** min(failures, 60))


def test_the_jitter_is_full() -> None:
    dice = random.Random(7)
    waits = [Retry(base=1.0, cap=100.0).delay(3, dice) for _ in range(4000)]
    assert min(waits) < 0.05
    assert max(waits) > 7.95
    assert sum(waits) / len(waits) == pytest.approx(4.0, abs=0.15)


def test_the_budget_lets_so_many_retries_out_and_good_replies_earn_them_back() -> None:
    budget = Budget(tokens=3, refund=0.5)
    assert [budget.spend() for _ in range(5)] == [True, True, True, False, False]
    budget.earn()
    assert not budget.spend()
    budget.earn()
    assert budget.spend()
    assert not budget.spend()


def test_the_budget_never_grows_beyond_its_size() -> None:
    budget = Budget(tokens=2)
    for _ in range(1000):
        budget.earn()
    assert [budget.spend() for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), ("7", 7), ("  120 ", 120), ("1.5", 1.5), ("2.", 2.0), ("999999999", 999_999_999)],
)
def test_seconds_are_taken_as_they_are(value: str, seconds: float) -> None:
    assert after(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "Sun, 01 Mar 2026 12:00:05 GMT",
        "Sunday, 01-Mar-26 12:00:05 GMT",
        "Sun Mar  1 12:00:05 2026",
        "2026-03-01T12:00:05Z",
        "2026-03-01T12:00:05.000Z",
        "2026-03-01T12:00:05.0000000Z",
        "2026-03-01 12:00:05",
        "2026-03-01T14:00:05+02:00",
        "2026-03-01T12:00:05",
    ],
)
def test_http_dates_and_iso_times_are_counted_from_now(value: str) -> None:
    assert after(value) == 5.0


@pytest.mark.parametrize("value", ["Sun, 01 Mar 2026 12:00:05 GMT", "2026-03-01T12:00:05Z"])
def test_a_time_is_counted_from_the_replys_date_and_not_from_a_wrong_local_clock(value: str) -> None:
    assert after(value, "Sun, 01 Mar 2026 11:59:00 GMT") == 65.0
    assert after(value, "nonsense") == 5.0


@pytest.mark.parametrize("value", ["Sun, 01 Mar 2026 11:00:00 GMT", "2020-01-01T00:00:00Z", "2026-03-01T12:00:00Z"])
def test_a_time_that_is_over_asks_for_no_wait(value: str) -> None:
    assert after(value) == 0.0


@pytest.mark.parametrize(
    "value",
    [None, "", " ", "soon", "-5", "+5", "1e3", "NaN", "inf", "1_000", "0x10", "１０", "12345678901", "5 seconds", "5,3",
     "Sun, 99 Mar 2026 12:00:05 GMT", "2026-13-01T00:00:00Z", "0000-00-00 00:00:00"],
)  # fmt: skip
def test_a_header_that_is_missing_or_nonsense_tells_nothing(value: str | None) -> None:
    assert after(value) is None


@given(value=st.text(max_size=60), date=st.none() | st.text(max_size=60))
def test_no_header_whatever_it_holds_does_more_than_tell_seconds_or_nothing(value: str, date: str | None) -> None:
    seconds = after(value, date)
    assert seconds is None or seconds >= 0.0


@given(
    value=st.from_regex(
        r"[A-Z][a-z]{2,8},? \d{1,3}[ -][A-Z][a-z]{2}[ -]\d{1,5}( \d{1,3}:\d{1,2}(:\d{1,3})?)?( .{0,6})?"
    )
)
def test_dates_that_are_almost_right_never_raise(value: str) -> None:
    assert parse_date(value) is None or isinstance(parse_date(value), datetime)


@given(moment=st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_every_time_comes_back_as_it_was_written(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert parse_date(format_datetime(moment, usegmt=True)) == moment
    assert parse_date(moment.isoformat()) == moment
    assert after((moment).isoformat(), (moment - timedelta(seconds=9)).isoformat()) == 9.0


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60.5),
        ("Sun, 01 Mar 2026 11:59:59 GMT", -0.5),
        ("nonsense", None),
        (None, None),
    ],
)
def test_the_skew_of_the_servers_clock_is_told_to_half_a_second(date: str | None, skew: float | None) -> None:
    headers = {} if date is None else {"date": date}
    assert clock_skew(Reply(status=200, headers=headers, body=b"", received=NOW)) == skew
