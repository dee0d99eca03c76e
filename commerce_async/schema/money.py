"""Amounts of money: exact decimals, read from the JSON text, and currency codes."""

from __future__ import annotations

import re
from decimal import Decimal

# A plain decimal number. Not NaN, Infinity or 1_000, which Decimal() would take; the length is bounded so
# that a hostile exponent or a megabyte of digits is refused before any arithmetic.
_PLAIN = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
# Decimal exponents: beyond these, writing the number out would take a gigabyte of zeros.
_SMALLEST, _LARGEST = -20, 17


def money(value: object) -> Decimal | None:
    """An amount as an exact `Decimal`; None for the ways in which vendors say "none" (null and "").

    Args:
        value: what the JSON text held: int, Decimal (never float: its text is already lost) or str.

    Raises:
        ValueError: anything else, and numbers that are not plain (NaN, Infinity, 1_000, 10^18 and more, below 10^-20).
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, int) and not isinstance(value, bool):
        number = Decimal(value)
    elif isinstance(value, str) and _PLAIN.fullmatch(value.strip()):
        number = Decimal(value.strip())
    else:
        raise ValueError(f"expected a decimal number, got {_shown(value)}")
    if not is_plain(number):
        raise ValueError(f"expected a decimal number below 10^18, got {_shown(value)}")
    return number


def is_plain(number: Decimal) -> bool:
    """Whether it is a number that an amount can be: finite, and not so large or small that it is a trap."""
    return number.is_finite() and _SMALLEST <= number.adjusted() <= _LARGEST


def require_currency(code: object) -> str:
    """An ISO 4217 code in upper case.

    Raises:
        ValueError: not three letters.
    """
    text = code.strip().upper() if isinstance(code, str) else ""
    if not _CURRENCY.fullmatch(text):
        raise ValueError(f"expected a three-letter currency code, got {_shown(code)}")
    return text


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
