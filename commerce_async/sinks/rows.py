"""Common records as table rows. Pure.

A batch becomes columns instead of a row for each record: what is alike for a column is then done once for all of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, Literal, TypeAlias

import msgspec
from xxhash import xxh3_128_digest

from commerce_async.schema import Order, Product, Record, Unreadable

Row: TypeAlias = dict[str, Any]

Columns: TypeAlias = dict[str, Sequence[Any]]
"""Rows of one table, by column; all columns are of one length."""

RawMode: TypeAlias = Literal["on", "compressed", "off"]
"""Whether a record's raw JSON is kept: as it came, compressed, or not at all."""

UNNAMED: Final = "bytes:"
"""What the ids begin with of records in quarantine that have none of their own."""

_FORM: Final = 2  # of the rows below: with another one each record is written anew when it is next met
_LONGEST_ID: Final = 512  # of a record in quarantine; PostgreSQL's index takes no more than 2,700 bytes of a key
_pack = msgspec.msgpack.Encoder().encode
_json = msgspec.json.Encoder().encode


def rows_of(columns: Columns) -> Iterator[Row]:
    """The rows, one by one."""
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def fingerprints(records: Iterable[Record]) -> list[bytes]:
    """For each record 16 bytes that change whenever anything in it does, its raw JSON included."""
    # Nobody gains by two records with one fingerprint, so it need not be a cryptographic hash, which takes ten times as
    # long: a quarter of the time that an unchanged record costs.
    return [xxh3_128_digest(_pack((_FORM, record))) for record in records]


def raw_columns(items: Sequence[Record], mode: RawMode) -> Columns:
    """The columns `raw` and `raw_form`."""
    if mode == "off":
        return {"raw": [b""] * len(items), "raw_form": ["off"] * len(items)}
    if mode == "on":
        return {"raw": [item.raw for item in items], "raw_form": ["plain"] * len(items)}
    packed = [_packed(item.raw) for item in items]
    return {"raw": [data for data, _ in packed], "raw_form": [form for _, form in packed]}


def _packed(raw: bytes) -> tuple[bytes, str]:
    packed = zlib.compress(raw, 1)  # level 6 takes half as long again for a tenth less
    return (packed, "zlib") if len(packed) < len(raw) else (raw, "plain")


def unpack_raw(data: bytes, form: str) -> bytes | None:
    """The vendor's JSON, byte for byte, from the columns `raw` and `raw_form`; None if it was not kept."""
    if form == "off":
        return None
    return zlib.decompress(data) if form == "zlib" else data


def _texts(values: Iterable[object]) -> list[str | None]:
    """JSON texts; None for nothing."""
    return [_json(value).decode() if value else None for value in values]


def product_columns(items: Sequence[Product]) -> Columns:
    """The rows in `products`."""
    stocks, terms = [item.stock for item in items], [item.subscription for item in items]
    return {
        "store": [item.store for item in items],
        "id": [item.id for item in items],
        "vendor": [item.vendor for item in items],
        "sku": [item.sku for item in items],
        "name": [item.name for item in items],
        "kind": [item.kind.value for item in items],
        "status": [item.status.value for item in items],
        "parent_id": [item.parent_id for item in items],
        "tax_code": [item.tax_code for item in items],
        "stock": [stock and stock.on_hand for stock in stocks],
        "stock_tracked": [stock and stock.tracked for stock in stocks],
        "stock_on_order": [stock and stock.on_order for stock in stocks],
        "stock_backorder": [stock and stock.backorder for stock in stocks],
        "interval": [term and term.interval for term in terms],
        "interval_length": [term and term.interval_length for term in terms],
        "texts": _texts(item.texts for item in items),
        "subscription": _texts(terms),
        "variants": _texts(item.variants for item in items),
        "images": _texts(item.images for item in items),
        "attributes": _texts(item.attributes for item in items),
        "categories": _texts(item.categories for item in items),
        "created_at": [item.created_at for item in items],
        "updated_at": [item.updated_at for item in items],
    }


def price_columns(items: Sequence[Product]) -> Columns:
    """The rows in `product_prices`; their ids are the product's with the position behind it."""
    owned = [(item, position, price) for item in items for position, price in enumerate(item.prices)]
    prices = [price for _, _, price in owned]
    return {
        "store": [item.store for item, _, _ in owned],
        "id": [f"{item.id}/{position}" for item, position, _ in owned],
        "product_id": [item.id for item, _, _ in owned],
        "currency": [price.currency for price in prices],
        "amount": [price.amount for price in prices],
        "kind": [price.kind for price in prices],
        "country": [price.country for price in prices],
        "minimum_quantity": [price.minimum_quantity for price in prices],
        "customer_group": [price.group for price in prices],
        "variant_id": [price.variant_id for price in prices],
        "starts_at": [price.starts for price in prices],
        "ends_at": [price.ends for price in prices],
    }


