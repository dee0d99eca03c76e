"""FastSpring: /returns."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from commerce_async.schema.lenient import Amount, Wire
from fastspring_async.wire.base import Item, Part, Reference, Words, id_of, reading
from fastspring_async.wire.change import Change, reading_change
from fastspring_async.wire.order import Contact, Payment


class Original(Part, frozen=True, kw_only=True, gc=False):
    """The order that was returned."""

    id: str | None = None
    order: str | None = None
    reference: str | None = None
    account: str | Reference | None = None
    subscriptions: list[str | Reference] | None = None


class ReturnItem(Wire, frozen=True, kw_only=True, gc=False):
    """One line of a return. Amounts are in the return's currency."""

    product: str | Reference | None = None
    quantity: int | None = None
    display: Words = None
    sku: str | int | None = None
    subtotal: Amount = None
    subscription: str | Reference | None = None


class Return(Item, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A return. Amounts are in `currency`, where their name says nothing else; `changed` is in milliseconds since 1970.

    Attributes:
        return_id: its id (`id` is the same, in some replies).
        reason: free text.
        original: the order that was returned.
    """

    return_id: str | None = msgspec.field(name="return", default=None)
    id: str | None = None
    reference: str | None = None
    completed: bool | None = None
    changed: int | str | None = None
    live: bool | None = None
    account: str | Reference | None = None
    currency: str | None = None
    payout_currency: str | None = None
    total_return: Amount = None
    tax: Amount = None
    subtotal: Amount = None
    total_return_in_payout_currency: Amount = None
    total_refund_in_payout_currency: Amount = None
    payment: Payment | None = None
    reason: str | None = None
    note: Any = None
    type: str | None = None
    original: Original | None = None
    customer: Contact | None = None
    items: list[ReturnItem] | None = None

    @property
    def key(self) -> str:
        """The id, whichever spelling came."""
        return self.return_id or self.id or ""


class ReturnChange(Change, frozen=True, kw_only=True, gc=False):
    """Money given back.

    Attributes:
        id: the return's id.
        order, reference, original: the order that was returned, as far as told.
    """

    order: str | Reference | None = None
    reference: str | None = None
    original: Original | None = None

    @property
    def orders(self) -> tuple[str, ...]:
        """Every name of the order."""
        original = self.original or Original()
        found = (id_of(self.order, "order"), original.order, original.id, original.reference, self.reference, self.id)
        return tuple(name for name in found if name)


read_return: Final = reading(Return, "return", "id")
read_return_change: Final = reading_change(ReturnChange, "return", "id", "order")
