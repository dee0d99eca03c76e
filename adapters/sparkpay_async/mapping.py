"""Spark Pay's records as common ones. Pure; docs/mapping-sparkpay.md is the table of it.

The vendor writes "none" as null, as "" and, for ids, as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from commerce_async.schema import (
    Address,
    Category,
    Customer,
    Image,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    Price,
    Product,
    ProductKind,
    ProductStatus,
    Shipment,
    Stock,
    Subscription,
    Text,
    Variant,
)
from commerce_async.schema.values import instant_iso, text
from sparkpay_async import wire

VENDOR: Final = "sparkpay"

_INTERVALS: Final = {
    "day": "day", "days": "day", "daily": "day",
    "week": "week", "weeks": "week", "weekly": "week",
    "month": "month", "months": "month", "monthly": "month",
    "year": "year", "years": "year", "yearly": "year", "annually": "year",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shop:
    """What every record of one store has and the vendor does not send.

    Attributes:
        store: the store's name.
        currency: of every amount; Spark Pay's records carry none.
    """

    store: str
    currency: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Records that orders only point to, by id. What is not there leaves the bare id, or nothing."""

    statuses: Mapping[int, wire.OrderStatus] = field(default_factory=dict[int, wire.OrderStatus])
    customers: Mapping[int, wire.Customer] = field(default_factory=dict[int, wire.Customer])
    addresses: Mapping[int, wire.OrderAddress] = field(default_factory=dict[int, wire.OrderAddress])


# -- products -------------------------------------------------------------------------------------------------


def product(record: wire.Product, raw: bytes, *, shop: Shop, statuses: Mapping[int, wire.ProductStatus]) -> Product:
    """A product in the common schema.

    Raises:
        ValueError: a time that cannot be read.
    """
    status = statuses.get(record.product_status_id or 0)
    name = text(record.item_name)
    return Product(
        store=shop.store,
        vendor=VENDOR,
        id=str(record.id),
        raw=raw,
        sku=text(record.item_number),
        name=name,
        texts={"": _texts(record, name)},
        kind=product_kind(record),
        status=product_status(record, status),
        parent_id=_id(record.master_product_id),
        prices=tuple(prices(record, shop.currency)),
        subscription=subscription(record),
        stock=_stock(record, status),
        variants=tuple(variants(record)),
        images=tuple(images(record)),
        attributes=custom_fields(record.custom_fields),
        tax_code=text(record.tax_code),
        categories=tuple(categories(record)),
        created_at=when("created_at", record.created_at),
        updated_at=when("updated_at", record.updated_at),
    )


def _texts(record: wire.Product, name: str | None) -> Text:
    return Text(name=name, summary=text(record.short_description), description=text(record.long_description_1))


def product_kind(record: wire.Product) -> ProductKind:
    """Digital if it is any kind of e-product, a bundle if it is a kit, else physical."""
    if (text(record.e_product_type) or "NotAnEProduct") != "NotAnEProduct":
        return ProductKind.DIGITAL
    return ProductKind.BUNDLE if record.is_kit else ProductKind.PHYSICAL


def product_status(record: wire.Product, status: wire.ProductStatus | None) -> ProductStatus:
    """The first that holds: discontinued, hidden, unavailable; else active, or unknown without its status record."""
    if record.is_discontinued:
        return ProductStatus.DISCONTINUED
    if record.is_hidden or (status is not None and status.is_hidden):
        return ProductStatus.HIDDEN
    if status is None:
        return ProductStatus.UNKNOWN
    return ProductStatus.UNAVAILABLE if status.is_unavailable else ProductStatus.ACTIVE


def prices(record: wire.Product, currency: str) -> Iterable[Price]:
    """The product's own price, the crossed-out one, what it costs the merchant, and the price table."""
    if record.price is not None:
        yield Price(currency=currency, amount=record.price)
    if record.retail and record.retail > 0 and record.retail != record.price:
        yield Price(currency=currency, amount=record.retail, kind="list")
    if record.cost and record.cost > 0:
        yield Price(currency=currency, amount=record.cost, kind="cost")
    for row in record.pricing or ():
        if row.price is not None:
            yield Price(
                currency=currency,
                amount=row.price,
                kind="sale" if row.sale_type_id else "regular",
                minimum_quantity=max(1, row.starting_quantity or 1),
                group=_id(row.customer_type_id),
                variant_id=_id(row.variant_inventory_id),
                starts=when("pricing.start_date", row.start_date),
                ends=when("pricing.end_date", row.end_date),
            )


