"""Brings a database's tables to this version, and knows one that it must not touch."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, inspect, select, text

from commerce_async.errors import ConfigError
from commerce_async.sinks.tables import metadata
from commerce_async.sinks.types import words

HEAD: Final = "0005"  # the newest in migrations/versions
_FIRST: Final = "0001"  # what a database has that was made before there were migrations
_FOLDER: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x636F6D62  # on PostgreSQL: one process upgrades at a time; SQLite's transaction is a lock by itself

version_table = Table("commerce_async_version", MetaData(), Column("version_num", words(32), primary_key=True))


def is_current(connection: Connection) -> bool:
    """Whether the tables are this version's. Reads only."""
    return _found(connection) == HEAD


def is_older(connection: Connection) -> bool:
    """Whether the tables are of an older version. Reads only."""
    found = _found(connection)
    return found is not None and found < HEAD


class EmptyError(ConfigError):
    """The database has no tables of ours."""


def assert_current(connection: Connection, name: str) -> None:
    """For those who only read.

    Args:
        name: the database, for the error.

    Raises:
        ConfigError: the tables are not there, or of another version.
    """
    found = revision(connection, name)
    if found != HEAD:
        raise ConfigError(
            f"{name}: written by an older commerce-async (tables of revision {found}, this version knows {HEAD}); "
            f"bring it up to date with: commerce-async upgrade --into {name}"
        )


def revision(connection: Connection, name: str) -> str:
    """The revision of the tables: this version's or an older one. Reads only.

    Args:
        name: the database, for the error.

    Raises:
        ConfigError: the tables are not there, or of a newer version.
    """
    found = _found(connection)
    if found is None:
        raise EmptyError(f"{name}: no sync has written to this database yet")
    if found > HEAD:
        raise _newer(name, found)
    return found


def upgrade(connection: Connection, name: str) -> None:
    """Makes the tables, or brings those of an older version to this one's shape, in the transaction of the connection.

    Args:
        name: the database, for the error.

    Raises:
        ConfigError: the tables are of a newer version, or somebody else's.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    found = _found(connection)  # again: another process may have been quicker
    if found is None:
        _create(connection, name)
    elif found > HEAD:
        raise _newer(name, found)
    elif found < HEAD:
        _migrate(connection, found)


def _newer(name: str, found: str) -> ConfigError:
    return ConfigError(
        f"{name}: written by a newer commerce-async (its tables are of revision {found}, this version knows {HEAD}); "
        "install a newer version, or give another database"
    )


def _found(connection: Connection) -> str | None:
    """The revision of the tables; None if there are none."""
    inspector = inspect(connection)
    if inspector.has_table(version_table.name):
        return connection.execute(select(version_table.c.version_num)).scalar_one_or_none()
    return _FIRST if inspector.has_table("sync_checkpoints") and inspector.has_table("products") else None


def _create(connection: Connection, name: str) -> None:
    if inspect(connection).has_table("products"):
        raise ConfigError(f"{name}: holds a table `products` that is not of commerce-async; give it another database")
    # At once, not by the migrations one after another, which leave the columns in the order of their coming.
    metadata.create_all(connection, checkfirst=False)
    version_table.create(connection)
    connection.execute(version_table.insert().values(version_num=HEAD))


def _migrate(connection: Connection, found: str) -> None:
    # Only here: it takes a tenth of a second to import, and nearly every run finds its tables as they should be.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    if found == _FIRST and not inspect(connection).has_table(version_table.name):
        command.stamp(config, _FIRST)
    command.upgrade(config, HEAD)
