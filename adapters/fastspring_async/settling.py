"""Whether a change shows in a subscription that was read back. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeAlias

from msgspec import UNSET

from fastspring_async.bodies import SubscriptionDraft
from fastspring_async.wire import Subscription, id_of, instant

Shows: TypeAlias = Callable[[Subscription], bool | None]
"""True if it shows, False if not, None if it cannot be seen."""

_ENDED = ("canceled", "deactivated")


def canceled(found: Subscription, *, now: bool) -> bool | None:
    """Whether a cancellation shows: one at once in its state, one for later also in its date."""
    if found.state is None and found.active is None:
        return None
    if now:
        return found.state == "deactivated" or found.active is False
    return found.state in _ENDED or found.canceled_date not in (None, "", 0)


def uncanceled(found: Subscription) -> bool | None:
    """Whether the taking back of a cancellation shows."""
    return None if found.state is None else found.state not in _ENDED


def paused(found: Subscription) -> bool | None:
    """Whether a pause shows: it begins with the next period."""
    return found.state == "paused" or bool(found.is_pause_scheduled)


def resumed(found: Subscription) -> bool | None:
    """Whether the end of a pause shows."""
    return not paused(found) and found.state not in _ENDED


def updated(wanted: SubscriptionDraft, found: Subscription) -> bool | None:
    """Whether an update shows. None if it sets something that cannot be compared with what is read."""
    blind = (wanted.coupons, wanted.pricing, wanted.addons, wanted.tax_exempt_id, wanted.tags)
    if any(value is not UNSET for value in blind):
        return None
    manual = UNSET if wanted.manual_renew is UNSET else not wanted.manual_renew
    pairs: list[tuple[object, object]] = [
        (wanted.product, id_of(found.product, "product")),
        (wanted.quantity, found.quantity),
        (wanted.remaining_periods, found.remaining_periods),
        (manual, found.auto_renew),
        (wanted.next, _day(found.next)),
        (wanted.end, _day(found.end)),
    ]
    set_ones = [(ask, got) for ask, got in pairs if ask is not UNSET]
    return all(ask == got for ask, got in set_ones) if set_ones else None


def _day(value: int | str | None) -> date | None:
    try:
        found = instant(value)
    except ValueError:
        return None
    return found.date() if found else None
