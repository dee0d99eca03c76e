"""Walks of the vendor's own records by id, over real HTTP and through a catalog that changes under way."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import aclosing
from typing import Any

import pytest

from commerce_async.errors import PagingError, UsageError
from sparkpay_async import SparkPay
from sparkpay_async.api import Api
from sparkpay_async.emulator import SparkPayEmulator
from sparkpay_async.query import declared as q
from tests.sparkpay.fakes import FakeShop

pytestmark = pytest.mark.anyio


async def test_20_000_products_while_a_tenth_come_go_and_change_come_exactly_once() -> None:
    chance = random.Random(7)
    async with SparkPayEmulator(products=20_000, orders=10, window=None, max_age=None) as emulator:
        throughout = set(emulator.product_ids())
        changes = Counter[str]()

        def churn(times: int) -> None:
            for _ in range(times):
                what = chance.choice(("insert", "remove", "edit"))
                changes[what] += 1
                if what == "insert":
                    emulator.insert_product()
                    continue
                id = chance.choice(emulator.product_ids())
                if what == "edit":
                    emulator.edit_product(id)
                else:
                    emulator.remove_product(id)
                    throughout.discard(id)

        async with SparkPay(**emulator.settings()) as sp:
            walk = sp.api.products.walk(count=1000, fields=(q.Product.item_number, "price"))
            seen = Counter[int]()
            async with aclosing(walk.pages()) as pages:
                async for page in pages:
                    seen.update(record.id for record in page.items)
                    churn(100)
    assert changes.total() >= 2000
    assert min(changes.values()) > 500
    assert walk.complete
    assert set(seen.values()) == {1}
    assert throughout <= seen.keys()


async def test_a_walk_takes_conditions_and_goes_on_at_a_token() -> None:
    emulator = SparkPayEmulator(products=60, orders=5, window=None)
    async with emulator, SparkPay(**emulator.settings()) as sp:
        where = q.Product.price >= 1
        everything = [each.id async for each in sp.api.products.walk(where=where, count=7)]
        walk = sp.api.products.walk(where=where, count=7)
        first: list[int] = []
        async with aclosing(walk.pages()) as pages:
            async for page in pages:
                first += [each.id for each in page.items]
                if len(first) >= 20:
                    break
        rest = [each.id async for each in sp.api.products.walk(where=where, count=7, resume=walk.token)]
    assert everything == sorted(everything)
    assert len(everything) > 20
    assert first + rest == everything


async def test_a_walk_by_an_id_of_another_name_uses_that_name() -> None:
    shop = FakeShop(notifications={})
    assert [each async for each in Api(shop, page_size=3).notifications.walk(fields=("product_id",))] == []
    assert shop.calls == ["/notifications?count=3&sort=notification_id&fields=id,notification_id,product_id"]
    assert shop.headers == [(("Cache-Control", "no-cache"),)]


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (q.Product.id > 5, "by id"),
        ((q.Product.price > 5) | (q.Product.weight > 1), "OR"),
    ],
)
def test_conditions_that_would_break_the_walk_are_refused_at_once(where: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Api(FakeShop(), page_size=3).products.walk(where=where)


async def test_a_server_that_joins_alternatives_with_the_filter_on_id_is_said_to_do_so() -> None:
    shop = FakeShop(products={number: {"id": number, "item_name": "x"} for number in range(1, 9)})
    shop.ignores = {"id", "item_name"}
    with pytest.raises(PagingError, match="joins the alternatives for item_name with the filter on id"):
        [each async for each in Api(shop, page_size=3).products.walk(where=q.Product.item_name.in_(["x", "y"]))]


async def test_a_server_that_ignores_the_filter_ends_the_walk_with_an_error() -> None:
    shop = FakeShop(products={number: {"id": number, "price": 1} for number in range(1, 9)})
    shop.ignores = {"id"}
    with pytest.raises(PagingError, match="ignores the filter"):
        [each async for each in Api(shop, page_size=3).products.walk()]