def subscription(record: wire.Product) -> Subscription | None:
    """The terms of a subscription product; an interval that the vendor does not name is `unknown`."""
    if not record.is_subscription_product:
        return None
    word = text(record.subscription_frequency_type) or "unknown"
    return Subscription(
        interval=_INTERVALS.get(word.lower(), word), interval_length=record.subscription_frequency or None
    )


def _stock(record: wire.Product, status: wire.ProductStatus | None) -> Stock | None:
    if record.quantity_on_hand is None and record.is_non_inventory is None:
        return None
    backorder = None if status is None or status.is_back_ordered is None else bool(status.is_back_ordered)
    return Stock(
        tracked=not record.is_non_inventory,
        on_hand=record.quantity_on_hand,
        on_order=record.quantity_on_order,
        backorder=backorder,
    )


def variants(record: wire.Product) -> Iterable[Variant]:
    """Option values first, then the combinations that are sold."""
    for option in record.variants or ():
        yield Variant(
            id=str(option.id),
            kind="option",
            name=text(option.description),
            group=_id(option.variant_group_id),
            price_change=option.price_adjustment,
            price_rule=text(option.price_adjustment_type),
        )
    for item in record.variant_inventory or ():
        yield Variant(
            id=str(item.id),
            kind="item",
            name=text(item.description),
            sku=text(item.item_number),
            stock=Stock(tracked=not record.is_non_inventory, on_hand=item.inventory),
        )


def images(record: wire.Product) -> Iterable[Image]:
    """Pictures that the shop shows, the primary one first, then in the shop's order."""
    shown = [each for each in record.pictures or () if not each.is_hidden]
    shown.sort(key=lambda each: (not each.is_primary, each.sort_order or 0))
    for position, picture in enumerate(shown):
        if url := text(picture.image_file):
            yield Image(url=url, text=text(picture.alt) or text(picture.description), position=position)


def categories(record: wire.Product) -> Iterable[Category]:
    """The primary category first, each once."""
    names: dict[int, str | None] = {}
    if record.primary_category_id:
        names[record.primary_category_id] = None
    for each in record.categories or ():
        if isinstance(each, int):
            names.setdefault(each, None)
        else:
            names[each.id] = text(each.name)
    for number, name in names.items():
        yield Category(id=str(number), name=name)


# -- orders ---------------------------------------------------------------------------------------------------


def order(record: wire.Order, raw: bytes, *, shop: Shop, joined: Joined) -> Order:
    """An order in the common schema.

    Raises:
        ValueError: no grand total, or a time that cannot be read.
    """
    if record.grand_total is None:
        raise ValueError("grand_total: missing")
    status = joined.statuses.get(record.order_status_id or 0)
    coupon = text(record.coupon_code)
    return Order(
        store=shop.store,
        vendor=VENDOR,
        id=str(record.id),
        raw=raw,
        reference=text(record.order_number),
        status=order_status(record, status),
        vendor_status=text(status.name) if status is not None else None,
        currency=shop.currency,
        total=record.grand_total,
        subtotal=record.subtotal,
        discount=record.discount_total,
        tax=record.tax_total,
        shipping=record.shipping_total,
        fees=_sum(record.handling_total, record.additional_fees),
        customer=customer(record.customer_id, joined.customers.get(record.customer_id or 0)),
        billing_address=address(joined.addresses.get(record.order_billing_address_id or 0)),
        shipping_address=address(joined.addresses.get(record.order_shipping_address_id or 0)),
        lines=tuple(line(each) for each in record.items or ()),
        payments=tuple(payment(each) for each in record.payments or ()),
        shipments=tuple(shipment(each) for each in record.shipments or ()),
        coupons=() if coupon is None else (coupon,),
        tags=custom_fields(record.custom_fields),
        placed_at=when("ordered_at", record.ordered_at) or when("created_at", record.created_at),
        updated_at=when("updated_at", record.updated_at),
    )


