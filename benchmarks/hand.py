"""What a competent engineer would write for one job: a loop of requests, a status check, msgspec, no safety net.

No rate limit, no retry, no deadline, no verdict on errors inside a 200, no irregular record, no record read twice
or missed when pages shift, no resuming. It is the yardstick for what those cost.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

import aiohttp
import msgspec

import fastspring_async.mapping as fastspring_mapping
import fastspring_async.wire as fastspring_wire
import sparkpay_async.mapping as sparkpay_mapping
import sparkpay_async.wire as sparkpay_wire
from commerce_async.schema import Order, Product
from fastspring_async.walk import FIRST_DAY
from sparkpay_async.records import ORDER_EXPAND, PRODUCT_EXPAND

R = TypeVar("R")

Get: TypeAlias = Callable[[str, dict[str, str]], Awaitable[bytes]]
"""Path and query to body; raises for a status that is not 200."""


class Ids(msgspec.Struct):
    """FastSpring's list of product paths."""

    products: list[str]


class OrdersPage(msgspec.Struct):
    """A page of FastSpring's orders, undecoded."""

    orders: list[msgspec.Raw]
    nextPage: int | None = None


class ProductsPage(msgspec.Struct):
    """A batch of FastSpring's products, undecoded."""

    products: list[msgspec.Raw]


class Rows(msgspec.Struct):
    """A page of a Spark Pay list; its array is called as the resource, or by a shorter name."""

    next_page: str | None = None
    products: list[msgspec.Raw] = []
    orders: list[msgspec.Raw] = []
    customers: list[msgspec.Raw] = []
    addresses: list[msgspec.Raw] = []
    order_statuses: list[msgspec.Raw] = []
    product_statuses: list[msgspec.Raw] = []
    variant_groups: list[msgspec.Raw] = []


_IDS = msgspec.json.Decoder(Ids)
_ORDERS = msgspec.json.Decoder(OrdersPage)
_PRODUCTS = msgspec.json.Decoder(ProductsPage)
_ROWS = msgspec.json.Decoder(Rows)


def decoder(kind: type[R]) -> Callable[[bytes], R]:
    """Reads one record, amounts as exact decimals."""
    return msgspec.json.Decoder(kind, float_hook=Decimal).decode


fastspring_order = decoder(fastspring_wire.OrderRecord)
fastspring_product = decoder(fastspring_wire.ProductRecord)
sparkpay_order = decoder(sparkpay_wire.Order)
sparkpay_product = decoder(sparkpay_wire.Product)
_fastspring_order = decoder(fastspring_wire.Order)
_fastspring_product = decoder(fastspring_wire.Product)
_lean_order = decoder(sparkpay_wire.LeanOrder)
_lean_product = decoder(sparkpay_wire.LeanProduct)
_customer = decoder(sparkpay_wire.LeanCustomer)
_address = decoder(sparkpay_wire.LeanOrderAddress)
_order_status = decoder(sparkpay_wire.OrderStatus)
_product_status = decoder(sparkpay_wire.ProductStatus)
_variant_group = decoder(sparkpay_wire.VariantGroup)


def headers(vendor: str, settings: dict[str, Any]) -> dict[str, str]:
    """The credentials and what else a vendor wants."""
    if vendor == "fastspring":
        words = b64encode(f"{settings['username']}:{settings['password']}".encode()).decode()
        return {"Authorization": f"Basic {words}", "User-Agent": "by-hand"}
    return {"X-AC-Auth-Token": settings["token"], "User-Agent": "by-hand"}


def getter(session: aiohttp.ClientSession, base_url: str) -> Get:
    """GET with aiohttp."""

    async def get(path: str, query: dict[str, str]) -> bytes:
        async with session.get(base_url + path, params=query) as response:
            response.raise_for_status()
            return await response.read()

    return get


def _pairs(raws: Iterable[msgspec.Raw], read: Callable[[bytes], R]) -> list[tuple[R, bytes]]:
    """Each record and its own bytes; a copy, since a Raw would keep the whole page alive."""
    return [(read(data), data) for data in map(bytes, raws)]


# -- the vendors' own types ----------------------------------------------------------------------------------


async def fastspring_orders(get: Get, read: Callable[[bytes], R], size: int) -> AsyncIterator[list[tuple[R, bytes]]]:
    """All orders, page by page."""
    begin, end = order_days()
    page: int | None = 1
    while page is not None:
        query = {"begin": begin.isoformat(), "end": end.isoformat(), "scope": "all", "limit": str(size)}
        found = _ORDERS.decode(await get("/orders", {**query, "page": str(page)}))
        yield _pairs(found.orders, read)
        page = found.nextPage


