"""create_or_update: looks first, writes only what differs, one at a time per key, and says what it did."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.errors import MissingError, TemporaryError, UnknownOutcomeError, UsageError
from commerce_async.http.call import Reply
from commerce_async.http.retry import Retry
from commerce_async.testing.clock import VirtualTimeLoop
from commerce_async.testing.emulator import Faults
from sparkpay_async import SparkPay, comparing, settling
from sparkpay_async.api import AmbiguousError, Saved
from sparkpay_async.drafts import members as body
from sparkpay_async.emulator import SparkPayEmulator
from sparkpay_async.kinds import CATEGORIES, ORDER_SHIPMENTS, PRODUCTS
from sparkpay_async.query import Category, Product
from tests.sparkpay.api_kit import Shop, reply, store

pytestmark = pytest.mark.anyio

MUG: dict[str, object] = {
    "item_number": "MUG-1",
    "item_name": "Mug",
    "product_status_id": 1,
    "primary_category_id": 2,
    "price": Decimal("5.10"),
}


def product(id: int, **fields: Any) -> dict[str, Any]:
    return {"id": id, **MUG, **fields}


# -- what it does ---------------------------------------------------------------------------------------------


async def test_it_creates_then_leaves_alone_then_changes_only_what_differs() -> None:
    shop = Shop("products")
    async with shop.store() as sp:
        results = [
            await sp.api.products.create_or_update(draft)
            for draft in (MUG, MUG, MUG | {"price": Decimal("6.00"), "item_name": "Cup"})
        ]
    assert [(each.action, each.fields, each.record.id) for each in results] == [
        ("created", (), 1),
        ("unchanged", (), 1),
        ("updated", ("item_name", "price"), 1),
    ]
    assert shop.seen == ["GET list", "POST", "GET list", "GET list", "PUT"]


async def test_every_look_is_past_the_servers_cache() -> None:
    shop = Shop("products", product(1))
    headers: list[Any] = []
    answer = shop.answer
    sp = shop.store()
    sp.client._transport.answer = lambda call: (headers.append(call.headers), answer(call))[1]  # type: ignore[attr-defined]
    async with sp:
        await sp.api.products.create_or_update(MUG)
        await sp.api.products.create_or_update({"id": 1, "price": Decimal("5.10")})
    assert headers == [(("Cache-Control", "no-cache"),)] * 2


async def test_by_id_it_reads_the_record_itself() -> None:
    shop = Shop("products", product(7))
    async with shop.store() as sp:
        same = await sp.api.products.create_or_update({"id": 7, "price": Decimal("5.1000")})
        changed = await sp.api.products.create_or_update({"price": 9}, id=7)
    assert (same.action, changed.action, changed.fields) == ("unchanged", "updated", ("price",))
    assert shop.seen == ["GET one", "GET one", "PUT"]


async def test_by_an_id_that_is_not_there_it_creates_once_and_never_what_its_key_already_names() -> None:
    shop = Shop("products")
    async with shop.store() as sp:
        assert (await sp.api.products.create_or_update(MUG | {"id": 70})).action == "created"
        shop.records = {1: product(1)}
        with pytest.raises(AmbiguousError, match="item_number 'MUG-1' is record 1") as caught:
            await sp.api.products.create_or_update(MUG | {"id": 71})
    assert caught.value.ids == (1,)
    assert len(shop.records) == 1


async def test_categories_are_named_by_name_and_parent() -> None:
    shop = Shop(
        "categories",
        {"id": 1, "name": "Shoes", "parent_category_id": 0},
        {"id": 2, "name": "Shoes", "parent_category_id": 7},
    )
    async with shop.store() as sp:
        found = await sp.api.categories.create_or_update({"name": "Shoes", "parent_category_id": 7})
        root = await sp.api.categories.create_or_update({"name": "Shoes", "parent_category_id": 0, "sort_order": 4})
        new = await sp.api.categories.create_or_update({"name": "Shoes", "parent_category_id": 8})
    assert [(each.action, each.record.id) for each in (found, root, new)] == [
        ("unchanged", 2),
        ("updated", 1),
        ("created", 3),
    ]


async def test_an_e_mail_address_names_its_customer_in_whatever_case() -> None:
    shop = Shop("customers", {"id": 1, "email": "anna@shop.example", "store_id": 1, "first_name": "Ann"})
    async with shop.store() as sp:
        saved = await sp.api.customers.create_or_update({"email": "Anna@Shop.example ", "first_name": "Anna"})
        other = await sp.api.customers.create_or_update({"email": "ann@shop.example", "store_id": 1})
    assert (saved.action, saved.record.id, other.action) == ("updated", 1, "created")


async def test_any_other_name_is_compared_to_the_letter() -> None:
    shop = Shop("products", MUG | {"id": 1, "item_number": "mug-1"})
    async with shop.store() as sp:
        assert (await sp.api.products.create_or_update(MUG)).action == "created"


async def test_the_caller_may_name_the_key() -> None:
    shop = Shop("products", product(1, gtin="400"))
    async with shop.store() as sp:
        done = await sp.api.products.create_or_update({"gtin": "400", "price": 2}, by="gtin")
        again = await sp.api.products.create_or_update({"gtin": "400", "price": 2}, by=(Product.gtin,))
    assert (done.action, done.record.id) == ("updated", 1)
    assert again.action == "unchanged"


async def test_more_than_one_match_is_an_error_that_names_the_ids() -> None:
    shop = Shop("products", product(3), product(9))
    async with shop.store() as sp:
        with pytest.raises(AmbiguousError, match=r"2 records of products .* ids 3, 9") as caught:
            await sp.api.products.create_or_update(MUG)
    assert caught.value.ids == (3, 9)
    assert shop.seen == ["GET list"]


async def test_a_server_that_ignores_the_filter_does_not_make_it_change_another_record() -> None:
    shop = Shop("products", product(3, item_number="OTHER"))
    answer = shop._list
    shop._list = lambda query: answer({})  # type: ignore[method-assign]  # every list is the whole list
    async with shop.store() as sp:
        done = await sp.api.products.create_or_update(MUG)
    assert (done.action, done.record.id) == ("created", 4)
    assert shop.records[3]["item_number"] == "OTHER"


async def test_a_key_that_would_be_read_as_two_conditions_is_still_found() -> None:
    name = "Arts AND Crafts"
    shop = Shop("categories", {"id": 1, "name": name, "parent_category_id": 0}, {"id": 2, "name": "Crafts"})
    async with shop.store() as sp:
        done = await sp.api.categories.create_or_update({"name": name, "parent_category_id": 0, "sort_order": 1})
    assert (done.action, done.record.id) == ("updated", 1)


async def test_a_key_that_is_too_long_for_a_query_is_still_found() -> None:
    root = {"parent_category_id": 0}
    name = "皿" * 250  # 2,250 characters of query
    shop = Shop("categories", {"id": 1, "name": name[:-1], **root}, {"id": 2, "name": name, **root})
    async with shop.store() as sp:
        done = await sp.api.categories.create_or_update({"name": name, "sort_order": 3, **root})
        again = await sp.api.categories.create_or_update({"name": name + "。", **root})
    assert [(each.action, each.record.id) for each in (done, again)] == [("updated", 2), ("created", 3)]


async def test_a_record_deleted_between_look_and_write_is_made_anew() -> None:
    shop = Shop("products", product(1, price=1))

    def vanish(what: str, number: int) -> None:
        if what == "PUT":
            shop.records.clear()

    shop.loses = vanish
    async with shop.store() as sp:
        done = await sp.api.products.create_or_update(MUG)
    assert done.action == "created"


async def test_one_that_is_always_deleted_is_given_up_as_missing() -> None:
    shop = Shop("products", product(1, price=1))
    shop._list = lambda query: reply({"total_count": 1, "products": [product(1, price=1)]})  # type: ignore[method-assign]
    shop.loses = lambda what, number: shop.records.clear()
    async with shop.store() as sp:
        with pytest.raises(MissingError):
            await sp.api.products.create_or_update(MUG)


@pytest.mark.parametrize(
    ("draft", "by", "words"),
    [
        ({"price": 1}, None, "no item_number"),
        ({"item_number": "", "price": 1}, None, "no value"),
        ({"item_number": None, "price": 1}, None, "no value"),
        (MUG, "gtin", "no gtin"),
        (MUG, "no such", "no field"),
        (MUG, Product.price > 5, "takes fields"),
        (MUG, Category.name, "is asked"),
        ("MUG-1", None, "a draft is a dict"),
        ({"id": "x"}, None, "not an id"),
    ],
)
async def test_a_draft_without_its_key_is_refused(draft: Any, by: Any, words: str) -> None:
    shop = Shop("products")
    async with shop.store() as sp:
        with pytest.raises(UsageError, match=words):
            await sp.api.products.create_or_update(draft, by)
    assert shop.seen == []


async def test_what_has_no_natural_key_needs_an_id_or_a_name_for_it() -> None:
    async with Shop("addresses").store() as sp:
        with pytest.raises(UsageError, match="nothing names a record of addresses"):
            await sp.api.addresses.create_or_update({"customer_id": 1, "country": "US"})


async def test_a_new_record_by_id_alone_is_not_sent_twice() -> None:
    shop = Shop("addresses")
    shop.loses = lambda what, number: "after" if what == "POST" else None
    async with shop.store() as sp:
        with pytest.raises(UnknownOutcomeError):
            await sp.api.addresses.create_or_update({"id": 5, "customer_id": 1, "country": "US"})
    assert shop.seen == ["GET one", "POST"]


async def test_nested_lists_of_the_draft_are_read_and_compared() -> None:
    shop = Shop("products", product(1, custom_fields=[{"id": 4, "name": "a", "value": "1"}]))
    queries: list[dict[str, str]] = []
    answer = shop._list

    def listed(query: dict[str, str]) -> Reply:
        queries.append(query)
        return answer(query)

    shop._list = listed  # type: ignore[method-assign]  # to see the query
    async with shop.store() as sp:
        same = await sp.api.products.create_or_update(MUG | {"custom_fields": [{"name": "a", "value": "1"}]})
        other = await sp.api.products.create_or_update(MUG | {"custom_fields": [{"name": "a", "value": "2"}]})
    assert (same.action, other.fields) == ("unchanged", ("custom_fields",))
    assert queries[0]["expand"] == "custom_fields"


async def test_rows_that_are_records_of_their_own_are_not_sent_where_they_could_come_on_top() -> None:
    rows = [{"starting_quantity": 10, "price": Decimal("8.50")}]
    there = [rows[0] | {"id": 7}, {"id": 8, "starting_quantity": 50, "price": Decimal(8)}]
    shop = Shop("products", MUG | {"id": 1, "pricing": there})
    async with shop.store() as sp:
        products = sp.api.products
        for pricing in (rows, [rows[0] | {"id": 7}], [{"price": 5}], [{"id": 7}, {"id": 7}], []):
            with pytest.raises(UsageError) as refused:
                await products.create_or_update(MUG | {"pricing": pricing, "price": Decimal(9)})
            assert "api.product_pricing" in refused.value.fields["pricing"]
        assert "PUT" not in shop.seen
        shown = shop.records[1]["pricing"]
        assert (await products.create_or_update(MUG | {"pricing": shown})).action == "unchanged"
        assert (await products.create_or_update(MUG | {"pricing": [shown[1], shown[0] | {"price": 7}]})).fields == (
            "pricing",
        )


async def test_one_at_a_time_per_key_and_side_by_side_across_keys() -> None:
    shop = Shop("products")
    under_way: Counter[str] = Counter()
    most = 0

    async with shop.store() as sp:
        send = sp.client.send

        async def watched(call: Any) -> Any:
            nonlocal most
            key = dict(call.query).get("item_number", "") or (call.body or b"").decode()
            key = next(name for name in ("A-0", "A-1", "A-2") if name in key) if key else "?"
            under_way[key] += 1
            assert under_way[key] == 1
            most = max(most, under_way.total())
            await asyncio.sleep(0)
            try:
                return await send(call)
            finally:
                under_way[key] -= 1

        sp.client.send = watched  # type: ignore[method-assign]  # to see what is under way
        drafts = [MUG | {"item_number": f"A-{n % 3}"} for n in range(30)]
        await asyncio.gather(*(sp.api.products.create_or_update(draft) for draft in drafts))
    assert len(shop.records) == 3
    assert most == 3


async def test_two_stores_of_one_shop_wait_for_each_other() -> None:
    shop = Shop("products")
    async with shop.store() as one, shop.store() as two:
        derived = one.with_options(timeout=5.0)
        results = await asyncio.gather(*(each.api.products.create_or_update(MUG) for each in (one, two, derived)))
    assert Counter(each.action for each in results) == {"created": 1, "unchanged": 2}


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"loop_factory": VirtualTimeLoop})], ids=["virtual"])
async def test_a_cancelled_call_frees_its_key() -> None:
    shop = Shop("products")
    async with store(shop.answer, rate=1)[0] as sp:  # the look goes out at once, the write would a second later
        waiting = asyncio.create_task(sp.api.products.create_or_update(MUG))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert shop.seen == ["GET list"]
        assert (await sp.api.products.create_or_update(MUG)).record.id >= 1


# -- comparing by value ---------------------------------------------------------------------------------------

NINE = datetime(2016, 11, 4, 9, 36, 5, 700_000, timezone(timedelta(hours=-6)))


@pytest.mark.parametrize(
    ("field", "wanted", "found"),
    [
        ("price", Decimal("5.1"), Decimal("5.1000")),
        ("price", 5, Decimal("5.00")),
        ("height", Decimal("4.0"), "4"),
        ("retail", None, ""),
        ("approved_at", None, ""),
        ("warehouse_id", None, 0),
        ("warehouse_id", "", None),
        ("manufacturer_id", 0, None),
        ("is_hidden", True, 1),
        ("is_hidden", 0, False),
        ("is_hidden", False, "0"),
        ("updated_at", NINE, "2016-11-04T09:36:05.7-06:00"),
        ("updated_at", NINE, "2016-11-04T15:36:05.7033333Z"),
        ("updated_at", "2016-11-04T15:36:05.7Z", "2016-11-04T09:36:05.7-06:00"),
        ("due_date", date(2016, 11, 4), "2016-11-04T00:00:00Z"),
        ("postal_code", "77702", 77702),
        ("categories", [{"id": 1}, {"id": 2}], [{"id": 2, "name": "b"}, {"id": 1, "name": "a"}]),
        ("store_payment_methods_enabled", ["a", "b"], ["b", "a"]),
    ],
)
def test_what_means_the_same_is_not_written(field: str, wanted: Any, found: Any) -> None:
    assert comparing.differing({field: wanted}, {field: found}) == {}


@pytest.mark.parametrize(
    ("field", "wanted", "found"),
    [
        ("price", Decimal("5.1"), Decimal("5.1001")),
        ("price", 0, None),
        ("quantity_on_hand", 0, ""),
        ("item_number", "007", "7"),
        ("item_name", "Mug", "mug"),
        ("item_name", "", "x"),
        ("is_hidden", True, 0),
        ("is_hidden", True, 2),
        ("updated_at", NINE, "2016-11-04T09:36:05.7Z"),
        ("updated_at", NINE, "yesterday"),
        ("categories", [{"id": 1}], [{"id": 1}, {"id": 2}]),
        ("categories", [{"id": 1}, {"id": 1}], [{"id": 1}, {"id": 2}]),
        ("categories", [{"id": 1}], None),
        ("weight", Decimal(1), True),
        ("new_field", "x", None),
    ],
)
def test_what_means_something_else_is_written(field: str, wanted: Any, found: Any) -> None:
    assert comparing.differing({field: wanted}, {field: found}) == {field: wanted}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.decimals(-1000, 1000, places=4) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "b_id", "c_at", "d"]), JSON, max_size=4))
def test_a_record_never_differs_from_itself(record: dict[str, Any]) -> None:
    assert comparing.differing(record, record) == {}


@given(JSON, JSON)
def test_comparing_never_fails(wanted: Any, found: Any) -> None:
    assert comparing.same("x", wanted, found) in (True, False)


# -- keys -----------------------------------------------------------------------------------------------------


def test_a_natural_key_is_all_of_it_but_for_a_parent() -> None:
    assert settling.natural_key(PRODUCTS, {"item_number": "x", "price": 1}) == (("item_number", "x"),)
    assert settling.natural_key(PRODUCTS, {"item_number": "", "price": 1}) is None
    assert settling.natural_key(CATEGORIES, {"name": "x"}) == (("name", "x"),)
    assert settling.natural_key(ORDER_SHIPMENTS, {"order_id": 5}) is None


@pytest.mark.parametrize(
    ("key", "query"),
    [
        ((("item_number", "a b"),), (("item_number", "eq:a b"),)),
        ((("item_number", "gt:5"),), (("item_number", "eq:gt:5"),)),
        ((("name", "x"), ("parent_category_id", 0)), (("name", "eq:x"),)),
        ((("name", "Arts AND Crafts"),), (("name", "like:Crafts"),)),
        ((("name", " x "),), (("name", "like:x"),)),
        ((("price", Decimal("1E+1")),), (("price", "eq:10"),)),
        ((("is_kit", True),), (("is_kit", "eq:true"),)),
        ((("created_at", NINE),), (("created_at", "eq:2016-11-04T15:36:05.700000Z"),)),
    ],
)
def test_a_key_is_asked_for_so_that_the_server_reads_it_as_one_value(key: settling.Key, query: Any) -> None:
    assert settling.lookup(PRODUCTS, key) == query


def test_a_key_that_cannot_be_asked_for_is_refused() -> None:
    for key in ((("height", "4"),), (("name", " AND "),)):
        with pytest.raises(UsageError, match="cannot be looked up"):
            settling.lookup(PRODUCTS, key)


# -- the bar --------------------------------------------------------------------------------------------------


async def test_500_at_once_of_50_keys_with_a_fifth_of_answers_lost_make_50_records() -> None:
    async with SparkPayEmulator(products=300, orders=30, window=None) as emulator:
        category = emulator.table("categories").ids()[0]
        status = emulator.table("product_statuses").ids()[0]
        options = {"retry": Retry(tries=8, base=0.02, cap=0.1)}
        async with SparkPay(**emulator.settings(), limit=100_000, **options) as sp:
            emulator.faults = Faults(lose_answer=0.2)
            before = emulator.product_count

            async def one(number: int) -> Saved[Any] | Exception:
                draft = MUG | {
                    "item_number": f"BAR-{number % 50}",
                    "product_status_id": status,
                    "primary_category_id": category,
                }
                draft["price"] = Decimal(number // 50)
                try:
                    return await sp.api.products.create_or_update(draft)
                except TemporaryError as error:  # nothing was sent; a caller would try again
                    return error

            numbers = list(range(500))
            random.Random(4).shuffle(numbers)
            results = await asyncio.gather(*(one(number) for number in numbers))
            emulator.faults = Faults()
            made = [each async for each in sp.api.products.walk() if (each.item_number or "").startswith("BAR-")]
    assert emulator.ledger.faults["lose_answer"] > 100
    assert emulator.product_count - before == 50
    assert Counter(each.item_number for each in made) == {f"BAR-{n}": 1 for n in range(50)}
    actions = Counter(each.action if isinstance(each, Saved) else type(each).__name__ for each in results)
    assert actions["created"] == 50, actions
    assert actions["created"] + actions["updated"] + actions["unchanged"] >= 495, actions
    assert any(isinstance(each, Saved) and each.settled for each in results)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="faults") as caught:
        body(PRODUCTS, {"eta_date": datetime(2016, 1, 1)}, new=False)
    assert "zone" in caught.value.fields["eta_date"]
