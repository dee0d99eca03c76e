"""Common records as table rows. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Literal, TypeAlias

import msgspec

from commerce_async.schema import Order, Product, Record, Unreadable

Row: TypeAlias = dict[str, Any]

RawMode: TypeAlias = Literal["on", "compressed", "off"]
"""Whether a record's raw JSON is kept: as it came, compressed, or not at all."""

_pack = msgspec.msgpack.Encoder()
_json = msgspec.json.Encoder()


def fingerprint(record: Record) -> bytes:
    """16 bytes that change whenever anything in the record does, its raw JSON included."""
    return blake2b(_pack.encode(record), digest_size=16).digest()


def pack_raw(raw: bytes, mode: RawMode) -> tuple[bytes, str]:
    """What goes into the columns `raw` and `raw_form`."""
    if mode == "off":
        return b"", "off"
    if mode == "compressed":
        packed = zlib.compress(raw, 1)  # level 6 takes half as long again for a tenth less
        if len(packed) < len(raw):
            return packed, "zlib"
    return raw, "plain"


def unpack_raw(data: bytes, form: str) -> bytes | None:
    """The vendor's JSON, byte for byte, from the columns `raw` and `raw_form`; None if it was not kept."""
    if form == "off":
        return None
    return zlib.decompress(data) if form == "zlib" else data


def _text(value: object) -> str | None:
    """JSON text; None for nothing."""
    return _json.encode(value).decode() if value else None


def product_row(item: Product) -> Row:
    """The row in `products`."""
    stock, terms = item.stock, item.subscription
    return {
        "store": item.store,
        "id": item.id,
        "vendor": item.vendor,
        "sku": item.sku,
        "name": item.name,
        "kind": item.kind.value,
        "status": item.status.value,
        "parent_id": item.parent_id,
        "tax_code": item.tax_code,
        "stock": stock.on_hand if stock else None,
        "stock_tracked": stock.tracked if stock else None,
        "interval": terms.interval if terms else None,
        "interval_length": terms.interval_length if terms else None,
        "texts": _text(item.texts),
        "subscription": _text(terms),
        "variants": _text(item.variants),
        "images": _text(item.images),
        "attributes": _text(item.attributes),
        "categories": _text(item.categories),
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "raw": item.raw,
    }


def price_rows(item: Product) -> Iterator[Row]:
    """The rows in `product_prices`; their ids are the product's with the position behind it."""
    for position, price in enumerate(item.prices):
        yield {
            "store": item.store,
            "id": f"{item.id}/{position}",
            "product_id": item.id,
            "currency": price.currency,
            "amount": price.amount,
            "kind": price.kind,
            "country": price.country,
            "minimum_quantity": price.minimum_quantity,
            "customer_group": price.group,
            "variant_id": price.variant_id,
            "starts_at": price.starts,
            "ends_at": price.ends,
        }


def order_row(item: Order) -> Row:
    """The row in `orders`."""
    customer, address = item.customer, item.billing_address or item.shipping_address
    return {
        "store": item.store,
        "id": item.id,
        "vendor": item.vendor,
        "reference": item.reference,
        "status": item.status.value,
        "vendor_status": item.vendor_status,
        "live": item.live,
        "currency": item.currency,
        "total": item.total,
        "subtotal": item.subtotal,
        "discount": item.discount,
        "tax": item.tax,
        "shipping": item.shipping,
        "fees": item.fees,
        "customer_id": customer.id if customer else None,
        "email": customer.email if customer else None,
        "country": address.country if address else None,
        "placed_at": item.placed_at,
        "billing_address": _text(item.billing_address),
        "shipping_address": _text(item.shipping_address),
        "payments": _text(item.payments),
        "shipments": _text(item.shipments),
        "returns": _text(item.returns),
        "coupons": _text(item.coupons),
        "tags": _text(item.tags),
        "created_at": item.placed_at,
        "updated_at": item.updated_at,
        "raw": item.raw,
    }


def line_rows(item: Order) -> Iterator[Row]:
    """The rows in `order_lines`; their ids are the order's with the line's behind it."""
    for position, line in enumerate(item.lines):
        yield {
            "store": item.store,
            "id": f"{item.id}/{line.id}",
            "order_id": item.id,
            "line_id": line.id,
            "position": position,
            "product_id": line.product_id,
            "sku": line.sku,
            "name": line.name,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "subtotal": line.subtotal,
            "discount": line.discount,
            "tax": line.tax,
            "parent_line_id": line.parent_line_id,
            "parent_kind": line.parent_kind,
            "subscription_id": line.subscription_id,
            "coupon": line.coupon,
            "options": _text(line.options),
            "attributes": _text(line.attributes),
        }


def customer_row(item: Order) -> Row | None:
    """The row in `customers`, if the order names a customer with an id."""
    customer = item.customer
    if customer is None or customer.id is None:
        return None
    return {
        "store": item.store,
        "id": customer.id,
        "vendor": item.vendor,
        "email": customer.email,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "company": customer.company,
        "phone": customer.phone,
        "as_of": item.updated_at or item.placed_at,
    }


def quarantine_row(store: str, stream: str, bad: Unreadable) -> Row:
    """The row in `quarantine`; without an id of its own, the record goes by the hash of its bytes."""
    return {
        "store": store,
        "id": bad.id or "bytes:" + blake2b(bad.raw, digest_size=16).hexdigest(),
        "stream": stream,
        "reason": bad.reason,
        "raw": bad.raw,
    }
