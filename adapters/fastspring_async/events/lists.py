"""A reply of /events taken apart. Pure."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from commerce_async.schema.lenient import untyped
from fastspring_async.wire import Item


class Listed(msgspec.Struct, frozen=True):
    """The events of one reply, each as its own bytes.

    Attributes:
        more: whether the vendor says that the frame holds more than it gave.
    """

    records: tuple[msgspec.Raw, ...]
    more: bool = False


class _Head(msgspec.Struct):
    events: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    type: Any = None
    more: Any = None
    result: Any = None
    error: Any = None


_HEAD = msgspec.json.Decoder(_Head)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def unwrap(body: bytes) -> Listed:
    """Takes a reply, or the body of a webhook, apart: `events` (later replies have the same list as `data` too), a
    bare array or a bare event.

    Raises:
        Refusal: an error in place of everything.
        ValueError: not JSON, or nothing of the kind.
    """
    if body.lstrip()[:1] == b"[":
        return Listed(tuple(_LIST.decode(body)))
    head = _HEAD.decode(body)
    if head.type is not None and head.events is msgspec.UNSET:
        return Listed((msgspec.Raw(body.strip()),))
    records = _records(head.events) or (_records(head.data) if _is_list(head.data) else ())
    if not records:
        Item(result=None if head.result is None else str(head.result), error=head.error).refused("", body)
        if head.events is msgspec.UNSET and not _is_list(head.data):
            raise ValueError("expected 'events', an array or an event")
    return Listed(records, _truth(head.more))


def _is_list(raw: msgspec.Raw | msgspec.UnsetType) -> bool:
    return raw is not msgspec.UNSET and bytes(raw)[:1] == b"["


def _records(raw: msgspec.Raw | msgspec.UnsetType) -> tuple[msgspec.Raw, ...]:
    if raw is msgspec.UNSET:
        return ()
    if _is_list(raw):
        return tuple(_LIST.decode(raw))
    value = cast("object", untyped(raw))
    if value in (None, "", {}):
        return ()
    if isinstance(value, dict):
        return (raw,)  # one object where a list is due
    raise ValueError(f"events: expected a list, got {str(value)[:40]!r}")


def _truth(value: object) -> bool:
    return value.strip().lower() in ("true", "1", "yes") if isinstance(value, str) else bool(value)
