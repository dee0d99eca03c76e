"""Every operation of every resource, called on the emulator over loopback, and what it did read back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import anyio
import pytest

from commerce_async.errors import MissingError, RejectedError, UsageError
from sparkpay_async import SparkPay
from sparkpay_async.api import Api, ReadOnly
from sparkpay_async.emulator import SparkPayEmulator
from sparkpay_async.emulator.declared import REFERENCES
from sparkpay_async.kinds import RESOURCES, Kind
from sparkpay_async.operations import OPERATIONS, SPECIAL

pytestmark = pytest.mark.anyio
TIME = datetime(2016, 1, 2, 3, 4, 5, tzinfo=UTC)


class World(NamedTuple):
    """The store's own API and the emulator behind it."""

    api: Api
    emulator: SparkPayEmulator

    def first(self, resource: str) -> int:
        """An id of a record that is there."""
        return self.emulator.table(resource).ids()[0]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    """One for all: each test leaves it as it was, or counts from what it finds."""
    emulator = SparkPayEmulator(products=12, orders=12, window=None)
    async with emulator, SparkPay(**emulator.settings(), limit=100_000) as shop:
        yield World(shop.api, emulator)


# -- the generic routes, of every resource ---------------------------------------------------------------------


async def draft_of(kind: Kind[Any], world: World) -> dict[str, Any]:
    """What a POST demands, by the client's table and the emulator's, made of records that are there."""
    shape = world.emulator.table(kind.name).shape
    names = dict.fromkeys((*kind.required, *shape.required))
    names = names or dict.fromkeys([next(name for name, type in shape.types.items() if type == "text")])
    return {name: await _value(kind, name, world) for name in names}


async def an_id(resource: str, world: World) -> int:
    """An id of a record that is there; one is made if there is none."""
    if not world.emulator.table(resource).ids():
        await world.api.resource(resource).create(await draft_of(RESOURCES[resource], world))
    return world.first(resource)


async def _value(kind: Kind[Any], name: str, world: World) -> Any:
    if kind.name == "variant_inventory" and name == "variants":
        return [{"id": world.first("product_variants")}]
    referred = REFERENCES.get(name)
    if referred is not None:
        return await an_id(referred, world)
    shown = world.emulator.table(kind.name).shape.types.get(name, "text")
    by_type: dict[str, Any] = {
        "int": 1,
        "number": Decimal("1.5"),
        "flag": True,
        "digit": 1,
        "time": "2016-01-02T03:04:05Z",
    }
    return by_type.get(shown, f"new-{name}")


@pytest.mark.parametrize("name", RESOURCES)
async def test_every_resource_can_be_read_in_every_way(name: str, world: World) -> None:
    resource: Any = world.api.resource(name)
    with anyio.fail_after(30):
        listed = await resource.page(count=2)
        assert listed.metadata.total_count == len(world.emulator.table(name).ids())
        assert not listed.unreadable
        walked = [each.id async for each in resource.walk(count=100)]
        assert walked == list(world.emulator.table(name).ids())
        assert [each.id async for each in resource.list(sort=resource.kind.id_field)] == walked
        for id in walked[:1]:
            assert (await resource.get(id, fresh=True)).id == id
            assert (await resource.filled(id)).id == id
            batch = await resource.select_many([id, 999_999_999])
            assert ([each.id for each in batch.items], batch.missing) == ([id], ("999999999",))
            for nested in resource.kind.nested:
                assert len([each async for each in resource.nested(id, nested)]) >= 0
        with pytest.raises(MissingError):
            await resource.get(999_999_999)


@pytest.mark.parametrize("name", [kind.name for kind in RESOURCES.values() if "create" in kind.verbs])
async def test_every_resource_that_can_be_written_is_created_changed_and_deleted(name: str, world: World) -> None:
    kind, resource = RESOURCES[name], world.api.resource(name)
    table = world.emulator.table(name)
    draft = await draft_of(kind, world)
    before = set(table.ids())
    with anyio.fail_after(30):
        if name == "payment_methods":
            draft["payment_type"] = "Custom"
        made = await resource.create(draft)
        assert set(table.ids()) - before == {made.id}
        changed = await resource.update(made.id, draft)
        assert changed.id == made.id
        again = await resource.create_or_update({**draft, kind.id_field or "id": made.id})
        assert (again.action, again.record.id) == ("unchanged", made.id)
        await resource.delete(made.id)
        assert set(table.ids()) == before
        with pytest.raises(MissingError):
            await resource.delete(made.id)


