"""What differs between a record's rows as they were and as they are: field, old, new. Bounded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, cast

import msgspec

from commerce_async.sinks.rows import Row
from commerce_async.sinks.types import amount_text

MOST: Final = 12
"""Fields that are kept of one change."""
LONGEST: Final = 120
"""Characters that are kept of a value."""

# Ours, or of no interest by themselves.
_PASSED_OVER: Final = frozenset({
    "store", "id", "vendor", "raw", "raw_form", "hash", "first_seen_at", "changed_at", "gone_at", "changes",
    "created_at", "updated_at",
})  # fmt: skip
# Whose data is a customer's: that they differ is kept, and nothing of what they are.
_PERSONAL: Final = frozenset({
    "customer_id", "email", "first_name", "last_name", "company", "phone", "country", "billing_address",
    "shipping_address", "payments", "shipments", "returns", "tags",
})  # fmt: skip
_JSON: Final = frozenset({"texts", "subscription", "variants", "images", "attributes", "categories", "coupons"})
_PRICE: Final = ("country", "customer_group", "variant_id", "starts_at", "ends_at")
_LINE: Final = ("name", "quantity", "unit_price", "subtotal", "discount", "tax", "coupon")


class Difference(msgspec.Struct, frozen=True):
    """One field that is not as it was.

    Attributes:
        old, new: as people read them; None for nothing. Both None: it differs, and is not told.
    """

    field: str
    old: str | None
    new: str | None


class Differences(msgspec.Struct, frozen=True):
    """What differs of one record.

    Attributes:
        fields: the first `MOST` of them.
        more: how many there are beyond them.
    """

    fields: tuple[Difference, ...] = ()
    more: int = 0


_write: Final = msgspec.json.Encoder()
_read: Final = msgspec.json.Decoder(Differences)


def packed(found: Differences) -> str:
    """As the database keeps it."""
    return _write.encode(found).decode()


def unpacked(text: str | None) -> Differences | None:
    """What `packed` made; None for nothing, or for what another version wrote."""
    try:
        return _read.decode(text) if text else None
    except msgspec.MsgspecError:
        return None


def bounded(fields: Iterable[tuple[str, Any, Any]]) -> Differences:
    """The first fields, with values cut to what a person needs to see."""
    kept: list[Difference] = []
    more = 0
    for field, old, new in fields:
        if len(kept) == MOST:
            more += 1
            continue
        kept.append(Difference(_short(field), *_both(_shown(old), _shown(new))))
    return Differences(tuple(kept), more)


def difference(old: Row, new: Row, old_parts: Sequence[Row], new_parts: Sequence[Row]) -> Differences:
    """What differs between two rows of one record, and between their parts (prices of a product, lines of an order)."""
    before, after = _flat(old, old_parts), _flat(new, new_parts)
    names = [*after, *(name for name in before if name not in after)]
    return bounded(
        (name, None, None) if name in _PERSONAL else (name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )


def _flat(row: Row, parts: Iterable[Row]) -> dict[str, Any]:
    """Every field by its path: `name`, `price.EUR`, `texts.de.summary`."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name in _JSON and isinstance(value, str):
            found.update(_leaves(msgspec.json.decode(value), name))
        elif name not in _PASSED_OVER and value is not None:
            found[name] = value
    for part in parts:
        found.update(_price(part) if "currency" in part else _line(part))
    return found


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    """Members by their path. Those of a list go by what names them, so that a new one in front moves none."""
    if isinstance(value, dict):
        for key, each in cast("dict[str, Any]", value).items():
            yield from _leaves(each, f"{at}.{key}")
    elif isinstance(value, list):
        for number, each in enumerate(cast("list[Any]", value)):
            yield from _leaves(each, f"{at}[{_name(each, number)}]")
    elif value is not None:
        yield at, value


def _name(value: Any, number: int) -> Any:
    members = cast("Row", value) if isinstance(value, dict) else Row()
    return members.get("sku") or members.get("id") or members.get("url") or number


def _price(part: Row) -> Iterator[tuple[str, Any]]:
    words = [part["kind"]] if part["kind"] != "regular" else []
    words += [f"from {part['minimum_quantity']}"] if part["minimum_quantity"] != 1 else []
    words += [f"{name} {_shown(part[name])}" for name in _PRICE if part[name] is not None]
    yield f"price.{part['currency']}" + (f" ({', '.join(words)})" if words else ""), part["amount"]


def _line(part: Row) -> Iterator[tuple[str, Any]]:
    at = f"lines[{part['sku'] or part['line_id']}]"
    yield from ((f"{at}.{name}", part[name]) for name in _LINE if part[name] is not None)


# -- for people -------------------------------------------------------------------------------------------------------


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return amount_text(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return msgspec.json.encode(value).decode()


def _both(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """Two texts, cut; what long ones have in common at their beginning is left out."""
    begin = 0
    if old and new and max(len(old), len(new)) > LONGEST:
        same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        begin = max(0, same - LONGEST // 4)
    return _short(old, begin), _short(new, begin)


def _short(text: Any, begin: int = 0) -> Any:
    if text is None:
        return None
    head = "…" if begin else ""
    rest = text[begin:]
    return head + (rest if len(rest) <= LONGEST else f"{rest[: LONGEST - 1]}…")


__all__ = ["LONGEST", "MOST", "Difference", "Differences", "bounded", "difference", "packed", "unpacked"]
