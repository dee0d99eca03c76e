"""Lists of events past the 25 of a reply: nothing lost, nothing given twice, and an end to it."""

from __future__ import annotations

from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.errors import PagingError, UsageError
from commerce_async.http.call import Call, Reply
from fastspring_async.api.events import EventsApi
from fastspring_async.events import Event, FullMillisecondError, walk
from fastspring_async.events.reading import MOST_HELD
from tests.fastspring.events_kit import DAY_MS, NOW_MS, PAGE, Clock, Vendor, shop, virtual
from tests.fastspring.fakes import NOW, reply

BEGIN = NOW - timedelta(days=5)
BEGIN_MS = NOW_MS - 5 * DAY_MS


def at(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def stocked(times: list[int], **settings: Any) -> Vendor:
    vendor = Vendor(**settings)
    for number, created in enumerate(times):
        vendor.add(created, f"e{number}")
    return vendor


async def read(api: EventsApi, **frame: Any) -> list[str]:
    return [event.id async for event in api.unprocessed(**(frame or {"begin": BEGIN}))]


def listed(vendor: Vendor, **frame: Any) -> list[str]:
    async def main() -> list[str]:
        store, api = shop(vendor)
        async with store:
            return await read(api, **frame)

    return virtual(main)


# Milliseconds close together and far apart, with at most a reply's worth in one.
OFFSETS = st.one_of(st.integers(0, 12), st.integers(0, 400), st.integers(0, 4 * DAY_MS))
TIMES = st.lists(OFFSETS, max_size=160).map(
    lambda offsets: sorted(ms for ms, n in Counter(offsets).items() for _ in range(min(n, PAGE)))
)
DIALECTS = st.fixed_dictionaries(
    {
        "cut": st.sampled_from(["newer", "older"]),
        "rising": st.booleans(),
        "with_begin": st.just(True),
        "with_end": st.booleans(),
        "twice": st.booleans(),
    }
)
# Neither edge documented: also a frame without its `begin`, where no event is at the very begin that was asked for.
EXCLUSIVE = DIALECTS.map(lambda dialect: {**dialect, "with_begin": False})


@settings(max_examples=200, deadline=None)
@given(TIMES, st.one_of(DIALECTS, EXCLUSIVE))
def test_every_event_is_given_once_whatever_the_times_the_order_and_the_edges(
    offsets: list[int], dialect: dict[str, Any]
) -> None:
    times = [BEGIN_MS + 1 + offset for offset in offsets]
    vendor = stocked(times, **dialect)
    found = listed(vendor)
    assert sorted(found) == sorted(vendor.bodies)


@settings(max_examples=100, deadline=None)
@given(TIMES, DIALECTS, st.integers(0, 400), st.integers(1, 400))
def test_a_frame_with_both_ends_gives_what_is_in_it(
    offsets: list[int], dialect: dict[str, Any], first: int, length: int
) -> None:
    vendor = stocked([BEGIN_MS + offset for offset in offsets], **dialect)
    begin, end = BEGIN_MS + first, BEGIN_MS + first + length
    found = listed(vendor, begin=at(begin), end=at(end))
    wanted = [id for ms, id in vendor.lists["unprocessed"] if begin <= ms < end + vendor.with_end]
    assert sorted(found) == sorted(wanted)


@settings(max_examples=100, deadline=None)
@given(TIMES, DIALECTS, st.data())
def test_a_token_goes_on_with_nothing_lost_and_nothing_again(
    offsets: list[int], dialect: dict[str, Any], data: st.DataObject
) -> None:
    vendor = stocked([BEGIN_MS + offset for offset in offsets], **dialect)
    pages = data.draw(st.integers(1, 6))

    async def main() -> list[str]:
        store, api = shop(vendor)
        found: list[str] = []
        token: str | None = None
        async with store:
            pager = api.unprocessed(begin=BEGIN)
            while True:
                async with aclosing(pager.pages()) as given:
                    number = 0
                    async for page in given:
                        found += (event.id for event in page.items)
                        token, number = page.token, number + 1
                        if number == pages:
                            break
                if token is None:
                    return found
                pager = api.unprocessed(resume=token)

    assert sorted(virtual(main)) == sorted(vendor.bodies)


@settings(max_examples=100, deadline=None)
@given(TIMES, DIALECTS, st.lists(st.tuples(st.integers(1, 12), st.integers(0, 400)), max_size=40))
def test_arrivals_meanwhile_cost_nothing_that_was_there_before(
    offsets: list[int], dialect: dict[str, Any], arrivals: list[tuple[int, int]]
) -> None:
    vendor = stocked([BEGIN_MS + offset for offset in offsets], **dialect)
    there = sorted(vendor.bodies)
    latest = max(vendor.lists["unprocessed"], default=(BEGIN_MS, ""))[0]

    def arrive(vendor: Vendor, _call: Call[Any]) -> Reply | None:
        for number, (call, offset) in enumerate(arrivals):
            created = latest + 1 + offset
            crowded = sum(1 for ms, _ in vendor.lists["unprocessed"] if ms == created) >= PAGE
            if call == len(vendor.calls) and not crowded:
                vendor.add(created, f"new{number}")
        return None

    vendor.before = arrive
    found = listed(vendor)
    assert len(found) == len(set(found))
    assert set(there) <= set(found)


@settings(max_examples=60, deadline=None)
@given(TIMES, DIALECTS, st.integers(26, 60), st.integers(0, 400))
def test_a_millisecond_that_cannot_be_narrowed_is_named_and_never_looped_on(
    offsets: list[int], dialect: dict[str, Any], crowd: int, where: int
) -> None:
    full = BEGIN_MS + 1 + where
    vendor = stocked([BEGIN_MS + 1 + offset for offset in offsets] + [full] * crowd, **dialect)

    async def main() -> tuple[list[str], list[FullMillisecondError]]:
        store, api = shop(vendor)
        found: list[str] = []
        errors: list[FullMillisecondError] = []
        resume: str | None = None
        async with store:
            while True:
                pager = api.unprocessed(begin=BEGIN) if resume is None else api.unprocessed(resume=resume)
                try:
                    found += [event.id async for event in pager]
                except FullMillisecondError as error:
                    errors.append(error)
                    resume = error.resume  # what the loop above had found is dropped with it
                    continue
                return found, errors

    found, errors = virtual(main)
    assert {error.millisecond for error in errors} == {full}
    assert all(PAGE <= error.count <= crowd for error in errors)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("cut", "rising", "with_end"), [*product(["newer", "older"], [True, False], [True, False])])
