"""Spark Pay: campaigns, discounts, e-mails and gift certificates."""

from __future__ import annotations

from commerce_async.schema.lenient import Amount
from sparkpay_async.wire.base import Entity, Flag, Plain


class Adcode(Entity, frozen=True, kw_only=True):
    """Spark Pay: /adcodes."""

    name: str | None = None
    description: str | None = None
    visits: int | None = None
    affiliate_id: int | None = None
    commission: str | None = None
    commission_type: str | None = None
    total_sales: Amount = None
    total_orders: int | None = None
    initial_sales: Amount = None
    load_sales: Amount = None
    new_customers: int | None = None
    load_customers: int | None = None
    total_commissions: Amount = None
    conversion_rate: Amount = None
    cost_per_customer: Amount = None
    sales_per_ad_dollar: Amount = None
    repeat_commission_amount: str | None = None
    repeat_commission_type: str | None = None
    pay_for_repeat_sales: str | None = None
    url: str | None = None
    is_pay_per_click: Flag = None
    source: str | None = None
    expires_at: str | None = None
    creation_type: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Affiliate(Entity, frozen=True, kw_only=True):
    """Spark Pay: /affiliates. Read only, and gone from newer shops."""

    affiliate_status: str | None = None
    email: str | None = None
    affiliate_code: str | None = None
    name: str | None = None
    urls: str | None = None
    origin: str | None = None
    description: str | None = None
    commission_amount: Amount = None
    commission_type: str | None = None
    pay_for_repeat_sales: str | None = None
    repeat_commission_amount: Amount = None
    repeat_commission_type: str | None = None
    last_statement_at: str | None = None
    payee_name: str | None = None
    payee_address_line_1: str | None = None
    payee_address_line_2: str | None = None
    payee_address_line_3: str | None = None
    payee_city: str | None = None
    payee_state: str | None = None
    payee_postal_code: str | None = None
    payee_country: str | None = None
    payee_phone: str | None = None
    payee_tax_id: str | None = None
    payee_tax_registration_name: str | None = None
    payee_tax_classification: str | None = None
    contact_name: str | None = None
    contact_address_line_1: str | None = None
    contact_address_line_2: str | None = None
    contact_address_line_3: str | None = None
    contact_city: str | None = None
    contact_state: str | None = None
    contact_postal_code: str | None = None
    contact_country: str | None = None
    contact_phone: str | None = None
    total_visitors: int | None = None
    total_sales: Amount = None
    total_orders: int | None = None
    new_customers: int | None = None
    total_commissions: Amount = None
    conversion_rate: Amount = None
    store_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None


class CouponCode(Plain, frozen=True, kw_only=True):
    """Spark Pay: /coupon_codes."""

    campaign_code: str | None = None
    coupon_code: str | None = None
    is_active: Flag = None
    is_expired: Flag = None
    expires_at: str | None = None
    max_uses: int | None = None
    usage_count: int | None = None
    notes: str | None = None
    is_hidden: Flag = None


class DiscountMethod(Plain, frozen=True, kw_only=True):
    """Spark Pay: /discount_methods."""

    name: str | None = None
    is_enabled: Flag = None
    is_strict: Flag = None
    modifier_operation: str | None = None
    modifier_amount: str | None = None
    modifier_type: str | None = None
    modifier_target: str | None = None
    use_once: Flag = None
    expires: Flag = None
    expires_at: str | None = None
    starts_at: str | None = None
    remaining_uses: int | None = None
    notes: str | None = None
    is_free_shipping_discount: Flag = None
    is_exclusive: Flag = None
    uses: int | None = None
    exclude_child_items: Flag = None
    exclude_subscription_renew: Flag = None
    created_at: str | None = None
    updated_at: str | None = None
    rules: list[DiscountRule] | None = None
    actions: list[DiscountAction] | None = None


class DiscountRule(Plain, frozen=True, kw_only=True):
    """Spark Pay: /discount_rules."""

    discount_method_id: int | None = None
    type: str | None = None
    target: str | None = None
    operator_type: str | None = None
    target_quantity: int | None = None
    target_quantity_type: str | None = None
    discount_action_id: int | None = None
    is_action_rule: Flag = None
    bogo_discount_buy_quantity: int | None = None
    bogo_discount_quantity: int | None = None
    bogo_max_use_per_order: int | None = None
    discount_from_high_to_low: Flag = None
    created_at: str | None = None
    updated_at: str | None = None


