"""FastSpring: /products, Get localized product price data."""

from __future__ import annotations

import msgspec

from commerce_async.schema.lenient import Amount, Reader, Wire
from fastspring_async.wire.base import Item, keep


class LocalPrice(Wire, frozen=True, kw_only=True, gc=False):
    """A price in one country, VAT or GST included where it applies.

    Attributes:
        currency: ISO 4217 code.
        price: exact, in that currency.
        display: as a buyer there sees it; for people, never to be parsed.
    """

    currency: str | None = None
    price: Amount = None
    display: str | None = None


class ProductPrices(Item, frozen=True, kw_only=True, gc=False):
    """The prices of one product.

    Attributes:
        product: its path.
        pricing: by ISO 3166 country code.
    """

    product: str = ""
    pricing: dict[str, LocalPrice] = msgspec.field(default_factory=dict[str, LocalPrice])


_READER = Reader(ProductPrices)


def read_prices(raw: bytes) -> ProductPrices:
    """The prices of one product.

    Raises:
        Refusal: the vendor's error in their place.
        ValueError: they cannot be read; the message names the field.
    """
    record = _READER.read(raw)
    record.refused(record.product, raw)
    if not record.product:
        raise ValueError("product: missing")
    return keep(record, raw)
