"""The code in the pages about sync, databases, exports, mirrors and reports runs, one page after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from commerce_async.schema import Product
from commerce_async.sinks import Sink, matches, tables
from commerce_async.sync import Plan, pull
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator
from tests import pages

pytestmark = pytest.mark.anyio


async def once(work: Callable[[], Awaitable[Any]], *, every: timedelta) -> None:
    """`watch`, which would not end."""
    assert every == timedelta(minutes=5)
    await work()


async def test_the_code_of_the_pages_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    async with (
        FastSpringEmulator(products=4, orders=4, rate_limit=None) as fast,
        SparkPayEmulator(products=3, orders=4, window=None) as spark,
        FastSpring(**fast.settings(), rate=1000, name="eu") as eu,
        SparkPay(**spark.settings(), name="us") as us,
        Sink("sqlite:///page.db") as sink,
    ):
        names: dict[str, Any] = {
            "stores": [eu, us], "eu": eu, "us": us, "Sink": Sink, "sink": sink, "pull": pull, "Plan": Plan,
            "once": once, "msgspec": msgspec, "select": select, "tables": tables, "matches": matches, "found": [],
            "Decimal": Decimal, "dearer": lambda wanted, before: wanted, "KEPT": (),
        }  # fmt: skip
        for page in ("sync", "databases", "export", "mirror", "report"):
            if page == "report":
                names["found"].save("plan.json")
            for block in pages.python(f"docs/{page}.md"):
                if "products.jsonl" in block:
                    (tmp_path / "products.jsonl").write_bytes(await _lines(us))
                block = block.replace("await watch(", "await once(")
                names["sink"] = sink
                await pages.run(block, names, page)
        assert [product.sku for product in names["products"]]
        assert names["done"].counts
    assert capsys.readouterr().out.startswith("4 ")
    assert (tmp_path / "report.html").stat().st_size > 1000
    assert (tmp_path / "plan.html").stat().st_size > 1000


async def _lines(store: SparkPay) -> bytes:
    products: list[Product] = [product async for product in store.products.list()]
    return b"".join(msgspec.json.encode(product) + b"\n" for product in products)
