"""Points in time, in the two ways in which FastSpring writes them."""

from __future__ import annotations

from datetime import datetime

from commerce_async.schema.values import instant_iso, instant_ms


def instant(value: int | str | None) -> datetime | None:
    """A time as an aware UTC one: `instant(order.changed)`, `instant(subscription.next)`. None for none.

    Args:
        value: milliseconds since 1970, as number or text; or ISO 8601, as previews and the newer families have it.

    Raises:
        ValueError: it is neither.
    """
    return instant_iso(value) if isinstance(value, str) and "-" in value[1:] else instant_ms(value)
