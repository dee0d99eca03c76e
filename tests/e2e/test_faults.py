"""Whole pulls over loopback while things go wrong: in the end the database equals the emulators' truth."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from commerce_async.http.retry import Retry
from commerce_async.store import Store, open_store
from commerce_async.sync import Report, pull
from commerce_async.testing.emulator import Faults
from tests.e2e.world import World, world

pytestmark = pytest.mark.anyio

# As patient as by default, only with shorter pauses: the emulators recover at once.
QUICK = Retry(base=0.01, cap=0.05, tries=6)
SIZES = {"products": 260, "orders": 1300}


@asynccontextmanager
async def shops(folder: Path, faults: Faults, **more: Any) -> AsyncIterator[World]:
    # Each shop has its own, since the emulators change them (a storm counts down).
    eu = {**SIZES, "rate_limit": None, "faults": Faults(**_fields(faults)), **more}
    us = {**SIZES, "window": None, "faults": Faults(**_fields(faults)), **more}
    async with world(folder, eu=eu, us=us) as place:
        yield place


def _fields(faults: Faults) -> dict[str, Any]:
    return {name: getattr(faults, name) for name in faults.__struct_fields__}


@asynccontextmanager
async def opened(place: World) -> AsyncIterator[list[Store]]:
    eu = open_store("fastspring", "eu", **{**place.eu.settings(), "rate": 500.0})
    us = open_store("sparkpay", "us", **{**place.us.settings(), "period": 0.2, "page_size": 50})
    async with eu, us:
        yield [store.with_options(retry=QUICK) for store in (eu, us)]


async def synced(place: World, streams: Iterable[str] = ("products", "orders")) -> Report:
    async with opened(place) as stores:
        return await pull(stores, into=place.into, streams=streams)


def assert_ledgers_agree(place: World, report: Report) -> None:
    """The client counted every request that the servers saw: the limiter's books are the servers'."""
    for name, shop in (("eu", place.eu), ("us", place.us)):
        streams = [stream for stream in report.streams if stream.store == name]
        assert sum(stream.calls for stream in streams) == shop.ledger.calls
        assert sum(stream.throttled for stream in streams) == shop.ledger.throttled


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(Faults(), id="none"),
        pytest.param(Faults(reset=0.08), id="resets"),
        pytest.param(Faults(truncate=0.08), id="truncated bodies"),
        pytest.param(Faults(lose_answer=0.08), id="lost answers"),
        pytest.param(Faults(server_error=0.08), id="5xx"),
        pytest.param(Faults(malformed=0.08), id="not JSON"),
        pytest.param(Faults(latency=0.005, jitter=0.02), id="latency"),
        pytest.param(
            Faults(reset=0.03, truncate=0.03, lose_answer=0.03, server_error=0.03, malformed=0.03, jitter=0.01),
            id="all at once",
        ),
    ],
)
async def test_whatever_the_wire_does_every_record_lands_once(tmp_path: Path, faults: Faults) -> None:
    async with shops(tmp_path, faults, seed=7) as place:
        report = await synced(place)
        assert report.complete, [stream.error for stream in report.streams]
        place.assert_database_equals_truth()
        assert_ledgers_agree(place, report)


async def test_a_storm_of_throttles_is_waited_out_and_loses_nothing(tmp_path: Path) -> None:
    async with shops(tmp_path, Faults(storm=3)) as place:
        place.eu.throttle_with = "429"
        report = await synced(place)
        assert report.complete
        assert place.eu.ledger.throttled == 3
        place.assert_database_equals_truth()
        assert_ledgers_agree(place, report)


async def test_pages_that_shift_under_the_walk_lose_no_record_that_was_there_throughout(tmp_path: Path) -> None:
    async with shops(tmp_path, Faults(shift=0.5), seed=3) as place:
        before = {"eu": set(place.eu.order_ids()), "us": {str(id) for id in place.us.order_ids()}}
        report = await synced(place)
        assert report.complete
        after = {"eu": set(place.eu.order_ids()), "us": {str(id) for id in place.us.order_ids()}}
        for name in ("eu", "us"):
            found = [id for (id,) in place.rows("SELECT id FROM orders WHERE store = ?", name)]
            assert len(found) == len(set(found))
            assert before[name] & after[name] <= set(found)
            assert set(found) <= before[name] | after[name]
        assert after != before


async def test_records_that_cannot_be_read_are_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    async with shops(tmp_path, Faults(), broken=5, broken_products=4) as place:
        report = await synced(place)
        assert report.complete
        assert {s.quarantined for s in report.streams if s.stream == "orders"} == {5}
        assert {s.quarantined for s in report.streams if s.stream == "products"} == {4}
        place.assert_database_equals_truth()
        reasons = [reason for (reason,) in place.rows("SELECT reason FROM quarantine")]
        assert all(len(reason) > 10 and "\n" not in reason for reason in reasons)


async def test_a_store_that_goes_down_and_comes_back_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commerce_async.sync.patience.REST", 0.05)
    async with shops(tmp_path, Faults()) as place:
        seen = 0

        def break_and_mend(stream: Any) -> None:
            nonlocal seen
            seen += 1
            place.us.faults.reset = 1.0 if 3 <= seen < 8 else 0.0

        async with opened(place) as stores:
            report = await pull(stores, into=place.into, on_progress=break_and_mend)
        assert report.complete
        assert place.us.ledger.faults["reset"] > 0
        place.assert_database_equals_truth()
