"""Reads FastSpring's catalog: every product, what it costs in some countries, and what is offered beside it.

FASTSPRING_USER=… FASTSPRING_PASSWORD=… python examples/fastspring_catalog_read.py DE JP
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator


async def run(store: FastSpring, countries: Sequence[str]) -> None:
    """Prints the catalog. A product that cannot be read hides no other: it is in `failed`, with the reason."""
    products = store.api.products
    paths = await products.ids()
    found = await products.get_many(paths)
    prices = {
        (each.product, country): each.pricing[country]
        for country in countries
        async for each in products.prices(country=country)
        if country in each.pricing
    }
    for product in found.items:
        local = [prices[product.product, country] for country in countries if (product.product, country) in prices]
        name = product.display.get("en") if isinstance(product.display, dict) else product.display
        print(product.product, "|", name, "|", ", ".join(f"{price.price} {price.currency}" for price in local))
    offers = await store.api.offers.get_many(paths)
    print(sum(len(each.offers) for each in offers.items), "offers")
    print(len(found.items), "products,", len(found.missing), "missing,", len(found.failed), "failed")
    for failure in found.failed:
        print(failure.id, failure.reason)


async def main(countries: Sequence[str]) -> None:
    """With credentials from the environment, or against an emulator."""
    if "FASTSPRING_USER" in os.environ:
        user, password = os.environ["FASTSPRING_USER"], os.environ["FASTSPRING_PASSWORD"]
        async with FastSpring(username=user, password=password) as store:
            await run(store, countries)
        return
    async with (
        FastSpringEmulator(products=30, rate_limit=None) as emulator,
        FastSpring(**emulator.settings(), rate=50) as store,
    ):
        await run(store, countries)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or ["DE", "JP"]))
