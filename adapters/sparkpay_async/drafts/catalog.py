"""Drafts of the catalog: what a POST or PUT may hold. The server's own fields are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from sparkpay_async.drafts.values import (
    Bool,
    CustomFieldDraft,
    Digit,
    Digits,
    Int,
    IntOrZero,
    Money,
    Real,
    Str,
    Time,
    TimeOrBlank,
)


class ListedCategoryDraft(TypedDict, total=False):
    """A category that a product is in, in the product's draft. Its id is the category's."""

    id: Int
    is_primary: Bool


class ChildProductDraft(TypedDict, total=False):
    """A product of a kit, in a product's draft. Its id is the product's."""

    id: Int
    is_default_child: Bool
    bind_quantity_to_parent: Bool
    is_required: Bool
    child_required_quantity: Int


class VariantChoiceDraft(TypedDict, total=False):
    """An option value of a combination, in a variant inventory's draft. Its id is the variant's."""

    id: Int
    product_id: Int
    variant_group_id: Int
    description: Str


class ProductDraft(TypedDict, total=False):
    """Spark Pay: /products."""

    item_number: Str
    supplier_id: IntOrZero
    manufacturer_id: IntOrZero
    manufacturer_part_number: Str
    primary_category_id: Int
    product_status_id: Int
    item_name: Str
    bullets: Str
    short_description: Str
    long_description_1: Str
    long_description_2: Str
    long_description_3: Str
    long_description_4: Str
    long_description_5: Str
    height: Digits
    length: Digits
    width: Digits
    size_unit: Str
    weight: Real
    weight_unit: Str
    cost: Money
    price: Money
    retail: Money
    minimum_quantity: Int
    maximum_quantity: Int
    is_spotlight_item: Digit
    quantity_on_hand: Int
    keywords: Str
    is_non_taxable: Digit
    is_shipped_individually: Digit
    is_hidden: Digit
    sort_order: Int
    e_product_type: Str
    e_product_url: Str
    e_product_password: Str
    e_product_verification_link_expiration: Int
    e_product_email: Str
    e_product_allow_multiple_deliveries: Digit
    warehouse_id: IntOrZero
    call_for_shipping: Digit
    call_for_pricing: Digit
    quickbooks_item_id: Str
    rate_adjustment_type: Str
    meta_description: Str
    page_title: Str
    use_tabs: Bool
    related_name: Str
    override_theme_use_tabs: Bool
    long_description_tab_name_1: Str
    long_description_tab_name_2: Str
    long_description_tab_name_3: Str
    long_description_tab_name_4: Str
    long_description_tab_name_5: Str
    is_non_shipping_item: Bool
    e_product_delivery_action: Str
    use_variant_inventory: Bool
    is_featured_item: Bool
    long_description_external_url_1: Str
    long_description_external_url_2: Str
    long_description_external_url_3: Str
    long_description_external_url_4: Str
    long_description_external_url_5: Str
    bullets_external_url: Str
    custom_flag_1: Bool
    custom_flag_2: Bool
    custom_flag_3: Bool
    custom_flag_4: Bool
    custom_flag_5: Bool
    url_rewrite: Str
    is_kit: Bool
    is_child_product: Bool
    is_non_inventory: Bool
    is_discontinued: Bool
    eta_date: Time
    quantity_on_order: Int
    available_region_id: Int
    call_for_shipping_on_whole_order: Bool
    break_out_shipping: Bool
    shipping_classification_code: Str
    exclude_parent_from_display: Bool
    drop_ship: Bool
    no_price_mask: Str
    starting_quantity: Int
    tax_code: Str
    use_map_pricing: Bool
    last_item_number: Str
    product_rating_dimension_group_override_id: Int
    exclude_children_from_display: Bool
    use_pricing_from_parent: Bool
    low_stock_warning_threshold: Int
    enable_low_stock_warning: Bool
    do_not_discount: Bool
    head_tags: Str
    handling_fee: Money
    custom_upsell_url: Str
    e_product_serial_number_file_path: Str
    hide_variant_surcharges: Bool
    quantity_increment: Int
    gtin: Str
    add_to_cart_message: Str
    is_subscription_product: Bool
    subscription_frequency: Int
    subscription_frequency_type: Str
    e_product_generic_username: Str
    e_product_generic_password: Str
    shipping_override: Money
    insurance_cost: Money
    exclude_from_commissions: Bool
    days_until_reorder_allowed: Int
    force_separate_order: Bool
    approval_required: Bool
    in_stock_notification_email_template_id: Int
    inelligible_for_purchase_by_points: Bool
    earns_points: Bool
    additional_points_earned: Int
    allowed_variable_subscription_types: Str
    profile_id: Int
    is_linked_product: Bool
    master_product_id: Int
    do_not_send_review_request: Bool
    pack_slip_sort_order: Int
    is_enable_variants_on_parent: Bool
    is_hide_children_on_parent: Bool
    enabled_configurator: Str
    material_code: Str
    product_line_code: Str
    ext_update_date: TimeOrBlank
    additional_attributes: Str
    shipper_hq_shipping_groups: Str
    shipper_hq_dimensional_rule_groups: Str
    shipper_hq_packing_boxes: Str
    freight_class: Str
    hs_code: Str
    coo: Str
    hts: Str
    is_exempt_from_min_order_amount: Bool
    category_list: Str
    categories: Sequence[ListedCategoryDraft] | None
    child_products: Sequence[ChildProductDraft] | None
    custom_fields: Sequence[CustomFieldDraft] | None


class CategoryDraft(TypedDict, total=False):
    """Spark Pay: /categories."""

    name: Str
    short_description: Str
    sort_order: Int
    is_hidden: Bool
    parent_category_id: IntOrZero
    max_quantity: IntOrZero
    category_thumbnail: Str
    category_image: Str
    page_title: Str
    keywords: Str
    meta_description: Str
    external_content_url: Str
    is_category_content_displayed: Bool
    are_subcategory_products_displayed: Bool
    url_rewrite: Str
    default_product_picture: Str
    alternate_thumbnail: Str
    head_tags: Str
    cat_image_alt_text: Str
    thumb_image_alt_text: Str
    is_hide_from_site_maps: Bool
    vendor_store_id: Int
    custom_fields: Sequence[CustomFieldDraft] | None


class ProductVariantDraft(TypedDict, total=False):
    """Spark Pay: /product_variants."""

    product_id: Int
    variant_group_id: Int
    description: Str
    price_adjustment: Money
    price_adjustment_type: Str
    sort_order: Int
    item_number_extension: Str
    item_number_sort_order: Int
    is_hidden: Bool
    is_default_selection: Bool
    weight: Real
    weight_type: Str
    swatch_file: Str
    swatch_thumbnail: Str
    swatch_thumbnail_color: Str
    variant_inventory_id: Int


class VariantGroupDraft(TypedDict, total=False):
    """Spark Pay: /variant_groups."""

    name: Str
    sort_order: Int
    is_hidden: Bool
    display_type: Str
    group_header_html: Str
    public_description_html: Str
    group_footer_html: Str
    is_non_inventory: Bool


class VariantInventoryDraft(TypedDict, total=False):
    """Spark Pay: /variant_inventory."""

    product_id: Int
    inventory: Int
    item_number: Str
    manufacturer_item_number: Str
    weight: Real
    product_status_id: Int
    quickbooks_item_id: Str
    low_stock_warning_at: Int
    low_stock_warning_enabled: Bool
    gtin: Str
    variant_inventory_image: Str
    height: Real
    length: Real
    width: Real
    retail: Money
    shipper_hq_shipping_groups: Str
    shipper_hq_dimensional_rule_groups: Str
    shipper_hq_packing_boxes: Str
    description: Str
    variants: Sequence[VariantChoiceDraft] | None


class ProductPictureDraft(TypedDict, total=False):
    """Spark Pay: /product_pictures."""

    product_id: Int
    image_file: Str
    alt: Str
    description: Str
    is_primary: Bool
    is_hidden: Bool
    thumbnail_file: Str
    sort_order: Int
    flash_path: Str
    is_video_screen_shot: Bool
    video_content: Str
    download_external_image: Bool


class ProductPricingDraft(TypedDict, total=False):
    """Spark Pay: /product_pricing."""

    product_id: Int
    store_id: Int
    customer_type_id: Int
    variant_inventory_id: Int
    sale_type_id: Int
    start_date: Time
    end_date: Time
    starting_quantity: Int
    price: Money
    cost: Money
    price_calculation_id: Int
    variant_id: Int
    variant_price_surcharge: Str


class ProductStatusDraft(TypedDict, total=False):
    """Spark Pay: /product_statuses."""

    name: Str
    time_frame: Str
    is_unavailable: Bool
    is_hidden: Bool
    is_back_ordered: Bool
    show_quantity: Bool


class ManufacturerDraft(TypedDict, total=False):
    """Spark Pay: /manufacturers."""

    name: Str
    description: Str
    is_hidden: Bool
    sort_order: Int
    manufacturer_logo_url: Str
    page_title: Str
    keywords: Str
    meta_description: Str
    url_rewrite: Str
    head_tags: Str
    brand_code: Str
