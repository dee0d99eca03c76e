"""Spark Pay: stores, sessions, webhooks, and what the special endpoints answer."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from commerce_async.schema.lenient import Amount
from sparkpay_async.wire.base import Entity, Flag, Plain, Word


class Store(Entity, frozen=True, kw_only=True):
    """Spark Pay: /stores. One of a merchant's shops."""

    name: str | None = None
    domain_name: str | None = None
    email: str | None = None
    phone: Word = None
    fax: str | None = None
    keywords: str | None = None
    description: str | None = None
    all_catalog: Flag = None
    is_micro_store: Flag = None
    is_vendor: Flag = None
    vendor_key: str | None = None
    parent_store_id: int | None = None
    profile_id: int | None = None
    company_name: str | None = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: Word = None
    country: str | None = None
    billing_first_name: str | None = None
    billing_last_name: str | None = None
    tech_email: str | None = None
    tech_first_name: str | None = None
    tech_last_name: str | None = None
    tech_same_as_billing: Flag = None
    store_logo: str | None = None
    store_image: str | None = None
    testimonial_count: int | None = None
    average_testimonial_rating: Amount = None


class Session(Plain, frozen=True, kw_only=True):
    """Spark Pay: /sessions. A visit to a shop."""

    customer_id: int | None = None
    user_id: int | None = None
    first_hit_at: str | None = None
    last_hit_at: str | None = None
    ip_address: str | None = None
    host_name: str | None = None
    adcode_id: int | None = None
    hit_count: int | None = None
    visit_count: int | None = None
    page_last_visited: str | None = None
    referer: str | None = None
    is_abandoned: Flag = None
    user_agent: str | None = None
    cart_id: int | None = None
    wish_list_cart_id: int | None = None


class Microstore(Plain, frozen=True, kw_only=True):
    """Spark Pay: /microstores."""

    name: str | None = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    postal_code: Word = None
    phone: Word = None
    fax: str | None = None
    parent_store_id: int | None = None
    is_micro_store: Flag = None
    set_cookie: Flag = None
    cookie_expiration: int | None = None
    activation_date: str | None = None
    expiration_date: str | None = None
    logo_image: str | None = None
    path: str | None = None


class Webhook(Plain, frozen=True, kw_only=True):
    """Spark Pay: /webhooks. An address that the vendor calls when something happens."""

    event_type: str | None = None
    url: str | None = None
    store_id: int | None = None
    failure_type: str | None = None
    cache_length: str | None = None
    fallback_url: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """Spark Pay: /inventory. The stock of one product or combination; the quantity is what is there now."""

    product_id: int | None = None
    variant_inventory_id: int | None = None
    item_number: str | None = None
    item_name: str | None = None
    gtin: str | None = None
    quantity: int | None = None


class InventorySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Spark Pay: /inventory/settings."""

    track_inventory: bool | None = None
    remove_from_inventory_when: str | None = None
    out_of_stock_product_status_id: int | None = None
    in_stock_product_status_id: int | None = None
    back_order_product_status_id: int | None = None
    discontinued_product_status_id: int | None = None
    product_hide_no_inventory: bool | None = None


class ActiveCatalog(msgspec.Struct, frozen=True, kw_only=True):
    """Spark Pay: /stores, active_catalog. What one store shows."""

    store_id: int | None = None
    is_micro_store: bool | None = None
    microstore_catalog_override: bool | None = None
    root_category_id: int | None = None
    category_ids: Sequence[int] = ()
    product_ids: Sequence[int] = ()


class StoreAlertEmail(msgspec.Struct, frozen=True, kw_only=True):
    """Spark Pay: /stores, store_alert_email. Who gets a store's alerts."""

    id: int | None = None
    store_id: int | None = None
    email: str | None = None


class PostalState(msgspec.Struct, frozen=True, kw_only=True):
    """Spark Pay: /addresses/state_by_postalcode. The state that a postal code is in."""

    id: int | None = None
    state: str | None = None
    state_code: str | None = None
    country_id: int | None = None
    is_system_state: bool | None = None


class ProcessedPayment(msgspec.Struct, frozen=True, kw_only=True):
    """Spark Pay: /orders, process_payment. What became of a payment by card."""

    payment_declined: bool | None = None
    response: str | None = None
    payment_processed: bool | None = None


class ImportedLine(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one line of an import."""

    line_item: int | str | None = None
    status_code: int | None = None
    entity_id: int | None = None
    message: str | None = None


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """Spark Pay: /products/importMany. What became of each line, by its place from 0."""

    total_errors: int | None = None
    results: Sequence[ImportedLine] = ()


class ImportedTheme(msgspec.Struct, frozen=True, kw_only=True):
    """Spark Pay: /themes/import. The shop may have changed the name, where it was taken."""

    theme_id: int | None = None
    theme_name: str | None = None
