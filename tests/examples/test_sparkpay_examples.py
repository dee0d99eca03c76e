"""Spark Pay's examples do against the emulator what they say, and the code in its pages runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sparkpay_async import SparkPay
from sparkpay_async.emulator import CLIENT_ID, SECRET, SparkPayEmulator
from tests import pages
from tests.examples.test_examples import run

pytestmark = pytest.mark.anyio

PAGES = ["sparkpay-catalog", "sparkpay-orders", "sparkpay-webhooks", "sparkpay-writes", "sparkpay-oauth", "caching"]


def test_the_catalog_is_read_whole_with_categories_and_stock(tmp_path: Path) -> None:
    total, *products, figures, sold, again, common = (
        run("sparkpay_catalog_read.py", cwd=tmp_path)
    ).splitlines()  # fmt: skip
    assert (total, figures) == ("250 products in all", "250 products, 0 unreadable")
    assert again == "100 read again, 0 missing, 0 failed"
    assert len(products) == 3
    assert all(re.fullmatch(r"[A-Z]{3}-\d{5} \| [\d.]+ \| (?!None)[^|]+ \| \d pictures", line) for line in products)
    assert re.fullmatch(r"[A-Z]{3}-\d{5} is sold as [A-Z0-9-]+: \d+(, [A-Z0-9-]+: \d+)*", sold)
    assert re.fullmatch(r"[A-Z]{3}-\d{5} [a-z]+ [\d.]+", common)


def test_webhooks_are_registered_once_and_bring_records(tmp_path: Path) -> None:
    out = run("sparkpay_webhooks.py", cwd=tmp_path)
    first, again, new, changed, product, gone = out.splitlines()
    assert (first.count("'created'"), again.count("'unchanged'")) == (4, 4)
    assert re.fullmatch(r"NewOrder: order (\d+), [\d.]+, status \d+", new)
    assert re.fullmatch(r"OrderStatusChanged: order (\d+), [\d.]+, status \d+", changed)
    assert new.split()[2] == changed.split()[2]
    assert new.split()[-1] != changed.split()[-1]
    assert re.fullmatch(r"ProductUpdated: [A-Z]{3}-\d{5} costs 12.50", product)
    assert gone == "4 unregistered"


@pytest.mark.parametrize("page", PAGES)
async def test_the_code_of_the_page_runs(page: str, tmp_path: Path) -> None:
    async with (
        SparkPayEmulator(products=20, orders=5, window=None) as emulator,
        SparkPay(**emulator.settings()) as store,
    ):
        names: dict[str, Any] = {
            "store": store,
            "url": emulator.url,
            "token": emulator.token,
            "id": emulator.table("products").ids()[0],
            "app_secret": SECRET,
            "visit": _visit,
        }
        for block in pages.python(f"docs/{page}.md"):
            here = {"https://shop.example.com": emulator.url, "~/": f"{tmp_path}/", "OAuth(7,": f"OAuth({CLIENT_ID!r},"}
            for there, ours in here.items():
                block = block.replace(there, ours)
            await pages.run(block, names, page)


async def _visit(url: str) -> str:
    async with aiohttp.ClientSession() as browser, browser.get(url, allow_redirects=False) as response:
        return response.headers["Location"]
