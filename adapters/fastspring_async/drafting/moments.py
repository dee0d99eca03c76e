"""Date limits: three ways to write a time, of which FastSpring takes two."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from commerce_async.schema.values import instant_ms

_MINUTE = "%Y-%m-%d %H:%M"
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d", re.ASCII)


def moment(value: object) -> datetime:
    """A date limit as an aware UTC time, however it is written.

    Raises:
        ValueError: not an aware time, "YYYY-MM-DD HH:MM" or milliseconds since 1970.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("the time has no time zone")
        return value.astimezone(UTC)
    if isinstance(value, str):
        if _WRITTEN.fullmatch(value) is None:
            raise ValueError('expected "YYYY-MM-DD HH:MM" (GMT)')
        return datetime.strptime(value, _MINUTE).replace(tzinfo=UTC)
    found = instant_ms(value)
    if found is None:
        raise ValueError("expected a time")
    return found


def written(value: datetime) -> str | int:
    """A time as FastSpring takes it: to the minute as text, and where that would cut it, in milliseconds."""
    moment_utc = value.astimezone(UTC)
    if moment_utc.second or moment_utc.microsecond:
        seconds = int(moment_utc.replace(microsecond=0).timestamp())
        return seconds * 1000 + moment_utc.microsecond // 1000
    return f"{moment_utc:%Y-%m-%d %H:%M}" if moment_utc.year > 999 else int(moment_utc.timestamp()) * 1000
