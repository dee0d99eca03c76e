"""The tables, with names a person can query. Those of a store's records have `store` and `id`, which are their key.

A change here needs a migration beside it, in `migrations/versions`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Index, LargeBinary, MetaData, Table, Text, UniqueConstraint

from commerce_async.sinks.types import Instant, Money, whole, words

metadata = MetaData()


def _table(name: str, *columns: Column[Any] | Index) -> Table:
    return Table(
        name,
        metadata,
        Column("store", words(255), primary_key=True),
        Column("id", words(512), primary_key=True),
        *columns,
    )


def _record() -> tuple[Column[Any], ...]:
    """What every synced record has beside its own fields."""
    return (
        Column("vendor", words(64), nullable=False),
        Column("created_at", Instant),
        Column("updated_at", Instant),
        Column("hash", LargeBinary(16), nullable=False),  # of the whole record: an equal one is not written
        Column("first_seen_at", Instant, nullable=False),
        Column("changed_at", Instant, nullable=False),  # when a sync last wrote the row
        Column("changes", Text),  # JSON: what differed when the row was last overwritten; see differing.py
        Column("gone_at", Instant),  # since when the store no longer has it; None while it has
        Column("raw_form", words(8), nullable=False, server_default="plain"),  # plain, zlib, off (nothing is kept)
        # The vendor's JSON, byte for byte, in that form. Last, as SQLite passes over it for whatever stands behind it.
        Column("raw", LargeBinary, nullable=False),
    )


products = _table(
    "products",
    Column("sku", words(255), index=True),
    Column("name", Text),
    Column("kind", words(32)),
    Column("status", words(32)),
    Column("parent_id", words(512)),
    Column("tax_code", words(255)),
    Column("stock", whole()),
    Column("stock_tracked", Boolean),
    Column("stock_on_order", whole()),
    Column("stock_backorder", Boolean),
    Column("interval", words(32)),
    Column("interval_length", whole()),
    # JSON text, in the shape of the common schema
    Column("texts", Text),
    Column("subscription", Text),
    Column("variants", Text),
    Column("images", Text),
    Column("attributes", Text),
    Column("categories", Text),
    *_record(),
    Index("products_by_change", "store", "changed_at", "gone_at"),
)

product_prices = _table(
    "product_prices",
    Column("product_id", words(512), nullable=False),
    Column("currency", words(3), nullable=False),
    Column("amount", Money, nullable=False),
    Column("kind", words(32), nullable=False),
    Column("country", words(2)),
    Column("minimum_quantity", whole(), nullable=False),
    Column("customer_group", words(255)),
    Column("variant_id", words(512)),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    Index("product_prices_by_product", "store", "product_id"),
)

orders = _table(
    "orders",
    Column("reference", words(255), index=True),
    Column("status", words(32)),
    Column("vendor_status", words(255)),
    Column("live", Boolean),
    Column("currency", words(3), nullable=False),
    Column("total", Money, nullable=False),
    Column("subtotal", Money),
    Column("discount", Money),
    Column("tax", Money),
    Column("shipping", Money),
    Column("fees", Money),
    # of the customer, as this order says
    Column("customer_id", words(512), index=True),
    Column("email", words(320)),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("company", Text),
    Column("phone", words(64)),
    Column("country", words(64)),  # of the billing address, or else of the shipping address
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
    Index("orders_by_change", "store", "changed_at", "gone_at"),
)

order_lines = _table(
    "order_lines",
    Column("order_id", words(512), nullable=False),
    Column("line_id", words(512), nullable=False),
    Column("position", whole(), nullable=False),
    Column("product_id", words(512)),
    Column("sku", words(255)),
    Column("name", Text),
    Column("quantity", whole()),
    Column("unit_price", Money),
    Column("subtotal", Money),
    Column("discount", Money),
    Column("tax", Money),
    Column("parent_line_id", words(512)),
    Column("parent_kind", words(64)),
    Column("subscription_id", words(512)),
    Column("coupon", words(255)),
    Column("options", Text),
    Column("attributes", Text),
    Index("order_lines_by_order", "store", "order_id"),
)

customers = _table(
    "customers",
    Column("vendor", words(64), nullable=False),
    Column("email", words(320), index=True),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("company", Text),
    Column("phone", words(64)),
    Column("as_of", Instant),  # the order whose word this is; an older order does not overrule it
)

quarantine = _table(
    "quarantine",
    Column("stream", words(64), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

sync_runs = _table(
    "sync_runs",
    Column("stream", words(64), primary_key=True),
    Column("state", words(32), nullable=False),  # running, complete, incomplete, failed, stopped
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("report", Text),  # JSON
)

sync_checkpoints = _table(  # id is the stream
    "sync_checkpoints",
    Column("token", Text),
    Column("state", words(32), nullable=False),  # running, confirming (all is read), complete, incomplete
    Column("since", Instant),  # what the pass was limited to
    Column("limited_by", words(16)),  # what the list compares a limit with: changed, placed; nothing: it has no effect
    Column("started_at", Instant, nullable=False),  # of the pass, before its first read
    Column("updated_at", Instant, nullable=False),
    Column("watermark", Instant),  # every change before it is in the database
    Column("mark", Instant),  # what the watermark becomes if the pass at work ends well
    Column("full_at", Instant),  # when the last complete pass over everything began
    Column("account", words(32)),  # whose list it is, as a hash; None: not known
)

sync_seen = Table(  # the records that the pass at work has met; what it has not met may be gone
    "sync_seen",
    metadata,
    Column("store", words(255), primary_key=True),
    Column("stream", words(64), primary_key=True),
    Column("id", words(512), primary_key=True),
    Column("missing", Boolean, nullable=False),  # not met, and the store says that it has it no more
)

sync_lock = Table(  # who holds the lock; the lock itself is the operating system's or the server's
    "sync_lock",
    metadata,
    Column("id", words(16), primary_key=True),
    Column("token", words(32), nullable=False),
    Column("holder", Text, nullable=False),
    Column("since", Instant, nullable=False),
)

id_map = Table(  # which product of one store is which of another
    "id_map",
    metadata,
    Column("source_store", words(255), primary_key=True),
    Column("source_id", words(512), primary_key=True),
    Column("target_store", words(255), primary_key=True),
    Column("target_id", words(512), nullable=False),
    Column("sku", words(255)),
    Column("matched_at", Instant, nullable=False),
    UniqueConstraint("source_store", "target_store", "target_id", name="id_map_by_target"),
)

intents = Table(  # what an apply is about to write, noted before it does
    "intents",
    metadata,
    Column("id", whole(), primary_key=True, autoincrement=True),
    Column("plan", words(255), nullable=False),
    Column("item", words(512), nullable=False),
    Column("action", words(16), nullable=False),
    Column("state", words(16), nullable=False),
    Column("body", Text),  # JSON
    Column("at", Instant, nullable=False),
    Column("note", Text),
    UniqueConstraint("plan", "item", name="intents_by_item"),
)
