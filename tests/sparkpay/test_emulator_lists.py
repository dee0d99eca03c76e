"""Lists as the vendor describes them: envelopes, paging, sorting, fields, expansion, filters, selection."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import pairwise
from typing import Any, cast

import aiohttp
import msgspec
import pytest

from commerce_async.testing.emulator import Faults
from sparkpay_async.emulator import SparkPayEmulator
from sparkpay_async.emulator.tables import Generated

pytestmark = pytest.mark.anyio

Get = Callable[..., Awaitable[tuple[int, Any]]]
_read = msgspec.json.Decoder(float_hook=Decimal).decode


@asynccontextmanager
async def running(**options: Any) -> AsyncGenerator[tuple[SparkPayEmulator, Get], None]:
    options.setdefault("window", None)
    async with (
        SparkPayEmulator(**options) as shop,
        aiohttp.ClientSession(headers={"X-AC-Auth-Token": shop.token}) as session,
    ):

        async def get(path: str, **query: str | int) -> tuple[int, Any]:
            url = path if path.startswith("http") else f"{shop.url}/api/v1/{path}"
            async with session.get(url, params=query or None) as response:
                return response.status, _read(await response.read())

        yield shop, get


async def walk(get: Get, path: str, key: str, **query: str | int) -> list[Any]:
    """Every record of a list, by next_page."""
    status, page = await get(path, **query)
    assert status == 200
    found: list[Any] = list(page[key])
    while "next_page" in page:
        status, page = await get(page["next_page"])
        assert status == 200
        found += page[key]
    return found


KEYS = {
    "products": "products",
    "categories": "categories",
    "customers": "customers",
    "addresses": "addresses",
    "orders": "orders",
    "order_items": "items",
    "order_payments": "payments",
    "order_shipments": "shipments",
    "order_addresses": "addresses",
    "order_statuses": "order_statuses",
    "product_statuses": "product_statuses",
    "manufacturers": "manufacturers",
    "stores": "stores",
    "product_variants": "variants",
    "variant_inventory": "variant_inventory",
    "product_pictures": "pictures",
}


async def test_every_resource_lists_under_its_own_key_and_every_record_is_found_by_its_id() -> None:
    async with running(products=30, orders=40) as (_, get):
        for resource, key in KEYS.items():
            records = await walk(get, resource, key, count=17)
            status, page = await get(f"{resource}.json", count=1_000)
            assert status == 200
            assert set(page) == {"total_count", key}, resource
            assert page["total_count"] == len(page[key]) == len(records) > 0
            ids = [record["id"] for record in records]
            assert ids == sorted(set(ids))
            status, one = await get(f"{resource}/{ids[-1]}")
            assert (status, one) == (200, records[-1])
            status, many = await get(f"{resource}/select_many", ids=f"{ids[-1]},{ids[0]},1")
            assert status == 200
            assert [record["id"] for record in many[key]] == list(dict.fromkeys([ids[0], ids[-1]]))


async def test_pages_end_with_next_page_absent_and_404_behind_the_last() -> None:
    async with running(products=25, orders=0) as (shop, get):
        _, first = await get("products", count=10)
        assert list(first) == ["total_count", "next_page", "products"]
        assert first["next_page"].startswith(f"{shop.url}/api/v1/products?")
        _, last = await get("products", count=10, page=3)
        assert "next_page" not in last
        assert "previous_page" in last
        assert len(last["products"]) == 5
        for page in (4, 99, 0):
            status, error = await get("products", count=10, page=page)
            assert (status, error["status_code"]) == (404, 404)
        assert await get("orders") == (200, {"total_count": 0, "orders": []})


async def test_count_defaults_to_100_and_is_capped() -> None:
    async with running(products=300, orders=0, max_count=150) as (_, get):
        assert len((await get("products"))[1]["products"]) == 100
        assert len((await get("products", count=1_000))[1]["products"]) == 150
        assert (await get("products", count="many"))[0] == 400


async def test_next_page_keeps_the_query() -> None:
    async with running(products=0, orders=60) as (shop, get):
        since = shop.order(shop.order_ids()[20])["updated_at"]
        found = await walk(get, "orders", "orders", count=7, updated_at=f"gte:{since}", expand="items", sort="-id")
        assert [order["id"] for order in found] == sorted(shop.order_ids()[20:], reverse=True)
        assert all("items" in order for order in found)


async def test_links_may_point_elsewhere() -> None:
    async with running(products=3, orders=0, links="https://shop.example.com") as (_, get):
        _, page = await get("products", count=2)
        assert page["next_page"] == "https://shop.example.com/api/v1/products?count=2&page=2"


async def test_an_id_walk_sees_every_record_once_while_others_come_and_go() -> None:
    async with running(products=0, orders=90) as (shop, get):
        orders = cast(Generated, shop.table("orders"))
        seen: list[int] = []
        while True:
            _, page = await get("orders", sort="id", id=f"gt:{seen[-1] if seen else 0}", count=20)
            if not page["orders"]:
                break
            seen += [order["id"] for order in page["orders"]]
            shop.remove_order(seen[len(seen) // 3])
            if len(seen) < 70:
                shop.insert_order()
        assert len(seen) == len(set(seen))
        assert set(shop.order_ids()) <= set(seen)
        assert set(seen) - set(shop.order_ids()) == set(orders.removed)


async def test_filters_compare_as_documented() -> None:
    async with running(products=120, orders=0) as (shop, get):
        products = [shop.product(id) for id in shop.product_ids()]

        async def ids(**query: str) -> list[int]:
            status, page = await get("products", count=1_000, **query)
            assert status == 200, page
            return [product["id"] for product in page["products"]]

        def expected(test: Callable[[dict[str, Any]], bool]) -> list[int]:
            return [product["id"] for product in products if test(product)]

        name = products[7]["item_name"]
        fourth = products[3]["id"]
        assert await ids(item_name=name) == await ids(item_name=f"eq:{name}") == [products[7]["id"]]
        assert await ids(id=f"not:{fourth}") == expected(lambda p: p["id"] != fourth)
        assert await ids(item_name="like:oak") == expected(lambda p: "Oak" in p["item_name"])
        assert await ids(item_name="startwith:pro") == expected(lambda p: p["item_name"].startswith("Pro"))
        assert await ids(price="gt:50.00 AND lte:250") == expected(lambda p: 50 < p["price"] <= 250)
        assert await ids(price="lt:20 OR gte:300.5") == expected(
            lambda p: p["price"] < 20 or p["price"] >= Decimal("300.5")
        )
        assert await ids(is_hidden="eq:0", is_kit="true") == expected(lambda p: p["is_hidden"] == 0 and p["is_kit"])
        assert await ids(id=f"eq:{fourth} OR eq:5 OR eq:{products[0]['id']}") == [products[0]["id"], fourth]
        either = expected(lambda p: "Oak" in p["item_name"] or p["price"] <= 25)
        assert await ids(item_name="like:oak", price="OR lte:25.00") == either
        assert await ids(item_name="OR like:oak", price="lte:25.00") == either
        assert await ids(updated_at_min="2026-01-01", per_page="3") == expected(lambda _: True)


async def test_times_compare_as_times_whatever_their_spelling() -> None:
    async with running(products=0, orders=50) as (shop, get):
        ids = list(shop.order_ids())
        bound = shop.order(ids[30])["updated_at"]
        _, page = await get("orders", updated_at=f"gt:{bound}")
        assert [order["id"] for order in page["orders"]] == ids[31:]
        edited = shop.edit_order(ids[2])
        new = shop.insert_order()
        _, page = await get("orders", updated_at=f"gt:{bound}")
        assert [order["id"] for order in page["orders"]] == [ids[2], *ids[31:], new]
        _, page = await get("orders", updated_at=f"gte:{edited['updated_at']}", sort="-updated_at")
        assert [order["id"] for order in page["orders"]] == [new, ids[2]]
        # A plus that is not encoded arrives as a space.
        assert (await get("orders", updated_at="gt:2026-01-01T00:00:00 05:00"))[0] == 400


async def test_sort_takes_several_fields_and_directions() -> None:
    async with running(products=80, orders=0) as (shop, get):
        products = sorted((shop.product(id) for id in shop.product_ids()), key=lambda p: p["item_name"].casefold())
        products.sort(key=lambda p: p["product_status_id"], reverse=True)
        _, page = await get("products", sort="-product_status_id,item_name")
        assert [p["id"] for p in page["products"]] == [p["id"] for p in products]


async def test_fields_and_expand_shape_the_records() -> None:
    async with running(products=40, orders=40) as (shop, get):
        _, page = await get("products", fields="id,price,categories,nonsense", count=1)
        assert list(page["products"][0]) == ["id", "price", "categories"]
        _, page = await get("products", expand="variants,variant_inventory")
        assert any(product["variants"] and product["variant_inventory"] for product in page["products"])
        _, page = await get("customers", expand="additional_emails")
        assert all("customer_additional_emails" in customer for customer in page["customers"])
        id = shop.order_ids()[5]
        status, filled = await get(f"orders/{id}/filled")
        assert (status, filled) == (200, _read(msgspec.json.Encoder(decimal_format="number").encode(shop.order(id))))
        _, bare = await get(f"orders/{id}")
        assert "items" not in bare
        _, expanded = await get(f"orders/{id}", expand="items")
        assert expanded == {**bare, "items": filled["items"]}
        _, items = await get(f"orders/{id}/items")
        assert items == {"total_count": len(filled["items"]), "items": filled["items"]}
        _, items = await get("order_items", order_id=f"eq:{id}")
        assert items["items"] == filled["items"]


async def test_select_many_wants_ids() -> None:
    async with running(products=2, orders=0) as (_, get):
        status, error = await get("products/select_many")
        assert status == 400
        assert error == {
            "status_code": 400,
            "message": "Bad Request",
            "details": "This method requires one or more resource IDs to be specified",
        }


async def test_what_is_not_there_is_a_404_with_two_spellings() -> None:
    async with running(products=2, orders=0) as (_, get):
        assert (await get("gadgets"))[1]["message"] == "NotFound"
        assert (await get("products/1/gadgets"))[1]["message"] == "NotFound"
        for path in ("products/1", "products/1/filled", "products/1/variants"):
            status, error = await get(path)
            assert (status, error["message"]) == (404, "Not Found")


async def test_pages_shift_under_a_walk_by_page_and_the_removed_are_recorded() -> None:
    async with running(products=60, orders=0, faults=Faults(shift=1.0)) as (shop, get):
        walked = [product["id"] for product in await walk(get, "products", "products", count=10)]
        products = cast(Generated, shop.table("products"))
        throughout = set(products.existed_throughout())
        assert throughout < set(walked) | set(shop.product_ids())
        assert len(throughout) < 60
        assert throughout - set(walked), "a removal in front of the page hides a record from it"
        assert shop.ledger.faults["shift"] > 3


async def test_200_000_orders_cost_nothing_until_they_are_read() -> None:
    started = time.process_time()
    async with running(products=1_000, orders=200_000) as (shop, get):
        _, page = await get("orders", sort="id", id=f"gt:{shop.order_ids()[150_000]}", count=100)
        _, deep = await get("orders", page=1_900, count=100)
    assert time.process_time() - started < 5.0  # of this process: a busy machine does not count
    assert page["total_count"] == 49_999
    assert all(a["id"] < b["id"] for a, b in pairwise(page["orders"]))
    assert deep["total_count"] == 200_000
    assert len(deep["orders"]) == 100


async def test_nested_lists_sort_and_select_fields() -> None:
    async with running(products=40, orders=40) as (shop, get):
        combined = next(p for p in map(shop.product, shop.product_ids()) if len(p["variant_inventory"]) > 1)
        _, page = await get(f"products/{combined['id']}/variant_inventory", sort="-inventory", fields="id,inventory")
        stock = [row["inventory"] for row in page["variant_inventory"]]
        assert stock == sorted(stock, reverse=True)
        assert set(page["variant_inventory"][0]) == {"id", "inventory"}
        _, values = await get(f"variant_inventory/{combined['variant_inventory'][0]['id']}/variants")
        assert values["variants"][0] in combined["variants"]
        order = next(o for o in map(shop.order, shop.order_ids()) if o["shipments"])
        _, items = await get(f"order_shipments/{order['shipments'][0]['id']}/items")
        assert {item["id"] for item in items["items"]} <= {item["id"] for item in order["items"]}
        category = combined["categories"][0]["id"]
        _, inside = await get(f"categories/{category}/products")
        assert combined["id"] in {product["id"] for product in inside["products"]}


@pytest.mark.parametrize(
    "query",
    [{"price": "gt:cheap"}, {"is_kit": "eq:maybe"}, {"updated_at": "gt:yesterday"}, {"height": "eq:3"}, {"count": "0"}],
)
async def test_values_that_cannot_be_read_are_a_400(query: dict[str, str]) -> None:
    async with running(products=2, orders=0) as (_, get):
        status, error = await get("products", **query)
        assert (status, error["message"]) == (400, "Bad Request")
