"""The service and the worker do against emulators what they say."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from commerce_async.testing import Faults
from fastspring_async.emulator import FastSpringEmulator
from fastspring_async.webhooks import HEADER, sign
from sparkpay_async.emulator import SparkPayEmulator
from tests.examples.test_examples import EXAMPLES

pytestmark = pytest.mark.anyio

SECRET = "webhook-secret-of-a-test"


def config(path: Path, **stores: tuple[str, dict[str, Any]]) -> Path:
    file = path / "stores.toml"
    lines: list[str] = []
    for name, (adapter, settings) in stores.items():
        kept = {}
        for key, value in settings.items():
            kept[key] = value
            if key in ("password", "token"):
                (path / f"{name}-{key}").write_text(value)
                kept[key] = f"file:{path / f'{name}-{key}'}"
        lines += [f"[stores.{name}]", f'adapter = "{adapter}"']
        lines += [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in kept.items()]
    file.write_text("\n".join(lines))
    return file


@asynccontextmanager
async def service(stores: Path, *, deadline: float = 5.0) -> AsyncIterator[tuple[httpx.AsyncClient, Any]]:
    """A client of the service, and the service."""
    spec = spec_from_file_location("service_fastapi", EXAMPLES / "service_fastapi.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["service_fastapi"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    app = module.make_app(str(stores), SECRET, deadline=deadline)
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://it") as client:
        yield client, app


@pytest.mark.fastspring_emulator(products=3, orders=1)
@pytest.mark.sparkpay_emulator(products=3, orders=1)
async def test_the_service_gives_products_and_tells_errors_and_what_is_left_of_the_quota(
    tmp_path: Path, fastspring_emulator: FastSpringEmulator, sparkpay_emulator: SparkPayEmulator
) -> None:
    eu, us = ("fastspring", fastspring_emulator.settings()), ("sparkpay", sparkpay_emulator.settings())
    async with service(config(tmp_path, eu=eu, us=us), deadline=1.0) as (client, _app):
        id = sparkpay_emulator.product_ids()[0]
        found = await client.get(f"/stores/us/products/{id}")
        assert found.status_code == 200
        assert found.json()["id"] == str(id)
        assert all(isinstance(price["amount"], str) for price in found.json()["prices"])
        assert (await client.get("/stores/us/products/999999999")).status_code == 404
        assert (await client.get("/stores/nope/products/1")).json() == {"detail": "there is no store 'nope'"}
        assert (await client.get("/stores/us/products/a%0Ab")).status_code == 422
        sparkpay_emulator.faults = Faults(latency=30.0)
        late = await client.get(f"/stores/us/products/{id}")
        assert (late.status_code, late.json()["error"]) == (504, "DeadlineError")
        told = (await client.get("/health")).json()
        assert told["status"] == "ok"
        assert told["stores"]["us"]["quota_left"] < 1
        assert told["stores"]["eu"] == {
            "quota_left": 1.0, "in_flight": 0, "waiting": 0, "paused_for": 0.0, "throttled": 0,
        }  # fmt: skip


@pytest.mark.fastspring_emulator(products=3, orders=1)
async def test_the_service_takes_signed_webhooks_only(tmp_path: Path, fastspring_emulator: FastSpringEmulator) -> None:
    event = {"id": "e1", "type": "order.completed", "live": False, "created": 1764000000000, "data": {"order": "o1"}}
    body = msgspec.json.encode({"events": [event]})
    async with service(config(tmp_path, eu=("fastspring", fastspring_emulator.settings()))) as (client, app):
        assert (await client.post("/webhooks/fastspring/", content=body)).status_code == 401
        taken = await client.post("/webhooks/fastspring/", content=body, headers={HEADER: sign(body, SECRET)})
        assert taken.status_code == 200
        assert [each.id for each in app.state.received] == ["e1"]


@pytest.mark.sparkpay_emulator(products=3, orders=3)
async def test_the_worker_syncs_pass_after_pass_and_stops_when_told(
    tmp_path: Path, sparkpay_emulator: SparkPayEmulator
) -> None:
    stores = config(tmp_path, us=("sparkpay", sparkpay_emulator.settings()))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        EXAMPLES / "service_worker.py",
        str(stores),
        f"sqlite:///{tmp_path}/shop.db",
        "1",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    told = [(await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip() for _ in range(4)]
    process.send_signal(signal.SIGTERM)
    rest, _ = await asyncio.wait_for(process.communicate(), 30)
    assert sorted(told[:2]) == ["us orders: complete, 3 new, 0 changed", "us products: complete, 3 new, 0 changed"]
    assert sorted(told[2:]) == ["us orders: complete, 0 new, 0 changed", "us products: complete, 0 new, 0 changed"]
    assert (process.returncode, rest.decode().splitlines()[-1]) == (0, "stopped")
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        assert connection.execute("SELECT count(*) FROM products").fetchone() == (3,)
    connection.close()
