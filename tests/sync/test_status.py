"""What a database tells of its streams."""

from __future__ import annotations

import io
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from commerce_async.cli.status import render, span
from commerce_async.errors import AuthError, ConfigError
from commerce_async.schema import Unreadable
from commerce_async.sinks import Sink
from commerce_async.sync import pull
from commerce_async.sync.incremental import OVERLAP
from commerce_async.sync.status import Status, status
from tests.sync.fake import FakeStore, product
from tests.sync.shelf import NOON, Shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db"


def drawn(found: Status) -> str:
    out = io.StringIO()
    render(found, Console(file=out, width=80))
    return out.getvalue()


async def test_it_tells_rows_gone_ones_watermark_runs_and_what_is_due(url: str) -> None:
    shop = Shop()
    shop.shelf.put("a", "b", "c")
    await pull([shop], into=url, streams=["orders"])
    shop.shelf.drop("b")
    shop.clock.move(hours=1)
    await pull([shop], into=url, streams=["orders"], full=True)
    shop.clock.move(hours=2)
    found = await status(url, clock=shop.clock)
    [stream] = found.streams
    assert (stream.store, stream.stream, stream.state, stream.due) == ("eu", "orders", "complete", "changes")
    assert (stream.rows, stream.gone, stream.quarantined) == (2, 1, 0)
    assert stream.watermark == NOON + timedelta(hours=1) - OVERLAP
    assert stream.full_due_at == NOON + timedelta(hours=1, days=7)
    assert [(run.state, run.read, run.new, run.gone) for run in found.runs] == [
        ("complete", 2, 0, 1),
        ("complete", 3, 3, 0),
    ]
    text = drawn(found)
    assert "eu     orders     2     1  03-01 12:55  complete   changes, all in 6 d" in text.replace("\xa0", " ")
    assert all(len(line) <= 80 for line in text.splitlines()[:-1])


@pytest.mark.parametrize("by", ["nothing", None])
async def test_a_list_that_is_always_read_whole_is_not_said_to_be_read_for_changes(url: str, by: str | None) -> None:
    shop = Shop(by=by)
    shop.shelf.put("a")
    for _ in range(2):
        await pull([shop], into=url, streams=["orders"])
        found = await status(url, clock=shop.clock)
        assert [(stream.due, stream.full_due_at) for stream in found.streams] == [("full", None)]
        assert drawn(found).splitlines()[3].split()[-1] == "all"
    assert shop.shelf.since == [None, None]


async def test_a_full_pass_that_is_due_and_one_that_was_interrupted_are_told_apart(url: str) -> None:
    shop = Shop(size=1)
    shop.shelf.put("a", "b")
    await pull([shop], into=url, streams=["orders"])
    shop.clock.move(days=8)
    assert [stream.due for stream in (await status(url, clock=shop.clock)).streams] == ["full"]
    assert [s.due for s in (await status(url, full_every=None, clock=shop.clock)).streams] == ["changes"]

    def fail(after: str) -> None:
        if after:
            raise AuthError("expired")

    shop.shelf.before_page = fail
    await pull([shop], into=url, streams=["orders"])
    found = await status(url, clock=shop.clock)
    assert [stream.due for stream in found.streams] == ["resume"]
    text = drawn(found)
    assert "failed     the rest of it" in text
    assert "eu orders failed: expired" in text


async def test_records_in_quarantine_are_counted(url: str) -> None:
    await pull([FakeStore(products=[[product("a"), Unreadable(id="b", reason="price", raw=b"{}")]])], into=url)
    found = {stream.stream: stream.quarantined for stream in (await status(url)).streams}
    assert found == {"products": 1, "orders": 0}


async def test_it_needs_no_lock_and_waits_for_no_writer(url: str) -> None:
    shop = Shop()
    shop.shelf.put("a")
    await pull([shop], into=url, streams=["orders"])
    async with Sink(url) as sink, sink.lock():
        writer = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        try:
            assert len((await status(url)).streams) == 1
        finally:
            writer.close()


async def test_a_database_that_is_not_there_is_not_made(url: str) -> None:
    with pytest.raises(ConfigError, match="no such database"):
        await status(url)
    assert not Path(url.removeprefix("sqlite:///")).exists()


async def test_a_database_that_nothing_was_synced_into_says_so(url: str) -> None:
    async with Sink(url):
        pass
    assert "no stream has been synced yet" in drawn(await status(url))


@pytest.mark.parametrize(
    ("length", "words"), [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (86400 * 6.9, "6 d")]
)
def test_a_length_of_time_is_told_in_its_largest_unit(length: float, words: str) -> None:
    assert span(timedelta(seconds=length)) == words
