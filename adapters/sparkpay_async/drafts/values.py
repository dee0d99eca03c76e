"""What a draft's fields take, and how each is written as the server wants it.

Each alias is a type for the type checker and, beside it, the rule that checks at run time. `None` empties a field, in
the spelling that the vendor's own records have for it: null, "" or 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, TypeAlias, TypedDict, cast

from commerce_async.schema.money import is_plain, money

# The server keeps amounts with so many decimals (records show 29.1666), and would round what has more.
_MONEY_DECIMALS: Final = 4
# Beyond these a number would be written with an exponent.
_REAL_DECIMALS: Final = 6


class Fault(ValueError):
    """A value that a field cannot have, in a few words."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a field is checked and written.

    Attributes:
        write: the value as sent; `Fault` if it cannot be.
        none: what is sent for `None`.
    """

    write: Callable[[Any], Any]
    none: Any = None


def whole(value: Any) -> int:
    """A whole number that the server can hold.

    Raises:
        Fault: anything else, flags among it.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise Fault(f"expected a whole number, got {_kind_of(value)}")
    if abs(value) >= 2**63:
        raise Fault("is too large")
    return int(value)


def text(value: Any) -> str:
    """A text.

    Raises:
        Fault: anything else, or half a character.
    """
    if not isinstance(value, str):
        raise Fault(f"expected text, got {_kind_of(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Fault("is not valid Unicode text") from None
    return str.__str__(value)  # of an enumeration's member too


def flag(value: Any) -> bool:
    """True or False.

    Raises:
        Fault: anything else.
    """
    if not isinstance(value, bool):
        raise Fault(f"expected True or False, got {_kind_of(value)}")
    return value


def digit(value: Any) -> int:
    """True or False as 1 or 0, for flags that the vendor keeps as numbers. 1 and 0 are taken, too.

    Raises:
        Fault: anything else.
    """
    return int(flag(bool(value) if type(value) is int and value in (0, 1) else value))


def amount(value: Any) -> Decimal:
    """Money: `Decimal`, whole, or digits as text; four decimals at most.

    Raises:
        Fault: anything else, floats among it.
    """
    return _decimal(value, _MONEY_DECIMALS, "four")


def real(value: Any) -> Decimal:
    """A number that is no money: a float is taken for the digits that it shows. Six decimals at most.

    Raises:
        Fault: anything else.
    """
    return _decimal(Decimal(repr(value)) if isinstance(value, float) else value, _REAL_DECIMALS, "six")


def digits(value: Any) -> str:
    """A number that the vendor keeps as text.

    Raises:
        Fault: anything else.
    """
    return f"{real(value):f}"


def moment(value: Any) -> str:
    """An aware time as ISO 8601 in UTC, ending in Z.

    Raises:
        Fault: anything else, times without a zone among it.
    """
    if not isinstance(value, datetime):
        raise Fault(f"expected a datetime, got {_kind_of(value)}")
    if value.utcoffset() is None:
        raise Fault("is a time without a zone; give it one, such as tzinfo=UTC")
    try:
        return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
    except OverflowError:
        raise Fault("is a time out of range") from None


def texts(value: Any) -> list[str]:
    """A list of texts.

    Raises:
        Fault: anything else.
    """
    if not isinstance(value, list | tuple):
        raise Fault(f"expected a list of texts, got {_kind_of(value)}")
    return [text(each) for each in cast("Sequence[object]", value)]


def anything(value: object) -> Any:
    """Whatever JSON has, for fields that are known by name alone. Decimals and times are written as everywhere.

    Raises:
        Fault: floats, times without a zone, and what JSON does not have.
    """
    if value is None or isinstance(value, bool):
        return value
    for kind, write in ((str, text), (int, whole), (Decimal, real), (datetime, moment)):
        if isinstance(value, kind):
            return write(value)
    if isinstance(value, list | tuple):
        return [anything(each) for each in cast("Sequence[object]", value)]
    if isinstance(value, Mapping):
        return {text(name): anything(each) for name, each in cast("Mapping[object, object]", value).items()}
    if isinstance(value, float):
        raise Fault(_float(value))
    raise Fault(f"expected what JSON has, got {_kind_of(value)}")


def _decimal(value: Any, decimals: int, words: str) -> Decimal:
    if isinstance(value, float):
        raise Fault(_float(value))
    try:
        number = money(value)
    except ValueError as error:
        raise Fault(str(error)) from None
    if number is None:
        raise Fault("expected a decimal number, got blank text")
    if number and not is_plain(number):
        raise Fault("expected a decimal number below 10^18")
    rounded = round(number, decimals)
    if rounded != number:
        raise Fault(f"has more than {words} decimals")
    exponent = number.as_tuple().exponent
    # The caller's own digits, unless they are zeros beyond the last that count, or there is an exponent.
    return number if isinstance(exponent, int) and -decimals <= exponent <= 0 else rounded


def _float(value: float) -> str:
    return f"is a float, which is not exact: write Decimal({str(value)!r})"


def _kind_of(value: Any) -> str:
    return "None" if value is None else type(value).__name__


Int: TypeAlias = Annotated[int | None, Rule(whole)]
IntOrZero: TypeAlias = Annotated[int | None, Rule(whole, 0)]
Str: TypeAlias = Annotated[str | None, Rule(text, "")]
Bool: TypeAlias = Annotated[bool | None, Rule(flag)]
Digit: TypeAlias = Annotated[bool | None, Rule(digit)]
Money: TypeAlias = Annotated[Decimal | int | str | None, Rule(amount)]
Real: TypeAlias = Annotated[Decimal | int | float | str | None, Rule(real)]
Digits: TypeAlias = Annotated[Decimal | int | float | str | None, Rule(digits, "")]
Time: TypeAlias = Annotated[datetime | None, Rule(moment)]
TimeOrBlank: TypeAlias = Annotated[datetime | None, Rule(moment, "")]
Texts: TypeAlias = Annotated[Sequence[str] | None, Rule(texts, [])]


class CustomFieldDraft(TypedDict, total=False):
    """One of the merchant's own fields, in a record's draft."""

    name: Str
    value: Str