def test_behind_a_millisecond_that_cannot_be_narrowed_the_list_goes_on(cut: str, rising: bool, with_end: bool) -> None:
    times = [BEGIN_MS + 1000 * n for n in range(1, 101)]
    full = BEGIN_MS + 50_000
    vendor = stocked([*times, *[full] * 40], cut=cut, rising=rising, with_end=with_end)

    async def main() -> tuple[set[str], str]:
        store, api = shop(vendor)
        found: set[str] = set()
        async with store:
            pager = api.unprocessed(begin=BEGIN)

            async def all_of_it() -> None:
                async for event in pager:
                    found.add(event.id)

            with pytest.raises(FullMillisecondError) as caught:
                await all_of_it()
            assert caught.value.resume is not None
            found |= {event.id async for event in api.unprocessed(resume=caught.value.resume)}
            return found, str(caught.value)

    found, words = virtual(main)
    elsewhere = {id for ms, id in vendor.lists["unprocessed"] if ms != full}
    assert elsewhere <= found
    assert len(found - elsewhere) >= PAGE
    assert str(full) in words
    assert "25" in words


@pytest.mark.parametrize(("cut", "rising"), [*product(["newer", "older"], [True, False])])
def test_a_walk_takes_few_calls_more_than_its_replies(cut: str, rising: bool) -> None:
    vendor = stocked([BEGIN_MS + 997 * n for n in range(2500)], cut=cut, rising=rising)
    assert len(listed(vendor)) == 2500
    assert len(vendor.calls) <= 2500 / (PAGE - 1) + 5


