"""The rest of a product's stock and of an order's customer, what limits a list, and the rows by when they changed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def whole() -> Any:
    return sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def words(length: int) -> Any:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Adds columns and indexes, and has the next pass of every stream read everything, which fills the columns."""
    op.add_column("products", sa.Column("stock_on_order", whole()))
    op.add_column("products", sa.Column("stock_backorder", sa.Boolean()))
    for column in ("first_name", "last_name", "company"):
        op.add_column("orders", sa.Column(column, sa.Text()))
    op.add_column("orders", sa.Column("phone", words(64)))
    op.add_column("sync_checkpoints", sa.Column("limited_by", words(16)))
    for table in ("products", "orders"):
        op.create_index(f"{table}_by_change", table, ["store", "changed_at", "gone_at"])
    # A pass that was interrupted begins again: the rows that it has written lack the columns, too.
    op.execute(
        "UPDATE sync_checkpoints SET token = NULL, state = 'incomplete' WHERE state IN ('running', 'confirming')"
    )
    op.execute("UPDATE sync_checkpoints SET watermark = NULL")
