"""Records in which nothing is set: every field with the value that the vendor sends for "none"."""

from __future__ import annotations

from typing import Any

PRODUCT: dict[str, Any] = {
    "id": 0, "item_number": "", "item_name": "", "manufacturer_id": 0, "manufacturer_part_number": "",
    "primary_category_id": 0, "product_status_id": 1, "supplier_id": 0,
    "short_description": "", "long_description_1": "", "long_description_2": "", "long_description_3": "",
    "long_description_4": "", "long_description_5": "", "bullets": "", "keywords": "", "meta_description": None,
    "page_title": "", "url_rewrite": "", "height": "", "length": "", "width": "", "size_unit": "In",
    "weight": 0, "weight_unit": "Lbs", "cost": 0, "price": 0, "retail": 0,
    "minimum_quantity": 0, "maximum_quantity": 0, "quantity_increment": 0,
    "quantity_on_hand": 0, "quantity_on_order": 0,
    "is_hidden": 0, "is_non_taxable": 0, "is_spotlight_item": 0, "is_shipped_individually": 0,
    "call_for_shipping": 0, "call_for_pricing": 0, "e_product_allow_multiple_deliveries": 0,
    "is_kit": False, "is_child_product": False, "is_discontinued": False, "is_non_inventory": False,
    "is_featured_item": False, "use_variant_inventory": False, "has_visible_variants": False, "drop_ship": False,
    "is_subscription_product": False, "do_not_discount": False, "gtin": "", "handling_fee": None, "warehouse_id": 0,
    "eta_date": None, "e_product_type": "NotAnEProduct", "e_product_url": "", "rate_adjustment_type": "AutoCalculation",
    "subscription_frequency": None, "subscription_frequency_type": "", "average_review_rating": None,
    "review_count": None, "master_product_id": None, "tax_code": "", "head_tags": "", "video_url": "",
    "sort_order": 0, "shipping_classification_code": "", "cart_product_id": "", "created_at": None, "updated_at": None,
}  # fmt: skip

VARIANT: dict[str, Any] = {
    "id": 0, "product_id": 0, "variant_group_id": 0, "description": "", "price_adjustment": 0,
    "price_adjustment_type": "", "sort_order": 0, "item_number_extension": "", "item_number_sort_order": 0,
    "is_hidden": False, "is_default_selection": False, "weight": 0, "weight_type": "+", "swatch_file": None,
    "swatch_thumbnail": "", "swatch_thumbnail_color": None, "created_at": None, "updated_at": None,
}  # fmt: skip

COMBINATION: dict[str, Any] = {
    "id": 0, "product_id": 0, "inventory": 0, "item_number": "", "manufacturer_item_number": "", "weight": 0,
    "product_status_id": 0, "gtin": "", "low_stock_warning_at": None, "low_stock_warning_enabled": False,
    "variant_inventory_image": "", "height": None, "length": None, "width": None, "retail": None, "description": "",
    "created_at": None, "updated_at": None,
}  # fmt: skip

CUSTOMER: dict[str, Any] = {
    "id": 0, "customer_number": "", "first_name": "", "last_name": "", "email": "", "username": "", "company": "",
    "phone_number": "", "alternate_phone_number": "", "registered_at": "", "last_visit_at": "", "adcode": "",
    "adcode_id": 0, "affiliate_id": 0, "customer_type_id": 0, "is_no_tax_customer": False,
    "tax_exemption_number": "", "tax_rate": None, "comments": "", "store_id": 1, "source": "", "source_group": "",
    "search_string": "", "no_account": False, "sales_person": "", "sales_person_user_id": None,
    "is_affiliate_customer": False, "is_contact_information_only": False, "store_payment_methods_enabled": [],
    "customer_payment_methods_availability": [], "lock_default_address": False, "reward_tier_id": None,
    "payment_net_term": "", "credit_limit": 0, "is_inactive": False, "use_shared_credit_limit": False,
    "override_shared_credit_limit": False, "default_payment_type_name": "", "created_at": None, "updated_at": None,
}  # fmt: skip

