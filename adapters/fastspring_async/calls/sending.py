"""Bodies as JSON, and paths and queries of a caller's own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import cast

from commerce_async.errors import UsageError
from commerce_async.http.sending import METHODS, checked_method, checked_path, encoded


def checked_query(query: Mapping[str, object] | Iterable[tuple[str, object]]) -> tuple[tuple[str, str], ...]:
    """A caller's query as pairs of text: True and False in lower case, dates as yyyy-mm-dd, None left out.

    Raises:
        UsageError: a value that is none of these.
    """
    pairs = cast("Mapping[str, object]", query).items() if isinstance(query, Mapping) else query
    return tuple((str(name), _word(name, value)) for name, value in pairs if value is not None)


def _word(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int | Decimal):
        return str(value)
    raise UsageError(f"query: {str(name)[:40]}: expected text, a number or a date, got {type(value).__name__}")


__all__ = ["METHODS", "checked_method", "checked_path", "checked_query", "encoded"]
