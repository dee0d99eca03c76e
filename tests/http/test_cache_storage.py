"""Where replies are kept: within its bytes, nobody else's to read, and never a reason for a call to fail."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest

from commerce_async.errors import ConfigError
from commerce_async.http.auth import Basic, HeaderToken
from commerce_async.http.cache import MemoryCache, SQLiteCache
from commerce_async.http.cache.rules import Entry
from commerce_async.http.cache.storage import storage_of
from tests.http.kit import get, post, stray
from tests.http.origin import TOKEN, Answer, Origin, client

HOUR = {"cache-control": "max-age=3600"}

pytestmark = pytest.mark.anyio


def entry(size: int = 100) -> Entry:
    return Entry(headers={}, body=bytes(size), requested=0.0, received=0.0, forced=False)


def kept(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT account, key FROM replies ORDER BY key").fetchall()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


# -- within its bytes ------------------------------------------------------------------------------------------


async def test_memory_is_bounded_and_those_unused_for_longest_give_way() -> None:
    cache = MemoryCache(3 * entry().size)
    for key in "abc":
        cache.save("x", key, entry())
    await cache.load("x", "a")
    cache.save("x", "d", entry())
    assert [await cache.load("x", key) is not None for key in "abcd"] == [True, False, True, True]
    cache.save("x", "e", entry(10_000))
    assert (len(cache), cache.size) == (3, 3 * entry().size)
    cache.save("x", "a", entry(50))
    assert cache.size == 3 * entry().size - 50


async def test_forgetting_an_account_leaves_the_others() -> None:
    cache = MemoryCache()
    cache.save("x", "a", entry())
    cache.save("y", "a", entry())
    cache.forget("x")
    assert (await cache.load("x", "a"), await cache.load("y", "a")) == (None, entry())


async def test_a_file_is_bounded_and_those_unused_for_longest_give_way(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    cache = SQLiteCache(path, max_bytes=300_000)
    cache.open()
    for number in range(200):
        cache.save("x", f"{number:03}", entry(10_000))
        await cache.load("x", f"{number:03}")
    await cache.close()
    keys = [key for _, key in kept(path)]
    assert 20 <= len(keys) <= 28
    assert keys == [f"{number:03}" for number in range(200 - len(keys), 200)]
    assert path.stat().st_size < 2 * 300_000


async def test_a_use_long_after_the_last_one_is_noted_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(0, 10**6, 100))
    monkeypatch.setattr("commerce_async.http.cache.sqlite.time", lambda: float(next(now)))
    cache = SQLiteCache(tmp_path / "cache.db", max_bytes=35_000)
    cache.open()
    for key in "abc":
        cache.save("x", key, entry(10_000))
    await cache.load("x", "a")
    cache.save("x", "d", entry(10_000))
    await cache.close()
    assert [key for _, key in kept(tmp_path / "cache.db")] == ["a", "d"]


@pytest.mark.parametrize("size", [0, -1, True])
@pytest.mark.parametrize("kind", [MemoryCache, lambda max_bytes: SQLiteCache("x", max_bytes)])
def test_a_size_that_is_none_is_refused(kind: Callable[..., Any], size: int) -> None:
    with pytest.raises(ConfigError, match="max_bytes"):
        kind(max_bytes=size)


# -- the file --------------------------------------------------------------------------------------------------


async def test_the_file_is_made_when_first_needed_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    old = os.umask(0)
    try:
        cache = SQLiteCache(path)
        cache.open()
        assert not path.exists()
        cache.save("x", "a", entry())
        assert await cache.load("x", "a") == entry()
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
        assert set(modes) >= {"cache.db", "cache.db-wal"}
        assert set(modes.values()) == {0o600}
        await cache.close()
        path.chmod(0o644)
        cache.open()
        await cache.load("x", "a")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        await cache.close()
    finally:
        os.umask(old)


async def test_a_reply_outlasts_the_process(tmp_path: Path) -> None:
    cache = SQLiteCache(tmp_path / "cache.db")
    origin = Origin(Answer(b'{"n":1}', HOUR))
    for _ in range(2):
        shop = client(origin, SQLiteCache(tmp_path / "cache.db"))
        await shop.open()
        assert await shop.send(get()) == {"n": 1}
        await shop.close()
    assert origin.count == 1
    assert cache._file is None


async def test_two_processes_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    code = (
        "import asyncio, sys\n"
        "from commerce_async.http.cache import SQLiteCache\n"
        "from commerce_async.http.cache.rules import Entry\n"
        "async def main():\n"
        "    cache = SQLiteCache(sys.argv[1]); cache.open()\n"
        "    for n in range(150):\n"
        "        cache.save('x', f'{sys.argv[2]}{n:03}', Entry({}, b'body', 0.0, 0.0, False))\n"
        "        await cache.load('x', f'other{n:03}')\n"
        "    await cache.close(); print(cache._broken)\n"
        "asyncio.run(main())\n"
    )
    running = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, path, name, stdout=subprocess.PIPE)
        for name in ("one", "two")
    ]
    said = [(await each.communicate())[0] for each in running]
    assert said == [b"False\n", b"False\n"]
    assert len(kept(path)) == 300


async def test_one_storage_serves_two_stores_and_closes_with_the_last(tmp_path: Path) -> None:
    cache = SQLiteCache(tmp_path / "cache.db")
    one, two = (client(Origin(Answer(b"{}", HOUR)), cache, token=f"token-number-{n}") for n in range(2))
    await one.open()
    await two.open()
    await one.send(get())
    await two.send(get())
    await one.close()
    await two.send(get())
    assert two.stats.hits == 1
    assert len(kept(tmp_path / "cache.db")) == 2
    await two.close()
    assert not (tmp_path / "cache.db-wal").exists()


# -- a cache that fails has nothing, and that is all ------------------------------------------------------------


async def used(cache: SQLiteCache) -> None:
    """Two reads and a write through a real client; all must work."""
    origin = Origin(Answer(b'{"n":1}', HOUR))
    shop = client(origin, cache)
    await shop.open()
    for call in (get(), get(), post(), get()):
        assert await shop.send(call) == {"n": 1}
    await shop.close()
    assert (origin.count, shop.stats.hits) == (4, 0)


async def test_a_damaged_file_is_one_warning_and_stays_as_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "cache.db"
    path.write_bytes(b"this is no database at all " * 200)
    before = path.read_bytes()
    await used(SQLiteCache(path))
    assert len(warnings(caplog)) == 1
    assert "go on without it" in warnings(caplog)[0]
    assert path.read_bytes() == before


async def test_a_file_damaged_under_way_is_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "cache.db"
    cache = SQLiteCache(path)
    cache.open()
    for number in range(50):
        cache.save("x", str(number), entry(5000))
    await cache.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    await used(SQLiteCache(path))
    assert len(warnings(caplog)) == 1


async def test_another_programs_database_is_not_touched(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE replies (mine TEXT)")
        db.commit()
    before = path.read_bytes()
    await used(SQLiteCache(path))
    assert "another program's" in warnings(caplog)[0]
    assert path.read_bytes() == before


async def test_a_file_that_another_process_holds_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commerce_async.http.cache.sqlite._BUSY", 0.05)
    path = tmp_path / "cache.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        await used(SQLiteCache(path))
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("place", ["missing/cache.db", "."])
async def test_a_place_that_cannot_be_written_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    await used(SQLiteCache(tmp_path / place))
    assert len(warnings(caplog)) == 1


async def with_one_reply(path: Path) -> SQLiteCache:
    cache = SQLiteCache(path)
    cache.open()
    cache.save("x", "a", entry())
    assert await cache.load("x", "a") == entry()
    return cache


def change(path: Path, what: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"UPDATE replies SET {what}")
        db.commit()


async def test_a_row_of_another_version_is_no_reply(tmp_path: Path) -> None:
    cache = await with_one_reply(tmp_path / "cache.db")
    change(tmp_path / "cache.db", "entry = x'93a161'")
    assert await cache.load("x", "a") is None
    await cache.close()


async def test_a_reply_with_one_damaged_byte_is_no_reply_and_never_a_wrong_one(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    cache = SQLiteCache(path)
    cache.open()
    cache.save("x", "a", entry())
    cache.save("x", "b", entry())
    assert await cache.load("x", "a") == entry()
    with closing(sqlite3.connect(path)) as db:
        (good,) = db.execute("SELECT entry FROM replies WHERE key = 'a'").fetchone()
        for at in range(len(good)):
            damaged = good[:at] + bytes([good[at] ^ 0x40]) + good[at + 1 :]
            db.execute("UPDATE replies SET entry = ? WHERE key = 'a'", (damaged,))
            db.commit()
            assert await cache.load("x", "a") is None
        db.execute("UPDATE replies SET key = 'c' WHERE key = 'b'")  # another reply's place
        for other in (2**40, "text"):
            db.execute("UPDATE replies SET entry = ? WHERE key = 'a'", (other,))
            db.commit()
            assert await cache.load("x", "a") is None
        assert await cache.load("x", "c") is None
    await cache.close()


async def test_a_file_with_text_where_a_time_is_due_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = await with_one_reply(tmp_path / "cache.db")
    change(tmp_path / "cache.db", "used = 'noon'")
    assert await cache.load("x", "a") is None
    assert len(warnings(caplog)) == 1
    await cache.close()


# -- secrecy ---------------------------------------------------------------------------------------------------


async def test_no_secret_and_no_question_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    answer = Answer(b'{"n":1}', {**HOUR, "set-cookie": "sid=cookie-secret", "vary": "X-Personal"})
    shop = client(Origin(answer), SQLiteCache(path), auth=(HeaderToken("X-Token", TOKEN), Basic("user", "pass-word")))
    await shop.open()
    call = get(query=(("email", "eq:someone@example.com"),), headers=(("X-Personal", "personal-value"),))
    await shop.send(call)
    await shop.send(call)
    assert shop.stats.hits == 1
    content = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert b'{"n":1}' in content
    for secret in (TOKEN, "pass-word", "cookie-secret", "someone@example.com", "personal-value", "shop.example"):
        assert secret.encode() not in content
    assert TOKEN not in repr(vars(shop._caching)) + repr(vars(shop._caching._account))  # type: ignore[union-attr]
    await shop.close()


# -- ends ------------------------------------------------------------------------------------------------------


async def test_a_lookup_that_is_cancelled_leaves_the_cache_usable(tmp_path: Path) -> None:
    cache = SQLiteCache(tmp_path / "cache.db")
    shop = client(Origin(Answer(b"{}", HOUR)), cache)
    await shop.open()
    for steps in range(6):
        task = asyncio.create_task(shop.send(get(f"/{steps}")))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await shop.send(get("/end"))
    await shop.send(get("/end"))
    assert shop.stats.hits >= 1
    assert not stray()
    await shop.close()


async def test_closing_in_a_cancelled_scope_still_writes_what_waits(tmp_path: Path) -> None:
    cache = SQLiteCache(tmp_path / "cache.db")
    with anyio.CancelScope() as scope:
        shop = client(Origin(Answer(b"{}", HOUR)), cache)
        await shop.open()
        try:
            await shop.send(get())
            scope.cancel()
            await anyio.sleep(1)
        finally:
            await shop.close()
    assert len(kept(tmp_path / "cache.db")) == 1
    assert cache._file is None


# -- as a configuration file names it ---------------------------------------------------------------------------


def test_a_configuration_names_memory_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert isinstance(storage_of("memory"), MemoryCache)
    assert repr(storage_of("sqlite:~/c.db")) == f"SQLiteCache({str(tmp_path / 'c.db')!r})"


@pytest.mark.parametrize("text", ["", "sqlite", "sqlite:", "redis:x", "Memory", "memory:"])
def test_any_other_name_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="cache: expected"):
        storage_of(text)
