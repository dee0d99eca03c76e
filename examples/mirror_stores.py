"""One store's products onto another: a plan, a look at it, callbacks with a say in each item, and the writes.

Runs as it stands, against emulators; with credentials in the environment it plans for your own stores, and writes only
if it is also given --write:

    FASTSPRING_USER=… FASTSPRING_PASSWORD=… SPARKPAY_URL=… SPARKPAY_TOKEN=… python examples/mirror_stores.py
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial

import msgspec

from commerce_async.schema import Product
from commerce_async.sinks import Sink
from commerce_async.sync import Hooks, Rate, apply, plan
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator


@asynccontextmanager
async def stores() -> AsyncGenerator[tuple[FastSpring, SparkPay]]:
    env = os.environ
    if "FASTSPRING_USER" in env:
        async with (
            FastSpring(username=env["FASTSPRING_USER"], password=env["FASTSPRING_PASSWORD"], name="eu") as eu,
            SparkPay(env["SPARKPAY_URL"], token=env["SPARKPAY_TOKEN"], currency="USD", name="us") as us,
        ):
            yield eu, us
        return
    async with (
        FastSpringEmulator(products=20, orders=0) as fast,
        SparkPayEmulator(products=5, orders=0, window=None) as spark,
        FastSpring(**fast.settings(), name="eu") as eu,
        SparkPay(
            **spark.settings(),
            name="us",
            default_category_id=spark.table("categories").ids()[0],
            digital_type="FileDownload",
        ) as us,
    ):
        yield eu, us


def marked(wanted: Product) -> Product | None:
    """Before a create or update: another product in its place, or None to leave it out."""
    if wanted.subscription is not None:
        return None
    return msgspec.structs.replace(wanted, attributes={**wanted.attributes, "Origin": "eu"})


async def main(database: str, *, write: bool) -> None:
    hooks = Hooks(
        create=marked,
        update=lambda wanted, before: marked(wanted),
        delete=lambda product: not (product.sku or "").startswith("KEEP-"),
    )
    async with stores() as (eu, us), Sink(f"sqlite:///{database}") as sink:
        compared = partial(plan, eu, us, id_map=sink, hooks=hooks, currencies={"USD": Rate("EUR", Decimal("1.08"))})
        found = await compared()
        print(found.counts)
        for note in found.notes:
            print(note)
        for loss in found.losses[:3]:
            print(f"us has no place for {loss.field} of {loss.count}: {loss.reason}")
        if write:
            done = await apply(found, us, journal=sink, max_deletes=20)
            print({name: number for name, number in done.counts.items() if number})
            print("to write after that:", "nothing" if (await compared()).empty else "more")


if __name__ == "__main__":
    words = [each for each in sys.argv[1:] if each != "--write"]
    emulated = "FASTSPRING_USER" not in os.environ
    asyncio.run(main(words[0] if words else "mirror.db", write=emulated or "--write" in sys.argv))
