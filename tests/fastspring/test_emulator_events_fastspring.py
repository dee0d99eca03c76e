"""The emulator's events and their delivery to webhooks (FastSpring: /events, Webhooks)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web

from fastspring_async.emulator import Dialect, FastSpringEmulator, History
from fastspring_async.emulator.jsons import decode
from tests.fastspring.emulated import Shop, shop

pytestmark = pytest.mark.anyio

DAY = 86_400_000


async def unprocessed(it: Shop, **params: Any) -> dict[str, Any]:
    status, body = await it.get("/events/unprocessed", **(params or {"days": 30}))
    assert status == 200
    return body


# -- the log -----------------------------------------------------------------------------------------------------


async def test_a_reply_has_25_events_and_says_whether_there_are_more():
    async with shop(history=History(events=26)) as it:
        body = await unprocessed(it)
        assert (len(body["events"]), body["more"], body["total"], body["nextPage"]) == (25, True, 0, None)
        last = body["events"][-1]["created"]
        rest = await unprocessed(it, begin=last + 1)
        assert (len(rest["events"]), rest["more"]) == (1, False)
        assert [each["id"] for each in body["events"] + rest["events"]] == it.emulator.event_ids()


async def test_events_show_what_they_are_about_as_it_is():
    async with shop(history=History(events=200)) as it:
        kinds: set[str] = set()
        for identity in it.emulator.event_ids():
            _, event = await it.post(f"/events/{identity}", {"processed": True})
            assert event["id"] == event["event"] == identity
            data, kind = event["data"], event["type"]
            kinds.add(kind)
            if kind.startswith("order."):
                assert data["account"]["id"] == it.emulator.order(data["order"])["account"]
            elif kind.startswith("account."):
                assert data["id"] in it.emulator.account_ids()
            elif kind == "subscription.activated":
                assert data["product"]["product"] == it.emulator.subscription(data["id"])["product"]
        assert {"order.completed", "subscription.activated", "payoutEntry.created", "account.created"} <= kinds


async def test_the_share_of_events_with_a_common_millisecond_is_as_asked():
    history = History(events=1000, same_ms=0.4, group=4)
    async with shop(history=history) as it:
        events = it.emulator.world.events
        times = [each.created for each in events.all()]
        assert times == sorted(times)
        counts = {at: times.count(at) for at in times}
        assert sum(count for count in counts.values() if count > 1) == 400
        assert set(counts.values()) == {1, 4}


async def test_a_million_events_cost_nothing_until_they_are_asked_for():
    async with shop(history=History(events=1_000_000)) as it:
        assert len((await unprocessed(it))["events"]) == 25


@pytest.mark.parametrize("newest_first", [False, True])
async def test_events_come_in_one_direction_or_the_other(newest_first: bool):
    async with shop(dialect=Dialect(events_newest_first=newest_first), history=History(events=60)) as it:
        times = [each["created"] for each in (await unprocessed(it))["events"]]
        assert all((a >= b) if newest_first else (a <= b) for a, b in pairwise(times))
        ids = it.emulator.event_ids()
        first = (await unprocessed(it))["events"][0]["id"]
        assert first == (ids[-1] if newest_first else ids[0])


async def test_the_list_can_come_twice():
    async with shop(dialect=Dialect(events_twice=True)) as it:
        body = await unprocessed(it)
        assert body["data"] == body["events"]


async def test_whether_the_bounds_belong_to_the_frame_can_be_chosen():
    async with shop(history=History(events=0)) as it:
        at = it.emulator.world.now - DAY
        it.emulator.emit(created=at)
        expected = {"both": (1, 1), "begin": (1, 0), "none": (0, 0)}
        for bounds, (as_begin, as_end) in expected.items():
            it.emulator.dialect.events_bounds = bounds  # type: ignore[assignment]  # a name from the table above
            assert len((await unprocessed(it, begin=at, end=at + 5))["events"]) == as_begin
            assert len((await unprocessed(it, begin=at - 5, end=at))["events"]) == as_end


async def test_an_event_stays_unprocessed_until_it_is_acknowledged():
    async with shop(history=History(events=10, processed=4)) as it:
        ids = it.emulator.event_ids()
        assert [each["id"] for each in (await unprocessed(it))["events"]] == ids[4:]
        status, event = await it.post(f"/events/{ids[4]}", {"processed": True})
        assert (status, event["id"], event["processed"]) == (200, ids[4], True)
        assert (await it.post(f"/events/{ids[4]}", {"processed": True}))[0] == 200
        _, done = await it.get("/events/processed", days=30)
        assert [each["id"] for each in done["events"]] == ids[:5]
        assert it.emulator.event_ids(processed=False) == ids[5:]
        assert it.emulator.world.executed == {("event.update", ids[4]): 1}
        await it.post(f"/events/{ids[0]}", {"processed": False})
        assert it.emulator.event_ids(processed=False) == [ids[0], *ids[5:]]


async def test_an_unknown_event_is_an_error_about_an_order():
    async with shop() as it:
        status, body = await it.post("/events/nope", {"processed": True})
        assert (status, body["events"][0]["error"]) == (400, {"order": "Not found"})


@pytest.mark.parametrize(
    ("params", "field", "message"),
    [
        ({}, "begin", "Begin required."),
        ({"end": "5"}, "begin", "Begin required."),
        ({"days": "31"}, "begin", "Begin must be after '"),
        ({"begin": "5"}, "begin", "Begin must be after '"),
        ({"begin": "x"}, "begin", "Can not parse begin"),
        ({"days": "1", "end": "x"}, "end", "Can not parse end."),
        ({"days": "-1"}, "days", "Can not parse days."),
        ({"days": "1", "end": "5"}, "begin", "Begin must be less than end."),
    ],
)
async def test_a_wrong_time_frame_is_refused_in_the_documented_words(params: dict[str, str], field: str, message: str):
    async with shop() as it:
        status, body = await it.get("/events/unprocessed", **params)
        assert (status, body["action"], body["result"]) == (400, "events.get", "error")
        assert body["error"][field].startswith(message)


async def test_a_new_order_shows_as_an_event_at_once():
    async with shop() as it:
        now = it.emulator.world.now
        order = it.emulator.insert_order()
        found = (await unprocessed(it, begin=now + 1))["events"]
        assert found[0]["type"].startswith("order.")
        assert found[0]["data"]["order"] == order
        # The event keeps what was true when it happened.
        it.emulator.edit_order(order, tags={"later": "1"})
        again = (await unprocessed(it, begin=now + 1))["events"]
        assert again[0]["data"] == found[0]["data"]


async def test_expanded_data_have_objects_and_others_ids():
    async with shop(history=History(events=0)) as it:
        it.emulator.emit(data=it.emulator.world.happenings.subscription(it.emulator.subscription_ids()[0]))
        wide = (await unprocessed(it))["events"][0]["data"]
        assert (wide["account"]["account"], wide["product"]["display"]["en"]) == (
            wide["account"]["id"],
            wide["display"],
        )
        it.emulator.dialect.expand_events = False
        narrow = (await unprocessed(it))["events"][0]["data"]
        assert (narrow["account"], narrow["product"]) == (wide["account"]["id"], wide["product"]["product"])
        it.emulator.dialect = Dialect(spaced_address=True)
        address = (await unprocessed(it))["events"][0]["data"]["account"]["address"]
        assert {"address line 1", "postal code", "region custom"} <= address.keys()


# -- webhooks ----------------------------------------------------------------------------------------------------


class Receiver:
    """Takes posts and answers as told."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.signatures: list[str | None] = []
        self.answer: Callable[[list[str]], web.Response] = lambda _ids: web.Response()
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.signatures.append(request.headers.get("X-FS-Signature"))
        return self.answer([each["id"] for each in decode(self.bodies[-1])["events"]])


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made, app = Receiver(), web.Application()
    app.router.add_post("/hook", made.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield made
    finally:
        await runner.cleanup()


@asynccontextmanager
async def hooked(**settings: Any) -> AsyncIterator[tuple[FastSpringEmulator, Receiver]]:
    async with shop(history=History(events=0), **settings) as it, receiver() as hook:
        yield it.emulator, hook


async def test_events_are_posted_signed_and_are_processed_once_accepted():
    async with hooked() as (emulator, hook):
        made = emulator.webhook(hook.url, "s3crét")
        emulator.insert_order()
        await emulator.world.webhooks.settled()
        (body,), (signature,) = hook.bodies, hook.signatures
        digest = hmac.new("s3crét".encode(), body, hashlib.sha256).digest()
        assert signature == base64.b64encode(digest).decode()
        events = decode(body)["events"]
        assert set(events[0]) == {"id", "processed", "created", "type", "live", "data"}
        assert [each["id"] for each in events] == emulator.event_ids(processed=True)
        assert [(each.attempt, each.status) for each in made.deliveries] == [(1, 200)]


async def test_without_a_secret_there_is_no_signature_and_without_expansion_there_are_ids():
    async with hooked() as (emulator, hook):
        emulator.webhook(hook.url, expand=False)
        order = emulator.insert_order()
        await emulator.world.webhooks.settled()
        assert hook.signatures == [None]
        assert decode(hook.bodies[0])["events"][0]["data"]["account"] == emulator.order(order)["account"]


async def test_what_happens_together_is_posted_together_in_batches():
    async with hooked() as (emulator, hook):
        emulator.webhook(hook.url, batch=2)
        wanted = [emulator.emit() for _ in range(5)]
        await emulator.world.webhooks.settled()
        batches = [[each["id"] for each in decode(body)["events"]] for body in hook.bodies]
        assert sorted(map(len, batches)) == [1, 2, 2]
        assert sorted(each for batch in batches for each in batch) == sorted(wanted)


async def test_a_refused_post_is_tried_again_with_the_same_ids_and_given_up_at_last():
    async with hooked() as (emulator, hook):
        made = emulator.webhook(hook.url, schedule=(0.0, 0.0))
        answers = iter([500, 404, 200])
        hook.answer = lambda _ids: web.Response(status=next(answers))
        first = emulator.emit()
        await emulator.world.webhooks.settled()
        assert [(each.attempt, each.status, each.ids) for each in made.deliveries] == [
            (1, 500, (first,)),
            (2, 404, (first,)),
            (3, 200, (first,)),
        ]
        hook.answer = lambda _ids: web.Response(status=302)
        second = emulator.emit()
        await emulator.world.webhooks.settled()
        assert made.given_up == [second]
        assert emulator.event_ids(processed=False) == [second]


async def test_202_accepts_the_ids_it_names_and_the_others_come_again():
    async with hooked() as (emulator, hook):
        made = emulator.webhook(hook.url, schedule=(0.0,))
        hook.answer = lambda ids: web.Response(status=202, text=f"{ids[0]}\r\n")
        a, b = emulator.emit(), emulator.emit()
        await emulator.world.webhooks.settled()
        assert [(each.ids, each.accepted) for each in made.deliveries] == [((a, b), (a,)), ((b,), (b,))]
        assert emulator.event_ids(processed=False) == []


async def test_only_the_first_receiver_decides_what_is_processed():
    async with hooked() as (emulator, hook), receiver() as other:
        emulator.webhook(hook.url, schedule=())
        emulator.webhook(other.url, schedule=())
        hook.answer = lambda _ids: web.Response(status=500)
        event = emulator.emit()
        await emulator.world.webhooks.settled()
        assert (len(other.bodies), emulator.event_ids(processed=False)) == (1, [event])


async def test_a_receiver_that_is_not_there_gets_its_events_when_it_comes_or_never():
    async with hooked() as (emulator, hook):
        made = emulator.webhook("http://127.0.0.1:9/hook", schedule=(0.0,))
        event = emulator.emit()
        await emulator.world.webhooks.settled()
        assert (made.given_up, [each.status for each in made.deliveries]) == ([event], [None, None])
        with pytest.raises(ValueError, match=r"127\.0\.0\.1"):
            emulator.webhook("http://example.com/hook")
        assert not hook.bodies


async def test_the_emulator_ends_while_deliveries_wait_for_another_try():
    async with hooked() as (emulator, hook):
        hook.answer = lambda _ids: web.Response(status=500)
        emulator.webhook(hook.url)
        emulator.insert_order()
        span = emulator.world.webhooks.receivers[0].schedule
        assert sum(span) >= timedelta(days=5).total_seconds()
