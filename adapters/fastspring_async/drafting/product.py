"""FastSpring: /products, Create one or more new products, and Update. The fields that can be written, and no others.

A field that is UNSET is not sent: on update the product keeps what it has there. None is sent as null on update, which
asks for an empty field (the vendor's pages do not promise that every field can be emptied); on create it is left out.
Fields that FastSpring only gives (`visibility`, `quotable`, `parent`, `intervalCount`, `taxcodeDescription` …) do not
exist here: sent back, they make it refuse the product.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

Words: TypeAlias = Mapping[str, str]
"""Text per language code, such as `{"en": "Pro"}`."""

Money: TypeAlias = Mapping[str, Decimal]
"""Exact amounts per ISO 4217 code, such as `{"USD": Decimal("14.95")}`."""

if TYPE_CHECKING:
    Moment: TypeAlias = datetime | str | int
else:
    # msgspec reads only one kind of text from JSON: the vendor's own.
    Moment = str | int

Interval: TypeAlias = Literal["adhoc", "day", "week", "month", "year"]
Format: TypeAlias = Literal["digital", "physical", "digital-and-physical"]
QuantityBehavior: TypeAlias = Literal["allow", "lock", "hide"]
Applicability: TypeAlias = Literal["ALWAYS", "BASE", "CONFIGURATION", "REBILL_ONLY", "NON_REBILL_ONLY"]
Behavior: TypeAlias = Literal["CURRENT", "PREFER_EXPLICIT", "REQUIRE_EXPLICIT"]


class Draft(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of what is sent. Frozen: change it with `msgspec.structs.replace`."""


class DescriptionDraft(Draft, frozen=True, kw_only=True):
    """Longer texts per language; `summary` and `full` may be Markdown.

    Attributes:
        action: what the buy button says.
    """

    summary: Words | UnsetType | None = UNSET
    action: Words | UnsetType | None = UNSET
    full: Words | UnsetType | None = UNSET


class FulfillmentDraft(Draft, frozen=True, kw_only=True):
    """What a buyer reads after the order, per language; may be Markdown."""

    instructions: Words | UnsetType | None = UNSET


class FileDraft(Draft, frozen=True, kw_only=True):
    """A file that a buyer gets: a new one by `url`, or one that the product has by `fulfillment`.

    Attributes:
        display: the file's name; of a new one with the same extension as the URL.
        url: where FastSpring fetches a new file.
        fulfillment: the id of a file that the product has already.
        applicability: in which orders it is delivered.
        behavior: which version of it.
        status: `ACTIVATE`, or `DISABLED` to switch an existing file off.
    """

    type: Literal["file"] = "file"
    display: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    fulfillment: str | UnsetType = UNSET
    applicability: Applicability | UnsetType = UNSET
    behavior: Behavior | UnsetType = UNSET
    status: Literal["ACTIVATE", "DISABLED"] | UnsetType = UNSET


class SetupFeeDraft(Draft, frozen=True, kw_only=True):
    """What is charged once, with the first payment of a subscription."""

    price: Money
    title: Words | UnsetType | None = UNSET


class DateLimitsDraft(Draft, frozen=True, kw_only=True):
    """When the discount is available.

    Attributes:
        start, end: an aware time, or as the vendor writes it: "YYYY-MM-DD HH:MM" (GMT), or milliseconds since 1970.
    """

    start: Moment | UnsetType | None = UNSET
    end: Moment | UnsetType | None = UNSET


class NoticeDraft(Draft, frozen=True, kw_only=True):
    """How long before or after a charge something happens. `amount` is for overdue notices: how many are sent."""

    interval: Literal["day", "week", "month", "year"]
    interval_length: int
    enabled: bool | UnsetType = UNSET
    amount: int | UnsetType = UNSET


class PricingDraft(Draft, frozen=True, kw_only=True):
    """Prices, discounts, and for a subscription the terms.

    Attributes:
        price: per currency; each must be enabled in the store's settings.
        interval, interval_length: the period of a subscription; the length is not needed for `adhoc`.
        trial: days before the first charge; needs the interval and its length.
        renew: how a subscription renews; needs the interval and its length.
        quantity_discounts: from a quantity on, percent off or an amount off per currency; one kind for all.
        discount_reason, discount_duration: need `quantity_discounts`; the duration, in periods, the interval too.
        date_limits_enabled: True if the discount is limited to `date_limits`.
        payment_collected: whether a trial asks for a payment method.
        paid_trial, trial_price: whether the trial costs, and what; the price is needed if it does.
    """

    price: Money | UnsetType = UNSET
    interval: Interval | UnsetType | None = UNSET
    interval_length: int | UnsetType | None = UNSET
    trial: int | UnsetType | None = UNSET
    renew: Literal["auto", "manual"] | UnsetType | None = UNSET
    quantity_behavior: QuantityBehavior | UnsetType = UNSET
    quantity_default: int | UnsetType = UNSET
    setup_fee: SetupFeeDraft | UnsetType | None = UNSET
    quantity_discounts: Mapping[int, Decimal | Money] | UnsetType | None = UNSET
    discount_reason: Words | UnsetType | None = UNSET
    discount_duration: int | UnsetType | None = UNSET
    date_limits_enabled: bool | UnsetType = UNSET
    date_limits: DateLimitsDraft | UnsetType | None = UNSET
    payment_collected: bool | UnsetType = UNSET
    paid_trial: bool | UnsetType = UNSET
    trial_price: Money | UnsetType | None = UNSET
    reminder_notification: NoticeDraft | UnsetType | None = UNSET
    overdue_notification: NoticeDraft | UnsetType | None = UNSET
    cancellation: NoticeDraft | UnsetType | None = UNSET


class ProductDraft(Draft, frozen=True, kw_only=True):
    """A product to create or to update.

    Attributes:
        product: its path, which is its id.
        display: its name per language; English at least.
        fulfillment: instructions after the order; `fulfillments`: files.
        image: URL of the icon.
        attributes: the merchant's own keys and values, about 4,000 characters in all.
        badge, rank: how it stands out and where it stands in a list.
    """

    product: str
    display: Words | UnsetType = UNSET
    description: DescriptionDraft | UnsetType | None = UNSET
    fulfillment: FulfillmentDraft | UnsetType | None = UNSET
    fulfillments: tuple[FileDraft, ...] | UnsetType = UNSET
    image: str | UnsetType | None = UNSET
    format: Format | UnsetType = UNSET
    sku: str | UnsetType | None = UNSET
    taxcode: str | UnsetType | None = UNSET
    attributes: Mapping[str, str] | UnsetType | None = UNSET
    pricing: PricingDraft | UnsetType = UNSET
    badge: Words | UnsetType | None = UNSET
    rank: int | UnsetType | None = UNSET

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice leaves the same product as once. A new file would be added twice."""
        files = () if isinstance(self.fulfillments, UnsetType) else self.fulfillments
        return all(isinstance(file.fulfillment, str) for file in files)

    @property
    def blank(self) -> bool:
        """Whether it says nothing but the path, so that an update with it would change nothing."""
        return all(getattr(self, name) is UNSET for name in self.__struct_fields__[1:])
