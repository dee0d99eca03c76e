"""Rows marked gone, raw JSON packed or left out, watermarks, what a pass has seen, the lock, the id map, intents."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def words(length: int) -> Any:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def instant() -> Any:
    return sa.String(32).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Adds columns, none of which needs the rows to be rewritten, and tables."""
    for table in ("products", "orders"):
        op.add_column(table, sa.Column("gone_at", instant()))
        op.add_column(table, sa.Column("raw_form", words(8), nullable=False, server_default="plain"))
    for column in ("watermark", "mark", "full_at"):
        op.add_column("sync_checkpoints", sa.Column(column, instant()))
    op.create_table(
        "sync_seen",
        sa.Column("store", words(255), primary_key=True),
        sa.Column("stream", words(64), primary_key=True),
        sa.Column("id", words(512), primary_key=True),
        sa.Column("missing", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "sync_lock",
        sa.Column("id", words(16), primary_key=True),
        sa.Column("token", words(32), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("since", instant(), nullable=False),
    )
    op.create_table(
        "id_map",
        sa.Column("source_store", words(255), primary_key=True),
        sa.Column("source_id", words(512), primary_key=True),
        sa.Column("target_store", words(255), primary_key=True),
        sa.Column("target_id", words(512), nullable=False),
        sa.Column("sku", words(255)),
        sa.Column("matched_at", instant(), nullable=False),
        sa.UniqueConstraint("source_store", "target_store", "target_id", name="id_map_by_target"),
    )
    op.create_table(
        "intents",
        sa.Column("id", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), primary_key=True),
        sa.Column("plan", words(255), nullable=False),
        sa.Column("item", words(512), nullable=False),
        sa.Column("action", words(16), nullable=False),
        sa.Column("state", words(16), nullable=False),
        sa.Column("body", sa.Text()),
        sa.Column("at", instant(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.UniqueConstraint("plan", "item", name="intents_by_item"),
    )
