"""Drafts of warehouses, coupons and webhooks: what a POST or PUT may hold. The server's own fields are left out."""

from __future__ import annotations

from typing import TypedDict

from sparkpay_async.drafts.values import Bool, Int, Str, Time


class WarehouseDraft(TypedDict, total=False):
    """Spark Pay: /warehouses."""

    name: Str
    city: Str
    state: Str
    country: Str
    postal_code: Str
    is_default: Bool
    email: Str
    address_line_1: Str
    address_line_2: Str
    account_number: Str


class CouponCodeDraft(TypedDict, total=False):
    """Spark Pay: /coupon_codes."""

    campaign_code: Str
    coupon_code: Str
    is_active: Bool
    is_expired: Bool
    expires_at: Time
    max_uses: Int
    usage_count: Int
    notes: Str
    is_hidden: Bool


class WebhookDraft(TypedDict, total=False):
    """Spark Pay: /webhooks."""

    event_type: Str
    url: Str
    store_id: Int
    failure_type: Str
    cache_length: Str
    fallback_url: Str
