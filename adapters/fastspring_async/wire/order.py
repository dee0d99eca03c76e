"""FastSpring: /orders, Get orders. The fields that the common schema uses, in one of their several spellings."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from commerce_async.schema.lenient import Amount, Reader, Wire
from fastspring_async.wire.base import Item, Pairs, Part, Reference, Words, keep


class Contact(Part, frozen=True, kw_only=True, gc=False):
    """A person. Phone numbers come as text and as numbers."""

    first: str | None = None
    last: str | None = None
    email: str | None = None
    company: str | None = None
    phone: str | int | None = None


class Address(Part, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A postal address, in the spelling of /orders and in the one with spaces that expanded accounts have."""

    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    region: str | None = None
    region_code: str | None = None
    region_custom: str | None = None
    postal_code: str | int | None = None
    country: str | None = None
    company: str | None = None
    spaced_line1: str | None = msgspec.field(name="address line 1", default=None)
    spaced_line2: str | None = msgspec.field(name="address line 2", default=None)
    spaced_postal_code: str | int | None = msgspec.field(name="postal code", default=None)
    spaced_region_custom: str | None = msgspec.field(name="region custom", default=None)


class Account(Part, frozen=True, kw_only=True, gc=False):
    """A customer account, where it is expanded."""

    id: str | None = None
    account: str | None = None
    contact: Contact | None = None


class Recipient(Contact, frozen=True, kw_only=True, gc=False):
    """Who gets the goods."""

    address: Address | None = None


class RecipientEntry(Part, frozen=True, kw_only=True, gc=False):
    """The wrapper that `recipients` has around each of them."""

    recipient: Recipient | None = None


class Driver(Part, frozen=True, kw_only=True, gc=False):
    """What an order item belongs to: how (`type`) and to which product (`path`)."""

    type: str | None = None
    path: str | None = None


class OrderItem(Wire, frozen=True, kw_only=True, gc=False):
    """One line. `subtotal` is after `discount`, before tax."""

    product: str | Reference | None = None
    quantity: int = 1
    display: Words = None
    sku: str | int | None = None
    subtotal: Amount = None
    discount: Amount = None
    coupon: str | None = None
    subscription: str | Reference | None = None
    attributes: Pairs = None
    driver: Driver | None = None


class Payment(Part, frozen=True, kw_only=True, gc=False):
    """How it was paid; all None for an order that was not. The card's brand has two spellings."""

    type: str | None = None
    brand: str | None = msgspec.field(name="creditCard", default=None)
    brand_lower: str | None = msgspec.field(name="creditcard", default=None)
    card_ending: str | int | None = msgspec.field(name="cardEnding", default=None)


class OrderReturn(Wire, frozen=True, kw_only=True, gc=False):
    """A refund. `amount` is in the order's currency."""

    id: str | None = msgspec.field(name="return", default=None)
    amount: Amount = None
    reason: str | None = None


class Order(Item, frozen=True, kw_only=True, gc=False):
    """An order. `order` is its id (`id` is the same, in older replies); `changed` is in milliseconds since 1970."""

    order: str = ""
    id: str = ""
    reference: str | None = None
    completed: bool | None = None
    live: bool | None = None
    changed: int | str | None = None
    currency: str | None = None
    account: str | Account | None = None
    total: Amount = None
    tax: Amount = None
    subtotal: Amount = None
    discount: Amount = None
    payment: Payment | None = None
    customer: Contact | None = None
    address: Address | None = None
    recipients: list[RecipientEntry] | None = None
    items: Sequence[OrderItem] | None = None
    returns: Sequence[str | OrderReturn] | None = None
    coupons: list[str | Reference] | None = None
    tags: Pairs = None

    @property
    def key(self) -> str:
        """The id, whichever spelling came."""
        return self.order or self.id


_READER = Reader(Order)


def read_order(raw: bytes) -> Order:
    """One order.

    Raises:
        Refusal: the vendor's error in its place.
        ValueError: it cannot be read; the message names the field.
    """
    record = _READER.read(raw)
    record.refused(record.key, raw)
    if not record.key:
        raise ValueError("order: missing")
    return keep(record, raw)