def order_status(record: wire.Order, status: wire.OrderStatus | None) -> OrderStatus:
    """By the flags of the status record alone: its id and its name are the merchant's own.

    The first that holds: cancelled, declined, fully refunded, partially refunded, shipped, partially shipped,
    quote (also by the order's type), open; a status with none of these is a completed order's.
    """
    if status is None:
        return OrderStatus.QUOTE if record.order_type == "Quote" else OrderStatus.UNKNOWN
    flags = (
        (status.is_cancelled, OrderStatus.CANCELED),
        (status.is_declined, OrderStatus.DECLINED),
        (status.is_fully_refunded, OrderStatus.REFUNDED),
        (status.is_partially_refunded, OrderStatus.PARTIALLY_REFUNDED),
        (status.is_shipped, OrderStatus.SHIPPED),
        (status.is_partially_shipped, OrderStatus.PARTIALLY_SHIPPED),
        (status.is_quote_status or record.order_type == "Quote", OrderStatus.QUOTE),
        (status.is_open, OrderStatus.OPEN),
    )
    for holds, meaning in flags:
        if holds:
            return meaning
    return OrderStatus.COMPLETED


def line(item: wire.OrderItem) -> OrderLine:
    """One item. Its subtotal is reckoned only where no discount leaves a doubt; the vendor sends none."""
    quantity = 1 if item.quantity is None else item.quantity
    price = item.price
    return OrderLine(
        id=str(item.id),
        product_id=_id(item.product_id),
        sku=text(item.item_number_full) or text(item.item_number),
        name=text(item.item_name),
        quantity=quantity,
        unit_price=price,
        subtotal=None if price is None or item.discount_amount else price * quantity,
        discount=item.discount_amount,
        tax=item.tax,
        parent_line_id=_id(item.parent_order_item_id),
        options=tuple(words for each in item.variants or () if (words := text(each.description))),
    )


def payment(record: wire.OrderPayment) -> Payment:
    """One payment. The first flag that is set says its status: void, declined, approved; else it is pending."""
    method = text(record.payment_type)
    return Payment(
        id=str(record.id),
        method=method.lower() if method else None,
        amount=record.amount,
        status=_payment_status(record),
        card=text(record.card_type),
        last_four=text(record.last_four),
        paid_at=when("payments.paid_at", record.paid_at),
    )


def _payment_status(record: wire.OrderPayment) -> str | None:
    if record.is_void:
        return "void"
    if record.is_declined:
        return "declined"
    if record.is_approved:
        return "approved"
    told = (record.is_void, record.is_declined, record.is_approved)
    return None if all(flag is None for flag in told) else "pending"


def shipment(record: wire.OrderShipment) -> Shipment:
    """One parcel."""
    return Shipment(
        id=str(record.id),
        method=text(record.shipping_method),
        carrier=text(record.shipping_provider_name),
        tracking=text(record.tracking_numbers),
        shipped_at=when("shipments.shipped_at", record.shipped_at),
    )


def customer(number: int | None, record: wire.Customer | None) -> Customer | None:
    """Who bought: the customer's record, the bare id where the record is gone, None where there is not even that."""
    if record is None:
        return Customer(id=str(number)) if number else None
    return Customer(
        id=str(record.id),
        email=text(record.email),
        first_name=text(record.first_name),
        last_name=text(record.last_name),
        company=text(record.company),
        phone=text(record.phone_number),
    )


def address(record: wire.OrderAddress | None) -> Address | None:
    """An order's address."""
    if record is None:
        return None
    return Address(
        first_name=text(record.first_name),
        last_name=text(record.last_name),
        company=text(record.company),
        line1=text(record.address_line_1),
        line2=text(record.address_line_2),
        city=text(record.city),
        region=text(record.state),
        region_code=text(record.state_code),
        postal_code=text(record.postal_code),
        country=text(record.country_code) or text(record.country),
        phone=text(record.phone),
    )


# -- small values ---------------------------------------------------------------------------------------------


def when(name: str, value: str | None) -> datetime | None:
    """A time as aware UTC; one without an offset is taken for UTC. The year 1 is the vendor's platform's "none".

    Raises:
        ValueError: not a time; the message names the field.
    """
    if not value or value.startswith("0001-01-01"):
        return None
    try:
        return instant_iso(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def custom_fields(fields: Iterable[wire.CustomField] | None) -> dict[str, str]:
    """The merchant's own fields that have a name and a value."""
    found: dict[str, str] = {}
    for each in fields or ():
        name, value = text(each.name), _scalar(each.value)
        if name is not None and value is not None:
            found[name] = value
    return found


def _scalar(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value) if isinstance(value, str | int | Decimal) else None


def _id(number: int | None) -> str | None:
    return str(number) if number else None


def _sum(*amounts: Decimal | None) -> Decimal | None:
    given = [amount for amount in amounts if amount is not None]
    return sum(given, Decimal(0)) if given else None
