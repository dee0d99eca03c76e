"""Spark Pay: the shop's settings."""

from __future__ import annotations

from typing import Any, ClassVar

from commerce_async.schema.lenient import Amount
from sparkpay_async.wire.base import Entity, Flag, Plain, Renamed, Word


class CustomFieldDefinition(Plain, frozen=True, kw_only=True):
    """Spark Pay: /custom_fields. What a merchant's own field is; its value on a record is a `CustomField`."""

    name: str | None = None
    resource_type: str | None = None
    input_type: str | None = None
    value_type: str | None = None
    field_width: int | None = None
    sort_order: int | None = None
    format_string: str | None = None
    is_searchable: Flag = None
    is_editable: Flag = None
    is_multi_select: Flag = None
    label: str | None = None
    is_private: Flag = None
    is_required: Flag = None
    show_on_order_page: Flag = None
    display_location: str | None = None
    default_value: str | None = None
    read_only: str | None = None
    show_on_one_page_checkout: Flag = None
    is_visible_all_stores: Flag = None
    created_at: str | None = None
    updated_at: str | None = None
    values: list[CustomFieldValue] | None = None
    list_items: list[CustomFieldListItem] | None = None
    stores: list[CustomFieldStore] | None = None


class CustomFieldListItem(Plain, frozen=True, kw_only=True):
    """Spark Pay: /custom_fields, nested list_items."""

    custom_field_id: int | None = None
    text: str | None = None
    value: str | None = None
    sort_order: int | None = None


class CustomFieldStore(Plain, frozen=True, kw_only=True):
    """Spark Pay: /custom_fields, nested stores."""

    name: str | None = None


class CustomFieldValue(Plain, frozen=True, kw_only=True):
    """Spark Pay: /custom_field_values."""

    custom_field_id: int | None = None
    resource_id: int | None = None
    value: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class PaymentMethod(Entity, frozen=True, kw_only=True):
    """Spark Pay: /payment_methods. Only those whose payment_type is Custom can be written."""

    payment_type: str | None = None
    cost_modifier: Amount = None
    cost_modifier_type: str | None = None
    sort_order: int | None = None
    is_hidden: Flag = None
    description: str | None = None
    confirmation_message: str | None = None
    declined_message: str | None = None
    is_gateway: Flag = None
    gateway_name: str | None = None
    name: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    fields: list[PaymentMethodField] | None = None
    stores: list[PaymentMethodStore] | None = None


class PaymentMethodField(Plain, frozen=True, kw_only=True):
    """Spark Pay: /payment_methods, nested fields."""

    payment_method_id: int | None = None
    name: str | None = None
    length: int | None = None
    sort_order: int | None = None
    type: str | None = None
    is_required: Flag = None
    is_hidden: Flag = None
    is_encrypted: Flag = None
    is_masked: Flag = None
    created_at: str | None = None
    updated_at: str | None = None


class PaymentMethodStore(Plain, frozen=True, kw_only=True):
    """Spark Pay: /payment_methods, nested stores."""

    store_id: int | None = None
    payment_method_id: int | None = None
    is_enabled: Flag = None
    created_at: str | None = None
    updated_at: str | None = None


class Region(Entity, frozen=True, kw_only=True):
    """Spark Pay: /regions."""

    name: str | None = None
    postal_codes: list[Any] | None = None
    states: list[Any] | None = None
    countries: list[Any] | None = None
    markup_type: str | None = None
    markup_amount: Amount = None
    sort_order: int | None = None
    region_type: str | None = None
    postal_code_country: str | None = None
    is_shipping_region: Flag = None
    is_tax_region: Flag = None
    created_at: str | None = None
    updated_at: str | None = None


class ShippingProvider(Entity, frozen=True, kw_only=True):
    """Spark Pay: /shipping_providers."""

    name: str | None = None
    provider_code: str | None = None
    is_enabled: Flag = None
    markup_amount: str | None = None
    markup_type: str | None = None
    additional_markup_percent: Amount = None
    additional_weight_per_package: Amount = None
    created_at: str | None = None
    updated_at: str | None = None
    services: list[ShippingProviderService] | None = None