ORDER: dict[str, Any] = {
    "id": 0, "customer_id": 0, "customer_type_id": 0, "adcode": "", "ordered_at": "", "order_status_id": 0,
    "previous_order_status_id": 0, "order_status_last_changed_at": "", "special_instructions": "", "subtotal": 0,
    "tax_total": 0, "shipping_total": 0, "discount_total": 0, "grand_total": 0, "cost_total": 0, "handling_total": 0,
    "additional_fees": 0, "discounted_shipping_total": None, "selected_shipping_method": "",
    "selected_shipping_provider_service": "", "ip_address": "", "exported_to_accounting_system": 0, "referrer": "",
    "order_shipping_address_id": None, "order_billing_address_id": None, "admin_comments": "", "public_comments": "",
    "instructions": "", "source": "", "source_group": "", "search_phrase": "", "is_ppc": False, "ppc_keyword": "",
    "store_id": 1, "session_id": 0, "is_payment_order_only": False, "adcode_id": 0, "is_gift": False,
    "gift_message": "", "from_subscription_id": None, "order_number": "", "coupon_code": "", "campaign_code": "",
    "order_type": "Order", "expires_at": None, "expires": False, "from_quote_id": None, "reward_points_credited": 0,
    "channel": "Online", "device": "", "entered_by": "", "entered_by_type": "Customer", "due_date": None,
    "delivery_tax": 0, "location_id": None, "sales_agent_user_id": 0, "created_at": None, "updated_at": None,
}  # fmt: skip

ITEM: dict[str, Any] = {
    "id": 0, "order_id": 0, "product_id": 0, "item_number": "", "item_number_full": "", "item_name": "", "price": 0,
    "cost": 0, "quantity": 1, "weight": 0, "weight_unit": "Lbs", "is_discount_item": False, "is_taxable": True,
    "is_non_shipping_item": False, "variant_inventory_id": None, "parent_order_item_id": None,
    "is_quantity_bound_to_parent": False, "height": None, "length": None, "width": None, "size_unit": "In",
    "tax_code": "", "tax": 0, "discount_amount": 0, "discount_percentage": 0, "admin_comments": "",
    "line_item_note": "", "gift_message": "", "delivery_date": None, "do_not_discount": False,
    "is_subscription_product": False, "warehouse_id": 0, "order_shipping_address_id": None, "description": "",
    "configuration": "", "status": "", "shipping_classification_code": "", "variants": None,
    "personalizations": None, "created_at": None, "updated_at": None,
}  # fmt: skip

PAYMENT: dict[str, Any] = {
    "id": 0, "customer_id": 0, "order_id": 0, "customer_payment_method_id": None, "payment_method_id": 0,
    "payment_type": "", "payment_method_name": "", "is_approved": False, "is_declined": False, "is_captured": False,
    "is_void": False, "card_type": "", "card_expiration_month": 0, "card_expiration_year": 0, "cardholder_name": "",
    "last_four": "", "paid_at": "", "approved_at": "", "authorization_code": "", "reject_reason": "", "avs_code": "",
    "cvv_response_code": "", "gateway_response_code": "", "transaction_type": "None", "transaction_id": "",
    "payment_ref_num": "", "amount": 0, "payment_note": "", "gift_certificate_id": None, "store_payment_method_id": 0,
    "created_at": None, "updated_at": None,
}  # fmt: skip

SHIPMENT: dict[str, Any] = {
    "id": 0, "order_id": 0, "shipped_at": "", "tracking_numbers": "", "tracking_url": "",
    "shipping_method": "UPS Ground", "shipping_method_id": None, "shipping_method_type": "provider",
    "shipping_provider_name": "UPS", "shipment_name": "", "number_of_packages": None, "total_weight": None,
    "provider_base_shipping_cost": "", "provider_insurance_cost": None, "provider_handling_cost": None,
    "provider_other_charges": None, "provider_total_shipping_cost": None, "email_sent": False, "private_comment": "",
    "shipping_comment": "", "created_at": None, "updated_at": None,
}  # fmt: skip
