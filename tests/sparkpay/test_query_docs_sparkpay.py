"""Typed queries through the whole client: every block of their page runs, and every text arrives as it was given."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator
from sparkpay_async.query import Product

pytestmark = pytest.mark.anyio

PAGE = Path(__file__).parents[2] / "docs" / "sparkpay-queries.md"


async def test_every_block_of_the_page_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 6
    async with SparkPayEmulator(products=20, orders=0) as emulator, SparkPay(**emulator.settings()) as store:
        names: dict[str, Any] = {"store": store}
        for block in blocks:
            code = compile(block, PAGE.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            running: Any = eval(code, names)
            if inspect.iscoroutine(running):
                await running


NAMES = ("a+b", "50% off: yes", "a&b=c", "#1, two", "gt:5", "eq:", "日本", "Ünï / ½", "a;b?c", "100%25", "%41", "'x'")


async def test_any_text_survives_the_way_to_the_server() -> None:
    async with (
        SparkPayEmulator(products=len(NAMES), orders=0) as emulator,
        SparkPay(**emulator.settings()) as store,
    ):
        api = store.api.products
        ids = [product.id async for product in api.list()]
        for id, name in zip(ids, NAMES, strict=True):
            await api.update(id, {"item_name": name})
        for id, name in zip(ids, NAMES, strict=True):
            found = [each.id async for each in api.list(where=Product.item_name == name, fresh=True)]
            assert found == [id], name
            others = [each.id async for each in api.list(where=Product.item_name != name, fresh=True)]
            assert sorted([*others, id]) == ids, name
