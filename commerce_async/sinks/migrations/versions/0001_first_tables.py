"""The first tables. Databases made before there were migrations have them already.

Types are spelled out here instead of taken from `sinks.types`, which may change.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def words(length: int) -> Any:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def whole() -> Any:
    return sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def money() -> Any:
    return sa.String(64).with_variant(sa.Numeric(), "postgresql")


def instant() -> Any:
    return sa.String(32).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "products",
        sa.Column("store", words(255), primary_key=True),
        sa.Column("id", words(512), primary_key=True),
        sa.Column("sku", words(255)),
        sa.Column("name", sa.Text()),
        sa.Column("kind", words(32)),
        sa.Column("status", words(32)),
        sa.Column("parent_id", words(512)),
        sa.Column("tax_code", words(255)),
        sa.Column("stock", whole()),
        sa.Column("stock_tracked", sa.Boolean()),
        sa.Column("interval", words(32)),
        sa.Column("interval_length", whole()),
        sa.Column("texts", sa.Text()),
        sa.Column("subscription", sa.Text()),
        sa.Column("variants", sa.Text()),
        sa.Column("images", sa.Text()),
        sa.Column("attributes", sa.Text()),
        sa.Column("categories", sa.Text()),
        sa.Column("vendor", words(64), nullable=False),
        sa.Column("created_at", instant()),
        sa.Column("updated_at", instant()),
        sa.Column("hash", sa.LargeBinary(16), nullable=False),
        sa.Column("first_seen_at", instant(), nullable=False),
        sa.Column("changed_at", instant(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_products_sku", "products", ["sku"])
    op.create_table(
        "product_prices",
        sa.Column("store", words(255), primary_key=True),
        sa.Column("id", words(512), primary_key=True),
        sa.Column("product_id", words(512), nullable=False),
        sa.Column("currency", words(3), nullable=False),
        sa.Column("amount", money(), nullable=False),
        sa.Column("kind", words(32), nullable=False),
        sa.Column("country", words(2)),
        sa.Column("minimum_quantity", whole(), nullable=False),
        sa.Column("customer_group", words(255)),
        sa.Column("variant_id", words(512)),
        sa.Column("starts_at", instant()),
        sa.Column("ends_at", instant()),
    )
    op.create_index("product_prices_by_product", "product_prices", ["store", "product_id"])
    op.create_table(
        "orders",
        sa.Column("store", words(255), primary_key=True),
        sa.Column("id", words(512), primary_key=True),
        sa.Column("reference", words(255)),
        sa.Column("status", words(32)),
        sa.Column("vendor_status", words(255)),
        sa.Column("live", sa.Boolean()),
        sa.Column("currency", words(3), nullable=False),
        sa.Column("total", money(), nullable=False),
        sa.Column("subtotal", money()),
        sa.Column("discount", money()),
        sa.Column("tax", money()),
        sa.Column("shipping", money()),
        sa.Column("fees", money()),
        sa.Column("customer_id", words(512)),
        sa.Column("email", words(320)),
        sa.Column("country", words(64)),
        sa.Column("placed_at", instant()),
        sa.Column("billing_address", sa.Text()),
        sa.Column("shipping_address", sa.Text()),
        sa.Column("payments", sa.Text()),
        sa.Column("shipments", sa.Text()),
        sa.Column("returns", sa.Text()),
        sa.Column("coupons", sa.Text()),
        sa.Column("tags", sa.Text()),
        sa.Column("vendor", words(64), nullable=False),
        sa.Column("created_at", instant()),
        sa.Column("updated_at", instant()),
        sa.Column("hash", sa.LargeBinary(16), nullable=False),
        sa.Column("first_seen_at", instant(), nullable=False),
        sa.Column("changed_at", instant(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_orders_customer_id", "orders", ["customer_id"])
    op.create_index("ix_orders_placed_at", "orders", ["placed_at"])
    op.create_index("ix_orders_reference", "orders", ["reference"])
    op.create_table(
        "order_lines",
        sa.Column("store", words(255), primary_key=True),
        sa.Column("id", words(512), primary_key=True),
        sa.Column("order_id", words(512), nullable=False),
        sa.Column("line_id", words(512), nullable=False),
        sa.Column("position", whole(), nullable=False),
        sa.Column("product_id", words(512)),
        sa.Column("sku", words(255)),
        sa.Column("name", sa.Text()),
        sa.Column("quantity", whole()),
        sa.Column("unit_price", money()),
        sa.Column("subtotal", money()),
        sa.Column("discount", money()),
        sa.Column("tax", money()),
        sa.Column("parent_line_id", words(512)),
        sa.Column("parent_kind", words(64)),
        sa.Column("subscription_id", words(512)),
        sa.Column("coupon", words(255)),
        sa.Column("options", sa.Text()),
        sa.Column("attributes", sa.Text()),
    )
    op.create_index("order_lines_by_order", "order_lines", ["store", "order_id"])
    op.create_table(
        "customers",
        sa.Column("store", words(255), primary_key=True),
        sa.Column("id", words(512), primary_key=True),
        sa.Column("vendor", words(64), nullable=False),
        sa.Column("email", words(320)),
        sa.Column("first_name", sa.Text()),
        sa.Column("last_name", sa.Text()),
        sa.Column("company", sa.Text()),
        sa.Column("phone", words(64)),
        sa.Column("as_of", instant()),
    )
    op.create_index("ix_customers_email", "customers", ["email"])
    op.create_table(
        "quarantine",
        sa.Column("store", words(255), primary_key=True),
        sa.Column("id", words(512), primary_key=True),
        sa.Column("stream", words(64), primary_key=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", instant(), nullable=False),
    )
    op.create_table(
        "sync_runs",
        sa.Column("store", words(255), primary_key=True),
        sa.Column("id", words(512), primary_key=True),
        sa.Column("stream", words(64), primary_key=True),
        sa.Column("state", words(32), nullable=False),
        sa.Column("started_at", instant(), nullable=False),
        sa.Column("ended_at", instant()),
        sa.Column("report", sa.Text()),
    )
    op.create_table(
        "sync_checkpoints",
        sa.Column("store", words(255), primary_key=True),
        sa.Column("id", words(512), primary_key=True),
        sa.Column("token", sa.Text()),
        sa.Column("state", words(32), nullable=False),
        sa.Column("since", instant()),
        sa.Column("started_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
    )
