"""Databases that go away, are locked, or are full: one clear line, nothing lost, and gone on with afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import func, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import await_only

from commerce_async.cli.codes import Exit
from commerce_async.errors import ConfigError, LockedError, SinkError
from commerce_async.sinks import Checkpoint, Counts, Sink, database, tables
from commerce_async.sinks.checkpoints import save_checkpoint
from commerce_async.sync import pull
from tests import postgres as postgresql
from tests.sync.fake import WHEN, FakeStore, order, product

pytestmark = pytest.mark.anyio

RUNNING = Checkpoint(token="t", state="running", started_at=WHEN)


async def write(sink: Sink, *records: Any) -> Counts:
    return await sink.write("eu", "products", records, checkpoint=RUNNING, now=WHEN)


# -- PostgreSQL ----------------------------------------------------------------------------------------------


async def test_a_server_killed_in_the_middle_of_a_pull_loses_nothing_and_is_gone_on_with(
    postgres: str, postgres_server: postgresql.Server
) -> None:
    async def kill() -> None:
        await anyio.to_thread.run_sync(postgres_server.kill)

    pages = [[product(str(page * 10 + number)) for number in range(10)] for page in range(6)]
    store = FakeStore(products=[*pages[:3], kill, *pages[3:]])
    try:
        with pytest.raises(SinkError) as caught:
            await pull([store], into=postgres, streams=["products"])
        with pytest.raises(SinkError, match="cannot reach the database"):
            await pull([FakeStore(products=pages)], into=postgres, streams=["products"])
    finally:
        await anyio.to_thread.run_sync(postgres_server.start)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("postgresql://")
    [(landed,)] = await postgresql.rows(postgres, "SELECT count(*) FROM products")
    assert landed in (20, 30)  # the page before is being written while the one that kills is read
    again = FakeStore(products=pages)
    report = await pull([again], into=postgres, streams=["products"])
    assert again.products.asked == list(range(landed // 10, 6))
    assert report.complete
    assert await postgresql.rows(postgres, "SELECT count(*), count(DISTINCT id) FROM products") == [(60, 60)]
    assert await postgresql.rows(postgres, "SELECT count(*) FROM product_prices") == [(120,)]


async def test_an_open_sink_outlives_a_restart_of_the_server(postgres: str, postgres_server: postgresql.Server) -> None:
    async with Sink(postgres) as sink:
        await write(sink, product("a"))
        await anyio.to_thread.run_sync(postgres_server.kill)
        try:
            with pytest.raises(SinkError):
                await write(sink, product("b"))
        finally:
            await anyio.to_thread.run_sync(postgres_server.start)
        assert await write(sink, product("a"), product("b")) == Counts(new=1, unchanged=1)


async def test_a_lock_whose_session_died_is_free_and_its_holder_writes_no_more(postgres: str) -> None:
    async with Sink(postgres) as first, Sink(postgres) as second:
        async with first.lock():
            kill = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            await postgresql.rows(postgres, kill)
            async with second.lock(patience=10):
                with pytest.raises(SinkError, match="the lock was lost"):
                    await write(first, product("a"))
                await write(second, product("b"))
        async with second.lock(patience=0):
            pass
    assert await postgresql.rows(postgres, "SELECT id FROM products") == [("b",)]


async def test_whoever_takes_a_lock_over_waits_for_the_page_that_its_last_holder_is_about_to_commit(
    postgres: str,
) -> None:
    ended = Checkpoint(token=None, state="complete", started_at=WHEN)
    async with Sink(postgres) as first, Sink(postgres, timeout=0.1) as second:

        async def take_over() -> None:
            async with second.lock(patience=10):
                await second.save_checkpoint("eu", "products", ended, WHEN)

        def page(connection: Any) -> None:
            with pytest.raises(SinkError, match="lock timeout"):
                await_only(take_over())
            save_checkpoint(connection, "eu", "products", RUNNING, WHEN)

        async with first.lock():
            kill = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            await postgresql.rows(postgres, kill)
            await first.transaction(page)
            await take_over()
            assert await second.checkpoint("eu", "products") == ended
            with pytest.raises(SinkError, match="the lock was lost"):
                await write(first, product("a"))


async def test_what_is_read_together_is_of_one_moment(postgres: str) -> None:
    async with Sink(postgres) as reader, Sink(postgres) as writer:
        await write(writer, product("a", price="1.00"))

        def read(connection: Any) -> tuple[Any, Any]:
            raw = connection.execute(select(tables.products.c.raw)).scalar_one()
            await_only(write(writer, product("a", price="2.00")))
            return raw, connection.execute(select(func.min(tables.product_prices.c.amount))).scalar_one()

        assert await reader.read(read) == (product("a", price="1.00").raw, 1)


async def test_a_table_locked_by_somebody_else_is_waited_for_so_long_and_no_longer(postgres: str) -> None:
    import asyncpg

    async with Sink(postgres, timeout=0.2) as sink:
        other = await asyncpg.connect(postgres)
        try:
            async with other.transaction():
                await other.execute("LOCK TABLE products")
                with pytest.raises(SinkError, match="lock timeout; another program is writing to it"):
                    await write(sink, product("a"))
        finally:
            await other.close()
        assert await write(sink, product("a")) == Counts(new=1)


async def test_raw_json_is_compressed_by_lz4_where_the_server_can(postgres: str) -> None:
    [(choices,)] = await postgresql.rows(
        postgres, "SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'"
    )
    async with Sink(postgres) as sink:
        found = await sink.read(lambda c: c.exec_driver_sql("SHOW default_toast_compression").scalar_one())
    assert found == ("lz4" if "lz4" in choices else "pglz")


async def test_tables_have_the_types_of_a_grown_database(postgres: str) -> None:
    async with Sink(postgres):
        query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'orders'"
        kinds = dict(await postgresql.rows(postgres, query))
    assert (kinds["total"], kinds["placed_at"], kinds["raw"]) == ("numeric", "timestamp with time zone", "bytea")


async def test_a_wrong_password_or_database_shows_neither_password_nor_traceback(postgres: str) -> None:
    url = postgres.replace("postgres:@", "postgres:hunter2@").replace("/shop", "/no_such_shop")
    with pytest.raises(SinkError, match=r'database "no_such_shop.*" does not exist') as caught:
        async with Sink(url):
            pass
    assert "hunter2" not in str(caught.value)


def test_without_the_drivers_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "find_spec", lambda name: None)
    told = r"asyncpg and greenlet; install them with: pip install 'commerce-async\[postgres\]'"
    with pytest.raises(ConfigError, match=told):
        database.open_database(database.checked("postgresql://localhost/shop"), create=True, timeout=1.0)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("shop.db", "expected a database URL such as sqlite:///shop.db or postgresql://"),
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
        ("postgresql://localhost", "name a database"),
        ("postgresql://localhost:port/shop", "expected a database URL"),
        ("mysql://localhost/shop", "mysql is not supported"),
        ("postgresql://u:hunter2@localhost:99999/shop", "a port that is none"),
        (
            "postgresql://u:hunter2@localhost/shop?channel_binding=hunter2",
            "the option 'channel_binding' .* leave it out",
        ),
        ("sqlite:///shop.db?mode=ro", "the option 'mode' .* leave it out"),
        ("sqlite:///shop\0.db", "a zero byte"),
    ],
)
def test_a_url_that_is_none_of_ours_is_refused_with_what_is(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        Sink(url)
    assert "hunter2" not in str(caught.value)


async def test_a_url_may_be_kept_elsewhere_so_that_no_list_of_processes_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/shop.db")
    report = await pull([FakeStore(products=[[product("a")]])], into="env:DATABASE_URL", streams=["products"])
    assert report.into == f"sqlite:///{tmp_path}/shop.db"
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(ConfigError, match="into: environment variable DATABASE_URL is not set"):
        Sink("env:DATABASE_URL")


async def test_options_of_libpq_in_the_url_are_heard(postgres: str) -> None:
    async with Sink(f"{postgres}&sslmode=prefer&connect_timeout=5&application_name=nightly&sslrootcert=none") as sink:
        assert await sink.read(lambda c: c.exec_driver_sql("SHOW application_name").scalar_one()) == "nightly"
    async with Sink(postgres) as sink:
        assert await sink.read(lambda c: c.exec_driver_sql("SHOW application_name").scalar_one()) == "commerce-async"
    with pytest.raises(SinkError, match="`sslmode` parameter must be one of"):
        async with Sink(f"{postgres}&sslmode=sometimes"):
            pytest.fail("it is open")


# -- SQLite --------------------------------------------------------------------------------------------------


async def test_a_lock_that_is_cancelled_while_it_is_taken_is_not_kept(tmp_path: Path) -> None:
    async with Sink(f"sqlite:///{tmp_path}/shop.db") as sink:

        async def hold() -> None:
            async with sink.lock():
                await anyio.sleep_forever()

        for turns in range(20):
            holder = asyncio.ensure_future(hold())
            for _ in range(turns):
                await asyncio.sleep(0)
            holder.cancel()
            await asyncio.wait([holder])
            await asyncio.sleep(0.002)  # a thread that took it would have done so by then
            async with sink.lock(patience=0):
                pass


async def test_a_lock_that_cannot_be_taken_for_another_reason_is_a_passing_failure(tmp_path: Path) -> None:
    (tmp_path / "shop.db.lock").mkdir()
    with pytest.raises(SinkError, match=r"shop\.db\.lock: unable to open database file"):
        await pull([FakeStore(products=[[product("a")]])], into=f"sqlite:///{tmp_path}/shop.db")


async def test_a_file_that_another_program_writes_to_is_waited_for_so_long_and_no_longer(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    async with Sink(f"sqlite:///{file}", timeout=0.1) as sink:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SinkError, match="database is locked; another program is writing to it"):
            await write(sink, product("a"))
        assert await sink.count("products") == {}  # reading goes on meanwhile
        other.execute("ROLLBACK")
        other.close()
        assert await write(sink, product("a")) == Counts(new=1)


async def test_a_file_that_cannot_be_opened_says_what_it_takes(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="unable to open database file; its folder must be there"):
        await pull([FakeStore(products=[[product("a")]])], into=f"sqlite:///{tmp_path}/none/shop.db")


async def test_a_file_that_may_only_be_read_says_what_it_takes(tmp_path: Path) -> None:
    # As another user would meet it; whoever runs these tests may write anywhere.
    said = DBAPIError("PRAGMA", None, sqlite3.OperationalError("attempt to write a readonly database"))
    refused = database.refusal(make_url(f"sqlite:///{tmp_path}/shop.db"), said)
    assert "readonly database; this user must be able to write to the file and to its folder" in str(refused)


async def test_a_full_disk_is_told_and_gone_on_from_once_there_is_room(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    pages = [[order(f"{page}-{number}") for number in range(50)] for page in range(40)]
    async with Sink(f"sqlite:///{file}") as sink:
        size = await sink.read(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        limit = f"PRAGMA max_page_count = {size + 60}"
        await sink.transaction(lambda connection: connection.exec_driver_sql(limit).scalar_one())
        with pytest.raises(SinkError, match="full; make room and run the same again"):
            await pull([FakeStore(orders=pages)], into=sink, streams=["orders"])
        landed = (await sink.count("orders"))["eu"]
        assert 0 < landed < 2000
        assert landed % 50 == 0
        room = "PRAGMA max_page_count = 1000000"
        await sink.transaction(lambda connection: connection.exec_driver_sql(room).scalar_one())
        again = FakeStore(orders=pages)
        assert (await pull([again], into=sink, streams=["orders"])).complete
        assert again.orders.asked == list(range(landed // 50, 40))
        assert (await sink.count("orders"), await sink.count("order_lines")) == ({"eu": 2000}, {"eu": 4000})


FILL = """
import anyio, resource, sys, typer
from commerce_async.cli.running import run
from commerce_async.cli.codes import Exit
from commerce_async.sync import pull
from tests.sync.fake import FakeStore, order
pages = [[order(f"{page}-{number}") for number in range(50)] for page in range(40)]
async def main():
    if sys.argv[2] != "no":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    await pull([FakeStore(orders=pages)], into=sys.argv[1], streams=["orders"])
    return Exit.COMPLETE