async def fastspring_products(get: Get, read: Callable[[bytes], R], size: int) -> AsyncIterator[list[tuple[R, bytes]]]:
    """All products: the list of paths, then batches of them."""
    ids = _IDS.decode(await get("/products", {})).products
    for start in range(0, len(ids), size):
        path = "/products/" + ",".join(ids[start : start + size])
        yield _pairs(_PRODUCTS.decode(await get(path, {})).products, read)


async def sparkpay_pages(
    get: Get, read: Callable[[bytes], R], resource: str, expand: Sequence[str], size: int
) -> AsyncIterator[list[tuple[R, bytes]]]:
    """All records of a resource, page by page."""
    query = {"count": str(size), "sort": "id", "expand": ",".join(expand)}
    page = 1
    while True:
        rows = _ROWS.decode(await get(f"/api/v1/{resource}", {**query, "page": str(page)}))
        yield _pairs(getattr(rows, resource), read)
        if rows.next_page is None:
            return
        page += 1


def order_days() -> tuple[date, date]:
    """All days on which there can be orders."""
    return FIRST_DAY, datetime.now(UTC).date() + timedelta(days=2)


# -- the common schemas --------------------------------------------------------------------------------------


async def common_fastspring_orders(get: Get, size: int) -> AsyncIterator[list[Order]]:
    """All orders in the common schema."""
    async for page in fastspring_orders(get, _fastspring_order, size):
        yield [fastspring_mapping.to_order(record, raw, store="fastspring") for record, raw in page]


async def common_fastspring_products(get: Get, size: int) -> AsyncIterator[list[Product]]:
    """All products in the common schema."""
    async for page in fastspring_products(get, _fastspring_product, size):
        yield [fastspring_mapping.to_product(record, raw, store="fastspring") for record, raw in page]


async def common_sparkpay_products(get: Get, size: int) -> AsyncIterator[list[Product]]:
    """All products in the common schema; the statuses and groups of options they point to are read once."""
    shop = sparkpay_mapping.Shop(store="sparkpay", currency="USD")
    rows = _ROWS.decode(await get("/api/v1/product_statuses", {}))
    statuses = {each.id: each for each in map(_product_status, rows.product_statuses)}
    rows = _ROWS.decode(await get("/api/v1/variant_groups", {}))
    groups = {each.id: each.name for each in map(_variant_group, rows.variant_groups) if each.name}
    async for page in sparkpay_pages(get, _lean_product, "products", PRODUCT_EXPAND, size):
        yield [
            sparkpay_mapping.product(record, raw, shop=shop, statuses=statuses, groups=groups) for record, raw in page
        ]


async def common_sparkpay_orders(get: Get, size: int) -> AsyncIterator[list[Order]]:
    """All orders in the common schema; per page, the customers and addresses they point to are read at once."""
    shop = sparkpay_mapping.Shop(store="sparkpay", currency="USD")
    rows = _ROWS.decode(await get("/api/v1/order_statuses", {}))
    statuses = {each.id: each for each in map(_order_status, rows.order_statuses)}
    async for page in sparkpay_pages(get, _lean_order, "orders", ORDER_EXPAND, size):
        people = {record.customer_id for record, _ in page}
        places = {
            id for record, _ in page for id in (record.order_billing_address_id, record.order_shipping_address_id)
        }
        customers, addresses = await asyncio.gather(
            _by_id(get, _customer, "customers", "customers", people),
            _by_id(get, _address, "order_addresses", "addresses", places),
        )
        joined = sparkpay_mapping.Joined(
            statuses=statuses,
            customers={each.id: each for each in customers},
            addresses={each.id: each for each in addresses},
        )
        yield [sparkpay_mapping.order(record, raw, shop=shop, joined=joined) for record, raw in page]


async def _by_id(get: Get, read: Callable[[bytes], R], resource: str, key: str, ids: Iterable[int | None]) -> list[R]:
    wanted = sorted(filter(None, ids))
    parts = [",".join(map(str, wanted[start : start + 100])) for start in range(0, len(wanted), 100)]
    bodies = await asyncio.gather(*(get(f"/api/v1/{resource}/select_many", {"ids": part}) for part in parts))
    return [read(raw) for body in bodies for raw in getattr(_ROWS.decode(body), key)]
