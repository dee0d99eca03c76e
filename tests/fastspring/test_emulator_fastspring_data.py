"""What the FastSpring emulator's generator promises about its records."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastspring_async.emulator import FastSpringEmulator, Irregular
from fastspring_async.emulator.jsons import decode, encode

CLEAN = Irregular.none()


def orders(emulator: FastSpringEmulator) -> list[dict[str, Any]]:
    return [emulator.order(identity) for identity in emulator.order_ids()]


def every(**settings: Any) -> FastSpringEmulator:
    return FastSpringEmulator(**{"products": 60, "orders": 400, **settings})


def test_the_same_seed_makes_the_same_bytes_and_another_seed_makes_others():
    one, same, other = every(seed=7), every(seed=7), every(seed=8)
    assert [one.shop.order_json(n) for n in range(400)] == [same.shop.order_json(n) for n in range(400)]
    assert one.product_ids() == same.product_ids()
    assert set(one.order_ids()).isdisjoint(other.order_ids())
    assert one.product_ids() != other.product_ids()


def test_records_do_not_depend_on_the_order_in_which_they_are_read():
    forward, backward = every(), every()
    straight = [forward.shop.order_json(n) for n in range(400)]
    assert straight == [backward.shop.order_json(n) for n in reversed(range(400))][::-1]
    paths = forward.product_ids()
    assert [forward.product(path) for path in paths] == [backward.product(path) for path in reversed(paths)][::-1]


def test_ids_are_unique_and_look_like_the_vendors():
    emulator = every()
    ids, paths = list(emulator.order_ids()), emulator.product_ids()
    assert len(set(ids)) == 400
    assert len(set(paths)) == 60
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", identity) for identity in ids)
    assert all(re.fullmatch(r"[a-z0-9-]{3,}", path) for path in paths)


@given(st.text(max_size=30))
def test_no_made_up_id_is_mistaken_for_a_record(text: str):
    emulator = every(products=5, orders=5)
    assert text in list(emulator.order_ids()) or emulator.shop.order_number(text) is None
    assert text in emulator.product_ids() or emulator.shop.product(text) is None


def test_the_money_of_every_order_adds_up_to_the_last_unit():
    for order in orders(every(irregular=CLEAN)):
        items = order["items"]
        assert order["total"] == order["subtotal"] + order["tax"]
        assert order["subtotal"] == sum(item["subtotal"] for item in items)
        assert order["discount"] == sum(item["discount"] for item in items)
        assert order["totalInPayoutCurrency"] == order["subtotalInPayoutCurrency"] + order["taxInPayoutCurrency"]
        assert order["discountWithTax"] >= order["discount"] >= 0
        # Exact: the product of the text with 100 is whole.
        assert all(Decimal(order[name]) * 100 % 1 == 0 for name in ("total", "tax", "subtotal", "discount"))


def test_order_total_is_the_total_that_is_sent():
    emulator = every(irregular=Irregular.all(0.3))
    for identity in emulator.order_ids():
        assert Decimal(emulator.order(identity)["total"]) == emulator.order_total(identity)


def test_amounts_are_json_numbers_that_reencode_to_the_same_text():
    emulator = every(irregular=CLEAN)
    raw = emulator.shop.order_json(3)
    assert encode(decode(raw)) == raw
    texts = b"".join(every(irregular=Irregular(text_money=0)).shop.order_json(n) for n in range(100))
    assert re.search(rb'"total":\d+,', texts)
    assert re.search(rb'"total":\d+\.0,', texts)
    assert re.search(rb'"total":\d+\.\d\d,', texts)
    assert not re.search(rb'"total":[^,]*\d{3,}\.\d{3,}', texts)


def test_orders_are_made_in_the_order_of_their_numbers_before_the_end():
    until = datetime(2025, 6, 1, tzinfo=UTC)
    emulator = every(until=until, span=timedelta(days=365))
    times = [emulator.order_created(identity) for identity in emulator.order_ids()]
    assert times == sorted(times)
    assert times[0] >= (until - timedelta(days=365)).timestamp() * 1000
    assert times[-1] < until.timestamp() * 1000
    assert times[-1] - times[0] > 360 * 86_400_000


def test_every_kind_of_order_and_product_appears():
    emulator = every(products=300, orders=3000, irregular=CLEAN)
    found = orders(emulator)
    lines = [item for order in found for item in order["items"]]
    drivers = {item["driver"]["type"] for item in lines if "driver" in item}
    assert drivers == {"one_time_fee", "addon", "cross-sell", "bundle"}
    assert any(item["product"].endswith(".setupFee") for item in lines)
    assert any("subscription" in item for item in lines)
    assert {order["live"] for order in found} == {True, False}
    assert any("coupons" in order for order in found)
    assert any("returns" in order for order in found)
    assert {order["currency"] for order in found} >= {"USD", "EUR", "JPY"}
    assert {order["payment"].get("type") for order in found} >= {None, "creditcard", "test", "free", "bank"}
    unfinished = [order for order in found if not order["completed"]]
    assert unfinished
    assert all(each["reference"] is None and each["payment"] == {} for each in unfinished)
    assert all("/order/null/" in each["invoiceUrl"] for each in unfinished)
    products = [emulator.product(path) for path in emulator.product_ids()]
    assert {product["format"] for product in products} == {"digital", "physical", "digital-and-physical"}
    assert any(product["parent"] for product in products)
    assert {product["pricing"].get("interval") for product in products} >= {None, "month", "year"}
    assert any("setupFee" in product["pricing"] for product in products)
    assert any(len(product["display"]) > 1 for product in products)


def test_a_rebill_renews_a_subscription_that_an_earlier_completed_order_of_the_same_customer_began():
    emulator = every(orders=2000, irregular=CLEAN)
    begun: dict[str, tuple[str, str]] = {}
    renewed = 0
    for order in orders(emulator):
        for item in order["items"]:
            if "subscription" not in item:
                continue
            if order["reference"].endswith("B"):
                renewed += 1
                assert begun[item["subscription"]] == (order["account"], item["product"])
            else:
                assert item["subscription"] not in begun
                begun[item["subscription"]] = (order["account"], item["product"])
    assert renewed > 50


def test_each_irregularity_can_be_switched_on_alone_and_keeps_the_rest_of_the_shop():
    plain = every(irregular=CLEAN)
    for name in Irregular.__struct_fields__:
        odd = every(irregular=Irregular(**{**dict.fromkeys(Irregular.__struct_fields__, 0.0), name: 1.0}))
        assert list(odd.order_ids()) == list(plain.order_ids())
        assert [odd.order_total(each) for each in odd.order_ids()] == [
            plain.order_total(each) for each in plain.order_ids()
        ]
        sent = lambda shop: (  # noqa: E731
            [shop.shop.order_json(n) for n in range(400)],
            [encode(shop.product(path)) for path in shop.product_ids()],
        )
        assert sent(odd) != sent(plain), name


def test_the_irregularities_have_the_types_that_live_shops_show():
    found = orders(every(orders=1500, irregular=Irregular.all(0.5)))
    assert {type(order["account"]) for order in found} == {str, dict}
    assert {type(order["total"]) for order in found} == {str, int, Decimal}
    assert {type(order["address"]["postalCode"]) for order in found} == {str, int}
    assert {type(order["customer"]["phone"]) for order in found} >= {str, int, type(None)}
    assert {type(order["tags"]) for order in found if "tags" in order} == {dict, list, type(None)}
    assert {type(order["payment"].get("cardEnding")) for order in found} == {str, int, type(None)}
    assert any(order.get("notes") for order in found)
    assert any("creditcard" in order["payment"] for order in found)
    assert any("creditCard" in order["payment"] for order in found)
    assert any("\u00a0" in order["totalDisplay"] for order in found)
    assert any("notes" not in order for order in found)


def test_exactly_the_counted_records_are_broken_and_they_keep_their_ids():
    emulator = every(broken=7, broken_products=3)
    assert len(set(emulator.unreadable_orders())) == 7
    assert len(set(emulator.unreadable_products())) == 3
    for identity in emulator.order_ids():
        order = emulator.order(identity)
        try:
            Decimal(order["total"])
            readable = isinstance(order["items"], list)
        except (ArithmeticError, ValueError, TypeError):
            readable = False
        assert readable is (identity not in emulator.unreadable_orders())
        assert order["id"] == identity
    for path in emulator.unreadable_products():
        assert emulator.product(path)["product"] == path
        assert not isinstance(emulator.product(path)["pricing"], dict) or not isinstance(
            emulator.product(path)["pricing"]["price"]["USD"], int | Decimal
        )


def test_more_broken_records_than_records_are_refused():
    with pytest.raises(ValueError, match="broken"):
        every(orders=2, broken=3)


def test_two_hundred_thousand_orders_cost_no_more_to_make_than_ten():
    started = time.process_time()
    big = FastSpringEmulator(products=10_000, orders=200_000)
    assert time.process_time() - started < 0.5  # to make them takes seconds; a garbage collection, a tenth of one
    number = big.shop.order_number(big.order_id(199_999))
    assert number == 199_999
    middle = big.order_created(big.order_id(100_000))
    assert big.shop.plans.since(middle) == 100_000


def test_an_empty_shop_is_a_shop():
    emulator = every(products=0, orders=0)
    assert emulator.product_ids() == []
    assert list(emulator.order_ids()) == []
    assert emulator.shop.plans.since(0) == 0
    assert emulator.order(emulator.insert_order())["items"]


def test_changes_change_what_they_name_and_nothing_else():
    emulator = every(irregular=CLEAN)
    first, second = emulator.order_id(0), emulator.order_id(1)
    before, untouched = emulator.order(first), emulator.shop.order_json(1)
    emulator.edit_order(first, tags={"a": "b"})
    after = emulator.order(first)
    assert after["tags"] == {"a": "b"}
    assert after["changed"] > before["changed"]
    assert {name for name in after if after[name] != before.get(name)} == {
        "tags",
        "changed",
        "changedValue",
        "changedInSeconds",
        "changedDisplay",
    }
    assert emulator.shop.order_json(emulator.shop.order_number(second) or 0) == untouched

    new = emulator.insert_order()
    assert emulator.order_count == 401
    assert list(emulator.order_ids())[-1] == new
    assert emulator.order(new)["id"] == new

    path = emulator.product_ids()[0]
    emulator.edit_product(path, sku="NEW")
    assert emulator.product(path)["sku"] == "NEW"
    fresh = emulator.insert_product()
    assert emulator.product_ids()[0] == fresh
    assert emulator.product_count == 61 == len(emulator.product_ids())


def test_removing_a_product_removes_its_variations():
    emulator = every(irregular=CLEAN)
    paths = emulator.product_ids()
    variation = next(path for path in paths if emulator.product(path)["parent"])
    parent = emulator.product(variation)["parent"]
    assert emulator.remove_product(parent) == [parent, variation]
    assert set(paths) - set(emulator.product_ids()) == {parent, variation}
    assert emulator.product_count == 58
    with pytest.raises(KeyError):
        emulator.product(variation)
    with pytest.raises(KeyError):
        emulator.remove_product(parent)