try:
    run(main)
except typer.Exit as ended:
    sys.exit(ended.exit_code)
"""


async def test_a_file_that_may_not_grow_ends_the_process_in_one_line_and_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    async with Sink(f"sqlite:///{file}"):
        pass

    def fill(limit: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-c", FILL, f"sqlite:///{file}", limit]
        return subprocess.run(command, capture_output=True, check=False)

    failed = await anyio.to_thread.run_sync(fill, str(600_000))
    lines = failed.stderr.decode().splitlines()
    assert failed.returncode == Exit.DATABASE
    assert lines[-1].startswith(f"Error: sqlite:///{file}: disk I/O error")
    assert "Traceback" not in failed.stderr.decode()
    async with Sink(f"sqlite:///{file}") as sink:
        landed = (await sink.count("orders")).get("eu", 0)
    assert 0 < landed < 2000
    done = await anyio.to_thread.run_sync(fill, "no")
    assert (done.returncode, done.stderr) == (0, b"")
    async with Sink(f"sqlite:///{file}") as sink:
        assert (await sink.count("orders"), await sink.count("order_lines")) == ({"eu": 2000}, {"eu": 4000})


HOLD = """
import anyio, sys
from commerce_async.sinks import Sink
async def main():
    async with Sink(sys.argv[1]) as sink, sink.lock("sync"):
        print("held", flush=True)
        await anyio.sleep_forever()
anyio.run(main)
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_killed_process_does_not_keep_the_lock(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/shop.db" if kind == "sqlite" else request.getfixturevalue("postgres")
    holder = subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    with holder.stdout:
        assert await anyio.to_thread.run_sync(holder.stdout.readline) == b"held\n"
    async with Sink(url) as sink:
        with pytest.raises(LockedError, match=f"in use by sync, process {holder.pid} on"):
            async with sink.lock(patience=0):
                pass
        holder.kill()
        holder.wait()
        async with sink.lock():  # the server may take a moment to notice
            assert await write(sink, product("a")) == Counts(new=1)


def test_a_database_in_use_has_an_exit_code_of_its_own() -> None:
    from commerce_async.cli.running import _code

    assert _code(LockedError("in use")) is Exit.LOCKED
    assert _code(SinkError("full")) is Exit.DATABASE
