"""A sync in units: any order, again and again, by many, and complete only if all of it is."""

from __future__ import annotations

import asyncio
import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from sqlalchemy import text

from commerce_async.errors import ConfigError, LockedError, SinkError, UsageError
from commerce_async.sinks import Sink
from commerce_async.store import open_store
from commerce_async.sync import pull
from commerce_async.sync.incremental import Wish
from commerce_async.sync.series import RecordedReport
from commerce_async.sync.units import Job, Planned, Unit, UnitReport, end_pass, plan_units, start_run, sync_unit
from tests.e2e.world import World
from tests.sync.in_units import OPTIONS, Place, blocks, database, place, program

pytestmark = pytest.mark.anyio

__all__ = ["database", "place"]

STREAMS = [("eu", "products"), ("eu", "orders"), ("us", "products"), ("us", "orders")]


async def planned(place: Place, run: str, store: str, stream: str, **more: Any) -> Planned:
    return await plan_units(Job(run=run, store=store, stream=stream, records=30, **more), **place.where)


async def test_units_in_any_order_and_some_twice_give_what_a_pull_gives(place: Place, tmp_path: Path) -> None:
    run = await start_run(place.where["into"])
    for store, stream in STREAMS:
        plan = await planned(place, run, store, stream)
        assert len(plan.units) > 1, (store, stream)
        done = [await sync_unit(unit, **place.where) for unit in reversed(plan.units)]
        again = await sync_unit(plan.units[0], **place.where)  # its worker died before it could tell
        assert (again.new, again.changed) == (0, 0)
        report = await end_pass(plan.reading, done, **place.where)
        assert (report.state, report.error) == ("complete", None)
        _assert_noted(place, report)
    place.assert_database_equals_truth()
    stores = await _rows_of_a_pull(place, tmp_path)
    for table, rows in stores.items():
        assert sorted(place.rows(f"SELECT store, id FROM {table}")) == rows, table


def _assert_noted(place: Place, report: RecordedReport) -> None:
    """The run is noted as any sync's, with what it did over time."""
    query = "SELECT state, report FROM sync_runs WHERE store = ? AND stream = ?"
    [(state, noted)] = place.rows(query, report.store, report.stream)
    kept = msgspec.json.decode(noted, type=RecordedReport)
    assert (state, kept) == ("complete", report)
    assert kept.series is not None
    assert sum(part.calls for part in kept.series.slices) == report.calls > 0
    assert sum(part.records for part in kept.series.slices) == report.read > 0