@pytest.mark.parametrize("name", [kind.name for kind in RESOURCES.values() if "create" not in kind.verbs])
async def test_what_is_read_only_is_refused_without_a_call(name: str, world: World) -> None:
    calls = world.emulator.ledger.calls
    resource = world.api.resource(name)
    for run in (resource.create({"x": 1}), resource.update(1, {"x": 1}), resource.delete(1)):
        with pytest.raises(UsageError, match="Spark Pay has no"):
            await run
    assert not hasattr(getattr(world.api, name), "create")
    assert world.emulator.ledger.calls == calls


# -- the others ------------------------------------------------------------------------------------------------

STEPS: dict[str, Callable[[World], Awaitable[None]]] = {}


def step(name: str) -> Callable[[Callable[[World], Awaitable[None]]], Callable[[World], Awaitable[None]]]:
    def kept(run: Callable[[World], Awaitable[None]]) -> Callable[[World], Awaitable[None]]:
        STEPS[name] = run
        return run

    return kept


@step("addresses.state_by_postalcode")
async def _(world: World) -> None:
    assert (await world.api.addresses.state_by_postalcode("77702")).state_code == "TX"


@step("customers.integration")
async def _(world: World) -> None:
    before = len(world.emulator.table("customers").ids())
    for _ in range(2):
        await world.api.customers.integration({"email": "new@x.example", "first_name": "Ada", "last_name": "B"})
    assert len(world.emulator.table("customers").ids()) == before + 1


@step("orders.set_status")
async def _(world: World) -> None:
    id = world.first("orders")
    order = await world.api.orders.get(id)
    other = next(each for each in world.emulator.table("order_statuses").ids() if each != order.order_status_id)
    assert (await world.api.orders.set_status(id, other)).members["order_status_id"] == other
    assert (await world.api.orders.get(id, fresh=True)).order_status_id == other


async def a_card(world: World) -> tuple[int, int, int]:
    id = world.first("orders")
    customer = (await world.api.orders.get(id)).customer_id
    card = await world.api.credit_cards.create({"customer_id": customer, "card_type": "Visa", "last_four": "1111"})
    return id, customer or 0, card.id


@asynccontextmanager
async def trusted(world: World) -> AsyncIterator[Api]:
    """The API with a token that may see what is encrypted."""
    token = world.emulator.oauth.issue("orders,decrypt")["access_token"]
    async with SparkPay(**world.emulator.settings() | {"token": token}) as shop:
        yield shop.api


@step("orders.process_payment")
async def _(world: World) -> None:
    id, customer, card = await a_card(world)
    before = len([each async for each in world.api.orders.nested(id, "payments")])
    done = await world.api.orders.process_payment(id, card_id=card, customer_id=customer, amount=Decimal("12.43"))
    assert done.payment_processed
    payments = [each async for each in world.api.orders.nested(id, "payments", world.api.order_payments, fresh=True)]
    assert len(payments) == before + 1
    assert payments[-1].amount == Decimal("12.43")


@step("orders.process_payments")
async def _(world: World) -> None:
    await world.api.orders.process_payments(world.first("orders"), force_process_all=True)
    with pytest.raises(MissingError):
        await world.api.orders.process_payments(999_999_999)


@step("orders.integration")
async def _(world: World) -> None:
    status = (await world.api.order_statuses.get(world.first("order_statuses"))).name
    before = world.emulator.order_count
    draft = {"order_number": "EXT-1", "customer_email": "new@x.example", "order_status": status, "items": []}
    for _ in range(2):
        await world.api.orders.integration(draft)
    assert world.emulator.order_count == before + 1


@step("order_payments.decrypted")
async def _(world: World) -> None:
    id = world.first("order_payments")
    with pytest.raises(RejectedError, match="decrypt"):  # the admin console's token may not
        await world.api.order_payments.decrypted(id)
    async with trusted(world) as api:
        found = await api.order_payments.decrypted(id)
    assert found.reveal()["id"] == id
    assert repr(found) == f"<Decrypted order_payments {id}>"


@step("order_payments.integration")
async def _(world: World) -> None:
    order = world.first("orders")
    before = len([each async for each in world.api.orders.nested(order, "payments")])
    draft = {"order_id": order, "transaction_id": "T-77", "amount": Decimal("3.25"), "payment_type": "CreditCard"}
    for _ in range(2):
        await world.api.order_payments.integration(draft)
    assert len([each async for each in world.api.orders.nested(order, "payments", fresh=True)]) == before + 1