def test_what_the_walk_remembers_does_not_grow() -> None:
    vendor = stocked([BEGIN_MS + n // 3 for n in range(6000)], cut="older", rising=False)
    tokens: list[int] = []

    async def main() -> None:
        store, api = shop(vendor)
        async with store, aclosing(api.unprocessed(begin=BEGIN).pages()) as pages:
            async for page in pages:
                tokens.append(len(page.token or ""))

    virtual(main)
    assert max(tokens) < 2000


def test_days_are_sent_as_asked_and_narrowed_by_begin_and_end() -> None:
    vendor = stocked([BEGIN_MS + 5000 * n for n in range(60)], cut="older", rising=False)
    assert len(listed(vendor, days=30)) == 60
    assert vendor.calls[0].path == "/events/unprocessed"
    assert vendor.calls[0].query == (("days", "30"),)
    assert {name for call in vendor.calls[1:] for name, _ in call.query} == {"begin", "end"}


class Wrong(Clock):
    """Our clock, so much ahead."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def wall(self) -> datetime:
        return NOW + self._ahead


AHEAD = [timedelta(days=-100), timedelta(hours=-30), timedelta(hours=-5), timedelta(minutes=30), timedelta(hours=5),
         timedelta(hours=30), timedelta(days=29), timedelta(days=100)]  # fmt: skip


@pytest.mark.parametrize("ahead", AHEAD, ids=str)
@pytest.mark.parametrize("dated", [True, False], ids=["Date", "no Date"])
@pytest.mark.parametrize(("cut", "rising"), [("newer", True), ("older", False)])
@pytest.mark.parametrize("days", [5, 30])
def test_a_wrong_clock_loses_nothing(cut: str, rising: bool, dated: bool, ahead: timedelta, days: int) -> None:
    first, step = NOW_MS - days * DAY_MS + 120_000, (days * DAY_MS - 240_000) // 120
    vendor = stocked([first + n * step for n in range(120)], cut=cut, rising=rising)
    if dated:
        vendor.date, vendor.received = "Sun, 10 Mar 2024 12:00:00 GMT", NOW + ahead
    handled: list[str] = []

    async def handler(event: Event) -> None:
        handled.append(event.id)

    async def main() -> tuple[list[str], list[str]]:
        store, api = shop(vendor)
        store.client.clock = Wrong(ahead)
        async with store:
            start = walk.start("unprocessed", Wrong(ahead).wall(), days=days)
            held = [page async for page in api._reader.oldest_first(start)]
            listed = await read(api, days=days)
            await api.consume(handler, days=days, once=True)
            return listed, [event.id for page in held for event in page.items]

    listed, ordered = virtual(main)
    assert Counter(listed) == Counter(list(vendor.bodies))
    assert ordered == sorted(vendor.bodies, key=lambda id: vendor.bodies[id]["created"])
    assert Counter(handled) == Counter(list(vendor.bodies))


@pytest.mark.parametrize("ahead", AHEAD, ids=str)
def test_a_token_taken_before_the_first_page_goes_on_by_the_vendors_clock(ahead: timedelta) -> None:
    vendor = stocked([NOW_MS - 30 * DAY_MS + 120_000 + n * 20_000_000 for n in range(120)], cut="older", rising=False)

    async def main() -> list[str]:
        store, api = shop(vendor)
        store.client.clock = Wrong(ahead)
        async with store:
            token = api.unprocessed(days=30).token
            return [event.id async for event in api.unprocessed(resume=token)]

    found = virtual(main)
    assert Counter(found) == Counter(list(vendor.bodies))


def test_without_a_date_a_list_by_days_may_begin_too_early_and_never_too_late() -> None:
    quiet = [NOW_MS - 8 * DAY_MS + n * 1000 for n in range(20)]  # older than asked for
    busy = [NOW_MS - 4 * DAY_MS + n * 1000 for n in range(40)]  # nothing since
    vendor = stocked(quiet + busy, cut="older", rising=False)
    assert len(listed(vendor, days=5)) == 60
    vendor.date, vendor.received = "Sun, 10 Mar 2024 12:00:00 GMT", NOW
    assert len(listed(vendor, days=5)) == 40


def test_a_list_that_ignores_the_frame_ends_in_an_error() -> None:
    rows = [{"id": f"e{n}", "created": BEGIN_MS + n, "type": "x", "data": {}} for n in range(25)]
    vendor = Vendor(before=lambda _vendor, _call: reply({"events": rows, "more": True}))
    with pytest.raises(PagingError):
        listed(vendor)
    assert len(vendor.calls) < 20


def test_more_without_an_event_to_go_on_from_is_an_error() -> None:
    vendor = Vendor(before=lambda _vendor, _call: reply({"events": [], "more": True}))
    with pytest.raises(PagingError, match="none with a time"):
        listed(vendor)


# -- oldest first --------------------------------------------------------------------------------------------


def in_order(vendor: Vendor) -> tuple[list[str], int]:
    async def main() -> tuple[list[str], int]:
        store, api = shop(vendor)
        found: list[str] = []
        largest = 0
        async with store, aclosing(api._reader.oldest_first(walk.start("unprocessed", NOW, days=30))) as pages:
            async for page in pages:
                largest = max(largest, len(page.items))
                found += (event.id for event in page.items)
        return found, largest

    return virtual(main)


@settings(max_examples=100, deadline=None)
@given(TIMES, DIALECTS)
def test_oldest_first_is_in_order_and_whole(offsets: list[int], dialect: dict[str, Any]) -> None:
    vendor = stocked([BEGIN_MS + offset for offset in offsets], **dialect)
    found, _ = in_order(vendor)
    assert sorted(found) == sorted(vendor.bodies)
    created = [vendor.bodies[id]["created"] for id in found]
    assert created == sorted(created)


@pytest.mark.parametrize(("cut", "rising"), [*product(["newer", "older"], [True, False])])
def test_thousands_oldest_first_are_never_held_at_once(cut: str, rising: bool) -> None:
    bursts = [BEGIN_MS + 3_600_000 * (n // 400) + (n % 400) // 3 for n in range(3000)]
    vendor = stocked(bursts, cut=cut, rising=rising)
    found, largest = in_order(vendor)
    assert len(found) == len(set(found)) == 3000
    created = [vendor.bodies[id]["created"] for id in found]
    assert created == sorted(created)
    assert largest <= MOST_HELD + PAGE
    assert len(vendor.calls) < 800


@pytest.mark.parametrize(("cut", "rising"), [*product(["newer", "older"], [True, False])])
def test_oldest_first_gives_all_up_to_a_full_millisecond_before_it_says_so(cut: str, rising: bool) -> None:
    full = BEGIN_MS + 50_000
    vendor = stocked([*(BEGIN_MS + 1000 * n for n in range(1, 101)), *[full] * 40], cut=cut, rising=rising)
    found: list[str] = []

    async def main() -> None:
        store, api = shop(vendor)
        async with store, aclosing(api._reader.oldest_first(walk.start("unprocessed", NOW, days=30))) as pages:
            async for page in pages:
                found.extend(event.id for event in page.items)

    with pytest.raises(FullMillisecondError):
        virtual(main)
    created = [vendor.bodies[id]["created"] for id in found]
    assert created == sorted(created)
    assert {id for ms, id in vendor.lists["unprocessed"] if ms < full} <= set(found)
    assert created.count(full) >= PAGE
    assert max(created) == full


# -- what is refused before sending --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ({}, "begin"),
        ({"end": NOW}, "begin"),
        ({"days": 0}, "days"),
        ({"days": 31}, "days"),
        ({"days": True}, "days"),
        ({"days": 3, "begin": BEGIN}, "days"),
        ({"begin": NOW - timedelta(days=30)}, "begin"),
        ({"begin": BEGIN, "end": BEGIN}, "begin"),
        ({"begin": NOW, "end": BEGIN}, "begin"),
        ({"begin": BEGIN.replace(tzinfo=None)}, "begin"),
        ({"begin": BEGIN, "end": NOW.replace(tzinfo=None)}, "end"),
    ],
)
def test_what_the_vendor_would_refuse_is_told_before_sending(frame: dict[str, Any], field: str) -> None:
    vendor = Vendor()
    _, api = shop(vendor)
    with pytest.raises(UsageError) as caught:
        api.unprocessed(**frame)
    assert list(caught.value.fields) == [field]
    assert not vendor.calls


@pytest.mark.parametrize("token", ["", "x", "{}", "[1]", '{"which":"processed","frames":[],"begin":1}'])
def test_a_token_of_something_else_is_refused(token: str) -> None:
    _, api = shop(Vendor())
    with pytest.raises(UsageError):
        api.unprocessed(resume=token)
    processed = api.processed(days=1).token
    with pytest.raises(UsageError):
        api.unprocessed(resume=processed)
