"""One store onto another, against both emulators: what their ledgers say, and what is in them afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from commerce_async.http.retry import Retry
from commerce_async.schema import Price, Product, Text
from commerce_async.store import Store
from commerce_async.sync import Applied, Plan, Rate, apply, plan
from commerce_async.sync.journal import Entry, Linked, MemoryJournal
from commerce_async.sync.wanting import FIELDS, limited
from commerce_async.testing import emulator as faults
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator
from tests.sync.shop import CrashError

pytestmark = pytest.mark.anyio

N = 12
QUICK = Retry(base=0.01, cap=0.02)
WAYS = [("eu", "us"), ("us", "eu")]


class Both:
    """Both emulators, and a store of each: `eu` is FastSpring, `us` Spark Pay."""

    def __init__(self, fast: FastSpringEmulator, spark: SparkPayEmulator, eu: FastSpring, us: SparkPay) -> None:
        self.emulators: dict[str, Any] = {"eu": fast, "us": spark}
        self.stores: dict[str, Any] = {"eu": eu, "us": us}

    def writes(self, name: str) -> Counter[str]:
        """Requests that were no GET, by route."""
        routes: Mapping[str, int] = self.emulators[name].ledger.by_route
        return Counter({route: count for route, count in routes.items() if not route.startswith("GET ")})

    async def products(self, name: str) -> dict[str, Product]:
        """What it sells, by SKU."""
        found = [each async for each in self.stores[name].products.list()]
        skus = Counter(each.sku for each in found if each.sku)
        assert not skus or max(skus.values()) == 1, "a SKU twice"
        return {each.sku: each for each in found if each.sku}

    async def edit(self, shop: str, product: Product, /, **changes: Any) -> None:
        """Somebody else's change."""
        writes = self.stores[shop].product_writes
        change = (await writes.changer())(msgspec.structs.replace(product, **changes), before=product)
        (done,) = await writes.write([change])
        assert done.outcome == "updated"


@asynccontextmanager
async def both(products: int = N, **options: Any) -> AsyncGenerator[Both]:
    async with (
        FastSpringEmulator(products=products, orders=0, rate_limit=None) as fast,
        SparkPayEmulator(products=products, orders=0, window=None, **options) as spark,
        FastSpring(**{**fast.settings(), "rate": 50.0, "name": "eu", "retry": QUICK}) as eu,
        SparkPay(
            spark.url,
            token=spark.token,
            currency="USD",
            name="us",
            limit=10**6,
            retry=QUICK,
            digital_type="Download",
            default_category_id=spark.table("categories").ids()[0],
        ) as us,
    ):
        yield Both(fast, spark, eu, us)


async def mirrored(
    place: Both, source: str, target: str, journal: MemoryJournal, **options: Any
) -> tuple[Plan, Applied]:
    found = await plan(place.stores[source], place.stores[target], id_map=journal, **options)
    return found, await apply(found, place.stores[target], journal=journal, max_deletes=1000)


def counted(numbers: Mapping[str, int]) -> dict[str, int]:
    return {name: number for name, number in numbers.items() if number}


@pytest.mark.parametrize(("source", "target"), WAYS)
async def test_a_mirror_makes_the_target_as_the_source_and_a_second_one_writes_nothing(
    source: str, target: str
) -> None:
    async with both() as place:
        journal = MemoryJournal()
        before = await place.products(source)
        first, done = await mirrored(place, source, target, journal)
        assert done.complete
        after = await place.products(target)
        assert after.keys() == before.keys()
        for sku, product in before.items():
            assert after[sku].name == product.name
            usd = [price.amount for price in product.prices if price.kind == "regular" and price.currency == "USD"]
            assert usd[0] in [price.amount for price in after[sku].prices]
        assert done.counts["created"] == len(before) == first.counts["create"]
        assert place.writes(source) == {}
        written = place.writes(target)
        if target == "us":
            assert written["POST /api/v1/products"] == len(before)
            assert written["DELETE /api/v1/products/{id}"] == first.counts["delete"] == N
        again, done = await mirrored(place, source, target, journal)
        assert again.empty
        assert again.counts["unchanged"] == len(before)
        assert done.results == []
        assert place.writes(target) == written


