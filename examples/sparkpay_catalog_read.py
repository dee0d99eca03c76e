"""Reads Spark Pay's catalog: categories, products with their prices and stock, and what can be bought of one.

Runs as it stands, against an emulator; with credentials in the environment, against your own store:

    SPARKPAY_URL=… SPARKPAY_TOKEN=… python examples/sparkpay_catalog_read.py
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator
from sparkpay_async.query import Product


@asynccontextmanager
async def shop() -> AsyncGenerator[SparkPay]:
    """Your own store, or an emulator's."""
    if "SPARKPAY_URL" in os.environ:
        async with SparkPay(os.environ["SPARKPAY_URL"], token=os.environ["SPARKPAY_TOKEN"], currency="USD") as store:
            yield store
        return
    async with SparkPayEmulator(products=250, orders=0) as emulator, SparkPay(**emulator.settings()) as store:
        yield store


async def categories(store: SparkPay) -> dict[int, str]:
    """All of them, along the vendor's pages."""
    return {each.id: each.name or "" async for each in store.api.categories.list()}


async def catalog(store: SparkPay, names: dict[int, str]) -> list[int]:
    """Every product by id, which nothing that comes or goes meanwhile can disturb."""
    wanted = (Product.item_number, Product.item_name, Product.price, Product.primary_category_id, "pictures")
    ids: list[int] = []
    unreadable = 0
    async with aclosing(store.api.products.walk(fields=wanted, expand="pictures").pages()) as pages:
        async for page in pages:
            for product in page.items:
                ids.append(product.id)
                if len(ids) <= 3:
                    category, pictures = names.get(product.primary_category_id or 0), len(product.pictures or ())
                    print(f"{product.item_number} | {product.price} | {category} | {pictures} pictures")
            for bad in page.unreadable:  # one that cannot be read hides no other
                unreadable += 1
                print(bad.id, bad.reason)
    print(len(ids), "products,", unreadable, "unreadable")
    return ids


async def combinations(store: SparkPay, ids: list[int]) -> None:
    """What can be bought of some products, each with a stock of its own: 100 products a call."""
    batch = await store.api.products.select_many(ids, expand=("variants", "variant_inventory"))
    for product in batch.items:
        if product.variant_inventory:
            sold = ", ".join(f"{each.item_number}: {each.inventory}" for each in product.variant_inventory)
            print(f"{product.item_number} is sold as {sold}")
            break
    print(len(batch.items), "read again,", len(batch.missing), "missing,", len(batch.failed), "failed")


async def main() -> None:
    async with shop() as store:
        page = await store.api.products.page(count=1)
        print(page.metadata.total_count, "products in all")
        ids = await catalog(store, await categories(store))
        await combinations(store, ids[:100])
        async for product in store.products.list():  # in the form that all vendors share, as a sync reads it
            print(product.sku, product.status, product.prices[0].amount if product.prices else None)
            break


if __name__ == "__main__":
    asyncio.run(main())
