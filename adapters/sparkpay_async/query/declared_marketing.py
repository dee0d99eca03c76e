"""The fields of campaigns, discounts and gift certificates, for typed queries."""

from sparkpay_async.query.columns import Fields, Flag, Money, Number, Real, Text, Time


class Adcode(Fields):
    """Spark Pay: /adcodes."""

    id = Number()
    name = Text()
    description = Text()
    visits = Number()
    affiliate_id = Number()
    commission = Text()
    commission_type = Text()
    total_sales = Money()
    total_orders = Number()
    initial_sales = Money()
    load_sales = Money()
    new_customers = Number()
    load_customers = Number()
    total_commissions = Money()
    conversion_rate = Real()
    cost_per_customer = Money()
    sales_per_ad_dollar = Money()
    repeat_commission_amount = Text()
    repeat_commission_type = Text()
    pay_for_repeat_sales = Text()
    url = Text()
    is_pay_per_click = Flag()
    source = Text()
    expires_at = Time()
    creation_type = Text()
    created_at = Time()
    updated_at = Time()


class Affiliate(Fields):
    """Spark Pay: /affiliates."""

    id = Number()
    affiliate_status = Text()
    email = Text()
    affiliate_code = Text()
    name = Text()
    urls = Text()
    origin = Text()
    description = Text()
    commission_amount = Money()
    commission_type = Text()
    pay_for_repeat_sales = Text()
    repeat_commission_amount = Money()
    repeat_commission_type = Text()
    last_statement_at = Time()
    payee_name = Text()
    payee_address_line_1 = Text()
    payee_address_line_2 = Text()
    payee_address_line_3 = Text()
    payee_city = Text()
    payee_state = Text()
    payee_postal_code = Text()
    payee_country = Text()
    payee_phone = Text()
    payee_tax_id = Text()
    payee_tax_registration_name = Text()
    payee_tax_classification = Text()
    contact_name = Text()
    contact_address_line_1 = Text()
    contact_address_line_2 = Text()
    contact_address_line_3 = Text()
    contact_city = Text()
    contact_state = Text()
    contact_postal_code = Text()
    contact_country = Text()
    contact_phone = Text()
    total_visitors = Number()
    total_sales = Money()
    total_orders = Number()
    new_customers = Number()
    total_commissions = Money()
    conversion_rate = Real()
    store_id = Number()
    created_at = Time()
    updated_at = Time()


class CouponCode(Fields):
    """Spark Pay: /coupon_codes."""

    id = Number()
    campaign_code = Text()
    coupon_code = Text()
    is_active = Flag()
    is_expired = Flag()
    expires_at = Time()
    max_uses = Number()
    usage_count = Number()
    notes = Text()
    is_hidden = Flag()


class DiscountMethod(Fields):
    """Spark Pay: /discount_methods."""

    id = Number()
    name = Text()
    is_enabled = Flag()
    is_strict = Flag()
    modifier_operation = Text()
    modifier_amount = Text()
    modifier_type = Text()
    modifier_target = Text()
    use_once = Flag()
    expires = Flag()
    expires_at = Time()
    starts_at = Time()
    remaining_uses = Number()
    notes = Text()
    is_free_shipping_discount = Flag()
    is_exclusive = Flag()
    uses = Number()
    exclude_child_items = Flag()
    exclude_subscription_renew = Flag()
    created_at = Time()
    updated_at = Time()


class DiscountRule(Fields):
    """Spark Pay: /discount_rules."""

    id = Number()
    discount_method_id = Number()
    type = Text()
    target = Text()
    operator_type = Text()
    target_quantity = Number()
    target_quantity_type = Text()
    discount_action_id = Number()
    is_action_rule = Flag()
    bogo_discount_buy_quantity = Number()
    bogo_discount_quantity = Number()
    bogo_max_use_per_order = Number()
    discount_from_high_to_low = Flag()
    created_at = Time()
    updated_at = Time()


class DiscountAction(Fields):
    """Spark Pay: /discount_actions."""

    id = Number()
    discount_method_id = Number()
    is_exclusive = Flag()
    is_strict = Flag()
    is_active = Flag()
    modifier_operation = Text()
    modifier_amount = Text()
    modifier_type = Text()
    modifier_target = Text()
    sort_order = Number()


class Drip(Fields):
    """Spark Pay: /drips."""

    id = Number()
    name = Text()
    is_enabled = Flag()


class EmailTemplate(Fields):
    """Spark Pay: /email_templates."""

    id = Number()
    type = Text()
    body = Text()
    subject = Text()
    from_name = Text()
    from_email = Text()
    is_enabled = Flag()
    admin_alert_header = Text()
    admin_alert_subject = Text()
    is_admin_alert_enabled = Flag()
    email_format = Text()
    attach_invoice_pdf = Flag()
    email_category_id = Number()
    admin_alert_email_override = Text()


class GiftCertificate(Fields):
    """Spark Pay: /gift_certificates."""

    id = Number()
    code = Text()
    original_order_id = Number()
    from_customer_id = Number()
    recipient_email = Text()
    recipient_name = Text()
    recipient_shipping_address = Text()
    gift_message = Text()
    status = Text()
    is_pre_tax_discount = Flag()
    gift_certificate_type = Text()
    comments = Text()
    expires_at = Time()
    store_id = Number()
    current_amount = Money()
    original_amount = Money()
    customer_id = Number()
    expires = Flag()
    order_item_id = Number()
    created_at = Time()
    updated_at = Time()


class GiftCertificateTransaction(Fields):
    """Spark Pay: /gift_certificate_transactions."""

    id = Number()
    gift_certificate_id = Number()
    action = Text()
    amount = Money()
    is_pre_tax_discount = Flag()
    order_id = Number()
    order_payment_id = Number()
    status = Text()
    created_at = Time()
    updated_at = Time()


class MailingList(Fields):
    """Spark Pay: /mailing_lists."""

    id = Number()
    type = Text()
    admin_list_name = Text()
    public_list_name = Text()
    store_id = Number()
    is_store_default = Flag()
    auto_opt_in = Flag()
    is_hidden = Flag()
    url_based_subscribe_url = Text()
    welcome_email_template_id = Number()
    created_at = Time()
    updated_at = Time()
