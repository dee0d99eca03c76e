"""Run by Alembic: the migrations go through the connection, and into the transaction, of `migrating.upgrade`."""

from __future__ import annotations

from alembic import context

from commerce_async.sinks.migrating import version_table
from commerce_async.sinks.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=version_table.name,
    transactional_ddl=True,  # SQLite's too, since the driver does not commit on its own
)
with context.begin_transaction():
    context.run_migrations()
