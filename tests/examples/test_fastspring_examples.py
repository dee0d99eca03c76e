"""FastSpring's examples do against the emulator what they say, and the code in its pages runs."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from tests.examples.test_examples import run

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ["fastspring-catalog", "fastspring-orders", "fastspring-subscriptions"]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


async def test_the_catalog_is_read_whole_with_prices_and_offers(tmp_path: Path) -> None:
    out = await run("fastspring_catalog_read.py", "DE", "GB", cwd=tmp_path)
    *products, offers, figures = out.splitlines()
    assert figures == "30 products, 0 missing, 0 failed"
    assert len(products) == 30
    assert all(re.fullmatch(r"[a-z0-9-]+ \| .+ \| [\d.]+ EUR, [\d.]+ GBP", line) for line in products)
    assert int(offers.split()[0]) > 0


async def test_orders_are_searched_summed_and_followed_to_what_they_refer_to(tmp_path: Path) -> None:
    out = await run("fastspring_order_search.py", cwd=tmp_path)
    *sums, account, others = out.splitlines()
    assert sum(int(line.split()[1]) for line in sums) > 5
    assert all(re.fullmatch(r"[A-Z]{3}: \d+ orders, [\d.]+", line) for line in sums)
    assert re.fullmatch(r"[A-Z0-9-]+: account [\w-]{22}", account)
    assert re.fullmatch(r"[A-Z0-9-]+: \d subscriptions, \d returns", others)


async def test_subscriptions_are_previewed_changed_and_read_back(tmp_path: Path) -> None:
    out = await run("fastspring_subscription_change.py", cwd=tmp_path)
    told = [re.sub(r"^\S{22} ", "ID ", line) for line in out.splitlines()]
    assert [line.split(": ")[0] for line in told if "would cost" in line] == ["ID would cost"] * 2
    assert told[2:5] == ["ID changed", "ID changed", "nobody is not there"]
    assert len(told[5:]) == 2
    assert all(re.fullmatch(r"ID now: 3 × [\d.]+ [A-Z]{3}", line) for line in told[5:])


async def test_events_are_consumed_and_acknowledged(tmp_path: Path) -> None:
    out = await run("fastspring_events_consumer.py", cwd=tmp_path)
    *events, figures = out.splitlines()
    assert len(events) > 20
    assert f"handled={len(events)}" in figures
    assert f"acknowledged={len(events)}" in figures


@pytest.mark.parametrize("page", PAGES)
async def test_the_code_of_the_page_runs(page: str) -> None:
    blocks = BLOCK.findall((DOCS / f"{page}.md").read_text())
    assert blocks
    code = "async def main():\n" + textwrap.indent("\n".join(blocks), "    ")
    scope: dict[str, Any] = {}
    async with (
        FastSpringEmulator(products=20, orders=60, rate_limit=None) as emulator,
        FastSpring(**emulator.settings(), rate=1000) as store,
    ):
        scope["store"] = store
        exec(compile(code, page, "exec"), scope)
        await scope["main"]()
