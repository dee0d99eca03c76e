"""Webhooks: registered like any record, posted once, unsigned, on changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from aiohttp import web

from tests.sparkpay.emulated_sparkpay import Shop, running

pytestmark = pytest.mark.anyio

_read = msgspec.json.Decoder(float_hook=Decimal).decode


class Receiver:
    """Keeps what is posted to it, by path."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[tuple[str, Any]] = []
        self.headers: list[Any] = []
        self.status = 200
        self.wait = 0.0

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((request.path, _read(await request.read())))
        self.headers.append(request.headers)
        await asyncio.sleep(self.wait)
        return web.Response(status=self.status)

    def at(self, path: str) -> list[Any]:
        return [body for where, body in self.got if where == path]


@asynccontextmanager
async def receiving() -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{path}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    receiver.url = f"http://{host}:{port}"
    try:
        yield receiver
    finally:
        await runner.cleanup()


async def register(shop: Shop, receiver: Receiver, *types: str, **fields: Any) -> list[int]:
    made = [await shop.post("webhooks", {"event_type": t, "url": f"{receiver.url}/{t}"} | fields) for t in types]
    assert [status for status, _ in made] == [201] * len(types)
    return [hook["id"] for _, hook in made]


async def test_a_webhook_is_registered_listed_and_deleted() -> None:
    async with receiving() as receiver, running() as shop:
        [id] = await register(shop, receiver, "NewOrder")
        _, page = await shop.get("webhooks")
        assert [(hook["id"], hook["failure_type"]) for hook in page["webhooks"]] == [(id, "Ignore")]
        assert await shop.delete(f"webhooks/{id}") == 204
        shop.emulator.insert_order()
        await shop.emulator.hooks.settled()
        assert receiver.got == []
        assert (await shop.post("webhooks", {"url": receiver.url}))[0] == 409


async def test_changes_by_api_and_by_the_shop_are_posted_under_their_subject() -> None:
    async with receiving() as receiver, running() as shop:
        await register(
            shop, receiver, "ProductCreated", "ProductUpdated", "ProductStatusChanged", "NewOrder", "NewValidOrder",
            "OrderUpdated", "CustomerCreated", "CustomerUpdated", "CustomerEmailUpdated",
        )  # fmt: skip
        _, product = await shop.post("products", shop.draft())
        await shop.put(f"products/{product['id']}", {"product_status_id": 2})
        _, customer = await shop.post("customers", {"email": "a@example.com", "store_id": 1})
        await shop.put(f"customers/{customer['id']}", {"email": "b@example.com"})
        order = shop.emulator.insert_order()
        shop.emulator.edit_order(order, admin_comments="seen")
        await shop.emulator.hooks.settled()
        assert receiver.at("/ProductCreated") == [{"product": product}]
        [updated] = receiver.at("/ProductUpdated")
        assert updated["product"]["product_status_id"] == 2
        [changed] = receiver.at("/ProductStatusChanged")
        assert (changed["item"]["product_id"], changed["item"]["product_status"]["id"]) == (product["id"], 2)
        assert receiver.at("/CustomerCreated") == [{"customer": customer}]
        [mail] = receiver.at("/CustomerEmailUpdated")
        assert (mail["old_email"], mail["new_email"]) == ("a@example.com", "b@example.com")
        assert [body["order"]["id"] for body in receiver.at("/NewOrder")] == [order]
        assert [body["order"]["id"] for body in receiver.at("/OrderUpdated")] == [order]
        assert not any("signature" in name.lower() for headers in receiver.headers for name in headers)


async def test_only_the_status_endpoint_sets_off_status_events() -> None:
    async with receiving() as receiver, running() as shop:
        await register(shop, receiver, "OrderStatusChanged", "OrderShipped", "OrderUpdated")
        id = shop.emulator.order_ids()[0]
        old = shop.emulator.order(id)["order_status_id"]
        shipped = shop.emulator.world.lookups.order_status_ids["Shipped"]
        await shop.put(f"orders/{id}", {"order_status_id": old})
        await shop.emulator.hooks.settled()
        assert [path for path, _ in receiver.got] == ["/OrderUpdated"]
        await shop.put(f"orders/{id}/status", {"order_status_id": shipped})
        await shop.emulator.hooks.settled()
        [changed] = receiver.at("/OrderStatusChanged")
        assert set(changed) == {"order", "old_status", "new_status"}
        assert (changed["old_status"]["id"], changed["new_status"]["name"]) == (old, "Shipped")
        assert len(receiver.at("/OrderShipped")) == 1


async def test_events_of_another_store_are_not_posted() -> None:
    async with receiving() as receiver, running() as shop:
        await register(shop, receiver, "CustomerCreated", store_id=2)
        await shop.post("customers", {"email": "a@example.com", "store_id": 1})
        await shop.post("customers", {"email": "b@example.com", "store_id": 2})
        await shop.emulator.hooks.settled()
        assert [body["customer"]["email"] for _, body in receiver.got] == ["b@example.com"]


async def test_a_post_is_not_repeated_but_may_fall_back() -> None:
    async with receiving() as receiver, running() as shop:
        receiver.status = 500
        fallback = {"failure_type": "Fallback", "fallback_url": f"{receiver.url}/fallback"}
        await register(shop, receiver, "ProductCreated", **fallback)
        await register(shop, receiver, "CustomerCreated", failure_type="Error")
        await shop.post("products", shop.draft())
        await shop.post("customers", {"email": "a@example.com", "store_id": 1})
        await shop.emulator.hooks.settled()
        assert sorted(path for path, _ in receiver.got) == ["/CustomerCreated", "/ProductCreated", "/fallback"]
        assert [each.status for each in shop.emulator.hooks.deliveries] == [500, 500, 500]
        assert [each.event_type for each in shop.emulator.hooks.errors] == ["CustomerCreated"]


async def test_a_slow_receiver_counts_as_none() -> None:
    async with receiving() as receiver, running() as shop:
        assert shop.emulator.hooks.timeout == 3.0
        shop.emulator.hooks.timeout, receiver.wait = 0.05, 0.5
        await register(shop, receiver, "ProductCreated")
        await shop.post("products", shop.draft())
        await shop.emulator.hooks.settled()
        assert [each.status for each in shop.emulator.hooks.deliveries] == [None]
