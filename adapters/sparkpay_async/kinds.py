"""The vendor's resources: what each is called, what its list may be called, and how one of its records is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

import msgspec

from commerce_async.schema import Unreadable
from commerce_async.schema.lenient import Reader, find_id, read_each
from sparkpay_async import wire


def is_id(text: str) -> bool:
    """Whether the text is what the vendor's ids look like: a whole number, not negative."""
    return text.isascii() and text.isdigit() and len(text) <= 18


class Identified(Protocol):
    """A record with the vendor's integer id."""

    @property
    def id(self) -> int:
        """The vendor's id."""
        ...


W = TypeVar("W", bound=Identified)


@dataclass(frozen=True, slots=True)
class Kind(Generic[W]):
    """One resource.

    Attributes:
        name: as it stands in the path.
        keys: what the array in its list's reply may be called. The vendor's pages say "as the resource"; shops
            have been seen to shorten some.
        reader: reads one record.
    """

    name: str
    keys: tuple[str, ...]
    reader: Reader[W]


def _kind(struct: type[W], name: str, *aliases: str) -> Kind[W]:
    return Kind(name=name, keys=(name, *aliases), reader=Reader(struct))


PRODUCTS: Final = _kind(wire.Product, "products")
PRODUCT_VARIANTS: Final = _kind(wire.ProductVariant, "product_variants", "variants")
PRODUCT_STATUSES: Final = _kind(wire.ProductStatus, "product_statuses", "statuses")
CATEGORIES: Final = _kind(wire.Category, "categories")
CUSTOMERS: Final = _kind(wire.Customer, "customers")
ADDRESSES: Final = _kind(wire.Address, "addresses")
ORDERS: Final = _kind(wire.Order, "orders")
ORDER_ITEMS: Final = _kind(wire.OrderItem, "order_items", "items")
ORDER_PAYMENTS: Final = _kind(wire.OrderPayment, "order_payments", "payments")
ORDER_SHIPMENTS: Final = _kind(wire.OrderShipment, "order_shipments", "shipments")
ORDER_ADDRESSES: Final = _kind(wire.OrderAddress, "order_addresses", "addresses")
ORDER_STATUSES: Final = _kind(wire.OrderStatus, "order_statuses", "statuses")


@dataclass(frozen=True, slots=True)
class Parsed(Generic[W]):
    """The records of one reply.

    Attributes:
        good: each record with its own bytes.
        bad: those that cannot be read.
        ids: of all, in the vendor's order; None where not even the id can be read.
    """

    good: tuple[tuple[W, bytes], ...]
    bad: tuple[Unreadable, ...]
    ids: tuple[int | None, ...]


def parse(kind: Kind[W], rows: Iterable[msgspec.Raw]) -> Parsed[W]:
    """Reads every record on its own; what cannot be read is set aside."""
    ids: list[int | None] = []
    read_record = kind.reader.read

    def read(data: bytes) -> tuple[W, bytes]:
        record = read_record(data)
        ids.append(record.id)
        return record, data

    def identify(data: bytes) -> str | None:
        found = find_id(data, "id")
        ids.append(int(found) if found is not None and is_id(found) else None)
        return found

    good, bad = read_each(rows, read, identify)
    return Parsed(good=good, bad=bad, ids=tuple(ids))
