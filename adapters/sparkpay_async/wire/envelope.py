"""The metadata object around every list, and the array in it, whatever that is called.

Spark Pay: "JSON conventions" of the API overview, and Common usage, Response format.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Final

import msgspec

from commerce_async.schema.lenient import untyped

_METADATA: Final = frozenset({"total_count", "next_page", "previous_page"})
_BOM: Final = b"\xef\xbb\xbf"

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """One reply of a list, its records still undecoded.

    Attributes:
        rows: the records' own JSON, in the vendor's order.
        total: records that match in all, if the vendor says.
        next: the vendor's link to the next page, None at the end.
        previous: its link to the page before, None at the beginning.
    """

    rows: list[msgspec.Raw]
    total: int | None = None
    next: str | None = None
    previous: str | None = None


def read_rows(body: bytes, keys: tuple[str, ...]) -> Rows:
    """A list's reply.

    Args:
        body: the whole reply.
        keys: names that the array may have, best first. If none is there, the only member that is a list and
            not metadata is it.

    Raises:
        ValueError: not JSON, or no telling which member is the list.
    """
    data = body.removeprefix(_BOM)
    try:
        found = _as_documented(keys[0]).decode(data)
    except msgspec.ValidationError:
        pass  # another key, or metadata of another type: look closer
    else:
        return Rows(rows=found.rows, total=found.total, next=found.next or None, previous=found.previous or None)
    if data.lstrip()[:1] == b"[":
        return Rows(rows=_ARRAY.decode(data))
    members = _MEMBERS.decode(data)
    total = _total(members.get("total_count"))
    return Rows(
        rows=_array(members, keys, total),
        total=total,
        next=_link(members, "next_page"),
        previous=_link(members, "previous_page"),
    )


def read_one(body: bytes) -> bytes:
    """A single record's JSON, without what may stand around it."""
    return body.removeprefix(_BOM).strip()


@cache
def _as_documented(key: str) -> msgspec.json.Decoder[Any]:
    """Reads the envelope with the array under that name, in one pass over the bytes instead of two."""
    fields = [
        ("rows", list[msgspec.Raw]),
        ("total", Annotated[int, msgspec.Meta(ge=0)]),
        ("next", str | None, None),
        ("previous", str | None, None),
    ]
    names = {"rows": key, "total": "total_count", "next": "next_page", "previous": "previous_page"}
    return msgspec.json.Decoder(msgspec.defstruct("Envelope", fields, rename=names))


def _array(members: dict[str, msgspec.Raw], keys: tuple[str, ...], total: int | None) -> list[msgspec.Raw]:
    for key in keys:
        if key in members:
            return _rows_of(members[key], key)
    lists = [name for name, raw in members.items() if name not in _METADATA and _first(raw) == b"["]
    if len(lists) == 1:
        return _ARRAY.decode(members[lists[0]])
    if not lists and total == 0:
        return []
    names = ", ".join(sorted(members))[:100] or "none"
    raise ValueError(f"expected one list named {keys[0]}, got {len(lists)} lists among the members: {names}")


def _rows_of(raw: msgspec.Raw, key: str) -> list[msgspec.Raw]:
    first = _first(raw)
    if first == b"[":
        return _ARRAY.decode(raw)
    if first == b"{":
        return [raw]
    if bytes(raw) in (b"null", b'""'):
        return []
    raise ValueError(f"{key}: expected a list")


def _first(raw: msgspec.Raw) -> bytes:
    return bytes(memoryview(raw)[:1])


def _total(raw: msgspec.Raw | None) -> int | None:
    value = None if raw is None else untyped(raw)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _link(members: dict[str, msgspec.Raw], name: str) -> str | None:
    raw = members.get(name)
    value = None if raw is None else untyped(raw)
    if value in (None, "", False):
        return None
    if isinstance(value, str):
        return value
    if name == "next_page":
        # Taking nonsense for "the end" would lose the rest of the list without a word.
        raise ValueError(f"{name}: expected a link")
    return None
