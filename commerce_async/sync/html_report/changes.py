"""What is listed: a row for each thing that is not as it was."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from commerce_async.sinks.differing import Differences

What: TypeAlias = Literal[
    "new", "changed", "gone", "quarantined", "created", "updated", "deleted", "not written", "create", "update",
    "delete", "cannot",
]  # fmt: skip
"""What a sync met, what a mirror or push wrote, and what a plan would write."""

WHATS: Final[tuple[What, ...]] = get_args(What)
SYNCED: Final = WHATS[:4]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One row that is not as it was.

    Attributes:
        number: the SKU of a product, the reference of an order.
        name: of a product its name, of an order its status and total, of what is in quarantine the reason.
        differs: field by field, where old and new are known.
        note: one line more.
    """

    at: datetime
    store: str
    stream: str
    what: What
    id: str
    number: str | None
    name: str | None
    differs: Differences | None = None
    note: str | None = None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changed.

    Attributes:
        counts: how many there are by store, stream and kind, listed or not.
        kinds: those that there may be.
        sorted: how, in words; `order` is what comes first.
        whole: what has those that are not listed.
    """

    listed: list[Change]
    counts: dict[tuple[str, str, What], int]
    kinds: tuple[What, ...] = WHATS
    sorted: str = "The newest first"
    order: str = "newest"
    whole: str = "the database"

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())


__all__ = ["SYNCED", "WHATS", "Change", "Changes", "What"]
