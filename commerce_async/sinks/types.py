"""Column types that mean the same in every database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import BigInteger, DateTime, Integer, Numeric, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_LENGTH = len("2026-03-01T12:00:00.000000Z")
_NO_FRACTION = ".000000Z"


class Money(TypeDecorator[Decimal]):
    """An exact amount: NUMERIC where the database has one, else plain decimal text. Never a float.

    SQLite's own NUMERIC turns 0.10 into a binary fraction; text keeps it, and `CAST(total AS REAL)` is at hand.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        # Without a precision PostgreSQL keeps every digit; with one it would round, or refuse.
        return dialect.type_descriptor(String(64) if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return amount_text(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time: `timestamptz` where the database has it, else ISO 8601 text that sorts by time."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return instant_text(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        found: datetime | None = datetime.fromisoformat(value) if isinstance(value, str) else value
        # asyncpg keeps the first and the last moment of all as infinities, and gives them back without a zone.
        return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def amount_text(value: Decimal) -> str:
    """Decimal text without an exponent: `1000`, not `1E+3`."""
    text = str(value)  # four times as fast as format(), and nearly always the same
    return format(value, "f") if "E" in text else text


def amount_texts(values: Sequence[Decimal | None]) -> list[str | None]:
    """A column of `amount_text`."""
    if values.count(None) == len(values):
        return [None] * len(values)
    texts: list[str | None] = msgspec.to_builtins(values)  # the whole column by one call
    return [
        amount_text(value) if text is not None and value is not None and "E" in text else text
        for text, value in zip(texts, values, strict=True)
    ]


def instant_text(value: datetime) -> str:
    """`2026-03-01T12:00:00.000000Z`: as long for every time, so that text sorts as times do."""
    # By way of msgspec, which needs a tenth of the time of isoformat() or strftime().
    text: str = msgspec.to_builtins(value if value.tzinfo is UTC else value.astimezone(UTC))
    return text if len(text) == _LENGTH else text[:-1] + _NO_FRACTION


def instant_texts(values: Sequence[datetime | None]) -> list[str | None]:
    """A column of `instant_text`."""
    if values.count(None) == len(values):
        return [None] * len(values)
    texts: list[str | None] = msgspec.to_builtins(values)
    return [
        text
        if text is None or value is None or len(text) == _LENGTH
        else text[:-1] + _NO_FRACTION
        if text[-1] == "Z"  # UTC
        else instant_text(value)
        for text, value in zip(texts, values, strict=True)
    ]


def words(length: int) -> TypeEngine[str]:
    """Short text. PostgreSQL would refuse what is longer, SQLite never asks: so there it is text without a limit."""
    return String(length).with_variant(Text(), "postgresql")


def whole() -> TypeEngine[int]:
    """A whole number of 64 bits, as SQLite's are anyway."""
    return Integer().with_variant(BigInteger(), "postgresql")
