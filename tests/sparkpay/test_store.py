"""The store as a whole: its settings, its secrets, and what `doctor` asks it."""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf, nan
from typing import Any

import pytest

from commerce_async.errors import ConfigError, RejectedError, UsageError
from commerce_async.limits.base import Lane
from commerce_async.secrets import Secret
from commerce_async.store import ProvidesOrders, ProvidesProbe, ProvidesProducts, adapter, open_store
from sparkpay_async import Settings, SparkPay
from sparkpay_async.emulator import Quirks, SparkPayEmulator
from sparkpay_async.kinds import ORDER_STATUSES
from sparkpay_async.store import _told as told
from sparkpay_async.store import api_url
from tests.sparkpay.fakes import reply

TOKEN = "s3cr3t-t0ken"


def make(**changes: Any) -> SparkPay:
    return SparkPay(**{"base_url": "https://shop.example.com", "token": TOKEN, "currency": "USD", **changes})


@pytest.mark.parametrize(
    "given",
    [
        "https://shop.example.com",
        "https://shop.example.com/",
        "https://shop.example.com/api",
        "https://shop.example.com/api/v1",
        " https://shop.example.com/api/v1// ",
    ],
)
def test_the_shops_address_is_enough_and_the_apis_is_taken_too(given: str) -> None:
    assert api_url(given) == "https://shop.example.com/api/v1"
    assert make(base_url=given).client.base_url == "https://shop.example.com/api/v1"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("currency", "dollars"),
        ("currency", ""),
        ("currency", None),
        ("page_size", 0),
        ("page_size", 1001),
        ("limit", 0),
        ("period", 0),
        ("period", nan),
        ("period", inf),
        ("rate", 0),
        ("rate", inf),
        ("timeout", 0),
        ("timeout", nan),
        ("deadline", -1.0),
        ("max_body", 0),
        ("token", ""),
        ("token", " x"),
        ("base_url", "shop.example.com"),
        ("base_url", "http://shop.example.com"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=setting):
        make(**{setting: value})


def test_an_option_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="tiemout"):
        make(tiemout=3)


def test_the_token_is_in_no_repr() -> None:
    settings = Settings(base_url="https://shop.example.com", token=Secret(TOKEN), currency="USD")
    shown = [repr(settings), str(list(settings.__rich_repr__())), repr(make()), repr(make().client), repr(vars(make()))]
    assert TOKEN not in "".join(shown)


def test_a_configuration_file_makes_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    settings = {"base_url": "https://shop.example.com", "token": "env:SHOP_TOKEN", "currency": "eur", "page_size": 50}
    assert adapter("sparkpay") is SparkPay
    store = open_store("sparkpay", "us", **settings)
    assert (store.name, store.vendor, type(store)) == ("us", "sparkpay", SparkPay)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"curency": "USD"}, "curency"),
        ({"page_size": "many"}, "page_size"),
        ({"currency": "dollars"}, "currency"),
        ({"token": 7}, "token"),
    ],
)
def test_a_wrong_configuration_names_the_key(change: dict[str, Any], named: str) -> None:
    settings = {"base_url": "https://shop.example.com", "token": TOKEN, "currency": "USD", **change}
    with pytest.raises(ConfigError, match=named):
        open_store("sparkpay", **settings)


def test_the_currency_is_never_guessed() -> None:
    with pytest.raises(ConfigError, match="currency"):
        open_store("sparkpay", base_url="https://shop.example.com", token=TOKEN)


def test_it_has_the_capabilities_of_a_store() -> None:
    store = make()
    assert isinstance(store, ProvidesProducts)
    assert isinstance(store, ProvidesOrders)
    assert isinstance(store, ProvidesProbe)


def test_a_derived_store_shares_the_limiter_and_has_its_own_options() -> None:
    store = make(name="us", timeout=5.0)
    derived = store.with_options(lane=Lane.BULK)
    assert derived.client.limiter is store.client.limiter
    assert (derived.name, derived.client.options.lane, derived.client.options.timeout) == ("us", Lane.BULK, 5.0)
    assert store.client.options.lane is Lane.INTERACTIVE
    assert derived.products is not store.products


def test_a_probe_reads_limit_and_clock_from_the_headers() -> None:
    headers = {"x-ac-call-limit": "12/50", "date": "Sun, 20 Nov 2016 12:00:03 GMT"}
    found = told(ORDER_STATUSES, reply(b'{"total_count":0,"order_statuses":[]}', **headers))
    assert (found.limit, found.skew) == ("12/50", 3.5)
    bare = told(ORDER_STATUSES, reply(b'{"statuses":[]}'))
    assert (bare.limit, bare.skew) == (None, None)


def test_a_page_that_is_not_the_apis_is_no_probe() -> None:
    with pytest.raises(ValueError):
        told(ORDER_STATUSES, reply(b"<html>parked</html>"))


async def test_outside_async_with_nothing_is_sent() -> None:
    with pytest.raises(UsageError):
        await make().products.get("1")


def test_since_must_be_aware_at_once() -> None:
    with pytest.raises(UsageError):
        make().orders.list(since=datetime(2016, 1, 1))
    make().orders.list(since=datetime(2016, 1, 1, tzinfo=UTC), resume="12")


pytestmark = pytest.mark.anyio


@pytest.mark.anyio
@pytest.mark.parametrize("forbidden", ["order_statuses", "product_statuses"])
async def test_a_token_for_the_catalog_or_for_orders_alone_is_found_good(forbidden: str) -> None:
    quirks = Quirks(forbidden=frozenset({forbidden}))
    async with (
        SparkPayEmulator(products=1, orders=0, quirks=quirks) as emulator,
        SparkPay(**emulator.settings()) as store,
    ):
        assert (await store.probe()).limit.endswith("/50")


@pytest.mark.anyio
async def test_a_token_that_may_read_neither_is_refused_by_name() -> None:
    quirks = Quirks(forbidden=frozenset({"order_statuses", "product_statuses"}))
    async with (
        SparkPayEmulator(products=1, orders=0, quirks=quirks) as emulator,
        SparkPay(**emulator.settings()) as store,
    ):
        with pytest.raises(RejectedError, match="does not have access to product_statuses"):
            await store.probe()
