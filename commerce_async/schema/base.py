"""What every common record has, and what becomes of one that cannot be read."""

from __future__ import annotations

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One object of one store. It points nowhere back, so that the garbage collector is spared it and its parts.

    Attributes:
        store: the store's name, as the caller gave it.
        vendor: the adapter's name.
        id: the vendor's own id, as text.
        raw: the vendor's own JSON for this object, byte for byte.
    """

    store: str
    vendor: str
    id: str
    raw: bytes


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A record that came but cannot be read: kept whole, with the reason, so that it is never lost in silence.

    Attributes:
        id: the vendor's id if at least that could be read, else None.
        reason: one line that says what is wrong and where.
        raw: the bytes as they came.
    """

    id: str | None
    reason: str
    raw: bytes
