"""Products, orders and what is joined to them as a sync reads them: with the fields that the common schemas need alone.

A page of full records (`products.Product`, `orders.Order`) takes longer to decode, and has more fields of which one may
be so wrong that the record is set aside. The rest of each record stays in its `raw`.
"""

from __future__ import annotations

from collections.abc import Sequence

from commerce_async.schema.lenient import Amount
from sparkpay_async.wire.base import CustomField, Flag, LeanEntity, LeanPlain, Word


class LeanVariant(LeanEntity, frozen=True, kw_only=True, gc=False):
    """Spark Pay: /product_variants. An option value such as "Blue"; what is sold is a `LeanVariantInventory`."""

    product_id: int | None = None
    variant_group_id: int | None = None
    description: str | None = None
    price_adjustment: Amount = None
    price_adjustment_type: str | None = None
    item_number_extension: str | None = None
    sort_order: int | None = None
    is_hidden: Flag = None


class LeanVariantInventory(LeanPlain, frozen=True, kw_only=True, gc=False):
    """Spark Pay: /variant_inventory. A sellable combination of option values, with its own SKU and stock."""

    product_id: int | None = None
    inventory: int | None = None
    item_number: str | None = None
    description: str | None = None
    product_status_id: int | None = None
    gtin: str | None = None


class ProductCategory(LeanPlain, frozen=True, kw_only=True, gc=False):
    """A category as a product lists it."""

    name: str | None = None
    is_primary: Flag = None


class LeanPicture(LeanPlain, frozen=True, kw_only=True, gc=False):
    """Spark Pay: /product_pictures."""

    image_file: str | None = None
    alt: str | None = None
    description: str | None = None
    sort_order: int | None = None
    is_primary: Flag = None
    is_hidden: Flag = None


class LeanPricing(LeanEntity, frozen=True, kw_only=True, gc=False):
    """Spark Pay: /product_pricing. A price for a quantity, customer type, variant or time."""

    price: Amount = None
    starting_quantity: int | None = None
    customer_type_id: int | None = None
    variant_inventory_id: int | None = None
    sale_type_id: int | None = None
    start_date: str | None = None
    end_date: str | None = None


class LeanProduct(LeanEntity, frozen=True, kw_only=True, gc=False):
    """Spark Pay: /products, with its nested lists if they were asked for (None otherwise)."""

    item_number: str | None = None
    item_name: str | None = None
    short_description: str | None = None
    long_description_1: str | None = None
    primary_category_id: int | None = None
    product_status_id: int | None = None
    master_product_id: int | None = None
    price: Amount = None
    retail: Amount = None
    cost: Amount = None
    quantity_on_hand: int | None = None
    quantity_on_order: int | None = None
    is_hidden: Flag = None
    is_discontinued: Flag = None
    is_non_inventory: Flag = None
    is_kit: Flag = None
    e_product_type: str | None = None
    is_subscription_product: Flag = None
    subscription_frequency: int | None = None
    subscription_frequency_type: str | None = None
    tax_code: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    variants: Sequence[LeanVariant] | None = None
    variant_inventory: Sequence[LeanVariantInventory] | None = None
    categories: Sequence[ProductCategory | int] | None = None
    pictures: Sequence[LeanPicture] | None = None
    pricing: Sequence[LeanPricing] | None = None
    custom_fields: Sequence[CustomField] | None = None


class OrderItemVariant(LeanPlain, frozen=True, kw_only=True, gc=False):
    """A chosen option of an order item, in words such as "Color: Blue"."""

    description: str | None = None
    variant_group_id: int | None = None


class LeanOrderItem(LeanEntity, frozen=True, kw_only=True, gc=False):
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
    variants: Sequence[OrderItemVariant] | None = None


class LeanOrderPayment(LeanEntity, frozen=True, kw_only=True, gc=False):
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
    last_four: Word = None
    paid_at: str | None = None
    approved_at: str | None = None


class LeanOrderShipment(LeanPlain, frozen=True, kw_only=True, gc=False):
    """Spark Pay: /order_shipments."""

    order_id: int | None = None
    shipment_name: str | None = None
    shipping_method: str | None = None
    shipping_provider_name: str | None = None
    tracking_numbers: str | None = None
    tracking_url: str | None = None
    shipped_at: str | None = None


class LeanOrder(LeanEntity, frozen=True, kw_only=True, gc=False):
    """Spark Pay: /orders, with its nested lists if they were asked for (None otherwise)."""

    customer_id: int | None = None
    order_status_id: int | None = None
    order_number: Word = None
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
    items: Sequence[LeanOrderItem] | None = None
    payments: Sequence[LeanOrderPayment] | None = None
    shipments: Sequence[LeanOrderShipment] | None = None
    custom_fields: Sequence[CustomField] | None = None


class LeanCustomer(LeanPlain, frozen=True, kw_only=True, gc=False):
    """Spark Pay: /customers."""

    customer_number: Word = None
    customer_type_id: int | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    phone_number: Word = None
    no_account: Flag = None
    created_at: str | None = None
    updated_at: str | None = None


class LeanOrderAddress(LeanPlain, frozen=True, kw_only=True, gc=False):
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
    postal_code: Word = None
    country: str | None = None
    country_code: str | None = None
    phone: Word = None