async def _rows_of_a_pull(place: Place, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    alone = World(folder, place.eu, place.us, OPTIONS)
    async with (
        open_store("fastspring", "eu", **place.settings["eu"]) as eu,
        open_store("sparkpay", "us", **place.settings["us"]) as us,
    ):
        await pull([eu, us], into=alone.into)
    tables = ("order_lines", "product_prices", "customers", "quarantine")
    return {table: sorted(alone.rows(f"SELECT store, id FROM {table}")) for table in tables}


async def test_a_unit_travels_as_plain_data_and_carries_no_secret_and_a_part_that_is_none_is_refused(
    place: Place,
) -> None:
    run = await start_run(place.where["into"])
    for store, stream in STREAMS:
        plan = await planned(place, run, store, stream)
        sent = msgspec.json.encode(plan)
        assert msgspec.json.decode(sent, type=Planned) == plan
        assert pickle.loads(pickle.dumps(plan)) == plan
        for carried in (sent.decode(), repr(plan), repr(place.where)):
            assert not any(secret in carried for secret in place.unseen)
        for part in ("", '{"begin": "2026-01-02", "end": "2026-01-01"}'):
            with pytest.raises(UsageError, match=r"token|part"):
                await sync_unit(msgspec.structs.replace(plan.units[0], part=part), **place.where)


async def test_only_when_all_units_are_done_is_the_pass_complete_and_its_checkpoint_moved(place: Place) -> None:
    plan = await planned(place, await start_run(place.where["into"]), "us", "orders")
    done = [await sync_unit(unit, **place.where) for unit in plan.units[1:]]
    with pytest.raises(UsageError, match="do not tell of each once"):
        await end_pass(plan.reading, done, **place.where)
    assert await _state(place) == ("running", False)
    # The next run goes on with the same pass; what is in the database already costs no write.
    following = await planned(place, await start_run(place.where["into"]), "us", "orders")
    assert following.reading.report.resumed
    assert following.reading.checkpoint.started_at == plan.reading.checkpoint.started_at
    done = [await sync_unit(unit, **place.where) for unit in following.units]
    assert sum(each.unchanged for each in done) > 0
    await end_pass(following.reading, done, **place.where)
    assert await _state(place) == ("complete", True)


async def test_one_unit_that_may_have_gaps_leaves_the_pass_incomplete_and_the_watermark_where_it_was(
    place: Place,
) -> None:
    plan = await planned(place, await start_run(place.where["into"]), "us", "orders")
    done = [await sync_unit(unit, **place.where) for unit in plan.units]
    done[1] = msgspec.structs.replace(done[1], state="incomplete")
    report = await end_pass(plan.reading, done, **place.where)
    assert report.state == "incomplete"
    assert await _state(place) == ("incomplete", False)


async def _state(place: Place, stream: str = "orders") -> tuple[str, bool]:
    async with Sink(place.into) as sink:
        found = await sink.checkpoint("us", stream)
    assert found is not None
    return found.state, found.watermark is not None


async def _whole(place: Place, store: str, stream: str, **more: Any) -> tuple[list[UnitReport], Any]:
    plan = await planned(place, await start_run(place.where["into"]), store, stream, **more)
    done = [await sync_unit(unit, **place.where) for unit in plan.units]
    return done, await end_pass(plan.reading, done, **place.where)


async def test_a_full_pass_in_units_marks_what_is_gone_and_nothing_else(place: Place) -> None:
    shops: dict[str, Any] = {"eu": place.eu, "us": place.us}
    for store, shop in shops.items():
        await _whole(place, store, "products")
        victim = shop.product_ids()[7]
        shop.remove_product(victim)
        _, report = await _whole(place, store, "products", wish=Wish(full=True))
        assert (report.state, report.gone, report.unconfirmed) == ("complete", 1, 0)
        gone = place.rows("SELECT id FROM products WHERE store = ? AND gone_at IS NOT NULL", store)
        assert gone == [(str(victim),)]


class Frozen:
    """One method of every `Sink`, in which whoever comes first stays until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.there, self.free = asyncio.Event(), asyncio.Event()
        method = getattr(Sink, name)

        async def frozen(*given: Any, **named: Any) -> Any:
            monkeypatch.setattr(Sink, name, method)
            self.there.set()
            await self.free.wait()
            return await method(*given, **named)

        monkeypatch.setattr(Sink, name, frozen)


async def test_a_unit_an_end_and_a_plan_that_come_again_when_all_is_done_change_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _whole(place, "us", "products")
    run = await start_run(place.where["into"])
    plan = await planned(place, run, "us", "products", wish=Wish(full=True))
    frozen = Frozen(monkeypatch, "write")
    zombie = asyncio.ensure_future(sync_unit(plan.units[0], **place.where))
    await frozen.there.wait()  # with a page that shows what is gone in a moment
    victim = place.us.product_ids()[7]
    place.us.remove_product(victim)
    done = [await sync_unit(unit, **place.where) for unit in plan.units]
    report = await end_pass(plan.reading, done, **place.where)
    assert report.gone == 1
    frozen.free.set()
    late = await zombie
    assert (late.state, late.read) == ("complete", 0)
    calls = place.us.ledger.calls
    assert await end_pass(plan.reading, done, **place.where) == report
    again = await planned(place, run, "us", "products", wish=Wish(full=True))
    assert again.units == ()
    assert await end_pass(again.reading, (), **place.where) == report
    assert place.us.ledger.calls == calls
    gone = "SELECT id FROM products WHERE gone_at IS NOT NULL"
    assert place.rows(gone) == [(str(victim),)]
    async with Sink(place.into) as sink:  # whose answer was lost, and who was stopped meanwhile
        nothing = RecordedReport(store="us", vendor="sparkpay", stream="products")
        await sink.end_run(run, "us", "products", "stopped", nothing, plan.reading.checkpoint.started_at)
    assert place.rows("SELECT state FROM sync_runs WHERE id = ?", run) == [("complete",)]
    assert place.rows("SELECT id FROM sync_seen") == []


async def test_an_end_that_another_has_brought_about_meanwhile_tells_the_same(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _whole(place, "us", "products")
    plan = await planned(place, await start_run(place.where["into"]), "us", "products", wish=Wish(full=True))
    place.us.remove_product(place.us.product_ids()[7])
    done = [await sync_unit(unit, **place.where) for unit in plan.units]
    frozen = Frozen(monkeypatch, "save_checkpoint")
    zombie = asyncio.ensure_future(end_pass(plan.reading, done, **place.where))
    await frozen.there.wait()
    report = await end_pass(plan.reading, done, **place.where)
    frozen.free.set()
    assert await zombie == report
    assert report.gone == 1
    assert await _state(place, "products") == ("complete", True)


async def test_a_plan_that_was_frozen_as_it_began_the_pass_goes_on_with_the_one_that_another_began(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _whole(place, "us", "products")
    run = await start_run(place.where["into"])
    frozen = Frozen(monkeypatch, "begin_pass")
    zombie = asyncio.ensure_future(planned(place, run, "us", "products", wish=Wish(full=True)))
    await frozen.there.wait()
    plan = await planned(place, run, "us", "products", wish=Wish(full=True))
    await sync_unit(plan.units[0], **place.where)
    seen = place.rows("SELECT id FROM sync_seen")
    frozen.free.set()
    assert (await zombie).reading.checkpoint == plan.reading.checkpoint
    assert place.rows("SELECT id FROM sync_seen") == seen != []


async def test_a_worker_whose_file_names_another_account_or_no_shared_limit_reads_and_concludes_nothing(
    place: Place,
) -> None:
    plan = await planned(place, await start_run(place.where["into"]), "us", "products")
    done = [await sync_unit(unit, **place.where) for unit in plan.units[1:]]
    other = place.config.with_name("other.toml")
    other.write_text(place.config.read_text().replace("127.0.0.1", "localhost"))
    where = {**place.where, "config": str(other)}
    rows, calls = place.rows("SELECT count(*) FROM products"), place.us.ledger.calls
    with pytest.raises(ConfigError, match="us: the file of stores names another account here"):
        await sync_unit(plan.units[0], **where)
    done.append(await sync_unit(plan.units[0], **place.where))
    with pytest.raises(ConfigError, match="another account"):
        await end_pass(plan.reading, done, **where)
    with pytest.raises(ConfigError, match=r"stores\.us\.limiter: missing"):
        await planned(place, plan.reading.job.run, "us", "orders", shared=True)
    with pytest.raises(UsageError, match="us orders: reports of another stream"):
        await end_pass((await planned(place, plan.reading.job.run, "us", "orders")).reading, done, **place.where)
    assert place.rows("SELECT count(*) FROM products") > rows
    assert place.us.ledger.calls > calls


async def test_a_process_that_is_frozen_in_the_middle_of_a_page_does_not_keep_the_stream_from_others(
    place: Place,
) -> None:
    """The server ends its transaction; then it would fail, and its unit be tried again."""
    run = await start_run(place.where["into"])
    query = text("SHOW idle_in_transaction_session_timeout")
    async with Sink(place.into, create=False) as sink:
        async with sink.beside(run):
            assert await sink.transaction(lambda connection: connection.execute(query).scalar_one()) == "20s"
        assert await sink.read(lambda connection: connection.execute(query).scalar_one()) == "0"


async def test_an_incremental_pass_in_units_reads_what_is_new_and_moves_the_watermark(place: Place) -> None:
    first, _ = await _whole(place, "us", "orders")
    second, report = await _whole(place, "us", "orders")
    assert report.since is not None
    assert sum(each.read for each in second) < sum(each.read for each in first)


async def test_a_pass_that_was_begun_by_a_clock_ahead_leaves_no_gap_behind_it(place: Place) -> None:
    """Also when it is gone on with by another: the next pass begins before the first read of this one."""
    plan = await planned(place, await start_run(place.where["into"]), "us", "orders")
    ahead = timedelta(hours=1)
    begun = plan.reading.checkpoint
    assert begun.mark is not None
    async with Sink(place.into) as sink:
        moved = msgspec.structs.replace(begun, started_at=begun.started_at + ahead, mark=begun.mark + ahead)
        await sink.save_checkpoint("us", "orders", moved, begun.started_at)
    _, report = await _whole(place, "us", "orders")
    assert report.resumed
    async with Sink(place.into) as sink:
        found = await sink.checkpoint("us", "orders")
    assert found is not None
    assert found.watermark is not None
    assert abs(found.watermark - begun.mark) < ahead / 2


async def test_units_of_a_run_that_another_took_over_or_whose_lock_ended_write_nothing(place: Place) -> None:
    plan = await planned(place, await start_run(place.where["into"]), "us", "orders")
    await start_run(place.where["into"])
    with pytest.raises(SinkError, match="another process has it by now"):
        await sync_unit(plan.units[0], **place.where)
    async with Sink(place.into) as sink:
        async with sink.lock("sync", token="r" * 32):
            plan = await planned(place, "r" * 32, "us", "orders")
            with pytest.raises(LockedError):
                await start_run(place.where["into"])
        with pytest.raises(SinkError, match="has ended"):
            await sync_unit(plan.units[0], **place.where)
    assert place.rows("SELECT count(*) FROM orders") == [(0,)]


@pytest.mark.parametrize(
    ("into", "words"),
    [
        ("sqlite:///shop.db", "takes postgresql://…, not SQLite"),
        ("postgresql://me:hush@127.0.0.1/shop", "the password would travel"),
        ("postgresql://127.0.0.1/shop?password=hush", "the password would travel"),
        ("env:NOT_SET_ANYWHERE", "NOT_SET_ANYWHERE is not set"),
    ],
)
async def test_a_database_that_units_cannot_share_is_refused_in_one_line(into: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        await start_run(into)
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_pages_of_many_units_at_once_do_not_wait_for_each_other_in_a_circle(place: Place) -> None:
    run = await start_run(place.where["into"])
    reports: list[UnitReport] = []

    async def one(unit: Unit) -> None:
        reports.append(await sync_unit(unit, **place.where))

    for store, stream in (("eu", "orders"), ("us", "orders")):
        plan = await planned(place, run, store, stream)
        async with anyio.create_task_group() as group:
            for unit in (*plan.units, *plan.units):
                group.start_soon(one, unit)
    assert sum(each.new for each in reports) == place.rows("SELECT count(*) FROM orders")[0][0]


async def test_the_page_shows_all_that_an_engine_has_to_do(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place.config.parent)
    await program(blocks("engine")[1])()
    assert capsys.readouterr().out.splitlines() == ["eu products complete 55", "eu orders complete 40"]
