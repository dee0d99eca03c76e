"""One call of every documented operation, with the request it must make and a reply as the vendor's pages show it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from fastspring_async.api import Api
from fastspring_async.drafts import (
    AccountDraft,
    ContactDraft,
    CouponDraft,
    DiscountDraft,
    OrderDraft,
    PricingDraft,
    ProductDraft,
    ReturnDraft,
    SessionDraft,
    SessionItemDraft,
    SubscriptionDraft,
)

DAY = date(2024, 3, 1)
NEXT = date(2024, 3, 2)
MOMENT = datetime(2024, 3, 9, tzinfo=UTC)


class Case(NamedTuple):
    """`run` makes the call; `path` is what it must ask for; `reply` is the answer, `show` what comes of it."""

    run: Callable[[Api], Awaitable[Any]]
    path: str
    reply: object
    show: Callable[[Any], object]
    expected: object
    status: int = 200
    body: object = None


def done(family: str, id: str, action: str, **more: object) -> dict[str, object]:
    return {family: id, "action": action, "result": "success", **more}


def first(result: Any) -> Any:
    assert not result.failed, result.failed
    return result.items[0]


CONTACT = ContactDraft(first="A", last="B", email="a@b.example")
ACCOUNT = {"account": "a", "id": "a", "contact": {"first": "A", "last": "B", "email": "a@b.example"}}
SUBSCRIPTION = {"subscription": "s", "id": "s", "state": "active", "price": 9.90, "currency": "USD", "product": "p"}
SESSION = {"id": "x", "currency": "USD", "expires": 1709900000000, "order": None, "account": "a", "subtotal": 9.9}
CHECKOUT = {"id": "x", "expires": "2026-06-01T00:00:00Z", "warnings": [], "checkoutStatus": "READY"}
QUOTE = {"id": "q", "status": "OPEN", "total": 9.9, "created": "2024-09-09T14:51:34.814+00:00"}
UPDATE = SubscriptionDraft(subscription="s", quantity=2)
V2 = "/v2/checkouts/st/co/sessions"

CASES: dict[str, Case] = {
    "products.get": Case(
        lambda api: api.products.get("p"), "/products/p",
        {"products": [done("product", "p", "products.get")]}, lambda r: r.product, "p"),
    "products.ids": Case(
        lambda api: api.products.ids(), "/products",
        {"action": "products.getall", "result": "success", "products": ["p"]}, lambda r: r, ("p",)),
    "products.prices": Case(
        lambda api: api.products.prices(country="DE"), "/products/price",
        {"products": [{"product": "p", "pricing": {"DE": {"currency": "EUR", "price": 4.39}}}]},
        lambda r: r.items[0].pricing["DE"].price, Decimal("4.39")),
    "products.price": Case(
        lambda api: api.products.price("p"), "/products/price/p",
        {"products": [{"product": "p", "pricing": {"DE": {"currency": "EUR", "price": 4.39}}}]},
        lambda r: r.product, "p"),
    "products.create": Case(
        lambda api: api.products.create(
            ProductDraft(product="new-one", display={"en": "N"}, pricing=PricingDraft(price={"USD": Decimal(1)}))),
        "/products", {"products": [done("product", "new-one", "product.create")]}, lambda r: first(r).id, "new-one"),
    "products.update": Case(
        lambda api: api.products.update(ProductDraft(product="old-one", sku="S")),
        "/products", {"products": [done("product", "old-one", "product.update")]}, lambda r: first(r).id, "old-one"),
    "products.delete": Case(
        lambda api: api.products.delete("p"), "/products/p",
        {"products": [done("product", "p", "products.delete")]}, lambda r: first(r).id, "p"),
    "products.preview_tax": Case(
        lambda api: api.products.preview_tax([{"country": "DE", "currency": "EUR", "items": [{"product": "p"}]}]),
        "/products/tax", [{"country": "DE", "items": [{"product": "p", "taxRate": 0.19, "taxPrice": 0.70}]}],
        lambda r: r[0]["items"][0]["taxPrice"], Decimal("0.70"),
        body=[{"country": "DE", "currency": "EUR", "items": [{"product": "p"}]}]),
    "offers.get": Case(
        lambda api: api.offers.get("p", type="upsell"), "/products/offers/p",
        {"products": [done("product", "p", "products.offers.get", offers=[{"type": "upsell", "items": ["b"]}])]},
        lambda r: r.offers[0].items, ["b"]),
    "offers.set": Case(
        lambda api: api.offers.set("p", [{"type": "upsell", "items": ["b"]}]), "/products/offers/p",
        {"products": [done("product", "p", "products.offers.create")]}, lambda r: r.action, "products.offers.create",
        body={"products": [{"product": "p", "offers": [{"type": "upsell", "items": ["b"]}]}]}),
    "orders.get": Case(
        lambda api: api.orders.get("o"), "/orders/o", {"order": "o", "total": 1}, lambda r: r.key, "o"),
    "orders.search": Case(
        lambda api: api.orders.search(begin=DAY, end=NEXT), "/orders",
        {"action": "order.lookup", "orders": [{"order": "o"}], "nextPage": None}, lambda r: r.items[0].key, "o"),
    "orders.update": Case(
        lambda api: api.orders.update(OrderDraft(order="o", tags={"k": "v"})), "/orders",
        {"orders": [done("order", "o", "order.update")]}, lambda r: first(r).id, "o"),
    "events.processed": Case(
        lambda api: api.events.processed(days=1), "/events/processed",
        {"action": "events.get", "result": "success", "events": [], "more": False}, lambda r: r.items, ()),
    "events.unprocessed": Case(
        lambda api: api.events.unprocessed(days=1), "/events/unprocessed",
        {"action": "events.get", "result": "success", "events": [], "more": False}, lambda r: r.items, ()),
    "events.mark": Case(
        lambda api: api.events.mark("e"), "/events/e",
        {"id": "e", "processed": True, "created": 1, "type": "order.completed", "live": True, "data": {}},
        lambda r: r, None, body={"processed": True}),
    "accounts.get": Case(
        lambda api: api.accounts.get("a"), "/accounts/a", {"accounts": [ACCOUNT]}, lambda r: r.key, "a"),
    "accounts.search": Case(
        lambda api: api.accounts.ids().__aiter__().__anext__(), "/accounts",
        {"action": "account.getall", "result": "success", "accounts": ["a"]}, lambda r: r, "a"),
    "accounts.create": Case(
        lambda api: api.accounts.create(AccountDraft(contact=CONTACT, country="US")), "/accounts",
        done("account", "a", "account.create"), lambda r: r.id, "a",
        body={"contact": {"first": "A", "last": "B", "email": "a@b.example"}, "country": "US"}),
    "accounts.update": Case(
        lambda api: api.accounts.update("a", AccountDraft(language="de")), "/accounts/a",
        {**done("account", "a", "account.update"), "accounts": [done("account", "a", "account.update")]},
        lambda r: r.id, "a", body={"language": "de"}),
    "accounts.authenticate": Case(
        lambda api: api.accounts.authenticate("a"), "/accounts/a/authenticate",
        {"accounts": [done("account", "a", "account.authenticate.get", url="https://x.example/a",
                           expires="2024-09-17T15:15:35.366")]},
        lambda r: r.url, "https://x.example/a"),
    "coupons.get": Case(
        lambda api: api.coupons.get("c"), "/coupons/c",
        {"coupon": "c", "limit": "500", "available": {}, "discount": {"type": "percent", "percent": 10}},
        lambda r: (r.uses, r.discount.percent), (500, Decimal(10))),
    "coupons.ids": Case(lambda api: api.coupons.ids(), "/coupons", {"coupons": ["c"]}, lambda r: r, ("c",)),
    "coupons.save": Case(
        lambda api: api.coupons.save(
            CouponDraft(coupon="c", discount=DiscountDraft(type="flat", amount={"USD": Decimal("2.50")}))),
        "/coupons", done("coupon", "c", "coupon.create"), lambda r: r.action, "coupon.create",
        body={"coupon": "c", "discount": {"type": "flat", "amount": {"USD": 2.5}}}),
    "coupons.add_codes": Case(
        lambda api: api.coupons.add_codes("c", ["X"]), "/coupons/c",
        {"coupon": "c", "codes": ["X"], "result": "success"}, lambda r: r.codes, ["X"], body={"codes": ["X"]}),
    "coupons.codes": Case(
        lambda api: api.coupons.codes("c"), "/coupons/c/codes", {"coupon": "c", "codes": ["X"]},
        lambda r: r.codes, ["X"]),
    "coupons.delete_codes": Case(
        lambda api: api.coupons.delete_codes("c"), "/coupons/c/codes",
        {**done("coupon", "c", "delete coupon codes"), "codes deleted": ["X"]}, lambda r: r.deleted, ["X"]),
    "coupons.delete": Case(
        lambda api: api.coupons.delete("c"), "/coupons/c", done("coupon", "c", "coupon.delete"), lambda r: r.id, "c"),
    "returns.get": Case(
        lambda api: api.returns.get("r"), "/returns/r", {"returns": [{"return": "r", "totalReturn": 9.90}]},
        lambda r: r.total_return, Decimal("9.9")),
    "returns.create": Case(
        lambda api: api.returns.create(ReturnDraft(order="o", reason="OTHER")), "/returns",
        {"returns": [{"return": "r", "original": {"order": "o"}, "result": "success"}]}, lambda r: first(r).id, "r",
        body={"returns": [{"order": "o", "reason": "OTHER"}]}),
    "sessions.create": Case(
        lambda api: api.sessions.create(SessionDraft(account="a", items=[SessionItemDraft(product="p")])), "/sessions",
        SESSION, lambda r: (r.id, r.subtotal), ("x", Decimal("9.9")),
        body={"account": "a", "items": [{"product": "p", "quantity": 1}]}),
    "sessions.get": Case(lambda api: api.sessions.get("x"), "/sessions/x", SESSION, lambda r: r.id, "x"),
    "checkouts.create": Case(
        lambda api: api.checkouts.create("st", "co", {"items": []}), V2, CHECKOUT, lambda r: r.checkout_status, "READY",
        status=201, body={"items": []}),
    "checkouts.get": Case(lambda api: api.checkouts.get("st", "co", "x"), f"{V2}/x", CHECKOUT, lambda r: r.id, "x"),
    "checkouts.update": Case(
        lambda api: api.checkouts.update("st", "co", "x", {"currency": "EUR"}), f"{V2}/x", CHECKOUT,
        lambda r: r.id, "x", body={"currency": "EUR"}),
    "checkouts.payment_methods": Case(
        lambda api: api.checkouts.payment_methods("st", "co", "x"), f"{V2}/x/payment-methods",
        {"paymentMethods": [{"type": "card"}]}, lambda r: r["paymentMethods"][0]["type"], "card"),
    "checkouts.add_item": Case(
        lambda api: api.checkouts.add_item("st", "co", "x", {"product": "p"}), f"{V2}/x/cart/items", CHECKOUT,
        lambda r: r.id, "x", status=201, body={"product": "p"}),
    "checkouts.update_item": Case(
        lambda api: api.checkouts.update_item("st", "co", "x", "p", {"quantity": 2}), f"{V2}/x/cart/items/p", CHECKOUT,
        lambda r: r.id, "x", body={"quantity": 2}),
    "checkouts.remove_item": Case(
        lambda api: api.checkouts.remove_item("st", "co", "x", "p"), f"{V2}/x/cart/items/p", b"",
        lambda r: r.id, None, status=204),
    "checkouts.set_customer": Case(
        lambda api: api.checkouts.set_customer("st", "co", "x", {"email": "a@b.example"}), f"{V2}/x/customer", CHECKOUT,
        lambda r: r.id, "x", body={"email": "a@b.example"}),
    "subscriptions.get": Case(
        lambda api: api.subscriptions.get("s"), "/subscriptions/s",
        {**SUBSCRIPTION, "action": "subscription.get", "result": "success", "subscriptions": [SUBSCRIPTION]},
        lambda r: (r.key, r.price), ("s", Decimal("9.9"))),
    "subscriptions.search": Case(
        lambda api: api.subscriptions.search(status="active"), "/subscriptions",
        {"action": "subscription.getall", "nextPage": None, "subscriptions": [SUBSCRIPTION]},
        lambda r: r.items[0].key, "s"),
    "subscriptions.update": Case(
        lambda api: api.subscriptions.update(UPDATE), "/subscriptions",
        {"subscriptions": [done("subscription", "s", "subscription.update")]}, lambda r: first(r).id, "s",
        body={"subscriptions": [{"subscription": "s", "quantity": 2}]}),
    "subscriptions.preview": Case(
        lambda api: api.subscriptions.preview(UPDATE), "/subscriptions",
        {"subscriptions": [done("subscription", "s", "subscription.update", prorated=True, proration={"due": 1.50})]},
        lambda r: first(r).proration["due"], Decimal("1.50"),
        body={"subscriptions": [{"subscription": "s", "quantity": 2, "preview": True}]}),
    "subscriptions.cancel": Case(
        lambda api: api.subscriptions.cancel("s", now=True), "/subscriptions/s",
        {"subscriptions": [done("subscription", "s", "subscription.cancel")]}, lambda r: first(r).id, "s"),
    "subscriptions.uncancel": Case(
        lambda api: api.subscriptions.uncancel("s"), "/subscriptions",
        {"subscriptions": [done("subscription", "s", "subscription.update")]}, lambda r: first(r).id, "s",
        body={"subscriptions": [{"subscription": "s", "deactivation": None}]}),
    "subscriptions.uncancel_one": Case(
        lambda api: api.subscriptions.uncancel_one("s"), "/subscriptions/s",
        {"subscriptions": [done("subscription", "s", "subscription.update")]}, lambda r: r.id, "s",
        body={"subscriptions": [{"subscription": "s", "deactivation": None}]}),
    "subscriptions.charge": Case(
        lambda api: api.subscriptions.charge("s"), "/subscriptions/charge",
        {"subscription": [done("subscription", "s", "subscription.charge")]}, lambda r: first(r).id, "s",
        body={"subscriptions": [{"subscription": "s"}]}),
    "subscriptions.estimate": Case(
        lambda api: api.subscriptions.estimate(UPDATE), "/subscriptions/estimate",
        {"subscription": "s", "currency": "USD", "amountDue": 1.10}, lambda r: r.members["amountDue"], Decimal("1.10"),
        body={"subscription": "s", "quantity": 2}),
    "subscriptions.pause": Case(
        lambda api: api.subscriptions.pause("s", periods=2), "/subscriptions/s/pause", SUBSCRIPTION, lambda r: r.key,
        "s", body={"pausePeriodCount": 2}),
    "subscriptions.resume": Case(
        lambda api: api.subscriptions.resume("s"), "/subscriptions/s/resume", SUBSCRIPTION, lambda r: r.key, "s"),
    "subscriptions.convert": Case(
        lambda api: api.subscriptions.convert("s"), "/subscriptions/s/convert", SESSION, lambda r: r.id, "x"),
    "subscriptions.entries": Case(
        lambda api: api.subscriptions.entries(["s", "t"]), "/subscriptions/s,t/entries",
        [{"beginPeriodDate": "2025-01-01", "order": {"order": "o", "total": 1}}], lambda r: first(r).order.key, "o"),
    "subscriptions.history": Case(
        lambda api: api.subscriptions.history("s", scope="base_plan"), "/subscriptions/s/history",
        {"currency": "USD", "timezone": "UTC", "changes": [{}]}, lambda r: len(r.changes), 1),
    "subscriptions.transfer": Case(
        lambda api: api.subscriptions.transfer({"subscriptionIds": ["s"], "accountId": "a"}), "/subscriptions/transfer",
        {"status": "200", "message": "done", "transferredSubscriptions": ["s"],
         "failedSubscriptions": [{"subscriptionId": "t", "errorMessage": "no", "errorCode": "X"}]},
        lambda r: (r.transferred, r.failed[0].subscription_id), (["s"], "t"),
        body={"subscriptionIds": ["s"], "accountId": "a"}),
    "subscriptions.create_coterm": Case(
        lambda api: api.subscriptions.create_coterm({"subscriptions": ["s"]}), "/subscriptions/coterm", {"id": "g"},
        lambda r: r.id, "g", status=201, body={"subscriptions": ["s"]}),
    "subscriptions.coterm": Case(
        lambda api: api.subscriptions.coterm("g"), "/subscriptions/coterm/g",
        {"action": "subscriptions.coterm.get", "result": "success", "coTermGroupId": "g", "subscriptions": [{}]},
        lambda r: r.members["coTermGroupId"], "g"),
    "subscriptions.update_coterm": Case(
        lambda api: api.subscriptions.update_coterm("g", {"action": "ADD"}), "/subscriptions/coterm/g", {"id": "g"},
        lambda r: r.id, "g", body={"action": "ADD"}),
    "subscriptions.delete_coterm": Case(
        lambda api: api.subscriptions.delete_coterm("g"), "/subscriptions/coterm/g", b"", lambda r: r.id, None,
        status=204),
    "subscriptions.estimate_coterm": Case(
        lambda api: api.subscriptions.estimate_coterm("g"), "/subscriptions/coterm/g/estimate", {"id": "g"},
        lambda r: r.id, "g"),
    "subscriptions.execute_coterm": Case(
        lambda api: api.subscriptions.execute_coterm("g"), "/subscriptions/coterm/g/execute", {"id": "g"},
        lambda r: r.id, "g"),
    "subscriptions.create_proforma_invoice": Case(
        lambda api: api.subscriptions.create_proforma_invoice({"subscription": "s"}), "/subscriptions/proformaInvoice",
        {"id": "i"}, lambda r: r.id, "i", status=201, body={"subscription": "s"}),
    "subscriptions.proforma_invoice": Case(
        lambda api: api.subscriptions.proforma_invoice("i", language="de"), "/subscriptions/proformaInvoice/i",
        {"id": "i"}, lambda r: r.id, "i"),
    "subscriptions.cancel_survey_reasons": Case(
        lambda api: api.subscriptions.cancel_survey_reasons("s"), "/subscriptions/cancelSurvey/reasons/s",
        {"reasons": [{"id": "r"}]}, lambda r: r.members["reasons"][0]["id"], "r"),
    "subscriptions.answer_cancel_survey": Case(
        lambda api: api.subscriptions.answer_cancel_survey({"subscription": "s"}),
        "/subscriptions/cancelSurvey/response", {"id": "v"}, lambda r: r.id, "v", body={"subscription": "s"}),
    "subscriptions.query_cancel_survey": Case(
        lambda api: api.subscriptions.query_cancel_survey({"offset": 0, "limit": 5}),
        "/subscriptions/cancelSurvey/response/query", {"total": 0, "responses": []}, lambda r: r.members["total"], 0,
        body={"offset": 0, "limit": 5}),
    "quotes.create": Case(
        lambda api: api.quotes.create({"name": "n", "items": [{"unitListPrice": Decimal("1.10")}]}), "/quotes", QUOTE,
        lambda r: r.total, Decimal("9.9"), status=201, body={"name": "n", "items": [{"unitListPrice": 1.1}]}),
    "quotes.list": Case(
        lambda api: api.quotes.list(), "/quotes", {"_embedded": {"quotes": [QUOTE]}, "_links": {}},
        lambda r: r.items[0].id, "q"),
    "quotes.get": Case(lambda api: api.quotes.get("q"), "/quotes/q", QUOTE, lambda r: r.status, "OPEN"),
    "quotes.update": Case(
        lambda api: api.quotes.update("q", {"notes": "n"}), "/quotes/q", QUOTE, lambda r: r.id, "q",
        body={"updateQuoteRequest": {"notes": "n"}}),
    "quotes.delete": Case(lambda api: api.quotes.delete("q"), "/quotes/q", b"", lambda r: r.id, "q", status=204),
    "quotes.cancel": Case(lambda api: api.quotes.cancel("q"), "/quotes/q/cancel", QUOTE, lambda r: r.id, "q"),
    "invoices.create": Case(
        lambda api: api.invoices.create({"currencyCode": "USD"}), "/invoices/paymentInvoice",
        {"id": "i", "status": "OPEN", "totalOrderValue": 106}, lambda r: r.total_order_value, Decimal(106),
        body={"currencyCode": "USD"}),
    "invoices.get": Case(lambda api: api.invoices.get("i"), "/invoices/i", {"id": "i"}, lambda r: r.id, "i"),
    "data.subscription_report": Case(
        lambda api: api.data.subscription_report(columns=["mrr"]), "/data/v1/subscription",
        {"report": [{"mrr": 10.50}], "request": {}}, lambda r: r.report[0]["mrr"], Decimal("10.50"),
        body={"filter": {}, "async": False, "reportColumns": ["mrr"]}),
    "data.revenue_report": Case(
        lambda api: api.data.revenue_report(job=True), "/data/v1/revenue",
        {"id": "j", "name": "RevenueReport", "status": "PROCESSING", "request": {}}, lambda r: (r.id, r.report),
        ("j", None), body={"filter": {}, "async": True}),
    "data.jobs": Case(lambda api: api.data.jobs(), "/data/v1/jobs", [{"id": "j"}], lambda r: first(r).id, "j"),
    "data.job": Case(lambda api: api.data.job("j"), "/data/v1/jobs/j", {"id": "j", "status": "COMPLETED"},
                     lambda r: r.status, "COMPLETED"),
    "data.download": Case(
        lambda api: api.data.download("j"), "/data/v1/downloads/j", b'a,"error"\n1,2\n', lambda r: r,
        b'a,"error"\n1,2\n'),
    "data.reset_cache": Case(
        lambda api: api.data.reset_cache(), "/data/v1/util/cache", b"Cache reset success\n", lambda r: r,
        "Cache reset success"),
    "webhook_keys.set": Case(
        lambda api: api.webhook_keys.set("https://h.example/", "key"), "/webhooks/keys",
        {"url": "https://h.example/", "action": "webhooks.update", "result": "success"}, lambda r: r.url,
        "https://h.example/", body={"url": "https://h.example/", "hmacSecret": "key"}),
}  # fmt: skip
