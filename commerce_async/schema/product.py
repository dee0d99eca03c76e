"""The common product."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from commerce_async.schema.base import Record


class ProductKind(StrEnum):
    """What is sold.

    Attributes:
        DIGITAL: a file, a licence, a service.
        PHYSICAL: goods that are sent.
        DIGITAL_AND_PHYSICAL: both in one.
        BUNDLE: several products sold as one.
        UNKNOWN: the vendor does not say, or in a word that is not known.
    """

    DIGITAL = "digital"
    PHYSICAL = "physical"
    DIGITAL_AND_PHYSICAL = "digital-and-physical"
    BUNDLE = "bundle"
    UNKNOWN = "unknown"


class ProductStatus(StrEnum):
    """Whether it can be bought now.

    Attributes:
        ACTIVE: it can.
        HIDDEN: it is not shown.
        UNAVAILABLE: shown, but not for sale at present.
        DISCONTINUED: not for sale any more.
        UNKNOWN: the vendor does not say, or in a word that is not known.
    """

    ACTIVE = "active"
    HIDDEN = "hidden"
    UNAVAILABLE = "unavailable"
    DISCONTINUED = "discontinued"
    UNKNOWN = "unknown"


class _Part(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A piece of a record, without an identity of its own in the store."""


class Text(_Part, frozen=True, kw_only=True, gc=False):
    """Words in one language. None means that the vendor has none.

    Attributes:
        name: what the product is called.
        summary: a short description.
        description: the long one; either may be HTML, as the vendor has it.
    """

    name: str | None = None
    summary: str | None = None
    description: str | None = None


class Price(_Part, frozen=True, kw_only=True, gc=False):
    """What one unit costs under some condition.

    Attributes:
        currency: ISO 4217 code.
        amount: exact, in the currency's own units (12.50 is twelve and a half).
        kind: `regular`, `sale`, `list` (the crossed-out one), `setup` (once, beside a subscription) or `cost`.
        country: ISO 3166 code if the price holds for one country only.
        minimum_quantity: from how many units it holds.
        group: the vendor's customer group, if it holds for one only.
        variant_id: the variant, if it holds for one only.
        starts, ends: when it holds, if limited.
    """

    currency: str
    amount: Decimal
    kind: str = "regular"
    country: str | None = None
    minimum_quantity: int = 1
    group: str | None = None
    variant_id: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None


class Subscription(_Part, frozen=True, kw_only=True, gc=False):
    """Terms on which a product renews.

    Attributes:
        interval: `day`, `week`, `month`, `year` or `adhoc` (charged on demand), or the vendor's own word.
        interval_length: how many of them are one period.
        interval_count: how many periods in all; None is without end.
        trial_days: days before the first charge.
    """

    interval: str
    interval_length: int | None = None
    interval_count: int | None = None
    trial_days: int | None = None


class Stock(_Part, frozen=True, kw_only=True, gc=False):
    """How much there is.

    Attributes:
        tracked: False means that the vendor sells without counting.
        on_hand: units that can be sold now.
        on_order: units on their way to the store.
        backorder: whether it can be bought while there is none.
    """

    tracked: bool
    on_hand: int | None = None
    on_order: int | None = None
    backorder: bool | None = None


class Variant(_Part, frozen=True, kw_only=True, gc=False):
    """One choice of a product: a sellable combination with its own SKU, or an option value without one.

    Attributes:
        id: the vendor's id, unique within the product.
        kind: `item` (sellable, has stock) or `option` (a value such as "Blue").
        name: such as "Blue".
        sku: its own number, if it has one.
        group: what is chosen, such as "Color".
        price_change: what it adds to the product's price; `price_rule` says how (the vendor's word).
        stock: its own, if it is counted apart.
    """

    id: str
    kind: str
    name: str | None = None
    sku: str | None = None
    group: str | None = None
    price_change: Decimal | None = None
    price_rule: str | None = None
    stock: Stock | None = None


class Image(_Part, frozen=True, kw_only=True, gc=False):
    """A picture.

    Attributes:
        url: an absolute URL, or a path on the store's own host.
        text: what it shows, in words.
        position: its place among the pictures, lowest first.
    """

    url: str
    text: str | None = None
    position: int = 0


class Category(_Part, frozen=True, kw_only=True, gc=False):
    """A shelf that the product stands on.

    Attributes:
        id: the vendor's.
        name: None if the vendor gave only the id.
    """

    id: str
    name: str | None = None


class Product(Record, frozen=True, kw_only=True, gc=False):
    """A thing that a store sells.

    Attributes:
        sku: the merchant's own number; None if there is none.
        name: in the store's first language; `texts` has every language, by code ("" when the vendor has only one).
        kind: what is sold.
        status: whether it can be bought now.
        parent_id: the main product, if this is a variation of one.
        prices: each with `.currency` and `.amount`.
        subscription: the terms on which it renews; None if it does not.
        stock: None if the vendor keeps none.
        variants: the choices that a buyer has.
        images: in the store's order.
        attributes: the merchant's own keys and values.
        tax_code: the vendor's.
        categories: where it stands in the store.
        created_at: UTC; None if the vendor does not tell, as for `updated_at`.
        updated_at: when it last changed, UTC.
    """

    sku: str | None = None
    name: str | None = None
    texts: dict[str, Text] = msgspec.field(default_factory=dict[str, Text])
    kind: ProductKind = ProductKind.UNKNOWN
    status: ProductStatus = ProductStatus.UNKNOWN
    parent_id: str | None = None
    prices: tuple[Price, ...] = ()
    subscription: Subscription | None = None
    stock: Stock | None = None
    variants: tuple[Variant, ...] = ()
    images: tuple[Image, ...] = ()
    attributes: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    tax_code: str | None = None
    categories: tuple[Category, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
