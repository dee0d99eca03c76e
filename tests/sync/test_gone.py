"""When a row may be called gone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from commerce_async.errors import AuthError, UsageError
from commerce_async.schema import Unreadable
from commerce_async.store import Filtering
from commerce_async.sync import MaxGone, StreamReport, pull
from commerce_async.sync.gone import parse_max_gone
from tests.sync.looking import rows
from tests.sync.shelf import NOON, Shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> str:
    """A database of each kind."""
    return request.getfixturevalue("url" if request.param == "sqlite" else "postgres")


async def gone(url: str) -> list[str]:
    return [id for (id,) in await rows(url, "SELECT id FROM orders WHERE gone_at IS NOT NULL ORDER BY id")]


async def full(shop: Shop, url: str, **options: Any) -> StreamReport:
    shop.clock.move(hours=1)
    return (await pull([shop], into=url, streams=["orders"], full=True, **options)).streams[0]


async def stocked(url: str, *ids: str, **options: Any) -> Shop:
    """A shop whose orders are in the database."""
    shop = Shop(**options)
    shop.shelf.put(*ids)
    await full(shop, url)
    return shop


async def test_a_row_that_the_store_no_longer_has_is_marked_with_the_time_and_kept(either: str) -> None:
    shop = await stocked(either, "a", "b", "c", "d")
    shop.shelf.drop("b")
    report = await full(shop, either)
    assert (report.state, report.gone, report.gone_refused, report.unconfirmed) == ("complete", 1, 0, 0)
    assert await gone(either) == ["b"]
    assert await rows(either, "SELECT count(*) FROM orders") == [(4,)]
    assert shop.shelf.got == [("b",)]  # nothing but what was not met was asked for
    assert await rows(either, "SELECT count(*) FROM sync_seen") == [(0,)]
    before = await rows(either, "SELECT gone_at FROM orders WHERE id = 'b'")
    assert (await full(shop, either)).gone == 0
    assert await rows(either, "SELECT gone_at FROM orders WHERE id = 'b'") == before


async def test_a_row_that_is_met_again_is_no_longer_gone(either: str) -> None:
    shop = await stocked(either, "a", "b")
    kept = shop.shelf.orders["b"]
    shop.shelf.drop("b")
    await full(shop, either)
    shop.shelf.orders["b"] = kept  # the very same record
    assert (await full(shop, either)).changed == 1
    assert await gone(either) == []


async def test_a_row_that_was_written_by_a_clock_far_ahead_is_found_gone_all_the_same(either: str) -> None:
    shop = Shop()
    shop.shelf.put("a", "b")
    shop.clock.move(days=300)
    await full(shop, either)
    shop.clock.move(days=-299)
    shop.shelf.drop("a")
    assert (await full(shop, either)).gone == 1
    assert (await gone(either), shop.shelf.got) == (["a"], [("a",)])


async def test_an_incremental_pass_concludes_nothing(url: str) -> None:
    shop = await stocked(url, "a", "b")
    shop.shelf.drop("a")
    shop.clock.move(hours=1)
    report = (await pull([shop], into=url, streams=["orders"])).streams[0]
    assert report.since is not None
    assert (await gone(url), shop.shelf.got) == ([], [])


async def test_a_full_pass_that_is_incomplete_concludes_nothing(url: str) -> None:
    shop = await stocked(url, "a", "b")
    shop.shelf.drop("a")
    shop.shelf.sound = False
    assert (await full(shop, url)).state == "incomplete"
    assert (await gone(url), shop.shelf.got) == ([], [])


async def test_a_row_that_the_list_left_out_but_the_store_has_is_not_gone_and_brought_up_to_date(url: str) -> None:
    shop = await stocked(url, "a", "b")
    shop.shelf.put("b", total="5.00")
    shop.shelf.hidden = {"b"}
    assert (await full(shop, url)).gone == 0
    assert await gone(url) == []
    [(total,)] = await rows(url, "SELECT total FROM orders WHERE id = 'b'")
    assert Decimal(total) == 5


async def test_an_answer_that_may_be_a_throttle_is_no_evidence(url: str) -> None:
    shop = await stocked(url, "a", "b", "c")
    shop.shelf.drop("a", "b")
    shop.shelf.unclear = {"b"}
    report = await full(shop, url)
    assert (report.gone, report.unconfirmed) == (1, 1)
    assert await gone(url) == ["a"]
    shop.shelf.unclear = set()
    assert (await full(shop, url)).gone == 1


async def test_an_id_that_no_call_can_ask_for_keeps_no_other_row_from_being_found_gone(url: str) -> None:
    shop = await stocked(url, "a", "b", "c,d", "e", "f")
    shop.shelf.drop("a", "c,d", "e")

    def refuse(asked: Any) -> None:
        if "c,d" in asked:
            raise UsageError("an id with a comma")

    shop.shelf.on_get = refuse
    report = await full(shop, url)
    assert (report.state, report.gone, report.unconfirmed) == ("complete", 2, 1)
    assert await gone(url) == ["a", "e"]


async def test_missing_said_while_the_store_throttles_is_asked_again_and_given_up_after_a_few_times(url: str) -> None:
    shop = await stocked(url, "a", "b")
    shop.shelf.drop("a")
    times = iter([True, False])
    throttled: list[Any] = []

    def throttle(stats: Any) -> Any:
        def on_get(_: Any) -> None:
            if next(times, False):
                stats.add(throttled=1)

        return on_get

    # The reading's own client is derived inside the pull: its figures show up there.
    derive = shop.client.with_options

    def with_options(**options: Any) -> Any:
        client = derive(**options)
        throttled.append(client)
        shop.shelf.on_get = throttle(client.stats)
        return client

    shop.client.with_options = with_options  # type: ignore[method-assign]
    assert (await full(shop, url)).gone == 1
    assert shop.shelf.got == [("a",), ("a",)]
    shop.shelf.put("c")
    await full(shop, url)
    shop.shelf.drop("c")
    times = iter([True] * 50)
    report = await full(shop, url)
    assert (report.gone, report.unconfirmed) == (0, 1)
    assert await gone(url) == ["a"]


async def test_more_than_the_brake_allows_and_nothing_is_marked_and_the_report_says_how_many(url: str) -> None:
    ids = [f"{number:04}" for number in range(300)]
    shop = await stocked(url, *ids, size=100)
    shop.shelf.drop(*ids[:31])
    report = await full(shop, url)
    assert (report.gone, report.gone_refused, report.state) == (0, 31, "complete")
    assert await gone(url) == []
    assert (await full(shop, url, max_gone=MaxGone(rows=31, share=0.0))).gone == 31


async def test_as_many_as_the_brake_allows_are_marked(url: str) -> None:
    ids = [f"{number:04}" for number in range(300)]
    shop = await stocked(url, *ids, size=100)
    shop.shelf.drop(*ids[:30])
    assert (await full(shop, url)).gone == 30


async def test_a_shop_that_was_emptied_or_exchanged_is_stopped_by_the_brake_after_few_questions(url: str) -> None:
    ids = [f"{number:04}" for number in range(1000)]
    shop = await stocked(url, *ids, size=500)
    shop.shelf.orders.clear()
    report = await full(shop, url)
    assert (report.gone, report.gone_refused) == (0, 1000)
    assert sum(map(len, shop.shelf.got)) <= 300


async def test_interrupted_while_confirming_the_next_run_concludes_without_reading_the_list_again(either: str) -> None:
    ids = [f"{number:04}" for number in range(1000)]
    shop = await stocked(either, *ids, size=500)
    shop.shelf.drop(*ids[:250])

    def refuse(asked: Any) -> None:
        if ids[249] in asked:
            raise AuthError("expired")

    shop.shelf.on_get = refuse
    assert (await full(shop, either, max_gone=MaxGone(rows=400))).state == "failed"
    assert await gone(either) == []
    shop.shelf.on_get = lambda _: None
    shop.shelf.read.clear()
    shop.shelf.got.clear()
    report = (await pull([shop], into=either, streams=["orders"], max_gone=MaxGone(rows=400))).streams[0]
    assert (report.state, report.resumed, report.gone) == ("complete", True, 250)
    assert (shop.shelf.read, sum(map(len, shop.shelf.got))) == ([], 50)
    assert await gone(either) == ids[:250]


async def test_what_was_confirmed_long_ago_is_asked_again(url: str) -> None:
    ids = [f"{number:04}" for number in range(250)]
    shop = await stocked(url, *ids, size=500)
    kept = dict(shop.shelf.orders)
    shop.shelf.drop(*ids)

    def refuse(asked: Any) -> None:
        if ids[-1] in asked:
            raise AuthError("expired")

    shop.shelf.on_get = refuse
    await full(shop, url, max_gone=MaxGone(rows=400))
    shop.shelf.on_get = lambda _: None
    shop.shelf.orders.update(kept)  # all of them are back
    shop.clock.move(hours=1)
    assert (await full(shop, url, max_gone=MaxGone(rows=400))).gone == 0
    assert await gone(url) == []


async def test_what_was_confirmed_before_an_interruption_counts_for_the_brake(url: str) -> None:
    ids = [f"{number:04}" for number in range(500)]
    shop = await stocked(url, *ids, size=500)
    shop.shelf.drop(*ids[:250])

    def refuse(asked: Any) -> None:
        if ids[249] in asked:
            raise AuthError("expired")

    shop.shelf.on_get = refuse
    await full(shop, url, max_gone=MaxGone(rows=240))
    shop.shelf.on_get = lambda _: None
    report = await full(shop, url, max_gone=MaxGone(rows=240))
    assert (report.gone, report.gone_refused) == (0, 250)


async def test_a_full_pass_in_two_runs_counts_what_either_has_met(url: str) -> None:
    shop = await stocked(url, "a", "b", "c", "d", "e", size=2)

    def fail(after: str) -> None:
        if after == "b":
            raise AuthError("expired")

    shop.shelf.before_page = fail
    await full(shop, url)
    shop.shelf.before_page = lambda _: None
    shop.shelf.drop("d")
    assert (await full(shop, url)).resumed
    assert (await gone(url), shop.shelf.got) == (["d"], [("d",)])


async def test_what_one_full_pass_has_met_is_no_proof_for_the_next(url: str) -> None:
    shop = await stocked(url, "a", "b", "c", size=1)

    def fail(after: str) -> None:
        if after == "b":
            raise AuthError("expired")

    shop.shelf.before_page = fail
    await full(shop, url)  # has met a and b
    shop.shelf.before_page = lambda _: None
    shop.shelf.drop("a")
    shop.clock.move(hours=1)
    await pull([shop], into=url, streams=["orders"], since=NOON)  # another pass in between
    assert (await full(shop, url)).gone == 1


async def test_a_row_whose_record_came_but_cannot_be_read_any_more_is_not_gone(url: str) -> None:
    shop = await stocked(url, "a", "b")
    shop.shelf.broken = {"a"}
    report = await full(shop, url)
    assert (report.quarantined, report.gone, shop.shelf.got) == (1, 0, [])


async def test_a_row_that_is_gone_and_comes_again_as_what_cannot_be_read_is_there(url: str) -> None:
    shop = await stocked(url, "a", "b")
    kept = shop.shelf.orders["a"]
    shop.shelf.drop("a")
    await full(shop, url)
    shop.shelf.orders["a"], shop.shelf.broken = kept, {"a"}
    await full(shop, url)
    assert await gone(url) == []
    shop.shelf.drop("a")
    assert (await full(shop, url)).gone == 1


async def test_a_record_that_never_could_be_read_leaves_the_quarantine_once_it_is_not_met(either: str) -> None:
    shop = Shop()
    shop.shelf.put("a", "b", "c")
    shop.shelf.broken = {"b", "c"}
    await full(shop, either)
    shop.shelf.drop("b")
    await full(shop, either)
    assert await rows(either, "SELECT id FROM quarantine") == [("c",)]


async def test_a_record_in_quarantine_goes_with_its_row_and_one_without_an_id_once_it_is_not_met(either: str) -> None:
    shop = await stocked(either, "a", "b", "c")
    shop.shelf.broken = {"b"}
    shop.shelf.nameless = [Unreadable(id=None, reason="id: missing", raw=b"{}")]
    shop.shelf.before_page = lambda after: shop.clock.move(hours=-2) if after else None  # set back within the pass
    assert (await full(shop, either)).quarantined == 2
    shop.shelf.before_page = lambda _: None
    shop.clock.move(days=1)
    assert (await full(shop, either)).quarantined == 2
    assert await rows(either, "SELECT count(*) FROM quarantine") == [(2,)]
    shop.shelf.nameless = []
    shop.shelf.sound = False
    await full(shop, either)
    assert await rows(either, "SELECT count(*) FROM quarantine") == [(2,)]  # a pass with gaps concludes nothing
    shop.shelf.sound = True
    await full(shop, either)
    assert await rows(either, "SELECT id FROM quarantine") == [("b",)]
    shop.shelf.drop("b")
    assert (await full(shop, either)).gone == 1
    assert await rows(either, "SELECT id FROM quarantine") == []


async def test_orders_that_no_list_reaches_are_not_gone(either: str) -> None:
    shop = await stocked(either, "a", "b")
    shop.clock.move(days=30)
    shop.shelf.put("c", "d")
    await full(shop, either)
    shop.shelf.filtering = Filtering(by="placed", reach=NOON + timedelta(days=10))
    shop.shelf.drop("a", "b", "c")
    report = await full(shop, either)
    assert (report.gone, await gone(either)) == (1, ["c"])
    assert shop.shelf.got == [("c",)]


async def test_another_stores_rows_are_not_this_ones(url: str) -> None:
    shop = await stocked(url, "a", "b")
    other = Shop(clock=shop.clock)
    other.name = "us"
    other.shelf.put("a", "x", store="us")
    await full(other, url)
    shop.shelf.drop("a")
    other.shelf.drop("x")
    await full(shop, url)
    assert await rows(url, "SELECT store, id FROM orders WHERE gone_at IS NOT NULL") == [("eu", "a")]


@pytest.mark.parametrize(("text", "limit"), [("0", 0), ("50", 50), ("15%", 150), ("100%", 1000)])
def test_the_brake_is_read_as_people_write_it(text: str, limit: int) -> None:
    assert parse_max_gone(text).of(1000) == limit


@pytest.mark.parametrize("text", ["", "-1", "101%", "many", "1.5", "5 %", "٥"])
def test_a_brake_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="max-gone: expected"):
        parse_max_gone(text)


def test_the_brake_by_default_is_twenty_rows_or_a_tenth_whichever_is_more() -> None:
    assert [MaxGone().of(live) for live in (0, 100, 200, 1000)] == [20, 20, 20, 100]
