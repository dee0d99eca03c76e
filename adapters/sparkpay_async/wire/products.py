"""Spark Pay: /products in full, and the nested lists that are theirs alone.

A sync reads the lean ones (`sparkpay_async.wire.lean`), of which these are.
"""

from __future__ import annotations

from collections.abc import Sequence

from commerce_async.schema.lenient import Amount
from sparkpay_async.wire.base import RAW, CustomField, Entity, Flag, Kept, Plain
from sparkpay_async.wire.lean import LeanProduct, ProductCategory
from sparkpay_async.wire.variants import (
    ProductPicture,
    ProductPricing,
    ProductReview,
    ProductVariant,
    ShippingRateAdjustment,
    VariantInventory,
)


class Product(Kept, LeanProduct, frozen=True, kw_only=True):
    """Spark Pay: /products. With its nested lists if they were asked for (None otherwise)."""

    raw: bytes = RAW
    supplier_id: int | None = None
    manufacturer_id: int | None = None
    manufacturer_part_number: str | None = None
    bullets: str | None = None
    long_description_2: str | None = None
    long_description_3: str | None = None
    long_description_4: str | None = None
    long_description_5: str | None = None
    height: str | None = None
    length: str | None = None
    width: str | None = None
    size_unit: str | None = None
    weight: Amount = None
    weight_unit: str | None = None
    minimum_quantity: int | None = None
    maximum_quantity: int | None = None
    is_spotlight_item: Flag = None
    keywords: str | None = None
    is_non_taxable: Flag = None
    is_shipped_individually: Flag = None
    sort_order: int | None = None
    e_product_url: str | None = None
    e_product_password: str | None = None
    e_product_verification_link_expiration: int | None = None
    e_product_email: str | None = None
    e_product_allow_multiple_deliveries: Flag = None
    warehouse_id: int | None = None
    call_for_shipping: Flag = None
    call_for_pricing: Flag = None
    quickbooks_item_id: str | None = None
    rate_adjustment_type: str | None = None
    meta_description: str | None = None
    page_title: str | None = None
    use_tabs: Flag = None
    related_name: str | None = None
    override_theme_use_tabs: Flag = None
    long_description_tab_name_1: str | None = None
    long_description_tab_name_2: str | None = None
    long_description_tab_name_3: str | None = None
    long_description_tab_name_4: str | None = None
    long_description_tab_name_5: str | None = None
    is_non_shipping_item: Flag = None
    e_product_delivery_action: str | None = None
    use_variant_inventory: Flag = None
    is_featured_item: Flag = None
    long_description_external_url_1: str | None = None
    long_description_external_url_2: str | None = None
    long_description_external_url_3: str | None = None
    long_description_external_url_4: str | None = None
    long_description_external_url_5: str | None = None
    bullets_external_url: str | None = None
    custom_flag_1: Flag = None
    custom_flag_2: Flag = None
    custom_flag_3: Flag = None
    custom_flag_4: Flag = None
    custom_flag_5: Flag = None
    url_rewrite: str | None = None
    is_child_product: Flag = None
    eta_date: str | None = None
    available_region_id: int | None = None
    call_for_shipping_on_whole_order: Flag = None
    break_out_shipping: Flag = None
    shipping_classification_code: str | None = None
    exclude_parent_from_display: Flag = None
    drop_ship: Flag = None
    no_price_mask: str | None = None
    starting_quantity: int | None = None
    use_map_pricing: Flag = None
    last_item_number: str | None = None
    has_visible_variants: Flag = None
    product_rating_dimension_group_override_id: int | None = None
    average_review_rating: Amount = None
    review_count: int | None = None
    exclude_children_from_display: Flag = None
    use_pricing_from_parent: Flag = None
    low_stock_warning_threshold: int | None = None
    enable_low_stock_warning: Flag = None
    do_not_discount: Flag = None
    head_tags: str | None = None
    handling_fee: Amount = None
    custom_upsell_url: str | None = None
    e_product_serial_number_file_path: str | None = None
    hide_variant_surcharges: Flag = None
    quantity_increment: int | None = None
    gtin: str | None = None
    add_to_cart_message: str | None = None
    e_product_generic_username: str | None = None
    e_product_generic_password: str | None = None
    shipping_override: Amount = None
    insurance_cost: Amount = None
    exclude_from_commissions: Flag = None
    days_until_reorder_allowed: int | None = None
    force_separate_order: Flag = None
    approval_required: Flag = None
    in_stock_notification_email_template_id: int | None = None
    inelligible_for_purchase_by_points: Flag = None
    earns_points: Flag = None
    additional_points_earned: int | None = None
    allowed_variable_subscription_types: str | None = None
    profile_id: int | None = None
    is_linked_product: Flag = None
    do_not_send_review_request: Flag = None
    pack_slip_sort_order: int | None = None
    is_enable_variants_on_parent: Flag = None
    is_hide_children_on_parent: Flag = None
    cart_product_id: str | None = None
    enabled_configurator: str | None = None
    material_code: str | None = None
    product_line_code: str | None = None
    ext_update_date: str | None = None
    additional_attributes: str | None = None
    shipper_hq_shipping_groups: str | None = None
    shipper_hq_dimensional_rule_groups: str | None = None
    shipper_hq_packing_boxes: str | None = None
    freight_class: str | None = None
    hs_code: str | None = None
    coo: str | None = None
    hts: str | None = None
    is_exempt_from_min_order_amount: Flag = None
    category_list: str | None = None
    variants: Sequence[ProductVariant] | None = None
    personalizations: Sequence[Personalization] | None = None
    related: Sequence[RelatedProduct] | None = None
    categories: Sequence[ProductCategory | int] | None = None
    pricing: Sequence[ProductPricing] | None = None
    attributes: Sequence[ProductAttribute] | None = None
    variant_inventory: Sequence[VariantInventory] | None = None
    pictures: Sequence[ProductPicture] | None = None
    child_products: Sequence[ChildProduct] | None = None
    shipping_rate_adjustments: Sequence[ShippingRateAdjustment] | None = None
    reviews: Sequence[ProductReview] | None = None
    custom_fields: Sequence[CustomField] | None = None


class Personalization(Entity, frozen=True, kw_only=True):
    """Spark Pay: /products, nested personalizations. A question that a buyer answers."""

    question: str | None = None
    is_required: Flag = None
    sort_order: int | None = None
    is_multi_line: Flag = None
    display_type: str | None = None
    max_length: int | None = None
    markup_fee: Amount = None
    is_step: Flag = None
    step_group: int | None = None
    created_at: str | None = None
    updated_at: str | None = None


class RelatedProduct(Entity, frozen=True, kw_only=True):
    """Spark Pay: /products, nested related. Its id is the other product's."""

    sort_order: int | None = None
    is_hidden: Flag = None
    is_upsell: Flag = None
    upsell_adjusted_price: Amount = None
    upsell_quantity: int | None = None


class ProductAttribute(Plain, frozen=True, kw_only=True):
    """Spark Pay: /products, nested attributes. An attribute as a product has it."""

    attribute_group_id: int | None = None
    name: str | None = None
    is_hidden: Flag = None
    sort_order: int | None = None
    page_title: str | None = None
    keywords: str | None = None
    meta_description: str | None = None
    url_rewrite: str | None = None
    product_id: int | None = None
    value: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class ChildProduct(Product, frozen=True, kw_only=True):
    """Spark Pay: /products, nested child_products. A product of a kit."""

    is_default_child: Flag = None
    bind_quantity_to_parent: Flag = None
    is_required: Flag = None
    child_required_quantity: int | None = None
