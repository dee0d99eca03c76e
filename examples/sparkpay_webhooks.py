"""Registers for Spark Pay's webhooks, and receives them with aiohttp.web on 127.0.0.1:8080.

Runs as it stands, against an emulator in which a few things happen; for your own store, behind your TLS proxy:

    SPARKPAY_URL=… SPARKPAY_TOKEN=… WEBHOOK_URL=https://hooks.example.com/sparkpay WEBHOOK_SECRET=… \\
        python examples/sparkpay_webhooks.py

A secret is made once, with `python -c "from sparkpay_async.webhooks import new_secret; print(new_secret())"`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator
from sparkpay_async.query import OrderStatus
from sparkpay_async.webhooks import (
    Addresses,
    Claim,
    Notice,
    Question,
    Receiver,
    aiohttp_handler,
    new_secret,
    register,
    unregister,
)
from sparkpay_async.wire import Order, Product

EVENTS = ("NewOrder", "OrderStatusChanged", "ProductUpdated", "ValidateCart")


async def on_notice(notice: Notice) -> None:
    """Called with the record as it is now, maybe more than once for the same change, and in any order."""
    match notice.record:
        case Order() as order:
            print(f"{notice.event_type}: order {order.id}, {order.grand_total}, status {order.order_status_id}")
        case Product() as product:
            print(f"{notice.event_type}: {product.item_number} costs {product.price}")
        case other:
            print(f"{notice.event_type}: {other.id}")


async def on_failed(claim: Claim, error: Exception) -> None:
    """Called when `on_notice` raised, or the record could not be read: note what to look at later."""
    print(f"to do: {claim.event_type} of {claim.resource} {claim.id}: {error}")


async def validate_cart(question: Question) -> Mapping[str, object]:
    """Called while a visitor waits. Nobody can tell who asks: answer, and change nothing."""
    items = question.members["cart"].get("items") or ()
    return {"validation_messages": ["The cart is empty."] if not items else []}


@asynccontextmanager
async def receiving(store: SparkPay, secret: str, port: int) -> AsyncGenerator[int]:
    """A server for webhooks; what is in hand is finished before it is left. Gives its port."""
    receiver = Receiver(
        on_notice, secret=secret, api=store.api, on_failed=on_failed, answers={"ValidateCart": validate_cart}
    )
    app = web.Application()
    app.router.add_post("/sparkpay/{event}/{token}", aiohttp_handler(receiver))
    runner = web.AppRunner(app, access_log=None)  # it would write the addresses, which are secrets
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
        await receiver.settled()


async def serve() -> None:
    """Your own store, until the program is stopped. The webhooks stay registered."""
    secret, url = os.environ["WEBHOOK_SECRET"], os.environ["WEBHOOK_URL"]
    async with (
        SparkPay(os.environ["SPARKPAY_URL"], token=os.environ["SPARKPAY_TOKEN"], currency="USD") as store,
        receiving(store, secret, 8080),
    ):
        for done in await register(store.api, Addresses(url, secret), EVENTS):
            print(done.event_type, done.action)
        await asyncio.Event().wait()


async def show() -> None:
    """An emulator, in which an order comes in and gets on, and a price changes."""
    secret = new_secret()
    async with (
        SparkPayEmulator(products=5, orders=5) as shop,
        SparkPay(**shop.settings()) as store,
        receiving(store, secret, 0) as port,
    ):
        addresses = Addresses(f"http://127.0.0.1:{port}/sparkpay", secret)
        for _ in range(2):
            print([(done.event_type, done.action) for done in await register(store.api, addresses, EVENTS)])
        order = shop.insert_order()
        await shop.hooks.settled()
        shipped = await anext(aiter(store.api.order_statuses.list(where=OrderStatus.is_shipped.is_(True))))
        await store.api.orders.set_status(order, shipped.id)
        await shop.hooks.settled()
        product = await anext(aiter(store.api.products.list()))
        await store.api.products.update(product.id, {"price": "12.50"})
        await shop.hooks.settled()
        print(len(await unregister(store.api, addresses)), "unregistered")


if __name__ == "__main__":
    asyncio.run(serve() if "WEBHOOK_URL" in os.environ else show())