class DiscountAction(Plain, frozen=True, kw_only=True):
    """Spark Pay: /discount_actions."""

    discount_method_id: int | None = None
    is_exclusive: Flag = None
    is_strict: Flag = None
    is_active: Flag = None
    modifier_operation: str | None = None
    modifier_amount: str | None = None
    modifier_type: str | None = None
    modifier_target: str | None = None
    sort_order: int | None = None
    rules: list[DiscountRule] | None = None


class Drip(Plain, frozen=True, kw_only=True):
    """Spark Pay: /drips. A series of e-mails."""

    name: str | None = None
    is_enabled: Flag = None
    members: list[DripMember] | None = None  # pyright: ignore[reportIncompatibleMethodOverride] - the vendor's own list
    events: list[DripEvent] | None = None


class DripMember(Plain, frozen=True, kw_only=True):
    """Spark Pay: /drips, nested members."""

    drip_id: int | None = None
    customer_id: int | None = None
    started_at: str | None = None
    completed_at: str | None = None
    last_email_at: str | None = None
    email_count: int | None = None
    subscription_id: int | None = None
    order_id: int | None = None
    custom_merge_keys: str | None = None
    custom_merge_values: str | None = None


class DripEvent(Plain, frozen=True, kw_only=True):
    """Spark Pay: /drips, nested events."""

    drip_id: int | None = None
    step_name: str | None = None
    action: str | None = None
    when_value: int | None = None
    when_interval: str | None = None
    when_event: str | None = None
    sort_order: int | None = None


class EmailTemplate(Plain, frozen=True, kw_only=True):
    """Spark Pay: /email_templates."""

    type: str | None = None
    body: str | None = None
    subject: str | None = None
    from_name: str | None = None
    from_email: str | None = None
    is_enabled: Flag = None
    admin_alert_header: str | None = None
    admin_alert_subject: str | None = None
    is_admin_alert_enabled: Flag = None
    email_format: str | None = None
    attach_invoice_pdf: Flag = None
    email_category_id: int | None = None
    admin_alert_email_override: str | None = None


class GiftCertificate(Entity, frozen=True, kw_only=True):
    """Spark Pay: /gift_certificates."""

    code: str | None = None
    original_order_id: int | None = None
    from_customer_id: int | None = None
    recipient_email: str | None = None
    recipient_name: str | None = None
    recipient_shipping_address: str | None = None
    gift_message: str | None = None
    status: str | None = None
    is_pre_tax_discount: Flag = None
    gift_certificate_type: str | None = None
    comments: str | None = None
    expires_at: str | None = None
    store_id: int | None = None
    current_amount: Amount = None
    original_amount: Amount = None
    customer_id: int | None = None
    expires: Flag = None
    order_item_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    transactions: list[GiftCertificateTransaction] | None = None


class GiftCertificateTransaction(Entity, frozen=True, kw_only=True):
    """Spark Pay: /gift_certificate_transactions."""

    gift_certificate_id: int | None = None
    action: str | None = None
    amount: Amount = None
    is_pre_tax_discount: Flag = None
    order_id: int | None = None
    order_payment_id: int | None = None
    status: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class MailingList(Plain, frozen=True, kw_only=True):
    """Spark Pay: /mailing_lists."""

    type: str | None = None
    admin_list_name: str | None = None
    public_list_name: str | None = None
    store_id: int | None = None
    is_store_default: Flag = None
    auto_opt_in: Flag = None
    is_hidden: Flag = None
    url_based_subscribe_url: str | None = None
    welcome_email_template_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    members: list[MailingListMember] | None = None  # pyright: ignore[reportIncompatibleMethodOverride] - the vendor's own list


class MailingListMember(Plain, frozen=True, kw_only=True):
    """Spark Pay: /mailing_lists, nested members."""

    mailing_list_id: int | None = None
    customer_id: int | None = None
    is_subscribed: Flag = None
    created_at: str | None = None
    updated_at: str | None = None
