"""store.product_writes of FastSpring, against the emulators: what is written reads back as wanted, and only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from commerce_async.errors import AuthError
from commerce_async.schema import FieldChange, Price, Product, ProductChange, Subscription, Written
from commerce_async.store import ProvidesProducts, Store, WritesProducts
from commerce_async.testing.emulator import Plan
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator, Irregular
from fastspring_async.mapping.writes import path_of, to_change
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def shop(products: int = 5, **settings: Any) -> AsyncGenerator[tuple[FastSpring, FastSpringEmulator]]:
    settings = {"rate_limit": None, "irregular": Irregular.none(), "seed": 7} | settings
    async with (
        FastSpringEmulator(products=products, orders=0, **settings) as emulator,
        FastSpring(
            username=emulator.username, password=emulator.password, base_url=emulator.url, name="eu", rate=1000
        ) as store,
    ):
        yield store, emulator


async def read(store: ProvidesProducts) -> list[Product]:
    return [each async for each in store.products.list()]


def outcomes(done: Sequence[Written]) -> Counter[str]:
    return Counter(each.outcome for each in done)


async def created(store: FastSpring, wanted: Sequence[Product]) -> Sequence[Written]:
    change = await store.product_writes.changer()
    return await store.product_writes.write([change(each, before=None) for each in wanted])


async def still(store: FastSpring, wanted: Sequence[Product], done: Sequence[Written]) -> Counter[str]:
    """What would have to be done, after what was done."""
    batch = await store.products.get_many([str(each.id) for each in done])
    assert (batch.missing, batch.failed) == ((), ())
    there = {each.id: each for each in batch.items}
    change = await store.product_writes.changer()
    return Counter(change(each, before=there[str(one.id)]).action for each, one in zip(wanted, done, strict=True))


def box(name: str = "Box", **changes: Any) -> Product:
    price = Price(currency="USD", amount=Decimal("9.50"))
    fields: dict[str, Any] = {"id": "17", "name": name, "sku": f"{name}-1", "prices": (price,), **changes}
    return Product(store="us", vendor="sparkpay", raw=b"{}", **fields)


async def test_it_is_what_the_protocol_says() -> None:
    async with shop() as (store, _):
        found: Store = store
        assert isinstance(found, WritesProducts)


async def test_a_catalog_of_the_same_vendor_is_written_once_and_then_nothing_differs() -> None:
    async with shop(40) as (source, _), shop(3, seed=8) as (target, emulator):
        wanted = [each for each in await read(source) if not each.parent_id]
        done = await created(target, wanted)
        assert outcomes(done) == {"created": len(wanted)}
        assert await still(target, wanted, done) == {"unchanged": len(wanted)}
        before = emulator.ledger.writes
        change = await target.product_writes.changer()
        changes = [change(each, before=each) for each in await read(target)]
        assert outcomes(await target.product_writes.write(changes)) == {"unchanged": len(changes)}
        assert emulator.ledger.writes == before


async def test_a_catalog_of_another_vendor_is_written_once_and_then_nothing_differs() -> None:
    async with SparkPayEmulator(products=60, orders=0, window=None) as other, shop(3) as (target, emulator):
        async with SparkPay(other.url, token=other.token, currency="USD", limit=10**6) as source:
            wanted = await read(source)
        done = await created(target, wanted)
        # FastSpring keeps two decimals, and says nothing of those that have more.
        finer = [each for each in wanted if any(p.kind == "regular" and p.amount * 100 % 1 for p in each.prices[:1])]
        assert outcomes(done) == {"created": len(wanted) - len(finer)} | ({"failed": len(finer)} if finer else {})
        kept = [(each, one) for each, one in zip(wanted, done, strict=True) if one.outcome == "created"]
        assert await still(target, [each for each, _ in kept], [one for _, one in kept]) == {"unchanged": len(kept)}
        assert emulator.ledger.by_route["POST /products"] == 1


async def test_any_product_becomes_any_other() -> None:
    async with shop(24) as (source, _), shop(24, seed=8) as (target, _):
        wanted, there = await read(source), await read(target)
        change = await target.product_writes.changer()
        changes = [change(new, before=old) for new, old in zip(wanted, there, strict=False)]
        kept = [n for n, each in enumerate(changes) if each.action == "update" and not each.faults]
        assert len(kept) > 12
        sent = msgspec.json.decode(msgspec.json.encode([changes[n] for n in kept]), type=list[ProductChange])
        done = await target.product_writes.write(sent)
        assert outcomes(done) == {"updated": len(kept)}
        assert await still(target, [wanted[n] for n in kept], done) == {"unchanged": len(kept)}


async def test_an_update_says_only_what_differs_and_from_what_to_what() -> None:
    async with shop() as (store, _):
        (done,) = await created(store, [box()])
        there = await store.products.get(str(done.id))
        change = await store.product_writes.changer()
        dearer = change(box(prices=(Price(currency="USD", amount=Decimal("10.10")),)), before=there)
        assert dearer.body == {"product": "box-1", "pricing": {"price": {"USD": "10.10"}}}
        assert dearer.fields == (FieldChange("pricing.price.USD", "9.50", "10.10"),)
        await store.product_writes.write([dearer])
        assert (await store.products.get(str(done.id))).prices[0].amount == Decimal("10.10")


@pytest.mark.parametrize("fault", ["lose_answer", "reset", "truncate"])
async def test_a_lost_answer_doubles_nothing(fault: Any) -> None:
    async with shop() as (store, emulator):
        emulator.plans.append(Plan(fault=fault, method="POST", path="/products$", times=1))
        wanted = [box("Box"), box("Bag")]
        done = await created(store, wanted)
        assert outcomes(done) == {"created": 2}
        assert await still(store, wanted, done) == {"unchanged": 2}
        assert emulator.product_count == 7


async def test_what_fails_for_one_is_told_there_and_the_rest_goes_on() -> None:
    async with shop() as (store, _):
        change = await store.product_writes.changer()
        wanted = [
            box("Box"),
            box("Bag", prices=(Price(currency="USD", amount=Decimal("1.005")),)),
            box("Box"),
            box("Cup"),
        ]
        done = await store.product_writes.write([change(each, before=None) for each in wanted])
        assert [each.outcome for each in done] == ["created", "failed", "failed", "created"]
        assert "two decimals" in (done[1].error or "")
        assert "another change of the same call" in (done[2].error or "")


async def test_a_path_that_is_taken_is_a_fault_and_overwrites_nothing() -> None:
    async with shop() as (store, _):
        await created(store, [box()])
        (again,) = await created(store, [box()])
        assert again.outcome == "failed"
        assert "another product's" in (again.error or "")


async def test_refused_credentials_are_raised_if_nothing_was_written() -> None:
    async with shop() as (store, emulator):
        change = await store.product_writes.changer()
        async with FastSpring(username="u", password="wrong", base_url=emulator.url, rate=1000) as other:
            with pytest.raises(AuthError):
                await other.product_writes.write([change(box(), before=None)])
            with pytest.raises(AuthError):
                await other.product_writes.delete(["box"])


async def test_deleted_products_are_gone_and_one_that_is_not_there_counts_as_deleted() -> None:
    async with shop() as (store, emulator):
        first, *_ = emulator.product_ids()
        done = await store.product_writes.delete([first, "never-there", ""])
        assert [each.outcome for each in done] == ["deleted", "deleted", "failed"]
        assert first not in emulator.product_ids()


def test_paths_are_made_of_skus_and_two_skus_never_share_one_by_their_spelling() -> None:
    skus = ["LAMP-7", "lamp-7", "LAMP/7", "LAMP 7", "Lämp-7", "7", "漢", "a" * 300, "a" * 301]
    paths = [path_of(box(sku=sku)) for sku in skus]
    assert len(set(paths)) >= len(paths) - 1, "only upper and lower case may meet"
    assert paths[:2] == ["lamp-7", "lamp-7"]
    assert all("product" not in to_change(box(sku=sku), None, ()).faults for sku in skus)
    assert path_of(msgspec.structs.replace(box(), vendor="fastspring", id="pro")) == "pro"


def test_a_tax_code_that_is_not_wanted_is_not_taken_away() -> None:
    there = msgspec.structs.replace(box(), vendor="fastspring", id="box", tax_code="DC020502")
    assert to_change(box(), there, ()).action == "unchanged"


def test_what_another_vendor_has_no_place_for_is_not_taken_away() -> None:
    terms = Subscription(interval="month", interval_length=1, trial_days=14)
    there = msgspec.structs.replace(box(), vendor="fastspring", id="box", subscription=terms)
    told = msgspec.structs.replace(terms, trial_days=None)
    assert to_change(box(subscription=told), there, ()).action == "unchanged", "the trial is only not told"
    yearly = to_change(box(subscription=Subscription(interval="year", interval_length=1)), there, ())
    assert yearly.body["pricing"] == {"interval": "year", "intervalLength": 1}
    own = msgspec.structs.replace(there, subscription=told)
    assert to_change(own, there, ()).fields == (FieldChange("pricing.trial", 14, None),)
