"""One event, as `/events` lists it and as webhooks deliver it. Pure: nothing here does I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from commerce_async.schema import Unreadable
from commerce_async.schema.lenient import find_id, one_line, read_each, untyped
from commerce_async.schema.values import instant_iso, instant_ms, text
from fastspring_async.events.data import EventData, read_data, subject_of
from fastspring_async.wire import Item, Refusal

ID_KEYS = ("id", "event")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened in the store. FastSpring: /events, Example Response; Webhooks.

    Attributes:
        id: the event's id, which stays the same when the vendor sends it again by itself.
        type: such as `order.completed`. Types that this library does not know come as well.
        created: when it happened (aware UTC, to the millisecond); None if a webhook does not tell.
        live: False in test mode; None if that is not told.
        processed: whether it was acknowledged; None if that is not told.
        data: what it is about, by type: see `fastspring_async.events.data`. `OtherData` for types without a struct.
        raw: the event's own JSON, byte for byte.
    """

    id: str
    type: str
    created: datetime | None
    live: bool | None
    processed: bool | None
    data: EventData
    raw: bytes

    @property
    def subject(self) -> str | None:
        """The order, subscription or account it is about, such as `order:EGr98Bxd`; None if it names none."""
        return subject_of(self.data)

    def document(self) -> dict[str, Any]:
        """The whole JSON as plain objects, fractions as exact `Decimal`."""
        return untyped(self.raw)


class _Head(msgspec.Struct):
    id: Any = None
    event: Any = None
    type: Any = None
    created: Any = None
    live: Any = None
    processed: Any = None
    result: Any = None
    error: Any = None
    data: msgspec.Raw = msgspec.Raw(b"null")


_HEAD = msgspec.json.Decoder(_Head)


def read_event(raw: bytes) -> Event:
    """One event.

    Raises:
        Refusal: the vendor's error in its place.
        ValueError: it cannot be read; the message names the field.
    """
    try:
        head = _HEAD.decode(raw)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    id = _word(head.id, "id") or _word(head.event, "event")
    type = _word(head.type, "type")
    if type is None:
        result = None if head.result is None else str(head.result)
        Item(result=result, error=head.error).refused(id or "", raw)
        raise ValueError("type: missing")
    if id is None:
        raise ValueError("id: missing")
    if not raw.isascii():
        raw.decode()  # what no field above has read may not be UTF-8, and `document` reads everything
    return Event(
        id=id,
        type=type,
        created=_created(head.created),
        live=_flag(head.live, "live"),
        processed=_flag(head.processed, "processed"),
        data=_data(type, head.data),
        raw=raw,
    )


def read_events(records: Iterable[msgspec.Raw]) -> tuple[Event | Unreadable, ...]:
    """Every event in the order given; one that cannot be read is set aside in its place."""
    found: list[Event | Unreadable] = []
    for record in records:
        good, bad = read_each((record,), read_event, identify)
        found += (*good, *bad)
    return tuple(found)


def identify(raw: bytes) -> str | None:
    """The id of an event that cannot be read, as far as it can be told."""
    return find_id(raw, *ID_KEYS)


def created_ms(raw: bytes) -> int | None:
    """When an event was created, in milliseconds since 1970, as far as it can be told of one that may be broken."""
    try:
        created = _created(_HEAD.decode(raw).created)
    except (ValueError, RecursionError):
        return None
    return None if created is None else to_ms(created)


def to_ms(moment: datetime) -> int:
    """An aware time in whole milliseconds since 1970, exact (a float would not be)."""
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * 1000 + moment.microsecond // 1000


def _created(value: object) -> datetime | None:
    try:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return instant_ms(value)
    except ValueError as error:
        try:
            return instant_iso(value) if isinstance(value, str) else _raise(error)
        except ValueError:
            raise ValueError(f"created: {error}") from None


def _raise(error: ValueError) -> None:
    raise error


def _word(value: object, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{name}: expected text, got {str(value)[:40]!r}")


def _flag(value: object, name: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else "?"
    if word not in ("true", "false", "1", "0", ""):
        raise ValueError(f"{name}: expected true or false, got {str(value)[:40]!r}")
    return word in ("true", "1") if word else None


def _data(type: str, raw: msgspec.Raw) -> EventData:
    try:
        return read_data(type, bytes(raw))
    except (ValueError, ArithmeticError) as error:
        words = one_line(error)
        raise ValueError(f"data.{words}" if not isinstance(error, Refusal) else words) from None
