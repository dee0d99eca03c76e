"""What a sink promises, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from sqlalchemy import func, select

from commerce_async.errors import LockedError, SinkError
from commerce_async.schema import Order, OrderLine, Product, Record, Unreadable
from commerce_async.sinks import Checkpoint, Counts, Sink, bulk, tables
from commerce_async.sinks.rows import RawMode, unpack_raw
from commerce_async.sync import pull
from tests.sync.fake import WHEN, FakeStore, order, product

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, 8, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db" if request.param == "sqlite" else request.getfixturevalue("postgres")


async def write(sink: Sink, records: list[Any], now: datetime = NOW, stream: str = "products", **more: Any) -> Counts:
    checkpoint = Checkpoint(token="t", state="running", started_at=NOW, since=NOW)
    return await sink.write("eu", stream, records, checkpoint=checkpoint, now=now, **more)


async def found(sink: Sink, *columns: Any) -> list[tuple[Any, ...]]:
    query = select(*columns).order_by(*columns)
    return await sink.read(lambda connection: [tuple(row) for row in connection.execute(query)])


async def test_records_land_with_their_parts_and_come_back_as_they_were(url: str) -> None:
    async with Sink(url) as sink:
        assert await write(sink, [product("a"), product("b")]) == Counts(new=2)
        assert await write(sink, [order("1"), order("2")], stream="orders") == Counts(new=2)
        prices = tables.product_prices.c
        assert await found(sink, prices.product_id, prices.currency, prices.amount) == [
            (id, currency, Decimal(amount)) for id in "ab" for currency, amount in (("EUR", "9.90"), ("USD", "10.90"))
        ]
        assert await found(sink, tables.order_lines.c.order_id, tables.order_lines.c.line_id) == [
            ("1", "0"), ("1", "1"), ("2", "0"), ("2", "1"),
        ]  # fmt: skip
        assert await found(sink, tables.customers.c.id, tables.customers.c.as_of) == [("c1", WHEN)]
        assert await found(sink, tables.orders.c.raw) == [(b'{"id": "1"}',), (b'{"id": "2"}',)]
        assert await found(sink, tables.products.c.changed_at) == [(NOW,), (NOW,)]


async def test_only_what_changed_is_written_and_replaces_its_parts(url: str) -> None:
    later = NOW + timedelta(hours=1)
    async with Sink(url) as sink:
        await write(sink, [product("a"), product("b")])
        counts = await write(sink, [product("a"), product("b", price="7.00"), product("c")], later)
        assert counts == Counts(new=1, changed=1, unchanged=1)
        table = tables.products.c
        assert await found(sink, table.id, table.first_seen_at, table.changed_at) == [
            ("a", NOW, NOW), ("b", NOW, later), ("c", later, later),
        ]  # fmt: skip
        prices = tables.product_prices.c
        amounts = [amount for id, amount in await found(sink, prices.product_id, prices.amount) if id == "b"]
        assert amounts == [Decimal(7), Decimal(8)]


@pytest.mark.parametrize(
    "total", ["0.1", "0.10", "-3.005", "123456789012345678901234567890.123456789012345", "1E+3", "0"]
)
async def test_money_is_exact(url: str, total: str) -> None:
    async with Sink(url) as sink:
        await write(sink, [order("1", total=total)], stream="orders")
        [(stored,)] = await found(sink, tables.orders.c.total)
        assert stored == Decimal(total)


async def test_times_of_any_zone_and_any_year_come_back_as_the_same_moment(url: str) -> None:
    moments = [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=UTC).astimezone(),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ]
    async with Sink(url) as sink:
        await write(sink, [order(str(number), at=at) for number, at in enumerate(moments)], stream="orders")
        assert await found(sink, tables.orders.c.id, tables.orders.c.updated_at) == [
            (str(number), at) for number, at in enumerate(moments)
        ]


async def test_a_record_marked_gone_that_is_seen_again_is_there_again(url: str) -> None:
    async with Sink(url) as sink:
        await write(sink, [product("a"), product("b"), product("c")])
        gone = tables.products.update().where(tables.products.c.id != "c").values(gone_at=NOW)
        await sink.transaction(lambda connection: connection.execute(gone).rowcount)
        assert await write(sink, [product("a"), product("b", price="1.00"), product("c")]) == Counts(
            changed=2, unchanged=1
        )
        assert await found(sink, tables.products.c.gone_at) == [(None,)] * 3


@pytest.mark.parametrize("mode", ["on", "compressed", "off"])
async def test_raw_json_is_kept_as_it_came_or_compressed_or_not_at_all(url: str, mode: RawMode) -> None:
    long = msgspec.structs.replace(product("a"), raw=b'{"id": "a", "text": "' + b"again and " * 100 + b'\xff"}')
    async with Sink(url, raw=mode) as sink:
        await write(sink, [long, product("b")])
        held = await found(sink, tables.products.c.id, tables.products.c.raw, tables.products.c.raw_form)
        raw = {id: unpack_raw(data, form) for id, data, form in held}
        assert raw == ({"a": long.raw, "b": product("b").raw} if mode != "off" else {"a": None, "b": None})
        assert (len(held[0][1]) < 200) == (mode != "on")
        # The hash is of the record as it came: another mode changes no row that has not changed itself.
        assert await write(sink, [long, product("b")]) == Counts(unchanged=2)
    async with Sink(url, raw="on") as sink:
        assert await write(sink, [long, product("b")]) == Counts(unchanged=2)


async def test_what_the_database_cannot_hold_goes_to_quarantine_and_the_rest_goes_on(url: str) -> None:
    lines = (OrderLine(id="0", quantity=10**30),)
    big = msgspec.structs.replace(order("big"), lines=lines)
    async with Sink(url) as sink:
        assert await write(sink, [order("1"), big, order("2")], stream="orders") == Counts(new=2, refused=1)
        assert await found(sink, tables.orders.c.id) == [("1",), ("2",)]
        [(id, stream, reason, raw)] = await found(
            sink,
            tables.quarantine.c.id,
            tables.quarantine.c.stream,
            tables.quarantine.c.reason,
            tables.quarantine.c.raw,
        )
        assert (id, stream, raw) == ("big", "orders", big.raw)
        assert reason.startswith("the database refuses it: ")
        assert str(10**30) not in reason  # what is refused may be a customer's
        fine = msgspec.structs.replace(big, lines=(OrderLine(id="0", quantity=1),))
        assert await write(sink, [fine], stream="orders") == Counts(new=1)
        assert await found(sink, tables.quarantine.c.id) == []


async def test_text_with_a_nul_or_beyond_every_length_stops_no_sync(url: str) -> None:
    odd = [product("nul", name="a\0b"), product("long", name="x" * 100_000)]
    sku = msgspec.structs.replace(product("sku"), sku="".join(random.Random(1).choices("0123456789abcdef", k=20_000)))
    async with Sink(url) as sink:
        counts = await write(sink, [*odd, sku, product("fine")])
        assert counts.new + counts.refused == 4
        held = await found(sink, tables.products.c.id)
        assert ("fine",) in held
        assert ("long",) in held
        # PostgreSQL has no NUL in text, and no index entry of such a size; they are set aside with the reason.
        assert len(await found(sink, tables.quarantine.c.id)) == counts.refused == (0 if "sqlite" in url else 2)


async def test_lines_of_one_order_that_have_one_id_are_all_kept(url: str) -> None:
    lines = tuple(OrderLine(id=id, sku=sku) for id, sku in (("0", "A"), ("0", "B"), ("1", "C"), ("0", "D")))
    doubled = msgspec.structs.replace(order("1"), lines=lines)
    async with Sink(url) as sink:
        for record in (doubled, msgspec.structs.replace(doubled, raw=b"{}")):
            await write(sink, [record], stream="orders")
            lines = tables.order_lines.c
            assert await found(sink, lines.position, lines.line_id, lines.sku) == [
                (0, "0", "A"), (1, "0", "B"), (2, "1", "C"), (3, "0", "D"),
            ]  # fmt: skip


async def test_a_record_that_cannot_be_read_stops_no_sync_whatever_its_id_and_reason(url: str) -> None:
    ids = ["a\0b", "a\ud800b", "x" * 9000, None]
    bad = [Unreadable(id=id, reason="attributes.\0: no \ud800", raw=b"%d" % n) for n, id in enumerate(ids)]
    for _ in range(2):
        report = await pull([FakeStore(products=[[product("x"), *bad]])], into=url, streams=["products"], full=True)
        assert (report.streams[0].state, report.streams[0].quarantined) == ("complete", 4)
    async with Sink(url, create=False) as sink:
        kept = tables.quarantine.c
        reason = "attributes.\N{REPLACEMENT CHARACTER}: no ?"
        assert await found(sink, kept.reason, kept.raw) == [(reason, each.raw) for each in bad]


async def test_a_record_that_the_database_refuses_is_counted_and_stops_no_later_sync(url: str) -> None:
    odd = msgspec.structs.replace(order("odd"), lines=(OrderLine(id="0", quantity=2**63),))
    nul = msgspec.structs.replace(order("nul"), id="a\0b")
    long = msgspec.structs.replace(order("long"), id=random.Random(1).randbytes(9000).hex())
    refused = 1 if "sqlite" in url else 3
    for _ in range(2):  # the second time some of the page are known, and what the pass met is noted
        store = FakeStore(orders=[[order("1"), odd, nul, long]])
        report = await pull([store], into=url, streams=["orders"], full=True)
        assert (report.streams[0].state, report.streams[0].quarantined) == ("complete", refused)
    async with Sink(url, create=False) as sink:
        assert (await sink.count("orders"), await sink.count("quarantine")) == ({"eu": 4 - refused}, {"eu": refused})


async def test_an_older_order_does_not_overrule_the_customer_of_a_newer_one(url: str) -> None:
    old, new = order("1", email="old@example.com"), order("2", email="new@example.com", at=WHEN + timedelta(days=1))
    async with Sink(url) as sink:
        for page in ([new], [old], [order("3", email="older@example.com", at=WHEN - timedelta(days=1))]):
            await write(sink, page, stream="orders")
        assert await found(sink, tables.customers.c.email) == [("new@example.com",)]


async def test_a_page_of_many_records_lands_whole(url: str) -> None:
    async with Sink(url) as sink:
        many = [product(str(number)) for number in range(1201)]
        assert await write(sink, many) == Counts(new=1201)
        changed = [product(str(number), price="5.00") for number in range(1201)]
        assert await write(sink, changed) == Counts(changed=1201)
        assert await write(sink, changed) == Counts(unchanged=1201)
        assert await sink.count("product_prices") == {"eu": 2402}


async def test_nothing_of_a_page_stays_if_any_of_it_fails(url: str) -> None:
    async with Sink(url) as sink:

        def fails(connection: Any) -> None:
            from commerce_async.sinks.writing import write_records

            write_records(connection, "eu", [product("a")], NOW)
            connection.exec_driver_sql("INSERT INTO no_such_table VALUES (1)")

        with pytest.raises(SinkError, match="no_such_table"):
            await sink.transaction(fails)
        assert await found(sink, tables.products.c.id) == []


async def test_a_cancelled_write_is_committed_whole(url: str) -> None:
    async with Sink(url) as sink:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(write, sink, [product(str(number)) for number in range(300)])
                await anyio.sleep(0.005)
                scope.cancel()
        assert len(await found(sink, tables.products.c.id)) in (0, 300)
        assert await write(sink, [product("after")]) == Counts(new=1)


async def test_a_whole_pull_lands_and_a_second_one_changes_nothing(url: str) -> None:
    bad = Unreadable(id="b", reason="price: expected a number", raw=b"{}")
    store = FakeStore(products=[[product("a"), bad], [product("c")]], orders=[[order("1")], [order("2")]])
    report = await pull([store], into=url)
    assert report.complete
    assert report.into.startswith(url.split("?")[0].replace(":@", "@")[:12])
    assert "+asyncpg" not in report.into
    again = await pull(
        [FakeStore(products=[[product("a"), product("c")]], orders=[[order("1"), order("2")]])], into=url
    )
    assert [stream.unchanged for stream in again.streams] == [2, 2]
    async with Sink(url, create=False) as sink:
        counted = select(func.count()).select_from(tables.sync_runs).where(tables.sync_runs.c.state == "complete")
        assert await sink.read(lambda connection: connection.execute(counted).scalar_one()) == 4


async def test_of_runs_the_newest_are_kept_for_each_stream(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commerce_async.sinks.runs.MOST", 3)
    async with Sink(url) as sink:
        for number in range(5):
            await sink.begin_run(f"run {number}", "eu", "products", NOW + timedelta(minutes=number))
        await sink.begin_run("run 0", "eu", "orders", NOW)
        await sink.begin_run("run 0", "us", "products", NOW)
        kept = tables.sync_runs.c
        assert await found(sink, kept.store, kept.stream, kept.id) == [
            ("eu", "orders", "run 0"),
            *(("eu", "products", f"run {number}") for number in (2, 3, 4)),
            ("us", "products", "run 0"),
        ]


async def test_one_at_a_time_and_the_loser_is_told_who_and_since_when(url: str) -> None:
    async with Sink(url) as first, Sink(url) as second:
        async with first.lock("sync"):
            with pytest.raises(
                LockedError, match=r"in use by sync, process \d+ on .+, since 20\d\d-.+ UTC; one at a time"
            ):
                async with second.lock("apply", patience=0):
                    pytest.fail("two hold the lock")
            with pytest.raises(LockedError):
                async with first.lock(patience=0):
                    pytest.fail("one holds it twice")
            assert await second.count("products") == {}  # who reads needs no lock
            assert await write(first, [product("a")]) == Counts(new=1)
        async with second.lock("apply", patience=0):
            assert await write(second, [product("b")]) == Counts(new=1)


async def test_a_second_task_that_does_not_get_the_lock_does_not_take_it_from_the_first(url: str) -> None:
    async with Sink(url) as sink, Sink(url) as other:
        results: list[str] = []

        async def hold() -> None:
            try:
                async with sink.lock(patience=0):
                    results.append("held")
                    await anyio.sleep(0.05)
            except LockedError:
                results.append("refused")

        async with anyio.create_task_group() as group:
            group.start_soon(hold)
            group.start_soon(hold)
        assert sorted(results) == ["held", "refused"]
        async with other.lock(patience=0):
            pass


async def test_a_lock_that_is_shared_in_one_process_ends_with_the_last_of_them(url: str) -> None:
    async with Sink(url) as sink, Sink(url) as other:

        async def locked() -> bool:
            try:
                async with other.lock(patience=0):
                    return False
            except LockedError:
                return True

        async with sink.lock_together("one"):
            async with sink.lock_together("two"):
                assert await locked()
            assert await locked()
        assert not await locked()
        async with sink.lock("mine"):
            async with sink.lock_together("one"):
                pass
            assert await locked()
        async with other.lock(), anyio.create_task_group():
            with pytest.raises(LockedError):
                async with sink.lock_together("one"):
                    pytest.fail("two hold the lock")


async def test_the_lock_is_waited_for_a_moment(url: str) -> None:
    async with Sink(url) as first, Sink(url) as second, anyio.create_task_group() as group:
        free = anyio.Event()

        async def hold() -> None:
            async with first.lock():
                free.set()
                await anyio.sleep(0.1)

        group.start_soon(hold)
        await free.wait()
        async with second.lock(patience=30):
            pass


async def test_a_pull_into_a_database_in_use_reads_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commerce_async.sinks.sql._PATIENCE", 0.0)
    store = FakeStore(products=[[product("a")]])
    async with Sink(url) as other, other.lock("apply"):
        with pytest.raises(LockedError, match="in use by apply"):
            await pull([store], into=url)
    assert store.products.asked == []


async def test_a_holder_whose_lock_was_taken_over_writes_nothing_more(url: str) -> None:
    async with Sink(url) as sink, sink.lock():
        taken = tables.sync_lock.update().values(token="somebody else's")
        await sink.transaction(lambda connection: connection.execute(taken).rowcount)
        with pytest.raises(SinkError, match="the lock was lost"):
            await write(sink, [product("a")])
        assert await found(sink, tables.products.c.id) == []


@pytest.mark.parametrize("seed", range(3))
async def test_after_any_series_of_pages_the_tables_equal_the_last_word_on_each_record(url: str, seed: int) -> None:
    dice = random.Random(seed)
    truth: dict[str, Product | Order] = {}
    make: tuple[Callable[..., Record], ...] = (
        lambda id: product(id, price=f"{dice.randrange(5)}.50"),
        lambda id: order(id, total=f"{dice.randrange(5)}.25"),
    )
    async with Sink(url) as sink:
        for _ in range(25):
            kind = dice.choice(make)
            page: list[Any] = [kind(str(dice.randrange(40))) for _ in range(dice.randrange(12))]
            await write(sink, page)
            truth |= {f"{type(record).__name__} {record.id}": record for record in page}
        products = [record for record in truth.values() if isinstance(record, Product)]
        orders = [record for record in truth.values() if isinstance(record, Order)]
        prices = tables.product_prices.c
        assert await found(sink, tables.products.c.id) == sorted((record.id,) for record in products)
        assert await found(sink, prices.product_id, prices.amount) == sorted(
            (record.id, price.amount) for record in products for price in record.prices
        )
        assert await found(sink, tables.orders.c.id, tables.orders.c.total) == sorted(
            (record.id, record.total) for record in orders
        )
        assert len(await found(sink, tables.order_lines.c.order_id)) == 2 * len(orders)


async def test_a_value_that_went_away_is_gone_from_its_row_and_one_that_came_is_there(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, nameless = product("a"), msgspec.structs.replace(product("a"), sku=None, name=None)
    columns = tables.products.c.sku, tables.products.c.name
    async with Sink(url) as sink:
        for record, expected in ((nameless, (None, None)), (named, ("SKU-a", "Mug")), (nameless, (None, None))):
            monkeypatch.setattr(bulk, "_statements", {})  # as another process would, which has not seen it
            await write(sink, [record])
            assert await found(sink, *columns) == [expected]