@step("order_shipments.integration")
async def _(world: World) -> None:
    order = world.first("orders")
    before = len([each async for each in world.api.orders.nested(order, "shipments")])
    draft = {"order_id": order, "tracking_numbers": "1Z-77", "shipping_method": "Ground", "shipment_name": "late"}
    for _ in range(2):
        await world.api.order_shipments.integration(draft)
    assert len([each async for each in world.api.orders.nested(order, "shipments", fresh=True)]) == before + 1


@step("credit_cards.decrypted")
async def _(world: World) -> None:
    _, _, card = await a_card(world)
    async with trusted(world) as api:
        assert (await api.credit_cards.decrypted(card)).reveal()["id"] == card


@step("carts.calculated")
async def _(world: World) -> None:
    cart = await world.api.carts.create({"name": "sums", "shipping_total": Decimal("2.5")})
    product = world.first("products")
    for quantity in (1, 2):
        row = {"cart_id": cart.id, "product_id": product, "quantity": quantity, "price": Decimal("9.9925")}
        await world.api.cart_items.create(row)
    found = await world.api.carts.calculated(cart.id)
    assert (found.subtotal, found.grand_total) == (Decimal("29.9775"), Decimal("32.4775"))
    with pytest.raises(MissingError):
        await world.api.carts.calculated(999_999_999)


@step("carts.set_shipping_estimation")
async def _(world: World) -> None:
    id = await an_id("carts", world)
    await world.api.carts.set_shipping_estimation(id, city="Beaumont", state_code="TX", postal_code="77701")
    cart = await world.api.carts.get(id, fresh=True)
    assert (cart.shipping_estimate_city, cart.shipping_estimate_postal_code) == ("Beaumont", "77701")


@step("carts.set_coupon_code")
async def _(world: World) -> None:
    id = await an_id("carts", world)
    for code in ("bigsavings", ""):
        assert (await world.api.carts.set_coupon_code(id, code)).members["coupon_code"] == code


@step("products.import_many")
async def _(world: World) -> None:
    line = {"lookup_by_sku": True, "product": await draft_of(RESOURCES["products"], world) | {"item_number": "IM-1"}}
    done = await world.api.products.import_many([line])
    assert (done.total_errors, len(done.results)) == (0, 1)
    assert (await world.api.products.get(done.results[0].entity_id or 0)).item_number == "IM-1"


@step("products.integration")
async def _(world: World) -> None:
    status = (await world.api.product_statuses.get(world.first("product_statuses"))).name
    draft = {
        "item_number": "IN-1",
        "item_name": "x",
        "product_status": status,
        "primary_category_name": "Mugs",
        "price": 1,
    }
    before = world.emulator.product_count
    for _ in range(2):
        await world.api.products.integration(draft)
    assert world.emulator.product_count == before + 1


@step("categories.rebuild_tree")
async def _(world: World) -> None:
    await world.api.categories.rebuild_tree()
    assert world.emulator.ledger.by_route["POST /api/v1/categories/rebuild_tree"] == 1


@step("inventory.get")
async def _(world: World) -> None:
    id = world.first("products")
    assert (await world.api.inventory.get(product_id=id)).product_id == id
    with pytest.raises(MissingError):
        await world.api.inventory.get(item_number="no such")


@step("inventory.add")
async def _(world: World) -> None:
    id = world.first("products")
    before = (await world.api.inventory.get(product_id=id)).quantity or 0
    assert (await world.api.inventory.add(3, product_id=id)).quantity == before + 3


@step("inventory.remove")
async def _(world: World) -> None:
    id = world.first("products")
    await world.api.inventory.set(10, product_id=id)
    assert (await world.api.inventory.remove(3, product_id=id)).quantity == 7


@step("inventory.set")
async def _(world: World) -> None:
    id = world.first("products")
    number = (await world.api.products.get(id)).item_number
    assert (await world.api.inventory.set(41, item_number=number)).quantity == 41
    assert (await world.api.inventory.get(item_number=number, fresh=True)).quantity == 41


@step("inventory.settings")
async def _(world: World) -> None:
    assert (await world.api.inventory.settings()).remove_from_inventory_when == "Ordered"


@step("inventory.change_settings")
async def _(world: World) -> None:
    changed = await world.api.inventory.change_settings({"remove_from_inventory_when": "Shipped"})
    assert (changed.remove_from_inventory_when, changed.track_inventory) == ("Shipped", True)


@step("email_templates.send")
async def _(world: World) -> None:
    template = world.first("email_templates")
    codes = {"##X##": "1"}
    await world.api.email_templates.send(template, email_address="a@b.example", merge_codes=codes)
    assert world.emulator.specials.sent[-1]["email_address"] == "a@b.example"


