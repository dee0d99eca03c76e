"""Dates in queries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta


def day(text: str | None, name: str, errors: dict[str, str]) -> date | None:
    """A date written yyyy-mm-dd, or an entry in `errors`."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        errors[name] = f"Invalid {name} date"
        return None


def back(end: date, days: int) -> date:
    """So many days earlier, or the first day there is."""
    return end - timedelta(days=min(days, end.toordinal() - 1))


def midnight(start: date) -> int:
    """The day's begin in ms since 1970."""
    return round(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp() * 1000)


def shown(text: str) -> str:
    """2016-06-01 as FastSpring echoes it: 6/1/16."""
    year, month, of_month = (int(part) for part in text.split("-"))
    return f"{month}/{of_month}/{year % 100:02d}"
