"""Events: what is read from them, how they are marked, and what errors become of the vendor's."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from commerce_async.errors import (
    AuthError,
    CommerceError,
    DecodeError,
    MissingError,
    RejectedError,
    ServerError,
    UsageError,
)
from commerce_async.http.call import Call, Reply
from commerce_async.schema import Unreadable
from commerce_async.testing.clock import VirtualTimeLoop
from fastspring_async import wire
from fastspring_async.api.events import EventsApi
from fastspring_async.events import (
    AccountData,
    ChargeData,
    Event,
    MailingListData,
    OtherData,
    PayoutData,
    ReturnData,
    SubscriptionData,
    read_event,
)
from tests.fastspring.events_kit import DAY_MS, NOW_MS, Vendor, refused, shop
from tests.fastspring.events_samples import damaged, events, mutated
from tests.fastspring.fakes import json, reply

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def typed(type: str, *, expanded: bool) -> Event:
    row = next(row for row in events(expanded=expanded) if row["type"] == type)
    return read_event(json(row))


# -- reading -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("expanded", [True, False])
def test_every_known_family_has_its_struct_whether_expanded_or_not(expanded: bool) -> None:
    kinds = {
        "order.completed": wire.OrderRecord,
        "account.created": AccountData,
        "subscription.activated": SubscriptionData,
        "subscription.charge.completed": ChargeData,
        "return.created": ReturnData,
        "payoutEntry.created": PayoutData,
        "mailingListEntry.updated": MailingListData,
        "subscription.group.created": OtherData,
        "something.new": OtherData,
    }
    assert {type: typed(type, expanded=expanded).data.__class__ for type in kinds} == kinds


@pytest.mark.parametrize("expanded", [True, False])
def test_an_event_names_its_subject_whether_expanded_or_not(expanded: bool) -> None:
    found = {row["type"]: read_event(json(row)).subject for row in events(expanded=expanded)}
    assert found == {
        "order.completed": "order:ord1",
        "account.created": "account:acc1",
        "subscription.activated": "subscription:sub1",
        "subscription.charge.completed": "subscription:sub1",
        "return.created": "order:ord1",
        "payoutEntry.created": "order:ord1",
        "mailingListEntry.updated": "order:ord1",
        "subscription.group.created": "account:acc1",
        "chargeback.created": "order:ord1",
        "quote.created": None,
        "something.new": "account:acc1",
    }


def test_an_event_is_read_to_the_millisecond_and_kept_byte_for_byte() -> None:
    raw = b' {"id":"a", "created" : 1542239788941,"type":"x.y","live":true,"processed":false,"data":{"n":1.10}}'.strip()
    event = read_event(raw)
    assert event.created == datetime(2018, 11, 14, 23, 56, 28, 941000, UTC)
    assert (event.id, event.type, event.live, event.processed, event.raw) == ("a", "x.y", True, False, raw)
    assert event.data == OtherData(members={"n": Decimal("1.10")})
    assert str(event.document()["data"]["n"]) == "1.10"


def test_amounts_are_exact_whether_text_or_number() -> None:
    data = typed("payoutEntry.created", expanded=True).data
    assert isinstance(data, PayoutData)
    assert data.payouts is not None
    assert data.subtractions is not None
    assert (data.payouts[0].payout, data.payouts[0].subtotal) == (Decimal("54.65"), Decimal("54.65"))
    assert data.subtractions["fastspring"].amount == Decimal("5.3391")


def test_expanded_objects_are_typed_and_bare_ids_are_text() -> None:
    rich, bare = (typed("subscription.charge.completed", expanded=each).data for each in (True, False))
    assert isinstance(rich, ChargeData)
    assert isinstance(bare, ChargeData)
    assert (bare.order, bare.account, bare.subscription) == ("ord1", "acc1", "sub1")
    assert isinstance(rich.order, wire.Order)
    assert isinstance(rich.subscription, SubscriptionData)
    assert rich.subscription.price == Decimal("9.9")
    assert rich.order.total == Decimal("59.99")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"type": "x", "created": 1}, "id: missing"),
        ({"id": "a", "created": 1}, "type: missing"),
        ({"id": "a", "type": "x", "created": "soon"}, "created"),
        ({"id": "a", "type": "x", "created": 10**30}, "created"),
        ({"id": "a", "type": "x", "live": "perhaps"}, "live"),
        ({"id": "a", "type": "x", "data": [1]}, "data"),
        ({"id": "a", "type": "order.completed", "data": {"total": "much"}}, "total"),
        ({"id": ["a"], "type": "x"}, "id"),
        ({"event": "a", "result": "error", "error": {"order": "Not found"}}, "Not found"),
        ([], "object"),
        ("a", "object"),
    ],
)
def test_what_cannot_be_read_says_why(row: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_event(json(row))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"created": "1542239788941"}, 941000),
        ({"created": "2018-11-14T23:56:28.941Z"}, 941000),
        ({"created": 1542239788941.0}, 941000),
    ],
)
def test_times_are_read_in_every_spelling(more: dict[str, Any], expected: int) -> None:
    event = read_event(json({"id": 7, "type": "x", "live": "true", "data": None, **more}))
    assert event.created == datetime(2018, 11, 14, 23, 56, 28, expected, UTC)
    assert (event.id, event.live, event.processed, event.data) == ("7", True, None, OtherData())


# -- lists ---------------------------------------------------------------------------------------------------


def served(answer: Reply) -> tuple[Any, EventsApi]:
    return shop(Vendor(before=lambda _vendor, _call: answer))


ROWS = [{"id": f"e{n}", "event": f"e{n}", "type": "x", "created": NOW_MS - n, "data": {}} for n in range(3)]


@pytest.mark.parametrize(
    "body",
    [
        {"action": "events.get", "result": "success", "total": 0, "events": ROWS},
        {"events": ROWS, "data": ROWS, "more": False},
        {"events": None, "data": ROWS},
        {"data": ROWS, "more": "false"},
        ROWS,
    ],
)
async def test_the_list_is_found_wherever_it_stands(body: object) -> None:
    store, api = served(reply(body))
    async with store:
        page = await api.processed(days=3)
    assert [event.id for event in page.items] == ["e0", "e1", "e2"]
    assert page.next is None


@pytest.mark.parametrize("body", [{"events": []}, {"events": None, "data": []}, {"events": ""}, []])
async def test_an_empty_list_is_one(body: object) -> None:
    store, api = served(reply(body))
    async with store:
        assert [event async for event in api.unprocessed(days=3)] == []


async def test_one_event_in_place_of_a_list_is_read() -> None:
    store, api = served(reply({"events": ROWS[0]}))
    async with store:
        assert [event.id async for event in api.unprocessed(days=3)] == ["e0"]


async def test_an_event_that_cannot_be_read_is_set_aside_with_its_bytes() -> None:
    rows: list[object] = [*ROWS, {"id": "bad", "type": "x", "created": "soon"}, 5, {"id": "late", "type": "x"}]
    store, api = served(reply({"events": rows}))
    async with store:
        page = await api.unprocessed(days=3)
    assert len(page.items) == 3
    assert [bad.id for bad in page.unreadable] == ["bad", None, "late"]
    assert [msgspec.json.decode(bad.raw) for bad in page.unreadable] == rows[3:]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    "fields",
    [
        {"begin": "Begin required."},
        {"begin": "Begin must be after '1488061077706' (Sat Feb 25 22:17:57 UTC 2017)."},
        {"begin": "Begin must be less than end."},
        {"begin": "Can not parse begin", "end": "Can not parse end.", "days": "Can not parse days."},
    ],
)
async def test_every_documented_error_is_a_rejection_with_its_fields(status: int, fields: dict[str, str]) -> None:
    store, api = served(refused(status, **fields))
    async with store:
        with pytest.raises(RejectedError) as caught:
            await api.unprocessed(days=3)
    assert caught.value.fields == fields
    assert caught.value.operation == "events.unprocessed"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(b"", 401), AuthError),
        (reply({"message": "Can not parse request body.", "params": []}, 400), RejectedError),
        (reply({"hello": 1}), DecodeError),
        (reply({"events": 5}), DecodeError),
        (reply(b"<html>"), ServerError),
        (reply(b'{"action":"events.get","result":"error","error":{"begin":"a" "end":"b"}}', 400), RejectedError),
    ],
)
async def test_other_replies_are_typed_errors(answer: Reply, kind: type[CommerceError]) -> None:
    store, api = served(answer)
    async with store:
        with pytest.raises(kind):
            await api.processed(days=3)


# -- marking -------------------------------------------------------------------------------------------------


async def test_marking_sends_the_state_and_may_be_sent_again() -> None:
    vendor = Vendor()
    vendor.add(NOW_MS, "e1")
    lost = [True]
    vendor.before = lambda _vendor, _call: reply(b"", 503) if lost and lost.pop() else None
    store, api = shop(vendor)
    async with store:
        await api.mark("e1")
        with pytest.raises(MissingError):
            await api.mark("a/b")
    first, second, third = vendor.calls
    assert (first.method, first.path, first.body) == ("POST", "/events/e1", b'{"processed":true}')
    assert first is second
    assert third.path == "/events/a%2Fb"
    assert vendor.marked == ["e1"]


async def test_a_mark_can_be_taken_back() -> None:
    vendor = Vendor()
    vendor.add(NOW_MS, "e1")
    store, api = shop(vendor)
    async with store:
        await api.mark("e1")
        await api.mark("e1")
        assert [event.id async for event in api.processed(days=1)] == ["e1"]
        await api.mark("e1", processed=False)
        assert [event.id async for event in api.unprocessed(days=1)] == ["e1"]


@pytest.mark.parametrize("status", [200, 400, 404, 500])
async def test_marking_an_event_that_is_not_there_is_a_missing_error(status: int) -> None:
    row = {"action": "event.get", "event": "x", "result": "error", "error": {"order": "Not found"}}
    store, api = served(reply({"events": [row]}, status))
    async with store:
        with pytest.raises(MissingError):
            await api.mark("x")


@pytest.mark.parametrize("body", [b"", b"{}", {"events": [ROWS[0]]}, ROWS[0], {"event": "e0", "result": "success"}])
async def test_marking_accepts_every_good_answer(body: Any) -> None:
    store, api = served(reply(body))
    async with store:
        await api.mark("e0")


async def test_many_are_marked_at_once_and_each_is_accounted_for() -> None:
    vendor = Vendor(seconds=1.0)
    for number in range(40):
        vendor.add(NOW_MS - number, f"e{number}")

    def answer(_vendor: Vendor, call: Call[Any]) -> Reply | None:
        return refused(400, processed="no") if call.path.endswith("/e7") else None

    vendor.before = answer
    store, api = shop(vendor)
    async with store:
        begun = store.client.clock.now()
        batch = await api.mark_many([*(f"e{n}" for n in range(40)), "e0", "gone"])
        assert store.client.clock.now() - begun < 20.0
    assert batch.items == tuple(f"e{n}" for n in range(40) if n != 7)
    assert batch.missing == ("gone",)
    assert [each.id for each in batch.failed] == ["e7"]


async def test_ids_that_cannot_stand_in_a_url_are_refused_before_anything_is_sent() -> None:
    vendor = Vendor()
    store, api = shop(vendor)
    async with store:
        for ids in (["e1", ""], [".."], ["a\n"]):
            with pytest.raises(UsageError):
                await api.mark_many(ids)
        with pytest.raises(UsageError):
            await api.mark("")
    assert not vendor.calls


# -- mutation ------------------------------------------------------------------------------------------------


async def test_five_thousand_mutated_replies_give_only_events_unreadables_and_typed_errors() -> None:
    chance = random.Random(5)
    answers: list[Reply] = []
    vendor = Vendor(before=lambda _vendor, _call: answers[-1])
    store, _ = shop(vendor)
    figures = {"whole": 0, "partly": 0, "error": 0}
    async with store.with_options(deadline=30.0) as derived:
        api = EventsApi(derived.client)
        for number in range(5000):
            rows = events(expanded=bool(number % 2))
            for row in rows:
                row["created"] += NOW_MS - DAY_MS - 1542239788941
            shaken = mutated(rows, chance)
            data = json({"events": shaken})
            broken = number % 5 == 0
            answers.append(reply(damaged(data, chance) if broken else data))
            try:
                page = await api.unprocessed(days=3)
            except CommerceError:
                figures["error"] += 1
                assert broken
                continue
            figures["partly" if page.unreadable else "whole"] += 1
            assert all(isinstance(each, Event) for each in page.items)
            assert all(isinstance(each, Unreadable) for each in page.unreadable)
            if not broken:
                known = {json(row) for row in shaken}
                shown = {each.raw for each in (*page.items, *page.unreadable)}
                ids = [row.get("id") or row.get("event") if isinstance(row, dict) else None for row in shaken]
                if len(set(map(str, ids))) == len(ids):  # else an id came twice, and counts once
                    assert shown == known
    assert min(figures.values()) > 100
