"""FastSpring's examples do against the emulator what they say, and the code in its pages runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from starlette.applications import Starlette

from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from fastspring_async.events import Event
from fastspring_async.webhooks import HEADER, sign
from tests import pages
from tests.examples.test_examples import run

pytestmark = pytest.mark.anyio

PAGES = ["fastspring-catalog", "fastspring-orders", "fastspring-subscriptions"]


def test_the_catalog_is_read_whole_with_prices_and_offers(tmp_path: Path) -> None:
    out = run("fastspring_catalog_read.py", "DE", "GB", cwd=tmp_path)
    *products, offers, figures = out.splitlines()
    assert figures == "30 products, 0 missing, 0 failed"
    assert len(products) == 30
    assert all(re.fullmatch(r"[a-z0-9-]+ \| .+ \| [\d.]+ EUR, [\d.]+ GBP", line) for line in products)
    assert int(offers.split()[0]) > 0


def test_orders_are_searched_summed_and_followed_to_what_they_refer_to(tmp_path: Path) -> None:
    out = run("fastspring_order_search.py", cwd=tmp_path)
    *sums, account, others = out.splitlines()
    assert sum(int(line.split()[1]) for line in sums) > 5
    assert all(re.fullmatch(r"[A-Z]{3}: \d+ orders, [\d.]+", line) for line in sums)
    assert re.fullmatch(r"[A-Z0-9-]+: account [\w-]{22}", account)
    assert re.fullmatch(r"[A-Z0-9-]+: \d subscriptions, \d returns", others)


def test_subscriptions_are_previewed_changed_and_read_back(tmp_path: Path) -> None:
    out = run("fastspring_subscription_change.py", cwd=tmp_path)
    told = [re.sub(r"^\S{22} ", "ID ", line) for line in out.splitlines()]
    assert [line.split(": ")[0] for line in told if "would cost" in line] == ["ID would cost"] * 2
    assert told[2:5] == ["ID changed", "ID changed", "nobody is not there"]
    assert len(told[5:]) == 2
    assert all(re.fullmatch(r"ID now: 3 × [\d.]+ [A-Z]{3}", line) for line in told[5:])


def test_events_are_consumed_and_acknowledged(tmp_path: Path) -> None:
    out = run("fastspring_events_consumer.py", cwd=tmp_path)
    *events, figures = out.splitlines()
    assert len(events) > 20
    assert f"handled={len(events)}" in figures
    assert f"acknowledged={len(events)}" in figures


@pytest.mark.parametrize("page", PAGES)
async def test_the_code_of_the_page_runs(page: str) -> None:
    async with (
        FastSpringEmulator(products=20, orders=60, rate_limit=None) as emulator,
        FastSpring(**emulator.settings(), rate=1000) as store,
    ):
        names: dict[str, Any] = {"store": store}
        for block in pages.python(f"docs/{page}.md"):
            await pages.run(block, names, page)


async def test_the_code_of_the_page_about_events_runs() -> None:
    (block,) = pages.python("docs/fastspring-events.md")
    handled: list[Event] = []

    async def handler(event: Event) -> None:
        handled.append(event)
        if len(handled) == 3:
            consuming.cancel()

    async with FastSpringEmulator(products=5, orders=60, rate_limit=None) as emulator:
        settings = {**emulator.settings(), "rate": 1000}
        async with FastSpring(**settings) as store:
            first, *others = [event.id async for event in store.api.events.unprocessed(days=30)]
        for there, ours in {'username="…", password="…"': "**settings", "88qMx0P2RZCalzQ5ERXfXA": first}.items():
            assert there in block
            block = block.replace(there, ours)
        names: dict[str, Any] = {"FastSpring": FastSpring, "settings": settings, "handler": handler, "ids": others[:2]}
        with anyio.CancelScope() as consuming:
            await pages.run(block, names)
    assert names["batch"].items == tuple(others[:2])
    assert {event.id for event in handled} <= set(others[2:])
    assert len(handled) >= 3


async def test_the_code_of_the_page_about_webhooks_answers_what_is_signed() -> None:
    took: list[str] = []

    async def note(event: Any) -> bool:
        took.append(event.id)
        return True

    web_app = web.Application()
    names: dict[str, Any] = {"web_app": web_app, "api": Starlette(), "SECRET": "a secret", "took": note}
    for block in pages.python("docs/fastspring-webhooks.md"):
        await pages.run(block, names)
    event = {"id": "e1", "type": "order.completed", "live": False, "created": 1764000000000, "data": {"order": "o1"}}
    body = msgspec.json.encode({"events": [event]})
    signed = {HEADER: sign(body, "a secret")}
    assert (await names["webhook"](body, signed), took) == ((200, b""), ["e1"])
    assert await names["webhook"](body, {HEADER: sign(body, "another")}) == (401, b"")
    transport = httpx.ASGITransport(app=names["api"])
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://it") as client,
        TestClient(TestServer(web_app)) as there,
    ):
        for headers, status in ((signed, 200), ({}, 401)):
            assert (await client.post("/fastspring/", content=body, headers=headers)).status_code == status
            assert (await there.post("/fastspring", data=body, headers=headers)).status == status
