"""RFC 9111, clause by clause: what a private cache may keep, when it may answer, and how it asks again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from time import time
from typing import Any
from uuid import uuid4

import hishel
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from commerce_async.http.cache import rules
from commerce_async.http.cache.rules import Entry
from commerce_async.http.call import Reply

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = NOW.timestamp()


def http(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def reply(status: int = 200, body: bytes = b"{}", **headers: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, NOW)


def entry(*, requested: float = AT, **headers: str) -> Entry:
    made = {name.replace("_", "-"): value for name, value in headers.items()}
    return Entry(headers=made, body=b"{}", requested=requested, received=AT, forced=False)


def kept(asked: tuple[tuple[str, str], ...] = (), status: int = 200, **headers: str) -> Entry | None:
    return rules.entry_of(reply(status, **headers), asked, requested=AT, forced=False)


def fresh_for(made: Entry) -> float:
    """For how many seconds after it came the entry answers; at least so many."""
    return max((s for s in range(4000) if rules.is_fresh(made, AT + s)), default=-1) + 1


# -- §3: what is kept -----------------------------------------------------------------------------------------


def test_3_a_reply_with_a_lifetime_is_kept() -> None:
    assert kept(cache_control="max-age=60") is not None
    assert kept(expires=http(NOW + timedelta(seconds=60))) is not None


@pytest.mark.parametrize("status", [201, 203, 204, 206, 300, 301, 304, 404, 429, 500])
def test_3_only_a_whole_200_is_kept(status: int) -> None:
    assert kept(status=status, cache_control="max-age=60") is None


@pytest.mark.parametrize(
    "said",
    [
        "no-store",
        "max-age=60, no-store",
        "NO-STORE,max-age=60",
        'private="x",no-store',
        "private=x,no-store",
        "no-store=1, max-age=60",
        ",,\tno-store ,max-age=60",
    ],
)
def test_5_2_2_5_no_store_is_never_kept(said: str) -> None:
    assert kept(cache_control=said) is None


@pytest.mark.parametrize(
    "said", ['max-age=60, private="x, no-store', "max-age=60; no-store", "max-age=60 no-store", "(", '"']
)
def test_a_cache_control_that_cannot_be_read_is_never_kept(said: str) -> None:
    assert kept(cache_control=said, last_modified=http(NOW - timedelta(days=1))) is None
    assert not rules.is_fresh(entry(cache_control=said), AT)


def test_5_2_1_5_a_request_with_no_store_leaves_nothing() -> None:
    assert kept((("cache-control", "no-store"),), cache_control="max-age=60") is None


def test_5_2_2_7_private_replies_are_for_a_private_cache() -> None:
    assert kept(cache_control="private, max-age=60") is not None


def test_a_reply_that_could_never_be_of_use_is_not_kept() -> None:
    assert kept() is None
    assert kept(cache_control="max-age=0") is None
    assert kept(cache_control="no-cache, max-age=60") is None


def test_3_1_what_belongs_to_the_connection_and_cookies_are_not_kept() -> None:
    made = kept(
        cache_control="max-age=60", set_cookie="sid=secret", connection="close, X-Hop", x_hop="1", keep_alive="5", x="y"
    )
    assert made is not None
    assert made.headers == {"cache-control": "max-age=60", "x": "y"}


# -- §4.1: Vary ------------------------------------------------------------------------------------------------


def test_4_1_vary_star_is_never_kept() -> None:
    assert kept(cache_control="max-age=60", vary="accept, *") is None


def test_4_1_another_request_header_is_another_variant() -> None:
    told = {"vary": "Accept-Language, X-Mode"}
    german = rules.variant(told, (("Accept-Language", "de"),))
    assert german == rules.variant(told, (("accept-language", " de "), ("unrelated", "1")))
    assert german != rules.variant(told, (("Accept-Language", "en"),))
    assert german != rules.variant(told, ())
    assert rules.variant(told, ()) != rules.variant(told, (("X-Mode", ""),))
    assert "de" not in german or len(german) == 64  # a hash, not the value


# -- §4.2: freshness -------------------------------------------------------------------------------------------


def test_4_2_1_max_age_goes_before_expires() -> None:
    assert fresh_for(entry(cache_control="max-age=60", expires=http(NOW + timedelta(hours=1)))) == 60
    assert fresh_for(entry(cache_control="max-age=60", expires="0")) == 60


def test_4_2_1_expires_counts_from_the_servers_own_date() -> None:
    """Whatever our clock says: the server's is an hour ahead here."""
    date, until = NOW + timedelta(hours=1), NOW + timedelta(hours=1, seconds=60)
    assert fresh_for(entry(date=http(date), expires=http(until))) == 60


def test_4_2_1_s_maxage_is_for_shared_caches() -> None:
    assert fresh_for(entry(cache_control="s-maxage=600, max-age=60")) == 60
    assert kept(cache_control="s-maxage=600") is None


