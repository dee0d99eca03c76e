"""Money in whole units of its smallest coin, written as exact JSON numbers and as localized text."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple


class Currency(NamedTuple):
    """A currency. `per_usd` is its rate in ten-thousandths, `digits` the decimals of an amount."""

    code: str
    digits: int
    per_usd: int


class Written(NamedTuple):
    """How a country writes amounts: `pattern` around the number, and a comma or a point before the decimals."""

    pattern: str
    comma: bool = False


CURRENCIES = {
    currency.code: currency
    for currency in (
        Currency("USD", 2, 10_000),
        Currency("EUR", 2, 9_178),
        Currency("GBP", 2, 7_843),
        Currency("JPY", 0, 1_512_500),
        Currency("BRL", 2, 54_210),
        Currency("CAD", 2, 13_655),
        Currency("AUD", 2, 15_120),
        Currency("CHF", 2, 8_825),
        Currency("SEK", 2, 105_400),
        Currency("PLN", 2, 39_470),
    )
}
USD = CURRENCIES["USD"]
DOLLARS = Written("${}")


def from_usd(cents: int, currency: Currency) -> int:
    """A dollar amount in a currency's units, half a unit rounded up."""
    return (cents * currency.per_usd * 10**currency.digits + 500_000) // 1_000_000


def to_usd(units: int, currency: Currency) -> int:
    """The way back, in cents."""
    rate = currency.per_usd * 10**currency.digits
    return (units * 1_000_000 + rate // 2) // rate


def share(units: int, basis_points: int) -> int:
    """So many ten-thousandths of an amount, half a unit rounded up."""
    return (units * basis_points + 5_000) // 10_000


def number(units: int, digits: int, pointed: bool) -> str:
    """The exact number as FastSpring writes it: `59.99`, `4.7`, and `10` or (pointed) `10.0`."""
    whole, rest = divmod(units, 10**digits)
    if not rest:
        return f"{whole}.0" if pointed else str(whole)
    return f"{whole}.{rest:0{digits}}".rstrip("0")


def amount(units: int, digits: int, pointed: bool) -> Decimal:
    """The same as a Decimal that is encoded like that."""
    return Decimal(number(units, digits, pointed))


def exact(units: int, digits: int) -> str:
    """The amount as text with all its decimals: `59.90`."""
    whole, rest = divmod(units, 10**digits)
    return f"{whole}.{rest:0{digits}}" if digits else str(whole)


def units_of(value: Any, currency: str) -> int | None:
    """A JSON number in units of the currency, half a unit rounded up; None if it is no number."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    scaled = Decimal(value).scaleb(CURRENCIES[currency].digits)
    return int(scaled.quantize(Decimal(1), ROUND_HALF_UP))


def display(units: int, digits: int, written: Written, nbsp: bool) -> str:
    """The amount for people: `$59.99`, `1.059,99 €`. With `nbsp`, its spaces are no-break spaces."""
    whole, rest = divmod(units, 10**digits)
    text = f"{whole:,}.{rest:0{digits}}" if digits else f"{whole:,}"
    if written.comma:
        text = text.translate(_COMMA)
    text = written.pattern.format(text)
    return text.replace(" ", "\u00a0") if nbsp else text


_COMMA = str.maketrans(",.", ".,")
