"""Changes of products as data: what it takes to make a store's product as it is wanted, and what became of it."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

Outcome: TypeAlias = Literal["created", "updated", "deleted", "unchanged", "conflict", "failed", "unknown"]


class NotCarried(msgspec.Struct, frozen=True):
    """Something of a common product that a vendor has no place for.

    Attributes:
        field: of the common product, such as `stock` or `prices[2]`.
        reason: why not, in words.
    """

    field: str
    reason: str


class FieldChange(msgspec.Struct, frozen=True):
    """One field that differs, in the words of the vendor's own draft.

    Attributes:
        field: such as `pricing.price.USD`.
        old: as it is in the store, as JSON can hold it (amounts are text); None if it is not set.
        new: as it would become.
    """

    field: str
    old: Any
    new: Any


class ProductChange(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to make one product of a store as wanted. It can be kept in a file and carried out later.

    Attributes:
        action: `create`, `update`, or `unchanged` if nothing that the vendor can hold differs.
        key: what names the product at the vendor before it has an id: its SKU or path.
        id: of the product in the store; None for a create where the vendor gives the id.
        body: the vendor's own draft, as JSON: whole for a create, else only what differs.
        fields: what differs, one by one.
        not_carried: what the vendor has no place for.
        faults: why the vendor would refuse it, by field; such a change is not sent.
    """

    action: Literal["create", "update", "unchanged"]
    key: str
    id: str | None = None
    body: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    fields: tuple[FieldChange, ...] = ()
    not_carried: tuple[NotCarried, ...] = ()
    faults: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one change.

    Attributes:
        key: what names the product at the vendor, as in the change.
        outcome: `conflict`: a create, and another product has its key; it was left alone. `failed` was not carried out,
            or not wholly; of `unknown` nobody can tell, and `error` says what to check.
        id: of the product in the store, once it is known; of a create that failed, the product is there in part.
        error: one line.
        temporary: whether a failed one may go through later as it is.
    """

    key: str
    outcome: Outcome
    id: str | None = None
    error: str | None = None
    temporary: bool = False
