"""The body of a webhook. Pure. Spark Pay: Webhooks, Detailed information."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypeAlias, TypeVar, cast

import msgspec

from commerce_async.errors import DecodeError
from commerce_async.http.mending import mended
from commerce_async.schema.lenient import Reader, find_id, one_line, untyped
from sparkpay_async import wire
from sparkpay_async.kinds import KINDS, is_id
from sparkpay_async.webhooks.events import NOTICES

T = TypeVar("T")
Record: TypeAlias = wire.Order | wire.Quote | wire.Customer | wire.Product | wire.OrderPayment

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class ItemStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The `item` of ProductStatusChanged."""

    product_id: int | None = None
    variant_inventory_id: int | None = None
    product_status_id: int | None = None
    product: wire.Product | None = None
    variant_inventory: wire.VariantInventory | None = None
    product_status: wire.ProductStatus | None = None
    inventory: int | None = None
    item_number: str | None = None
    manufacturer_item_number: str | None = None


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What was posted to an event's address. Whoever has the address can have written it.

    Attributes:
        event_type: of the address.
        raw: the body, a JSON object; mended as replies are where a text was cut within an emoji.
    """

    event_type: str
    raw: bytes

    @property
    def members(self) -> Mapping[str, Any]:
        """All of the body as plain objects, fractions as exact `Decimal`."""
        return cast("dict[str, Any]", untyped(self.raw))

    def read(self, name: str, kind: type[T]) -> T | None:
        """A member of the body as a struct, such as `read("cart", wire.Cart)`; None if it is not there, or null.

        Raises:
            DecodeError: it cannot be read as that.
        """
        raw = _MEMBERS.decode(self.raw).get(name)
        if raw is None or bytes(raw) in (b"null", b'""'):
            return None
        try:
            return wire.keep(_reader(kind).read(raw), bytes(raw))
        except ValueError as error:
            raise DecodeError(f"the webhook's {name} cannot be read: {one_line(error)}") from None


class Question(Posted, frozen=True, kw_only=True):
    """An event that the shop waits for the answer of."""


class Claim(Posted, frozen=True, kw_only=True):
    """A notice that nobody has looked after: what it says happened, and to which record.

    Attributes:
        resource: of the record, such as `orders`.
        id: of the record.
    """

    resource: str
    id: int

    @property
    def old_status(self) -> wire.OrderStatus | None:
        """The status before, as posted, for OrderStatusChanged and QuoteStatusChanged."""
        return self.read("old_status", wire.OrderStatus)

    @property
    def new_status(self) -> wire.OrderStatus | None:
        """The status after, as posted, for OrderStatusChanged and QuoteStatusChanged."""
        return self.read("new_status", wire.OrderStatus)

    @property
    def old_email(self) -> str | None:
        """The address before, as posted, for CustomerEmailUpdated."""
        return self.read("old_email", str)

    @property
    def new_email(self) -> str | None:
        """The address after, as posted, for CustomerEmailUpdated."""
        return self.read("new_email", str)

    @property
    def item(self) -> ItemStatus | None:
        """What changed status, as posted, for ProductStatusChanged."""
        return self.read("item", ItemStatus)

    def posted(self) -> Record:
        """The record as posted.

        Raises:
            DecodeError: it cannot be read, or only an id of it was posted.
        """
        if self.resource == "products" and (item := self.item) is not None:
            found: Record | None = item.product
        else:
            kind = cast("type[Record]", KINDS[self.resource].struct)
            posted = (self.read(name, kind) for name in NOTICES[self.event_type].members)
            found = next((each for each in posted if each is not None), None)
        if found is None:
            raise DecodeError(f"the webhook has the id of {self.resource} {self.id} and no more")
        return found


class Notice(Claim, frozen=True, kw_only=True):
    """A notice with its record.

    Attributes:
        record: as the store's API has it now, all its plain fields; as posted if `fetched` is False.
        fetched: whether it was read from the API. What else the notice says is as posted in either case.
    """

    record: Record
    fetched: bool


def parse_notice(event_type: str, body: bytes) -> Claim:
    """The claim in a notice's body.

    Raises:
        DecodeError: it is not of that event.
    """
    data, members = _object(body)
    subject = NOTICES[event_type]
    raw = next((members[name] for name in subject.members if name in members), None)
    if raw is None:
        raise DecodeError(f"the webhook's body has no {subject.members[0]}")
    id = find_id(bytes(raw), subject.id_field)
    if id is None or not is_id(id) or not int(id):
        raise DecodeError(f"the webhook's {subject.members[0]} has no {subject.id_field}")
    return Claim(event_type=event_type, raw=data, resource=subject.resource, id=int(id))


def parse_question(event_type: str, body: bytes) -> Question:
    """The question in a body.

    Raises:
        DecodeError: it is no JSON object.
    """
    return Question(event_type=event_type, raw=_object(body)[0])


def _object(body: bytes) -> tuple[bytes, dict[str, msgspec.Raw]]:
    data = wire.read_one(mended(body))
    try:
        untyped(data)  # all of it: what is kept can be read later
        return data, _MEMBERS.decode(data)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"the webhook's body cannot be read: {one_line(error)}") from None


@cache
def _reader(kind: type[T]) -> Reader[T]:
    return Reader(kind)
