"""FastSpring: /products, Get one or multiple products. All that the page documents (a sync reads less)."""

from __future__ import annotations

from typing import Any, Final

from fastspring_async.wire.base import Part, Words, reading_own
from fastspring_async.wire.other import Offer
from fastspring_async.wire.product import Description, Pricing, Product, SetupFee


class DescriptionRecord(Description, frozen=True, kw_only=True, gc=False):
    """Longer texts, each per language.

    Attributes:
        action: what the buy button says.
        summary, full: may be Markdown.
    """

    action: Words = None


class SetupFeeRecord(SetupFee, frozen=True, kw_only=True, gc=False):
    """What is charged once beside a subscription. `title` is per language."""

    title: Words = None


class Reminder(Part, frozen=True, kw_only=True, gc=False, rename="camel"):
    """How long before or after a charge something happens: `interval_length` times `interval`.

    Attributes:
        amount: of overdue notices: how many are sent.
    """

    enabled: bool | None = None
    interval: str | None = None
    interval_length: int | None = None
    amount: int | None = None


class DateLimits(Part, frozen=True, kw_only=True, gc=False):
    """From when to when a discount is to be had: "YYYY-MM-DD HH:MM" in GMT, or milliseconds since 1970."""

    start: str | int | None = None
    end: str | int | None = None


class PricingRecord(Pricing, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Prices, and for a subscription the terms.

    Attributes:
        price: by currency.
        trial: days before the first charge.
        quantity_behavior: `allow`, `lock` or `hide`.
        quantity_discounts: from a quantity on (as text), percent off or amounts off by currency, as the vendor writes
            it; fractions are exact Decimals.
        discount_duration: in billing periods, or "all".
        date_limits_enabled: whether the discount is limited to `date_limits`.
    """

    setup_fee: SetupFeeRecord | None = None
    quantity_behavior: str | None = None
    quantity_default: int | None = None
    quantity_discounts: Any = None
    discount_reason: Words = None
    discount_duration: int | str | None = None
    date_limits_enabled: bool | None = None
    date_limits: DateLimits | None = None
    reminder_notification: Reminder | None = None
    overdue_notification: Reminder | None = None
    cancellation: Reminder | None = None


class ProductRecord(Product, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A product, whole. `product` is its path, which is its id.

    Attributes:
        parent: path of the main product, for a variation.
        display: its name per language.
        image: URL of the icon.
        format: `digital`, `physical` or `digital-and-physical`.
        taxcode_description: what the `taxcode` stands for.
        attributes: the merchant's own keys and values.
        offers: what is offered beside it.
        fulfillments: files, license generators and instructions, by name, as the vendor writes them.
    """

    description: DescriptionRecord | str | None = None
    taxcode_description: str | None = None
    offers: list[Offer] | None = None
    fulfillments: Any = None
    pricing: PricingRecord | None = None


read_product_record: Final = reading_own(ProductRecord, "product", lambda product: product.product)