@pytest.mark.parametrize(("source", "target"), WAYS)
async def test_making_a_plan_sends_nothing_but_gets(source: str, target: str) -> None:
    async with both() as place:
        found = await plan(place.stores[source], place.stores[target])
        assert not found.empty
        for name in ("eu", "us"):
            ledger = place.emulators[name].ledger
            assert ledger.admitted > 0
            assert place.writes(name) == {}
            assert ledger.writes == 0


@pytest.mark.parametrize(("source", "target"), WAYS)
async def test_a_plan_names_exactly_what_was_changed_field_by_field(source: str, target: str) -> None:
    async with both() as place:
        journal = MemoryJournal()
        await mirrored(place, source, target, journal)
        held = list((await place.products(source)).values())
        dear = Price(currency="USD", amount=Decimal("77.70"))
        named = {"texts": {"en" if source == "eu" else "": Text(name="Renamed")}, "name": "Renamed"}
        await place.edit(source, held[0], prices=(dear, *(each for each in held[0].prices if each.currency != "USD")))
        await place.edit(source, held[1], **named)
        await place.edit(source, held[2], sku="NEW-SKU")
        found, done = await mirrored(place, source, target, journal)
        changes = {item.key: item.change for item in found.items if item.action == "update"}
        assert changes.keys() == {held[0].sku, held[1].sku, "NEW-SKU"}
        fields = {key: [each.field for each in change.fields] for key, change in changes.items() if change}
        names = ("price", "item_name", "item_number") if target == "us" else ("pricing.price.USD", "display.en", "sku")
        assert fields == dict(zip(changes, [[name] for name in names], strict=True))
        assert counted(found.counts | {"unchanged": 0, "cannot": 0}) == {"update": 3}
        assert counted(done.counts) == {"updated": 3}
        assert (await plan(place.stores[source], place.stores[target], id_map=journal)).empty


@pytest.mark.parametrize(("source", "target"), WAYS)
async def test_a_product_that_changed_underneath_is_a_conflict_and_the_rest_goes_on(source: str, target: str) -> None:
    async with both() as place:
        journal = MemoryJournal()
        await mirrored(place, source, target, journal)
        held = list((await place.products(source)).values())
        for product in held[:2]:
            await place.edit(source, product, sku=f"{product.sku}-N")
        found = await plan(place.stores[source], place.stores[target], id_map=journal)
        there = (await place.products(target))[held[0].sku or ""]
        # Read once more first: the vendor's own cache of reads must not hide the edit.
        await place.stores[target].products.get_many([there.id])
        await place.edit(target, there, sku="SOMEBODY")
        done = await apply(found, place.stores[target], journal=journal)
        assert counted(done.counts) == {"conflict": 1, "updated": 1}
        assert {"SOMEBODY", f"{held[1].sku}-N"} <= (await place.products(target)).keys()


