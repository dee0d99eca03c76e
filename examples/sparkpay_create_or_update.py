"""Brings a catalog into the state of a price list: makes what is missing, changes what differs, leaves the rest alone.

Runs as it stands, against an emulator that loses every fifth answer; with credentials in the environment, against your
own store (it writes!):

    SPARKPAY_URL=… SPARKPAY_TOKEN=… python examples/sparkpay_create_or_update.py
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal

from commerce_async.errors import CommerceError, UnknownOutcomeError
from commerce_async.testing.emulator import Faults
from sparkpay_async import SparkPay
from sparkpay_async.drafts import ProductDraft
from sparkpay_async.emulator import SparkPayEmulator


@asynccontextmanager
async def shop() -> AsyncGenerator[SparkPay]:
    """Your own store, or an emulator's."""
    if "SPARKPAY_URL" in os.environ:
        async with SparkPay(os.environ["SPARKPAY_URL"], token=os.environ["SPARKPAY_TOKEN"], currency="USD") as store:
            yield store
        return
    emulator = SparkPayEmulator(products=20, orders=0, window=None, faults=Faults(lose_answer=0.2))
    async with emulator, SparkPay(**emulator.settings(), limit=10_000) as store:
        yield store


async def main() -> None:
    async with shop() as store:
        mugs = await store.api.categories.create_or_update({"name": "Mugs", "parent_category_id": 0})
        print(f"category {mugs.record.id}: {mugs.action}")
        status = (await store.api.product_statuses.page(count=1)).items[0].id

        async def bring(number: int, price: Decimal) -> str:
            draft: ProductDraft = {
                "item_number": f"MUG-{number}",
                "item_name": f"Mug {number}",
                "price": price,
                "primary_category_id": mugs.record.id,
                "product_status_id": status,
            }
            try:
                done = await store.api.products.create_or_update(draft)
            except UnknownOutcomeError as error:
                return f"look yourself: {error.message}"
            except CommerceError as error:
                return f"not done: {error.message}"
            return f"{done.action} {', '.join(done.fields)}".strip()

        for prices in (Decimal("9.90"), Decimal("9.90"), Decimal("8.50")):
            told = await asyncio.gather(*(bring(number, prices) for number in range(10)))
            print(dict(Counter(told)))
        await store.api.categories.rebuild_tree()


if __name__ == "__main__":
    asyncio.run(main())
