"""Spark Pay: /orders and what belongs to it."""

from __future__ import annotations

from commerce_async.schema.lenient import Amount
from sparkpay_async.wire.base import CustomField, Entity, Flag, Plain


class OrderItemVariant(Plain, frozen=True, kw_only=True):
    """A chosen option of an order item, in words such as "Color: Blue"."""

    description: str | None = None
    variant_group_id: int | None = None


class OrderItem(Entity, frozen=True, kw_only=True):
    """Spark Pay: /order_items."""

    order_id: int | None = None
    product_id: int | None = None
    item_number: str | None = None
    item_number_full: str | None = None
    item_name: str | None = None
    price: Amount = None
    quantity: int | None = None
    tax: Amount = None
    discount_amount: Amount = None
    is_discount_item: Flag = None
    parent_order_item_id: int | None = None
    variant_inventory_id: int | None = None
    variants: list[OrderItemVariant] | None = None


class OrderPayment(Entity, frozen=True, kw_only=True):
    """Spark Pay: /order_payments."""

    order_id: int | None = None
    customer_id: int | None = None
    payment_type: str | None = None
    payment_method_name: str | None = None
    amount: Amount = None
    is_approved: Flag = None
    is_declined: Flag = None
    is_captured: Flag = None
    is_void: Flag = None
    card_type: str | None = None
    last_four: str | int | None = None
    paid_at: str | None = None
    approved_at: str | None = None


class OrderShipment(Plain, frozen=True, kw_only=True):
    """Spark Pay: /order_shipments."""

    order_id: int | None = None
    shipment_name: str | None = None
    shipping_method: str | None = None
    shipping_provider_name: str | None = None
    tracking_numbers: str | None = None
    tracking_url: str | None = None
    shipped_at: str | None = None


class Order(Entity, frozen=True, kw_only=True):
    """Spark Pay: /orders, with its nested lists if they were asked for (None otherwise)."""

    customer_id: int | None = None
    order_status_id: int | None = None
    order_number: str | int | None = None
    order_type: str | None = None
    ordered_at: str | None = None
    subtotal: Amount = None
    tax_total: Amount = None
    shipping_total: Amount = None
    discount_total: Amount = None
    handling_total: Amount = None
    additional_fees: Amount = None
    grand_total: Amount = None
    coupon_code: str | None = None
    order_shipping_address_id: int | None = None
    order_billing_address_id: int | None = None
    from_subscription_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    items: list[OrderItem] | None = None
    payments: list[OrderPayment] | None = None
    shipments: list[OrderShipment] | None = None
    custom_fields: list[CustomField] | None = None


class OrderAddress(Plain, frozen=True, kw_only=True):
    """Spark Pay: /order_addresses. The address as it was when the order was placed."""

    customer_id: int | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    city: str | None = None
    state: str | None = None
    state_code: str | None = None
    postal_code: str | int | None = None
    country: str | None = None
    country_code: str | None = None
    phone: str | int | None = None


class OrderStatus(Plain, frozen=True, kw_only=True):
    """Spark Pay: /order_statuses. Ids and names differ from shop to shop; the flags do not."""

    name: str | None = None
    is_open: Flag = None
    is_declined: Flag = None
    is_cancelled: Flag = None
    is_shipped: Flag = None
    is_partially_shipped: Flag = None
    is_fully_refunded: Flag = None
    is_partially_refunded: Flag = None
    is_quote_status: Flag = None
