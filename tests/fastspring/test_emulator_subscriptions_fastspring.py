"""Subscriptions of the emulator (FastSpring: /subscriptions)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from fastspring_async.emulator import Dialect, Irregular
from tests.fastspring.emulated import Shop, shop

pytestmark = pytest.mark.anyio


def first(it: Shop, state: str = "active", *, adhoc: bool = False) -> str:
    """The first subscription in that state."""
    records = map(it.emulator.subscription, it.emulator.subscription_ids())
    return next(each["id"] for each in records if each["state"] == state and each["adhoc"] == adhoc)


def change(identity: str, **members: Any) -> dict[str, Any]:
    return {"subscriptions": [{"subscription": identity, **members}]}


# -- reads -------------------------------------------------------------------------------------------------------


async def test_every_subscription_an_order_refers_to_exists_and_names_the_order_and_account_back():
    async with shop(orders=300) as it:
        seen: set[str] = set()
        for order in map(it.emulator.order, it.emulator.order_ids()):
            for item in order["items"]:
                if "subscription" in item:
                    record = it.emulator.subscription(item["subscription"])
                    assert (record["account"], record["product"]) == (order["account"], item["product"])
                    seen.add(record["id"])
        assert seen == set(it.emulator.subscription_ids())
        assert len(seen) > 20
        for identity in seen:
            assert it.emulator.order(it.emulator.subscription(identity)["initialOrderId"])["completed"]


async def test_amounts_and_times_of_a_subscription_agree_with_each_other():
    async with shop(irregular=Irregular.all(0.5)) as it:
        for record in map(it.emulator.subscription, it.emulator.subscription_ids()):
            assert record["subtotal"] == record["price"] * record["quantity"]
            if record["next"] is not None:
                assert record["nextInSeconds"] == record["next"] // 1000
                assert record["next"] > record["begin"]
            assert record["active"] == (record["state"] != "deactivated")


async def test_one_subscription_comes_in_four_shapes():
    async with shop() as it:
        identity = it.emulator.subscription_ids()[0]
        record = it.emulator.subscription(identity)
        done = {**record, "action": "subscription.get", "result": "success"}
        shapes = {
            "bare": record,
            "flat": done,
            "hybrid": {**done, "subscriptions": [done]},
            "envelope": {"action": "subscription.get", "result": "success", "subscriptions": [record]},
        }
        for name, expected in shapes.items():
            it.emulator.dialect.one_subscription = name  # type: ignore[assignment]  # a name from the list above
            assert await it.get(f"/subscriptions/{identity}") == (200, expected)


async def test_several_come_in_an_envelope_or_a_bare_array_with_errors_in_their_places():
    async with shop() as it:
        a, b = it.emulator.subscription_ids()[:2]
        status, body = await it.get(f"/subscriptions/{b},nope,{a}")
        assert status == 400
        assert [each["subscription"] for each in body["subscriptions"]] == [b, "nope", a]
        it.emulator.dialect.many_subscriptions = "array"
        assert await it.get(f"/subscriptions/{b},nope,{a}") == (400, body["subscriptions"])


async def test_an_unknown_one_is_an_error_with_a_success_in_the_list_beside_it():
    async with shop() as it:
        status, body = await it.get("/subscriptions/nope")
        assert (status, body["result"]) == (400, "error")
        assert body["error"] == body["subscriptions"][0]["error"] == {"subscription": "Subscription not found"}
        assert body["subscriptions"][0]["result"] == "success"
        it.emulator.dialect = Dialect(subscription_error="envelope", error_status=500)
        status, body = await it.get("/subscriptions/nope")
        assert (status, list(body)) == (500, ["subscriptions"])


async def test_the_list_has_ids_without_a_filter_and_with_dates_alone_and_whole_ones_with_any_other():
    async with shop() as it:
        every = it.emulator.subscription_ids()
        for params in ({}, {"begin": "2026-02-28", "end": "2026-03-01"}):
            _, body = await it.get("/subscriptions", limit=1000, **params)
            assert body == {
                "action": "subscription.getall",
                "result": "success",
                "nextPage": None,
                "subscriptions": every,
            }
        _, body = await it.get("/subscriptions", scope="all", limit=1000)
        assert body["subscriptions"] == [it.emulator.subscription(each) for each in every]


async def test_pages_of_the_list_name_the_next_or_are_refused():
    async with shop() as it:
        seen: list[str] = []
        page: int | None = 1
        while page is not None:
            _, body = await it.get("/subscriptions", page=page, limit=7)
            seen, page = seen + body["subscriptions"], body["nextPage"]
        assert seen == it.emulator.subscription_ids()
        it.emulator.dialect.subscriptions_paged = False
        status, body = await it.get("/subscriptions", limit=7)
        assert (status, body["result"]) == (200, "error")
        assert (await it.get("/subscriptions"))[1]["subscriptions"] == seen


@pytest.mark.parametrize("state", ["active", "canceled", "deactivated", "overdue", "trial"])
async def test_the_status_filter_finds_that_state_and_trials_are_active(state: str):
    async with shop(orders=600) as it:
        _, body = await it.get("/subscriptions", status=state, limit=1000)
        records = [it.emulator.subscription(each) for each in it.emulator.subscription_ids()]
        wanted = [
            each for each in records if each["state"] == state or (state == "active" and each["state"] == "trial")
        ]
        assert body["subscriptions"] == wanted
        assert wanted


async def test_filters_by_account_product_scope_and_event_agree_with_the_records():
    async with shop(orders=600) as it:
        records = [it.emulator.subscription(each) for each in it.emulator.subscription_ids()]
        one = records[5]

        async def found(**params: Any) -> list[Any]:
            return (await it.get("/subscriptions", limit=1000, **params))[1]["subscriptions"]

        assert await found(accountId=one["account"]) == [each for each in records if each["account"] == one["account"]]
        assert await found(accountId="nobody") == []
        assert await found(products=one["product"]) == [each for each in records if each["product"] == one["product"]]
        assert await found(scope="test") == [each for each in records if not each["live"]]
        begin, end = "2025-06-01", "2025-06-30"
        low, high = (
            datetime.fromisoformat(each).replace(tzinfo=UTC).timestamp() * 1000 for each in (begin, "2025-07-01")
        )
        made = [each for each in records if low <= each["begin"] < high]
        assert await found(event="created", begin=begin, end=end) == made
        assert await found(event="charged", begin="2020-01-01")
        for name in ("event", "scope", "status"):
            status, body = await it.get("/subscriptions", **{name: "x"})
            assert (status, body["error"]) == (400, {name: f"Invalid {name}"})


async def test_entries_are_a_bare_array_of_the_orders_of_each_period():
    async with shop(orders=400) as it:
        counts = set()
        for identity in it.emulator.subscription_ids():
            _, body = await it.get(f"/subscriptions/{identity}/entries")
            assert len(body) == it.emulator.subscription(identity)["sequence"]
            assert body[0]["order"]["order"] == it.emulator.subscription(identity)["initialOrderId"]
            assert all(identity in {each.get("subscription") for each in entry["order"]["items"]} for entry in body)
            counts.add(len(body))
        assert len(counts) > 1
        assert await it.get("/subscriptions/nope/entries") == (400, {"message": "not found", "params": []})


# -- writes ------------------------------------------------------------------------------------------------------


async def test_an_update_changes_product_quantity_and_price_and_the_history_and_an_event_say_so():
    async with shop() as it:
        identity = first(it)
        other = it.emulator.product_ids()[3]
        status, body = await it.post("/subscriptions", change(identity, product=other, quantity=3))
        assert (status, body["subscriptions"]) == (
            200,
            [{"subscription": identity, "action": "subscription.update", "result": "success"}],
        )
        record = it.emulator.subscription(identity)
        assert (record["product"], record["quantity"]) == (other, 3)
        assert record["subtotal"] == record["price"] * 3
        _, history = await it.get(f"/subscriptions/{identity}/history")
        assert [each["type"] for each in history["changes"]] == ["updated", "created"]
        _, history = await it.get(f"/subscriptions/{identity}/history", order="increasing")
        assert [each["type"] for each in history["changes"]] == ["created", "updated"]
        _, events = await it.get("/events/unprocessed", begin=it.emulator.world.now)
        assert [each["type"] for each in events["events"]] == ["subscription.updated"]
        assert it.emulator.world.executed == {("subscription.update", identity): 1}


async def test_pricing_dates_addons_coupons_and_manual_renewal_are_kept():
    async with shop() as it:
        identity, addon = first(it), it.emulator.product_ids()[2]
        currency, later = it.emulator.subscription(identity)["currency"], it.emulator.world.now + 10**9
        members = {
            "pricing": {"price": {currency: Decimal("7")}},
            "next": later,
            "end": "2031-01-01",
            "addons": [{"product": addon, "quantity": 2}],
            "coupons": ["save10"],
            "manualRenew": True,
            "remainingPeriods": 4,
        }
        assert (await it.post("/subscriptions", change(identity, **members)))[0] == 200
        record = it.emulator.subscription(identity)
        assert (record["price"], record["next"], record["nextInSeconds"]) == (7, later, later // 1000)
        assert record["addons"] == [{"product": addon, "quantity": 2}]
        assert (record["coupons"], record["autoRenew"], record["remainingPeriods"]) == (["SAVE10"], False, 4)
        assert record["end"] == round(datetime(2031, 1, 1, tzinfo=UTC).timestamp() * 1000)
        await it.post("/subscriptions", change(identity, addons=[{"product": addon, "quantity": 0}], end=None))
        record = it.emulator.subscription(identity)
        assert (record["addons"], record["end"]) == ([], None)


async def test_a_preview_shows_the_proration_and_changes_nothing():
    async with shop() as it:
        identity = first(it)
        before = it.emulator.subscription(identity)
        _, body = await it.post("/subscriptions", change(identity, quantity=5, prorate=True, preview=True))
        (member,) = body["subscriptions"]
        assert member["prorated"] is True
        assert isinstance(member["proration"]["nextChargeDate"], str)
        assert member["proration"]["prorationTotal"] == before["price"] * 5 - before["subtotal"]
        assert (it.emulator.subscription(identity), it.writes) == (before, 0)


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"product": "nope"}, {"product": "Product not found"}),
        ({"quantity": 0}, {"quantity": "Invalid quantity"}),
        ({"next": 1}, {"next": "The next date must be in the future"}),
        ({"next": "soon"}, {"next": "Invalid next date"}),
        ({"coupons": ["NOPE"]}, {"coupons": "Invalid coupon code"}),
        ({"deactivation": None}, {"deactivation": "The subscription is not canceled"}),
    ],
)
async def test_a_wrong_update_is_refused_and_beside_a_good_one_inside_a_200(
    members: dict[str, Any], error: dict[str, str]
):
    async with shop() as it:
        identity = first(it)
        status, body = await it.post("/subscriptions", change(identity, **members))
        assert (status, body["subscriptions"][0]["error"]) == (400, error)
        assert it.writes == 0
        good = {"subscription": first(it, "overdue"), "quantity": 2}
        both = {"subscriptions": [*change(identity, **members)["subscriptions"], good]}
        status, body = await it.post("/subscriptions", both)
        assert (status, [each["result"] for each in body["subscriptions"]]) == (200, ["error", "success"])


async def test_a_cancelled_subscription_says_so_ends_with_its_period_and_can_be_taken_back():
    async with shop() as it:
        identity = first(it)
        before = it.emulator.subscription(identity)
        done = {"subscription": identity, "action": "subscription.cancel", "result": "success"}
        assert await it.delete(f"/subscriptions/{identity}") == (200, {"subscriptions": [done]})
        _, record = await it.get(f"/subscriptions/{identity}")
        assert (record["state"], record["active"], record["autoRenew"]) == ("canceled", True, False)
        assert record["deactivationDate"] == record["end"] == before["next"]
        assert record["canceledDate"] is not None
        status, body = await it.delete(f"/subscriptions/{identity}")
        assert (status, body["subscriptions"][0]["result"]) == (400, "success")
        assert body["subscriptions"][0]["error"] == {"subscription": "The subscription is already canceled"}
        assert (await it.post("/subscriptions", change(identity, deactivation=None)))[0] == 200
        record = it.emulator.subscription(identity)
        assert (record["state"], record["canceledDate"], record["nextChargeDate"]) == ("active", None, before["next"])
        _, events = await it.get("/events/unprocessed", days=1)
        assert [each["type"] for each in events["events"]][-2:] == ["subscription.canceled", "subscription.uncanceled"]
        assert it.emulator.world.executed["subscription.cancel", identity] == 1


async def test_cancelling_at_once_deactivates_and_such_a_one_cannot_be_changed():
    async with shop() as it:
        identity = first(it)
        assert (await it.delete(f"/subscriptions/{identity}", billingPeriod=0))[0] == 200
        record = it.emulator.subscription(identity)
        assert (record["state"], record["active"], record["next"]) == ("deactivated", False, None)
        _, body = await it.post(f"/subscriptions/{identity}", {"deactivation": None})
        assert body["subscriptions"][0]["error"] == {"deactivation": "The subscription is not canceled"}
        _, body = await it.post("/subscriptions", change(identity, quantity=2))
        assert body["subscriptions"][0]["error"] == {"subscription": "The subscription is not active"}
        it.emulator.dialect.cancel_error_result = "error"
        _, body = await it.delete("/subscriptions/nope")
        assert body["subscriptions"][0]["result"] == "error"


async def test_a_charge_makes_an_order_and_its_list_has_an_odd_name():
    async with shop(orders=400) as it:
        identity, managed = first(it, adhoc=True), first(it)
        before, orders = it.emulator.subscription(identity), it.emulator.order_count
        status, body = await it.post("/subscriptions/charge", {"subscriptions": [{"subscription": identity}]})
        done = {"subscription": identity, "action": "subscription.charge", "result": "success"}
        assert (status, body) == (200, {"subscription": [done]})
        assert it.emulator.order_count == orders + 1
        _, entries = await it.get(f"/subscriptions/{identity}/entries")
        order = entries[-1]["order"]
        assert (order["account"], order["items"][0]["subscription"]) == (before["account"], identity)
        assert it.emulator.subscription(identity)["sequence"] == before["sequence"] + 1 == len(entries)
        _, found = await it.get("/orders", rebill="true", begin="2026-03-01")
        assert [each["order"] for each in found["orders"]] == [order["order"]]
        _, events = await it.get("/events/unprocessed", begin=it.emulator.world.now - 1000)
        assert [each["type"] for each in events["events"]][-2:] == ["order.completed", "subscription.charge.completed"]
        status, body = await it.post("/subscriptions/charge", {"subscriptions": [{"subscription": managed}]})
        words = "Renew can only be performed for 'Adhoc' subscriptions."
        assert (status, body["subscriptions"][0]["error"]) == (400, {"subscription": words})
        it.emulator.expired_cards.add(identity)
        status, body = await it.post("/subscriptions/charge", {"subscriptions": [{"subscription": identity}]})
        assert (status, body["subscriptions"][0]["error"]) == (400, {"subscription": "EXPIRED_CARD"})
        assert it.emulator.world.executed == {("subscription.charge", identity): 1}


async def test_pause_and_resume_answer_the_whole_subscription():
    async with shop() as it:
        identity = first(it)
        status, record = await it.post(f"/subscriptions/{identity}/pause", {"pausePeriodCount": 2})
        assert (status, record["isPauseScheduled"]) == (200, True)
        assert record["resumeDate"] > record["pauseDate"] == record["next"]
        status, body = await it.post(f"/subscriptions/{identity}/pause", {"pausePeriodCount": 2})
        assert (status, list(body["error"])) == (400, ["subscriptions.pause"])
        assert (await it.post(f"/subscriptions/{identity}/resume", {}))[1]["isPauseScheduled"] is False
        status, body = await it.post(f"/subscriptions/{identity}/resume", {})
        assert (body["action"], list(body["error"])) == ("subscriptions.resume", ["subscriptions.resume"])
        assert (await it.post(f"/subscriptions/{identity}/pause", {"pausePeriodCount": 0}))[0] == 400


async def test_an_estimate_takes_one_object_and_its_404_has_status_for_action():
    async with shop() as it:
        identity = first(it)
        _, body = await it.post("/subscriptions/estimate", {"subscription": identity, "quantity": 2})
        assert (body["action"], body["result"]) == ("subscriptions.estimate.update", "success")
        status, body = await it.post("/subscriptions/estimate", change(identity))
        assert status == 400
        assert body["error"]["message"].startswith("Request must contain a single root object.")
        status, body = await it.post("/subscriptions/estimate", {"subscription": "nope"})
        assert (status, body["status"], "action" in body) == (404, "subscriptions.estimate.update", False)
        assert it.writes == 0


async def test_a_trial_is_converted_by_a_session_and_no_other_is():
    async with shop(orders=600) as it:
        identity = first(it, "trial")
        status, session = await it.post(f"/subscriptions/{identity}/convert", {})
        assert (status, session["items"][0]["product"]) == (200, it.emulator.subscription(identity)["product"])
        status, body = await it.post(f"/subscriptions/{first(it)}/convert", {})
        assert (status, body["action"]) == (400, "subscription.convert")


async def test_transferred_subscriptions_belong_to_the_other_account():
    async with shop() as it:
        identity, target = first(it), it.emulator.account_ids()[-1]
        body = {"accountId": target, "subscriptions": [identity, "nope"]}
        _, answer = await it.post("/subscriptions/transfer", body)
        assert answer["transferredSubscriptions"] == [identity]
        assert answer["failedSubscriptions"][0]["subscriptionId"] == "nope"
        _, found = await it.get("/subscriptions", accountId=target)
        assert identity in [each["id"] for each in found["subscriptions"]]
        assert (await it.post("/subscriptions/transfer", {**body, "subscriptions": ["x"] * 21}))[0] == 400


async def test_the_newer_resources_below_subscriptions_keep_what_they_are_given():
    async with shop() as it:
        status, plan = await it.post("/subscriptions/coterm", {"name": "one date"})
        assert status == 201
        assert (await it.get(f"/subscriptions/coterm/{plan['id']}"))[1] == plan
        assert (await it.post(f"/subscriptions/coterm/{plan['id']}/execute", {}))[1]["status"] == "EXECUTED"
        assert (await it.delete(f"/subscriptions/coterm/{plan['id']}"))[0] == 204
        status, gone = await it.get(f"/subscriptions/coterm/{plan['id']}")
        assert (status, gone["status"]) == (404, "NOT_FOUND")
        status, invoice = await it.post("/subscriptions/proformaInvoice", {"subscription": first(it)})
        assert status == 201
        assert (await it.get(f"/subscriptions/proformaInvoice/{invoice['id']}", lang="de"))[1]["language"] == "de"
        assert (await it.post("/subscriptions/cancelSurvey/response", {"reason": "too-expensive"}))[0] == 201
        assert (await it.get("/subscriptions/cancelSurvey/reasons/x"))[1]["reasons"]
        _, answers = await it.get("/subscriptions/cancelSurvey/response/query", offset=0, limit=5)
        assert [each["reason"] for each in answers["responses"]] == ["too-expensive"]
