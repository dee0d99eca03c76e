"""FastSpring's objects become common ones: nothing invented, nothing lost."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from commerce_async.schema import OrderStatus, Price, ProductKind, Subscription, Text
from fastspring_async.mapping import to_order, to_product
from fastspring_async.wire import read_order, read_product
from tests.fastspring.fakes import fixture, json


def product(value: object) -> Any:
    raw = value if isinstance(value, bytes) else json(value)
    return to_product(read_product(raw), raw, store="eu")


def order(value: object) -> Any:
    raw = value if isinstance(value, bytes) else json(value)
    return to_order(read_order(raw), raw, store="eu")


def small(**changes: object) -> dict[str, object]:
    return {"order": "a", "currency": "USD", "total": 10, **changes}


def test_a_product_has_every_common_field_the_vendor_gives() -> None:
    found = product(fixture("product"))
    assert (found.store, found.vendor, found.id, found.sku, found.name) == (
        "eu", "fastspring", "pro-monthly", "PRO-M", "Pro Monthly",
    )  # fmt: skip
    assert found.texts == {
        "en": Text(name="Pro Monthly", summary="**Pro** plan", description="All of it."),
        "de": Text(name="Pro monatlich"),
        "fr": Text(summary="Formule Pro"),
    }
    assert found.prices == (
        Price(currency="USD", amount=Decimal("30.10")),
        Price(currency="EUR", amount=Decimal(27)),
        Price(currency="JPY", amount=Decimal(4400)),
        Price(currency="USD", amount=Decimal("14.95"), kind="setup"),
    )
    assert found.subscription == Subscription(interval="month", interval_length=1, trial_days=14)
    assert found.kind is ProductKind.DIGITAL
    assert found.attributes == {"tier": "pro", "seats": "5"}
    assert (found.tax_code, found.images[0].url, found.parent_id) == (
        "DC020502",
        "https://cdn.example.com/pro.png",
        None,
    )


def test_raw_is_kept_byte_for_byte() -> None:
    assert product(fixture("product")).raw == fixture("product")
    assert order(fixture("order")).raw == fixture("order")


def test_a_bare_product_maps_to_a_bare_product() -> None:
    found = product({"product": "a"})
    assert (found.id, found.name, found.prices, found.subscription, found.texts) == ("a", None, (), None, {})
    assert found.kind is ProductKind.UNKNOWN


def test_a_product_named_in_one_language_only_still_has_a_name() -> None:
    assert product({"product": "a", "display": {"de": "Ding"}}).name == "Ding"
    assert product({"product": "a", "display": "Thing"}).texts == {"": Text(name="Thing")}


def test_a_price_whose_currency_is_not_told_is_left_to_raw() -> None:
    assert product({"product": "a", "pricing": {"price": 9.5}}).prices == ()


def test_a_currency_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="currency"):
        product({"product": "a", "pricing": {"price": {"DOLLARS": 1}}})


def test_an_order_has_every_common_field_the_vendor_gives() -> None:
    found = order(fixture("order"))
    assert (found.id, found.reference, found.currency, found.live) == ("oTq1", "ACM240115-1265-35113", "EUR", False)
    assert (found.total, found.tax, found.subtotal, found.discount) == (
        Decimal("71.28"), Decimal("11.38"), Decimal("59.90"), Decimal(5),
    )  # fmt: skip
    assert found.customer.id == "acc1"
    assert (found.customer.first_name, found.customer.company, found.customer.phone) == ("Ada", None, "4930123")
    assert found.payments[0].method == "creditcard"
    assert (found.payments[0].card, found.payments[0].last_four) == ("visa", "4242")
    assert found.coupons == ("FIVE",)
    assert found.tags == {"campaign": "spring"}
    assert (found.returns[0].id, found.returns[0].amount) == ("ret1", Decimal("14.90"))
    assert found.updated_at == datetime(2024, 1, 15, 9, 52, 25, 678000, tzinfo=UTC)
    assert found.placed_at == datetime(2024, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reference", "day"),
    [
        ("YES200229-8442-49161", datetime(2020, 2, 29, tzinfo=UTC)),
        ("FUR160629-3229-57108B", datetime(2016, 6, 29, tzinfo=UTC)),
        ("YES210229-8442-49161", None),
        ("YES20031-8442-49161", None),
        ("200314-8442", None),
        ("", None),
        (None, None),
    ],
)
def test_the_day_of_an_order_is_read_from_its_reference_and_invented_from_no_other(
    reference: str | None, day: datetime | None
) -> None:
    assert order(small(reference=reference)).placed_at == day


def test_addresses_are_read_in_both_spellings() -> None:
    found = order(fixture("order"))
    billing, shipping = found.billing_address, found.shipping_address
    assert (billing.line1, billing.postal_code, billing.region) == ("Unter den Linden 1", "10117", None)
    assert (billing.first_name, billing.company) == ("Ada", "DE")
    assert (shipping.line1, shipping.region_code, shipping.first_name) == ("1 Navy Way", "VA", "Grace")


def test_lines_know_their_parent_and_their_subscription() -> None:
    main, fee = order(fixture("order")).lines
    assert (main.id, main.product_id, main.quantity, main.subscription_id) == ("1", "pro-monthly", 2, "sub1")
    assert (fee.product_id, fee.name, fee.parent_line_id, fee.parent_kind) == (
        "pro-monthly.setupFee", "Set-up", "1", "one_time_fee",
    )  # fmt: skip
    assert main.parent_line_id is None


def test_the_parent_is_the_nearest_line_above_or_else_below_and_never_the_line_itself() -> None:
    driver = {"type": "bundle", "path": "a"}
    items = [{"product": name, "driver": driver} for name in ("x", "a", "a", "y")]
    items[1] = {"product": "a"}
    assert [line.parent_line_id for line in order(small(items=items)).lines] == ["2", None, "2", "3"]
    alone = [{"product": "a", "driver": driver}, {"product": "b", "driver": {"type": "addon", "path": "gone"}}]
    assert [line.parent_line_id for line in order(small(items=alone)).lines] == [None, None]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"completed": True}, OrderStatus.COMPLETED),
        ({"completed": False}, OrderStatus.UNKNOWN),
        ({}, OrderStatus.UNKNOWN),
        ({"completed": True, "returns": []}, OrderStatus.COMPLETED),
        ({"completed": True, "returns": [{"return": "r", "amount": 10}]}, OrderStatus.REFUNDED),
        (
            {"completed": True, "returns": [{"return": "r", "amount": 4}, {"return": "s", "amount": 6.0}]},
            OrderStatus.REFUNDED,
        ),
        ({"completed": True, "returns": [{"return": "r", "amount": 4}]}, OrderStatus.PARTIALLY_REFUNDED),
        ({"completed": True, "returns": ["r"]}, OrderStatus.COMPLETED),
        ({"completed": False, "returns": [{"return": "r", "amount": 10}]}, OrderStatus.UNKNOWN),
    ],
)
def test_the_status_says_no_more_than_the_order_does(changes: dict[str, object], status: OrderStatus) -> None:
    assert order(small(**changes)).status is status


def test_an_unfinished_order_has_no_reference_and_no_payment() -> None:
    found = order(fixture("order_unfinished"))
    assert (found.reference, found.payments, found.vendor_status, found.live) == (None, (), "not completed", True)
    assert found.customer.id == "acc3"
    assert found.lines[0].subscription_id == "subX"
    assert found.shipping_address is None


@pytest.mark.parametrize("missing", ["total", "currency"])
def test_an_order_without_its_money_is_refused_by_name(missing: str) -> None:
    value = small()
    del value[missing]
    with pytest.raises(ValueError, match=missing):
        order(value)


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ({"a": "b", "n": 1, "t": True, "z": None}, {"a": "b", "n": "1", "t": "true", "z": ""}),
        ({"o": {"k": 1.5}}, {"o": '{"k":1.5}'}),
        ([{"key": "a", "value": 2}, "odd", {"value": 3}], {"a": "2"}),
        ("loose", {"": "loose"}),
        (None, {}),
        ("", {}),
        ([], {}),
    ],
)
def test_tags_are_text_by_key_in_every_form(told: object, read: dict[str, str]) -> None:
    assert order(small(tags=told)).tags == read


@pytest.mark.parametrize(
    ("account", "customer", "id", "first"),
    [
        ("acc", {"first": "A"}, "acc", "A"),
        ({"account": "acc", "contact": {"first": "B"}}, None, "acc", "B"),
        ({"id": "acc"}, {"first": "A"}, "acc", "A"),
        (None, {"first": "A"}, None, "A"),
        ("acc", None, "acc", None),
    ],
)
def test_the_customer_is_found_wherever_it_stands(account: object, customer: object, id: str, first: str) -> None:
    found = order(small(account=account, customer=customer)).customer
    assert (found.id, found.first_name) == (id, first)
    assert order(small()).customer is None


def test_a_time_as_iso_text_is_read_too() -> None:
    assert order(small(changed="2024-01-15T09:52:25")).updated_at == datetime(2024, 1, 15, 9, 52, 25, tzinfo=UTC)
    with pytest.raises(ValueError, match="changed"):
        order(small(changed="yesterday"))


def test_coupons_may_be_objects() -> None:
    assert order(small(coupons=["A", {"coupon": "B"}])).coupons == ("A", "B")


def test_common_records_can_be_stored_as_json() -> None:
    msgspec.json.decode(msgspec.json.encode(order(fixture("order"))))
