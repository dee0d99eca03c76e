"""Coupons, sessions, quotes, invoices, reports and webhook keys of the emulator."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fastspring_async.emulator import Dialect
from tests.fastspring.emulated import Shop, shop

pytestmark = pytest.mark.anyio

COUPON: dict[str, Any] = {"coupon": "spring", "discount": {"type": "percent", "percent": 25}, "limit": 3}


# -- coupons -----------------------------------------------------------------------------------------------------


async def test_a_coupon_is_created_changed_read_and_listed():
    async with shop() as it:
        _, created = await it.post("/coupons", COUPON)
        assert created == {"coupon": "spring", "action": "coupon.create", "result": "success"}
        _, changed = await it.post("/coupons", {"coupon": "spring", "combine": True, "codes": ["one", "ONE", "two"]})
        assert changed["action"] == "coupon.update"
        _, body = await it.get("/coupons")
        assert list(body) == ["coupons"]
        assert "spring" in body["coupons"]
        assert await it.get("/coupons/spring") == (200, {**COUPON, "combine": True, "limit": "3"})
        assert (await it.get("/coupons/spring", expand="true"))[1]["codes"] == ["ONE", "TWO"]
        it.emulator.dialect = Dialect(text_limit=False)
        assert (await it.get("/coupons/spring"))[1]["limit"] == 3
        assert it.writes == 2


async def test_codes_are_additive_upper_case_and_each_once_and_are_removed_under_a_key_with_a_space():
    async with shop() as it:
        await it.post("/coupons", {**COUPON, "codes": ["a1"]})
        _, body = await it.post("/coupons/spring", {"codes": ["b2", "A1"]})
        assert body == {"coupon": "spring", "codes": ["A1", "B2"], "result": "success"}
        assert (await it.get("/coupons/spring/codes"))[1] == {"coupon": "spring", "codes": ["A1", "B2"]}
        await it.post("/coupons", {"coupon": "spring", "codes": ["c3"]})
        assert (await it.get("/coupons/spring/codes"))[1]["codes"] == ["C3"]
        _, body = await it.delete("/coupons/spring/codes")
        deleted = {"codes deleted": ["C3"], "action": "delete coupon codes", "result": "success"}
        assert body == {"coupon": "spring", **deleted}
        assert (await it.get("/coupons/spring/codes"))[1]["codes"] == []
        assert (await it.delete("/coupons/spring"))[0] == 200
        assert (await it.get("/coupons/spring"))[0] == 400


async def test_a_wrong_coupon_is_an_error_in_words_inside_a_200():
    async with shop() as it:
        status, body = await it.post("/coupons", {"coupon": "x", "discount": {"type": "amount"}})
        error = {"action": "coupon.create", "result": "error", "error": "Invalid discount type amount"}
        assert (status, body) == (200, {"coupon": "x", **error})
        assert await it.post("/coupons", b"{") == (400, {"message": "unreadable", "params": []})
        assert (await it.post("/coupons/nope", {"codes": ["A"]}))[0] == 400
        assert it.writes == 0


# -- sessions ----------------------------------------------------------------------------------------------------


async def test_a_session_is_made_for_an_account_or_a_contact_and_can_be_read():
    async with shop() as it:
        path, account = it.emulator.product_ids()[1], it.emulator.account_ids()[0]
        price = it.emulator.product(path)["pricing"]["price"]["USD"]
        body = {"account": account, "items": [{"product": path, "quantity": 2}], "tags": {"a": "b"}, "expiration": 7}
        status, session = await it.post("/sessions", body)
        assert (status, session["account"], session["order"]) == (200, account, None)
        assert session["subtotal"] == Decimal(price) * 2
        assert session["expires"] == it.emulator.world.now + 7 * 86_400_000
        assert await it.get(f"/sessions/{session['id']}") == (200, session)
        contact = {"first": "A", "last": "B", "email": "a@example.org"}
        _, other = await it.post("/sessions", {"contact": contact, "items": [{"product": path}]})
        assert it.emulator.account(other["account"])["contact"]["email"] == "a@example.org"
        it.emulator.dialect.get_sessions = False
        assert (await it.get(f"/sessions/{session['id']}"))[0] == 400


async def test_a_wrong_session_is_refused():
    async with shop() as it:
        assert await it.post("/sessions", b"x") == (400, {"message": "Can not parse request body.", "params": []})
        status, body = await it.post("/sessions", {"account": "nope", "items": [{"product": "nope"}], "expiration": 8})
        assert (status, set(body["error"])) == (400, {"account", "items", "expiration"})
        assert it.writes == 0


async def test_a_checkout_of_the_second_version_has_warnings_inside_a_201():
    async with shop() as it:
        root, path = "/v2/checkouts/store/main/sessions", it.emulator.product_ids()[0]
        status, session = await it.post(root, {"items": [{"product": "nope"}]})
        assert (status, session["checkoutStatus"], len(session["warnings"])) == (201, "INVALID", 1)
        one = f"{root}/{session['id']}"
        assert (await it.delete(f"{one}/cart/items/nope"))[0] == 204
        assert (await it.post(f"{one}/cart/items", {"product": path, "quantity": 1}))[0] == 201
        _, body = await it.put(f"{one}/cart/items/{path}", {"quantity": 4})
        assert (body["checkoutStatus"], body["cart"]["items"]) == ("READY", [{"product": path, "quantity": 4}])
        await it.put(f"{one}/customer", {"email": "a@example.org"})
        assert (await it.get(one))[1]["customer"] == {"email": "a@example.org"}
        assert isinstance(body["expires"], str)
        status, body = await it.get(f"{root}/nope")
        assert (status, body["status"]) == (404, "404 NOT_FOUND")


# -- quotes, invoices --------------------------------------------------------------------------------------------


def quote(it: Shop) -> dict[str, Any]:
    return {
        "name": "Ten seats",
        "items": [{"product": it.emulator.product_ids()[0], "quantity": 10}],
        "recipient": {"first": "A", "last": "B", "email": "a@example.org"},
        "recipientAddress": {"country": "US", "postalCode": "93101"},
    }


async def test_a_quote_lives_from_creation_to_cancellation():
    async with shop() as it:
        assert "_embedded" not in (await it.get("/quotes"))[1]
        status, made = await it.post("/quotes", quote(it))
        assert (status, made["status"], made["expires"][10]) == (201, "OPEN", "T")
        _, listed = await it.get("/quotes")
        assert listed["_embedded"]["quotes"] == [made]
        one = f"/quotes/{made['id']}"
        _, changed = await it.put(one, {"updateQuoteRequest": {"name": "Twelve seats"}})
        assert (await it.get(one))[1] == changed == {**made, "name": "Twelve seats"}
        assert (await it.put(one, {"name": "bare"}))[0] == 400
        assert (await it.post(f"{one}/cancel", {}))[1]["status"] == "CANCELED"
        assert await it.post(f"{one}/cancel", {}) == (409, "")
        assert await it.delete(one) == (204, "")
        status, gone = await it.get(one)
        assert (status, gone["status"], gone["message"]) == (404, "NOT_FOUND", "Resource does not exist.")
        _, events = await it.get("/events/unprocessed", days=1)
        kinds = [each["type"] for each in events["events"] if each["type"].startswith("quote.")]
        assert kinds == ["quote.created", "quote.updated", "quote.updated"]


async def test_a_faulty_quote_is_refused_rule_by_rule():
    async with shop() as it:
        status, body = await it.post("/quotes", {"items": [{"product": "nope"}], "recipient": {"first": "A"}})
        assert (status, body["status"]) == (400, "BAD_REQUEST")
        fields = [each["field"] for each in body["errors"]]
        assert fields == ["name", "recipientAddress", "recipient.email", "recipient.last", "items.product"]
        assert it.writes == 0


async def test_an_invoice_with_one_contact_is_a_500_without_a_body():
    async with shop() as it:
        assert await it.post("/invoices/paymentInvoice", {"billingContact": {}, "items": [{}]}) == (500, "")
        status, made = await it.post("/invoices/paymentInvoice", {"items": [{"product": "x"}]})
        assert status == 201
        assert (await it.get(f"/invoices/{made['id']}"))[1] == made
        assert (await it.get("/invoices/nope"))[1]["message"] == "Resource does not exist."


# -- reports, keys -----------------------------------------------------------------------------------------------


async def test_reports_come_at_once_or_as_a_job_with_a_download():
    async with shop() as it:
        _, body = await it.post("/data/v1/subscription", {"filter": {}, "reportColumns": ["subscription_id"]})
        assert [each["subscription_id"] for each in body["report"]] == it.emulator.subscription_ids()
        _, body = await it.post("/data/v1/subscription", {"filter": {}, "pageCount": 3, "pageNumber": 2})
        assert [each["subscription_id"] for each in body["report"]] == it.emulator.subscription_ids()[3:6]
        _, job = await it.post("/data/v1/revenue", {"filter": {}, "async": True})
        assert (await it.get("/data/v1/jobs"))[1] == [job]
        assert (await it.get(f"/data/v1/jobs/{job['id']}"))[1] == job
        status, text = await it.get(f"/data/v1/downloads/{job['id']}")
        assert (status, text.splitlines()[0]) == (200, "currency,net_sales")
        assert await it.get("/data/v1/util/cache") == (200, "Cache reset success")
        assert (await it.get("/data/v1/jobs/nope"))[0] == 404


async def test_a_report_without_a_filter_is_a_500():
    async with shop() as it:
        status, body = await it.post("/data/v1/subscription", {})
        assert (status, body["errors"][0]["field"]) == (500, "filter")


async def test_a_webhooks_key_is_set_or_refused_with_null_for_what_is_right():
    async with shop() as it:
        made = it.emulator.webhook("http://127.0.0.1:9/hook", "old")
        _, body = await it.post("/webhooks/keys", {"url": made.url, "hmacSecret": "new"})
        assert body == {"url": made.url, "action": "webhooks.update", "result": "success"}
        assert made.secret == "new"
        status, body = await it.post("/webhooks/keys", {"url": made.url, "hmacSecret": "x" * 101})
        assert (status, body["error"]["url"]) == (400, None)
        assert body["error"]["hmacSecret"]
        assert "new" not in repr(made)
