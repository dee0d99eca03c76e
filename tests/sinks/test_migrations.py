"""Databases of other versions: upgraded without loss, refused, or left alone."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select

from commerce_async.errors import ConfigError, LockedError
from commerce_async.schema import Customer, Product
from commerce_async.sinks import Checkpoint, Counts, Sink, migrating, tables
from commerce_async.sinks.database import checked, open_database
from commerce_async.sinks.upgrading import upgrade
from commerce_async.sync import pull
from tests import postgres as postgresql
from tests.sync.fake import WHEN, order, product
from tests.sync.shelf import NOON, Shop

pytestmark = pytest.mark.anyio

MIGRATIONS = Path(migrating.__file__).parent / "migrations"
LONG_AGO = "2026-01-01T00:00:00.000000Z"
FIRST = (Path(__file__).parent / "first_tables.sql").read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


def sql(file: Path, script: str, *values: Any) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(file)
    try:
        found = connection.execute(script, values).fetchall()
        connection.commit()
        return found
    finally:
        connection.close()


def first_version(file: Path) -> None:
    """A database as the first version left it: one product, a stream in the middle of a pass."""
    connection = sqlite3.connect(file)
    connection.executescript(FIRST)
    connection.execute(
        "INSERT INTO products (store, id, vendor, name, hash, first_seen_at, changed_at, raw) "
        f"VALUES ('eu', 'a', 'fake', 'Mug', x'00', '{LONG_AGO}', '{LONG_AGO}', ?)",
        (product("a").raw,),
    )
    connection.execute(
        f"INSERT INTO sync_checkpoints VALUES ('eu', 'products', 'page 7', 'running', NULL, '{LONG_AGO}', '{LONG_AGO}')"
    )
    connection.commit()
    connection.close()


def migrated(connection: Connection, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def second_version(connection: Connection) -> None:
    """A database as revision 0002 left it: an order, and its stream read completely an hour before noon."""
    migrated(connection, "0002")
    ours = {"store": "eu", "id": "a", "hash": b"0", "first_seen_at": WHEN, "changed_at": WHEN, "raw": b"{}"}
    order = {"vendor": "fake", "currency": "EUR", "total": Decimal("19.80"), "email": "a@example.com"}
    connection.execute(tables.orders.insert().values({**ours, **order}))
    read = {"store": "eu", "id": "orders", "state": "complete", "updated_at": WHEN}
    times = dict.fromkeys(("started_at", "watermark", "full_at"), NOON - timedelta(hours=1))
    connection.execute(tables.sync_checkpoints.insert().values({**read, **times}))


async def opened(url: str, work: Callable[[Connection], Any]) -> Any:
    """Runs the work on a database as it is."""
    database = open_database(checked(url), create=True, timeout=1.0)
    try:
        return await database.run(work)
    finally:
        await database.close()


def differences(connection: Connection) -> list[Any]:
    """What the tables lack, or have too much of, to be those that the code writes to."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    found: list[Any] = compare_metadata(context, tables.metadata)
    return [one for one in found if not (one[0] == "remove_table" and one[1].name == migrating.version_table.name)]


async def test_the_newest_revision_is_the_one_that_the_code_knows() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_heads() == [migrating.HEAD]


async def test_the_migrations_make_the_very_tables_that_the_code_writes_to(file: Path, postgres: str) -> None:
    for url in (f"sqlite:///{file}", postgres):
        await opened(url, lambda connection: migrated(connection, "head"))
        async with Sink(url, create=False) as sink:
            assert await sink.read(differences) == []


