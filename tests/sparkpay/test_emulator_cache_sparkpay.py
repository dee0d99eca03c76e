"""Caching headers, and the server's own cache."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from sparkpay_async.emulator import Quirks
from tests.sparkpay.emulated_sparkpay import running

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


async def test_every_good_read_says_how_long_it_is_good() -> None:
    async with running(max_age=30, wall=lambda: NOW) as shop:
        id = shop.emulator.product_ids()[0]
        for path in ("products", f"products/{id}", f"products/{id}/filled", "products/select_many?ids=1"):
            await shop.get(path)
            assert shop.headers["Cache-Control"] == "private, max-age=30"
            assert parsedate_to_datetime(shop.headers["Expires"]) == NOW + timedelta(seconds=30)
            assert parsedate_to_datetime(shop.headers["Last-Modified"]) <= NOW
        await shop.get("products/1")
        assert "Expires" not in shop.headers
        await shop.put(f"products/{id}", {"price": 1})
        assert "Expires" not in shop.headers


async def test_the_servers_cache_gives_old_copies_until_they_expire() -> None:
    now = NOW
    async with running(max_age=30, wall=lambda: now, quirks=Quirks(server_cache=True)) as shop:
        path = f"products/{shop.emulator.product_ids()[0]}"
        await shop.get(path)
        await shop.put(path, {"price": 77})
        now += timedelta(seconds=10)
        _, old = await shop.get(path)
        assert old["price"] != 77
        assert shop.headers["Cache-Control"] == "private, max-age=20"
        assert parsedate_to_datetime(shop.headers["Expires"]) == NOW + timedelta(seconds=30)
        assert (shop.emulator.cache.hits, shop.emulator.cache.stale, shop.emulator.cache.misses) == (1, 1, 1)
        now += timedelta(seconds=20)
        assert (await shop.get(path))[1]["price"] == 77
        assert shop.emulator.cache.misses == 2


async def test_no_cache_reads_anew_for_everybody() -> None:
    async with running(max_age=30, quirks=Quirks(server_cache=True)) as shop:
        path = f"products/{shop.emulator.product_ids()[0]}"
        await shop.get(path)
        await shop.put(path, {"price": 77})
        assert (await shop.get(path))[1]["price"] != 77
        shop.session.headers["Cache-Control"] = "no-cache"
        assert (await shop.get(path))[1]["price"] == 77
        del shop.session.headers["Cache-Control"]
        assert (await shop.get(path))[1]["price"] == 77
        assert (shop.emulator.cache.revalidated, shop.emulator.cache.hits) == (1, 2)


async def test_without_the_switch_every_read_is_new() -> None:
    async with running(max_age=30) as shop:
        path = f"products/{shop.emulator.product_ids()[0]}"
        await shop.get(path)
        await shop.put(path, {"price": 77})
        assert (await shop.get(path))[1]["price"] == 77
        assert shop.emulator.cache.hits == 0


async def test_conditional_reads_are_answered_only_by_the_switch() -> None:
    now = NOW
    async with running(max_age=30, wall=lambda: now) as shop:
        path = f"products/{shop.emulator.product_ids()[0]}"
        await shop.get(path)
        shop.session.headers["If-Modified-Since"] = shop.headers["Last-Modified"]
        assert (await shop.get(path))[0] == 200
        shop.emulator.quirks = Quirks(not_modified=True)
        assert await shop.get(path) == (304, "")
        assert "Expires" in shop.headers
        now += timedelta(seconds=5)
        await shop.put(path, {"price": 77})
        assert (await shop.get(path))[0] == 200
        assert shop.emulator.cache.not_modified == 1