def order_columns(items: Sequence[Order]) -> Columns:
    """The rows in `orders`."""
    customers = [item.customer for item in items]
    addresses = [item.billing_address or item.shipping_address for item in items]
    placed = [item.placed_at for item in items]
    return {
        "store": [item.store for item in items],
        "id": [item.id for item in items],
        "vendor": [item.vendor for item in items],
        "reference": [item.reference for item in items],
        "status": [item.status.value for item in items],
        "vendor_status": [item.vendor_status for item in items],
        "live": [item.live for item in items],
        "currency": [item.currency for item in items],
        "total": [item.total for item in items],
        "subtotal": [item.subtotal for item in items],
        "discount": [item.discount for item in items],
        "tax": [item.tax for item in items],
        "shipping": [item.shipping for item in items],
        "fees": [item.fees for item in items],
        "customer_id": [customer and customer.id for customer in customers],
        "email": [customer and customer.email for customer in customers],
        "first_name": [customer and customer.first_name for customer in customers],
        "last_name": [customer and customer.last_name for customer in customers],
        "company": [customer and customer.company for customer in customers],
        "phone": [customer and customer.phone for customer in customers],
        "country": [address and address.country for address in addresses],
        "placed_at": placed,
        "billing_address": _texts(item.billing_address for item in items),
        "shipping_address": _texts(item.shipping_address for item in items),
        "payments": _texts(item.payments for item in items),
        "shipments": _texts(item.shipments for item in items),
        "returns": _texts(item.returns for item in items),
        "coupons": _texts(item.coupons for item in items),
        "tags": _texts(item.tags for item in items),
        "created_at": placed,
        "updated_at": [item.updated_at for item in items],
    }


def line_columns(items: Sequence[Order]) -> Columns:
    """The rows in `order_lines`; their ids are the order's with the line's behind it."""
    owned = [(item, position, line) for item in items for position, line in enumerate(item.lines)]
    lines = [line for _, _, line in owned]
    return {
        "store": [item.store for item, _, _ in owned],
        "id": [id for item in items for id in _line_ids(item)],
        "order_id": [item.id for item, _, _ in owned],
        "line_id": [line.id for line in lines],
        "position": [position for _, position, _ in owned],
        "product_id": [line.product_id for line in lines],
        "sku": [line.sku for line in lines],
        "name": [line.name for line in lines],
        "quantity": [line.quantity for line in lines],
        "unit_price": [line.unit_price for line in lines],
        "subtotal": [line.subtotal for line in lines],
        "discount": [line.discount for line in lines],
        "tax": [line.tax for line in lines],
        "parent_line_id": [line.parent_line_id for line in lines],
        "parent_kind": [line.parent_kind for line in lines],
        "subscription_id": [line.subscription_id for line in lines],
        "coupon": [line.coupon for line in lines],
        "options": _texts(line.options for line in lines),
        "attributes": _texts(line.attributes for line in lines),
    }


def _line_ids(item: Order) -> list[str]:
    ids = [line.id for line in item.lines]
    if len(set(ids)) < len(ids):  # a vendor's fault, which must not cost a line
        taken = set(ids)
        for position, id in enumerate(ids):
            if id in ids[:position]:
                while id in taken:
                    id = f"{id}#{position}"
                taken.add(id)
                ids[position] = id
    return [f"{item.id}/{id}" for id in ids]


def customer_columns(items: Sequence[Order]) -> Columns:
    """The rows in `customers`: as each of these orders says, all of which name a customer with an id."""
    customers = [(item, item.customer) for item in items if item.customer is not None]
    return {
        "store": [item.store for item, _ in customers],
        "id": [customer.id for _, customer in customers],
        "vendor": [item.vendor for item, _ in customers],
        "email": [customer.email for _, customer in customers],
        "first_name": [customer.first_name for _, customer in customers],
        "last_name": [customer.last_name for _, customer in customers],
        "company": [customer.company for _, customer in customers],
        "phone": [customer.phone for _, customer in customers],
        "as_of": [as_of(item) for item, _ in customers],
    }


def as_of(item: Order) -> datetime | None:
    """When the order's word on its customer was true."""
    return item.updated_at or item.placed_at


def storable(bad: Unreadable) -> Unreadable:
    """The same with words that every database takes, and without an id that one of them would refuse."""
    words = _cleaned(bad.reason)
    id = bad.id if bad.id and len(bad.id) <= _LONGEST_ID and _cleaned(bad.id) == bad.id else None
    return Unreadable(id=id, reason=words, raw=bad.raw)


def _cleaned(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def quarantine_id(bad: Unreadable) -> str:
    """What a record goes by in `quarantine`: without an id of its own, by the hash of its bytes."""
    return bad.id or UNNAMED + blake2b(bad.raw, digest_size=16).hexdigest()


def quarantine_row(store: str, stream: str, bad: Unreadable) -> Row:
    """The row in `quarantine`."""
    return {
        "store": store,
        "id": quarantine_id(bad),
        "stream": stream,
        "reason": bad.reason,
        "raw": bad.raw,
    }
