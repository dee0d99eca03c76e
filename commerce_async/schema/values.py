"""Small values that every vendor spells in several ways."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

_MAX_MS = 253_402_300_799_999  # the last millisecond of the year 9999


def text(value: object) -> str | None:
    """Text without surrounding space; None for null and ""."""
    if value is None:
        return None
    words = str(value).strip()
    return words or None


def instant_ms(value: object) -> datetime | None:
    """Milliseconds since 1970 (number, or number in text) as an aware UTC time; None for null, "" and 0.

    Raises:
        ValueError: not such a number, or beyond the year 9999.
    """
    if isinstance(value, str):
        value = value.strip()
    if value in (None, "", 0, "0"):
        return None
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).lstrip("-").isdigit():
        raise ValueError(f"expected milliseconds since 1970, got {str(value)[:40]!r}")
    number = int(value)
    if abs(number) > _MAX_MS:
        raise ValueError(f"expected milliseconds since 1970, got {number}")
    seconds, rest = divmod(number, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


def instant_iso(value: object, *, zone: tzinfo = UTC) -> datetime | None:
    """An ISO 8601 time as aware UTC; None for null and "". One without an offset is read in `zone`.

    Fractions of a second may have any number of digits; those beyond the sixth are dropped.

    Raises:
        ValueError: not ISO 8601.
    """
    words = text(value)
    if words is None:
        return None
    try:
        moment = datetime.fromisoformat(words)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"expected an ISO 8601 time, got {words[:40]!r}") from None
