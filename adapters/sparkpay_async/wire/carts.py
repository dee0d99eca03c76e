"""Spark Pay: carts, wishlists, subscriptions and cards on file."""

from __future__ import annotations

from commerce_async.schema.lenient import Amount
from sparkpay_async.wire.base import Entity, Flag, Plain, Word
from sparkpay_async.wire.lean import OrderItemVariant
from sparkpay_async.wire.orders import ItemPersonalization, OrderAddress
from sparkpay_async.wire.people import Customer, CustomerPaymentMethod


class Cart(Entity, frozen=True, kw_only=True):
    """Spark Pay: /carts."""

    name: str | None = None
    cart_type: str | None = None
    customer_id: int | None = None
    is_public: Flag = None
    store_id: int | None = None
    session_id: int | None = None
    discount_total: Amount = None
    subtotal: Amount = None
    shipping_total: Amount = None
    handling_total: Amount = None
    tax_total: Amount = None
    grand_total: Amount = None
    tax_rate: Amount = None
    additional_fees: Amount = None
    discounted_shipping_total: Amount = None
    region_markup_amount: Amount = None
    non_shipping_discount: Amount = None
    gift_certificate_discount: Amount = None
    coupon_code: str | None = None
    associated_order_id: int | None = None
    shipping_estimate_city: str | None = None
    shipping_estimate_state_code: str | None = None
    shipping_estimate_postal_code: str | None = None
    shipping_estimate_country_code: str | None = None
    is_shipping_billed_to_account: Flag = None
    customer_payment_method_id: int | None = None
    payment_method_id: int | None = None
    is_payment_cart_only: Flag = None
    lookup_key: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    items: list[CartItem] | None = None


class CartItem(Entity, frozen=True, kw_only=True):
    """Spark Pay: /cart_items."""

    product_id: int | None = None
    item_number: str | None = None
    quantity: int | None = None
    price: Amount = None
    cost: Amount = None
    shipping_address_id: int | None = None
    item_thumbnail: str | None = None
    item_url: str | None = None
    item_name: str | None = None
    warehouse_id: int | None = None
    parent_product_id: int | None = None
    parent_cart_item_id: int | None = None
    cart_id: int | None = None
    is_subscription_product: Flag = None
    vendor_store_id: int | None = None
    fitment: str | None = None
    configuration: str | None = None
    subscription_paused: Flag = None
    created_at: str | None = None
    updated_at: str | None = None
    variants: list[OrderItemVariant] | None = None
    personalizations: list[ItemPersonalization] | None = None
    child_items: list[CartItem] | None = None


class Wishlist(Entity, frozen=True, kw_only=True):
    """Spark Pay: /wishlists."""

    name: str | None = None
    cart_type: str | None = None
    customer_id: int | None = None
    is_public: Flag = None
    store_id: int | None = None
    session_id: int | None = None
    discount_total: Amount = None
    subtotal: Amount = None
    shipping_total: Amount = None
    handling_total: Amount = None
    tax_total: Amount = None
    grand_total: Amount = None
    tax_rate: Amount = None
    additional_fees: Amount = None
    discounted_shipping_total: Amount = None
    region_markup_amount: Amount = None
    non_shipping_discount: Amount = None
    gift_certificate_discount: Amount = None
    coupon_code: str | None = None
    associated_order_id: int | None = None
    shipping_estimate_city: str | None = None
    shipping_estimate_state_code: str | None = None
    shipping_estimate_postal_code: str | None = None
    shipping_estimate_country_code: str | None = None
    is_shipping_billed_to_account: Flag = None
    customer_payment_method_id: int | None = None
    payment_method_id: int | None = None
    is_payment_cart_only: Flag = None
    lookup_key: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    items: list[CartItem] | None = None


class Subscription(Plain, frozen=True, kw_only=True):
    """Spark Pay: /subscriptions. The last four come with `includelookups=1` alone."""

    saved_cart_id: int | None = None
    customer_id: int | None = None
    next_due_at: str | None = None
    frequency_type: str | None = None
    frequency: int | None = None
    drip_series_id: int | None = None
    original_order_id: int | None = None
    shipping_method_name: str | None = None
    customer_payment_method_id: int | None = None
    shipping_address_id: int | None = None
    billing_address_id: int | None = None
    is_enabled: Flag = None
    latest_renewal_order_id: int | None = None
    is_renewal_payment_declined: Flag = None
    renewal_count: int | None = None
    one_time_customer_notice: str | None = None
    customer_notice: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    cart_info: Cart | None = None
    customer: Customer | None = None
    shipping_address: OrderAddress | None = None
    customer_payment_method: CustomerPaymentMethod | None = None


class CreditCard(Plain, frozen=True, kw_only=True):
    """Spark Pay: /credit_cards. A card on file. Its number is in none of these fields."""

    customer_id: int | None = None
    card_type: str | None = None
    expiration_month: int | None = None
    expiration_year: int | None = None
    cardholder_name: str | None = None
    last_four: Word = None
    phone: Word = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: Word = None
    country: str | None = None
    is_default: Flag = None
    created_at: str | None = None
    updated_at: str | None = None
