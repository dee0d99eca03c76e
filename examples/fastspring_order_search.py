"""Searches FastSpring's orders of the last 30 days, and shows what the newest of them refers to.

FASTSPRING_USER=… FASTSPRING_PASSWORD=… python examples/fastspring_order_search.py
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from fastspring_async import FastSpring, wire
from fastspring_async.emulator import FastSpringEmulator


async def run(store: FastSpring, today: date) -> None:
    """Prints totals by currency, exact, and one order's subscriptions, account and returns."""
    totals: dict[str, list[Decimal]] = {}
    newest = wire.Order()
    search = store.api.orders.search(
        begin=today - timedelta(days=30), end=today + timedelta(days=1), status="completed"
    )
    async for page in search.pages():
        for order in page.items:
            totals.setdefault(order.currency or "?", []).append(order.total or Decimal(0))
            newest = max(newest, order, key=lambda each: str(each.changed or ""))
        for bad in page.unreadable:
            print("unreadable:", bad.id, bad.reason)
    for currency, each in sorted(totals.items()):
        print(f"{currency}: {len(each)} orders, {sum(each)}")
    if not newest.key:
        return
    related = await store.related(await store.orders.get(newest.key))
    print(f"{newest.reference}: account {related.account.items[0].key if related.account.items else None}")
    print(f"{newest.reference}: {len(related.subscriptions.items)} subscriptions, {len(related.returns.items)} returns")


async def main() -> None:
    """With credentials from the environment, or against an emulator."""
    if "FASTSPRING_USER" in os.environ:
        user, password = os.environ["FASTSPRING_USER"], os.environ["FASTSPRING_PASSWORD"]
        async with FastSpring(username=user, password=password) as store:
            await run(store, datetime.now(UTC).date())
        return
    async with (
        FastSpringEmulator(orders=300, rate_limit=None) as emulator,
        FastSpring(**emulator.settings(), rate=50) as store,
    ):
        await run(store, datetime.fromtimestamp(emulator.world.now / 1000, UTC).date())  # its past ends at a fixed day


if __name__ == "__main__":
    asyncio.run(main())
