"""What the vendor says of one thing that it changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from commerce_async.schema.lenient import find_id, untyped
from fastspring_async.wire.base import Item, Part, Refusal, reading

C = TypeVar("C", bound="Change")


class Change(Item, frozen=True, kw_only=True, gc=False):
    """One thing that was created, changed or removed.

    Attributes:
        id: the thing's id, as asked.
        action: the vendor's word for what it did, such as `subscription.cancel`.
        settled: True if the vendor's answer was lost, and reading the thing back showed that it was carried out.
        raw: the vendor's JSON, byte for byte; empty if `settled`. `members` has everything in it.
    """

    id: str = ""
    settled: bool = False


class SubscriptionChange(Change, frozen=True, kw_only=True, gc=False):
    """A change of a subscription.

    Attributes:
        prorated: whether the change was, or in a preview would be, prorated.
        proration: in a preview, what would be charged and credited, by the vendor's keys.
    """

    prorated: bool | None = None
    proration: Any = None


class CodesChange(Change, frozen=True, kw_only=True, gc=False):
    """A change of a coupon's codes.

    Attributes:
        codes: the coupon's codes afterwards, as far as told.
        deleted: the codes that were deleted.
    """

    codes: list[str] | None = None
    deleted: list[str] | None = msgspec.field(name="codes deleted", default=None)


class Link(Change, frozen=True, kw_only=True, gc=False):
    """A link that lets a customer into the account management without a password, for 24 hours.

    Attributes:
        url: the link; a secret.
        expires: as the vendor writes it, in a time zone that it does not name.
    """

    url: str | None = None
    expires: str | int | None = None

    def __repr__(self) -> str:
        return f"Link(id={self.id!r}, expires={self.expires!r})"  # who has the link is the customer


class Transferred(Part, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A subscription that was not transferred, and why."""

    subscription_id: str | None = None
    error_message: str | None = None
    error_code: str | int | None = None


def reading_change(kind: type[C], *names: str) -> Callable[[bytes], C]:
    """A function that reads one change. `names` are the keys that hold the id, the best one first.

    A bare text in a list is the id of something done.
    """
    read_object = reading(kind, *names)

    def read(raw: bytes) -> C:
        if raw[:1] == b'"' and (id := str(untyped(raw))):
            return kind(id=id, raw=raw)
        try:
            record = read_object(raw)
        except Refusal as refusal:
            raise refusal.of_change(names) from None
        msgspec.structs.force_setattr(record, "id", find_id(raw, *names) or "")
        return record

    return read
