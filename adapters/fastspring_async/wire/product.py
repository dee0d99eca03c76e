"""FastSpring: /products, Get one or multiple products. The fields that the common schema uses."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from commerce_async.schema.lenient import Reader, Wire
from fastspring_async.wire.base import Amounts, Item, Pairs, Part, Words, force_amounts, keep


class Description(Part, frozen=True, kw_only=True, gc=False):
    """Longer texts, each per language."""

    summary: Words = None
    full: Words = None


class SetupFee(Wire, frozen=True, kw_only=True, gc=False):
    """What is charged once beside a subscription."""

    price: Amounts = msgspec.field(default_factory=dict[str, Decimal])

    def __post_init__(self) -> None:
        super().__post_init__()
        force_amounts(self, "price")


class Pricing(Wire, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Prices, and for a subscription the terms.

    Attributes:
        price: by currency.
        trial: days before the first charge.
    """

    price: Amounts = msgspec.field(default_factory=dict[str, Decimal])
    setup_fee: SetupFee | None = None
    interval: str | None = None
    interval_length: int | None = None
    interval_count: int | None = None
    trial: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        force_amounts(self, "price")


class Product(Item, frozen=True, kw_only=True, gc=False):
    """A product. `product` is its path, which is its id."""

    product: str = ""
    parent: str | None = None
    display: Words = None
    description: Description | str | None = None
    image: str | None = None
    sku: str | int | None = None
    format: str | None = None
    taxcode: str | None = None
    attributes: Pairs = None
    pricing: Pricing | None = None


_READER = Reader(Product)


def read_product(raw: bytes, *, sure: bool = False) -> Product:
    """One product.

    Args:
        sure: whether the bytes are known to be UTF-8.

    Raises:
        Refusal: the vendor's error in its place.
        ValueError: it cannot be read; the message names the field.
    """
    record = _READER.read(raw)
    record.refused(record.product, raw)
    if not record.product:
        raise ValueError("product: missing")
    return keep(record, raw, sure=sure)
