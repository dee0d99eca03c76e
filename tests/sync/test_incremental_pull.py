"""Pulling what is new: the limit of each pass as the store is asked for it, and the rows that come of it."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commerce_async.errors import AuthError, NetworkError, UsageError
from commerce_async.sync import StreamReport, pull
from commerce_async.sync.incremental import OVERLAP
from tests.sync.shelf import NOON, Shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db"


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def sync(shop: Shop, url: str, **options: Any) -> StreamReport:
    """The report of its orders."""
    return (await pull([shop], into=url, streams=["orders"], **options)).streams[0]


def held(url: str) -> dict[str, str]:
    return dict(rows(url, "SELECT id, total FROM orders"))


async def test_the_second_pass_asks_only_for_what_changed_since_before_the_first_ones_first_read(url: str) -> None:
    shop = Shop()
    shop.shelf.put("a", "b", "c", "d")
    begun = shop.clock.wall()
    shop.shelf.before_page = lambda _: shop.clock.move(minutes=10)
    assert (await sync(shop, url)).since is None
    shop.shelf.before_page = lambda _: None
    shop.clock.move(hours=1)
    shop.shelf.put("b", "e", total="2.00")
    shop.shelf.read.clear()
    report = await sync(shop, url)
    assert report.since == shop.shelf.since[-1] == begun - OVERLAP
    assert (report.new, report.changed) == (1, 1)
    assert held(url) == {"a": "1.00", "b": "2.00", "c": "1.00", "d": "1.00", "e": "2.00"}
    shop.clock.move(hours=1)
    await sync(shop, url)
    shop.shelf.read.clear()
    shop.clock.move(hours=1)
    await sync(shop, url)
    assert shop.shelf.read == []


async def test_a_record_that_changes_behind_the_reading_is_in_the_next_pass(url: str) -> None:
    shop = Shop(size=1)
    shop.shelf.put("a", "b", "c")

    def edit(after: str) -> None:
        shop.clock.move(minutes=30)
        if after == "b":
            shop.shelf.put("a", total="7.00")

    shop.shelf.before_page = edit
    await sync(shop, url)
    assert held(url)["a"] == "1.00"
    shop.shelf.before_page = lambda _: None
    await sync(shop, url)
    assert held(url)["a"] == "7.00"


async def test_a_vendor_whose_clock_is_behind_ours_loses_no_change(url: str) -> None:
    shop = Shop()
    shop.shelf.put("a")
    behind = timedelta(minutes=20)

    class Tells(type(shop.client)):  # type: ignore[misc]
        skew = property(lambda _: -behind.total_seconds(), lambda *_: None)

    shop.client.__class__ = Tells
    await sync(shop, url)
    shop.clock.time = NOON + timedelta(minutes=1) - behind  # the vendor writes its own time down
    shop.shelf.put("b")
    shop.clock.time = NOON + timedelta(minutes=2)
    await sync(shop, url)
    assert set(held(url)) == {"a", "b"}


async def test_an_incomplete_pass_does_not_move_the_watermark(url: str) -> None:
    shop = Shop()
    shop.shelf.put("a")
    await sync(shop, url)
    shop.clock.move(hours=1)
    shop.shelf.sound = False
    assert (await sync(shop, url)).state == "incomplete"
    shop.clock.move(hours=1)
    await sync(shop, url)
    assert shop.shelf.since == [None, NOON - OVERLAP, NOON - OVERLAP]


@pytest.mark.parametrize("error", [AuthError("expired"), NetworkError("reset")], ids=["run again", "gone on with"])
async def test_gaps_in_one_page_are_not_forgotten_by_whoever_reads_the_rest(
    url: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("commerce_async.sync.patience.REST", 0.0)
    shop = Shop(size=1)
    shop.shelf.put("a", "b", "c")
    shop.shelf.hidden = {"a"}  # the list moves, and it slips past
    failures = iter([error])

    def fail(after: str) -> None:
        shop.shelf.sound = bool(after)
        if after and (failure := next(failures, None)):
            raise failure

    shop.shelf.before_page = fail
    report = await sync(shop, url)
    if report.state == "failed":
        report = await sync(shop, url)
        assert report.resumed
    assert report.state == "incomplete"
    shop.shelf.before_page, shop.shelf.hidden, shop.shelf.sound = lambda _: None, set(), True
    shop.clock.move(hours=1)
    assert (await sync(shop, url)).since is None
    assert set(held(url)) == {"a", "b", "c"}


async def test_a_clock_of_ours_that_is_set_right_before_the_first_reply_loses_no_change(url: str) -> None:
    shop = Shop()
    shop.shelf.put("a")
    shop.clock.move(hours=3)  # too far ahead
    shop.shelf.before_page = lambda _: shop.clock.move(hours=-3)
    await sync(shop, url)
    shop.shelf.before_page = lambda _: None
    shop.clock.move(hours=1)
    shop.shelf.put("a", total="7.00")
    shop.clock.move(hours=4)
    await sync(shop, url)
    assert held(url) == {"a": "7.00"}


async def test_interrupted_in_the_middle_of_an_incremental_pass_it_goes_on_with_that_passs_limit(url: str) -> None:
    shop = Shop(size=2)
    shop.shelf.put("a", "b", "c", "d", "e")
    shop.clock.move(hours=1)
    await sync(shop, url)
    limit = shop.clock.wall() - OVERLAP
    shop.clock.move(hours=1)
    shop.shelf.put("b", "c", "d", "e", total="2.00")

    def fail(after: str) -> None:
        if after == "c":
            raise AuthError("expired")

    shop.shelf.before_page = fail
    assert (await sync(shop, url)).state == "failed"
    assert held(url) == {"a": "1.00", "b": "2.00", "c": "2.00", "d": "1.00", "e": "1.00"}
    interrupted = shop.clock.wall()
    shop.clock.move(hours=5)
    shop.shelf.before_page = lambda _: None
    shop.shelf.read.clear()
    report = await sync(shop, url)
    assert (report.resumed, report.since, shop.shelf.since[-1]) == (True, limit, limit)
    assert shop.shelf.read == ["d", "e"]
    assert set(held(url).values()) == {"1.00", "2.00"}
    await sync(shop, url)
    assert shop.shelf.since[-1] == interrupted - OVERLAP  # the watermark is of the pass's begin, not of its end


async def test_a_passing_failure_within_an_incremental_pass_keeps_its_limit(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commerce_async.sync.patience.REST", 0.0)
    shop = Shop(size=1)
    shop.shelf.put("a", "b")
    await sync(shop, url)
    failures = iter([NetworkError("reset")])

    def fail(after: str) -> None:
        shop.clock.move(hours=1)
        if after and (error := next(failures, None)):
            raise error

    shop.shelf.before_page = fail
    assert (await sync(shop, url)).complete
    assert shop.shelf.since[1:] == [NOON - OVERLAP, NOON - OVERLAP]


async def test_an_order_changed_long_after_it_was_placed_is_found_by_the_full_pass_that_is_due(url: str) -> None:
    shop = Shop(by="placed")
    shop.shelf.put("a")
    shop.clock.move(hours=1)
    await sync(shop, url)
    shop.shelf.orders["a"] = msgspec.structs.replace(shop.shelf.orders["a"], vendor_status="refunded")
    shop.clock.move(days=6)
    await sync(shop, url)
    assert rows(url, "SELECT vendor_status FROM orders") != [("refunded",)]
    shop.clock.move(days=1)
    assert (await sync(shop, url)).since is None
    assert rows(url, "SELECT vendor_status FROM orders") == [("refunded",)]


async def test_full_reads_everything_and_since_by_hand_just_that(url: str) -> None:
    shop = Shop()
    shop.shelf.put("a")
    await sync(shop, url)
    shop.clock.move(hours=10)
    await sync(shop, url, full=True)
    assert shop.shelf.since[-1] is None
    await sync(shop, url, since=NOON)
    assert shop.shelf.since[-1] == NOON
    await sync(shop, url)
    assert shop.shelf.since[-1] == NOON + timedelta(hours=10) - OVERLAP


async def test_a_list_that_cannot_be_filtered_is_read_whole_and_what_is_unchanged_costs_no_write(url: str) -> None:
    shop = Shop(by="nothing")
    shop.shelf.put("a", "b")
    await sync(shop, url)
    before = rows(url, "SELECT changed_at FROM orders ORDER BY id")
    shop.clock.move(hours=1)
    report = await sync(shop, url)
    assert (report.since, report.unchanged, report.read) == (None, 2, 2)
    assert rows(url, "SELECT changed_at FROM orders ORDER BY id") == before


@pytest.mark.parametrize("interrupted", [False, True])
async def test_another_account_under_the_same_name_is_read_from_its_beginning(
    url: str, caplog: pytest.LogCaptureFixture, interrupted: bool
) -> None:
    sandbox = Shop()
    sandbox.shelf.put("a", "b", "c", "d")

    def fail(after: str) -> None:
        if after and interrupted:
            raise AuthError("no")

    sandbox.shelf.before_page = fail
    await sync(sandbox, url)
    production = Shop(clock=sandbox.clock)
    production.client.account = "another"
    production.shelf.put("a", "e", "f", "g")  # long before the sandbox was read for the last time
    sandbox.clock.move(days=2)
    caplog.clear()
    report = await sync(production, url)
    assert (report.state, report.since, report.resumed, report.read) == ("complete", None, False, 4)
    assert held(url).keys() >= {"a", "e", "f", "g"}
    assert "another account than before has this name" in caplog.text
    assert rows(url, "SELECT count(*) FROM orders WHERE gone_at IS NOT NULL") == [(0,)]
    sandbox.clock.move(hours=1)
    assert (await sync(production, url)).since is not None


async def test_full_and_since_together_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="full and since"):
        await sync(Shop(), url, full=True, since=NOON)
