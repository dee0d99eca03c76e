"""The common order."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from commerce_async.schema.base import Record


class OrderStatus(StrEnum):
    """How far an order has come. `vendor_status` has the vendor's own word.

    Attributes:
        OPEN: placed, and not done.
        COMPLETED: paid, and nothing left to do.
        SHIPPED: all of it was sent.
        PARTIALLY_SHIPPED: some of it was sent.
        CANCELED: called off.
        DECLINED: the payment was refused.
        REFUNDED: all of the money was given back.
        PARTIALLY_REFUNDED: some of it was.
        QUOTE: an offer that nobody has accepted yet.
        UNKNOWN: the vendor does not say, or in a word that is not known.
    """

    OPEN = "open"
    COMPLETED = "completed"
    SHIPPED = "shipped"
    PARTIALLY_SHIPPED = "partially-shipped"
    CANCELED = "canceled"
    DECLINED = "declined"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially-refunded"
    QUOTE = "quote"
    UNKNOWN = "unknown"


class _Part(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A piece of an order. Amounts are in the order's currency."""


class Address(_Part, frozen=True, kw_only=True, gc=False):
    """A postal address, as far as the vendor gave it.

    Attributes:
        first_name, last_name, company: for whom.
        line1, line2: street and number, and what stands below.
        city, postal_code: as the buyer wrote them.
        region: state or province, in words or as a code, as the vendor has it.
        region_code: its code, if the vendor tells both.
        country: ISO 3166 code where the vendor has one, else its name.
        phone: as the buyer wrote it.
    """

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    region_code: str | None = None
    postal_code: str | None = None
    country: str | None = None
    phone: str | None = None


class Customer(_Part, frozen=True, kw_only=True, gc=False):
    """Who bought.

    Attributes:
        id: the vendor's; None for a buyer without an account.
        email, first_name, last_name, company, phone: as the buyer gave them.
    """

    id: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    phone: str | None = None


class OrderLine(_Part, frozen=True, kw_only=True, gc=False):
    """One line of an order.

    Attributes:
        id: unique within the order; the vendor's own id where it has one, else the position.
        product_id: the vendor's product id.
        sku, name: of the product when it was bought.
        quantity: units.
        unit_price: for one of them.
        subtotal: quantity times price after discount, before tax, as the vendor reckons it.
        discount: what was taken off the line.
        tax: on the line.
        parent_line_id: the line this one belongs to (bundle, add-on, set-up fee, option).
        parent_kind: what makes it belong there, in the vendor's word.
        subscription_id: the subscription that the line started or renewed.
        coupon: the code that lowered the price.
        options: the chosen variants, in words ("Color: Blue").
        attributes: the merchant's own keys and values.
    """

    id: str
    product_id: str | None = None
    sku: str | None = None
    name: str | None = None
    quantity: int = 1
    unit_price: Decimal | None = None
    subtotal: Decimal | None = None
    discount: Decimal | None = None
    tax: Decimal | None = None
    parent_line_id: str | None = None
    parent_kind: str | None = None
    subscription_id: str | None = None
    coupon: str | None = None
    options: tuple[str, ...] = ()
    attributes: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class Payment(_Part, frozen=True, kw_only=True, gc=False):
    """One payment, or the attempt of one.

    Attributes:
        id: the vendor's, if it has one.
        method: `creditcard`, `paypal`, … : the vendor's word in lower case.
        amount: None if the vendor does not say.
        status: `approved`, `declined`, `void`, `pending`, or None if the vendor does not say.
        card: its brand, such as `visa`.
        last_four: the last digits of the card's number; the rest is never told.
        paid_at: UTC.
    """

    id: str | None = None
    method: str | None = None
    amount: Decimal | None = None
    status: str | None = None
    card: str | None = None
    last_four: str | None = None
    paid_at: datetime | None = None


class Return(_Part, frozen=True, kw_only=True, gc=False):
    """Goods or money given back.

    Attributes:
        id: the vendor's.
        amount: the money; None if the vendor does not say.
        reason: in the vendor's words.
    """

    id: str
    amount: Decimal | None = None
    reason: str | None = None


class Shipment(_Part, frozen=True, kw_only=True, gc=False):
    """One parcel.

    Attributes:
        id: the vendor's.
        method: how it is sent, such as `Ground`.
        carrier: by whom.
        tracking: the carrier's number of it.
        shipped_at: UTC.
    """

    id: str
    method: str | None = None
    carrier: str | None = None
    tracking: str | None = None
    shipped_at: datetime | None = None


class Order(Record, frozen=True, kw_only=True, gc=False):
    """A purchase.

    Attributes:
        reference: the number that the customer sees; None if the vendor gave none.
        status: how far it has come.
        vendor_status: the vendor's own word for `status`.
        live: False for a test order; None if the vendor does not tell.
        currency: ISO 4217 code of every amount in the order.
        total: what the customer pays in all.
        subtotal, discount, tax, shipping, fees: its parts, as far as the vendor tells them.
        customer: who bought.
        billing_address, shipping_address: None if there is none.
        lines: what was bought.
        payments, shipments, returns: what became of it.
        coupons: the codes that were used.
        tags: the merchant's own keys and values.
        placed_at: when it was made, or the beginning of that day (UTC) where the vendor tells only the day.
        updated_at: when its record last changed.
    """

    reference: str | None = None
    status: OrderStatus = OrderStatus.UNKNOWN
    vendor_status: str | None = None
    live: bool | None = None
    currency: str
    total: Decimal
    subtotal: Decimal | None = None
    discount: Decimal | None = None
    tax: Decimal | None = None
    shipping: Decimal | None = None
    fees: Decimal | None = None
    customer: Customer | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    lines: tuple[OrderLine, ...] = ()
    payments: tuple[Payment, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    returns: tuple[Return, ...] = ()
    coupons: tuple[str, ...] = ()
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    placed_at: datetime | None = None
    updated_at: datetime | None = None
