"""Spark Pay: Caching, from a store's settings to the vendor's headers, against the emulator with a cache of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from commerce_async.config import load_stores
from commerce_async.errors import ConfigError
from commerce_async.http.cache import MemoryCache, SQLiteCache
from commerce_async.sinks import Sink
from commerce_async.store import open_store
from commerce_async.sync import pull
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator
from sparkpay_async.emulator.quirks import Quirks

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def shop(**settings: Any) -> AsyncIterator[tuple[SparkPayEmulator, SparkPay]]:
    server = SparkPayEmulator(
        products=30, orders=20, limit=1000, max_age=300, quirks=Quirks(server_cache=True, not_modified=True)
    )
    async with server, SparkPay(**{**server.settings(), "cache": MemoryCache(), **settings}) as store:
        yield server, store


async def an_id(store: SparkPay) -> int:
    return (await store.api.products.list(count=1, fresh=True)).items[0].id


async def test_a_record_read_twice_costs_one_call() -> None:
    async with shop() as (server, store):
        id = await an_id(store)
        calls = server.ledger.calls
        first = await store.api.products.get(id)
        assert await store.api.products.get(id) == first
        assert server.ledger.calls == calls + 1
        assert store.client.stats.hits == 1


async def test_fresh_asks_the_shop_past_both_caches() -> None:
    async with shop() as (server, store), SparkPay(**server.settings()) as other:
        id = await an_id(store)
        await store.api.products.get(id)
        await other.api.products.update(id, {"item_name": "renamed elsewhere"})
        assert (await store.api.products.get(id)).item_name != "renamed elsewhere"
        assert (await store.api.products.get(id, fresh=True)).item_name == "renamed elsewhere"
        assert (await store.api.products.get(id)).item_name == "renamed elsewhere"


async def test_a_read_after_the_clients_own_write_shows_it_though_the_shop_has_a_cache() -> None:
    async with shop() as (server, store):
        id = await an_id(store)
        for number in range(3):
            await store.api.products.get(id)
            await store.api.products.list(count=5)
            await store.api.products.update(id, {"item_name": f"name {number}"})
            assert (await store.api.products.get(id)).item_name == f"name {number}"
            names = [each.item_name for each in (await store.api.products.list(count=5)).items]
            assert f"name {number}" in names
        assert server.cache.stale == 0
        hits = store.client.stats.hits
        assert (await store.api.products.get(id)).item_name == "name 2"
        assert store.client.stats.hits == hits + 1


async def test_two_stores_on_one_cache_do_not_mix() -> None:
    cache = MemoryCache()
    async with shop(cache=cache) as (_, one), shop(cache=cache) as (server, two):
        id = await an_id(one)
        await one.api.products.get(id)
        calls = server.ledger.calls
        await two.api.products.get(id)
        assert server.ledger.calls == calls + 1


async def test_a_pull_never_takes_anything_from_a_cache(tmp_path: Path) -> None:
    async with shop() as (server, store), SparkPay(**server.settings()) as other:
        id = await an_id(store)
        for _ in range(2):
            async with Sink(f"sqlite:///{tmp_path}/shop.db") as sink:
                report = await pull([store], into=sink)
            assert report.complete
            assert [stream.hits for stream in report.streams] == [0, 0]
            await other.api.products.update(id, {"item_name": "changed between"})
        assert server.cache.hits == 0


async def test_without_a_cache_the_report_says_nothing_of_one(tmp_path: Path) -> None:
    async with shop(cache=None) as (_, store), Sink(f"sqlite:///{tmp_path}/shop.db") as sink:
        report = await pull([store], into=sink)
        assert {stream.hits for stream in report.streams} == {None}


async def test_the_probe_asks_the_shop() -> None:
    async with shop() as (server, store):
        calls = server.ledger.calls
        await store.probe()
        await store.probe()
        assert server.ledger.calls == calls + 2


async def test_the_file_of_a_store_has_no_token_in_it(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    async with shop(cache=f"sqlite:{path}") as (server, store):
        id = await an_id(store)
        await store.api.products.get(id)
        await store.api.products.get(id)
        assert store.client.stats.hits == 1
        content = b"".join(each.read_bytes() for each in tmp_path.iterdir())
        assert b"item_name" in content
        assert server.settings()["token"].encode() not in content


def test_a_configuration_file_names_the_cache(tmp_path: Path) -> None:
    file = tmp_path / "stores.toml"

    def written(cache: str) -> Any:
        file.write_text(
            f'[stores.shop]\nadapter = "sparkpay"\nbase_url = "https://shop.example"\ncurrency = "USD"\n'
            f'token = "env:SHOP_TOKEN"\ncache = "{cache}"\n'
        )
        return load_stores(file)[0].client

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOP_TOKEN", "an-access-token")
        assert isinstance(written("memory")._caching.storage, MemoryCache)
        assert isinstance(written(f"sqlite:{tmp_path}/c.db")._caching.storage, SQLiteCache)
        with pytest.raises(ConfigError, match=r"stores\.shop\.cache: expected"):
            written("redis:x")


def test_a_store_without_the_setting_has_no_cache() -> None:
    store = open_store("sparkpay", base_url="https://shop.example", token="an-access-token", currency="USD")
    assert not store.client.caches


async def test_a_common_record_is_read_past_both_caches_where_it_is_asked_for_fresh() -> None:
    async with shop() as (server, store), SparkPay(**server.settings()) as other:
        id = str(server.table("products").ids()[0])
        kept = await store.products.get(id)
        await other.api.products.update(id, {"item_name": "Changed elsewhere"})
        assert (await store.products.get(id)).name == kept.name
        assert (await store.products.get(id, fresh=True)).name == "Changed elsewhere"
        assert (await store.products.get(id)).name == "Changed elsewhere"
