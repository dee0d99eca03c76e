"""Accounts and returns of the emulator (FastSpring: /accounts, /returns)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from fastspring_async.emulator import Dialect, Irregular
from tests.fastspring.emulated import Shop, shop

pytestmark = pytest.mark.anyio

CONTACT = {"first": "Ada", "last": "Byron", "email": "ada@example.org"}


# -- accounts ----------------------------------------------------------------------------------------------------


async def test_every_account_an_order_refers_to_exists_and_lists_the_order_and_its_charge():
    async with shop(orders=120) as it:
        for identity in it.emulator.order_ids():
            order = it.emulator.order(identity)
            account = it.emulator.account(order["account"])
            assert identity in account["orders"]
            assert account["contact"]["email"] == order["customer"]["email"]
            charge = next(each for each in account["charges"] if each["order"] == identity)
            assert (charge["total"], charge["currency"]) == (order["total"], order["currency"])
            started = {each["subscription"] for each in order["items"] if "subscription" in each}
            if charge["subscription"] is not None and order["completed"]:
                assert started == {charge["subscription"]}


async def test_one_account_comes_in_a_list_or_alone():
    async with shop() as it:
        identity = it.emulator.account_ids()[3]
        record = {**it.emulator.account(identity), "action": "account.get", "result": "success"}
        assert await it.get(f"/accounts/{identity}") == (200, {"accounts": [record]})
        it.emulator.dialect.one_account = "flat"
        assert await it.get(f"/accounts/{identity}") == (200, record)


async def test_an_unknown_account_is_an_error_at_the_top_or_in_its_place():
    async with shop() as it:
        error = {
            "action": "account.get",
            "account": "nope",
            "result": "error",
            "error": {"account": "account not found"},
        }
        assert await it.get("/accounts/nope") == (400, error)
        known = it.emulator.account_ids()[0]
        status, body = await it.get(f"/accounts/{known},nope")
        assert (status, body["accounts"][1]) == (400, error)
        assert body["accounts"][0]["id"] == known
        it.emulator.dialect.error_status = 500
        assert (await it.get("/accounts/nope"))[0] == 500


async def test_the_list_of_ids_has_pages_or_comes_at_once():
    async with shop() as it:
        seen: list[str] = []
        page: int | None = 1
        while page is not None:
            _, body = await it.get("/accounts", page=page, limit=50)
            assert (body["action"], body["total"]) == ("account.getall", len(it.emulator.account_ids()))
            seen, page = seen + body["accounts"], body["nextPage"]
        assert seen == it.emulator.account_ids()
        it.emulator.dialect.accounts_paged = False
        _, body = await it.get("/accounts", limit=5)
        assert body == {"action": "account.getall", "result": "success", "accounts": seen}


async def test_lookups_find_accounts_by_what_they_have():
    async with shop(orders=300) as it:
        order = next(each for each in map(it.emulator.order, it.emulator.order_ids()) if each["completed"])
        account = it.emulator.account(order["account"])
        subscription = it.emulator.subscription(it.emulator.subscription_ids()[0])
        custom = next(
            each for each in map(it.emulator.account, it.emulator.account_ids()) if "custom" in each["lookup"]
        )
        found = {
            "email": account["contact"]["email"],
            "global": account["lookup"]["global"],
            "orderId": order["order"],
            "orderID": order["order"],
            "orderReference": order["reference"],
        }
        for name, value in found.items():
            _, body = await it.get("/accounts", **{name: value})
            assert (name, body["accounts"]) == (name, [{"account": account["id"]}])
        _, body = await it.get("/accounts", subscriptionId=subscription["id"])
        assert body["accounts"] == [{"account": subscription["account"]}]
        _, body = await it.get("/accounts", custom=custom["lookup"]["custom"])
        assert body["accounts"] == [{"account": custom["id"]}]
        assert (await it.get("/accounts", email="nobody@example.org"))[1]["accounts"] == []
        assert (await it.get("/accounts", email="buyer999999@example.com"))[1]["accounts"] == []


async def test_lookups_by_product_subscriptions_refunds_and_dates_agree_with_the_orders():
    async with shop(orders=300, dialect=Dialect(found_accounts="text")) as it:
        orders = [it.emulator.order(each) for each in it.emulator.order_ids()]
        product = orders[0]["items"][0]["product"]

        async def found(**params: str) -> set[str]:
            return set((await it.get("/accounts", limit=1000, **params))[1]["accounts"])

        bought = {each["account"] for each in orders if product in {line["product"] for line in each["items"]}}
        assert await found(products=product) == bought
        assert await found(refunds="true") == {each["account"] for each in orders if each.get("returns")}
        records = [it.emulator.subscription(each) for each in it.emulator.subscription_ids()]
        assert await found(subscriptions="started") == {each["account"] for each in records}
        ended = {each["account"] for each in records if each["state"] == "deactivated"}
        assert await found(subscriptions="ended") == ended
        low = datetime(2025, 6, 1, tzinfo=UTC).timestamp() * 1000
        later = {each["account"] for each in orders if it.emulator.order_created(each["order"]) >= low}
        assert await found(begin="2025-06-01") == later


async def test_two_conditions_or_a_wrong_one_are_refused():
    async with shop() as it:
        status, body = await it.get("/accounts", email="a@b.co", custom="abcd")
        words = "Only one condition can be specified"
        assert (status, body["action"], body["error"]) == (400, "account.lookup", {"email": words, "custom": words})
        assert (await it.get("/accounts", subscriptions="some"))[0] == 400
        assert (await it.get("/accounts", begin="June"))[1]["error"] == {"begin": "Invalid begin date"}


async def test_a_created_account_can_be_read_and_found_and_an_event_says_so():
    async with shop() as it:
        body = {"contact": CONTACT, "language": "de", "country": "DE", "lookup": {"custom": "ada-1815"}}
        status, answer = await it.post("/accounts", body)
        identity = answer["account"]
        assert answer == {"account": identity, "id": identity, "action": "account.create", "result": "success"}
        _, read = await it.get(f"/accounts/{identity}")
        (account,) = read["accounts"]
        assert account["contact"].items() >= CONTACT.items()
        assert (status, account["country"], account["orders"]) == (200, "DE", [])
        for query in ({"email": "ADA@example.org"}, {"custom": "ada-1815"}, {"global": account["lookup"]["global"]}):
            assert (await it.get("/accounts", **query))[1]["accounts"] == [{"account": identity}]
        assert identity == it.emulator.account_ids()[-1]
        _, events = await it.get("/events/unprocessed", begin=it.emulator.world.now)
        assert [(each["type"], each["data"]["id"]) for each in events["events"]] == [("account.created", identity)]
        assert it.emulator.world.executed == {("account.create", identity): 1}


async def test_an_address_that_has_an_account_is_refused_with_the_accounts_id_in_the_words():
    async with shop() as it:
        owner = it.emulator.account(it.emulator.account_ids()[4])
        body = {"contact": {**CONTACT, "email": owner["contact"]["email"]}}
        status, answer = await it.post("/accounts", body)
        assert (status, answer["result"]) == (400, "error")
        assert answer["error"] == {"email": f"email already exists, /accounts/{owner['id']}"}
        assert it.writes == 0


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"first", "last", "email"}),
        ({"contact": {**CONTACT, "email": "x"}}, {"email"}),
        ({"contact": CONTACT, "lookup": {"custom": "a b"}}, {"custom"}),
        ({"contact": CONTACT, "country": "Germany", "language": "german"}, {"country", "language"}),
    ],
)
async def test_a_faulty_account_is_refused_by_field(body: dict[str, Any], fields: set[str]):
    async with shop() as it:
        status, answer = await it.post("/accounts", body)
        assert (status, answer["action"], set(answer["error"])) == (400, "account.create", fields)


async def test_an_update_changes_the_members_given_and_answers_twice_over():
    async with shop() as it:
        identity = it.emulator.account_ids()[2]
        before = it.emulator.account(identity)
        status, body = await it.post(f"/accounts/{identity}", {"contact": {"email": "new@example.org"}})
        member = {"id": identity, "account": identity, "action": "account.update", "result": "success"}
        assert (status, body) == (200, {**member, "accounts": [member]})
        after = it.emulator.account(identity)
        assert after["contact"] == {**before["contact"], "email": "new@example.org"}
        assert (after["country"], after["orders"]) == (before["country"], before["orders"])
        assert (await it.get("/accounts", email=before["contact"]["email"]))[1]["accounts"] == []
        assert (await it.get("/accounts", email="new@example.org"))[1]["accounts"] == [{"account": identity}]
        it.emulator.dialect.updated_account = "flat"
        assert (await it.post(f"/accounts/{identity}", {"language": "fr"}))[1] == member
        assert (await it.post("/accounts/nope", {}))[1]["error"] == {"account": "account not found"}
        assert it.writes == 2


async def test_addresses_to_manage_accounts_come_in_batch():
    async with shop() as it:
        a, b = it.emulator.account_ids()[:2]
        status, body = await it.get(f"/accounts/{a},{b}/authenticate")
        assert (status, [each["account"] for each in body["accounts"]]) == (200, [a, b])
        assert all(
            each["action"] == "account.authenticate.get" and a in body["accounts"][0]["url"]
            for each in body["accounts"]
        )
        assert datetime.fromisoformat(body["accounts"][0]["expires"]).tzinfo is None
        status, body = await it.get(f"/accounts/{a},nope/authenticate")
        assert (status, body["accounts"][1]["error"]) == (400, {"account": "Not found"})


async def test_irregular_accounts_have_numbers_and_empty_texts():
    async with shop(irregular=Irregular.all()) as it:
        records = [it.emulator.account(each) for each in it.emulator.account_ids()]
        assert any(isinstance(each["address"]["postalCode"], int) for each in records)
        assert any(isinstance(each["contact"]["phone"], int) for each in records)
        assert all(each["contact"]["company"] == "" and "payment" not in each for each in records)


# -- returns -----------------------------------------------------------------------------------------------------


def completed(it: Shop, currency: str = "USD") -> dict[str, Any]:
    """A completed order with money in it and nothing given back."""
    return next(
        each
        for each in map(it.emulator.order, it.emulator.order_ids())
        if each["completed"] and each["total"] > 2 and not each.get("returns") and each["currency"] == currency
    )


def give_back(order: str, **members: Any) -> dict[str, Any]:
    return {"returns": [{"order": order, "reason": "OTHER", "note": "x", "refundType": "FULL", **members}]}


async def test_every_return_an_order_shows_exists_and_names_the_order_back():
    async with shop(orders=400) as it:
        count = 0
        for order in map(it.emulator.order, it.emulator.order_ids()):
            for entry in order.get("returns", ()):
                _, body = await it.get(f"/returns/{entry['return']}")
                (record,) = body["returns"]
                assert (record["original"]["order"], record["account"]) == (order["order"], order["account"])
                assert record["totalReturn"] == entry["amount"] == record["subtotal"] + record["tax"]
                assert record["reference"] == order["reference"] + "X"
                count += 1
        assert count > 3


@pytest.mark.parametrize("by", ["order", "reference"])
async def test_a_full_return_shows_in_its_order_its_filter_and_an_event(by: str):
    async with shop() as it:
        order = completed(it)
        await it.get("/orders", returns="true")  # the filter's answer is known before
        status, body = await it.post("/returns", give_back(order[by]))
        (record,) = body["returns"]
        assert (status, record["result"], record["totalReturn"]) == (200, "success", order["total"])
        after = it.emulator.order(order["order"])
        assert [(each["return"], each["amount"]) for each in after["returns"]] == [(record["return"], order["total"])]
        _, found = await it.get("/orders", returns="true", limit=500)
        assert order["order"] in [each["order"] for each in found["orders"]]
        assert (await it.get(f"/returns/{record['return']}"))[1]["returns"][0]["reason"] == "OTHER"
        _, events = await it.get("/events/unprocessed", begin=it.emulator.world.now)
        assert [(each["type"], each["data"]["return"]) for each in events["events"]] == [
            ("return.created", record["return"])
        ]
        status, body = await it.post("/returns", give_back(order[by]))
        assert (status, list(body["returns"][0]["error"])) == (400, ["order"])
        assert it.emulator.world.executed == {("return.create", order["order"]): 1}


async def test_partial_returns_add_up_to_no_more_than_the_order():
    async with shop() as it:
        order = completed(it)
        line = order["items"][0]
        part = [{"product": line["product"], "amount": Decimal("1.25")}]
        for _ in range(2):
            status, body = await it.post("/returns", give_back(order["order"], refundType="PARTIAL", items=part))
            assert (status, body["returns"][0]["totalReturn"]) == (200, Decimal("1.25"))
        status, body = await it.post("/returns", give_back(order["order"]))
        assert body["returns"][0]["totalReturn"] == order["total"] - Decimal("2.5")
        assert len(it.emulator.order(order["order"])["returns"]) == 3


async def test_an_unknown_reason_is_dropped_without_an_error():
    async with shop() as it:
        _, body = await it.post("/returns", give_back(completed(it)["order"], reason="BECAUSE"))
        assert body["returns"][0]["reason"] is None


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"refundType": "HALF"}, "REFUND_TYPE_ERROR"),
        ({}, "RETURN_ITEMS_ARRAY_ERROR"),
        ({"items": "all"}, "RETURN_ITEMS_NOT_AN_ARRAY_ERROR"),
        ({"items": []}, "RETURN_ITEMS_ARRAY_EMPTY_ERROR"),
        ({"items": [{"amount": 1}]}, "RETURN_ITEMS_PRODUCT_NOT_SPECIFIED_ERROR"),
        ({"items": [{"product": "", "amount": 1}]}, "RETURN_ITEMS_PRODUCT_EMPTY_ERROR"),
        ({"items": [{"product": "nope", "amount": 1}]}, "RETURN_ITEMS_PRODUCT_NOT_FOUND_ERROR"),
        ({"items": [{"product": "*"}]}, "RETURN_ITEMS_AMOUNT_NOT_SPECIFIED_ERROR"),
        ({"items": [{"product": "*", "amount": 0}]}, "RETURN_ITEMS_AMOUNT_ZERO_ERROR"),
        ({"items": [{"product": "*", "amount": 10**9}]}, "RETURN_ITEMS_AMOUNT_GREATER_THAN_ORIGINAL_ITEM_ERROR"),
        ({"items": [{"product": "*", "amount": Decimal("1.001")}]}, "RETURN_ITEMS_AMOUNT_CURRENCY_SCALE_MISMATCH"),
        ({"items": [{"product": "*", "amount": 1}] * 2}, "RETURN_ITEMS_PRODUCT_DUPLICATED_ERROR"),
    ],
)
async def test_a_wrong_return_is_refused_with_the_vendors_code(members: dict[str, Any], code: str):
    async with shop() as it:
        order = completed(it)
        items: Any = members.get("items")
        if isinstance(items, list):
            path = order["items"][0]["product"]
            items = [{**each, "product": path} if each.get("product") == "*" else each for each in items]
            members = {"items": items}
        status, body = await it.post("/returns", give_back(order["order"], **{"refundType": "PARTIAL", **members}))
        assert (status, list(body["returns"][0]["error"])) == (400, [code])
        assert it.writes == 0


async def test_an_unknown_return_or_order_is_an_error_in_its_place():
    async with shop() as it:
        status, body = await it.get("/returns/nope")
        assert (status, body["returns"][0]["error"]) == (400, {"return": "Not found"})
        status, body = await it.post("/returns", give_back("nope"))
        assert (status, body["returns"][0]["result"]) == (400, "error")