class ShippingProviderService(Plain, frozen=True, kw_only=True):
    """Spark Pay: /shipping_provider_services."""

    is_enabled: Flag = None
    shipping_provider_id: int | None = None
    identifier: str | None = None
    name: str | None = None
    shipping_provider_code: str | None = None
    allow_apo: Flag = None
    allow_po_box: Flag = None
    created_at: str | None = None
    updated_at: str | None = None


class CustomShippingMethod(Plain, frozen=True, kw_only=True):
    """Spark Pay: /custom_shipping_methods."""

    name: str | None = None
    is_enabled: Flag = None
    is_default: Flag = None
    markup_type: str | None = None
    markup_amount: str | None = None
    description: str | None = None
    use_base_rate: Flag = None
    is_calculated_method: Flag = None
    admin_only: Flag = None
    created_at: str | None = None
    updated_at: str | None = None
    rules: list[CustomShippingRule] | None = None


class CustomShippingRule(Entity, frozen=True, kw_only=True):
    """Spark Pay: /custom_shipping_methods, nested rules."""

    shipping_method_id: int | None = None
    lower_bound: Amount = None
    upper_bound: Amount = None
    bound_type: str | None = None
    amount: Amount = None
    amount_type: str | None = None
    modifier_operation: str | None = None
    modifier_amount: Amount = None
    modifier_type: str | None = None
    region_id: int | None = None
    warehouse_id: int | None = None
    lower_bound_2: Amount = None
    upper_bound_2: Amount = None
    bound_type_2: str | None = None
    customer_type_id: int | None = None
    match_values_below_lower_bound: Flag = None
    match_values_above_upper_bound: Flag = None
    scope: str | None = None
    item_min_weight: Amount = None
    item_max_weight: Amount = None
    item_min_length: Amount = None
    item_max_length: Amount = None
    item_girth_type: str | None = None
    item_max_girth: Amount = None
    created_at: str | None = None
    updated_at: str | None = None


class StoreLocation(Entity, frozen=True, kw_only=True):
    """Spark Pay: /store_locations."""

    store_id: int | None = None
    name: str | None = None
    city: str | None = None
    state_id: int | None = None
    non_us_state: str | None = None
    country_id: int | None = None
    phone: Word = None
    address_1: str | None = None
    address_2: str | None = None
    zip_code: Word = None
    latitude: Amount = None
    longitude: Amount = None
    notes: str | None = None
    sort_order: int | None = None


class TaxRate(Entity, frozen=True, kw_only=True):
    """Spark Pay: /tax_rates."""

    name: str | None = None
    rate: Amount = None
    region_id: int | None = None
    is_shipping_included: Flag = None
    is_handling_included: Flag = None
    store_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None


class UrlRedirect(Plain, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Spark Pay: /url_redirects."""

    from_: str | None = None
    to: str | None = None
    is_active: Flag = None
    redirect_type: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Warehouse(Plain, frozen=True, kw_only=True):
    """Spark Pay: /warehouses."""

    name: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    postal_code: Word = None
    is_default: Flag = None
    email: str | None = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    account_number: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class BlacklistedIp(Plain, frozen=True, kw_only=True):
    """Spark Pay: /blacklisted_ips."""

    ip_address: str | None = None
    hit_count: int | None = None
    last_hit_at: str | None = None
    user_agent: str | None = None
    description: str | None = None


class ExternalImageSite(Renamed, frozen=True, kw_only=True):
    """Spark Pay: /external_image_whitelist. A host that pictures may come from."""

    id_name: ClassVar[str] = "external_image_whitelist_sites_id"

    external_image_whitelist_sites_id: int | None = None
    url: str | None = None
    entered_by: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
