"""What `store.api` promises whatever the family: one or many, whose fault an error is, and a way past what is typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from commerce_async.errors import (
    CommerceError,
    DecodeError,
    MissingError,
    RejectedError,
    UnknownOutcomeError,
    UsageError,
)
from commerce_async.http.call import Call, Reply
from commerce_async.store import Batch, Failure
from commerce_async.testing.clock import VirtualTimeLoop
from fastspring_async import wire
from fastspring_async.api import Api
from fastspring_async.drafts import (
    AccountDraft,
    CouponDraft,
    DiscountDraft,
    OrderDraft,
    PricingDraft,
    ProductDraft,
    ReturnDraft,
    ReturnItemDraft,
    SubscriptionDraft,
)
from tests.fastspring.fakes import fixture, reply, store

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


async def made(run: Callable[[Api], Awaitable[Any]], body: object, status: int = 200) -> Any:
    """What a call gives, or the error that it raises."""
    shop, _ = store(lambda _call: reply(body, status))
    async with shop:
        try:
            return await run(shop.api)
        except CommerceError as error:
            return error


def refusal(plural: str, id: str, error: object) -> dict[str, object]:
    return {plural: [{plural[:-1]: id, "action": "x", "result": "error", "error": error}]}


# -- one and many --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["products", "orders", "accounts", "coupons", "returns", "subscriptions", "offers"])
async def test_get_gives_the_record_or_raises_and_get_many_accounts_for_each(family: str) -> None:
    key = {"offers": "product"}.get(family, family.removesuffix("s"))
    plural = "products" if family == "offers" else family

    def answer(call: Call[Any]) -> Reply:
        ids = call.path.rsplit("/", 1)[1].split(",")
        rows = [{key: id} if id != "no" else refusal(plural, id, {key: "Not found"})[plural][0] for id in ids]  # type: ignore[index]  # a list
        return reply({plural: rows}, 400 if "no" in ids else 200)

    shop, _ = store(answer)
    async with shop:
        api = getattr(shop.api, family)
        one = await api.get("a")
        assert getattr(one, "key", None) or one.product == "a"
        with pytest.raises(MissingError):
            await api.get("no")
        batch = await api.get_many(["b", "no", "a", "b"])
        with pytest.raises(UsageError, match="text"):
            await api.get(["a"])
        with pytest.raises(UsageError, match="comma"):
            await api.get("a,b")
    assert (len(batch.items), batch.missing, batch.failed) == (2, ("no",), ())


async def test_a_batch_of_one_gives_it_or_raises_why_not() -> None:
    lost = RejectedError("Locked")
    assert Batch(("x",)).one() == "x"
    with pytest.raises(MissingError, match="'a'"):
        Batch[str]((), ("a",)).one()
    with pytest.raises(RejectedError, match="Locked"):
        Batch[str]((), (), (Failure("a", lost),)).one()
    for batch in (Batch[str](()), Batch(("x", "y")), Batch(("x",), ("a",))):
        with pytest.raises(UsageError, match="one thing"):
            batch.one()


# -- whose fault it is ---------------------------------------------------------------------------------------

UPDATE = SubscriptionDraft(subscription="s", product="gone")


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("run", "body"),
    [
        (lambda api: api.subscriptions.update(UPDATE),
         refusal("subscriptions", "s", {"product": "Product not found"})),
        (lambda api: api.subscriptions.preview(UPDATE), refusal("subscriptions", "s", "Coupon not found")),
        (lambda api: api.returns.create(ReturnDraft(order="o", reason="OTHER")),
         {"returns": [{"action": "return.create", "return": "o", "result": "error", "error": {
             "RETURN_ITEMS_PRODUCT_ERROR": "Product path is not found in the original order."}}]}),
        (lambda api: api.orders.update(OrderDraft(order="o", tags={"k": "v"})),
         refusal("orders", "o", {"items.p": "Product not found"})),
        (lambda api: api.products.create(
            ProductDraft(product="abc", display={"en": "A"}, pricing=PricingDraft(price={"USD": Decimal(1)}))),
         refusal("products", "abc", {"parent": "Product not found"})),
    ],
)  # fmt: skip
async def test_that_something_named_in_a_change_is_not_there_does_not_make_the_changed_thing_missing(
    run: Callable[[Api], Awaitable[Any]], body: object, status: int
) -> None:
    batch = await made(run, body, status)
    assert (batch.items, batch.missing) == ((), ())
    assert [type(failure.error) for failure in batch.failed] == [RejectedError]


@pytest.mark.parametrize(
    ("run", "body"),
    [
        (lambda api: api.accounts.update("a", AccountDraft(language="de")), {"lookup": "Custom id not found"}),
        (lambda api: api.subscriptions.convert("s"), {"subscription.convert": "Product not found"}),
    ],
)
async def test_nor_does_it_where_one_thing_is_changed(run: Callable[[Api], Awaitable[Any]], body: object) -> None:
    assert type(await made(run, {"action": "x", "result": "error", "error": body}, 400)) is RejectedError


@pytest.mark.parametrize(
    ("run", "error"),
    [
        (lambda api: api.subscriptions.update(UPDATE), {"subscription": "Subscription not found"}),
        (lambda api: api.subscriptions.cancel("s"), "Not found"),
    ],
)
async def test_what_was_to_be_changed_and_is_not_there_is_missing(
    run: Callable[[Api], Awaitable[Any]], error: object
) -> None:
    assert (await made(run, refusal("subscriptions", "s", error), 400)).missing == ("s",)


async def test_a_pause_of_what_is_not_there_and_a_mark_of_what_is_not_there_say_so() -> None:
    pause = {
        "action": "subscriptions.pause",
        "result": "error",
        "error": {"subscriptions.pause": "Subscription not found"},
    }
    assert type(await made(lambda api: api.subscriptions.pause("s", periods=1), pause, 400)) is MissingError
    mark = {"events": [{"action": "event.get", "event": "e", "result": "error", "error": {"order": "Not found"}}]}
    assert type(await made(lambda api: api.events.mark("e"), mark, 400)) is MissingError


@pytest.mark.parametrize(
    ("run", "plural", "key"),
    [
        (lambda api: api.accounts.authenticate_many(["a", "b"]), "accounts", "account"),
        (lambda api: api.offers.get_many(["a", "b"]), "products", "product"),
    ],
)
async def test_what_a_read_leaves_out_is_asked_again_and_is_no_doubt_about_a_change(
    run: Callable[[Api], Awaitable[Any]], plural: str, key: str
) -> None:
    def answer(call: Call[Any]) -> Reply:
        return reply({plural: [{key: "a", "result": "success"}] if "a,b" in call.path else []})

    shop, wall = store(answer)
    async with shop:
        batch = await run(shop.api)
    assert len(batch.items) == 1
    assert [(failure.id, type(failure.error)) for failure in batch.failed] == [("b", DecodeError)]
    assert len(wall.calls) == 2
    assert not any(isinstance(failure.error, UnknownOutcomeError) for failure in batch.failed)


# -- lists ---------------------------------------------------------------------------------------------------


async def test_a_product_without_a_price_there_hides_no_other() -> None:
    rows = [
        {"action": "product.price.getall", "result": "error", "product": "a", "error": {"product": "No price"}},
        {"product": "b", "pricing": {"DE": {"currency": "EUR", "price": "x"}}},
        {"product": "c", "pricing": {"KW": {"currency": "KWD", "price": 1.250, "display": "KWD 1.250"}}},
    ]
    page = await made(lambda api: _page(api.products.prices()), {"page": 1, "products": rows})
    assert [(each.product, each.pricing["KW"].price) for each in page.items] == [("c", Decimal("1.250"))]
    assert [(bad.id, bad.reason) for bad in page.unreadable] == [
        ("a", "No price"), ("b", "pricing.DE.price: expected a decimal number, got 'x'")
    ]  # fmt: skip


async def _page(pager: Any) -> Any:
    return await pager


async def test_a_search_whose_pages_the_vendor_refuses_is_read_as_it_gives_it() -> None:
    def answer(call: Call[Any]) -> Reply:
        if dict(call.query).get("limit"):
            words = {"limit": "Pagination is not supported for this endpoint"}
            return reply({"action": "order.getall", "result": "error", "error": words})
        return reply({"action": "order.getall", "orders": [{"order": "o", "live": True}], "nextPage": None})

    shop, _ = store(answer)
    async with shop:
        assert [order.key async for order in shop.api.orders.search(status="completed")] == ["o"]


async def test_ids_and_objects_in_one_list_are_both_read() -> None:
    def answer(call: Call[Any]) -> Reply:
        if call.path == "/orders":
            return reply({"orders": ["a", {"order": "b", "live": True}]})
        return reply({"order": "a", "live": False})

    shop, wall = store(answer)
    async with shop:
        found = [(order.key, order.live) async for order in shop.api.orders.search()]
    assert found == [("a", False), ("b", True)]
    assert [call.path for call in wall.calls] == ["/orders", "/orders/a"]


async def test_quotes_follow_the_vendors_links_from_page_to_page() -> None:
    def answer(call: Call[Any]) -> Reply:
        page = int(dict(call.query).get("page", "0"))
        links = {"next": {"href": f"https://x.example/quotes?page={page + 1}"}} if page < 2 else {}
        return reply({"_embedded": {"quotes": [{"id": f"q{page}"}, "odd"]}, "_links": links})

    shop, wall = store(answer)
    async with shop:
        pages = [page async for page in shop.api.quotes.list({"status": "OPEN"}).pages()]
        rest = [page async for page in shop.api.quotes.list({"status": "OPEN"}, resume=pages[1].token).pages()]
    assert [quote.id for page in pages for quote in page.items] == ["q0", "q1", "q2"]
    assert [len(page.unreadable) for page in pages] == [1, 1, 1]
    assert wall.calls[0].query == (("status", "OPEN"),)
    assert [quote.id for page in rest for quote in page.items] == ["q2"]


async def test_entries_of_subscriptions_name_the_one_that_is_not_there_and_give_the_others() -> None:
    def answer(call: Call[Any]) -> Reply:
        ids = call.path.split("/")[2].split(",")
        if "no" in ids:
            return reply({"message": "not found", "params": []}, 400)
        return reply([{"beginPeriodDate": "2025-01-01", "order": f"order-{id}"} for id in ids])

    shop, wall = store(answer)
    async with shop:
        batch = await shop.api.subscriptions.entries(["a", "b", "no", "c"])
    assert [entry.order for entry in batch.items] == ["order-a", "order-b", "order-c"]
    assert (batch.missing, batch.failed) == (("no",), ())
    assert len(wall.calls) == 5


# -- what cannot be sent -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "run",
    [
        lambda api: api.orders.search(status="cancelled"),
        lambda api: api.orders.search(scope="production"),
        lambda api: api.orders.search(days=3, begin=date(2024, 1, 1)),
        lambda api: api.accounts.search(subscriptions="cancelled"),
        lambda api: api.subscriptions.search(status="cancelled"),
        lambda api: api.subscriptions.search(event="cancelled", begin=date(2024, 1, 1)),
        lambda api: api.subscriptions.search(scope="sandbox"),
    ],
)
def test_a_word_that_the_vendor_might_ignore_is_refused_before_anything_is_sent(run: Callable[[Api], Any]) -> None:
    shop, wall = store(lambda _call: reply({}))
    with pytest.raises(UsageError):
        run(shop.api)
    assert not wall.calls


@pytest.mark.parametrize(
    "run",
    [
        lambda api: api.offers.get("a", type="bundle"),
        lambda api: api.subscriptions.history("s", order="asc"),
        lambda api: api.subscriptions.pause("s", periods=0),
        lambda api: api.accounts.update("a,b", AccountDraft(language="de")),
        lambda api: api.events.mark("a,b"),
        lambda api: api.coupons.codes("a,b"),
        lambda api: api.request("GET", "/x", headers={"Authorization": "Basic x"}),
        lambda api: api.request("GET", "/x", headers={"X-A": "a\r\nX-B: b"}),
        lambda api: api.request("GET", "/x", headers={"X A": "a"}),
    ],
)
async def test_a_request_that_would_mean_something_else_is_refused(run: Callable[[Api], Awaitable[Any]]) -> None:
    shop, wall = store(lambda _call: reply({}))
    async with shop:
        with pytest.raises(UsageError):
            await run(shop.api)
    assert not wall.calls


@pytest.mark.parametrize("amount", [Decimal(0), 0, Decimal(-1), Decimal("NaN"), Decimal("1.001"), 9.9, "9.90", True])
async def test_money_back_is_an_exact_amount_above_nothing(amount: Any) -> None:
    shop, wall = store(lambda _call: reply({}))
    draft = ReturnDraft(order="o", reason="OTHER", items=[ReturnItemDraft(product="p", amount=amount)])
    async with shop:
        with pytest.raises(UsageError) as caught:
            await shop.api.returns.create(draft)
    assert list(caught.value.fields) == ["o.items[0].amount"]
    assert not wall.calls


@pytest.mark.parametrize(
    ("discount", "field"),
    [
        (DiscountDraft(type="percent", percent=Decimal(101)), "discount.percent"),
        (DiscountDraft(type="flat", amount={"usd": Decimal(1)}), "discount.amount"),
        (DiscountDraft(type="flat", amount={"USD": Decimal(-1)}), "discount.amount.USD"),
    ],
)
def test_a_coupon_takes_off_a_part_or_an_amount_that_there_is(discount: DiscountDraft, field: str) -> None:
    assert list(CouponDraft(coupon="c", discount=discount).faults()) == [field]


async def test_one_id_in_place_of_several_is_one_id() -> None:
    shop, wall = store(lambda call: reply({"id": "abc", "type": "x"}))
    async with shop:
        assert (await shop.api.events.mark_many("abc")).items == ("abc",)
    assert [call.path for call in wall.calls] == ["/events/abc"]


# -- past what is typed --------------------------------------------------------------------------------------


async def test_a_request_of_ones_own_carries_headers_and_gives_the_whole_reply() -> None:
    shop, wall = store(lambda _call: reply({"x": 1}, 201, x_request_id="r-1"))
    async with shop:
        whole = await shop.api.request("GET", "/new/thing", headers={"X-Trace": "t"}, decode=Reply)
    assert (whole.status, whole.headers["x-request-id"], whole.body) == (201, "r-1", b'{"x":1}')
    assert wall.calls[0].headers == (("X-Trace", "t"),)


# -- whole records -------------------------------------------------------------------------------------------


def test_an_order_has_every_documented_amount_exact_and_its_goods() -> None:
    order = wire.read_order_record(
        b'{"order":"o","total":10.10,"totalInPayoutCurrency":9,"totalDisplay":"$10.10","discountWithTax":"2.160",'
        b'"currency":"USD","payoutCurrency":"EUR","buyerReference":null,"changed":1571172709980,"live":false,"notes":[],'
        b'"payment":{"type":"bank","bank":"sofort"},"address":{"regionDisplay":"California","display":"CA"},'
        b'"items":[{"product":"p","subtotalInPayoutCurrency":9.0,"discountInPayoutCurrency":0,"fulfillments":{'
        b'"p_file_0":[{"display":"A.exe","size":129,"file":"https://x.example/f","type":"file"}],'
        b'"p_license_1":[{"license":"KEY-1","display":"License Key","type":"license"}],"instructions":"Thanks."}}],'
        b'"returns":[{"return":"r","amount":1,"amountInPayoutCurrency":0.90,"amountDisplay":"$1.00"},"r2"]}'
    )
    assert isinstance(order, wire.Order)
    assert (order.total_in_payout_currency, order.discount_with_tax) == (Decimal(9), Decimal("2.160"))
    assert (order.total_display, order.payout_currency, order.live) == ("$10.10", "EUR", False)
    assert order.payment
    assert order.payment.bank == "sofort"
    assert wire.instant(order.changed) == datetime(2019, 10, 15, 20, 51, 49, 980000, tzinfo=UTC)
    (item,) = order.items or ()
    assert item.subtotal_in_payout_currency == Decimal("9.0")
    assert [(each.type, each.license or each.file, each.size) for each in item.deliveries] == [
        ("file", "https://x.example/f", 129), ("license", "KEY-1", None)
    ]  # fmt: skip
    assert item.instructions == "Thanks."
    assert "KEY-1" not in repr(order) + repr(item.deliveries)
    first, second = order.returns or ()
    assert isinstance(first, wire.OrderReturnRecord)
    assert (first.amount_in_payout_currency, second) == (Decimal("0.90"), "r2")


def test_a_product_has_everything_that_the_page_documents() -> None:
    product = wire.read_product_record(fixture("product"))
    assert isinstance(product, wire.Product)
    assert isinstance(product.description, wire.DescriptionRecord)
    assert product.description.action == {"en": "Subscribe"}
    assert product.taxcode_description == "Software"
    assert product.offers
    assert product.offers[0].items == ["manual"]
    assert product.pricing
    assert (product.pricing.quantity_behavior, product.pricing.quantity_default) == ("allow", 1)
    assert product.pricing.quantity_discounts == {"10": Decimal("25.0")}
    assert product.pricing.setup_fee
    assert product.pricing.setup_fee.title == {}


@pytest.mark.parametrize("odd", [None, [], "x", {"a": 1}, {"a": [1, None, "x"]}, {"a": [{"size": "big", "type": 7}]}])
def test_fulfillments_of_any_shape_can_be_asked_for(odd: object) -> None:
    item = wire.OrderItemRecord(fulfillments=odd)
    assert all(isinstance(each, wire.Delivery) for each in item.deliveries)
    assert item.instructions is None


async def test_an_error_says_each_of_the_vendors_words_once_with_its_field() -> None:
    words = {"begin": "Invalid begin date", "end": "End date must be after begin date"}
    body = {"action": "order.lookup", "result": "error", "error": words}
    error = await made(lambda api: _page(api.orders.search(status="completed")), body, 400)
    assert error.fields == words
    assert str(error) == (
        "eu orders.search: begin: Invalid begin date; end: End date must be after begin date [HTTP 400] (GET /orders)"
    )


def test_what_is_an_id_here_and_an_object_there_is_told_by_its_id() -> None:
    account = wire.read_account(
        b'{"account":"a","orders":["o1",{"id":"o2"},{"order":"o3"},""],'
        b'"subscriptions":[{"subscription":"s","product":"p"}]}'
    )
    assert (account.order_ids, account.subscription_ids) == (("o1", "o2", "o3"), ("s",))
    assert wire.id_of(wire.Reference(product="p", subscription="s"), "product") == "p"
    assert wire.id_of(wire.Account(id="a"), "account") == wire.id_of(wire.Order(order="a"), "order") == "a"
    assert (wire.id_of(None, "order"), wire.AccountRecord().order_ids) == (None, ())
