"""What differed when a row was last written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds a column, which does not rewrite the rows."""
    for table in ("products", "orders"):
        op.add_column(table, sa.Column("changes", sa.Text()))
