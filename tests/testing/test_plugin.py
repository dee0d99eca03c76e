"""The fixtures that pytest has wherever this distribution is installed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from urllib.request import Request, urlopen

import pytest

from commerce_async.http.retry import Retry
from commerce_async.store import open_store
from commerce_async.testing import Emulator, Faults, Plan
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator


def test_an_emulator_is_there_without_any_event_loop(sparkpay_emulator: SparkPayEmulator) -> None:
    headers = {"X-AC-Auth-Token": sparkpay_emulator.token}
    with urlopen(Request(f"{sparkpay_emulator.url}/api/v1/products?count=1", headers=headers)) as reply:
        assert reply.status == 200
    assert (sparkpay_emulator.ledger.calls, sparkpay_emulator.product_count) == (1, 200)


@pytest.mark.fastspring_emulator(products=7, orders=3, rate_limit=None)
@pytest.mark.sparkpay_emulator(products=5)
def test_a_marker_gives_the_arguments_of_each(
    fastspring_emulator: FastSpringEmulator, sparkpay_emulator: SparkPayEmulator
) -> None:
    assert (fastspring_emulator.product_count, sparkpay_emulator.product_count) == (7, 5)


async def _read(emulator: Emulator, fault: Plan) -> None:
    emulator.plans.append(fault)
    async with open_store("sparkpay", **emulator.settings()) as store:
        assert isinstance(store, SparkPay)
        await store.with_options(retry=Retry(base=0.0)).api.products.page(count=1)


@pytest.mark.sparkpay_emulator(products=3, orders=0, window=None)
def test_each_fault_strikes_once(sparkpay_emulator: SparkPayEmulator, commerce_fault: Plan) -> None:
    asyncio.run(_read(sparkpay_emulator, commerce_fault))
    assert commerce_fault.done == 1


def test_a_rough_network_has_a_little_of_everything(commerce_rough_network: Faults) -> None:
    assert 0 < commerce_rough_network.reset < 0.1


def test_a_run_of_pytest_that_asks_for_nothing_imports_nothing() -> None:
    code = "import sys, pytest, commerce_async.testing.plugin; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "commerce_async.testing.plugin" in out
    assert not {"aiohttp", "msgspec", "asyncio", "commerce_async.testing.emulator", "fastspring_async"} & set(out)
