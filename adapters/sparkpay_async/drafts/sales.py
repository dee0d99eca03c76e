"""Drafts of orders and what belongs to them: what a POST or PUT may hold. The server's own fields are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from sparkpay_async.drafts.values import (
    Bool,
    CustomFieldDraft,
    Digit,
    Digits,
    Int,
    IntOrZero,
    Money,
    Real,
    Str,
    Time,
    TimeOrBlank,
)


class ChosenVariantDraft(TypedDict, total=False):
    """A chosen option, in an order item's draft."""

    id: Int
    description: Str
    variant_group_id: Int


class PersonalizationDraft(TypedDict, total=False):
    """An answer to a product's question, in an order item's draft."""

    id: Int
    answer: Str


class ShippedItemDraft(TypedDict, total=False):
    """What a parcel holds, in a shipment's draft: the order item by its id, or by item_nr."""

    id: Int
    quantity_shipped: Int
    item_nr: Str


class ShippingSelectionDraft(TypedDict, total=False):
    """How one class of an order's items is shipped, in an order's draft."""

    classification_code: Str
    shipping_provider: Str
    shipping_method: Str


class OrderDraft(TypedDict, total=False):
    """Spark Pay: /orders."""

    customer_id: Int
    customer_type_id: IntOrZero
    adcode: Str
    ordered_at: Time
    order_status_id: Int
    special_instructions: Str
    subtotal: Money
    tax_total: Money
    shipping_total: Money
    discount_total: Money
    grand_total: Money
    cost_total: Money
    selected_shipping_method: Str
    ip_address: Str
    referrer: Str
    order_shipping_address_id: Int
    order_billing_address_id: Int
    admin_comments: Str
    source: Str
    search_phrase: Str
    is_ppc: Bool
    ppc_keyword: Str
    affiliate_id: Int
    store_id: Int
    session_id: Int
    handling_total: Money
    is_payment_order_only: Bool
    selected_shipping_provider_service: Str
    additional_fees: Money
    adcode_id: IntOrZero
    entered_by: Str
    is_gift: Bool
    gift_message: Str
    public_comments: Str
    instructions: Str
    source_group: Str
    from_subscription_id: Int
    previous_order_status_id: Int
    discounted_shipping_total: Money
    order_number: Str
    coupon_code: Str
    order_type: Str
    expires_at: Time
    expires: Bool
    from_quote_id: Int
    campaign_code: Str
    reward_points_credited: Bool
    channel: Str
    device: Str
    manufacturer_invoice_number: Str
    manufacturer_invoice_amount: Money
    manufacturer_invoice_paid: Bool
    sales_agent_user_id: IntOrZero
    due_date: Time
    delivery_tax: Money
    location_id: Int
    exported_to_accounting_system: Digit
    entered_by_type: Str
    shipping_selections: Sequence[ShippingSelectionDraft] | None
    custom_fields: Sequence[CustomFieldDraft] | None


class OrderItemDraft(TypedDict, total=False):
    """Spark Pay: /order_items."""

    order_id: Int
    product_id: Int
    item_number: Str
    item_number_full: Str
    item_name: Str
    price: Money
    cost: Money
    quantity: Int
    weight: Real
    weight_unit: Str
    is_discount_item: Bool
    is_taxable: Bool
    is_non_shipping_item: Bool
    variant_inventory_id: Int
    parent_order_item_id: Int
    is_quantity_bound_to_parent: Bool
    height: Real
    length: Real
    width: Real
    size_unit: Str
    tax_code: Str
    tax: Money
    discount_amount: Money
    discount_percentage: Real
    admin_comments: Str
    line_item_note: Str
    gift_message: Str
    delivery_date: Time
    do_not_discount: Bool
    is_subscription_product: Bool
    warehouse_id: IntOrZero
    order_shipping_address_id: Int
    description: Str
    configuration: Str
    status: Str
    shipping_classification_code: Str
    fitment: Str
    shipping_total: Money
    vendor_store_id: Int
    variants: Sequence[ChosenVariantDraft] | None
    personalizations: Sequence[PersonalizationDraft] | None


class OrderPaymentDraft(TypedDict, total=False):
    """Spark Pay: /order_payments."""

    customer_id: Int
    order_id: Int
    customer_payment_method_id: Int
    payment_method_id: IntOrZero
    payment_type: Str
    payment_method_name: Str
    is_approved: Bool
    is_declined: Bool
    is_captured: Bool
    is_void: Bool
    card_type: Str
    card_expiration_month: Int
    card_expiration_year: Int
    cardholder_name: Str
    last_four: Str
    paid_at: Time
    approved_at: TimeOrBlank
    authorization_code: Str
    reject_reason: Str
    avs_code: Str
    cvv_response_code: Str
    gateway_response_code: Str
    transaction_type: Str
    transaction_id: Str
    payment_ref_num: Str
    amount: Money
    payment_note: Str
    gift_certificate_id: Int
    store_payment_method_id: Int
    store_method_payment_id: Int
    token: Str


class OrderShipmentDraft(TypedDict, total=False):
    """Spark Pay: /order_shipments."""

    order_id: Int
    shipped_at: Time
    tracking_numbers: Str
    tracking_url: Str
    shipping_method: Str
    shipping_method_id: Int
    shipping_method_type: Str
    shipping_provider_name: Str
    shipment_name: Str
    number_of_packages: Int
    total_weight: Real
    provider_base_shipping_cost: Digits
    provider_insurance_cost: Money
    provider_handling_cost: Money
    provider_other_charges: Money
    provider_total_shipping_cost: Money
    email_sent: Bool
    private_comment: Str
    shipping_comment: Str
    items: Sequence[ShippedItemDraft] | None


class OrderAddressDraft(TypedDict, total=False):
    """Spark Pay: /order_addresses."""

    customer_id: Int
    first_name: Str
    last_name: Str
    company: Str
    address_line_1: Str
    address_line_2: Str
    city: Str
    state: Str
    postal_code: Str
    country: Str
    phone: Str
    alternate_phone: Str
    fax: Str
    comments: Str
    address_type: Str
    state_code: Str
    country_code: Str


class OrderStatusDraft(TypedDict, total=False):
    """Spark Pay: /order_statuses."""

    name: Str
    is_open: Bool
    is_declined: Bool
    is_cancelled: Bool
    is_shipped: Bool
    is_partially_shipped: Bool
    is_fully_refunded: Bool
    is_partially_refunded: Bool
    is_quote_status: Bool
    color: Str
    email_template_id: Int
