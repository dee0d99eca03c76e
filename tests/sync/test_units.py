"""A sync in units: any order, again and again, by many, and complete only if all of it is."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

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
    [(state, text)] = place.rows(query, report.store, report.stream)
    kept = msgspec.json.decode(text, type=RecordedReport)
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
        text = msgspec.json.encode(plan)
        assert msgspec.json.decode(text, type=Planned) == plan
        assert pickle.loads(pickle.dumps(plan)) == plan
        for carried in (text.decode(), repr(plan), repr(place.where)):
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


async def _state(place: Place) -> tuple[str, bool]:
    async with Sink(place.into) as sink:
        found = await sink.checkpoint("us", "orders")
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


async def test_an_incremental_pass_in_units_reads_what_is_new_and_moves_the_watermark(place: Place) -> None:
    first, _ = await _whole(place, "us", "orders")
    second, report = await _whole(place, "us", "orders")
    assert report.since is not None
    assert sum(each.read for each in second) < sum(each.read for each in first)


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
