"""Spark Pay: /products and what belongs to it."""

from __future__ import annotations

from commerce_async.schema.lenient import Amount
from sparkpay_async.wire.base import CustomField, Entity, Flag, Plain


class ProductVariant(Entity, frozen=True, kw_only=True):
    """Spark Pay: /product_variants. An option value such as "Blue"; what is sold is a `VariantInventory`."""

    product_id: int | None = None
    variant_group_id: int | None = None
    description: str | None = None
    price_adjustment: Amount = None
    price_adjustment_type: str | None = None
    item_number_extension: str | None = None
    sort_order: int | None = None
    is_hidden: Flag = None


class VariantInventory(Plain, frozen=True, kw_only=True):
    """Spark Pay: /variant_inventory. A sellable combination of option values, with its own SKU and stock."""

    product_id: int | None = None
    inventory: int | None = None
    item_number: str | None = None
    description: str | None = None
    product_status_id: int | None = None
    gtin: str | None = None


class ProductCategory(Plain, frozen=True, kw_only=True):
    """A category as a product lists it."""

    name: str | None = None
    is_primary: Flag = None


class Picture(Plain, frozen=True, kw_only=True):
    """Spark Pay: /product_pictures."""

    image_file: str | None = None
    alt: str | None = None
    description: str | None = None
    sort_order: int | None = None
    is_primary: Flag = None
    is_hidden: Flag = None


class Pricing(Entity, frozen=True, kw_only=True):
    """Spark Pay: /product_pricing. A price for a quantity, customer type, variant or time."""

    price: Amount = None
    starting_quantity: int | None = None
    customer_type_id: int | None = None
    variant_inventory_id: int | None = None
    sale_type_id: int | None = None
    start_date: str | None = None
    end_date: str | None = None


class Product(Entity, frozen=True, kw_only=True):
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
    variants: list[ProductVariant] | None = None
    variant_inventory: list[VariantInventory] | None = None
    categories: list[ProductCategory | int] | None = None
    pictures: list[Picture] | None = None
    pricing: list[Pricing] | None = None
    custom_fields: list[CustomField] | None = None


class Category(Plain, frozen=True, kw_only=True):
    """Spark Pay: /categories."""

    name: str | None = None
    parent_category_id: int | None = None
    lookup_path: str | None = None
    short_description: str | None = None
    url_rewrite: str | None = None
    sort_order: int | None = None
    is_hidden: Flag = None
    created_at: str | None = None
    updated_at: str | None = None


class ProductStatus(Plain, frozen=True, kw_only=True):
    """Spark Pay: /product_statuses. Ids and names differ from shop to shop; the flags do not."""

    name: str | None = None
    is_unavailable: Flag = None
    is_hidden: Flag = None
    is_back_ordered: Flag = None
    show_quantity: Flag = None
