"""Drafts of customers and addresses: what a POST or PUT may hold. The server's own fields are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from sparkpay_async.drafts.values import Bool, CustomFieldDraft, Int, IntOrZero, Money, Real, Str, Texts, Time


class PaymentAvailabilityDraft(TypedDict, total=False):
    """Whether a customer may pay in one way, in a customer's draft."""

    payment_method_id: Int
    store_payment_method_id: Int
    status: Str


class CustomerDraft(TypedDict, total=False):
    """Spark Pay: /customers."""

    customer_number: Str
    first_name: Str
    last_name: Str
    email: Str
    username: Str
    company: Str
    phone_number: Str
    alternate_phone_number: Str
    registered_at: Time
    last_visit_at: Time
    adcode: Str
    adcode_id: IntOrZero
    affiliate_id: IntOrZero
    customer_type_id: Int
    is_no_tax_customer: Bool
    tax_exemption_number: Str
    tax_rate: Real
    comments: Str
    store_id: Int
    source: Str
    source_group: Str
    search_string: Str
    no_account: Bool
    sales_person: Str
    sales_person_user_id: Int
    is_affiliate_customer: Bool
    is_contact_information_only: Bool
    store_payment_methods_enabled: Texts
    lock_default_address: Bool
    reward_tier_id: Int
    payment_net_term: Str
    credit_limit: Money
    is_inactive: Bool
    use_shared_credit_limit: Bool
    override_shared_credit_limit: Bool
    default_payment_type_name: Str
    sub: Str
    customer_payment_methods_availability: Sequence[PaymentAvailabilityDraft] | None
    custom_fields: Sequence[CustomFieldDraft] | None


class AddressDraft(TypedDict, total=False):
    """Spark Pay: /addresses."""

    customer_id: Int
    first_name: Str
    last_name: Str
    company: Str
    address_line_1: Str
    address_line_2: Str
    city: Str
    state: Str
    postal_code: Str
    country: Str
    phone: Str
    alternate_phone: Str
    fax: Str
    comments: Str
    address_type: Str
    is_default_shipping_address: Bool
    is_default_billing_address: Bool
