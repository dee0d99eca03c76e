"""Writes amounts of orders as JSON."""

from __future__ import annotations

from fastspring_async.emulator.amounts import CURRENCIES, DOLLARS, Written, display, number, to_usd
from fastspring_async.emulator.words import Country

_KEPT = 256  # prices repeat


class Pen:
    """Writes an amount in the four ways in which every amount of an order appears.

    Args:
        country: whose currency, and whose way of writing it.
        pointed: whole amounts as `9.0`, not `9`.
        nbsp: no-break spaces in display texts.
    """

    def __init__(self, country: Country, *, pointed: bool, nbsp: bool) -> None:
        self.currency = CURRENCIES[country.currency]
        self._written = country.written
        self._pointed = pointed
        self._nbsp = nbsp
        self._dollars = country.written is DOLLARS
        self._zero: dict[str, str] = {}
        self._known: dict[tuple[int, Written], tuple[str, str]] = {}

    def write(self, name: str, units: int, payout: int | None = None) -> str:
        """JSON members: the amount, its display, and both in the payout currency.

        Args:
            payout: US cents; None converts.
        """
        if units:
            return self._write(name, units, to_usd(units, self.currency) if payout is None else payout)
        text = self._zero.get(name)
        if text is None:
            text = self._zero[name] = self._write(name, 0, 0)
        return text

    def _write(self, name: str, units: int, cents: int) -> str:
        plain, shown = self._texts(units, self.currency.digits, self._written, self._nbsp)
        if self._dollars:
            payout, payout_shown = plain, shown
        else:
            payout, payout_shown = self._texts(cents, 2, DOLLARS, False)
        return (
            f'"{name}":{plain},"{name}Display":"{shown}",'
            f'"{name}InPayoutCurrency":{payout},"{name}InPayoutCurrencyDisplay":"{payout_shown}"'
        )

    def _texts(self, units: int, digits: int, written: Written, nbsp: bool) -> tuple[str, str]:
        known = self._known.get((units, written))
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            known = number(units, digits, self._pointed), display(units, digits, written, nbsp)
            self._known[units, written] = known
        return known
