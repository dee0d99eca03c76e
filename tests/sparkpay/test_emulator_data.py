"""The generated store: repeatable, consistent, and irregular where the vendor is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkpay_async.emulator import SparkPayEmulator
from sparkpay_async.emulator.tables import Generated
from sparkpay_async.emulator.values import micros

encode = msgspec.json.Encoder(decimal_format="number").encode


@pytest.fixture(scope="module")
def shop() -> SparkPayEmulator:
    return SparkPayEmulator(products=300, orders=600, seed=7)


def orders(shop: SparkPayEmulator) -> Iterator[dict[str, Any]]:
    return (shop.order(id) for id in shop.order_ids())


def products(shop: SparkPayEmulator) -> Iterator[dict[str, Any]]:
    return (shop.product(id) for id in shop.product_ids())


def test_same_seed_same_store_and_another_seed_another() -> None:
    def everything(seed: int) -> bytes:
        shop = SparkPayEmulator(products=40, orders=60, seed=seed)
        return encode([[table.get(id) for id in table.ids()] for table in shop.world.tables.values()])

    assert everything(3) == everything(3) != everything(4)


def test_a_record_does_not_depend_on_what_was_read_before(shop: SparkPayEmulator) -> None:
    other = SparkPayEmulator(products=300, orders=600, seed=7)
    id = shop.order_ids()[-1]
    assert other.order(id) == shop.order(id)


def test_the_sums_of_an_order_are_exact(shop: SparkPayEmulator) -> None:
    for order in orders(shop):
        total = (
            order["subtotal"]
            - order["discount_total"]
            + order["tax_total"]
            + order["shipping_total"]
            + order["handling_total"]
            + order["additional_fees"]
        )
        assert order["grand_total"] == total == shop.order_total(order["id"])
        assert order["subtotal"] == sum(item["price"] * item["quantity"] for item in order["items"])
        assert order["tax_total"] == sum(item["tax"] for item in order["items"])
        paid = [payment["amount"] for payment in order["payments"]]
        assert not paid or sum(paid) == total


def test_money_has_up_to_four_decimals_and_is_written_as_a_number(shop: SparkPayEmulator) -> None:
    exponents = {cast(int, order["grand_total"].as_tuple().exponent) for order in orders(shop)}
    assert exponents <= {0, -2, -4}
    assert len(exponents) > 1
    for order in orders(shop):
        assert f'"grand_total":{order["grand_total"]},'.encode() in encode(order)


def test_ids_rise_with_gaps_and_relations_hold(shop: SparkPayEmulator) -> None:
    for ids in (shop.product_ids(), shop.order_ids()):
        assert all(a < b for a, b in pairwise(ids))
        assert any(b - a > 1 for a, b in pairwise(ids))
    statuses, customers = shop.table("order_statuses"), shop.table("customers")
    inventory, addresses = shop.table("variant_inventory"), shop.table("order_addresses")
    for order in orders(shop):
        assert statuses.get(order["order_status_id"])
        assert customers.get(order["customer_id"])
        assert addresses.get(order["order_billing_address_id"])
        if order["order_shipping_address_id"]:
            assert addresses.get(order["order_shipping_address_id"])
        own = {item["id"] for item in order["items"]}
        for item in order["items"]:
            assert item["product_id"] in shop.product_ids()
            assert not item["parent_order_item_id"] or item["parent_order_item_id"] in own
            if item["variant_inventory_id"]:
                combination = inventory.get(item["variant_inventory_id"])
                assert combination is not None
                assert combination["product_id"] == item["product_id"]
                assert combination["item_number"] == item["item_number_full"]
                assert combination["description"] == ", ".join(v["description"] for v in item["variants"])


def test_categories_are_a_tree(shop: SparkPayEmulator) -> None:
    table = shop.table("categories")
    records = [table.get(id) or {} for id in table.ids()]
    parents = {record["parent_category_id"] for record in records}
    assert 0 in parents
    assert parents - {0} <= set(table.ids())


def test_the_vendors_traps_are_there(shop: SparkPayEmulator) -> None:
    goods, sales = list(products(shop)), list(orders(shop))
    assert all(isinstance(p[name], str) for p in goods for name in ("height", "length", "width"))
    assert all(type(p["is_hidden"]) is int for p in goods)
    assert any(p["handling_fee"] is None for p in goods)
    assert any(p["variants"] and p["variant_inventory"] for p in goods)
    assert len(goods[0]) >= 60
    assert {None, 0} <= {order["order_shipping_address_id"] for order in sales}
    assert {None, ""} <= {order["coupon_code"] for order in sales}
    assert any(p["approved_at"] == "" for order in sales for p in order["payments"])
    assert any(item["variants"] is None for order in sales for item in order["items"])
    codes = [shop.table("order_addresses").get(order["order_billing_address_id"]) for order in sales]
    assert {type(code["postal_code"]) for code in codes if code} == {int, str}
    fractions = {len(order["updated_at"].partition(".")[2].split("-")[0]) for order in sales}
    assert fractions == {0, 1, 2, 3, 7}


def test_times_rise_over_two_years_and_end_in_time() -> None:
    until = datetime(2025, 6, 1, tzinfo=UTC)
    shop = SparkPayEmulator(products=0, orders=400, until=until)
    for field in ("created_at", "updated_at"):
        stamps = [micros(order[field]) or 0 for order in orders(shop)]
        assert all(a < b for a, b in pairwise(stamps))
        assert stamps[-1] <= until.timestamp() * 1e6
        assert stamps[-1] - stamps[0] > 700 * 86_400 * 10**6


def test_as_many_records_are_broken_as_asked() -> None:
    shop = SparkPayEmulator(products=50, orders=50, broken=4, broken_products=2)
    bad = [order["id"] for order in orders(shop) if not isinstance(order["grand_total"], Decimal)]
    assert bad == shop.broken_order_ids
    assert len(bad) == 4
    assert all(isinstance(shop.order_total(id), Decimal) for id in bad)
    odd = [product["id"] for product in products(shop) if not isinstance(product["price"], Decimal)]
    assert odd == shop.broken_product_ids
    assert len(odd) == 2


def test_changes_are_seen_and_stamped_later_than_everything_before() -> None:
    shop = SparkPayEmulator(products=5, orders=5)
    latest = max(micros(order["updated_at"]) or 0 for order in orders(shop))
    first, second = shop.order_ids()[:2]
    before = shop.order(first)
    edited = shop.edit_order(first)
    assert edited["order_status_id"] != before["order_status_id"]
    assert (micros(edited["updated_at"]) or 0) > latest
    new = shop.insert_order(admin_comments="by hand")
    assert new > shop.order_ids()[-2]
    assert shop.order(new)["admin_comments"] == "by hand"
    assert (micros(shop.order(new)["updated_at"]) or 0) > (micros(edited["updated_at"]) or 0)
    shop.remove_order(second)
    assert shop.order_count == 5
    assert second not in shop.order_ids()
    with pytest.raises(KeyError):
        shop.order(second)
    product = shop.product_ids()[0]
    assert shop.edit_product(product, price=Decimal("9.9999"))["price"] == Decimal("9.9999")
    with pytest.raises(KeyError):
        shop.remove_product(1)


@settings(max_examples=50, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(("insert", "remove", "edit")), st.integers(0, 99)), max_size=30))
def test_the_live_ids_are_those_of_a_plain_list(steps: list[tuple[str, int]]) -> None:
    shop = SparkPayEmulator(products=12, orders=0)
    table = cast(Generated, shop.table("products"))
    expected, changed = list(shop.product_ids()), set[int]()
    for step, throw in steps:
        if step == "insert":
            expected.append(shop.insert_product())
            changed.add(expected[-1])
        elif expected:
            id = expected[throw % len(expected)]
            if step == "remove":
                shop.remove_product(id)
                expected.remove(id)
                changed.discard(id)
            else:
                shop.edit_product(id)
                changed.add(id)
        ids = table.ids()
        assert [ids[k] for k in range(len(ids))] == list(ids) == expected
        assert list(table.unchanged()) == [id for id in expected if id not in changed]
        assert list(table.changed()) == sorted(changed)
        assert shop.product_count == len(expected)
