"""Whose account a checkpoint is of, so that another account under the same name is read from its beginning."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds the column. Where nothing is known, the account is taken to be the same."""
    op.add_column("sync_checkpoints", sa.Column("account", sa.String(32).with_variant(sa.Text(), "postgresql")))
