"""Spark Pay's orders as common ones. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from commerce_async.schema import Address, Customer, Order, OrderLine, OrderStatus, Payment, Shipment
from commerce_async.schema.values import text
from sparkpay_async import wire
from sparkpay_async.mapping.values import VENDOR, Shop, custom_fields, id_or_none, total, when


@dataclass(frozen=True, slots=True)
class Joined:
    """Records that orders only point to, by id. What is not there leaves the bare id, or nothing."""

    statuses: Mapping[int, wire.OrderStatus] = field(default_factory=dict[int, wire.OrderStatus])
    customers: Mapping[int, wire.LeanCustomer] = field(default_factory=dict[int, wire.LeanCustomer])
    addresses: Mapping[int, wire.LeanOrderAddress] = field(default_factory=dict[int, wire.LeanOrderAddress])


def order(record: wire.LeanOrder, raw: bytes, *, shop: Shop, joined: Joined) -> Order:
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
        fees=total(record.handling_total, record.additional_fees),
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


def order_status(record: wire.LeanOrder, status: wire.OrderStatus | None) -> OrderStatus:
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


def line(item: wire.LeanOrderItem) -> OrderLine:
    """One item. Its subtotal is reckoned only where no discount leaves a doubt; the vendor sends none."""
    quantity = 1 if item.quantity is None else item.quantity
    price = item.price
    return OrderLine(
        id=str(item.id),
        product_id=id_or_none(item.product_id),
        sku=text(item.item_number_full) or text(item.item_number),
        name=text(item.item_name),
        quantity=quantity,
        unit_price=price,
        subtotal=None if price is None or item.discount_amount else price * quantity,
        discount=item.discount_amount,
        tax=item.tax,
        parent_line_id=id_or_none(item.parent_order_item_id),
        options=tuple(words for each in item.variants or () if (words := text(each.description))),
    )


def payment(record: wire.LeanOrderPayment) -> Payment:
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


def _payment_status(record: wire.LeanOrderPayment) -> str | None:
    if record.is_void:
        return "void"
    if record.is_declined:
        return "declined"
    if record.is_approved:
        return "approved"
    told = (record.is_void, record.is_declined, record.is_approved)
    return None if all(flag is None for flag in told) else "pending"


def shipment(record: wire.LeanOrderShipment) -> Shipment:
    """One parcel."""
    return Shipment(
        id=str(record.id),
        method=text(record.shipping_method),
        carrier=text(record.shipping_provider_name),
        tracking=text(record.tracking_numbers),
        shipped_at=when("shipments.shipped_at", record.shipped_at),
    )


def customer(number: int | None, record: wire.LeanCustomer | None) -> Customer | None:
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


def address(record: wire.LeanOrderAddress | None) -> Address | None:
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
