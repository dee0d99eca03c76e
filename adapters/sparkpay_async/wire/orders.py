"""Spark Pay: /orders in full, what belongs to them, and quotes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from commerce_async.schema.lenient import Amount, Wire
from sparkpay_async.wire.base import RAW, CustomField, Entity, Flag, Kept, Plain, Word
from sparkpay_async.wire.lean import LeanOrder, LeanOrderAddress, LeanOrderItem, LeanOrderPayment, LeanOrderShipment


class Order(Kept, LeanOrder, frozen=True, kw_only=True):
    """Spark Pay: /orders. With its nested lists if they were asked for (None otherwise)."""

    raw: bytes = RAW
    customer_type_id: int | None = None
    adcode: str | None = None
    special_instructions: str | None = None
    cost_total: Amount = None
    selected_shipping_method: str | None = None
    ip_address: str | None = None
    referrer: str | None = None
    admin_comments: str | None = None
    source: str | None = None
    search_phrase: str | None = None
    is_ppc: Flag = None
    ppc_keyword: str | None = None
    affiliate_id: int | None = None
    store_id: int | None = None
    session_id: int | None = None
    is_payment_order_only: Flag = None
    selected_shipping_provider_service: str | None = None
    adcode_id: int | None = None
    entered_by: str | None = None
    is_gift: Flag = None
    gift_message: str | None = None
    public_comments: str | None = None
    instructions: str | None = None
    source_group: str | None = None
    previous_order_status_id: int | None = None
    order_status_last_changed_at: str | None = None
    discounted_shipping_total: Amount = None
    expires_at: str | None = None
    expires: Flag = None
    from_quote_id: int | None = None
    campaign_code: str | None = None
    reward_points_credited: Flag = None
    channel: str | None = None
    device: str | None = None
    manufacturer_invoice_number: str | None = None
    manufacturer_invoice_amount: Amount = None
    manufacturer_invoice_paid: Flag = None
    sales_agent_user_id: int | None = None
    due_date: str | None = None
    delivery_tax: Amount = None
    location_id: int | None = None
    exported_to_accounting_system: Flag = None
    entered_by_type: str | None = None
    shipping_selections: Sequence[ShippingSelection] | None = None
    items: Sequence[OrderItem] | None = None
    payments: Sequence[OrderPayment] | None = None
    shipments: Sequence[OrderShipment] | None = None
    custom_fields: Sequence[CustomField] | None = None


class ShippingSelection(msgspec.Struct, frozen=True, kw_only=True):
    """How one class of an order's items is shipped. It has no id."""

    classification_code: str | None = None
    shipping_provider: str | None = None
    shipping_method: str | None = None


class OrderItem(Kept, LeanOrderItem, frozen=True, kw_only=True):
    """Spark Pay: /order_items."""

    raw: bytes = RAW
    cost: Amount = None
    weight: Amount = None
    weight_unit: str | None = None
    is_taxable: Flag = None
    is_non_shipping_item: Flag = None
    is_quantity_bound_to_parent: Flag = None
    height: Amount = None
    length: Amount = None
    width: Amount = None
    size_unit: str | None = None
    tax_code: str | None = None
    discount_percentage: Amount = None
    admin_comments: str | None = None
    line_item_note: str | None = None
    gift_message: str | None = None
    delivery_date: str | None = None
    do_not_discount: Flag = None
    is_subscription_product: Flag = None
    warehouse_id: int | None = None
    order_shipping_address_id: int | None = None
    description: str | None = None
    configuration: str | None = None
    status: str | None = None
    shipping_classification_code: str | None = None
    fitment: str | None = None
    shipping_total: Amount = None
    vendor_store_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    personalizations: Sequence[ItemPersonalization] | None = None


class ItemPersonalization(Plain, frozen=True, kw_only=True):
    """What a buyer answered to a product's question."""

    answer: str | None = None