@pytest.mark.parametrize("fault", ["lose_answer", "reset"])
@pytest.mark.parametrize(("source", "target"), WAYS)
async def test_answers_that_are_lost_make_nothing_twice(
    source: str, target: str, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparkpay_async.doubts.LINGERS", 0.0)  # as if the next run came later
    async with both() as place:
        journal = MemoryJournal()
        emulator = place.emulators[target]
        found = await plan(place.stores[source], place.stores[target], id_map=journal)
        for method in ("POST", "PUT", "DELETE"):
            emulator.plans.append(faults.Plan(fault=fault, method=method, times=4))
        hasty = place.stores[target].with_options(deadline=5.0)  # looks for a lost create no longer than that
        done = await apply(found, hasty, journal=journal, max_deletes=1000)
        emulator.plans.clear()
        assert emulator.ledger.faults[fault] > 0
        done = await apply(found, place.stores[target], journal=journal, max_deletes=1000)
        assert done.complete, [result for result in done.results if result.error]
        assert (await place.products(target)).keys() == (await place.products(source)).keys()
        assert (await plan(place.stores[source], place.stores[target], id_map=journal)).empty


class Crashing:
    """A journal before and after each of whose notes the process may end."""

    def __init__(self, inner: MemoryJournal, at: int) -> None:
        self.inner = inner
        self.left = at

    def _step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise CrashError

    async def entries(self, plan: str) -> Mapping[int, Entry]:
        return await self.inner.entries(plan)

    async def note(self, plan: str, entries: Sequence[Entry], linked: Linked | None = None) -> None:
        self._step()
        await self.inner.note(plan, entries, linked)
        self._step()

    async def id_map(self, source: str, target: str) -> Mapping[str, str]:
        return await self.inner.id_map(source, target)


@pytest.mark.parametrize(("source", "target"), WAYS)
async def test_interrupted_at_any_commit_and_run_again_no_create_is_doubled(
    source: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commerce_async.sync.applying.BATCH", 2)
    async with both(4) as place:
        store, journal = place.stores[target], MemoryJournal()
        found = await plan(place.stores[source], store)
        before = place.writes(target)
        crashes = 0
        for at in range(1, 100):
            try:
                done = await apply(found, store, journal=Crashing(journal, at), max_deletes=1000)
                break
            except CrashError:
                crashes += 1
        assert crashes >= 4
        assert done.complete
        after = await place.products(target)
        assert after.keys() == (await place.products(source)).keys()
        if target == "us":
            written = place.writes(target) - before
            assert written["POST /api/v1/products"] == found.counts["create"]
            assert written["DELETE /api/v1/products/{id}"] == found.counts["delete"]
        assert (await plan(place.stores[source], store, id_map=journal)).empty


@pytest.mark.parametrize(("source", "target"), WAYS)
async def test_limited_to_some_fields_nothing_else_of_a_product_changes(source: str, target: str) -> None:
    async with both() as place:
        journal = MemoryJournal()
        await mirrored(place, source, target, journal)
        for product in list((await place.products(target)).values())[:6]:
            await place.edit(
                target,
                product,
                prices=tuple(msgspec.structs.replace(each, amount=each.amount + 1) for each in product.prices),
                name="Other",
                texts={
                    language: msgspec.structs.replace(each, name="Other") for language, each in product.texts.items()
                },
            )
        found, done = await mirrored(place, source, target, journal, fields=["prices"], deletes=False)
        assert done.counts["updated"] == 6
        changed = {each.field for item in found.items if item.change for each in item.change.fields}
        assert all("pric" in name or name in ("retail", "cost") for name in changed), changed
        names = [each.name for each in (await place.products(target)).values()]
        assert names.count("Other") == 6


async def test_a_product_limited_to_its_own_fields_is_unchanged_whatever_the_vendor() -> None:
    async with both(20) as place:
        for name in ("eu", "us"):
            store: Store = place.stores[name]
            change = await place.stores[name].product_writes.changer()
            for product in (await place.products(name)).values():
                for field in FIELDS:
                    wanted = limited(product, product, [field])
                    assert change(wanted, before=product).action == "unchanged", (store, field)


@pytest.mark.parametrize(("source", "target"), WAYS)
async def test_limited_to_a_field_another_vendor_s_product_changes_nothing_beside_it(source: str, target: str) -> None:
    async with both(20) as place:
        change = await place.stores[target].product_writes.changer()
        mine = list((await place.products(source)).values())
        theirs = list((await place.products(target)).values())
        allowed = {
            "text": ("display", "description", "item_name", "short_description", "long_description"),
            "prices": ("pricing.price", "pricing.setupFee", "price", "retail", "cost", "pricing["),
            "attributes": ("attributes", "custom_fields"),
            "images": ("image", "pictures"),
            "sku": ("sku", "item_number"),
            "tax_code": ("taxcode", "tax_code"),
        }
        for one, other in zip(mine, theirs, strict=False):
            for field, names in allowed.items():
                found = change(limited(one, other, [field]), before=other)
                assert all(each.field.startswith(names) for each in found.fields), (field, found.fields)


async def test_prices_are_made_by_the_rate_that_was_given() -> None:
    async with both() as place:
        rates = {"USD": Rate("EUR", Decimal("1.10"))}
        before = await place.products("eu")
        await mirrored(place, "eu", "us", MemoryJournal(), currencies=rates)
        after = await place.products("us")
        checked = 0
        for sku, product in before.items():
            euros = [each.amount for each in product.prices if each.currency == "EUR" and each.kind == "regular"]
            if euros:
                expected = (euros[0] * Decimal("1.10")).quantize(Decimal("0.01"))
                assert after[sku].prices[0].amount == expected
                checked += 1
        assert checked > 3


async def test_what_a_vendor_cannot_hold_is_listed_and_not_lost_in_silence() -> None:
    async with both() as place:
        found = await plan(place.stores["us"], place.stores["eu"])
        lost = {loss.field for loss in found.losses}
        assert {"stock", "categories", "status"} <= lost
        found = await plan(place.stores["eu"], place.stores["us"])
        assert any(loss.field == "prices[]" and "one currency is USD" in loss.reason for loss in found.losses)
