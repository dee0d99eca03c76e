"""The fields of settings, stores and webhooks, for typed queries."""

from sparkpay_async.query.columns import Fields, Flag, Number, Real, Text, Time


class CustomFieldDefinition(Fields):
    """Spark Pay: /custom_fields."""

    id = Number()
    name = Text()
    resource_type = Text()
    input_type = Text()
    value_type = Text()
    field_width = Number()
    sort_order = Number()
    format_string = Text()
    is_searchable = Flag()
    is_editable = Flag()
    is_multi_select = Flag()
    label = Text()
    is_private = Flag()
    is_required = Flag()
    show_on_order_page = Flag()
    display_location = Text()
    default_value = Text()
    read_only = Text()
    show_on_one_page_checkout = Flag()
    is_visible_all_stores = Flag()
    created_at = Time()
    updated_at = Time()


class CustomFieldValue(Fields):
    """Spark Pay: /custom_field_values."""

    id = Number()
    custom_field_id = Number()
    resource_id = Number()
    value = Text()
    created_at = Time()
    updated_at = Time()


class PaymentMethod(Fields):
    """Spark Pay: /payment_methods."""

    id = Number()
    payment_type = Text()
    cost_modifier = Real()
    cost_modifier_type = Text()
    sort_order = Number()
    is_hidden = Flag()
    description = Text()
    confirmation_message = Text()
    declined_message = Text()
    is_gateway = Flag()
    gateway_name = Text()
    name = Text()
    created_at = Time()
    updated_at = Time()


class Region(Fields):
    """Spark Pay: /regions."""

    id = Number()
    name = Text()
    markup_type = Text()
    markup_amount = Real()
    sort_order = Number()
    region_type = Text()
    postal_code_country = Text()
    is_shipping_region = Flag()
    is_tax_region = Flag()
    created_at = Time()
    updated_at = Time()


class ShippingProvider(Fields):
    """Spark Pay: /shipping_providers."""

    id = Number()
    name = Text()
    provider_code = Text()
    is_enabled = Flag()
    markup_amount = Text(barred=True)
    markup_type = Text()
    additional_markup_percent = Real()
    additional_weight_per_package = Real()
    created_at = Time()
    updated_at = Time()


class ShippingProviderService(Fields):
    """Spark Pay: /shipping_provider_services."""

    id = Number()
    is_enabled = Flag()
    shipping_provider_id = Number()
    identifier = Text()
    name = Text()
    shipping_provider_code = Text()
    allow_apo = Flag()
    allow_po_box = Flag()
    created_at = Time()
    updated_at = Time()


class CustomShippingMethod(Fields):
    """Spark Pay: /custom_shipping_methods."""

    id = Number()
    name = Text()
    is_enabled = Flag()
    is_default = Flag()
    markup_type = Text()
    markup_amount = Text()
    description = Text()
    use_base_rate = Flag()
    is_calculated_method = Flag()
    admin_only = Flag()
    created_at = Time()
    updated_at = Time()


class StoreLocation(Fields):
    """Spark Pay: /store_locations."""

    id = Number()
    store_id = Number()
    name = Text()
    city = Text()
    state_id = Number()
    non_us_state = Text()
    country_id = Number()
    phone = Text()
    address_1 = Text()
    address_2 = Text()
    zip_code = Text()
    latitude = Real()
    longitude = Real()
    notes = Text()
    sort_order = Number()


class TaxRate(Fields):
    """Spark Pay: /tax_rates."""

    id = Number()
    name = Text()
    rate = Real()
    region_id = Number()
    is_shipping_included = Flag()
    is_handling_included = Flag()
    store_id = Number()
    created_at = Time()
    updated_at = Time()


class UrlRedirect(Fields):
    """Spark Pay: /url_redirects."""

    id = Number()
    from_ = Text("from")
    to = Text()
    is_active = Flag()
    redirect_type = Text()
    created_at = Time()
    updated_at = Time()


class Warehouse(Fields):
    """Spark Pay: /warehouses."""

    id = Number()
    name = Text()
    city = Text()
    state = Text()
    country = Text()
    postal_code = Text()
    is_default = Flag()
    email = Text()
    address_line_1 = Text()
    address_line_2 = Text()
    account_number = Text()
    created_at = Time()
    updated_at = Time()


class BlacklistedIp(Fields):
    """Spark Pay: /blacklisted_ips."""

    id = Number()
    ip_address = Text()
    hit_count = Number()
    last_hit_at = Time()
    user_agent = Text()
    description = Text()


class ExternalImageSite(Fields):
    """Spark Pay: /external_image_whitelist."""

    external_image_whitelist_sites_id = Number()
    url = Text()
    entered_by = Text()
    created_at = Time()
    updated_at = Time()


class Store(Fields):
    """Spark Pay: /stores."""

    id = Number()
    name = Text()
    domain_name = Text()
    email = Text()
    phone = Text()
    fax = Text()
    keywords = Text()
    description = Text()
    all_catalog = Flag()
    is_micro_store = Flag()
    is_vendor = Flag()
    vendor_key = Text()
    parent_store_id = Number()
    profile_id = Number()
    company_name = Text()
    address_line_1 = Text()
    address_line_2 = Text()
    city = Text()
    state = Text()
    postal_code = Text()
    country = Text()
    billing_first_name = Text()
    billing_last_name = Text()
    tech_email = Text()
    tech_first_name = Text()
    tech_last_name = Text()
    tech_same_as_billing = Flag()
    store_logo = Text()
    store_image = Text()
    testimonial_count = Number()
    average_testimonial_rating = Real()


class Session(Fields):
    """Spark Pay: /sessions."""

    id = Number()
    customer_id = Number()
    user_id = Number()
    first_hit_at = Time()
    last_hit_at = Time()
    ip_address = Text()
    host_name = Text()
    adcode_id = Number()
    hit_count = Number()
    visit_count = Number()
    page_last_visited = Text()
    referer = Text()
    is_abandoned = Flag(number=True)
    user_agent = Text()
    cart_id = Number()
    wish_list_cart_id = Number()


class Microstore(Fields):
    """Spark Pay: /microstores."""

    id = Number()
    name = Text()
    address_line_1 = Text()
    address_line_2 = Text()
    city = Text()
    state = Text()
    country = Text()
    postal_code = Text()
    phone = Text()
    fax = Text()
    parent_store_id = Number()
    is_micro_store = Flag()
    set_cookie = Flag()
    cookie_expiration = Number()
    activation_date = Time()
    expiration_date = Time()
    logo_image = Text()
    path = Text()


class Webhook(Fields):
    """Spark Pay: /webhooks."""

    id = Number()
    event_type = Text()
    url = Text()
    store_id = Number()
    failure_type = Text()
    cache_length = Text()
    fallback_url = Text()
    created_at = Time()
    updated_at = Time()
