"""Requests as data, and links that are followed only home."""

from __future__ import annotations

from typing import Any

import pytest

from commerce_async.errors import PagingError, UsageError
from commerce_async.http.call import query_string
from sparkpay_async import calls, kinds

BASE = "https://shop.example.com/api/v1"


def test_a_list_asks_for_what_was_named() -> None:
    asked = calls.query(
        page=2, count=50, sort=("-price", "item_name"), fields=("price",), expand=("variants",),
        filters=(("price", "gte", "5.00"), ("item_name", "eq", "gt:x")),
    )  # fmt: skip
    call = calls.listing(kinds.PRODUCTS, asked)
    assert (call.operation, call.method, call.path) == ("products.list", "GET", "/products")
    assert call.query == (
        ("page", "2"), ("count", "50"), ("sort", "-price,item_name"), ("fields", "id,price"), ("expand", "variants"),
        ("price", "gte:5.00"), ("item_name", "eq:gt:x"),
    )  # fmt: skip
    assert call.repeatable


@pytest.mark.parametrize(
    "wrong",
    [
        {"page": 0},
        {"count": -1},
        {"count": True},
        {"sort": ("price desc",)},
        {"sort": ("--price",)},
        {"fields": ("id,price",)},
        {"expand": ("",)},
        {"filters": (("updated_at_min", "after", "2016"),)},
        {"filters": (("count", "eq", "5"),)},
        {"filters": (("Price", "eq", "5"),)},
        {"filters": (("item_name", "eq", "salt AND pepper"),)},
        {"filters": (("item_name", "eq", "this or"),)},
        {"filters": (("item_name", "eq", "a+OR+eq:b"),)},
        {"filters": (("price", "gt", "5"), ("price", "lt", "9"))},
        {"filters": (("price", "gt", 5),)},
        {"filters": "price"},
        {"page": 1.5},
        {"count": "50"},
    ],
)
def test_what_the_vendor_would_silently_ignore_or_misread_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        calls.query(**wrong)


@pytest.mark.parametrize("id", [7, "7", "0007"])
def test_ids_are_whole_numbers_or_their_digits(id: int | str) -> None:
    call = calls.get(kinds.ORDERS, id, expand=("items", "payments"))
    assert (call.operation, call.path, call.query) == ("orders.get", "/orders/7", (("expand", "items,payments"),))


@pytest.mark.parametrize("id", ["", "a", "-1", "1.0", "7/items", "../orders", "٣", "1" * 30, -1, True, None, 7.0])
def test_anything_else_is_no_id(id: Any) -> None:
    with pytest.raises(UsageError, match="not an id"):
        calls.get(kinds.ORDERS, id)
    with pytest.raises(UsageError, match="not an id"):
        list(calls.select_many(kinds.ORDERS, [1, id]))


def test_many_ids_are_asked_once_each_in_chunks() -> None:
    chunks = list(calls.select_many(kinds.CUSTOMERS, [*range(1, 251), 1, "2"], fresh=True))
    assert [len(ids) for ids, _ in chunks] == [100, 100, 50]
    assert [each for ids, _ in chunks for each in ids] == [str(each) for each in range(1, 251)]
    call = chunks[2][1]
    assert call.path == "/customers/select_many"
    assert call.query == (("ids", ",".join(str(each) for each in range(201, 251))),)
    assert ("Cache-Control", "no-cache") in call.headers
    assert all(len(call.query[0][1]) < 2048 for _, call in chunks)


def test_a_query_that_the_server_would_answer_with_404_for_its_length_is_never_made() -> None:
    """In a list that would read as its end, and of ids as if none of them were there."""
    long = calls.query(filters=(("item_name", "eq", "x" * 2_100),))
    spaces = calls.query(filters=(("item_name", "eq", "x " * 600),))  # each space goes out as three characters
    for asked in (long, spaces):
        with pytest.raises(UsageError, match="characters long"):
            calls.listing(kinds.PRODUCTS, asked)
    with pytest.raises(UsageError, match="characters long"):
        calls.get(kinds.PRODUCTS, 1, fields=["long_description_1"] * 120)

    ids = [str(10**11 + each) for each in range(250)]
    parts = list(calls.select_many(kinds.PRODUCTS, ids, fields=["long_description_1"] * 60))
    assert [each for part, _ in parts for each in part] == ids
    assert len(parts) > 3
    assert all(1_900 < len(query_string(call.query)) <= 2_048 for _, call in parts[:-1])


def test_no_ids_cost_no_call() -> None:
    assert list(calls.select_many(kinds.CUSTOMERS, [])) == []


def test_a_nested_list_is_found_under_its_own_name_or_the_resources() -> None:
    call = calls.nested(kinds.ORDERS, 5, "shipments", kinds.ORDER_SHIPMENTS)
    assert (call.operation, call.path) == ("orders.shipments", "/orders/5/shipments")
    with pytest.raises(UsageError):
        calls.nested(kinds.ORDERS, 5, "../customers", kinds.ORDER_SHIPMENTS)


@pytest.mark.parametrize(
    "link",
    [
        f"{BASE}/products?page=2&count=5&sort=id&price=gte%3A5.00",
        "https://SHOP.example.com:443/API/v1/Products?page=2&count=5&sort=id&price=gte:5.00",
    ],
)
def test_a_next_page_is_its_query_on_our_own_path(link: str) -> None:
    call = calls.follow(calls.listing(kinds.PRODUCTS, fresh=True), link, BASE)
    assert call.path == "/products"
    assert call.query == (("page", "2"), ("count", "5"), ("sort", "id"), ("price", "gte:5.00"))
    assert call.headers


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example.com/api/v1/products?page=2",
        "https://shop.example.com.evil.example/api/v1/products?page=2",
        "http://shop.example.com/api/v1/products?page=2",
        "https://shop.example.com:8443/api/v1/products?page=2",
        "https://user@shop.example.com/api/v1/products?page=2",
        "https://shop.example.com/api/v2/products?page=2",
        "https://shop.example.com/api/v1/../../admin?page=2",
        "https://shop.example.com/store/products?page=2",
        "//evil.example.com/api/v1/products?page=2",
        "/api/v1/products?page=2",
        "https://[broken/api/v1/products?page=2",
        "https://shop.example.com:port/api/v1/products?page=2",
        "https://shop.example.com/api/v1/products",
    ],
)
def test_a_next_page_that_leads_elsewhere_is_refused(link: str) -> None:
    with pytest.raises(PagingError):
        calls.follow(calls.listing(kinds.PRODUCTS), link, BASE)


def test_a_position_survives_as_a_token() -> None:
    asked = (("page", "3"), ("item_name", "like:a&b=c +"))
    assert calls.from_token(calls.to_token(asked)) == asked
    for nonsense in ("", "page", "&&"):
        with pytest.raises(UsageError):
            calls.from_token(nonsense)
