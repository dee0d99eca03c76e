"""Stores that run in this process, for a first look."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from commerce_async.store import Store, emulators, open_store


async def start(stack: AsyncExitStack, products: int, orders: int, seed: int) -> Mapping[str, Any]:
    """Starts every vendor's emulator, for as long as the stack is open."""
    return {
        vendor: await stack.enter_async_context(kind(products=products, orders=orders, seed=seed))
        for vendor, kind in emulators().items()
    }


def stores_of(servers: Mapping[str, Any]) -> list[Store]:
    """A store for each of them."""
    return [open_store(vendor, vendor, **server.settings()) for vendor, server in servers.items()]


def ledgers(servers: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """What each holds, and what it has answered so far."""
    return {
        vendor: {
            "products": server.product_count,
            "orders": server.order_count,
            "calls": server.ledger.calls,
            "throttled": server.ledger.throttled,
        }
        for vendor, server in servers.items()
    }
