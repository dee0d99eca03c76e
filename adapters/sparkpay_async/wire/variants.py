"""Spark Pay: what belongs to a product and is a resource of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from commerce_async.schema.lenient import Amount, Wire
from sparkpay_async.wire.base import RAW, Entity, Flag, Kept, Plain, Renamed
from sparkpay_async.wire.lean import LeanPicture, LeanPricing, LeanVariant, LeanVariantInventory


class ProductVariant(Kept, LeanVariant, frozen=True, kw_only=True):
    """Spark Pay: /product_variants. An option value such as "Blue"; what is sold is a `VariantInventory`."""

    raw: bytes = RAW
    item_number_sort_order: int | None = None
    is_default_selection: Flag = None
    weight: Amount = None
    weight_type: str | None = None
    swatch_file: str | None = None
    swatch_thumbnail: str | None = None
    swatch_thumbnail_color: str | None = None
    variant_inventory_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None


class VariantGroup(Plain, frozen=True, kw_only=True):
    """Spark Pay: /variant_groups. What variants are options of, such as a color."""

    name: str | None = None
    sort_order: int | None = None
    is_hidden: Flag = None
    display_type: str | None = None
    group_header_html: str | None = None
    public_description_html: str | None = None
    group_footer_html: str | None = None
    is_non_inventory: Flag = None
    created_at: str | None = None
    updated_at: str | None = None
    variants: list[ProductVariant] | None = None


class VariantInventory(Kept, LeanVariantInventory, Wire, frozen=True, kw_only=True):
    """Spark Pay: /variant_inventory. A sellable combination of option values, with its own SKU and stock."""

    raw: bytes = RAW
    manufacturer_item_number: str | None = None
    weight: Amount = None
    quickbooks_item_id: str | None = None
    low_stock_warning_at: int | None = None
    low_stock_warning_enabled: Flag = None
    variant_inventory_image: str | None = None
    height: Amount = None
    length: Amount = None
    width: Amount = None
    retail: Amount = None
    shipper_hq_shipping_groups: str | None = None
    shipper_hq_dimensional_rule_groups: str | None = None
    shipper_hq_packing_boxes: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    pricing: Sequence[ProductPricing] | None = None
    variants: Sequence[ProductVariant] | None = None


class ProductPicture(Kept, LeanPicture, frozen=True, kw_only=True):
    """Spark Pay: /product_pictures."""

    raw: bytes = RAW
    product_id: int | None = None
    thumbnail_file: str | None = None
    flash_path: str | None = None
    is_video_screen_shot: Flag = None
    video_content: str | None = None
    download_external_image: Flag = None
    created_at: str | None = None
    updated_at: str | None = None


class ProductPricing(Kept, LeanPricing, frozen=True, kw_only=True):
    """Spark Pay: /product_pricing. A price for a quantity, customer type, variant or time."""

    raw: bytes = RAW
    product_id: int | None = None
    store_id: int | None = None
    cost: Amount = None
    price_calculation_id: int | None = None
    variant_id: int | None = None
    variant_price_surcharge: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class ProductReview(Plain, frozen=True, kw_only=True):
    """Spark Pay: /product_reviews."""

    product_id: int | None = None
    title: str | None = None
    body: str | None = None
    review_pros: str | None = None
    review_cons: str | None = None
    overall_rating: int | None = None
    customer_id: int | None = None
    approved_by_user_id: int | None = None
    approved_at: str | None = None
    author_display_name: str | None = None
    author_email: str | None = None
    author_website: str | None = None
    author_location: str | None = None
    approval_status: str | None = None
    origin_store_id: int | None = None
    profile_id: int | None = None
    uploaded_image: str | None = None
    published_date: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    ratings: list[ReviewRating] | None = None


class ReviewRating(Wire, frozen=True, kw_only=True):
    """Spark Pay: /product_reviews, nested ratings. One of the points that a review rates. It has no id."""

    name: str | None = None
    description: str | None = None
    rating: Amount = None


class ShippingRateAdjustment(Entity, frozen=True, kw_only=True):
    """Spark Pay: /shipping_rate_adjustments."""

    type: str | None = None
    amount: Amount = None
    shipping_method_name: str | None = None
    shipping_provider: str | None = None
    is_unavailable: Flag = None
    product_id: int | None = None
    available_region_id: int | None = None
    use_calculated_rate: Flag = None
    created_at: str | None = None
    updated_at: str | None = None


class ProductInactiveInStore(Plain, frozen=True, kw_only=True):
    """Spark Pay: /product_inactive_in_store. A product that one store does not show."""

    item_id: int | None = None
    store_id: int | None = None
    customer_type_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Notification(Renamed, frozen=True, kw_only=True):
    """Spark Pay: /notifications. Someone who wants to hear when a product is back in stock."""

    id_name: ClassVar[str] = "notification_id"

    notification_id: int | None = None
    product_id: int | None = None
    email_address: str | None = None
    customer_id: int | None = None
    notification_frequency_type: str | None = None
    store_id: int | None = None
    variant_inventory_id: int | None = None
