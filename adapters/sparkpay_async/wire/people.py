"""Spark Pay: customers, what belongs to them, and the shop's own people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from commerce_async.schema.lenient import Amount, Wire
from sparkpay_async.wire.base import RAW, CustomField, Entity, Flag, Kept, Plain, Renamed, Word
from sparkpay_async.wire.lean import LeanCustomer


class Customer(Kept, LeanCustomer, Wire, frozen=True, kw_only=True):
    """Spark Pay: /customers."""

    raw: bytes = RAW
    username: str | None = None
    alternate_phone_number: str | None = None
    registered_at: str | None = None
    last_visit_at: str | None = None
    adcode: str | None = None
    adcode_id: int | None = None
    affiliate_id: int | None = None
    is_no_tax_customer: Flag = None
    tax_exemption_number: str | None = None
    tax_rate: Amount = None
    comments: str | None = None
    store_id: int | None = None
    source: str | None = None
    source_group: str | None = None
    search_string: str | None = None
    sales_person: str | None = None
    sales_person_user_id: int | None = None
    is_affiliate_customer: Flag = None
    is_contact_information_only: Flag = None
    store_payment_methods_enabled: list[str] | None = None
    customer_payment_methods_availability: Sequence[CustomerPaymentAvailability] | None = None
    lock_default_address: Flag = None
    reward_tier_id: int | None = None
    payment_net_term: str | None = None
    credit_limit: Amount = None
    is_inactive: Flag = None
    use_shared_credit_limit: Flag = None
    override_shared_credit_limit: Flag = None
    default_payment_type_name: str | None = None
    sub: str | None = None
    customer_additional_emails: Sequence[CustomerEmail] | None = None
    addresses: Sequence[Address] | None = None
    customer_store_locations: Sequence[CustomerStoreLocation] | None = None
    reward_points: Sequence[RewardPoints] | None = None
    custom_fields: Sequence[CustomField] | None = None


class CustomerPaymentAvailability(Plain, frozen=True, kw_only=True):
    """Whether a customer may pay in one way."""

    payment_method_id: int | None = None
    store_payment_method_id: int | None = None
    status: str | None = None
    customer_id: int | None = None


class CustomerEmail(Renamed, frozen=True, kw_only=True):
    """Spark Pay: /customers, nested additional_emails. A further address of a customer."""

    id_name: ClassVar[str] = "customer_additional_email_id"

    customer_additional_email_id: int | None = None
    customer_id: int | None = None
    email: str | None = None


class CustomerStoreLocation(Plain, frozen=True, kw_only=True):
    """Spark Pay: /customers, nested customer_store_locations."""

    store_location_id: int | None = None
    customer_id: int | None = None


class RewardPoints(Entity, frozen=True, kw_only=True):
    """Spark Pay: /customers, nested reward_points. Points that a customer was given at one time."""

    customer_id: int | None = None
    transaction_type: str | None = None
    earned_at: str | None = None
    points_earned: Amount = None
    points_remaining: Amount = None
    note: str | None = None
    order_id: int | None = None
    status: str | None = None
    expires_at: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Address(Plain, frozen=True, kw_only=True):
    """Spark Pay: /addresses. One in a customer's address book."""

    customer_id: int | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: Word = None
    country: str | None = None
    phone: Word = None
    alternate_phone: str | None = None
    fax: str | None = None
    comments: str | None = None
    address_type: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    is_default_shipping_address: Flag = None
    is_default_billing_address: Flag = None


class CustomerAssociation(Renamed, frozen=True, kw_only=True):
    """Spark Pay: /customer_association. One customer as another's, such as an employee of a company."""

    id_name: ClassVar[str] = "customer_association_id"

    customer_association_id: int | None = None
    association_type_id: int | None = None
    parent_customer_id: int | None = None
    child_customer_id: int | None = None


class CustomerType(Plain, frozen=True, kw_only=True):
    """Spark Pay: /customer_types."""

    name: str | None = None
    customer_level: int | None = None
    description: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    customer_type_payment_methods_availability: list[CustomerTypePaymentMethod] | None = None


class CustomerTypePaymentMethod(Plain, frozen=True, kw_only=True):
    """Spark Pay: /customer_types, nested customer_type_payment_methods_availability."""

    payment_method_id: int | None = None
    status: str | None = None
    customer_type_id: int | None = None


class CustomerPaymentMethod(Plain, frozen=True, kw_only=True):
    """Spark Pay: /customer_payment_methods."""

    payment_method_id: int | None = None
    customer_id: int | None = None
    payment_type: str | None = None
    is_default: Flag = None
    card_id: int | None = None
    address_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    fields: list[CustomerPaymentMethodField] | None = None


class CustomerPaymentMethodField(Plain, frozen=True, kw_only=True):
    """Spark Pay: /customer_payment_methods, nested fields."""

    customer_payment_method_id: int | None = None
    type: str | None = None
    name: str | None = None
    value: str | None = None
    is_encrypted: Flag = None
    is_value_masked: Flag = None
    sort_order: int | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Profile(Plain, frozen=True, kw_only=True):
    """Spark Pay: /profiles."""

    email: str | None = None
    username: str | None = None
    type: str | None = None
    real_name: str | None = None
    display_name: str | None = None
    about: str | None = None
    image_url: str | None = None
    company: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    contacts: list[ProfileContact] | None = None


class ProfileContact(Plain, frozen=True, kw_only=True):
    """Spark Pay: /profiles, nested contacts. The vendor's pages do not say what it holds but the id."""


class User(Plain, frozen=True, kw_only=True):
    """Spark Pay: /users. Someone who works in the shop's admin console."""

    username: str | None = None
    email: str | None = None
    phone: Word = None
    last_login_attempt_at: str | None = None
    last_login_at: str | None = None
    user_role_id: int | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone_extension: str | None = None
    alternate_phone: str | None = None
    fax: str | None = None
    profile_id: int | None = None
    is_salesperson: Flag = None
    created_at: str | None = None
    updated_at: str | None = None