@step("subscriptions.with_lookups")
async def _(world: World) -> None:
    listed = [each.id async for each in world.api.subscriptions.with_lookups(count=50)]
    assert listed == list(world.emulator.table("subscriptions").ids())


@step("stores.active_catalog")
async def _(world: World) -> None:
    id = world.first("stores")
    assert (await world.api.stores.active_catalog(id)).store_id == id


@step("stores.change_active_catalog")
async def _(world: World) -> None:
    id, category = world.first("stores"), world.first("categories")
    changed = await world.api.stores.change_active_catalog(id, category_ids=[category])
    assert list(changed.category_ids) == [category]
    assert list((await world.api.stores.active_catalog(id, fresh=True)).category_ids) == [category]


@step("stores.alert_emails")
async def _(world: World) -> None:
    assert await world.api.stores.alert_emails(world.first("stores")) is not None


@step("stores.add_alert_email")
async def _(world: World) -> None:
    id = world.first("stores")
    before = await world.api.stores.alert_emails(id)
    added = await world.api.stores.add_alert_email(id, "alert@x.example")
    after = await world.api.stores.alert_emails(id, fresh=True)
    assert {each.id for each in after} - {each.id for each in before} == {added.id}


@step("files.upload")
async def _(world: World) -> None:
    await world.api.files.upload("/shared/images/mug.png", b"\x89PNG\r\n--x", type="image/png")
    assert world.emulator.specials.uploads.files == {"/shared/images/mug.png": b"\x89PNG\r\n--x"}
    with pytest.raises(RejectedError):
        await world.api.files.upload("/shared/images/mug.png", b"2")
    await world.api.files.upload("/shared/images/mug.png", b"2", overwrite=True)
    assert world.emulator.specials.uploads.files == {"/shared/images/mug.png": b"2"}


@step("imports.file")
async def _(world: World) -> None:
    await world.api.imports.file(
        b"ItemID,Cost\n1,2\n", import_type="Product", columns={"ItemID": "ItemID", "Cost": "Cost"}
    )
    seen = world.emulator.specials.uploads.imports[-1]
    assert (seen["import_type"], seen["csv"]) == ("Product", b"ItemID,Cost\n1,2\n")


@step("imports.fetch")
async def _(world: World) -> None:
    await world.api.imports.fetch("https://x.example/a.csv", import_type="Product", columns={"Cost": "Price"})
    seen = world.emulator.specials.uploads.imports[-1]
    assert seen["mapping_info"] == [{"destination_column": "Cost", "source_column": "Price"}]


@step("imports.theme")
async def _(world: World) -> None:
    names = [(await world.api.imports.theme("Spring", "/themes/spring.zip")).theme_name for _ in range(2)]
    assert names == ["Spring", "Spring_1"]


def test_every_special_operation_has_a_step() -> None:
    assert set(STEPS) == {row.name for row in SPECIAL}


def test_every_other_operation_is_one_of_the_generic_routes_tested_above() -> None:
    verbs = {"list", "get", "filled", "select_many", "create", "update", "delete"}
    specials = {row.name for row in SPECIAL}
    for row in OPERATIONS:
        resource, _, verb = row.name.partition(".")
        assert row.name in specials or verb in verbs or verb in RESOURCES[resource].nested


@pytest.mark.parametrize("name", [row.name for row in SPECIAL])
async def test_the_operation_does_on_the_emulator_what_it_says(name: str, world: World) -> None:
    with anyio.fail_after(30):
        await STEPS[name](world)


async def test_any_request_goes_through_the_same_pipeline(world: World) -> None:
    id = world.first("products")
    plain = await world.api.request("get", f"/products/{id}.json", query={"fields": "id,price"}, fresh=True)
    assert plain["id"] == id
    assert isinstance(plain["price"], Decimal | int)
    raw = await world.api.request("GET", ("products", str(id)), decode=bytes)
    assert raw.startswith(b"{")
    await world.api.request("PUT", f"/products/{id}", json={"price": Decimal("7.77")})
    assert (await world.api.products.get(id, fresh=True)).price == Decimal("7.77")
    with pytest.raises(MissingError):
        await world.api.request("GET", "/no_such_thing")


def test_every_attribute_is_annotated_and_made() -> None:
    annotated = set(Api.__annotations__)
    assert annotated == set(RESOURCES)
    assert all(issubclass(type(getattr(_api(), name)), ReadOnly) for name in annotated)


def _api() -> Api:
    return SparkPay("https://shop.example.com", token="t", currency="USD").api
