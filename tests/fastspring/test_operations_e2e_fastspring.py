"""Every documented operation, called on the emulator over loopback, with what it did checked by reading it back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import anyio
import pytest

from commerce_async.clock import LoopClock
from commerce_async.errors import MissingError, RejectedError
from fastspring_async import FastSpring
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
from fastspring_async.emulator import FastSpringEmulator
from fastspring_async.operations import OPERATIONS

pytestmark = pytest.mark.anyio


class World(NamedTuple):
    """The store's own API, the emulator behind it, and what it is full of."""

    api: Api
    emulator: FastSpringEmulator
    products: tuple[str, ...]
    subscriptions: tuple[Any, ...]

    def one(self, state: str = "active", *, adhoc: bool = False) -> Any:
        """A subscription in that state."""
        return next(each for each in self.subscriptions if each.state == state and bool(each.adhoc) is adhoc)


class ShopClock(LoopClock):
    """The wall clock of the emulated shop, whose past ends at a fixed day."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def wall(self) -> datetime:
        return datetime.fromtimestamp(self._emulator.world.now / 1000, UTC)


FULL_OF: dict[str, tuple[Any, ...]] = {}  # the same in every emulator that is made alike: read once


@pytest.fixture
async def world() -> AsyncIterator[World]:
    emulator = FastSpringEmulator(products=20, orders=300, rate_limit=None)
    clock = ShopClock(emulator)
    async with emulator, FastSpring(rate=1000, clock=clock, **emulator.settings()) as shop:
        if not FULL_OF:
            FULL_OF["products"] = await shop.api.products.ids()
            FULL_OF["subscriptions"] = tuple([each async for each in shop.api.subscriptions.search()])
        yield World(shop.api, emulator, **FULL_OF)


def only(batch: Any) -> Any:
    assert not batch.failed, batch.failed
    assert not batch.missing
    return batch.items[0]


STEPS: dict[str, Callable[[World], Awaitable[None]]] = {}


def step(name: str) -> Callable[[Callable[[World], Awaitable[None]]], Callable[[World], Awaitable[None]]]:
    def kept(run: Callable[[World], Awaitable[None]]) -> Callable[[World], Awaitable[None]]:
        STEPS[name] = run
        return run

    return kept


# -- products and offers -------------------------------------------------------------------------------------


@step("products.get")
async def _(world: World) -> None:
    batch = await world.api.products.get_many([*world.products, "nope"])
    assert (tuple(item.product for item in batch.items), batch.missing) == (world.products, ("nope",))


@step("products.ids")
async def _(world: World) -> None:
    assert len(await world.api.products.ids()) == 20


@step("products.prices")
async def _(world: World) -> None:
    assert len([each async for each in world.api.products.prices(country="DE")]) == 20


@step("products.price")
async def _(world: World) -> None:
    prices = await world.api.products.price(world.products[0], country="DE")
    assert prices.pricing["DE"].currency == "EUR"


@step("products.create")
async def _(world: World) -> None:
    draft = ProductDraft(
        product="brand-new", display={"en": "New"}, pricing=PricingDraft(price={"USD": Decimal("1.10")})
    )
    assert only(await world.api.products.create(draft)).created is True
    made = await world.api.products.get("brand-new")
    assert made.pricing.price == {"USD": Decimal("1.10")}


@step("products.update")
async def _(world: World) -> None:
    only(await world.api.products.update(ProductDraft(product=world.products[0], sku="CHANGED")))
    assert (await world.api.products.get(world.products[0])).sku == "CHANGED"


@step("products.delete")
async def _(world: World) -> None:
    only(await world.api.products.delete(world.products[0]))
    assert (await world.api.products.get_many([world.products[0]])).missing == (world.products[0],)


@step("products.preview_tax")
async def _(world: World) -> None:
    catalog, virtual = {"product": world.products[0]}, {"product": "x", "pricing": {"price": Decimal("9.90")}}
    groups = [
        {"country": "DE", "currency": "EUR", "items": [catalog, virtual]},
        {"country": "US", "currency": "USD", "items": [virtual]},
        {"country": "US", "currency": "USD", "zip": "93101", "items": [virtual]},
    ]
    found = await world.api.products.preview_tax(groups)
    taxes = [[item["taxPrice"] for item in group["items"]] for group in found["products"]]
    assert taxes[0][0] > 0
    assert (taxes[0][1], taxes[1:]) == (Decimal("1.88"), [[Decimal(0)], [Decimal("0.72")]])
    with pytest.raises(RejectedError, match="Invalid country"):
        await world.api.products.preview_tax([{"country": "XX", "currency": "EUR", "items": []}])


@step("offers.get")
async def _(world: World) -> None:
    batch = await world.api.offers.get_many([world.products[0], "nope"])
    assert (batch.items[0].product, batch.missing) == (world.products[0], ("nope",))


@step("offers.set")
async def _(world: World) -> None:
    first, second = world.products[:2]
    await world.api.offers.set(first, [{"type": "upsell", "items": [second]}])
    assert (await world.api.offers.get(first, type="upsell")).offers[0].items == [second]


# -- orders and events ---------------------------------------------------------------------------------------


async def an_order(world: World) -> Any:
    """A completed order that nothing was given back for."""
    async for order in world.api.orders.search(days=700):
        if order.completed and order.reference and not order.returns:
            return order
    raise AssertionError("no such order")


@step("orders.get")
async def _(world: World) -> None:
    order = await an_order(world)
    batch = await world.api.orders.get_many([order.key, "nope"])
    assert ([item.key for item in batch.items], batch.missing) == ([order.key], ("nope",))


@step("orders.search")
async def _(world: World) -> None:
    assert (await an_order(world)).total is not None


@step("orders.update")
async def _(world: World) -> None:
    order = await an_order(world)
    only(await world.api.orders.update(OrderDraft(order=order.key, tags={"seen": "yes"})))
    assert b"seen" in (await world.api.orders.get(order.key)).raw


@step("events.processed")
async def _(world: World) -> None:
    assert [event async for event in world.api.events.processed(days=30)] == []


@step("events.unprocessed")
async def _(world: World) -> None:
    assert len([event async for event in world.api.events.unprocessed(days=30)]) == 100


@step("events.mark")
async def _(world: World) -> None:
    first = (await world.api.events.unprocessed(days=30)).items[0]
    await world.api.events.mark(first.id)
    assert [event.id async for event in world.api.events.processed(days=30)] == [first.id]


# -- accounts, coupons, returns, sessions --------------------------------------------------------------------


async def an_account(world: World) -> str:
    return (await world.api.accounts.ids()).items[0]


@step("accounts.get")
async def _(world: World) -> None:
    id = await an_account(world)
    batch = await world.api.accounts.get_many([id, "nope"])
    assert ([item.key for item in batch.items], batch.missing) == ([id], ("nope",))


@step("accounts.search")
async def _(world: World) -> None:
    everyone = [account async for account in world.api.accounts.search()]
    email = everyone[0].contact.email
    assert (await world.api.accounts.search(email=email)).items[0].key == everyone[0].key


@step("accounts.create")
async def _(world: World) -> None:
    contact = ContactDraft(first="Ada", last="Byron", email="ada@new.example")
    made = await world.api.accounts.create(AccountDraft(contact=contact, country="GB", lookup={"custom": "ada-1"}))
    assert (await world.api.accounts.get(made.id)).lookup.custom == "ada-1"


@step("accounts.update")
async def _(world: World) -> None:
    id = await an_account(world)
    assert (await world.api.accounts.update(id, AccountDraft(language="fr"))).id == id
    assert (await world.api.accounts.get(id)).language == "fr"


@step("accounts.authenticate")
async def _(world: World) -> None:
    batch = await world.api.accounts.authenticate_many([await an_account(world), "nope"])
    assert batch.items[0].url.startswith("https://")
    assert batch.missing == ("nope",)


async def a_coupon(world: World) -> str:
    discount = DiscountDraft(type="percent", percent=Decimal("12.5"))
    await world.api.coupons.save(CouponDraft(coupon="spring", discount=discount, limit=5, codes=["ONE"]))
    return "spring"


@step("coupons.get")
async def _(world: World) -> None:
    batch = await world.api.coupons.get_many([await a_coupon(world), "nope"])
    assert (batch.items[0].discount.percent, batch.items[0].uses) == (Decimal("12.5"), 5)
    assert batch.missing == ("nope",)


@step("coupons.ids")
async def _(world: World) -> None:
    assert await a_coupon(world) in await world.api.coupons.ids()


@step("coupons.save")
async def _(world: World) -> None:
    await a_coupon(world)
    body = CouponDraft(coupon="spring", discount=DiscountDraft(type="flat", amount={"USD": Decimal("2.50")}))
    assert (await world.api.coupons.save(body)).action == "coupon.update"
    assert (await world.api.coupons.get("spring")).discount.amount == {"USD": Decimal("2.50")}


@step("coupons.add_codes")
async def _(world: World) -> None:
    await world.api.coupons.add_codes(await a_coupon(world), ["two"])
    assert set((await world.api.coupons.codes("spring")).codes) == {"ONE", "TWO"}


@step("coupons.codes")
async def _(world: World) -> None:
    assert (await world.api.coupons.codes(await a_coupon(world))).codes == ["ONE"]


@step("coupons.delete_codes")
async def _(world: World) -> None:
    assert (await world.api.coupons.delete_codes(await a_coupon(world))).deleted == ["ONE"]
    assert (await world.api.coupons.codes("spring")).codes == []


@step("coupons.delete")
async def _(world: World) -> None:
    await world.api.coupons.delete(await a_coupon(world))
    assert (await world.api.coupons.get_many(["spring"])).missing == ("spring",)


@step("returns.get")
async def _(world: World) -> None:
    made = only(await world.api.returns.create(ReturnDraft(order=(await an_order(world)).key, reason="OTHER")))
    batch = await world.api.returns.get_many([made.id, "nope"])
    assert ([item.key for item in batch.items], batch.missing) == ([made.id], ("nope",))


@step("returns.create")
async def _(world: World) -> None:
    order = await an_order(world)
    made = only(await world.api.returns.create(ReturnDraft(order=order.key, reason="OTHER")))
    assert order.key in made.orders
    assert world.emulator.ledger.writes == 1


@step("sessions.create")
async def _(world: World) -> None:
    item = SessionItemDraft(product=world.products[0], quantity=2)
    made = await world.api.sessions.create(SessionDraft(account=await an_account(world), items=[item], expiration=3))
    assert made.items is not None
    assert made.items[0].quantity == 2


@step("sessions.get")
async def _(world: World) -> None:
    item = SessionItemDraft(product=world.products[0])
    made = await world.api.sessions.create(SessionDraft(account=await an_account(world), items=[item]))
    assert (await world.api.sessions.get(str(made.id))).id == made.id
    with pytest.raises(MissingError):
        await world.api.sessions.get("nope")


async def a_checkout(world: World) -> tuple[str, str, str]:
    made = await world.api.checkouts.create("st", "co", {"cart": {"items": [{"product": world.products[0]}]}})
    return "st", "co", str(made.id)


@step("checkouts.create")
async def _(world: World) -> None:
    made = await world.api.checkouts.create("st", "co", {"cart": {"items": [{"product": "nope"}]}})
    assert (made.checkout_status, len(made.warnings)) == ("INVALID", 1)


@step("checkouts.get")
async def _(world: World) -> None:
    store, checkout, id = await a_checkout(world)
    assert (await world.api.checkouts.get(store, checkout, id)).checkout_status == "READY"
    with pytest.raises(MissingError):
        await world.api.checkouts.get(store, checkout, "nope")


@step("checkouts.update")
async def _(world: World) -> None:
    assert (await world.api.checkouts.update(*await a_checkout(world), {"currency": "EUR"})).currency == "EUR"


@step("checkouts.payment_methods")
async def _(world: World) -> None:
    assert (await world.api.checkouts.payment_methods(*await a_checkout(world)))["paymentMethods"]


@step("checkouts.add_item")
async def _(world: World) -> None:
    place = await a_checkout(world)
    found = await world.api.checkouts.add_item(*place, {"product": world.products[1]})
    assert len(found.members["cart"]["items"]) == 2


@step("checkouts.update_item")
async def _(world: World) -> None:
    found = await world.api.checkouts.update_item(*await a_checkout(world), world.products[0], {"quantity": 3})
    assert found.members["cart"]["items"][0]["quantity"] == 3


@step("checkouts.remove_item")
async def _(world: World) -> None:
    place = await a_checkout(world)
    await world.api.checkouts.remove_item(*place, world.products[0])
    assert (await world.api.checkouts.get(*place)).members["cart"]["items"] == []


@step("checkouts.set_customer")
async def _(world: World) -> None:
    found = await world.api.checkouts.set_customer(*await a_checkout(world), {"email": "a@b.example"})
    assert found.members["customer"] == {"email": "a@b.example"}


# -- subscriptions -------------------------------------------------------------------------------------------


@step("subscriptions.get")
async def _(world: World) -> None:
    ids = [each.key for each in world.subscriptions]
    assert len(ids) > 50  # more than one call
    batch = await world.api.subscriptions.get_many([*ids, "nope"])
    assert ([item.key for item in batch.items], batch.missing, batch.failed) == (ids, ("nope",), ())


@step("subscriptions.search")
async def _(world: World) -> None:
    found = {each.key async for each in world.api.subscriptions.search(status="canceled")}
    assert found == {each.key for each in world.subscriptions if each.state == "canceled"} != set()
    ids = [id async for id in world.api.subscriptions.ids()]
    assert ids == [each.key for each in world.subscriptions]


@step("subscriptions.update")
async def _(world: World) -> None:
    id = world.one().key
    only(await world.api.subscriptions.update(SubscriptionDraft(subscription=id, quantity=7)))
    assert (await world.api.subscriptions.get(id)).quantity == 7


@step("subscriptions.preview")
async def _(world: World) -> None:
    one = world.one()
    found = only(
        await world.api.subscriptions.preview(SubscriptionDraft(subscription=one.key, quantity=7, prorate=True))
    )
    assert found.prorated is True
    assert found.proration
    assert (await world.api.subscriptions.get(one.key)).quantity == one.quantity


@step("subscriptions.cancel")
async def _(world: World) -> None:
    id, ended = world.one().key, world.one("deactivated").key
    batch = await world.api.subscriptions.cancel([id, "nope", ended])
    assert ([item.id for item in batch.items], batch.missing) == ([id], ("nope",))
    assert [failure.reason for failure in batch.failed] == ["The subscription is already canceled"]
    assert (await world.api.subscriptions.get(id)).state == "canceled"
    only(await world.api.subscriptions.cancel(id, now=True))
    assert (await world.api.subscriptions.get(id)).state == "deactivated"


@step("subscriptions.uncancel")
async def _(world: World) -> None:
    id = world.one("canceled").key
    only(await world.api.subscriptions.uncancel(id))
    assert (await world.api.subscriptions.get(id)).state == "active"


@step("subscriptions.uncancel_one")
async def _(world: World) -> None:
    id = world.one("canceled").key
    assert (await world.api.subscriptions.uncancel_one(id)).id == id
    assert (await world.api.subscriptions.get(id)).state == "active"
    with pytest.raises(MissingError):
        await world.api.subscriptions.uncancel_one("nope")


@step("subscriptions.charge")
async def _(world: World) -> None:
    batch = await world.api.subscriptions.charge([world.one(adhoc=True).key, world.one().key])
    assert [item.id for item in batch.items] == [world.one(adhoc=True).key]
    assert "Adhoc" in batch.failed[0].reason


@step("subscriptions.estimate")
async def _(world: World) -> None:
    found = await world.api.subscriptions.estimate(SubscriptionDraft(subscription=world.one().key, quantity=7))
    assert found.members
    with pytest.raises(MissingError):
        await world.api.subscriptions.estimate(SubscriptionDraft(subscription="nope"))


@step("subscriptions.pause")
async def _(world: World) -> None:
    assert (await world.api.subscriptions.pause(world.one().key, periods=2)).is_pause_scheduled
    with pytest.raises(MissingError):
        await world.api.subscriptions.pause("nope", periods=2)


@step("subscriptions.resume")
async def _(world: World) -> None:
    id = world.one().key
    await world.api.subscriptions.pause(id, periods=2)
    assert not (await world.api.subscriptions.resume(id)).is_pause_scheduled


@step("subscriptions.convert")
async def _(world: World) -> None:
    assert (await world.api.subscriptions.convert(world.one("trial").key)).id


@step("subscriptions.entries")
async def _(world: World) -> None:
    batch = await world.api.subscriptions.entries([world.one().key])
    assert not batch.failed
    assert batch.items[0].begin_period_date


@step("subscriptions.history")
async def _(world: World) -> None:
    assert (await world.api.subscriptions.history(world.one().key, order="increasing")).changes


@step("subscriptions.transfer")
async def _(world: World) -> None:
    id, account = world.one().key, (await world.api.accounts.ids()).items[-1]
    found = await world.api.subscriptions.transfer({"subscriptionIds": [id, "nope"], "accountId": account})
    assert found.transferred == [id]
    assert found.failed is not None
    assert found.failed[0].subscription_id == "nope"


async def a_group(world: World) -> str:
    return str((await world.api.subscriptions.create_coterm({"displayName": "g"})).id)


@step("subscriptions.create_coterm")
async def _(world: World) -> None:
    assert await a_group(world)


@step("subscriptions.coterm")
async def _(world: World) -> None:
    assert (await world.api.subscriptions.coterm(await a_group(world))).members["displayName"] == "g"
    with pytest.raises(MissingError):
        await world.api.subscriptions.coterm("nope")


@step("subscriptions.update_coterm")
async def _(world: World) -> None:
    found = await world.api.subscriptions.update_coterm(await a_group(world), {"displayName": "h"})
    assert found.members["displayName"] == "h"


@step("subscriptions.delete_coterm")
async def _(world: World) -> None:
    group = await a_group(world)
    await world.api.subscriptions.delete_coterm(group)
    with pytest.raises(MissingError):
        await world.api.subscriptions.coterm(group)


@step("subscriptions.estimate_coterm")
async def _(world: World) -> None:
    assert (await world.api.subscriptions.estimate_coterm(await a_group(world))).members


@step("subscriptions.execute_coterm")
async def _(world: World) -> None:
    assert (await world.api.subscriptions.execute_coterm(await a_group(world))).members["status"] == "EXECUTED"


async def a_proforma(world: World) -> str:
    return str((await world.api.subscriptions.create_proforma_invoice({"subscription": world.one().key})).id)


@step("subscriptions.create_proforma_invoice")
async def _(world: World) -> None:
    assert await a_proforma(world)


@step("subscriptions.proforma_invoice")
async def _(world: World) -> None:
    found = await world.api.subscriptions.proforma_invoice(await a_proforma(world), language="de")
    assert found.members["language"] == "de"


@step("subscriptions.cancel_survey_reasons")
async def _(world: World) -> None:
    assert (await world.api.subscriptions.cancel_survey_reasons(world.one().key)).members["reasons"]


@step("subscriptions.answer_cancel_survey")
async def _(world: World) -> None:
    assert (await world.api.subscriptions.answer_cancel_survey({"subscription": world.one().key})).id


@step("subscriptions.query_cancel_survey")
async def _(world: World) -> None:
    await world.api.subscriptions.answer_cancel_survey({"subscription": world.one().key})
    assert (await world.api.subscriptions.query_cancel_survey({"offset": 0, "limit": 5})).members["total"] == 1


# -- quotes, invoices, reports, webhook keys -----------------------------------------------------------------


async def a_quote(world: World) -> Any:
    person = {"first": "A", "last": "B", "email": "a@b.example"}
    body = {"name": "n", "recipient": person, "recipientAddress": {"country": "US", "postalCode": "93101"}}
    return await world.api.quotes.create({**body, "items": [{"product": world.products[0], "quantity": 2}]})


@step("quotes.create")
async def _(world: World) -> None:
    assert (await a_quote(world)).status == "OPEN"


@step("quotes.list")
async def _(world: World) -> None:
    assert (await world.api.quotes.list()).items == ()
    made = await a_quote(world)
    assert (await world.api.quotes.list()).items[0].id == made.id


@step("quotes.get")
async def _(world: World) -> None:
    made = await a_quote(world)
    assert (await world.api.quotes.get(made.id)).id == made.id
    with pytest.raises(MissingError):
        await world.api.quotes.get("nope")


@step("quotes.update")
async def _(world: World) -> None:
    made = await a_quote(world)
    assert (await world.api.quotes.update(made.id, {"notes": "hello"})).notes == "hello"


@step("quotes.delete")
async def _(world: World) -> None:
    made = await a_quote(world)
    await world.api.quotes.delete(made.id)
    with pytest.raises(MissingError):
        await world.api.quotes.get(made.id)


@step("quotes.cancel")
async def _(world: World) -> None:
    made = await a_quote(world)
    assert (await world.api.quotes.cancel(made.id)).status == "CANCELED"


async def an_invoice(world: World) -> Any:
    return await world.api.invoices.create({"items": [{"productPath": world.products[0], "quantity": 1}]})


@step("invoices.create")
async def _(world: World) -> None:
    assert (await an_invoice(world)).status == "OPEN"


@step("invoices.get")
async def _(world: World) -> None:
    made = await an_invoice(world)
    assert (await world.api.invoices.get(made.id)).id == made.id
    with pytest.raises(MissingError):
        await world.api.invoices.get("nope")


@step("data.subscription_report")
async def _(world: World) -> None:
    report = await world.api.data.subscription_report(columns=["subscription_id"], page=1, page_size=3)
    assert report.report is not None
    assert len(report.report) == 3


@step("data.revenue_report")
async def _(world: World) -> None:
    assert (await world.api.data.revenue_report(filter={"startDate": "2024-01-01"})).report


async def a_job(world: World) -> Any:
    made = await world.api.data.revenue_report(job=True)
    assert made.report is None
    return made


@step("data.jobs")
async def _(world: World) -> None:
    made = await a_job(world)
    assert [job.id for job in (await world.api.data.jobs()).items] == [made.id]


@step("data.job")
async def _(world: World) -> None:
    made = await a_job(world)
    assert (await world.api.data.job(made.id)).id == made.id
    with pytest.raises(MissingError):
        await world.api.data.job("nope")


@step("data.download")
async def _(world: World) -> None:
    made = await a_job(world)
    assert (await world.api.data.download(made.id)).startswith(b"currency,")


@step("data.reset_cache")
async def _(world: World) -> None:
    assert await world.api.data.reset_cache() == "Cache reset success"


@step("webhook_keys.set")
async def _(world: World) -> None:
    assert (await world.api.webhook_keys.set("https://h.example/hook", "key")).url == "https://h.example/hook"


# -- the tests -----------------------------------------------------------------------------------------------


def test_every_documented_operation_has_a_step() -> None:
    assert set(STEPS) == {row.name for row in OPERATIONS}


@pytest.mark.parametrize("name", [row.name for row in OPERATIONS])
async def test_the_operation_does_on_the_emulator_what_it_says(name: str, world: World) -> None:
    with anyio.fail_after(30):
        await STEPS[name](world)
    assert not world.emulator.ledger.throttled


async def test_what_one_irregular_shop_answers_another_way_is_read_the_same(world: World) -> None:
    ids = [each.key for each in world.subscriptions[:3]]
    for one in ("bare", "flat", "hybrid", "envelope"):
        for many in ("envelope", "array"):
            world.emulator.dialect = type(world.emulator.dialect)(one_subscription=one, many_subscriptions=many)
            assert [item.key for item in (await world.api.subscriptions.get_many(ids)).items] == ids
            assert (await world.api.subscriptions.get(ids[0])).key == ids[0]
            assert (await world.api.subscriptions.get_many(["nope"])).missing == ("nope",)
    for found in ("account", "id", "text"):
        world.emulator.dialect = type(world.emulator.dialect)(found_accounts=found, subscriptions_paged=False)
        account = await world.api.accounts.get(await an_account(world))
        assert (await world.api.accounts.search(email=account.contact.email)).items[0].key == account.key
        listed = [each.key async for each in world.api.subscriptions.search()]
        assert listed == [each.key for each in world.subscriptions]


async def test_a_throttled_change_goes_out_again_and_is_done_once(world: World) -> None:
    world.emulator.throttle_with = "429"  # a sure one: after a bare 404 a change is not sent again
    ids = [each.key for each in world.subscriptions if each.state == "active"][:3]
    world.emulator.rate_limit = (2, 0.2)
    for id in ids:
        only(await world.api.subscriptions.cancel(id))
    world.emulator.rate_limit = None
    assert {each.state for each in (await world.api.subscriptions.get_many(ids)).items} == {"canceled"}
    assert world.emulator.ledger.writes == 3