def test_4_2_1_of_two_lifetimes_the_first_holds() -> None:
    assert fresh_for(entry(cache_control="max-age=60, max-age=600")) == 60


@pytest.mark.parametrize("age", ["", "x", "-1", "1.5", "60s", "9" * 30, '""'])
def test_4_2_1_a_lifetime_that_cannot_be_read_is_none(age: str) -> None:
    said = f"max-age={age}" if age else "max-age"
    assert not rules.is_fresh(entry(cache_control=said, expires=http(NOW + timedelta(hours=1))), AT)


def test_5_2_2_1_max_age_may_be_quoted() -> None:
    assert fresh_for(entry(cache_control='max-age="60"')) == 60


@pytest.mark.parametrize("until", ["0", "-1", "", "never", "Sun, 99 Feb 2026 25:00:00 GMT"])
def test_5_3_expires_that_cannot_be_read_is_over(until: str) -> None:
    assert not rules.is_fresh(entry(expires=until), AT)


def test_5_3_expires_with_an_offset_is_read_with_it() -> None:
    """hishel 2.0 takes the local time for GMT, and would serve this one for five hours more."""
    east = NOW.astimezone(timezone(timedelta(hours=5)))
    assert not rules.is_fresh(entry(date=http(NOW), expires=format_datetime(east - timedelta(seconds=1))), AT)


def test_4_2_2_there_is_no_heuristic_freshness() -> None:
    """Unchanged for a year is no promise to stay so: such a reply is only ever asked for again."""
    made = kept(last_modified=http(NOW - timedelta(days=365)))
    assert made is not None
    assert not rules.is_fresh(made, AT)
    assert rules.conditions(made)


def test_4_2_3_the_age_header_counts() -> None:
    assert fresh_for(entry(cache_control="max-age=60", age="50", date=http(NOW))) == 10


def test_4_2_3_an_old_date_counts_as_age() -> None:
    assert fresh_for(entry(cache_control="max-age=60", date=http(NOW - timedelta(seconds=50)))) == 10


def test_4_2_3_the_time_on_the_way_counts_as_age() -> None:
    assert fresh_for(entry(cache_control="max-age=60", requested=AT - 20, age="10")) == 30


def test_4_2_3_without_a_date_the_time_it_came_stands_in() -> None:
    """hishel 2.0 takes such a reply for new, for ever."""
    assert fresh_for(entry(cache_control="max-age=60")) == 60


def test_a_clock_that_was_set_back_makes_nothing_fresh() -> None:
    assert not rules.is_fresh(entry(cache_control="max-age=60"), AT - 1)


@pytest.mark.parametrize("said", ["no-cache", 'no-cache="x-name"', "no-cache=x-name"])
def test_5_2_2_4_no_cache_asks_each_time(said: str) -> None:
    made = kept(cache_control=f"max-age=60, {said}", last_modified=http(NOW - timedelta(days=1)))
    assert made is not None
    assert not rules.is_fresh(made, AT)


def test_5_1_an_answer_from_the_cache_tells_its_age() -> None:
    made = entry(cache_control="max-age=60", age="5", x="y")
    assert rules.answer(made, AT + 7) == Reply(200, {"cache-control": "max-age=60", "x": "y", "age": "12"}, b"{}", NOW)


# -- §4.3: validation ------------------------------------------------------------------------------------------


def test_4_3_1_validators_are_sent_back_as_they_came() -> None:
    yesterday = http(NOW - timedelta(days=1))
    made = entry(etag='W/"7"', last_modified=yesterday)
    assert rules.conditions(made) == (("If-None-Match", 'W/"7"'), ("If-Modified-Since", yesterday))


def test_a_change_within_the_second_that_was_read_is_not_missed() -> None:
    """RFC 9110 §8.8.2.2: another change in that second would have the same Last-Modified."""
    assert not rules.conditions(entry(date=http(NOW), last_modified=http(NOW)))
    assert rules.conditions(entry(date=http(NOW), last_modified=http(NOW - timedelta(seconds=1))))
    assert not rules.conditions(entry(last_modified="not a date"))


def test_3_2_a_304_brings_new_headers_and_leaves_those_of_the_body() -> None:
    old = entry(
        etag='"7"', cache_control="max-age=60", content_type="application/json", age="50", date=http(NOW), a="1"
    )
    later = Reply(
        304,
        {
            "cache-control": "max-age=90",
            "content-type": "text/plain",
            "content-length": "0",
            "a": "2",
            "set-cookie": "s",
        },
        b"",
        NOW + timedelta(seconds=100),
    )
    new = rules.confirmed(old, later, (), requested=AT + 99, forced=True)
    assert new is not None
    assert new.headers == {"etag": '"7"', "cache-control": "max-age=90", "content-type": "application/json", "a": "2"}
    assert (new.body, new.requested, new.received, new.forced) == (b"{}", AT + 99, AT + 100, True)
    assert rules.is_fresh(new, AT + 188)
    assert not rules.is_fresh(new, AT + 190)


