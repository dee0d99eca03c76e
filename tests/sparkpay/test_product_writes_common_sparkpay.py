"""store.product_writes of Spark Pay, against the emulators: what is written reads back as wanted, and only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from commerce_async.errors import AuthError, ConfigError
from commerce_async.schema import Category, Image, Price, Product, ProductChange, Text, Variant, Written
from commerce_async.store import ProvidesProducts, Store, WritesProducts
from commerce_async.testing.emulator import Plan
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async import SparkPay
from sparkpay_async.emulator import Quirks, SparkPayEmulator
from sparkpay_async.vacant import Vacant

pytestmark = pytest.mark.anyio


def lost(path: str = "", *, times: int = 10**9, share: float = 1.0) -> Plan:
    return Plan(fault="lose_answer", method="POST", path=path, times=times, share=share)


@asynccontextmanager
async def shop(products: int = 4, seed: int = 7, **settings: Any) -> AsyncGenerator[tuple[SparkPay, SparkPayEmulator]]:
    """A shop without a call limit, and a store of it."""
    async with SparkPayEmulator(products=products, orders=0, window=None, seed=seed) as emulator:
        fast: dict[str, Any] = {"currency": "USD", "name": f"us{seed}", "limit": 10**6, "digital_type": "FileDownload"}
        fast |= {"default_category_id": emulator.table("categories").ids()[0], "token": emulator.token}
        async with SparkPay(emulator.url, **(fast | settings)) as store:
            yield store, emulator


async def read(store: ProvidesProducts) -> list[Product]:
    return [each async for each in store.products.list()]


def writes(emulator: SparkPayEmulator) -> int:
    return sum(count for route, count in emulator.ledger.by_route.items() if not route.startswith("GET"))


def outcomes(done: Sequence[Written]) -> Counter[str]:
    return Counter(each.outcome for each in done)


async def created(store: SparkPay, wanted: Sequence[Product]) -> tuple[list[ProductChange], Sequence[Written]]:
    change = await store.product_writes.changer()
    changes = [change(each, before=None) for each in wanted]
    return changes, await store.product_writes.write(changes)


async def still(store: SparkPay, wanted: Sequence[Product], done: Sequence[Written]) -> Counter[str]:
    """What would have to be done, after what was done."""
    batch = await store.products.get_many([str(each.id) for each in done])
    assert (batch.missing, batch.failed) == ((), ())
    there = {each.id: each for each in batch.items}
    change = await store.product_writes.changer()
    return Counter(change(each, before=there[str(one.id)]).action for each, one in zip(wanted, done, strict=True))


def full(name: str = "Tee", **changes: Any) -> Product:
    """A product with something in every table."""
    fields: dict[str, Any] = {
        "name": name,
        "texts": {"": Text(name=name)},
        "sku": f"{name}-1",
        "prices": (
            Price(currency="USD", amount=Decimal("9.50")),
            Price(currency="USD", amount=Decimal(8), minimum_quantity=10),
            Price(currency="USD", amount=Decimal(7), minimum_quantity=5, variant_id="3"),
        ),
        "variants": (
            Variant(id="1", kind="option", name="Blue", group="Color"),
            Variant(
                id="2", kind="option", name="Matte", group="Finish", price_change=Decimal(2), price_rule="+ dollars"
            ),
            Variant(id="3", kind="item", name="Color: Blue, Finish: Matte", sku=f"{name}-B"),
        ),
        "images": (Image(url="/a.jpg", text="A"), Image(url="/b.jpg", position=1)),
        "attributes": {"Care": "Hand wash"},
        "categories": (Category(id="1", name="Lighting"),),
    }
    return Product(store="x", vendor="sparkpay", id="1", raw=b"{}", **(fields | changes))


async def test_it_is_what_the_protocol_says() -> None:
    async with shop() as (store, _):
        found: Store = store
        assert isinstance(found, WritesProducts)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_catalog_of_another_shop_is_written_once_and_then_nothing_differs(seed: int) -> None:
    async with shop(40, seed=seed) as (source, _), shop(3, seed=8) as (target, emulator):
        skus = {each.sku for each in await read(target)}
        wanted = [each for each in await read(source) if each.sku is None or each.sku not in skus]
        changes, done = await created(target, wanted)
        assert outcomes(done) == {"created": len(wanted)}
        reasons = {each.field.partition("[")[0] for change in changes for each in change.not_carried}
        assert reasons <= {"created_at", "updated_at", "prices"}
        assert await still(target, wanted, done) == {"unchanged": len(wanted)}
        before = writes(emulator)
        change = await target.product_writes.changer()
        again = await target.product_writes.write([change(each, before=each) for each in await read(target)])
        assert outcomes(again) == {"unchanged": len(wanted) + 3}
        assert writes(emulator) == before


async def test_a_catalog_of_another_vendor_is_written_once_and_then_nothing_differs() -> None:
    async with FastSpringEmulator(products=40, orders=0, rate_limit=None) as other, shop(3) as (target, _):
        login: dict[str, Any] = {"username": other.username, "password": other.password, "base_url": other.url}
        async with FastSpring(name="eu", rate=1000, **login) as source:
            wanted = await read(source)
        _, done = await created(target, wanted)
        assert outcomes(done) == {"created": len(wanted)}
        assert await still(target, wanted, done) == {"unchanged": len(wanted)}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_product_becomes_any_other(seed: int) -> None:
    async with shop(24, seed=seed) as (source, _), shop(24, seed=8) as (target, _):
        wanted, there = await read(source), await read(target)
        change = await target.product_writes.changer()
        changes = [change(new, before=old) for new, old in zip(wanted, there, strict=True)]
        assert {(each.action, len(each.faults)) for each in changes} == {("update", 0)}
        done = await target.product_writes.write(
            msgspec.json.decode(msgspec.json.encode(changes), type=list[ProductChange])
        )
        assert outcomes(done) == {"updated": 24}
        assert await still(target, wanted, done) == {"unchanged": 24}


async def test_a_new_product_brings_its_groups_options_items_prices_and_pictures() -> None:
    async with shop() as (store, emulator):
        _, done = await created(store, [full()])
        assert outcomes(done) == {"created": 1}
        found = await store.products.get(str(done[0].id))
        assert [(each.kind, each.group, each.name) for each in found.variants] == [
            ("option", "Color", "Blue"), ("option", "Finish", "Matte"), ("item", None, "Color: Blue, Finish: Matte"),
        ]  # fmt: skip
        assert [(price.amount, price.minimum_quantity, price.variant_id) for price in found.prices] == [
            (Decimal("9.50"), 1, None), (Decimal(8), 10, None), (Decimal(7), 5, found.variants[2].id),
        ]  # fmt: skip
        assert [each.url for each in found.images] == ["/a.jpg", "/b.jpg"]
        groups = emulator.table("variant_groups")
        assert [row["name"] for id in groups.ids() if (row := groups.get(id))].count("Finish") == 1
        assert (found.attributes, found.categories[0].name) == ({"Care": "Hand wash"}, "Lighting")


@pytest.mark.parametrize(
    "route", ["/products$", "/product_pictures$", "/variant_inventory$", "/product_pricing$", "/variant_groups$"]
)
async def test_a_lost_answer_at_any_point_doubles_nothing(route: str) -> None:
    async with shop() as (store, emulator):
        emulator.plans.append(lost(route, times=1))
        wanted = [full("Tee"), full("Cap")]
        _, done = await created(store, wanted)
        assert outcomes(done) == {"created": 2}
        assert await still(store, wanted, done) == {"unchanged": 2}
        assert len(emulator.table("products").ids()) == 6


async def test_a_fifth_of_the_answers_lost_doubles_nothing() -> None:
    async with shop() as (store, emulator):
        emulator.plans.append(lost(share=0.2))
        wanted = [full(f"Tee{number}") for number in range(20)]
        _, done = await created(store, wanted)
        emulator.plans.clear()
        assert outcomes(done) == {"created": 20}
        assert await still(store, wanted, done) == {"unchanged": 20}
        assert len(emulator.table("products").ids()) == 24


async def test_a_create_that_is_carried_out_again_makes_no_second_one() -> None:
    async with shop() as (store, emulator):
        changes, first = await created(store, [full()])
        second = await store.product_writes.write(changes)
        assert (outcomes(second), second[0].id) == ({"unchanged": 1}, first[0].id)
        assert await still(store, [full()], second) == {"unchanged": 1}
        assert len(emulator.table("products").ids()) == 5


async def test_a_create_leaves_a_product_alone_that_has_its_sku_and_differs() -> None:
    async with shop() as (store, emulator):
        change = await store.product_writes.changer()
        changes = [change(full(name), before=None) for name in ("Tee", "Cap")]
        await created(store, [full("Tee", prices=(Price(currency="USD", amount=Decimal(1)),))])
        before = writes(emulator)
        done = await store.product_writes.write(changes[:1])
        assert [each.outcome for each in done] == ["conflict"]
        assert f"product {done[0].id} has the SKU Tee-1, and differs in price" in (done[0].error or "")
        assert writes(emulator) == before
        done = await store.product_writes.write(changes)
        assert [each.outcome for each in done] == ["conflict", "created"]


async def test_skus_of_creates_are_looked_for_many_at_once() -> None:
    async with shop() as (store, emulator):
        change = await store.product_writes.changer()
        names = [f"Tee {number}" for number in range(30)] + ["This or that", "x" * 80]
        changes = [change(full(name, variants=(), prices=()), before=None) for name in names]
        before = Counter(emulator.ledger.by_route)
        assert outcomes(await store.product_writes.write(changes)) == {"created": 32}
        spent = Counter(emulator.ledger.by_route) - before
        assert spent["POST /api/v1/products"] == 32
        assert spent["GET /api/v1/products"] == 3  # 25 and 6 at once, and one that cannot be asked for beside others


async def test_a_sku_that_another_call_took_between_the_look_and_the_create_is_not_used_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with shop() as (store, emulator):
        change = await store.product_writes.changer()
        table = emulator.table("products")
        count = len(table.ids())
        draft = {"item_number": "Tee-1", "item_name": "Tee", "price": 1, "product_status_id": 1}
        draft |= {"primary_category_id": emulator.table("categories").ids()[0]}
        read = Vacant._read

        async def late(self: Any, portion: Any) -> Any:
            found = await read(self, portion)
            await store.api.products.create_or_update(draft)
            return found

        monkeypatch.setattr(Vacant, "_read", late)
        done = await store.product_writes.write([change(full(), before=None)])
        assert [each.outcome for each in done] == ["conflict"]
        assert len(table.ids()) == count + 1


async def test_after_a_lost_answer_a_product_that_differs_is_not_taken_for_ours() -> None:
    async with shop() as (store, emulator):
        table = emulator.table("products")
        change = await store.product_writes.changer()
        changes = [change(full(), before=None)]
        emulator.plans = [Plan(fault="reset", method="POST", path="/products$")]
        send = emulator._cut

        def cut(request: Any, why: str) -> Any:
            table.add({"item_number": "Tee-1", "item_name": "Somebody's"})
            return send(request, why)

        emulator._cut = cut
        done = await store.product_writes.write(changes)
        assert [each.outcome for each in done] == ["unknown"]
        assert "differs in item_name" in (done[0].error or "")
        assert done[0].id is None
        assert [each.outcome for each in await store.product_writes.write(changes)] == ["conflict"]


async def test_a_price_that_somebody_made_meanwhile_is_left_alone() -> None:
    async with shop() as (store, emulator):
        wanted = full(variants=(), prices=(Price(currency="USD", amount=Decimal("9.50")),))
        _, done = await created(store, [wanted])
        there = await store.products.get(str(done[0].id))
        change = await store.product_writes.changer()
        tier = Price(currency="USD", amount=Decimal(8), minimum_quantity=10)
        due = change(msgspec.structs.replace(wanted, prices=(*wanted.prices, tier)), before=there)
        pricing = emulator.table("product_pricing")
        id = pricing.add({"product_id": int(there.id), "price": Decimal(7), "starting_quantity": 10})
        done = await store.product_writes.write([due])
        assert [each.outcome for each in done] == ["failed"]
        assert "is there by now, and differs in price: plan again" in (done[0].error or "")
        assert list(pricing.ids())[-1:] == [id]


async def test_skus_that_cannot_be_told_from_a_longer_list_are_looked_for_alone() -> None:
    async with shop() as (store, emulator):
        wanted = [full(f"Tee {number}", variants=(), prices=()) for number in range(3)]
        table = emulator.table("products")
        for _ in range(101):
            table.add({"item_number": "Tee 1-1", "item_name": "Tee"})
        _, done = await created(store, wanted)
        assert [each.outcome for each in done] == ["created", "failed", "created"]
        assert "101 records of products have item_number 'Tee 1-1'" in (done[1].error or "")


async def test_what_fails_for_one_is_told_there_and_the_rest_goes_on() -> None:
    async with shop() as (store, _):
        there = (await read(store))[0]
        change = await store.product_writes.changer()
        changes = [
            change(full("Tee"), before=None),
            change(full("Cap", prices=(Price(currency="USD", amount=Decimal("1.00001")),)), before=None),
            change(full("Tee"), before=None),
            msgspec.structs.replace(change(full("Gone"), before=there), id="999999"),
        ]
        done = await store.product_writes.write(changes)
        assert [each.outcome for each in done] == ["created", "failed", "failed", "failed"]
        assert [each.key for each in done] == ["Tee-1", "Cap-1", "Tee-1", "Gone-1"]
        assert "four decimals" in (done[1].error or "")
        assert "another product of the same call" in (done[2].error or "")
        assert done[3].id == "999999"


async def test_a_product_that_is_there_in_part_says_so_and_the_rest_follows() -> None:
    async with shop() as (store, emulator):
        emulator.quirks = Quirks(missing_reference="409")
        change = await store.product_writes.changer()
        whole = change(full(), before=None)
        rows = [{**row, "variants": [{"id": 5}]} for row in whole.body["variant_inventory"]["create"]]
        broken = {**whole.body, "variant_inventory": {"create": rows}}
        (done,) = await store.product_writes.write([msgspec.structs.replace(whole, body=broken)])
        assert (done.outcome, done.temporary) == ("failed", False)
        assert done.id is not None
        assert "not all of it" in (done.error or "")
        there = await store.products.get(done.id)
        again = await store.product_writes.write([change(full(), before=there)])
        assert await still(store, [full()], again) == {"unchanged": 1}


async def test_refused_credentials_are_raised_if_nothing_was_written() -> None:
    async with shop() as (store, emulator):
        change = await store.product_writes.changer()
        changes = [change(full(), before=None)]
        async with SparkPay(emulator.url, token="wrong", currency="USD") as other:
            with pytest.raises(AuthError):
                await other.product_writes.write(changes)
            with pytest.raises(AuthError):
                await other.product_writes.delete(["1"])


async def test_deleted_products_are_gone_and_one_that_is_not_there_counts_as_deleted() -> None:
    async with shop() as (store, emulator):
        first, second, *rest = emulator.table("products").ids()
        done = await store.product_writes.delete([str(first), "999999", "no id", str(second)])
        assert [each.outcome for each in done] == ["deleted", "deleted", "failed", "deleted"]
        assert list(emulator.table("products").ids()) == rest


@pytest.mark.parametrize("setting", ["default_category_id", "default_status_id"])
async def test_a_default_that_the_shop_does_not_have_is_named(setting: str) -> None:
    async with shop(**{setting: 999999}) as (store, _):
        with pytest.raises(ConfigError, match=setting):
            await store.product_writes.changer()
