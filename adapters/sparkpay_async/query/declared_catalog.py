"""The fields of what else the catalog holds, for typed queries."""

from sparkpay_async.query.columns import Fields, Flag, Money, Number, Real, Text, Time


class ProductVariant(Fields):
    """Spark Pay: /product_variants."""

    id = Number()
    product_id = Number()
    variant_group_id = Number()
    description = Text()
    price_adjustment = Money()
    price_adjustment_type = Text()
    sort_order = Number()
    item_number_extension = Text()
    item_number_sort_order = Number()
    is_hidden = Flag()
    is_default_selection = Flag()
    weight = Real()
    weight_type = Text()
    swatch_file = Text()
    swatch_thumbnail = Text()
    swatch_thumbnail_color = Text()
    variant_inventory_id = Number()
    created_at = Time()
    updated_at = Time()


class VariantGroup(Fields):
    """Spark Pay: /variant_groups."""

    id = Number()
    name = Text()
    sort_order = Number()
    is_hidden = Flag()
    display_type = Text()
    group_header_html = Text()
    public_description_html = Text()
    group_footer_html = Text()
    is_non_inventory = Flag()
    created_at = Time()
    updated_at = Time()


class VariantInventory(Fields):
    """Spark Pay: /variant_inventory."""

    id = Number()
    product_id = Number()
    inventory = Number()
    item_number = Text()
    manufacturer_item_number = Text()
    weight = Real()
    product_status_id = Number()
    quickbooks_item_id = Text()
    low_stock_warning_at = Number()
    low_stock_warning_enabled = Flag()
    gtin = Text()
    variant_inventory_image = Text()
    height = Real()
    length = Real()
    width = Real()
    retail = Money()
    shipper_hq_shipping_groups = Text()
    shipper_hq_dimensional_rule_groups = Text()
    shipper_hq_packing_boxes = Text()
    description = Text()
    created_at = Time()
    updated_at = Time()


class ProductPicture(Fields):
    """Spark Pay: /product_pictures."""

    id = Number()
    product_id = Number()
    image_file = Text()
    alt = Text()
    description = Text()
    is_primary = Flag()
    is_hidden = Flag()
    thumbnail_file = Text()
    sort_order = Number()
    flash_path = Text()
    is_video_screen_shot = Flag()
    video_content = Text()
    download_external_image = Flag()
    created_at = Time()
    updated_at = Time()


class ProductPricing(Fields):
    """Spark Pay: /product_pricing."""

    id = Number()
    product_id = Number()
    store_id = Number()
    customer_type_id = Number()
    variant_inventory_id = Number()
    sale_type_id = Number()
    start_date = Time()
    end_date = Time()
    starting_quantity = Number()
    price = Money()
    cost = Money()
    price_calculation_id = Number()
    variant_id = Number()
    variant_price_surcharge = Text()
    created_at = Time()
    updated_at = Time()


class ProductReview(Fields):
    """Spark Pay: /product_reviews."""

    id = Number()
    product_id = Number()
    title = Text()
    body = Text()
    review_pros = Text()
    review_cons = Text()
    overall_rating = Number()
    customer_id = Number()
    approved_by_user_id = Number()
    approved_at = Time()
    author_display_name = Text()
    author_email = Text()
    author_website = Text()
    author_location = Text()
    approval_status = Text()
    origin_store_id = Number()
    profile_id = Number()
    uploaded_image = Text()
    published_date = Time()
    created_at = Time()
    updated_at = Time()


class ShippingRateAdjustment(Fields):
    """Spark Pay: /shipping_rate_adjustments."""

    id = Number()
    type = Text()
    amount = Money()
    shipping_method_name = Text()
    shipping_provider = Text()
    is_unavailable = Flag()
    product_id = Number()
    available_region_id = Number()
    use_calculated_rate = Flag()
    created_at = Time()
    updated_at = Time()


class ProductInactiveInStore(Fields):
    """Spark Pay: /product_inactive_in_store."""

    id = Number()
    item_id = Number()
    store_id = Number()
    customer_type_id = Number()
    created_at = Time()
    updated_at = Time()


class Notification(Fields):
    """Spark Pay: /notifications."""

    notification_id = Number()
    product_id = Number()
    email_address = Text()
    customer_id = Number()
    notification_frequency_type = Text()
    store_id = Number()
    variant_inventory_id = Number()


class Category(Fields):
    """Spark Pay: /categories."""

    id = Number()
    name = Text()
    short_description = Text()
    sort_order = Number()
    is_hidden = Flag()
    parent_category_id = Number()
    max_quantity = Number()
    category_thumbnail = Text()
    category_image = Text()
    page_title = Text()
    lookup_path = Text()
    keywords = Text()
    meta_description = Text()
    external_content_url = Text()
    is_category_content_displayed = Flag()
    are_subcategory_products_displayed = Flag()
    url_rewrite = Text()
    default_product_picture = Text()
    alternate_thumbnail = Text()
    head_tags = Text()
    cat_image_alt_text = Text()
    thumb_image_alt_text = Text()
    is_hide_from_site_maps = Flag()
    vendor_store_id = Number()
    created_at = Time()
    updated_at = Time()


class Manufacturer(Fields):
    """Spark Pay: /manufacturers."""

    id = Number()
    name = Text()
    description = Text()
    is_hidden = Flag()
    sort_order = Number()
    manufacturer_logo_url = Text()
    page_title = Text()
    keywords = Text()
    meta_description = Text()
    url_rewrite = Text()
    head_tags = Text()
    brand_code = Text()
    created_at = Time()
    updated_at = Time()


class ProductStatus(Fields):
    """Spark Pay: /product_statuses."""

    id = Number()
    name = Text()
    time_frame = Text()
    is_unavailable = Flag()
    is_hidden = Flag()
    is_back_ordered = Flag()
    show_quantity = Flag()
    created_at = Time()
    updated_at = Time()


class Attribute(Fields):
    """Spark Pay: /attributes."""

    id = Number()
    attribute_group_id = Number()
    name = Text()
    is_hidden = Flag()
    sort_order = Number()
    page_title = Text()
    keywords = Text()
    meta_description = Text()
    url_rewrite = Text()
    created_at = Time()
    updated_at = Time()


class AttributeGroup(Fields):
    """Spark Pay: /attribute_groups."""

    id = Number()
    name = Text()
    sort_order = Number()
    is_hidden = Flag()
    allow_drill_down = Flag()
    allow_multiple = Flag()
    tie_variant_inventory = Flag()
    created_at = Time()
    updated_at = Time()


class ProductList(Fields):
    """Spark Pay: /product_lists."""

    id = Number()
    name = Text()


class PriceCalculator(Fields):
    """Spark Pay: /price_calculators."""

    id = Number()
    calculation_name = Text()
    description = Text()
    item_numbers_regex = Text()
    created_at = Time()
    updated_at = Time()


class PriceCalculatorRule(Fields):
    """Spark Pay: /price_calculator_rules."""

    id = Number()
    price_calculator_id = Number()
    customer_type_id = Number()
    store_id = Number()
    starting_quantity = Number()
    price_base_type = Text()
    specific_base_price = Money()
    created_at = Time()
    updated_at = Time()


class PriceCalculatorRuleModifier(Fields):
    """Spark Pay: /price_calculator_rule_modifiers."""

    id = Number()
    price_calculator_rule_id = Number()
    action = Text()
    value = Real()
    modifier_type = Text()
    optional_action = Text()
    optional_value = Real()
    optional_modifier_type = Text()
    sort_order = Number()
    description = Text()
    created_at = Time()
    updated_at = Time()