def test_4_3_4_a_304_about_something_else_confirms_nothing() -> None:
    stored = entry(etag='"7"', last_modified=http(NOW - timedelta(days=1)))
    for about, good in (('"8"', False), ('"7"', True), ('W/"7"', True)):
        assert (rules.confirmed(stored, reply(304, etag=about), (), requested=AT, forced=False) is not None) is good
    undated = entry(last_modified=http(NOW - timedelta(days=1)))
    for when, good in ((NOW, False), (NOW - timedelta(days=1), True)):
        told = reply(304, last_modified=http(when))
        assert (rules.confirmed(undated, told, (), requested=AT, forced=False) is not None) is good


# -- any headers at all ----------------------------------------------------------------------------------------

_ODD = st.sampled_from(
    [
        "no-store",
        "no-cache",
        "private",
        "public",
        "must-revalidate",
        "max-age=0",
        "max-age=60",
        "max-age=3000",
        "max-age=x",
        "s-maxage=5",
        'no-cache="a"',
        'private="a, b"',
        "immutable",
        "X=1",
        "max-age",
        "",
    ]
)
_CONTROLS = st.lists(_ODD, max_size=4)
_SHIFTS = st.one_of(st.none(), st.integers(-4000, 4000))


def _plainly(controls: list[str], expires: int | None, date: int | None, told: int | None, after: int) -> bool:
    """Fresh or not, in the plainest words there are; by seconds relative to when the reply came."""
    if "no-store" in controls or any(each.startswith("no-cache") for each in controls):
        return False
    sent = 0 if date is None else date
    ages = [each for each in controls if each.startswith("max-age")]
    if ages:
        lasts = {"max-age=60": 60, "max-age=3000": 3000}.get(ages[0], 0)
    elif expires is not None:
        lasts = expires - sent
    else:
        return False
    return max(0 - sent, told or 0) + after < lasts


@given(_CONTROLS, _SHIFTS, _SHIFTS, st.one_of(st.none(), st.integers(0, 4000)), st.integers(0, 4000))
@example(["max-age=60"], None, None, None, 60)
def test_freshness_follows_the_plain_rules_for_any_headers(
    controls: list[str], expires: int | None, date: int | None, told: int | None, after: int
) -> None:
    headers = {"cache-control": ", ".join(controls)} if controls else {}
    if expires is not None:
        headers["expires"] = http(NOW + timedelta(seconds=expires))
    if date is not None:
        headers["date"] = http(NOW + timedelta(seconds=date))
    if told is not None:
        headers["age"] = str(told)
    made = rules.entry_of(Reply(200, headers, b"", NOW), (), requested=AT, forced=False)
    assert (made is not None and rules.is_fresh(made, AT + after)) is _plainly(controls, expires, date, told, after)


@given(_CONTROLS, st.one_of(st.none(), st.integers(-500, 500)), st.integers(-500, -10))
def test_hishel_agrees_where_it_reads_the_same_headers(controls: list[str], expires: int | None, date: int) -> None:
    """An independent implementation. Left out is what it does otherwise: see decision 0006."""
    assume(sum(each.startswith("max-age") for each in controls) < 2)
    assume(not {"max-age=x", "max-age", 'no-cache="a"'} & set(controls))
    came = datetime.fromtimestamp(int(time()), UTC)
    now = came.timestamp()
    headers = {"date": http(came + timedelta(seconds=date))}
    if controls:
        headers["cache-control"] = ", ".join(controls)
    if expires is not None:
        headers["expires"] = http(came + timedelta(seconds=expires))
    lasts = rules.lifetime(headers, now)
    assume(lasts is None or abs(lasts + date) > 3)  # its clock goes on meanwhile
    made = rules.entry_of(Reply(200, headers, b"", came), (), requested=now, forced=False)
    ours = made is not None and rules.is_fresh(made, now)
    assert ours is _hishel_serves(headers)


def _hishel_serves(headers: dict[str, str]) -> bool:
    options = hishel.CacheOptions(shared=False)
    request = hishel.Request("GET", "https://shop.example/a")
    stored: Any = hishel.CacheMiss(request=request, options=options).next(hishel.Response(200, hishel.Headers(headers)))
    if not isinstance(stored, hishel.StoreAndUse):
        return False
    found = hishel.IdleClient(options=options).next(request, [hishel.Entry(uuid4(), request, stored.response)])
    return isinstance(found, hishel.FromCache)


@given(st.text(st.characters(max_codepoint=0x2FF), max_size=60))
def test_no_cache_control_whatever_breaks_the_reading(value: str) -> None:
    said = rules.directives(value)
    if said is not None and "no-store" in value.lower() and '"' not in value:
        names = [part.split("=")[0].strip().lower() for part in value.split(",")]
        assert ("no-store" in said) is ("no-store" in names)
