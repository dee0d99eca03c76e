"""The rules for pricing. FastSpring: /products, Create, and its error replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast, get_args

from msgspec import UNSET

from fastspring_async.drafting.faults import Faults, given, mapping
from fastspring_async.drafting.moments import moment
from fastspring_async.drafting.product import (
    DateLimitsDraft,
    Interval,
    NoticeDraft,
    PricingDraft,
    QuantityBehavior,
    SetupFeeDraft,
)

ADHOC: Final = "adhoc"

_NOTICES = ("reminder_notification", "overdue_notification", "cancellation")


def check_pricing(faults: Faults, pricing: PricingDraft, *, create: bool) -> None:
    """Notes what is wrong with it."""
    if pricing.price is not UNSET:
        faults.money("pricing.price", pricing.price)
    _check_interval(faults, pricing)
    _check_trial(faults, pricing)
    if pricing.quantity_behavior is not UNSET:
        faults.word("pricing.quantityBehavior", pricing.quantity_behavior, get_args(QuantityBehavior))
    if pricing.quantity_default is not UNSET:
        faults.whole("pricing.quantityDefault", pricing.quantity_default)
    _check_setup_fee(faults, pricing, create=create)
    _check_discounts(faults, pricing)
    _check_dates(faults, pricing, create=create)
    for name in _NOTICES:
        if given(notice := getattr(pricing, name)):
            _check_notice(faults, f"pricing.{_camel(name)}", notice)


def _check_interval(faults: Faults, pricing: PricingDraft) -> None:
    interval, length = pricing.interval, pricing.interval_length
    if given(interval):
        faults.word("pricing.interval", interval, get_args(Interval))
        if interval != ADHOC and not given(length):
            faults.add("pricing.intervalLength", "is required with an interval other than adhoc")
    elif given(length):
        faults.add("pricing.interval", "is required with intervalLength")
    if given(length):
        faults.whole("pricing.intervalLength", length)


def _needs_interval(faults: Faults, field: str, pricing: PricingDraft) -> None:
    """The vendor's "interval and intervalLength must be specified", for what only a subscription has."""
    lacking = [
        name
        for name, value in (("interval", pricing.interval), ("intervalLength", pricing.interval_length))
        if not given(value) and not (name == "intervalLength" and pricing.interval == ADHOC)
    ]
    if lacking:
        faults.add(field, f"needs {' and '.join(lacking)} beside it")


def _check_trial(faults: Faults, pricing: PricingDraft) -> None:
    if given(pricing.trial) and faults.whole("pricing.trial", pricing.trial, least=0):
        _needs_interval(faults, "pricing.trial", pricing)
    if given(pricing.renew):
        faults.word("pricing.renew", pricing.renew, ("auto", "manual"))
        _needs_interval(faults, "pricing.renew", pricing)
    for name in ("payment_collected", "paid_trial"):
        if (value := getattr(pricing, name)) is not UNSET:
            faults.flag(f"pricing.{_camel(name)}", value)
    if given(pricing.trial_price):
        faults.money("pricing.trialPrice", pricing.trial_price)
    elif pricing.paid_trial is True:
        faults.add("pricing.trialPrice", "is required for a paid trial")


def _check_setup_fee(faults: Faults, pricing: PricingDraft, *, create: bool) -> None:
    fee = pricing.setup_fee
    if not given(fee):
        return
    if not isinstance(fee, SetupFeeDraft):
        faults.add("pricing.setupFee", f"expected a SetupFeeDraft, got {type(fee).__name__}")
        return
    faults.money("pricing.setupFee.price", fee.price)
    if given(fee.title):
        faults.words("pricing.setupFee.title", fee.title)
    if create and not given(pricing.interval):
        faults.add("pricing.setupFee", "is for subscriptions: needs interval beside it")


def _check_discounts(faults: Faults, pricing: PricingDraft) -> None:
    discounts = pricing.quantity_discounts
    if given(discounts):
        _check_quantities(faults, discounts)
    if given(pricing.discount_reason):
        faults.words("pricing.discountReason", pricing.discount_reason)
    if given(pricing.discount_duration):
        faults.whole("pricing.discountDuration", pricing.discount_duration)
        _needs_interval(faults, "pricing.discountDuration", pricing)
    for name in ("discount_reason", "discount_duration"):
        if given(getattr(pricing, name)) and not given(discounts):
            faults.add(f"pricing.{_camel(name)}", "needs quantityDiscounts beside it")


def _check_quantities(faults: Faults, discounts: object) -> None:
    field = "pricing.quantityDiscounts"
    if not mapping(discounts):
        faults.add(field, f"expected discounts by quantity, got {type(discounts).__name__}")
        return
    steps = cast("Mapping[object, object]", discounts)
    if not steps:
        faults.add(field, "names no quantity")
    if len({mapping(value) for value in steps.values()}) > 1:
        faults.add(field, "percentages and amounts off cannot be mixed")
    for quantity, value in steps.items():
        faults.whole(field, quantity)
        if mapping(value):
            faults.money(f"{field}.{quantity}", value)
        else:
            faults.amount(f"{field}.{quantity}", value, most=100)


def _check_dates(faults: Faults, pricing: PricingDraft, *, create: bool) -> None:
    enabled, limits = pricing.date_limits_enabled, pricing.date_limits
    if enabled is not UNSET:
        faults.flag("pricing.dateLimitsEnabled", enabled)
    if not given(limits):
        if create and enabled is True:
            faults.add("pricing.dateLimits", "is required with dateLimitsEnabled")
        return
    if not isinstance(limits, DateLimitsDraft):
        faults.add("pricing.dateLimits", f"expected a DateLimitsDraft, got {type(limits).__name__}")
        return
    times = [_time(faults, f"pricing.dateLimits.{name}", getattr(limits, name)) for name in ("start", "end")]
    if not (given(limits.start) or given(limits.end)):
        faults.add("pricing.dateLimits", "has neither start nor end")
    if times[0] and times[1] and times[0] >= times[1]:
        faults.add("pricing.dateLimits.end", "must be after start")


def _time(faults: Faults, field: str, value: object) -> float | None:
    if not given(value):
        return None
    try:
        return moment(value).timestamp()
    except (ValueError, OverflowError) as error:
        faults.add(field, str(error))
        return None


def _check_notice(faults: Faults, field: str, notice: object) -> None:
    if not isinstance(notice, NoticeDraft):
        faults.add(field, f"expected a NoticeDraft, got {type(notice).__name__}")
        return
    units = ("day", "week", "month") if field.endswith("cancellation") else ("day", "week", "month", "year")
    faults.word(f"{field}.interval", notice.interval, units)
    faults.whole(f"{field}.intervalLength", notice.interval_length)
    if notice.enabled is not UNSET:
        faults.flag(f"{field}.enabled", notice.enabled)
    if notice.amount is not UNSET:
        faults.whole(f"{field}.amount", notice.amount)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