async def test_a_database_of_the_first_version_is_upgraded_and_gone_on_with(file: Path) -> None:
    first_version(file)
    async with Sink(f"sqlite:///{file}") as sink:
        assert await sink.read(differences) == []
        # What the interrupted pass wrote lacks columns that are new: it begins again.
        before = await sink.checkpoint("eu", "products")
        assert before is not None
        assert (before.state, before.token, before.watermark) == ("incomplete", None, None)
        checkpoint = Checkpoint(token=None, state="complete", started_at=WHEN)
        counts = await sink.write("eu", "products", [product("a"), product("b")], checkpoint=checkpoint, now=WHEN)
        assert counts == Counts(new=1, changed=1)
    assert sql(file, "SELECT raw, raw_form, gone_at, first_seen_at FROM products WHERE id = 'a'") == [
        (product("a").raw, "plain", None, LONG_AGO)
    ]
    assert sql(file, "SELECT version_num FROM commerce_async_version") == [(migrating.HEAD,)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_database_of_the_version_before_keeps_its_rows_and_the_next_pass_fills_what_is_new(
    kind: str, file: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres") if kind == "postgresql" else f"sqlite:///{file}"
    await opened(url, second_version)
    columns = [tables.orders.c[name] for name in ("id", "email", "total", "first_name", "phone", "first_seen_at")]
    async with Sink(url) as sink:
        assert await sink.read(lambda c: [tuple(row) for row in c.execute(select(*columns))]) == [
            ("a", "a@example.com", Decimal("19.80"), None, None, WHEN)
        ]
        shop = Shop()
        shop.shelf.put("a", total="19.80")
        buyer = Customer(email="a@example.com", first_name="Ada", phone="030")
        shop.shelf.orders["a"] = msgspec.structs.replace(shop.shelf.orders["a"], customer=buyer)
        report = await pull([shop], into=sink, streams=["orders"])
        assert shop.shelf.since == [None]  # everything, though the last full pass was an hour ago
        assert [stream.changed for stream in report.streams] == [1]
        assert await sink.read(lambda c: [tuple(row) for row in c.execute(select(*columns))]) == [
            ("a", "a@example.com", Decimal("19.80"), "Ada", "030", WHEN)
        ]


async def test_one_that_is_only_read_is_brought_up_to_date_by_the_command_that_its_refusal_names(file: Path) -> None:
    url = f"sqlite:///{file}"
    with pytest.raises(ConfigError, match="there is no such database"):
        await upgrade(url)
    await opened(url, second_version)
    with pytest.raises(ConfigError, match=rf"0002.*bring it up to date with: commerce-async upgrade --into {url}$"):
        async with Sink(url, create=False):
            pass
    assert [await upgrade(url), await upgrade(url)] == [("0002", migrating.HEAD), (migrating.HEAD, migrating.HEAD)]
    async with Sink(url, create=False) as sink:
        assert await sink.count("orders") == {"eu": 1}
        async with sink.lock("sync"):
            sql(file, "UPDATE commerce_async_version SET version_num = '0002'")
            with pytest.raises(LockedError, match="in use by sync"):
                await upgrade(url)


async def test_an_older_database_that_somebody_works_on_is_not_upgraded_underneath(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commerce_async.sinks.sql._PATIENCE", 0.0)
    url = f"sqlite:///{file}"
    async with Sink(url) as sink, sink.lock("sync"):
        sql(file, "UPDATE commerce_async_version SET version_num = '0004'")
        with pytest.raises(LockedError, match="in use by sync"):
            async with Sink(url):
                pytest.fail("it is open")
        assert sql(file, "SELECT version_num FROM commerce_async_version") == [("0004",)]


async def test_what_only_reads_upgrades_nothing_and_makes_no_file(file: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such database"):
        async with Sink(f"sqlite:///{file}", create=False):
            pass
    assert not file.exists()
    first_version(file)
    with pytest.raises(ConfigError, match="written by an older commerce-async"):
        async with Sink(f"sqlite:///{file}", create=False):
            pass
    assert sql(file, "SELECT name FROM sqlite_master WHERE name = 'commerce_async_version'") == []


async def test_an_empty_postgresql_is_refused_to_those_who_only_read(postgres: str) -> None:
    with pytest.raises(ConfigError, match="no sync has written to this database yet"):
        async with Sink(postgres, create=False):
            pass
    assert await postgresql.rows(postgres, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []


async def test_a_database_of_a_newer_version_is_refused_in_one_line(file: Path) -> None:
    url = f"sqlite:///{file}"
    async with Sink(url):
        pass
    sql(file, "UPDATE commerce_async_version SET version_num = '0099'")
    for create in (True, False):
        with pytest.raises(
            ConfigError, match=r"written by a newer commerce-async .*0099.*install a newer version"
        ) as caught:
            async with Sink(url, create=create):
                pass
        assert "\n" not in str(caught.value)


async def test_somebody_elses_database_is_left_alone(file: Path) -> None:
    sql(file, "CREATE TABLE products (id INTEGER PRIMARY KEY, title TEXT)")
    with pytest.raises(ConfigError, match="a table `products` that is not of commerce-async"):
        async with Sink(f"sqlite:///{file}"):
            pass
    assert sql(file, "SELECT name FROM sqlite_master") == [("products",)]


async def test_an_upgrade_that_fails_leaves_the_database_as_it_was(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first_version(file)
    sql(file, "CREATE TABLE intents (mine TEXT)")  # in the way of the last step
    before = sql(file, "SELECT sql FROM sqlite_master ORDER BY name")
    with pytest.raises(Exception, match="intents already exists"):
        async with Sink(f"sqlite:///{file}"):
            pass
    assert sql(file, "SELECT sql FROM sqlite_master ORDER BY name") == before
    sql(file, "DROP TABLE intents")
    async with Sink(f"sqlite:///{file}") as sink:
        assert await sink.count("products") == {"eu": 1}


OPEN = """
import sys, anyio
from commerce_async.sinks import Sink
async def main():
    sys.stdin.readline()
    async with Sink(sys.argv[1]) as sink:
        print(await sink.count("products"))
anyio.run(main)
"""


@pytest.mark.parametrize("kind", ["new sqlite", "old sqlite", "new postgresql"])
async def test_processes_that_open_it_at_once_do_not_collide(
    kind: str, file: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "old sqlite":
        first_version(file)
    url = request.getfixturevalue("postgres") if "postgresql" in kind else f"sqlite:///{file}"
    pipe = asyncio.subprocess.PIPE
    openers = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", OPEN, url, stdin=pipe, stdout=pipe, stderr=pipe)
        for _ in range(4)
    ]
    ended = await asyncio.gather(*(opener.communicate(b"go\n") for opener in openers))
    assert [error.decode() for _, error in ended] == [""] * 4
    assert {out for out, _ in ended} == ({b"{'eu': 1}\n"} if kind == "old sqlite" else {b"{}\n"})


async def test_alembic_is_imported_only_where_there_is_something_to_migrate(file: Path) -> None:
    async with Sink(f"sqlite:///{file}") as sink:
        checkpoint = Checkpoint(token=None, state="complete", started_at=WHEN)
        records: list[Product] = [product("a")]
        await sink.write("eu", "products", records, checkpoint=checkpoint, now=WHEN)
        await sink.write("eu", "orders", [order("1")], checkpoint=checkpoint, now=WHEN)
    script = OPEN + "assert not {'alembic', 'asyncpg', 'sqlalchemy.ext.asyncio'} & set(sys.modules), sys.modules"
    done = subprocess.run(
        [sys.executable, "-c", script, f"sqlite:///{file}"], input=b"go\n", capture_output=True, check=False
    )
    assert (done.stdout, done.stderr) == (b"{'eu': 1}\n", b"")
