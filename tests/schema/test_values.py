"""Small values, in every spelling that vendors have for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.schema.values import instant_iso, instant_ms, text


@pytest.mark.parametrize(("value", "words"), [(None, None), ("", None), ("  ", None), (" a ", "a"), (7, "7"), (0, "0")])
def test_text_is_trimmed_and_nothing_is_none(value: object, words: str | None) -> None:
    assert text(value) == words


@pytest.mark.parametrize("value", [1583064000123, "1583064000123", " 1583064000123 "])
def test_milliseconds_are_an_aware_utc_time(value: object) -> None:
    assert instant_ms(value) == datetime(2020, 3, 1, 12, 0, 0, 123_000, UTC)


@pytest.mark.parametrize("value", [None, "", " ", 0, "0", " 0 "])
def test_no_milliseconds_are_none(value: object) -> None:
    assert instant_ms(value) is None


def test_milliseconds_before_1970_are_exact() -> None:
    assert instant_ms(-1) == datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC)


@pytest.mark.parametrize(
    "value",
    ["soon", "12.5", "1e12", "-", "--5", "²", "2020-03-01", 1.5, True, [], {}, 10**15, -(10**14) * 3, "9" * 5000],
)
def test_what_is_no_time_in_milliseconds_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        instant_ms(value)


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999).filter(bool))
def test_every_millisecond_of_the_calendar_can_be_told(ms: int) -> None:
    moment = instant_ms(ms)
    assert moment is not None
    assert (moment - datetime(1970, 1, 1, tzinfo=UTC)) == timedelta(milliseconds=ms)


@given(st.integers() | st.text() | st.none() | st.booleans() | st.floats() | st.lists(st.integers()))
def test_milliseconds_are_a_time_or_none_or_refused(value: object) -> None:
    try:
        moment = instant_ms(value)
    except ValueError:
        return
    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "2020-03-01T12:00:00Z",
        "2020-03-01T14:00:00+02:00",
        "2020-03-01 12:00:00",
        "2020-03-01T12:00:00.0000000",
        "20200301T120000Z",
    ],
)
def test_iso_times_are_aware_utc(value: str) -> None:
    moment = instant_iso(value)
    assert moment == datetime(2020, 3, 1, 12, tzinfo=UTC)
    assert moment is not None
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("value", [None, "", " "])
def test_no_iso_time_is_none(value: object) -> None:
    assert instant_iso(value) is None


def test_a_time_without_an_offset_is_read_in_its_zone() -> None:
    zone = ZoneInfo("America/New_York")
    assert instant_iso("2020-07-01T08:00:00", zone=zone) == datetime(2020, 7, 1, 12, tzinfo=UTC)
    assert instant_iso("2020-01-01T07:00:00", zone=zone) == datetime(2020, 1, 1, 12, tzinfo=UTC)
    assert instant_iso("2020-07-01T08:00:00Z", zone=zone) == datetime(2020, 7, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    ["soon", "2020-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2020-03-01T12:00:00,x", [], 5],
)
def test_what_is_no_iso_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        instant_iso(value)


@given(st.text(max_size=40), st.integers(-14, 14))
def test_iso_times_are_a_time_or_none_or_refused(value: str, offset: int) -> None:
    try:
        moment = instant_iso(value, zone=timezone(timedelta(hours=offset)))
    except ValueError:
        return
    assert moment is None or moment.tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_time_comes_back_as_it_was_written(moment: datetime) -> None:
    assert instant_iso(moment.isoformat()) == moment
