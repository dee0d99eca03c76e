"""The tables, with names a person can query. Each has a `store` and an `id` column, and both are its key."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from commerce_async.sinks.types import Instant, Money

metadata = MetaData()


def _table(name: str, *columns: Column[Any] | Index) -> Table:
    return Table(
        name,
        metadata,
        Column("store", String(255), primary_key=True),
        Column("id", String(512), primary_key=True),
        *columns,
    )


def _record() -> tuple[Column[Any], ...]:
    """What every synced record has beside its own fields."""
    return (
        Column("vendor", String(64), nullable=False),
        Column("created_at", Instant),
        Column("updated_at", Instant),
        Column("hash", LargeBinary(16), nullable=False),  # of the whole record: an equal one is not written
        Column("first_seen_at", Instant, nullable=False),
        Column("changed_at", Instant, nullable=False),  # when a sync last wrote the row
        Column("raw", LargeBinary, nullable=False),  # the vendor's JSON, byte for byte
    )


products = _table(
    "products",
    Column("sku", String(255), index=True),
    Column("name", Text),
    Column("kind", String(32)),
    Column("status", String(32)),
    Column("parent_id", String(512)),
    Column("tax_code", String(255)),
    Column("stock", Integer),
    Column("stock_tracked", Boolean),
    Column("interval", String(32)),
    Column("interval_length", Integer),
    # JSON text, in the shape of the common schema
    Column("texts", Text),
    Column("subscription", Text),
    Column("variants", Text),
    Column("images", Text),
    Column("attributes", Text),
    Column("categories", Text),
    *_record(),
)

product_prices = _table(
    "product_prices",
    Column("product_id", String(512), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount", Money, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("country", String(2)),
    Column("minimum_quantity", Integer, nullable=False),
    Column("customer_group", String(255)),
    Column("variant_id", String(512)),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    Index("product_prices_by_product", "store", "product_id"),
)

orders = _table(
    "orders",
    Column("reference", String(255), index=True),
    Column("status", String(32)),
    Column("vendor_status", String(255)),
    Column("live", Boolean),
    Column("currency", String(3), nullable=False),
    Column("total", Money, nullable=False),
    Column("subtotal", Money),
    Column("discount", Money),
    Column("tax", Money),
    Column("shipping", Money),
    Column("fees", Money),
    Column("customer_id", String(512), index=True),
    Column("email", String(320)),
    Column("country", String(64)),
    Column("placed_at", Instant, index=True),
    # JSON text, in the shape of the common schema
    Column("billing_address", Text),
    Column("shipping_address", Text),
    Column("payments", Text),
    Column("shipments", Text),
    Column("returns", Text),
    Column("coupons", Text),
    Column("tags", Text),
    *_record(),
)

order_lines = _table(
    "order_lines",
    Column("order_id", String(512), nullable=False),
    Column("line_id", String(512), nullable=False),
    Column("position", Integer, nullable=False),
    Column("product_id", String(512)),
    Column("sku", String(255)),
    Column("name", Text),
    Column("quantity", Integer),
    Column("unit_price", Money),
    Column("subtotal", Money),
    Column("discount", Money),
    Column("tax", Money),
    Column("parent_line_id", String(512)),
    Column("parent_kind", String(64)),
    Column("subscription_id", String(512)),
    Column("coupon", String(255)),
    Column("options", Text),
    Column("attributes", Text),
    Index("order_lines_by_order", "store", "order_id"),
)

customers = _table(
    "customers",
    Column("vendor", String(64), nullable=False),
    Column("email", String(320), index=True),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("company", Text),
    Column("phone", String(64)),
    Column("as_of", Instant),  # the order whose word this is; an older order does not overrule it
)

quarantine = _table(
    "quarantine",
    Column("stream", String(64), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

sync_runs = _table(
    "sync_runs",
    Column("stream", String(64), primary_key=True),
    Column("state", String(32), nullable=False),  # running, complete, incomplete, failed, stopped
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("report", Text),  # JSON
)

sync_checkpoints = _table(  # id is the stream
    "sync_checkpoints",
    Column("token", Text),
    Column("state", String(32), nullable=False),  # running, complete, incomplete
    Column("since", Instant),  # what the pass was limited to
    Column("started_at", Instant, nullable=False),  # of the pass, before its first read
    Column("updated_at", Instant, nullable=False),
)
