"""The several spellings in which FastSpring writes a time or an amount beside each other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastspring_async.emulator.amounts import CURRENCIES, DOLLARS, amount, display, to_usd
from fastspring_async.emulator.receipts import shown_day
from fastspring_async.emulator.words import Country


def times(name: str, ms: int | None, language: str = "en") -> dict[str, Any]:
    """A time (ms since 1970) in its five members; all null without one."""
    spelt = (name, f"{name}Value", f"{name}InSeconds", f"{name}Display", f"{name}DisplayISO8601")
    if ms is None:
        return dict.fromkeys(spelt)
    iso = datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()
    return dict(zip(spelt, (ms, ms, ms // 1000, shown_day(ms, language), iso), strict=True))


def money(name: str, units: int, country: Country, *, pointed: bool = False, nbsp: bool = False) -> dict[str, Any]:
    """An amount in units of the country's currency, in its four members."""
    currency = CURRENCIES[country.currency]
    cents = to_usd(units, currency)
    return {
        name: amount(units, currency.digits, pointed),
        f"{name}Display": display(units, currency.digits, country.written, nbsp),
        f"{name}InPayoutCurrency": amount(cents, 2, pointed),
        f"{name}InPayoutCurrencyDisplay": display(cents, 2, DOLLARS, False),
    }


def iso_time(ms: int) -> str:
    """A time as the newer families write it: `2024-09-17T15:15:35.366`, without a zone."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
