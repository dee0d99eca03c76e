"""Pulling stores into a database: what is committed, what is reported, and what a fault leaves behind."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from commerce_async.errors import AuthError, NetworkError, ServerError, SinkError, UsageError
from commerce_async.http.pager import Page, Pager
from commerce_async.schema import Unreadable
from commerce_async.sinks import Sink
from commerce_async.sync import Report, StreamReport, pull
from tests.http.kit import virtual
from tests.sync.fake import WHEN, FakeStore, Pages, order, product

pytestmark = pytest.mark.anyio


class Windows(Pages):
    """A list whose token points back to the beginning of a window, and whose second page always fails."""

    def list(self, *, since: datetime | None = None, resume: str | None = None) -> Pager[Any]:
        async def fetch(number: int) -> Page[Any]:
            self.asked.append(number)
            assert len(self.asked) < 100, "it never ends"
            if number:
                raise NetworkError("no complete reply")
            return Page(items=(order("1"),), next=1, token="window")

        return Pager(fetch, start=0, key=lambda item: item.id, token=resume)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db"


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def stream(report: Report, name: str, store: str = "eu") -> Any:
    return next(s for s in report.streams if (s.store, s.stream) == (store, name))


async def test_every_record_lands_with_its_parts_and_the_report_says_so(url: str) -> None:
    store = FakeStore(products=[[product("a"), product("b")], [product("c")]], orders=[[order("1"), order("2")]])
    report = await pull([store], into=url)
    assert report.complete
    assert stream(report, "products").new == stream(report, "products").read == 3
    assert rows(url, "SELECT id, sku FROM products ORDER BY id") == [("a", "SKU-a"), ("b", "SKU-b"), ("c", "SKU-c")]
    assert rows(url, "SELECT count(*) FROM product_prices") == [(6,)]
    assert rows(url, "SELECT order_id, line_id, parent_line_id FROM order_lines WHERE order_id = '2'") == [
        ("2", "0", None),
        ("2", "1", "0"),
    ]
    assert rows(url, "SELECT store, id, email FROM customers") == [("eu", "c1", "a@example.com")]
    assert rows(url, "SELECT raw FROM orders WHERE id = '1'") == [(b'{"id": "1"}',)]


async def test_an_unchanged_record_is_not_written_and_a_changed_one_replaces_its_parts(url: str) -> None:
    await pull([FakeStore(products=[[product("a"), product("b")]])], into=url)
    before = rows(url, "SELECT changed_at, first_seen_at FROM products WHERE id = 'a'")
    report = await pull([FakeStore(products=[[product("a"), product("b", price="7.00")]])], into=url)
    found = stream(report, "products")
    assert (found.new, found.changed, found.unchanged) == (0, 1, 1)
    assert rows(url, "SELECT changed_at, first_seen_at FROM products WHERE id = 'a'") == before
    assert rows(url, "SELECT first_seen_at < changed_at FROM products WHERE id = 'b'") == [(1,)]
    prices = rows(url, "SELECT currency, amount FROM product_prices WHERE product_id = 'b' ORDER BY currency")
    assert prices == [("EUR", "7.00"), ("USD", "8.00")]


@pytest.mark.parametrize("total", ["0.1", "0.10", "-3.005", "123456789012345.6789", "1E+3", "0"])
async def test_money_is_exact_in_the_database(url: str, total: str) -> None:
    await pull([FakeStore(orders=[[order("1", total=total)]])], into=url)
    [(stored, kind)] = rows(url, "SELECT total, typeof(total) FROM orders")
    assert kind == "text"
    assert Decimal(stored) == Decimal(total)


async def test_a_record_that_cannot_be_read_is_quarantined_counted_and_let_go_once_it_can(url: str) -> None:
    bad = Unreadable(id="b", reason="price: expected a decimal number, got {}", raw=b'{"id": "b", "price": {}}')
    nameless = Unreadable(id=None, reason="id: missing", raw=b"{}")
    report = await pull([FakeStore(products=[[product("a"), bad, nameless], [product("c")]])], into=url)
    found = stream(report, "products")
    assert (found.read, found.new, found.quarantined, found.complete) == (4, 2, 2, True)
    assert rows(url, "SELECT id, reason, raw FROM quarantine WHERE id = 'b'") == [("b", bad.reason, bad.raw)]
    await pull([FakeStore(products=[[product("a"), product("b")], [product("c")]])], into=url)
    assert rows(url, "SELECT id FROM quarantine") == []  # nor does a complete pass meet the one without an id any more


def test_a_list_that_fails_at_one_place_for_ever_ends_also_if_it_is_read_again_from_before_that(url: str) -> None:
    store = FakeStore()
    store.orders = Windows([])

    async def main() -> Report:
        return await pull([store], into=url, streams=["orders"])

    report = virtual(main)
    assert (report.streams[0].state, report.streams[0].error_kind) == ("failed", "NetworkError")
    assert len(store.orders.asked) == 12


@pytest.mark.parametrize(("asks", "state", "tries"), [(300.0, "complete", 2), (3600.0, "failed", 1)])
def test_a_store_that_asks_to_be_left_alone_is_or_its_stream_ends(
    url: str, asks: float, state: str, tries: int
) -> None:
    store = FakeStore(orders=[ServerError("maintenance", retry_after=asks, safe_to_retry=True), [order("1")]])

    async def main() -> tuple[Report, float]:
        began = anyio.current_time()
        return await pull([store], into=url, streams=["orders"]), anyio.current_time() - began

    report, seconds = virtual(main)
    assert (report.streams[0].state, len(store.orders.asked)) == (state, tries)
    assert (seconds >= asks) == (tries == 2)


async def test_the_same_unreadable_record_is_quarantined_once(url: str) -> None:
    bad = Unreadable(id=None, reason="id: missing", raw=b"{}")
    for _ in range(2):
        await pull([FakeStore(products=[[bad]])], into=url)
    assert rows(url, "SELECT count(*) FROM quarantine") == [(1,)]


async def test_one_store_failing_does_not_stop_the_other(url: str) -> None:
    broken = FakeStore("us", products=[AuthError("wrong token")], orders=[[order("9", store="us")]])
    fine = FakeStore("eu", products=[[product("a")], [product("b")]], orders=[[order("1")]])
    report = await pull([broken, fine], into=url)
    assert not report.complete
    assert stream(report, "products", "us").state == "failed"
    assert stream(report, "products", "us").error_kind == "AuthError"
    assert stream(report, "orders", "us").complete
    assert stream(report, "products").complete
    assert rows(url, "SELECT store, count(*) FROM products GROUP BY store") == [("eu", 2)]


async def test_a_fault_in_an_adapter_does_not_stop_the_other_store_and_shows_no_data(url: str) -> None:
    broken = FakeStore("us", products=[KeyError("secret-looking value")])
    report = await pull([broken, FakeStore("eu", products=[[product("a")]])], into=url)
    assert stream(report, "products", "us").error == "a fault in the program: KeyError"
    assert stream(report, "products").complete


async def test_a_list_that_moved_too_much_is_reported_incomplete(url: str) -> None:
    store = FakeStore(products=[[product("a")]])
    store.products.sound = False
    report = await pull([store], into=url)
    assert stream(report, "products").state == "incomplete"
    assert not report.complete


async def test_a_failed_stream_goes_on_behind_its_last_commit_in_the_next_run(url: str) -> None:
    first = FakeStore(products=[[product("a")], [product("b")], AuthError("expired"), [product("c")]])
    report = await pull([first], into=url)
    assert stream(report, "products").state == "failed"
    assert rows(url, "SELECT token, state FROM sync_checkpoints WHERE id = 'products'") == [("2", "running")]
    second = FakeStore(products=[[product("a")], [product("b")], [product("c")]])
    report = await pull([second], into=url)
    assert second.products.asked == [2]
    assert stream(report, "products").resumed
    assert rows(url, "SELECT count(*) FROM products") == [(3,)]
    third = FakeStore(products=[[product("a")], [product("b")], [product("c")]])
    await pull([third], into=url)
    assert third.products.asked == [0, 1, 2]


async def test_a_pass_limited_by_since_is_not_resumed_by_one_that_is_not(url: str) -> None:
    first = FakeStore(products=[[product("a")], AuthError("expired"), [product("c")]])
    await pull([first], into=url, since=datetime(2026, 1, 1, tzinfo=UTC))
    second = FakeStore(products=[[product("a")], [product("c")]])
    report = await pull([second], into=url)
    assert second.products.asked == [0, 1]
    assert not stream(report, "products").resumed


async def test_a_token_that_the_adapter_refuses_starts_the_pass_anew(url: str) -> None:
    await pull([FakeStore(products=[[product("a")], AuthError("expired"), []])], into=url)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE sync_checkpoints SET token = 'from another version'")
    connection.close()
    store = FakeStore(products=[[product("a")], [product("b")]])
    assert (await pull([store], into=url)).complete
    assert store.products.asked == [0, 1]


async def test_a_passing_failure_is_waited_out_and_gone_on_from(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commerce_async.sync.patience.REST", 0.0)
    reset = NetworkError("reset")
    store = FakeStore(products=[[product("a")], reset, [product("b")], reset, [product("c")]])
    told: list[tuple[str, str | None]] = []
    report = await pull([store], into=url, streams=["products"], on_progress=lambda s: told.append((s.state, s.error)))
    assert report.complete
    assert stream(report, "products").new == 3
    assert store.products.asked == [0, 1, 1, 2, 2]
    # Whoever looks on is told why it waits and for how long; once it has passed, it is no error.
    assert told.count(("retrying", "reset; going on in 0 s")) == 2
    assert {error for state, error in told if state != "retrying"} == {None}


async def test_a_failure_that_does_not_pass_ends_the_stream(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commerce_async.sync.patience.REST", 0.0)
    store = FakeStore(products=[[product("a")], *[NetworkError("reset")] * 50, [product("b")]])
    report = await pull([store], into=url)
    assert stream(report, "products").error_kind == "NetworkError"
    assert rows(url, "SELECT id FROM products") == [("a",)]


async def test_rows_and_checkpoint_commit_together_or_not_at_all(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    store = FakeStore(products=[[product("a")], [product("b")]])
    async with Sink(url) as sink:
        from commerce_async.sinks import paging

        whole = paging.save_checkpoint
        saved = 0

        def second_page_fails(connection: Any, *rest: Any) -> None:
            nonlocal saved
            if rest[2].token is not None or saved:
                saved += 1
            if saved >= 1 and rest[2].state == "complete":
                connection.exec_driver_sql("INSERT INTO no_such_table VALUES (1)")
            whole(connection, *rest)

        monkeypatch.setattr(paging, "save_checkpoint", second_page_fails)
        with pytest.raises(SinkError, match="no such table"):
            await pull([store], into=sink, streams=["products"])
    assert rows(url, "SELECT id FROM products") == [("a",)]
    assert rows(url, "SELECT token, state FROM sync_checkpoints") == [("1", "running")]


async def test_cancelled_in_the_middle_it_keeps_what_is_committed_and_notes_that_it_stopped(url: str) -> None:
    async def forever() -> None:
        await anyio.sleep_forever()

    store = FakeStore(products=[[product("a")], forever, [product("b")]])

    def told(progress: StreamReport) -> None:
        if progress.read:  # the first page is committed
            scope.cancel()

    with anyio.CancelScope() as scope:
        await pull([store], into=url, streams=["products"], on_progress=told)
    assert scope.cancelled_caught
    assert rows(url, "SELECT id FROM products") == [("a",)]
    assert rows(url, "SELECT state FROM sync_runs") == [("stopped",)]
    report = await pull([FakeStore(products=[[product("a")], [product("b")]])], into=url)
    assert stream(report, "products").resumed
    assert rows(url, "SELECT count(*) FROM products") == [(2,)]


async def test_a_customer_is_as_the_newest_order_says_whatever_order_they_come_in(url: str) -> None:
    old, new = order("1", email="old@example.com", at=WHEN), order("2", email="new@example.com", at=WHEN + timedelta(1))
    for pages in ([[new, old]], [[new], [old]], [[old], [new]]):
        await pull([FakeStore(orders=pages)], into=url)
        assert rows(url, "SELECT email FROM customers") == [("new@example.com",)]


async def test_progress_is_told_after_every_page_with_figures_that_only_grow(url: str) -> None:
    seen: list[tuple[str, int]] = []
    store = FakeStore(products=[[product("a")], [product("b")], [product("c")]])
    await pull([store], into=url, streams=["products"], on_progress=lambda s: seen.append((s.state, s.read)))
    assert seen == [("reading", 0), ("reading", 1), ("reading", 2), ("reading", 3), ("complete", 3)]


async def test_two_stores_of_one_name_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="two stores are named 'eu'"):
        await pull([FakeStore("eu"), FakeStore("eu")], into=url)


async def test_an_unknown_stream_is_refused_with_those_that_exist(url: str) -> None:
    with pytest.raises(UsageError, match="unknown stream refunds; there are: products, orders"):
        await pull([FakeStore()], into=url, streams=["refunds"])


async def test_a_since_without_a_zone_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="needs a timezone"):
        await pull([FakeStore()], into=url, since=datetime(2026, 1, 1))


async def test_raw_json_is_kept_as_asked_and_an_open_sink_is_asked_by_itself(url: str) -> None:
    store = FakeStore(orders=[[order("1")]])
    await pull([store], into=url, streams=["orders"], raw="off")
    assert rows(url, "SELECT raw, raw_form FROM orders") == [(b"", "off")]
    async with Sink(url) as sink:
        with pytest.raises(UsageError, match="raw: an open Sink has its own"):
            await pull([store], into=sink, raw="off")


async def test_no_store_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="no store"):
        await pull([], into=url)
