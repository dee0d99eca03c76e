"""Collecting faults by field, and what a value of each kind must be."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, Final, TypeGuard, cast

from msgspec import UNSET

from commerce_async.schema.money import is_plain

LONGEST_TEXT: Final = 255
"""FastSpring: Overview, Data types: texts are cut to it. Descriptions and instructions are of another kind."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_URL = re.compile(r"https?://[^\s/?#]+(?:[/?#]\S*)?", re.IGNORECASE)


def given(value: object) -> bool:
    """Whether a field is set to something: neither left out nor emptied."""
    return value is not UNSET and value is not None


def mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether it is one, of whatever keys and values."""
    return isinstance(value, Mapping)


class Faults:
    """The faults of one draft.

    Attributes:
        found: what is wrong, by the field's name as the vendor writes it.
    """

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def add(self, field: str, words: str) -> None:
        """Notes a fault; two of one field stand side by side."""
        self.found[field] = f"{self.found[field]}; {words}" if field in self.found else words

    def text(self, field: str, value: object, *, longest: int | None = LONGEST_TEXT) -> bool:
        """A text that is not blank."""
        if not isinstance(value, str):
            self.add(field, f"expected text, got {type(value).__name__}")
        elif not value.strip():
            self.add(field, "is empty")
        elif longest is not None and _CONTROL.search(value):
            self.add(field, "has a control character in it")
        elif not _encodable(value):
            self.add(field, "is not valid Unicode text")
        elif longest is not None and len(value) > longest:
            self.add(field, f"has {len(value)} characters; FastSpring keeps {longest}")
        else:
            return True
        return False

    def word(self, field: str, value: object, words: Collection[str]) -> None:
        """One of the words that the vendor knows."""
        if value not in words:
            self.add(field, f"expected {', '.join(words)}; got {str(value)[:40]!r}")

    def whole(self, field: str, value: object, *, least: int = 1) -> bool:
        """A whole number, not too small."""
        if not isinstance(value, int) or isinstance(value, bool):
            self.add(field, f"expected a whole number, got {type(value).__name__}")
        elif not least <= value < 2**31:
            self.add(field, f"must be {least} or more, and below 2^31; got {value}")
        else:
            return True
        return False

    def flag(self, field: str, value: object) -> None:
        """True or False."""
        if not isinstance(value, bool):
            self.add(field, f"expected True or False, got {type(value).__name__}")

    def url(self, field: str, value: object) -> bool:
        """An absolute http or https URL."""
        if not self.text(field, value, longest=2000):
            return False
        if _URL.fullmatch(str(value)) is None:
            self.add(field, "expected an http or https URL")
            return False
        return True

    def words(self, field: str, value: object, *, longest: int | None = LONGEST_TEXT, english: bool = False) -> None:
        """Text per language."""
        if not mapping(value):
            self.add(field, f'expected text per language such as {{"en": "…"}}, got {type(value).__name__}')
            return
        for language, text in cast("Mapping[object, object]", value).items():
            if not isinstance(language, str) or _LANGUAGE.fullmatch(language) is None:
                self.add(field, f"{str(language)[:40]!r} is no language code")
                continue
            self.text(f"{field}.{language}", text, longest=longest)
        if english and "en" not in value:
            self.add(f"{field}.en", "is required: FastSpring wants English at least")

    def money(self, field: str, value: object) -> None:
        """Amounts per currency."""
        if not mapping(value):
            self.add(field, f'expected amounts per currency such as {{"USD": …}}, got {type(value).__name__}')
            return
        if not value:
            self.add(field, "names no currency")
        for currency, amount in cast("Mapping[object, object]", value).items():
            if not isinstance(currency, str) or _CURRENCY.fullmatch(currency) is None:
                self.add(field, f"{str(currency)[:40]!r} is no currency code of three capital letters")
                continue
            self.amount(f"{field}.{currency}", amount)

    def amount(self, field: str, value: object, *, most: int | None = None) -> None:
        """An exact amount, not negative, of two decimals at most."""
        if isinstance(value, int) and not isinstance(value, bool):
            value = Decimal(value)
        if not isinstance(value, Decimal):
            self.add(field, f"expected a Decimal, got {type(value).__name__}")
        elif not value.is_finite() or (value and not is_plain(value)):
            self.add(field, "is not a plain decimal number")
        elif value < 0:
            self.add(field, "must not be negative")
        elif most is not None and value > most:
            self.add(field, f"must not be above {most}")
        elif value != round(value, 2):
            self.add(field, "has more than two decimals; FastSpring keeps two")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
