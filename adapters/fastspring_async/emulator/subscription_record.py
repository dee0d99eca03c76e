"""Writes a subscription down as FastSpring gives it (FastSpring: /subscriptions, Get a subscription)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from fastspring_async.emulator.forms import money, times
from fastspring_async.emulator.words import Country

DAY = 86_400_000


class Facts(NamedTuple):
    """What is written down of a subscription. Times in ms since 1970, amounts in units of the country's currency.

    Attributes:
        state: "active", "trial", "overdue", "canceled" or "deactivated".
        sequence: the number of its last charge.
    """

    id: str
    account: str
    product: str
    display: str
    sku: str | None
    quantity: int
    live: bool
    state: str
    adhoc: bool
    interval: str
    every: int
    begin: int
    changed: int
    next: int | None
    ended: int | None
    sequence: int
    price: int
    country: Country
    order: str
    reference: str | None


def step(ms: int, interval: str, every: int, times_over: int = 1) -> int:
    """The time so many billing periods later."""
    moment, count = datetime.fromtimestamp(ms / 1000, UTC), every * times_over
    if interval in ("day", "week"):
        return ms + count * DAY * (7 if interval == "week" else 1)
    months = count * (12 if interval == "year" else 1)
    year, month = divmod(moment.month - 1 + months, 12)
    first = moment.replace(year=moment.year + year, month=month + 1, day=1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    day = first.replace(day=min(moment.day, last.day))
    # Whole seconds apart: rounding to milliseconds must not pass through a float.
    return ms + (day - moment) // timedelta(milliseconds=1)


def write(facts: Facts, *, pointed: bool, nbsp: bool) -> dict[str, Any]:
    """The subscription as an object, without `action` and `result`."""
    language, total = facts.country.language, facts.price * facts.quantity
    canceled = facts.state in ("canceled", "deactivated")

    def amount(name: str, units: int) -> dict[str, Any]:
        return money(name, units, facts.country, pointed=pointed, nbsp=nbsp)

    next_charge = None if canceled else facts.next
    notice = {"intervalUnit": "week", "intervalLength": 1}
    return {
        "id": facts.id,
        "subscription": facts.id,
        "active": facts.state != "deactivated",
        "state": facts.state,
        **times("changed", facts.changed, language),
        "live": facts.live,
        "currency": facts.country.currency,
        "account": facts.account,
        "product": facts.product,
        "sku": facts.sku,
        "display": facts.display,
        "quantity": facts.quantity,
        "adhoc": facts.adhoc,
        "autoRenew": not facts.adhoc,
        **amount("price", facts.price),
        **amount("discount", 0),
        **amount("subtotal", total),
        **times("next", facts.next, language),
        **times("end", facts.ended, language),
        **times("canceledDate", facts.changed if canceled else None, language),
        **times("deactivationDate", facts.ended, language),
        "sequence": facts.sequence,
        "periods": None,
        "remainingPeriods": None,
        **times("begin", facts.begin, language),
        "intervalUnit": "adhoc" if facts.adhoc else facts.interval,
        "intervalLength": None if facts.adhoc else facts.every,
        "intervalLengthGtOne": facts.every > 1,
        "nextChargeCurrency": facts.country.currency,
        **times("nextChargeDate", next_charge, language),
        **amount("nextChargePreTax", total),
        **amount("nextChargeTotal", total),
        "nextNotificationType": "PAYMENT_REMINDER",
        **times("nextNotificationDate", None if next_charge is None else next_charge - 7 * DAY, language),
        "paymentReminder": notice,
        "paymentOverdue": {**notice, "total": 4, "sent": 1 if facts.state == "overdue" else 0},
        "cancellationSetting": {"cancellation": "AFTER_LAST_NOTIFICATION", **notice},
        "addons": [],
        "fulfillments": {},
        "instructions": [_instruction(facts, amount)],
        "initialOrderId": facts.order,
        "initialOrderReference": facts.reference,
    }


def _instruction(facts: Facts, amount: Any) -> dict[str, Any]:
    language, total = facts.country.language, facts.price * facts.quantity
    trial = facts.state == "trial"
    return {
        "product": facts.product,
        "type": "trial" if trial else "regular",
        **times("periodStartDate", facts.begin if trial else None, language),
        **times("periodEndDate", facts.next if trial else None, language),
        "intervalUnit": facts.interval,
        "intervalLength": facts.every,
        "discountPercent": 100 if trial else 0,
        "discountPercentValue": 100 if trial else 0,
        "discountPercentDisplay": "100%" if trial else "0%",
        **amount("discountTotal", 0),
        **amount("unitDiscount", 0),
        **amount("price", facts.price),
        **amount("priceTotal", total),
        **amount("unitPrice", facts.price),
        **amount("total", total),
    }
