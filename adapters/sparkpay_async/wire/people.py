"""Spark Pay: /customers and /addresses."""

from __future__ import annotations

from sparkpay_async.wire.base import Flag, Plain


class Customer(Plain, frozen=True, kw_only=True):
    """Spark Pay: /customers."""

    customer_number: str | int | None = None
    customer_type_id: int | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    phone_number: str | int | None = None
    no_account: Flag = None
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
    postal_code: str | int | None = None
    country: str | None = None
    phone: str | int | None = None
    is_default_shipping_address: Flag = None
    is_default_billing_address: Flag = None
