"""The vendor's records as common ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from commerce_async.schema import (
    Category,
    Image,
    Order,
    OrderStatus,
    Price,
    Product,
    ProductKind,
    ProductStatus,
    Stock,
    Subscription,
)
from sparkpay_async import kinds, mapping, wire
from sparkpay_async.mapping import Joined, Shop
from tests.sparkpay.fakes import fixture, others

SHOP = Shop(store="us", currency="EUR")
JULY = datetime(2016, 7, 1, 5, 0, tzinfo=UTC)


def product(**changes: Any) -> wire.Product:
    return kinds.PRODUCTS.reader.read(msgspec.json.encode({"id": 1, **changes}))


def status(**flags: Any) -> wire.ProductStatus:
    return wire.ProductStatus(id=2, **flags)


def mapped_product(raw: bytes | None = None) -> Product:
    raw = raw or fixture("product")
    known = {2: kinds.PRODUCT_STATUSES.reader.read(msgspec.json.encode(others("product_statuses")))}
    return mapping.product(kinds.PRODUCTS.reader.read(raw), raw, shop=SHOP, statuses=known)


def mapped_order(**changes: Any) -> Order:
    raw = msgspec.json.encode({**msgspec.json.decode(fixture("order")), **changes}) if changes else fixture("order")
    joined = Joined(
        statuses={5: kinds.ORDER_STATUSES.reader.read(msgspec.json.encode(others("order_statuses")))},
        customers={77: kinds.CUSTOMERS.reader.read(msgspec.json.encode(others("customers")))},
        addresses={501: kinds.ORDER_ADDRESSES.reader.read(msgspec.json.encode(others("order_addresses")))},
    )
    return mapping.order(kinds.ORDERS.reader.read(raw), raw, shop=SHOP, joined=joined)


# -- products -------------------------------------------------------------------------------------------------


def test_a_product_keeps_its_bytes_and_says_where_it_is_from() -> None:
    found = mapped_product()
    assert (found.store, found.vendor, found.id, found.sku) == ("us", "sparkpay", "412", "LAMP-7")
    assert found.raw == fixture("product")
    assert found.name == "Desk Lamp Äther"
    assert found.texts[""].description == "<p>It shines.</p>"


def test_prices_are_exact_and_in_the_shops_currency() -> None:
    assert mapped_product().prices == (
        Price(currency="EUR", amount=Decimal("24.9900")),
        Price(currency="EUR", amount=Decimal(29), kind="list"),
        Price(currency="EUR", amount=Decimal("11.2050"), kind="cost"),
        Price(currency="EUR", amount=Decimal("19.9"), minimum_quantity=24, group="3", variant_id="90", starts=JULY),
    )
    assert str(mapped_product().prices[0].amount) == "24.9900"


@pytest.mark.parametrize("retail", [None, "", 0, "10.00", -1])
def test_a_list_price_is_one_only_when_it_differs_and_is_above_zero(retail: Any) -> None:
    assert [price.kind for price in mapping.prices(product(price=10, retail=retail, cost=0), "EUR")] == ["regular"]


def test_a_price_row_of_a_sale_is_a_sale_and_one_without_a_price_is_none() -> None:
    rows = [{"id": 1, "price": 3, "sale_type_id": 4, "starting_quantity": 0}, {"id": 2, "price": None}]
    (only,) = mapping.prices(product(pricing=rows), "EUR")
    assert (only.kind, only.amount, only.minimum_quantity) == ("sale", Decimal(3), 1)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"e_product_type": "DownloadableFile", "is_kit": True}, ProductKind.DIGITAL),
        ({"e_product_type": "NotAnEProduct", "is_kit": 1}, ProductKind.BUNDLE),
        ({"e_product_type": ""}, ProductKind.PHYSICAL),
        ({}, ProductKind.PHYSICAL),
    ],
)
def test_the_kind_of_a_product(fields: dict[str, Any], kind: ProductKind) -> None:
    assert mapping.product_kind(product(**fields)) is kind


@pytest.mark.parametrize(
    ("fields", "flags", "expected"),
    [
        ({"is_discontinued": True, "is_hidden": 1}, status(), ProductStatus.DISCONTINUED),
        ({"is_hidden": 1}, status(is_unavailable=True), ProductStatus.HIDDEN),
        ({"is_hidden": 0}, status(is_hidden=True), ProductStatus.HIDDEN),
        ({"is_hidden": 0}, status(is_unavailable=True), ProductStatus.UNAVAILABLE),
        ({}, status(name="Unavailable"), ProductStatus.ACTIVE),
        ({}, None, ProductStatus.UNKNOWN),
        ({"is_hidden": 1}, None, ProductStatus.HIDDEN),
    ],
)
def test_the_status_of_a_product_goes_by_flags(
    fields: dict[str, Any], flags: wire.ProductStatus | None, expected: ProductStatus
) -> None:
    assert mapping.product_status(product(**fields), flags) is expected


@pytest.mark.parametrize(
    ("word", "length", "expected"),
    [
        ("Months", 2, Subscription(interval="month", interval_length=2)),
        ("weekly", None, Subscription(interval="week")),
        ("Fortnight", 0, Subscription(interval="Fortnight")),
        ("", None, Subscription(interval="unknown")),
    ],
)
def test_subscription_terms(word: str, length: int | None, expected: Subscription) -> None:
    record = product(is_subscription_product=1, subscription_frequency=length, subscription_frequency_type=word)
    assert mapping.subscription(record) == expected
    assert mapping.subscription(product(subscription_frequency=2, subscription_frequency_type="Months")) is None


def test_option_values_and_sellable_items_are_told_apart() -> None:
    option, item = mapped_product().variants
    assert (option.kind, option.name, option.group, option.price_change, option.price_rule) == (
        "option", "Blue", "7", Decimal(2), "+ dollars",
    )  # fmt: skip
    assert (item.kind, item.sku, item.name) == ("item", "LAMP-7-B", "Color: Blue")
    assert item.stock == Stock(tracked=True, on_hand=5)


def test_stock_categories_pictures_and_own_fields() -> None:
    found = mapped_product()
    assert found.stock == Stock(tracked=True, on_hand=17, on_order=4, backorder=False)
    assert found.categories == (Category(id="31", name="Lighting"), Category(id="8", name="Office"))
    assert found.images == (
        Image(url="/images/front.jpg", text="Front", position=0),
        Image(url="/images/side.jpg", text="from the side", position=1),
    )
    assert found.attributes == {"shade": "matte", "watts": "7.50"}


@pytest.mark.parametrize("digits", ["", ".9", ".97", ".971", ".9715109"])
def test_times_are_utc_whatever_their_offset_and_digits(digits: str) -> None:
    found = mapping.when("updated_at", f"2016-11-02T08:00:52{digits}-05:00")
    assert found is not None
    assert found.utcoffset() == timedelta(0)
    assert found.replace(microsecond=0) == datetime(2016, 11, 2, 13, 0, 52, tzinfo=UTC)


@pytest.mark.parametrize("none", [None, "", "0001-01-01T00:00:00", "0001-01-01T00:00:00+06:00"])
def test_no_time_is_none(none: str | None) -> None:
    assert mapping.when("updated_at", none) is None


def test_a_time_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ValueError, match=r"created_at: .*yesterday"):
        mapped_product(b'{"id":1,"created_at":"yesterday"}')


# -- orders ---------------------------------------------------------------------------------------------------


def test_an_orders_totals_are_the_vendors_to_the_digit() -> None:
    found = mapped_order()
    assert (str(found.total), str(found.subtotal), str(found.tax)) == ("137.3213", "124.9500", "9.3713")
    assert (found.shipping, found.discount, found.fees) == (Decimal(8), Decimal("5.0000"), Decimal("0.5000"))
    assert (found.currency, found.live, found.reference, found.coupons) == ("EUR", None, None, ("AUTUMN",))
    assert (found.raw, found.tags) == (fixture("order"), {"po": "4711"})
    assert found.placed_at == datetime(2016, 11, 4, 15, 36, 4, tzinfo=UTC)


@pytest.mark.parametrize("none", [None, ""])
def test_an_order_without_a_total_is_refused_rather_than_guessed(none: Any) -> None:
    with pytest.raises(ValueError, match="grand_total"):
        mapped_order(grand_total=none)


def test_lines_keep_their_parent_and_their_options() -> None:
    lamp, bulb = mapped_order().lines
    assert (lamp.id, lamp.product_id, lamp.sku, lamp.options) == ("135", "412", "LAMP-7-B", ("Color: Blue",))
    assert (lamp.quantity, lamp.unit_price, lamp.subtotal) == (5, Decimal("24.9900"), Decimal("124.9500"))
    assert (bulb.parent_line_id, bulb.sku, bulb.discount) == ("135", "BULB", Decimal(5))
    assert bulb.subtotal is None, "a discount leaves it open what the vendor reckons"


@pytest.mark.parametrize("none", [None, "", 0, "0"])
def test_a_line_without_a_parent_has_none(none: Any) -> None:
    (line,) = mapped_order(items=[{"id": 1, "parent_order_item_id": none}]).lines
    assert line.parent_line_id is None


FLAGS = [
    ("is_cancelled", OrderStatus.CANCELED),
    ("is_declined", OrderStatus.DECLINED),
    ("is_fully_refunded", OrderStatus.REFUNDED),
    ("is_partially_refunded", OrderStatus.PARTIALLY_REFUNDED),
    ("is_shipped", OrderStatus.SHIPPED),
    ("is_partially_shipped", OrderStatus.PARTIALLY_SHIPPED),
    ("is_quote_status", OrderStatus.QUOTE),
    ("is_open", OrderStatus.OPEN),
]


@pytest.mark.parametrize("at", range(len(FLAGS)))
def test_an_orders_status_goes_by_flags_in_this_order(at: int) -> None:
    flags = {name: True for name, _ in FLAGS[at:]}
    misleading = wire.OrderStatus(id=1, name="Cancelled", **flags)
    assert mapping.order_status(wire.Order(id=1), misleading) is FLAGS[at][1]


def test_a_status_without_flags_is_completed_and_none_at_all_is_unknown() -> None:
    assert mapping.order_status(wire.Order(id=1), wire.OrderStatus(id=1, is_open=False)) is OrderStatus.COMPLETED
    assert mapping.order_status(wire.Order(id=1), None) is OrderStatus.UNKNOWN
    assert mapping.order_status(wire.Order(id=1, order_type="Quote"), None) is OrderStatus.QUOTE


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"is_void": True, "is_approved": True}, "void"),
        ({"is_declined": 1, "is_approved": 1}, "declined"),
        ({"is_approved": True}, "approved"),
        ({"is_approved": False}, "pending"),
        ({}, None),
    ],
)
def test_a_payments_status_goes_by_flags(flags: dict[str, Any], expected: str | None) -> None:
    (payment,) = mapped_order(payments=[{"id": 1, **flags}]).payments
    assert payment.status == expected


def test_payments_and_shipments() -> None:
    found = mapped_order()
    (payment,), (shipment,) = found.payments, found.shipments
    assert (payment.method, payment.card, payment.last_four) == ("creditcard", "Visa", "0042")
    assert payment.amount == Decimal("137.3213")
    assert (shipment.tracking, shipment.carrier, shipment.method) == ("1Z999", "UPS", "Ground")


def test_joined_records_are_filled_in_and_missing_ones_leave_the_id_or_nothing() -> None:
    found = mapped_order()
    assert (found.status, found.vendor_status) == (OrderStatus.SHIPPED, "Out the door")
    assert found.customer is not None
    assert (found.customer.id, found.customer.email) == ("77", "a.person@example.com")
    assert found.shipping_address is not None
    assert (found.shipping_address.postal_code, found.shipping_address.country) == ("78701", "US")
    assert found.billing_address is None
    bare = mapped_order(customer_id=78)
    assert bare.customer is not None
    assert (bare.customer.id, bare.customer.email) == ("78", None)
    assert mapped_order(customer_id=0).customer is None
