"""Incremental passes, full ones and gone records against both emulators, in this process and in killed ones."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from commerce_async.config import LiteralSecretWarning, load_stores
from commerce_async.sync import Report, pull
from commerce_async.testing.emulator import Faults, Plan
from fastspring_async import FastSpring
from sparkpay_async import SparkPay
from tests.e2e.world import World, world

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings(f"ignore::{LiteralSecretWarning.__module__}.{LiteralSecretWarning.__name__}"),
]

EASY: dict[str, Any] = {"eu": {"rate_limit": None}, "us": {"window": None}}
FAST: dict[str, Any] = {"eu": {"rate": 50.0}, "us": {"limit": 50, "period": 0.2}}


async def sync(place: World, **options: Any) -> dict[tuple[str, str], Any]:
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(store) for store in load_stores(place.config)]
        report: Report = await pull(stores, into=place.into, **options)
    assert report.complete, [(s.store, s.stream, s.state, s.error) for s in report.streams]
    return {(s.store, s.stream): s for s in report.streams}


def live(place: World, table: str, store: str) -> set[str]:
    return {id for (id,) in place.rows(f"SELECT id FROM {table} WHERE store = ? AND gone_at IS NULL", store)}


def total(place: World, id: str) -> Decimal:
    return Decimal(place.rows("SELECT total FROM orders WHERE id = ?", id)[0][0])


async def test_an_incremental_pass_reads_what_changed_and_little_else_and_the_database_equals_the_truth(
    tmp_path: Path,
) -> None:
    # The shop's clock stands where its last generated order was made: here, now.
    easy = {**EASY, "eu": {**EASY["eu"], "until": datetime.now(UTC)}}
    async with world(tmp_path, **easy, options=FAST) as place:
        await sync(place)
        eu, us = place.eu, place.us
        new = {"eu": eu.insert_order(), "us": str(us.insert_order())}
        old = list(us.order_ids())[3]
        us.edit_order(int(old), grand_total=Decimal("4321.05"))
        edited = us.product_ids()[5]
        us.edit_product(int(edited), item_name="Another name")
        path = eu.product_ids()[7]
        eu.edit_product(path, display={"en": "Anders"})
        calls = us.ledger.calls
        found = await sync(place)
        assert found["us", "orders"].since is not None
        assert (found["us", "orders"].new, found["us", "orders"].changed, found["us", "orders"].read) == (1, 1, 2)
        assert (found["us", "products"].changed, found["us", "products"].read) == (1, 1)
        assert us.ledger.calls - calls <= 10
        assert found["eu", "orders"].new == 1
        assert found["eu", "orders"].read < 20
        assert (found["eu", "products"].since, found["eu", "products"].changed) == (None, 1)
        place.assert_database_equals_truth()
        assert total(place, str(old)) == Decimal("4321.05")
        assert new["eu"] in live(place, "orders", "eu")
        assert new["us"] in live(place, "orders", "us")


async def test_the_adapters_tell_what_their_lists_can_filter_and_reach_and_how_far_the_vendors_clock_is_off(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, **EASY, options=FAST) as place, AsyncExitStack() as stack:
        place.config.write_text(
            place.config.read_text().replace("[stores.us]", "orders_since = 2024-05-01\n[stores.us]")
        )
        eu, us = [await stack.enter_async_context(store) for store in load_stores(place.config)]
        assert isinstance(eu, FastSpring)
        assert isinstance(us, SparkPay)
        assert (eu.products.filtering.by, eu.orders.filtering.by) == ("nothing", "placed")
        assert (us.products.filtering.by, us.orders.filtering.by) == ("changed", "changed")
        assert eu.orders.filtering.reach == datetime(2024, 5, 3, tzinfo=UTC)
        assert us.orders.filtering.reach is None
        derived = us.with_options()
        await derived.probe()
        assert us.client.skew is None
        assert derived.client.skew is not None
        assert abs(derived.client.skew) < 30


async def test_an_order_edited_behind_the_date_window_comes_with_the_next_full_pass(tmp_path: Path) -> None:
    async with world(tmp_path, **EASY, options=FAST) as place:
        await sync(place)
        oldest = place.eu.order_id(0)
        place.eu.edit_order(oldest, tags={"checked": "yes"})
        # The day by which the list is limited is in the database, too, for every order that has been told one.
        query = "SELECT count(*) FROM orders WHERE store = 'eu' AND (placed_at IS NULL) <> (reference IS NULL)"
        assert place.rows(query) == [(0,)]
        assert (await sync(place))["eu", "orders"].changed == 0
        assert (await sync(place, full=True))["eu", "orders"].changed == 1
        place.assert_database_equals_truth()


async def test_products_that_are_removed_are_gone_after_a_full_pass_and_no_other(tmp_path: Path) -> None:
    async with world(tmp_path, **EASY, options=FAST) as place:
        await sync(place)
        removed = set(place.eu.remove_product(place.eu.product_ids()[11]))
        for id in place.us.product_ids()[4:7]:
            place.us.remove_product(int(id))
        found = await sync(place)
        assert found["eu", "products"].gone == len(removed)  # its list is always whole
        assert found["us", "products"].gone == 0
        assert (await sync(place, full=True))["us", "products"].gone == 3
        for name, shop in (("eu", place.eu), ("us", place.us)):
            assert live(place, "products", name) == {str(id) for id in shop.product_ids()}
            assert live(place, "orders", name) == {str(id) for id in shop.order_ids()}


async def test_throttles_and_failures_while_confirming_make_nothing_falsely_gone(tmp_path: Path) -> None:
    async with world(tmp_path, **EASY, options=FAST) as place:
        await sync(place)
        for _ in range(3):
            place.eu.remove_product(place.eu.product_ids()[20])
        place.eu.plans = [Plan(fault="storm", path=r"/products/.+", times=10_000, share=0.3)]
        place.us.plans = [Plan(fault="server_error", times=10_000, share=0.1)]
        await sync(place, full=True)
        place.eu.plans = place.us.plans = []
        assert live(place, "products", "eu") >= set(map(str, place.eu.product_ids()))
        assert live(place, "products", "us") == set(map(str, place.us.product_ids()))
        await sync(place, full=True)
        assert live(place, "products", "eu") == set(map(str, place.eu.product_ids()))


async def start(place: World) -> asyncio.subprocess.Process:
    command = ("-m", "commerce_async", "sync", "--config", str(place.config), "--into", place.into, "--json")
    return await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def test_killed_within_an_incremental_pass_the_next_run_goes_on_with_its_limit_and_loses_no_change(
    tmp_path: Path,
) -> None:
    options = {"eu": {"rate": 50.0}, "us": {"limit": 50, "period": 0.2, "page_size": 20}}
    shops = {"products": 20, "orders": 600}
    async with world(tmp_path, eu={**shops, **EASY["eu"]}, us={**shops, **EASY["us"]}, options=options) as place:
        await sync(place)
        ids = list(place.us.order_ids())
        for id in ids[:400]:
            place.us.edit_order(int(id), grand_total=Decimal("2.00"))
        place.us.faults = Faults(latency=0.1)
        process = await start(place)
        query = "SELECT since, mark FROM sync_checkpoints WHERE store || id = 'usorders' AND token > ''"
        async with asyncio.timeout(30):
            while not (found := place.rows(query)):
                await asyncio.sleep(0.01)
        process.kill()
        await process.communicate()
        place.us.edit_order(int(ids[0]), grand_total=Decimal("3.00"))  # behind what was read
        place.us.faults = Faults()
        [(since, mark)] = found
        assert since is not None
        runs: list[Any] = []
        for _ in range(2):
            process = await start(place)
            out, err = await process.communicate()
            assert process.returncode == 0, err
            streams = json.loads(out)["streams"]
            runs.append(next(s for s in streams if (s["store"], s["stream"]) == ("us", "orders")))
        assert (runs[0]["since"], runs[0]["resumed"]) == (since, True)
        assert (runs[1]["since"], runs[1]["resumed"]) == (mark, False)
        assert runs[0]["read"] < 400
        assert total(place, str(ids[0])) == Decimal("3.00")
        place.assert_database_equals_truth()
