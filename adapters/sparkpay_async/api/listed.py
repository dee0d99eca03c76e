"""One page of a list, with what the vendor says about it (Spark Pay: Common usage, Response format)."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from commerce_async.schema import Unreadable

W = TypeVar("W")


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What the vendor says about a list (Spark Pay: Common usage, Response format).

    Attributes:
        total_count: records that match in all; None if it does not say.
        next_page, previous_page: the vendor's links; None where there is no such page.
    """

    total_count: int | None = None
    next_page: str | None = None
    previous_page: str | None = None


class Listed(msgspec.Struct, Generic[W], frozen=True, kw_only=True):
    """One page of a list.

    Attributes:
        items: the records, in the vendor's order.
        unreadable: those that cannot be read, with the reason and the bytes.
        metadata: see `Metadata`.
    """

    items: tuple[W, ...]
    unreadable: tuple[Unreadable, ...] = ()
    metadata: Metadata = Metadata()


__all__ = ["Listed", "Metadata"]
