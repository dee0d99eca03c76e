"""Products and orders in common schemas: few calls, and nothing lost on the way."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest

from commerce_async.errors import AuthError, DecodeError, MissingError, RejectedError, ServerError, UsageError
from commerce_async.http.pager import Page
from commerce_async.schema import Order, OrderStatus, ProductStatus
from sparkpay_async import kinds
from sparkpay_async.api import Api
from sparkpay_async.mapping import Shop
from sparkpay_async.reading import Lookup
from sparkpay_async.records import ORDER_EXPAND, PRODUCT_EXPAND, CommonRecords, OrderJoin, ProductJoin
from tests.sparkpay.fakes import FakeShop, others

pytestmark = pytest.mark.anyio
SHOP = Shop(store="us", currency="USD")


def order(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "customer_id": 1000 + number % 40,
        "order_status_id": 5,
        "grand_total": 12.5,
        "order_shipping_address_id": 2000 + number,
        "order_billing_address_id": 2000 + number,
        **fields,
    }


def full_shop(orders: int = 10) -> FakeShop:
    return FakeShop(
        orders={number: order(number) for number in range(1, orders + 1)},
        customers={number: {"id": number, "email": f"c{number}@example.com"} for number in range(1000, 1040)},
        order_addresses={number: {"id": number, "city": "Austin"} for number in range(2000, 2400)},
        order_statuses={5: others("order_statuses")},
        products={number: {"id": number, "product_status_id": 2} for number in range(1, 6)},
        product_statuses={2: others("product_statuses")},
    )


def orders_of(shop: FakeShop, page_size: int = 100) -> CommonRecords[Any, Order]:
    return CommonRecords(
        shop, kinds.ORDERS, expand=ORDER_EXPAND, page_size=page_size, join=lambda: OrderJoin(shop, SHOP)
    )


def products_of(shop: FakeShop) -> CommonRecords[Any, Any]:
    return CommonRecords(
        shop, kinds.PRODUCTS, expand=PRODUCT_EXPAND, page_size=100, join=lambda: ProductJoin(shop, SHOP)
    )


async def pages_of(shop: FakeShop, page_size: int = 100) -> list[Page[Order]]:
    async with aclosing(orders_of(shop, page_size).list().pages()) as pages:
        return [page async for page in pages]


# -- joins ----------------------------------------------------------------------------------------------------


async def test_a_page_of_100_orders_costs_three_calls_and_statuses_one_a_pass() -> None:
    shop = full_shop(300)
    pages = await pages_of(shop)
    assert sum(len(page.items) for page in pages) == 300
    assert shop.by_path() == {
        "/orders": 3,
        "/customers/select_many": 3,
        "/order_addresses/select_many": 3,
        "/order_statuses": 1,
    }
    found = pages[2].items[0]
    assert found.status is OrderStatus.SHIPPED
    assert found.customer is not None
    assert found.customer.email == "c1001@example.com"
    assert found.billing_address is not None
    assert found.billing_address.city == "Austin"


async def test_the_bytes_of_an_order_are_those_of_the_list() -> None:
    shop = full_shop()
    odd = b'{ "id" : 4,\t"grand_total":1.50 ,"unknown":[1.0,"\\u00e4"]}'
    shop.lists["orders"] = {4: odd}
    ((item,),) = [page.items for page in await pages_of(shop)]
    assert item.raw == odd


async def test_ids_that_are_gone_stay_bare_and_are_no_error() -> None:
    shop = full_shop()
    shop.lists["customers"].clear()
    shop.lists["order_addresses"].clear()
    (page,) = await pages_of(shop)
    assert len(page.items) == 10
    assert page.items[0].customer is not None
    assert (page.items[0].customer.id, page.items[0].customer.email) == ("1001", None)
    assert page.items[0].billing_address is None


async def test_no_ids_cost_no_calls() -> None:
    shop = FakeShop(orders={1: {"id": 1, "grand_total": 1, "customer_id": 0, "order_status_id": None}})
    (page,) = await pages_of(shop)
    assert page.items[0].customer is None
    assert shop.by_path() == {"/orders": 1}


async def test_a_joined_record_that_cannot_be_read_leaves_the_bare_id() -> None:
    shop = full_shop()
    shop.lists["customers"][1003] = b'{"id":1003,"email":{}}'
    (page,) = await pages_of(shop)
    assert [item.customer.email for item in page.items if item.customer][:3] == [
        "c1001@example.com",
        "c1002@example.com",
        None,
    ]


@pytest.mark.parametrize(("status", "error"), [(401, AuthError), (403, RejectedError), (500, ServerError)])
@pytest.mark.parametrize("path", ["/customers/select_many", "/order_statuses"])
async def test_a_join_that_fails_is_that_error_and_not_a_group_or_a_gap(
    path: str, status: int, error: type[Exception]
) -> None:
    shop = full_shop()
    shop.broken[path] = status
    with pytest.raises(error):
        await pages_of(shop)


async def test_an_unknown_status_is_looked_up_again_once_and_then_believed() -> None:
    shop = full_shop(12)
    for number in (5, 9, 10):
        shop.lists["orders"][number]["order_status_id"] = 6 if number == 5 else 99

    def add(path: str) -> None:
        if path == "/orders" and shop.by_path()[path] == 1:
            shop.lists["order_statuses"][6] = {"id": 6, "name": "Fresh", "is_open": True}

    shop.before = add
    found = {item.id: item for page in await pages_of(shop, page_size=4) for item in page.items}
    assert found["5"].status is OrderStatus.OPEN
    assert (found["9"].status, found["9"].vendor_status) == (OrderStatus.UNKNOWN, None)
    assert shop.by_path()["/order_statuses"] == 3, "at the start, for 6, and for 99"


async def test_each_pass_reads_the_statuses_afresh() -> None:
    shop = full_shop()
    records = products_of(shop)
    assert [item.status async for item in records.list()] == [ProductStatus.ACTIVE] * 5
    shop.lists["product_statuses"][2]["is_unavailable"] = True
    assert [item.status async for item in records.list()] == [ProductStatus.UNAVAILABLE] * 5


async def test_a_lookup_follows_a_list_over_its_pages() -> None:
    shop = FakeShop(order_statuses={number: {"id": number} for number in range(1, 8)})
    shop.cap = 2
    assert set(await Lookup(shop, kinds.ORDER_STATUSES).of([7])) == set(range(1, 8))


# -- by id ----------------------------------------------------------------------------------------------------


async def test_one_order_by_id_is_as_in_the_list() -> None:
    shop = full_shop()
    found = await orders_of(shop).get("3")
    ((listed,), *_) = [[item for item in page.items if item.id == "3"] for page in await pages_of(shop)]
    assert found == listed


async def test_what_is_not_there_is_missing_and_what_is_no_id_is_a_usage_error() -> None:
    shop = full_shop()
    with pytest.raises(MissingError):
        await orders_of(shop).get("77")
    with pytest.raises(UsageError):
        await orders_of(shop).get("nope")
    assert len(shop.calls) == 1


async def test_a_record_that_cannot_be_mapped_is_a_decode_error_on_get() -> None:
    shop = full_shop()
    shop.lists["orders"][3]["grand_total"] = None
    with pytest.raises(DecodeError, match=r"us orders\.get: record 3: grand_total"):
        await orders_of(shop).get("3")


async def test_of_many_ids_each_is_delivered_missing_or_failed_in_the_order_asked() -> None:
    shop = full_shop()
    shop.lists["orders"][5]["grand_total"] = None
    shop.lists["orders"][6] = b'{"id":6,"grand_total":"cheap"}'
    batch = await orders_of(shop).get_many(["9", "77", "5", "2", "nope", "9", "6", "78"])
    assert [item.id for item in batch.items] == ["9", "2"]
    assert batch.missing == ("77", "78")
    assert [failure.id for failure in batch.failed] == ["5", "nope", "6"]
    assert "grand_total" in batch.failed[0].reason
    assert "not an id" in batch.failed[1].reason
    assert shop.by_path()["/orders/select_many"] == 1


async def test_a_record_broken_beyond_its_id_leaves_no_other_proven_missing() -> None:
    shop = full_shop()
    shop.lists["orders"][6] = b'{"grand_total":1}'
    batch = await orders_of(shop).get_many(["1", "6", "77"])
    assert [item.id for item in batch.items] == ["1"]
    assert batch.missing == ()
    assert [failure.id for failure in batch.failed] == ["6", "77"]


async def test_a_failed_call_fails_its_own_ids_only() -> None:
    shop = full_shop(250)

    def once(path: str) -> None:
        shop.broken["/orders/select_many"] = 500
        if len(shop.calls) > 0:
            shop.broken.clear()

    shop.before = once
    batch = await orders_of(shop).get_many([str(number) for number in range(1, 251)])
    assert [failure.id for failure in batch.failed] == [str(number) for number in range(1, 101)]
    assert len(batch.items) == 150


async def test_credentials_that_are_refused_raise_rather_than_fail_every_id() -> None:
    shop = full_shop()
    shop.broken["/orders/select_many"] = 401
    with pytest.raises(AuthError):
        await orders_of(shop).get_many(["1"])


async def test_the_vendors_own_records_by_id() -> None:
    api = Api(full_shop(), page_size=100)
    assert (await api.customers.get(1003)).email == "c1003@example.com"
    batch = await api.customers.select_many([1002, "1001", 1, 1002])
    assert [customer.id for customer in batch.items] == [1002, 1001]
    assert batch.missing == ("1",)
    with pytest.raises(UsageError):
        await api.customers.select_many(["x"])
