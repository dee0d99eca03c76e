"""The resources of the vendor's list that are not generated, with the fields its reference shows.

Spark Pay: resource list and API reference. Those with records at the start have a few made-up ones.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import blank
from .declared import PLACE
from .shapes import Shape, shape, shape_of

_CART = (
    "name cart_type customer_id is_public store_id session_id discount_total subtotal shipping_total handling_total "
    "tax_total grand_total tax_rate additional_fees discounted_shipping_total region_markup_amount "
    "non_shipping_discount:n gift_certificate_discount:n coupon_code associated_order_id shipping_estimate_city "
    "shipping_estimate_state_code shipping_estimate_postal_code shipping_estimate_country_code "
    "is_shipping_billed_to_account customer_payment_method_id payment_method_id is_payment_cart_only lookup_key"
)

OTHERS: Mapping[str, Shape] = {
    # People
    "customer_association": shape("association_type_id *parent_customer_id *child_customer_id"),
    "customer_types": shape(
        "*name customer_level:i description",
        nested="customer_type_payment_methods_availability",
        rows=({"name": "Retail"}, {"name": "Wholesale", "customer_level": 1}),
    ),
    "customer_payment_methods": shape(
        "*customer_id payment_method_id payment_type is_default card_id address_id", nested="fields"
    ),
    "profiles": shape(
        "email username type real_name display_name about image_url company",
        nested="contacts",
        rows=({"email": "profile@example.com", "display_name": "Pat"},),
    ),
    "users": shape(
        "*username email phone last_login_attempt_at last_login_at user_role_id first_name last_name phone_extension "
        "alternate_phone fax profile_id",
        rows=({"username": "admin", "email": "admin@example.com", "first_name": "Ada"},),
    ),
    # Orders
    "carts": shape(_CART, nested="items"),
    "cart_items": shape(
        "*product_id *cart_id item_number quantity price cost shipping_address_id item_thumbnail item_url item_name "
        "warehouse_id parent_product_id parent_cart_item_id is_subscription_product vendor_store_id variants:a "
        "personalizations:a",
        nested="child_items",
        owner="cart_id",
    ),
    "quotes": shape_of(blank.ORDER | {"order_type": "Quote"}, "customer_id order_status_id")._replace(
        nested=("items", "custom_fields")
    ),
    "subscriptions": shape(
        "saved_cart_id *customer_id next_due_at *frequency_type *frequency:i drip_series_id *original_order_id "
        "*shipping_method_name *customer_payment_method_id *shipping_address_id *billing_address_id is_enabled "
        "latest_renewal_order_id is_renewal_payment_declined renewal_count one_time_customer_notice customer_notice"
    ),
    "wishlists": shape(_CART, nested="items"),
    "credit_cards": shape(
        f"*customer_id *card_type expiration_month expiration_year cardholder_name {PLACE} is_default last_four"
    ),
    # Catalog
    "attributes": shape(
        "attribute_group_id *name is_hidden sort_order page_title keywords meta_description url_rewrite",
        owner="attribute_group_id",
        rows=({"attribute_group_id": 1, "name": "New"}, {"attribute_group_id": 1, "name": "Used"}),
    ),
    "attribute_groups": shape(
        "*name sort_order is_hidden allow_drill_down allow_multiple tie_variant_inventory:b",
        rows=({"name": "Condition"},),
    ),
    "product_lists": shape("*name", nested="items"),
    "product_reviews": shape(
        "*product_id title body review_pros review_cons overall_rating:i customer_id approved_by_user_id approved_at "
        "author_display_name author_email author_website author_location approval_status origin_store_id profile_id "
        "uploaded_image published_date",
        nested="ratings",
        owner="product_id",
    ),
    "product_inactive_in_store": shape("*item_id *store_id customer_type_id"),
    "price_calculators": shape(
        "*calculation_name description item_numbers_regex", nested="rules", key="price_calculation"
    ),
    "price_calculator_rules": shape(
        "*price_calculator_id customer_type_id store_id starting_quantity price_base_type specific_base_price",
        nested="modifiers",
        owner="price_calculator_id",
    ),
    "price_calculator_rule_modifiers": shape(
        "*price_calculator_rule_id action value:n modifier_type optional_action optional_value:n "
        "optional_modifier_type sort_order description",
        owner="price_calculator_rule_id",
    ),
    "shipping_rate_adjustments": shape(
        "type amount shipping_method_name shipping_provider is_unavailable *product_id available_region_id "
        "use_calculated_rate",
        owner="product_id",
    ),
    "notifications": shape(
        "notification_id *product_id email_address customer_id notification_frequency_type store_id "
        "variant_inventory_id"
    ),
    # Content
    "blogs": shape(
        "store_id *name description tag_line url_slug meta_description meta_keywords copyright image_url language "
        "max_feed_elements:i syndication_type is_rss_feed_enabled is_atom_feed_enabled max_chars_short_feed:i "
        "max_chars_summary:i is_commenting_enabled is_comment_moderation_enabled default_post_image "
        "default_teaser_image new_post_notification_email_template_id new_comment_notification_email_template_id "
        "notify_commenters_on_new_comments:b new_comment_admin_notification_email_template_id",
        nested="categories posts",
        rows=({"name": "News", "store_id": 1},),
    ),
    "blog_categories": shape(
        "*blog_id parent_category_id type description *name blog_category_path",
        nested="posts",
        owner="blog_id",
        rows=({"blog_id": 1, "name": "Products"},),
    ),
    "blog_posts": shape(
        "*blog_id *title keywords description content published_at teaser_title teaser_description post_image_url "
        "teaser_image_url author_profile_id are_comments_enabled is_featured is_stickied are_comments_locked "
        "view_count store_id head_tags url_rewrite page_content_type",
        nested="categories",
        key="posts",
        owner="blog_id",
        rows=({"blog_id": 1, "title": "Hello"},),
    ),
    "links": shape(
        "url text sort_order store_id is_hidden named_link page_id category_id is_dynamic_menu_root "
        "dynamic_menu_levels:i link_type parent_link_id is_hidden_in_navigation_only opens_in_new_window:b "
        "is_home_page product_id blog_id blog_category_id",
        nested="child_links",
        owner="parent_link_id",
        rows=({"text": "Shop", "url": "/shop.aspx"},),
    ),
    "pages": shape(
        "*title keywords description content is_hidden store_id external_url is_content_only url_rewrite is_secure "
        "is_login_required",
        rows=({"title": "About", "store_id": 1},),
    ),
    # Marketing
    "adcodes": shape(
        "name description *visits:i affiliate_id commission commission_type total_sales total_orders:i initial_sales "
        "load_sales new_customers:i load_customers:i total_commissions:n conversion_rate cost_per_customer:n "
        "sales_per_ad_dollar:n repeat_commission_amount:s repeat_commission_type pay_for_repeat_sales:s url "
        "is_pay_per_click source expires_at creation_type",
        rows=({"name": "5off", "visits": 2},),
    ),
    "affiliates": shape(
        "affiliate_status email affiliate_code name urls origin description commission_amount commission_type "
        "payee_name contact_name store_id",
        verbs="",
    ),
    "coupon_codes": shape(
        "*campaign_code *coupon_code is_active is_expired expires_at max_uses usage_count notes is_hidden",
        rows=({"campaign_code": "SPRING", "coupon_code": "SAVE10", "is_active": True},),
    ),
    "discount_actions": shape(
        "*discount_method_id type target modifier_amount modifier_type", nested="rules", owner="discount_method_id"
    ),
    "discount_methods": shape(
        "*name is_enabled is_strict modifier_operation modifier_amount:s modifier_type modifier_target use_once "
        "expires expires_at starts_at remaining_uses notes is_free_shipping_discount",
        nested="rules actions",
        rows=({"name": "Ten percent", "is_enabled": True, "modifier_amount": "10"},),
    ),
    "discount_rules": shape(
        "*discount_method_id type target operator_type target_quantity target_quantity_type discount_action_id",
        owner="discount_method_id",
    ),
    "drips": shape("*name is_enabled", nested="members events"),
    "email_templates": shape(
        "*type body subject from_name from_email is_enabled admin_alert_header admin_alert_subject "
        "is_admin_alert_enabled email_format attach_invoice_pdf:b email_category_id admin_alert_email_override",
        rows=({"type": "Order Status Change", "subject": "Your order", "is_enabled": True, "email_format": "TEXT"},),
    ),
    "gift_certificates": shape(
        "code original_order_id from_customer_id recipient_email recipient_name recipient_shipping_address "
        "gift_message status is_pre_tax_discount gift_certificate_type comments expires_at store_id current_amount "
        "original_amount customer_id expires order_item_id",
        nested="transactions",
        rows=({"code": "GC-1", "status": "Active", "current_amount": 10, "original_amount": 10},),
    ),
    "gift_certificate_transactions": shape(
        "*gift_certificate_id action amount is_pre_tax_discount order_id order_payment_id status",
        key="transactions",
        owner="gift_certificate_id",
    ),
    "mailing_lists": shape(
        "type admin_list_name public_list_name *store_id is_store_default auto_opt_in:b is_hidden "
        "url_based_subscribe_url welcome_email_template_id",
        nested="members",
    ),
    # Tools
    "custom_fields": shape(
        "*name resource_type input_type value_type field_width:i sort_order format_string is_searchable is_editable "
        "is_multi_select label is_private is_required show_on_order_page display_location default_value read_only "
        "show_on_one_page_checkout",
        nested="values list_items stores",
        rows=({"name": "Care", "resource_type": "Products", "value_type": "String"},),
    ),
    "custom_field_values": shape("*custom_field_id *resource_id *value:s", key="values", owner="custom_field_id"),
    # Settings
    "payment_methods": shape(
        "payment_type cost_modifier:n cost_modifier_type sort_order is_hidden description confirmation_message "
        "declined_message is_gateway gateway_name *name",
        nested="fields stores",
        rows=({"payment_type": "CreditCard", "name": "Credit Card"}, {"payment_type": "Custom", "name": "Invoice"}),
    ),
    "regions": shape(
        "*name postal_codes:l states:l countries:l markup_type markup_amount sort_order region_type "
        "postal_code_country is_shipping_region is_tax_region",
        rows=({"name": "Texas", "states": ["Texas"]},),
    ),
    "shipping_providers": shape(
        "*name provider_code is_enabled markup_amount:s markup_type additional_markup_percent "
        "additional_weight_per_package:n",
        nested="services",
        rows=({"name": "UPS", "provider_code": "UPS", "is_enabled": True},),
    ),
    "shipping_provider_services": shape(
        "*shipping_provider_id *name service_code is_enabled markup_amount:s markup_type",
        key="services",
        owner="shipping_provider_id",
        rows=({"shipping_provider_id": 1, "name": "UPS Ground", "is_enabled": True},),
    ),
    "custom_shipping_methods": shape(
        "*name is_enabled is_default markup_type markup_amount:s description use_base_rate is_calculated_method",
        nested="rules",
        rows=({"name": "Courier", "is_enabled": True},),
    ),
    "store_locations": shape(f"*name {PLACE} store_id is_enabled"),
    "tax_rates": shape(
        "name *rate *region_id is_shipping_included is_handling_included *store_id",
        rows=({"name": "Texas", "region_id": 1},),
    ),
    "url_redirects": shape("*from *to is_active redirect_type"),
    "blacklisted_ips": shape("*ip_address notes"),
    "external_image_whitelist": shape("*url entered_by"),
    # System
    "sessions": shape(
        "customer_id user_id first_hit_at last_hit_at ip_address host_name adcode_id hit_count visit_count "
        "page_last_visited referer is_abandoned:d user_agent cart_id wish_list_cart_id",
        verbs="",
        rows=({"ip_address": "192.0.2.7", "hit_count": 3},),
    ),
    "microstores": shape(
        f"*name {PLACE} fax parent_store_id is_micro_store set_cookie:b cookie_expiration:i activation_date "
        "expiration_date logo_image path"
    ),
    "webhooks": shape(
        "*event_type *url store_id failure_type cache_length fallback_url",
        defaults={"failure_type": "Ignore", "cache_length": "NoCache"},
    ),
}
"""Resources of which there are a few records or none at the start."""
