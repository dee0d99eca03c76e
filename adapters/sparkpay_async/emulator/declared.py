"""The resources of the vendor's list, with the fields its reference shows (Spark Pay: resource list, API reference).

Products, customers, orders and what belongs to them are in `blank`; here are their types and all other resources.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import blank
from .shapes import Shape, Type, shape, shape_of

PLACE = "address_line_1 address_line_2 city state postal_code country phone"

_DIGITS: Mapping[str, Type] = dict.fromkeys(
    (
        "is_hidden", "is_non_taxable", "is_spotlight_item", "is_shipped_individually", "call_for_shipping",
        "call_for_pricing", "e_product_allow_multiple_deliveries",
    ),
    "digit",
)  # fmt: skip

GENERATED: Mapping[str, Shape] = {
    "products": shape_of(
        blank.PRODUCT,
        "primary_category_id product_status_id item_name",
        **_DIGITS,
        handling_fee="number",
        average_review_rating="number",
        review_count="int",
        subscription_frequency="int",
    ),
    "customers": shape_of(blank.CUSTOMER, "email store_id", tax_rate="number"),
    "orders": shape_of(
        blank.ORDER,
        "customer_id order_status_id order_shipping_address_id order_billing_address_id",
        discounted_shipping_total="number",
        exported_to_accounting_system="digit",
        expires_at="time",
    ),
    "product_variants": shape_of(blank.VARIANT, "product_id variant_group_id"),
    "variant_inventory": shape_of(
        blank.COMBINATION,
        "product_id variants",
        low_stock_warning_at="int",
        height="number",
        length="number",
        width="number",
        retail="number",
    ),
    "product_pictures": shape(
        "*product_id image_file alt caption description is_primary is_hidden thumbnail_file sort_order flash_path "
        "is_video_screen_shot video_content"
    ),
    "product_pricing": shape(
        "*product_id store_id customer_type_id variant_inventory_id sale_type_id starting_quantity price cost "
        "start_date end_date price_calculation_id variant_id variant_price_surcharge"
    ),
    "order_items": shape_of(
        blank.ITEM,
        "order_id",
        height="number",
        length="number",
        width="number",
        variants="any",
        personalizations="any",
        quantity="number",
    ),
    "order_payments": shape_of(blank.PAYMENT, "customer_id order_id"),
    "order_shipments": shape_of(
        blank.SHIPMENT,
        "order_id",
        number_of_packages="int",
        total_weight="number",
        provider_insurance_cost="number",
        provider_handling_cost="number",
        provider_other_charges="number",
        provider_total_shipping_cost="number",
    ),
    "order_addresses": shape(
        f"*customer_id company {PLACE} state_code country_code alternate_phone fax comments first_name last_name "
        "address_type"
    ),
    "addresses": shape(
        f"*customer_id company {PLACE} *country alternate_phone fax comments first_name last_name address_type "
        "is_default_shipping_address is_default_billing_address"
    ),
}
"""Shapes of the tables that are generated, and of their children."""

LOOKUPS: Mapping[str, tuple[str, str]] = {
    "categories": ("name", "POST PUT DELETE"),
    "order_statuses": ("name", "POST PUT DELETE"),
    "product_statuses": ("name", "POST PUT DELETE"),
    "manufacturers": ("name", "POST PUT DELETE"),
    "stores": ("", ""),
    "warehouses": ("name", "POST PUT DELETE"),
    "variant_groups": ("", "POST PUT DELETE"),
}
"""What a POST to the small generated tables must carry, and their verbs; their fields are those of their records."""

REFERENCES: Mapping[str, str] = {
    "customer_id": "customers",
    "order_id": "orders",
    "original_order_id": "orders",
    "product_id": "products",
    "order_status_id": "order_statuses",
    "product_status_id": "product_statuses",
    "primary_category_id": "categories",
    "parent_category_id": "categories",
    "manufacturer_id": "manufacturers",
    "variant_group_id": "variant_groups",
    "order_shipping_address_id": "order_addresses",
    "order_billing_address_id": "order_addresses",
    "store_id": "stores",
    "region_id": "regions",
    "cart_id": "carts",
    "blog_id": "blogs",
    "discount_method_id": "discount_methods",
    "gift_certificate_id": "gift_certificates",
    "custom_field_id": "custom_fields",
    "shipping_provider_id": "shipping_providers",
}
"""Fields whose record must exist; the vendor's database refuses others, and its API says so with a 500."""
