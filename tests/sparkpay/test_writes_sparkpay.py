"""Writes whose answers are lost, at every point: nothing is doubled, and nothing is taken for done that is not."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from commerce_async.errors import (
    DecodeError,
    MissingError,
    NetworkError,
    RejectedError,
    UnknownOutcomeError,
    UsageError,
)
from commerce_async.http.call import Call, Reply
from commerce_async.testing.clock import VirtualTimeLoop
from sparkpay_async import doubts, locks
from sparkpay_async.settling import AmbiguousError
from tests.sparkpay.api_kit import Shop, error, reply, store

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


MUG: dict[str, object] = {
    "item_number": "MUG-1",
    "item_name": "Mug",
    "product_status_id": 1,
    "primary_category_id": 2,
    "price": Decimal("5.10"),
}


def product(id: int, **fields: Any) -> dict[str, Any]:
    return {"id": id, "item_number": f"P-{id}", "item_name": "x", "price": 1, **fields}


def lost(*where: tuple[str, int, str | int]) -> Any:
    """Loses those calls: what, its number, and how."""
    return lambda what, number: next((how for each, at, how in where if (each, at) == (what, number)), None)


def failed(times: int) -> Any:
    """The shop itself says that it failed, the first so many times, and makes nothing."""
    left = [error(500, "Internal Error", "Timeout expired.")] * times
    return lambda members: left.pop() if left else None


# -- create ---------------------------------------------------------------------------------------------------


async def test_a_create_looks_before_and_posts_once() -> None:
    shop = Shop("products")
    async with shop.store() as sp:
        made = await sp.api.products.create(MUG)
    assert (made.id, made.item_number, made.price) == (1, "MUG-1", Decimal("5.10"))
    assert shop.seen == ["GET list", "POST"]


async def test_a_create_that_was_carried_out_and_whose_answer_was_lost_is_found_and_not_sent_again() -> None:
    shop = Shop("products")
    shop.loses = lost(("POST", 1, "after"))
    async with shop.store() as sp:
        made = await sp.api.products.create(MUG)
    assert made.id == 1
    assert shop.seen == ["GET list", "POST", "GET list"]


async def test_a_create_whose_connection_was_cut_is_looked_for_and_never_sent_again() -> None:
    shop = Shop("products")
    shop.loses = lost(("POST", 1, "before"))
    async with shop.store() as sp:
        begun = asyncio.get_running_loop().time()
        with pytest.raises(UnknownOutcomeError, match="does not show so far"):
            await sp.api.products.create(MUG)
        assert 29 <= asyncio.get_running_loop().time() - begun < 40
    assert shop.seen == ["GET list", "POST", *["GET list"] * 6]


async def test_a_create_that_the_shop_itself_said_failed_is_sent_again_after_it_was_looked_for() -> None:
    shop = Shop("products")
    shop.refuses = failed(1)
    async with shop.store() as sp:
        await sp.api.products.create(MUG)
    assert len(shop.records) == 1
    assert shop.seen == ["GET list", "POST", *["GET list"] * 6, "POST", "GET list"]


async def test_a_connection_that_was_never_made_is_no_lost_answer() -> None:
    shop = Shop("products")
    refused = [NetworkError("no complete reply: ClientConnectorError", safe_to_retry=True)]

    def answer(call: Call[Any]) -> Reply:
        if call.method == "POST" and refused:
            raise refused.pop()
        return shop.answer(call)

    sp, _ = store(answer)
    async with sp:
        await sp.api.products.create(MUG)
    assert shop.seen == ["GET list", "POST"]


async def test_the_looks_for_a_lost_create_end_with_the_deadline() -> None:
    shop = Shop("products")
    shop.loses = lost(("POST", 1, "before"))
    async with shop.store() as sp:
        begun = asyncio.get_running_loop().time()
        with pytest.raises(UnknownOutcomeError):
            await sp.with_options(deadline=5).api.products.create(MUG)
        assert asyncio.get_running_loop().time() - begun < 5
    assert shop.seen.count("GET list") == 4


@pytest.mark.parametrize("write", ["create", "create_or_update"])
async def test_while_a_lost_create_may_still_come_through_no_other_call_makes_the_record(write: str) -> None:
    shop = Shop("products")
    shop.loses = lost(("POST", 1, "before"))
    async with shop.store() as sp, shop.store() as other:
        both = (getattr(each.api.products, write)(MUG) for each in (sp, other))
        ends = await asyncio.gather(*both, return_exceptions=True)
        assert [type(each) for each in ends] == [UnknownOutcomeError] * 2
        assert "nothing was sent now" in str(ends[1])
        assert shop.seen.count("POST") == 1
        await asyncio.sleep(doubts.LINGERS)
        await getattr(sp.api.products, write)(MUG)
    assert len(shop.records) == 1


async def test_a_lost_create_that_came_through_later_is_what_the_next_call_finds() -> None:
    shop = Shop("products")
    shop.loses = lost(("POST", 1, "before"))
    async with shop.store() as sp:
        with pytest.raises(UnknownOutcomeError):
            await sp.api.products.create_or_update(MUG)
        shop._make(dict(MUG) | {"price": 5})
        saved = await sp.api.products.create_or_update(MUG)
    assert (saved.action, saved.fields) == ("updated", ("price",))
    assert len(shop.records) == 1


async def test_a_create_that_was_cancelled_on_the_wire_is_in_doubt_and_one_that_never_got_there_is_not() -> None:
    shop, sent = Shop("products"), asyncio.Event()
    sp, wall = shop.opened()
    straight = wall.exchange

    async def slow(base: str, call: Call[Any], middlewares: Any, *rest: Any) -> Reply:
        async def hold(_request: object) -> Any:
            sent.set()
            await asyncio.sleep(3600)

        if call.method == "POST" and not sent.is_set():
            return await middlewares[-1](None, hold)
        return await straight(base, call, middlewares, *rest)

    wall.exchange = slow  # type: ignore[method-assign]  # one that waits
    async with sp:
        task = asyncio.ensure_future(sp.api.products.create(MUG))
        await sent.wait()
        task.cancel()
        await asyncio.wait([task])
        with pytest.raises(UnknownOutcomeError, match="nothing was sent now"):
            await sp.api.products.create(MUG)
        early = asyncio.ensure_future(sp.api.products.create(MUG | {"item_number": "MUG-2"}))
        await asyncio.sleep(0)
        early.cancel()
        await asyncio.wait([early])
        await sp.api.products.create(MUG | {"item_number": "MUG-2"})
    assert len(shop.records) == 1


async def test_what_shows_late_is_found_before_anything_is_sent_again() -> None:
    shop = Shop("products")
    shop.loses = lost(("POST", 1, "late"), ("GET list", 2, "before"))
    async with shop.store() as sp:
        await sp.api.products.create(MUG)
    assert len(shop.records) == 1
    assert shop.seen.count("POST") == 1


async def test_a_record_that_was_there_before_is_not_taken_for_the_new_one() -> None:
    shop = Shop("products", product(7, item_number="MUG-1"))
    shop.refuses = failed(1)
    async with shop.store() as sp:
        made = await sp.api.products.create(MUG)
    assert made.id == 8
    assert len(shop.records) == 2


@pytest.mark.parametrize("how", ["failed", "after"])
async def test_lost_answers_on_every_read_of_the_settling_leave_no_double(how: str) -> None:
    for position in range(1, 8):
        shop = Shop("products")
        shop.loses = lost(("POST", 1, how), ("GET list", position, "before"))
        if how == "failed":
            shop.refuses = failed(1)
        async with shop.store() as sp:
            await sp.api.products.create(MUG)
        assert len(shop.records) == 1, position


async def test_where_looking_up_fails_too_it_is_said_and_nothing_is_sent_again() -> None:
    shop = Shop("products")
    shop.loses = lambda what, number: "after" if what == "POST" or number > 1 else None
    async with shop.store() as sp:
        with pytest.raises(UnknownOutcomeError, match="List products by item_number") as caught:
            await sp.api.products.create(MUG)
    assert shop.seen.count("POST") == 1
    assert any("looking it up failed too" in note for note in caught.value.__notes__)


async def test_three_failed_posts_that_never_show_end_in_an_error_that_says_what_to_check() -> None:
    shop = Shop("products")
    shop.refuses = failed(3)
    async with shop.store() as sp:
        with pytest.raises(UnknownOutcomeError, match="does not show so far"):
            await sp.api.products.create(MUG)
    assert shop.seen.count("POST") == 3


@pytest.mark.parametrize("status", [504, 503, 502, 408])
async def test_what_the_server_may_still_be_at_work_on_is_not_sent_again(status: int) -> None:
    shop = Shop("products")
    shop.refuses = lambda members: error(status, "Timeout", "")
    async with shop.store() as sp:
        with pytest.raises(UnknownOutcomeError):
            await sp.api.products.create(MUG)
    assert shop.seen.count("POST") == 1


async def test_a_timeout_on_the_wire_is_not_sent_again() -> None:
    posts = 0

    async def sleepy(call: Call[Any]) -> Reply:
        nonlocal posts
        if call.method == "POST":
            posts += 1
            await asyncio.sleep(3600)
        return reply({"total_count": 0, "products": []})

    sp, wall = store(lambda call: reply())

    async def exchange(_base: str, call: Call[Any], middlewares: Any, *_rest: Any) -> Any:
        async def handler(_request: object) -> Any:
            return await sleepy(call)

        return await middlewares[-1](None, handler)

    wall.exchange = exchange  # type: ignore[method-assign]  # one that waits
    async with sp:
        with pytest.raises(UnknownOutcomeError):
            await sp.api.products.create(MUG)
    assert posts == 1


async def test_a_500_after_the_record_was_made_is_looked_up() -> None:
    shop = Shop("products")
    shop.loses = lost(("POST", 1, 500))
    async with shop.store() as sp:
        assert (await sp.api.products.create(MUG)).id == 1
    assert shop.seen.count("POST") == 1


async def test_data_at_fault_is_refused_at_once() -> None:
    shop = Shop("products")
    words = "Products Class - Base POST failed - The INSERT statement conflicted with the FOREIGN KEY constraint"
    shop.refuses = lambda members: error(500, "Internal Error", words)
    async with shop.store() as sp:
        with pytest.raises(RejectedError, match="FOREIGN KEY") as caught:
            await sp.api.products.create(MUG)
    assert (caught.value.status, caught.value.attempts) == (500, 1)
    assert caught.value.vendor["details"] == words


async def test_a_second_try_that_is_refused_because_the_first_came_through_is_a_success() -> None:
    shop = Shop("products")

    def refuse(members: dict[str, Any]) -> Reply | None:
        if shop.seen.count("POST") == 2:
            shop._make(members)  # the first one, which the server was slow with
            return error(409, "Conflict", "item_number exists")
        return error(500, "Internal Error", "Timeout expired.")

    shop.refuses = refuse
    async with shop.store() as sp:
        assert (await sp.api.products.create(MUG)).id == 1
    assert len(shop.records) == 1


async def test_a_double_that_shows_after_a_second_try_is_told_with_its_ids() -> None:
    shop = Shop("products")

    def refuse(members: dict[str, Any]) -> Reply | None:
        if shop.seen.count("POST") == 2:
            shop._make(members)
            return None
        return error(500, "Internal Error", "Timeout expired.")

    shop.refuses = refuse
    async with shop.store() as sp:
        with pytest.raises(UnknownOutcomeError, match="ids 1, 2"):
            await sp.api.products.create(MUG)


async def test_without_a_natural_key_a_lost_create_is_never_sent_again() -> None:
    shop = Shop("addresses")
    shop.loses = lost(("POST", 1, "after"))
    async with shop.store() as sp:
        with pytest.raises(UnknownOutcomeError, match="List addresses by what you sent"):
            await sp.api.addresses.create({"customer_id": 1, "country": "US"})
    assert shop.seen == ["POST"]


async def test_not_looking_first_spares_a_call_and_ends_in_doubt() -> None:
    shop = Shop("products")
    shop.loses = lost(("POST", 1, "after"))
    async with shop.store() as sp:
        with pytest.raises(UnknownOutcomeError):
            await sp.api.products.create(MUG, look_first=False)
    assert shop.seen == ["POST"]


ANSWERS = [b"", b"<html>ok</html>", b"[]", b'{"ok": true}', b'{"id": "x"}', b"[" * 3000 + b"]" * 3000]
ANOTHER_S = b'{"id": 7, "item_number": "MUG-12"}'  # a connection on which answers were mixed up


@pytest.mark.parametrize("body", [*ANSWERS, ANOTHER_S])
async def test_an_answer_that_does_not_name_the_record_is_looked_up(body: bytes) -> None:
    shop = Shop("products")

    def mangle(members: dict[str, Any]) -> Reply:
        shop._make(members)
        return reply(body, 201)

    shop.refuses = mangle
    async with shop.store() as sp:
        assert (await sp.api.products.create(MUG)).id == 1
    assert shop.seen.count("POST") == 1


async def test_a_name_that_the_shop_cuts_or_spells_otherwise_is_still_that_record_s() -> None:
    for sku, kept in (("Mug", " MUG "), ("a-very-long-number-of-a-mug", "a-very-long-number-of")):
        shop = Shop("products")
        shop.refuses = lambda members, kept=kept: reply({"id": 5, "item_number": kept}, 201)
        async with shop.store() as sp:
            assert (await sp.api.products.create(MUG | {"item_number": sku})).id == 5
        assert shop.seen.count("POST") == 1


async def test_a_shop_that_keeps_a_name_in_another_spelling_and_says_that_it_failed_makes_no_double() -> None:
    shop = Shop("products")

    def shouted(members: dict[str, Any]) -> Reply:
        shop._make(members | {"item_number": str(members["item_number"]).upper()})
        return error(500, "Internal Error", "Timeout expired.")

    shop.refuses = shouted
    async with shop.store() as sp:
        with pytest.raises(UnknownOutcomeError, match="may be record 1, which has that name in another spelling"):
            await sp.api.products.create(MUG | {"item_number": "Mug"})
    assert len(shop.records) == 1


@pytest.mark.parametrize("write", ["create_or_update", "create"])
async def test_what_was_just_made_is_known_though_no_list_shows_it_yet(write: str) -> None:
    shop = Shop("order_shipments")
    draft: dict[str, object] = {"order_id": 1, "shipment_name": "A", "tracking_numbers": "1"}
    listed = shop._list
    async with shop.store() as sp:
        await sp.api.order_shipments.create(draft)
        shop._list = lambda query: reply({"total_count": 0, "order_shipments": []})
        if write == "create":
            with pytest.raises(AmbiguousError, match="record 1 has"):
                await sp.api.order_shipments.create(draft)
        else:
            saved = await sp.api.order_shipments.create_or_update(draft | {"tracking_numbers": "2"})
            assert (saved.action, saved.record.id) == ("updated", 1)
        assert len(shop.records) == 1
        await asyncio.sleep(doubts.LINGERS)
        await sp.api.order_shipments.create_or_update(draft | {"shipment_name": "B"})
        await sp.api.order_shipments.delete(2)
        shop._list = listed
        await sp.api.order_shipments.create_or_update(draft | {"shipment_name": "B"})
        assert len(shop.records) == 2
        assert len(doubts.shared_made()) == 1  # what is older is forgotten


async def test_an_update_that_is_answered_with_another_record_is_read_back() -> None:
    shop = Shop("products", product(1), product(2))
    async with shop.store() as sp:
        done = shop._done
        shop._done = lambda call: (done(call), reply(shop.records[2]))[1] if call.method == "PUT" else done(call)
        assert (await sp.api.products.update(1, {"item_name": "y"})).item_name == "y"
    assert shop.records[2]["item_name"] == "x"


async def test_a_record_that_was_made_but_cannot_be_read_says_so() -> None:
    shop = Shop("products")
    shop.refuses = lambda members: reply({"id": 5, "price": "cheap"}, 201)
    async with shop.store() as sp:
        with pytest.raises(DecodeError, match="record 5 was created"):
            await sp.api.products.create(MUG)


async def test_a_throttled_create_goes_out_again() -> None:
    shop = Shop("products")
    shop.refuses = lambda members: reply(b"", 429, retry_after="1") if shop.seen.count("POST") == 1 else None
    async with shop.store() as sp:
        await sp.api.products.create(MUG)
    assert len(shop.records) == 1


async def test_two_creates_of_one_key_do_not_take_each_others_record_for_their_own() -> None:
    shop = Shop("products")
    shop.loses = lost(("POST", 2, "after"))
    async with shop.store() as sp:
        made = await asyncio.gather(sp.api.products.create(MUG), sp.api.products.create(MUG))
    assert sorted(each.id for each in made) == [1, 2]


async def test_a_shipment_whose_name_the_order_has_is_refused_since_the_vendor_would_change_that_one() -> None:
    shop = Shop("order_shipments", {"id": 7, "order_id": 5, "shipment_name": "A", "tracking_numbers": "1Z-1"})
    async with shop.store() as sp:
        with pytest.raises(AmbiguousError, match="record 7 has order_id 5 and shipment_name 'A' already") as refused:
            await sp.api.order_shipments.create({"order_id": 5, "shipment_name": "A", "tracking_numbers": "1Z-2"})
        assert (refused.value.ids, shop.seen) == ((7,), ["GET list"])
        await sp.api.order_shipments.create({"order_id": 5, "shipment_name": "B"})
        await sp.api.order_shipments.create({"order_id": 6, "shipment_name": "A"})
        await sp.api.order_shipments.create({"order_id": 5})
    assert [each.get("tracking_numbers") for each in shop.records.values()] == ["1Z-1", None, None, None]


async def test_a_draft_that_names_no_parent_waits_for_one_that_says_there_is_none() -> None:
    shop = Shop("categories")
    async with shop.store() as sp:
        await sp.api.categories.page()  # the first call goes alone
        made, saved = await asyncio.gather(
            sp.api.categories.create({"name": "Mugs"}),
            sp.api.categories.create_or_update({"name": "Mugs", "parent_category_id": 0}),
        )
    assert (made.id, saved.record.id, len(shop.records)) == (1, 1, 1)


async def test_locks_are_forgotten_with_their_last_user() -> None:
    shop = Shop("products")
    async with shop.store() as sp:
        drafts = [MUG | {"item_number": f"M-{n % 7}"} for n in range(50)]
        await asyncio.gather(*(sp.api.products.create_or_update(draft) for draft in drafts))
        assert len(locks.shared_locks()) == 0
    assert len(shop.records) == 7


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        ({}, "empty"),
        (None, "a draft is a dict"),
        ("item_name", "a draft is a dict"),
        ({"item_name": "x"}, "faults"),
        (MUG | {"id": 5}, "no id"),
        (MUG | {"Bad Name": 1}, "faults"),
        (MUG | {"price": 5.1}, "Decimal"),
    ],
)
async def test_a_draft_that_cannot_be_sent_is_refused_before_anything_is_sent(draft: Any, words: str) -> None:
    shop = Shop("products")
    async with shop.store() as sp:
        with pytest.raises(UsageError, match=words):
            await sp.api.products.create(draft)
    assert "POST" not in shop.seen


# -- update ---------------------------------------------------------------------------------------------------


async def test_an_update_sends_only_what_is_given() -> None:
    sent: list[Any] = []

    def answer(call: Call[Any]) -> Reply:
        sent.append((call.method, call.path, msgspec.json.decode(call.body or b"")))
        return reply(product(5, price=2))

    sp, _ = store(answer)
    async with sp:
        assert (await sp.api.products.update(5, {"price": Decimal("2.00"), "is_hidden": True})).price == 2
    assert sent == [("PUT", "/products/5", {"price": 2.0, "is_hidden": 1})]


@pytest.mark.parametrize("how", ["before", "after"])
async def test_a_lost_update_is_sent_again(how: str) -> None:
    shop = Shop("products", product(5))
    shop.loses = lost(("PUT", 1, how))
    async with shop.store() as sp:
        assert (await sp.api.products.update(5, {"price": 3})).price == 3
    assert shop.seen == ["PUT", "PUT"]


async def test_an_update_without_an_answer_body_is_read_back() -> None:
    sp, wall = store(lambda call: reply(product(5)) if call.method == "GET" else reply(status=204))
    async with sp:
        assert (await sp.api.products.update(5, {"price": 1})).id == 5
    assert ("Cache-Control", "no-cache") in wall.calls[-1].headers


async def test_an_update_of_nothing_or_of_another_id_is_refused() -> None:
    shop = Shop("products", product(5))
    async with shop.store() as sp:
        for draft in ({}, {"id": 6, "price": 1}, {"id": 5}):
            with pytest.raises(UsageError):
                await sp.api.products.update(5, draft)
        with pytest.raises(MissingError):
            await sp.api.products.update(6, {"price": 1})
    assert shop.seen == ["PUT"]


# -- delete ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["before", "after"])
async def test_a_lost_delete_is_sent_again_and_not_found_is_then_success(how: str) -> None:
    shop = Shop("products", product(5))
    shop.loses = lost(("DELETE", 1, how))
    async with shop.store() as sp:
        await sp.api.products.delete(5)
    assert shop.records == {}
    assert shop.seen == ["DELETE", "DELETE"]


async def test_a_delete_of_what_is_not_there_is_missing() -> None:
    async with Shop("products").store() as sp:
        with pytest.raises(MissingError):
            await sp.api.products.delete(5)


async def test_a_throttle_before_it_is_no_proof_that_the_delete_was_ours() -> None:
    answers = [reply(b"", 429, retry_after="1"), error(404, "NotFound", "")]
    sp, _ = store(lambda call: answers.pop(0))
    async with sp:
        with pytest.raises(MissingError):
            await sp.api.products.delete(5)


# -- specials -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "run",
    [
        lambda api: api.inventory.add(3, product_id=5),
        lambda api: api.inventory.remove(3, item_number="x"),
        lambda api: api.orders.process_payment(5, card_id=1, customer_id=2),
        lambda api: api.orders.process_payments(5),
        lambda api: api.email_templates.send(5, email_address="a@b.example"),
        lambda api: api.products.import_many([{"product": {"item_name": "A"}}]),
        lambda api: api.customers.integration({"email": "a@b.example"}),
        lambda api: api.stores.add_alert_email(1, "a@b.example"),
        lambda api: api.files.upload("/a/b.png", b"x"),
        lambda api: api.imports.fetch("https://x.example/a.csv", import_type="Product", columns={"Cost": "Cost"}),
    ],
)
async def test_what_does_something_each_time_goes_out_once(run: Any) -> None:
    def lose(call: Call[Any]) -> Reply:
        raise NetworkError("no complete reply", safe_to_retry=call.repeatable)

    sp, wall = store(lose)
    async with sp:
        with pytest.raises(UnknownOutcomeError) as caught:
            await run(sp.api)
    assert len(wall.calls) == 1
    assert wall.calls[0].check in caught.value.message


@pytest.mark.parametrize("how", ["failed", "after"])
async def test_a_lost_status_change_is_read_back_before_it_is_sent_again(how: str) -> None:
    puts: list[str] = []
    status = 1

    def answer(call: Call[Any]) -> Reply:
        nonlocal status
        if call.method == "PUT":
            puts.append(call.path)
            if how == "after" or len(puts) > 1:
                status = msgspec.json.decode(call.body or b"")["order_status_id"]
            if len(puts) == 1 and how == "failed":
                return error(500, "Internal Error", "Timeout expired.")
            if len(puts) == 1:
                raise NetworkError("no complete reply", safe_to_retry=call.repeatable)
        return reply({"id": 9, "order_status_id": status})

    sp, _ = store(answer)
    async with sp:
        done = await sp.api.orders.set_status(9, 3)
    assert done.members["order_status_id"] == 3
    assert puts == ["/orders/9/status"] * (1 if how == "after" else 2)


async def test_a_status_change_that_never_shows_is_told() -> None:
    def answer(call: Call[Any]) -> Reply:
        if call.method == "PUT":
            raise NetworkError("no complete reply", safe_to_retry=call.repeatable)
        return reply({"id": 9, "order_status_id": 1})

    sp, wall = store(answer)
    async with sp:
        with pytest.raises(UnknownOutcomeError, match="order_status_id"):
            await sp.api.orders.set_status(9, 3)
    assert sum(call.method == "PUT" for call in wall.calls) == 1
