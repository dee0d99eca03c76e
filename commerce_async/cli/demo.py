"""Stores that run in this process, for a first look."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import msgspec

from commerce_async.cli.codes import Exit
from commerce_async.cli.show import dump
from commerce_async.secrets import Secret
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


async def emulate_all(products: int, orders: int, seed: int, *, json: bool) -> Exit:
    """Runs every vendor's emulator until it is cancelled, and prints a configuration for them."""
    async with AsyncExitStack() as stack:
        servers = await start(stack, products, orders, seed)
        if json:
            dump({"stores": {vendor: {"adapter": vendor, **server.settings()} for vendor, server in servers.items()}})
        else:
            _print_toml(servers)
        await asyncio.Event().wait()
    return Exit.COMPLETE


def _print_toml(servers: Mapping[str, Any]) -> None:
    print("# A stores.toml for these emulators. They stop with Ctrl-C.")
    for vendor, server in servers.items():
        print(f'\n[stores.{vendor}]\nadapter = "{vendor}"')
        for key, value in server.settings().items():
            text = value.reveal() if isinstance(value, Secret) else value
            print(f"{key} = {msgspec.json.encode(text).decode()}", flush=True)
