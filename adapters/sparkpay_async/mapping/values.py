"""What products and orders have in common.

The vendor writes "none" as null, as "" and, for ids, as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from commerce_async.schema.values import text
from sparkpay_async import wire

VENDOR: Final = "sparkpay"


@dataclass(frozen=True, slots=True)
class Shop:
    """What every record of one store has and the vendor does not send.

    Attributes:
        store: the store's name.
        currency: of every amount; Spark Pay's records carry none.
    """

    store: str
    currency: str


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a new product gets where the wanted one does not say, as the store's options have it.

    Attributes:
        category_id, status_id: ids of the shop's own.
        digital_type: the `e_product_type` of digital products; the vendor's pages name only that of the others.
    """

    category_id: int | None = None
    status_id: int | None = None
    digital_type: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What it takes to tell how a product is written to one shop.

    Attributes:
        statuses: product statuses by id.
        categories: names of categories by id.
        groups: names of variant groups by id.
    """

    shop: Shop
    defaults: Defaults = field(default_factory=Defaults)
    statuses: Mapping[int, wire.ProductStatus] = field(default_factory=dict[int, wire.ProductStatus])
    categories: Mapping[int, str] = field(default_factory=dict[int, str])
    groups: Mapping[int, str] = field(default_factory=dict[int, str])


def when(name: str, value: str | None) -> datetime | None:
    """A time as aware UTC; one without an offset is taken for UTC. The year 1 is the vendor's platform's "none".

    Raises:
        ValueError: not a time; the message names the field.
    """
    try:
        return wire.instant(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def custom_fields(fields: Iterable[wire.CustomField] | None) -> dict[str, str]:
    """The merchant's own fields that have a name and a value."""
    found: dict[str, str] = {}
    for each in fields or ():
        name, value = text(each.name), _scalar(each.value)
        if name is not None and value is not None:
            found[name] = value
    return found


def _scalar(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value) if isinstance(value, str | int | Decimal) else None


def id_or_none(number: int | None) -> str | None:
    """An id as text; None for null and 0."""
    return str(number) if number else None


def total(*amounts: Decimal | None) -> Decimal | None:
    """The sum of those amounts that came; None if none did."""
    given = [amount for amount in amounts if amount is not None]
    return sum(given, Decimal(0)) if given else None
