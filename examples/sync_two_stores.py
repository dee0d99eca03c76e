"""Two stores into one database, from Python.

Runs as it stands, against emulators; with credentials in the environment, against your own stores:

    FASTSPRING_USER=… FASTSPRING_PASSWORD=… SPARKPAY_URL=… SPARKPAY_TOKEN=… python examples/sync_two_stores.py
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from commerce_async.sync import StreamReport, pull
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator


@asynccontextmanager
async def stores() -> AsyncIterator[tuple[FastSpring, SparkPay]]:
    env = os.environ
    if "FASTSPRING_USER" in env:
        async with (
            FastSpring(username=env["FASTSPRING_USER"], password=env["FASTSPRING_PASSWORD"], name="eu") as eu,
            SparkPay(env["SPARKPAY_URL"], token=env["SPARKPAY_TOKEN"], currency="USD", name="us") as us,
        ):
            yield eu, us
        return
    async with (
        FastSpringEmulator(products=30, orders=60) as fast,
        SparkPayEmulator(products=30, orders=60) as spark,
        FastSpring(**fast.settings(), name="eu") as eu,
        SparkPay(**spark.settings(), name="us") as us,
    ):
        yield eu, us


def tell(stream: StreamReport) -> None:
    print(f"{stream.store} {stream.stream}: {stream.state}, {stream.read} read, {stream.new} new")


async def main(database: str) -> None:
    async with stores() as (eu, us):
        report = await pull([eu, us], into=f"sqlite:///{database}", on_progress=tell)
    print("complete" if report.complete else "incomplete")
    with sqlite3.connect(database) as connection:
        for row in connection.execute("SELECT store, currency, count(*) FROM orders GROUP BY store, currency"):
            print(*row)
    connection.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "shop.db"))
