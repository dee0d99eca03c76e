"""Values as the vendor reads them in a query. Each function refuses what would be read as something else."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from commerce_async.errors import UsageError

# At the ends too: next to the conjunction of two comparisons it would be read with it. A plus may be read as a space.
_CONJUNCTION: Final = re.compile(r"(?:^|[\s+])(?:AND|OR)(?=[\s+]|$)", re.IGNORECASE)
_NUMERAL: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_MOST_DIGITS: Final = 40


def text(name: str, value: object) -> str:
    """A text.

    Raises:
        UsageError: not a text, or one that the vendor may read as something else.
    """
    if not isinstance(value, str):
        raise _wrong(name, value, "a text")
    if _CONJUNCTION.search(value):
        raise UsageError(
            f"{name}: {_short(value)} has AND or OR as a word, which Spark Pay reads as a conjunction: ask for a part "
            "without it, with contains(), and compare the rest of what comes"
        )
    if value != value.strip():
        raise UsageError(f"{name}: {_short(value)} begins or ends with a space, which Spark Pay may or may not count")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
        raise UsageError(f"{name}: {_short(value)} has a control character or half a character in it")
    return str.__str__(value)  # of an enumeration's member too


def part_of_text(name: str, value: object) -> str:
    """A text to look for inside another.

    Raises:
        UsageError: as for `text`; or empty, which every record would match.
    """
    if value == "":
        raise UsageError(f"{name}: every text contains and begins with the empty text; leave the condition out")
    return text(name, value)


def whole(name: str, value: object) -> str:
    """A whole number.

    Raises:
        UsageError: anything else, flags among it.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(name, value, "a whole number")
    if abs(value) >= 10**_MOST_DIGITS:
        raise UsageError(f"{name}: the number is out of range")
    return str(int(value))


def exact(name: str, value: object) -> str:
    """A decimal number, without exponent: from Decimal, int or digits as text.

    Raises:
        UsageError: anything else; a float, which is not exactly what was meant; not finite or out of range.
    """
    if isinstance(value, float):
        raise UsageError(f"{name}: {value!r} is a float, which is not exact: write Decimal({str(value)!r})")
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise _wrong(name, value, "a Decimal, a whole number or digits as text")
    if isinstance(value, str) and not _NUMERAL.fullmatch(value):
        raise UsageError(f"{name}: {_short(value)} is not a number such as '5.00'")
    number = Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) >= _MOST_DIGITS:
        raise UsageError(f"{name}: the number is out of range")
    return f"{number:f}"


def measure(name: str, value: object) -> str:
    """A number that is no money: a float is taken for the digits that it shows.

    Raises:
        UsageError: as for `exact`.
    """
    return exact(name, Decimal(repr(value)) if isinstance(value, float) else value)


def flag(name: str, value: object) -> str:
    """True or false.

    Raises:
        UsageError: anything else.
    """
    if not isinstance(value, bool):
        raise _wrong(name, value, "True or False")
    return "true" if value else "false"


def flag_as_number(name: str, value: object) -> str:
    """True or false, of a field that the vendor keeps as 1 and 0.

    Raises:
        UsageError: anything else.
    """
    return "1" if flag(name, value) == "true" else "0"


def time(name: str, value: object) -> str:
    """A time in UTC, ending in Z, so that there is no `+` that may arrive as a space.

    Raises:
        UsageError: not a datetime, or one without time zone.
    """
    if not isinstance(value, datetime):
        raise _wrong(name, value, "a datetime")
    if value.utcoffset() is None:
        raise UsageError(f"{name}: {value!r} has no time zone: give it one, such as datetime(…, tzinfo=UTC)")
    try:
        return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
    except OverflowError:
        raise UsageError(f"{name}: the time is out of range") from None


def _wrong(name: str, value: object, wanted: str) -> UsageError:
    if value is None:
        return UsageError(
            f"{name}: Spark Pay cannot be asked for 'none'; a field without a value may be null, 0 or '', "
            "and 0 and '' can be compared with"
        )
    return UsageError(f"{name} is compared with {wanted}, not with {_short(value)}")


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
