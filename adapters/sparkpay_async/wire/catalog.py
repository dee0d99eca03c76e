"""Spark Pay: the other resources of the catalog."""

from __future__ import annotations

from commerce_async.schema.lenient import Amount
from sparkpay_async.wire.base import CustomField, Entity, Flag, Plain
from sparkpay_async.wire.products import Product


class Category(Plain, frozen=True, kw_only=True):
    """Spark Pay: /categories."""

    name: str | None = None
    short_description: str | None = None
    sort_order: int | None = None
    is_hidden: Flag = None
    parent_category_id: int | None = None
    max_quantity: int | None = None
    category_thumbnail: str | None = None
    category_image: str | None = None
    page_title: str | None = None
    lookup_path: str | None = None
    keywords: str | None = None
    meta_description: str | None = None
    external_content_url: str | None = None
    is_category_content_displayed: Flag = None
    are_subcategory_products_displayed: Flag = None
    url_rewrite: str | None = None
    default_product_picture: str | None = None
    alternate_thumbnail: str | None = None
    head_tags: str | None = None
    cat_image_alt_text: str | None = None
    thumb_image_alt_text: str | None = None
    is_hide_from_site_maps: Flag = None
    vendor_store_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    products: list[Product] | None = None
    custom_fields: list[CustomField] | None = None


class Manufacturer(Plain, frozen=True, kw_only=True):
    """Spark Pay: /manufacturers."""

    name: str | None = None
    description: str | None = None
    is_hidden: Flag = None
    sort_order: int | None = None
    manufacturer_logo_url: str | None = None
    page_title: str | None = None
    keywords: str | None = None
    meta_description: str | None = None
    url_rewrite: str | None = None
    head_tags: str | None = None
    brand_code: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class ProductStatus(Plain, frozen=True, kw_only=True):
    """Spark Pay: /product_statuses. Ids and names differ from shop to shop; the flags do not."""

    name: str | None = None
    time_frame: str | None = None
    is_unavailable: Flag = None
    is_hidden: Flag = None
    is_back_ordered: Flag = None
    show_quantity: Flag = None
    created_at: str | None = None
    updated_at: str | None = None


class Attribute(Plain, frozen=True, kw_only=True):
    """Spark Pay: /attributes."""

    attribute_group_id: int | None = None
    name: str | None = None
    is_hidden: Flag = None
    sort_order: int | None = None
    page_title: str | None = None
    keywords: str | None = None
    meta_description: str | None = None
    url_rewrite: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class AttributeGroup(Plain, frozen=True, kw_only=True):
    """Spark Pay: /attribute_groups."""

    name: str | None = None
    sort_order: int | None = None
    is_hidden: Flag = None
    allow_drill_down: Flag = None
    allow_multiple: Flag = None
    tie_variant_inventory: Flag = None
    created_at: str | None = None
    updated_at: str | None = None


class ProductList(Plain, frozen=True, kw_only=True):
    """Spark Pay: /product_lists."""

    name: str | None = None
    items: list[ProductListItem] | None = None


class ProductListItem(Plain, frozen=True, kw_only=True):
    """Spark Pay: /product_lists, nested items."""

    product_list_id: int | None = None
    product_id: int | None = None
    sort_order: int | None = None
    variant_inventory_id: int | None = None


class PriceCalculator(Plain, frozen=True, kw_only=True):
    """Spark Pay: /price_calculators."""

    calculation_name: str | None = None
    description: str | None = None
    item_numbers_regex: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    rules: list[PriceCalculatorRule] | None = None


class PriceCalculatorRule(Entity, frozen=True, kw_only=True):
    """Spark Pay: /price_calculator_rules."""

    price_calculator_id: int | None = None
    customer_type_id: int | None = None
    store_id: int | None = None
    starting_quantity: int | None = None
    price_base_type: str | None = None
    specific_base_price: Amount = None
    created_at: str | None = None
    updated_at: str | None = None
    modifiers: list[PriceCalculatorRuleModifier] | None = None


class PriceCalculatorRuleModifier(Entity, frozen=True, kw_only=True):
    """Spark Pay: /price_calculator_rule_modifiers."""

    price_calculator_rule_id: int | None = None
    action: str | None = None
    value: Amount = None
    modifier_type: str | None = None
    optional_action: str | None = None
    optional_value: Amount = None
    optional_modifier_type: str | None = None
    sort_order: int | None = None
    description: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