class OrderPayment(Kept, LeanOrderPayment, frozen=True, kw_only=True):
    """Spark Pay: /order_payments."""

    raw: bytes = RAW
    customer_payment_method_id: int | None = None
    payment_method_id: int | None = None
    card_expiration_month: int | None = None
    card_expiration_year: int | None = None
    cardholder_name: str | None = None
    authorization_code: str | None = None
    reject_reason: str | None = None
    avs_code: str | None = None
    cvv_response_code: str | None = None
    gateway_response_code: str | None = None
    transaction_type: str | None = None
    transaction_id: str | None = None
    payment_ref_num: str | None = None
    payment_note: str | None = None
    gift_certificate_id: int | None = None
    store_payment_method_id: int | None = None
    store_method_payment_id: int | None = None
    sent_to_spark_pay: Flag = None
    token: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    fields: Sequence[OrderPaymentField] | None = None


class OrderPaymentField(Plain, frozen=True, kw_only=True):
    """Spark Pay: /order_payments, nested fields."""

    order_payment_id: int | None = None
    name: str | None = None
    type: str | None = None
    value: str | None = None
    is_encrypted: Flag = None
    is_masked: Flag = None
    created_at: str | None = None
    updated_at: str | None = None


class OrderShipment(Kept, LeanOrderShipment, Wire, frozen=True, kw_only=True):
    """Spark Pay: /order_shipments."""

    raw: bytes = RAW
    shipping_method_id: int | None = None
    shipping_method_type: str | None = None
    number_of_packages: int | None = None
    total_weight: Amount = None
    provider_base_shipping_cost: str | None = None
    provider_insurance_cost: Amount = None
    provider_handling_cost: Amount = None
    provider_other_charges: Amount = None
    provider_total_shipping_cost: Amount = None
    email_sent: Flag = None
    private_comment: str | None = None
    shipping_comment: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    items: Sequence[ShipmentItem] | None = None


class ShipmentItem(Plain, frozen=True, kw_only=True):
    """Spark Pay: /order_shipments, nested items. What a parcel holds. Its id is the order item's."""

    quantity_shipped: int | None = None
    product_id: int | None = None
    item_name: str | None = None
    item_nr: str | None = None


class OrderAddress(Kept, LeanOrderAddress, frozen=True, kw_only=True):
    """Spark Pay: /order_addresses. The address as it was when the order was placed."""

    raw: bytes = RAW
    alternate_phone: str | None = None
    fax: str | None = None
    comments: str | None = None
    address_type: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


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
    color: str | None = None
    email_template_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Quote(Entity, frozen=True, kw_only=True):
    """Spark Pay: /quotes. An order that is only offered."""

    customer_id: int | None = None
    customer_type_id: int | None = None
    adcode: str | None = None
    ordered_at: str | None = None
    order_status_id: int | None = None
    special_instructions: str | None = None
    subtotal: Amount = None
    tax_total: Amount = None
    shipping_total: Amount = None
    discount_total: Amount = None
    grand_total: Amount = None
    cost_total: Amount = None
    selected_shipping_method: str | None = None
    ip_address: str | None = None
    referrer: str | None = None
    order_shipping_address_id: int | None = None
    order_billing_address_id: int | None = None
    admin_comments: str | None = None
    source: str | None = None
    search_phrase: str | None = None
    is_ppc: Flag = None
    ppc_keyword: str | None = None
    affiliate_id: int | None = None
    store_id: int | None = None
    session_id: int | None = None
    handling_total: Amount = None
    is_payment_order_only: Flag = None
    selected_shipping_provider_service: str | None = None
    additional_fees: Amount = None
    adcode_id: int | None = None
    entered_by: str | None = None
    is_gift: Flag = None
    gift_message: str | None = None
    public_comments: str | None = None
    instructions: str | None = None
    source_group: str | None = None
    from_subscription_id: int | None = None
    previous_order_status_id: int | None = None
    order_status_last_changed_at: str | None = None
    discounted_shipping_total: Amount = None
    order_number: Word = None
    coupon_code: str | None = None
    order_type: str | None = None
    expires_at: str | None = None
    expires: Flag = None
    from_quote_id: int | None = None
    campaign_code: str | None = None
    reward_points_credited: Flag = None
    channel: str | None = None
    device: str | None = None
    manufacturer_invoice_number: str | None = None
    manufacturer_invoice_amount: Amount = None
    manufacturer_invoice_paid: Flag = None
    sales_agent_user_id: int | None = None
    due_date: str | None = None
    delivery_tax: Amount = None
    location_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    converted_to_order_ids: str | None = None
    items: list[OrderItem] | None = None
    custom_fields: list[CustomField] | None = None
