"""A whole list by id, whatever happens to it meanwhile; and lists along the vendor's links."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.errors import MissingError, PagingError, UsageError
from commerce_async.http.pager import Page
from commerce_async.schema import Product
from sparkpay_async import kinds, walk
from sparkpay_async.api import Api
from sparkpay_async.mapping import Shop
from sparkpay_async.records import PRODUCT_EXPAND, CommonRecords, ProductJoin
from sparkpay_async.wire import Rows
from tests.sparkpay.fakes import FakeShop

pytestmark = pytest.mark.anyio
SHOP = Shop(store="us", currency="USD")


def record(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "price": 1, "updated_at": "2016-01-01T00:00:00Z", **fields}


def shop_of(*numbers: int) -> FakeShop:
    return FakeShop(products={number: record(number) for number in numbers}, product_statuses={})


def products(shop: FakeShop, page_size: int = 3) -> CommonRecords[Any, Product]:
    return CommonRecords(
        shop, kinds.PRODUCTS, expand=PRODUCT_EXPAND, page_size=page_size, join=lambda: ProductJoin(shop, SHOP)
    )


async def pages_of(shop: FakeShop, page_size: int = 3, **asked: Any) -> list[Page[Product]]:
    pager = products(shop, page_size).list(**asked)
    async with aclosing(pager.pages()) as pages:
        return [page async for page in pages]


def ids(pages: list[Page[Product]]) -> list[int]:
    return [int(item.id) for page in pages for item in page.items]


def rows(*numbers: int, total: int | None = None, link: str | None = None) -> Rows:
    return Rows(rows=[msgspec.Raw(b'{"id":%d}' % number) for number in numbers], total=total, next=link)


# -- the rules, on their own ----------------------------------------------------------------------------------


def test_the_query_asks_for_what_is_behind_the_last_id() -> None:
    whole = walk.Walk(page_size=5, expand=("items", "payments"))
    assert whole.query(walk.Cursor()) == (("count", "5"), ("sort", "id"), ("expand", "items,payments"))
    assert ("id", "gt:41") in whole.query(walk.Cursor(last=41))


def test_since_is_sent_in_utc_rounded_down() -> None:
    moment = datetime(2016, 11, 4, 9, 36, 5, 999999, timezone(timedelta(hours=-6)))
    query = walk.Walk(page_size=5, since=moment).query(walk.Cursor(last=1))
    assert query[-2:] == (("id", "gt:1"), ("updated_at", "gte:2016-11-04T15:36:05Z"))


def test_a_naive_since_is_refused() -> None:
    with pytest.raises(UsageError, match="aware"):
        walk.Walk(page_size=5, since=datetime(2016, 1, 1))


@pytest.mark.parametrize("token", ["", "x", "-1", "1.5", "page=2", "9" * 40])
def test_a_token_that_is_no_id_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="resume"):
        walk.start(token)


@pytest.mark.parametrize(
    ("page", "more"),
    [
        (rows(), False),
        (rows(total=9, link="x"), False),
        (rows(1, 2, 3, total=3), False),
        (rows(1, 2, 3), False),
        (rows(1, total=1), False),
        (rows(1, 2, 3, link="x"), True),
        (rows(1, link="x"), True),  # a short page is no end: the server may cap the count
        (rows(1, total=9), True),
    ],
)
def test_the_walk_ends_where_the_vendor_promises_nothing_more(page: Rows, more: bool) -> None:
    numbers = list(range(1, len(page.rows) + 1))
    following = walk.Walk(page_size=3).after(walk.Cursor(), page, numbers)
    assert (following is not None) is more
    assert following is None or following == walk.Cursor(last=numbers[-1], begun=True)


def test_a_server_that_ignores_the_filter_is_told_from_the_ids() -> None:
    with pytest.raises(PagingError, match="ignores the filter"):
        walk.Walk(page_size=3).after(walk.Cursor(last=3), rows(1, 2, 3), [1, 2, 3])


def test_a_list_that_is_not_sorted_is_not_walked() -> None:
    with pytest.raises(PagingError, match="not sorted"):
        walk.Walk(page_size=3).after(walk.Cursor(), rows(1, 3, 2, link="x"), [1, 3, 2])


def test_a_page_without_any_readable_id_cannot_be_passed() -> None:
    with pytest.raises(PagingError, match="readable id"):
        walk.Walk(page_size=2).after(walk.Cursor(), rows(1, 2, link="x"), [None, None])


# -- walking --------------------------------------------------------------------------------------------------


async def test_a_full_pass_reads_every_record_once_with_one_call_a_page() -> None:
    shop = shop_of(*range(10, 30, 2))
    pages = await pages_of(shop)
    assert ids(pages) == list(range(10, 30, 2))
    assert [page.total for page in pages] == [10, None, None, None]
    assert [page.token for page in pages] == ["14", "20", "26", None]
    assert shop.by_path() == {"/products": 4}
    assert all(("Cache-Control", "no-cache") in headers for headers in shop.headers)


async def test_an_empty_list_is_a_complete_pass() -> None:
    pager = products(shop_of()).list()
    assert [item async for item in pager] == []
    assert pager.complete


async def test_a_capped_count_loses_nothing() -> None:
    shop = shop_of(*range(1, 12))
    shop.cap = 2
    assert ids(await pages_of(shop, page_size=100)) == list(range(1, 12))


@pytest.mark.parametrize("ignored", ["id", "sort"])
async def test_a_server_that_ignores_filter_or_order_is_an_error_and_not_a_gap(ignored: str) -> None:
    shop = shop_of(9, 8, 7, 6, 5, 4, 3, 2, 1)
    shop.ignores = {ignored}
    with pytest.raises(PagingError):
        await pages_of(shop)


async def test_since_leaves_out_what_has_not_changed() -> None:
    shop = shop_of(1, 2, 3, 4, 5)
    shop.lists["products"][4]["updated_at"] = "2016-02-01T00:00:00Z"
    assert ids(await pages_of(shop, since=datetime(2016, 1, 15, tzinfo=UTC))) == [4]


async def test_a_broken_record_is_carried_by_its_page_and_the_walk_goes_on() -> None:
    shop = shop_of(*range(1, 8))
    shop.lists["products"][3] = b'{"id":3,"price":"cheap"}'
    shop.lists["products"][5] = b'{"id":5,"created_at":"yesterday"}'
    pages = await pages_of(shop)
    assert ids(pages) == [1, 2, 4, 6, 7]
    assert [(bad.id, bad.raw[:9]) for page in pages for bad in page.unreadable] == [
        ("3", b'{"id":3,"'),
        ("5", b'{"id":5,"'),
    ]


async def test_a_404_before_the_first_page_is_an_error_and_after_one_it_leaves_the_pass_incomplete() -> None:
    with pytest.raises(MissingError):
        await pages_of(FakeShop(product_statuses={}))
    shop = shop_of(*range(1, 8))

    def vanish(path: str) -> None:
        if len(shop.calls) == 1:
            shop.broken["/products"] = 404

    shop.before = vanish
    pager = products(shop).list()
    assert [int(item.id) async for item in pager] == [1, 2, 3]
    assert pager.complete is False


class Churn(FakeShop):
    """A shop in which something happens before every call."""

    def __init__(self, numbers: list[int], events: list[list[tuple[str, int]]]) -> None:
        super().__init__(products={number: record(number) for number in numbers}, product_statuses={})
        self.kept = set(numbers)
        self.events = iter(events)
        self.before = self.happen

    def happen(self, path: str) -> None:
        for what, number in next(self.events, []):
            if what == "insert":
                self.lists["products"].setdefault(number, record(number))
            elif what == "edit" and number in self.lists["products"]:
                self.lists["products"][number] = record(number, item_name="edited")
            elif what == "remove":
                self.lists["products"].pop(number, None)
                self.kept.discard(number)


NUMBERS = st.integers(1, 60)
EVENTS = st.lists(st.lists(st.tuples(st.sampled_from(["insert", "edit", "remove"]), NUMBERS), max_size=4), max_size=12)


@settings(max_examples=150, deadline=None)
@given(numbers=st.lists(NUMBERS, unique=True), events=EVENTS, size=st.integers(1, 7), cap=st.integers(1, 9))
def test_what_is_there_throughout_is_read_exactly_once(
    numbers: list[int], events: list[list[tuple[str, int]]], size: int, cap: int
) -> None:
    shop = Churn(numbers, events)
    shop.cap = cap
    found = ids(asyncio.run(pages_of(shop, page_size=size)))
    assert len(found) == len(set(found))
    assert shop.kept <= set(found)


@settings(max_examples=100, deadline=None)
@given(
    numbers=st.lists(NUMBERS, unique=True, min_size=1), events=EVENTS, size=st.integers(1, 7), stop=st.integers(0, 9)
)
def test_going_on_from_any_token_loses_nothing_and_repeats_nothing(
    numbers: list[int], events: list[list[tuple[str, int]]], size: int, stop: int
) -> None:
    async def interrupted() -> list[int]:
        shop = Churn(numbers, events)
        pager = products(shop, size).list()
        done: list[Page[Product]] = []
        async with aclosing(pager.pages()) as pages:
            async for page in pages:
                done.append(page)
                if len(done) > stop:
                    break
        if done[-1].token is not None:
            assert pager.token == done[-1].token
            done += await pages_of(shop, size, resume=pager.token)
        assert shop.kept <= set(ids(done))
        return ids(done)

    found = asyncio.run(interrupted())
    assert len(found) == len(set(found))


# -- along the vendor's links ---------------------------------------------------------------------------------


async def test_a_list_of_the_vendors_own_records_follows_its_links_to_the_end() -> None:
    shop = FakeShop(order_items={number: {"id": number} for number in range(1, 8)})
    api = Api(shop, page_size=3)
    pager = api.order_items.list(sort=("id",))
    first = await pager
    assert ([item.id for item in first.items], first.total) == ([1, 2, 3], 7)
    assert [item.id async for item in pager] == list(range(1, 8))
    resumed = api.order_items.list(resume=first.token)
    assert [item.id async for item in resumed] == [4, 5, 6, 7]


async def test_a_list_that_became_shorter_ends_at_its_404() -> None:
    shop = FakeShop(order_items={number: {"id": number} for number in range(1, 8)})
    pager = Api(shop, page_size=3).order_items.list()
    token = (await pager).token

    shop.lists["order_items"].clear()
    assert [item async for item in Api(shop, page_size=3).order_items.list(resume=token)] == []


async def test_a_link_to_another_host_ends_the_list_with_an_error() -> None:
    shop = FakeShop(order_items={number: {"id": number} for number in range(1, 8)})
    client_side = FakeShop(**shop.lists)
    client_side.base_url = "https://other.example.com/api/v1"
    answer = shop.answer
    client_side.answer = answer  # type: ignore[method-assign]  # the other shop's links
    with pytest.raises(PagingError, match="another host"):
        [item async for item in Api(client_side, page_size=3).order_items.list()]
    assert len(client_side.calls) == 1
