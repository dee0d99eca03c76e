"""Asks for products by conditions on their own fields.

Runs as it stands, against an emulator; with credentials in the environment, against your own store:

    SPARKPAY_URL=… SPARKPAY_TOKEN=… python examples/sparkpay_typed_query.py
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from commerce_async.errors import UsageError
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator
from sparkpay_async.query import Expression, Product, split
from sparkpay_async.wire import Product as ProductRecord


@asynccontextmanager
async def shop() -> AsyncGenerator[SparkPay]:
    """Your own store, or an emulator's."""
    if "SPARKPAY_URL" in os.environ:
        async with SparkPay(os.environ["SPARKPAY_URL"], token=os.environ["SPARKPAY_TOKEN"], currency="USD") as store:
            yield store
        return
    async with SparkPayEmulator(products=60, orders=0) as emulator, SparkPay(**emulator.settings()) as store:
        yield store


async def cheap_and_recent(store: SparkPay, since: datetime) -> None:
    """Different fields are joined with &; the server does the work."""
    where = Product.price.between("5.00", "25.00") & (Product.updated_at >= since) & Product.is_hidden.is_(False)
    products = store.api.products.list(
        where=where,
        sort=(Product.price.desc(), Product.item_name),
        fields=(Product.id, Product.item_name, Product.price),
    )
    print("where:", where)
    async for product in products:
        print(f"{product.price:>7.2f} {product.item_name}")


async def any_of(store: SparkPay, where: Expression[Product]) -> list[ProductRecord]:
    """A condition that may take several queries: a record that more than one finds is taken once."""
    found: dict[int, ProductRecord] = {}
    for part in split(where):
        async for product in store.api.products.list(where=part):
            found.setdefault(product.id, product)
    return list(found.values())


async def main() -> None:
    async with shop() as store:
        await cheap_and_recent(store, datetime(2020, 1, 1, tzinfo=UTC))
        named = Product.item_name.contains("oak") | Product.item_name.contains("steel")
        dear = named & (Product.price > 100)
        try:
            await store.api.products.list(where=dear)
        except UsageError as error:
            print("refused:", error)
        print("oak or steel, and dear:", len(await any_of(store, dear)))


if __name__ == "__main__":
    asyncio.run(main())
