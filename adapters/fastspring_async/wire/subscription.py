"""FastSpring: /subscriptions."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from commerce_async.schema.lenient import Amount, Wire
from fastspring_async.wire.base import Item, Pairs, Part, Reference, Words, reading
from fastspring_async.wire.change import SubscriptionChange, Transferred, reading_change
from fastspring_async.wire.order import Order

Moment = int | str | None
"""Milliseconds since 1970, or an ISO 8601 time in previews and newer replies."""


class Addon(Wire, frozen=True, kw_only=True, gc=False):
    """A product billed together with the subscription. `price` is for one, in the subscription's currency."""

    product: str | Reference | None = None
    sku: str | int | None = None
    display: Words = None
    quantity: int | None = None
    price: Amount = None


class Notice(Part, frozen=True, kw_only=True, gc=False, rename="camel"):
    """When the customer is told of a payment, or a subscription ends."""

    interval_unit: str | None = None
    interval_length: int | None = None
    total: int | None = None
    sent: int | None = None
    cancellation: str | None = None


class Subscription(Item, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A subscription. Amounts are in `currency`; those of the next charge in `next_charge_currency`.

    Attributes:
        state: `active`, `trial`, `overdue`, `canceled` (until the period ends), `deactivated`, later also
            `paused`.
        next, begin, end, changed, canceled_date, deactivation_date, next_charge_date: see `Moment`.
        price: for one.
        adhoc: charged when the merchant says so, see `SubscriptionsApi.charge`.
    """

    subscription: str | None = None
    id: str | None = None
    active: bool | None = None
    state: str | None = None
    live: bool | None = None
    currency: str | None = None
    account: str | Reference | None = None
    product: str | Reference | None = None
    sku: str | int | None = None
    display: Words = None
    quantity: int | None = None
    adhoc: bool | None = None
    auto_renew: bool | None = None
    price: Amount = None
    discount: Amount = None
    subtotal: Amount = None
    changed: Moment = None
    begin: Moment = None
    next: Moment = None
    end: Moment = None
    canceled_date: Moment = None
    deactivation_date: Moment = None
    next_charge_date: Moment = None
    next_charge_currency: str | None = None
    next_charge_pre_tax: Amount = None
    next_charge_total: Amount = None
    next_notification_type: str | None = None
    next_notification_date: Moment = None
    sequence: int | None = None
    periods: int | None = None
    remaining_periods: int | None = None
    interval_unit: str | None = None
    interval_length: int | None = None
    payment_reminder: Notice | None = None
    payment_overdue: Notice | None = None
    cancellation_setting: Notice | None = None
    is_pause_scheduled: bool | None = None
    initial_order_id: str | None = None
    initial_order_reference: str | None = None
    coupons: list[str | Reference] | None = None
    addons: list[Addon] | None = None
    instructions: Any = None
    fulfillments: Any = None
    tags: Pairs = None
    custom_reference_id: str | int | None = None
    tax_exemption_data: Any = None

    @property
    def key(self) -> str:
        """The id, whichever spelling came."""
        return self.subscription or self.id or ""


class Entry(Item, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One billing period of a subscription, and its order. Dates are yyyy-mm-dd.

    Attributes:
        order: the order, or its id.
    """

    id: str | None = None
    subscription: str | Reference | None = None
    begin_entry_date: str | int | None = None
    begin_period_date: str | int | None = None
    end_period_date: str | int | None = None
    order: str | Order | None = None


class History(Item, frozen=True, kw_only=True, gc=False):
    """What was changed in a subscription.

    Attributes:
        changes: as the vendor writes them; fractions are exact Decimals.
    """

    currency: str | None = None
    timezone: str | None = None
    changes: list[Any] = msgspec.field(default_factory=list[Any])


class Estimate(Item, frozen=True, kw_only=True, gc=False):
    """What a change would cost. Its shape is not told in full: `members` has everything, fractions exact."""

    subscription: str | Reference | None = None
    currency: str | None = None


class Transfer(Item, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What became of a transfer to another account.

    Attributes:
        transferred: subscriptions that were transferred, or how many, as the vendor writes it.
        failed: those that were not, and why.
        remaining: those it did not come to.
    """

    status: str | int | None = None
    transferred: Any = msgspec.field(name="transferredSubscriptions", default=None)
    failed: list[Transferred] | None = msgspec.field(name="failedSubscriptions", default=None)
    remaining: Any = msgspec.field(name="remainingSubscriptions", default=None)


read_subscription: Final = reading(Subscription, "subscription", "id")
read_subscription_change: Final = reading_change(SubscriptionChange, "subscription", "id")
read_entry: Final = reading(Entry, "id", needs_id=False)
read_history: Final = reading(History, "id", needs_id=False)
read_estimate: Final = reading(Estimate, "subscription", needs_id=False)
read_transfer: Final = reading(Transfer, "id", needs_id=False)

__all__ = [
    "Addon", "Entry", "Estimate", "History", "Moment", "Notice", "Subscription", "Transfer",
    "read_entry", "read_estimate", "read_history", "read_subscription", "read_subscription_change", "read_transfer",
]  # fmt: skip
