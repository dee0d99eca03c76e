"""The store as a user sees it, with the network replaced by a function."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from commerce_async.clock import LoopClock
from commerce_async.errors import (
    AuthError,
    ConfigError,
    DecodeError,
    MissingError,
    RejectedError,
    ThrottledOrMissingError,
    UsageError,
)
from commerce_async.http.call import Call, Reply
from commerce_async.secrets import Secret
from commerce_async.store import ProvidesOrders, ProvidesProbe, ProvidesProducts, open_store
from commerce_async.testing.clock import VirtualTimeLoop
from fastspring_async import FastSpring, Settings
from tests.fastspring.fakes import NOW, fixture, reply, store

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


class Clock(LoopClock):
    """A wall clock that stands still, over the loop's own time."""

    def wall(self) -> datetime:
        return NOW


def row(id: str, **more: object) -> dict[str, object]:
    return {"product": id, "action": "products.get", "result": "success", **more}


def gone(id: str) -> dict[str, object]:
    return {"action": "products.get", "product": id, "result": "error", "error": {"product": "Product not found"}}


def order(id: str, **more: object) -> dict[str, object]:
    return {"order": id, "currency": "USD", "total": 1, **more}


def asked(call: Call[Any]) -> list[str]:
    return call.path.rsplit("/", 1)[1].split(",")


def catalog(answer: Callable[[str], object | None]) -> Callable[[Call[Any]], Reply]:
    """A vendor that answers each id on its own."""

    def respond(call: Call[Any]) -> Reply:
        rows = [answer(id) for id in asked(call)]
        return reply({"products": [each for each in rows if each is not None]})

    return respond


async def test_a_product_is_read_in_the_common_schema() -> None:
    shop, wall = store(lambda _call: reply(fixture("product")))
    async with shop:
        product = await shop.products.get("pro-monthly")
    assert (product.store, product.id, product.prices[0].amount) == ("eu", "pro-monthly", Decimal("30.10"))
    assert product.raw == fixture("product")
    assert wall.calls[0].path == "/products/pro-monthly"


@pytest.mark.parametrize("status", [200, 400, 404, 500])
async def test_a_product_that_is_not_there_is_a_missing_error(status: int) -> None:
    shop, wall = store(lambda _call: reply({"products": [gone("nope")]}, status))
    async with shop:
        with pytest.raises(MissingError, match="Product not found") as caught:
            await shop.products.get("nope")
    assert (caught.value.store, caught.value.path, caught.value.status) == ("eu", "/products/nope", status)
    assert len(wall.calls) == 1


async def test_an_empty_404_that_stays_one_may_be_either_and_is_said_so() -> None:
    shop, wall = store(lambda _call: reply(b"", 404))
    async with shop:
        with pytest.raises(ThrottledOrMissingError, match="not found"):
            await shop.products.get("a")
    assert len(wall.calls) > 1


async def test_a_burst_of_404s_in_the_vendors_envelope_is_no_throttle() -> None:
    gone = {"status": "NOT_FOUND", "timestamp": "t", "id": "1", "message": "Resource does not exist.", "details": "d"}
    shop, wall = store(lambda _call: reply(gone, 404))
    async with shop:
        begun, rate = shop.client.clock.now(), shop.client.limiter.snapshot().limit
        for number in range(200):
            with pytest.raises(MissingError):
                await shop.api.invoices.get(f"i{number}")
        state = shop.client.limiter.snapshot()
        assert shop.client.clock.now() - begun < 1.0
    assert (len(wall.calls), state.throttled, state.paused) == (200, 0, 0.0)
    assert state.limit >= rate


async def test_a_record_that_cannot_be_read_is_a_decode_error() -> None:
    shop, _ = store(lambda _call: reply(row("a", pricing=7)))
    async with shop:
        with pytest.raises(DecodeError, match="pricing"):
            await shop.products.get("a")


async def test_a_batch_keeps_the_order_and_accounts_for_every_id() -> None:
    def answer(id: str) -> object:
        if id.startswith("gone"):
            return gone(id)
        if id == "locked":
            return {**gone(id), "error": "Locked"}
        return row(id, pricing=7) if id == "broken" else row(id)

    ids = ["z", "gone1", "locked", *(f"p{n}" for n in range(120)), "broken", "a", "z"]
    shop, wall = store(catalog(answer))
    async with shop:
        batch = await shop.products.get_many(ids)
    assert [item.id for item in batch.items] == ["z", *(f"p{n}" for n in range(120)), "a"]
    assert batch.missing == ("gone1",)
    assert [(failure.id, type(failure.error)) for failure in batch.failed] == [
        ("locked", RejectedError),
        ("broken", DecodeError),
    ]
    assert batch.failed[0].reason == "Locked"
    assert [len(asked(call)) for call in wall.calls] == [50, 50, 25]


async def test_ids_that_a_reply_leaves_out_are_asked_again_and_then_reported() -> None:
    def respond(call: Call[Any]) -> Reply:
        ids = asked(call)
        if "silent" in ids and len(ids) > 1:
            return reply([row(ids[0])])
        return reply([] if ids == ["silent"] else [row(id) for id in ids])

    shop, wall = store(respond)
    async with shop:
        batch = await shop.products.get_many(["a", "b", "silent"])
    assert [item.id for item in batch.items] == ["a", "b"]
    assert [(failure.id, failure.reason) for failure in batch.failed] == [
        ("silent", "the vendor's reply does not speak of this id")
    ]
    assert [asked(call) for call in wall.calls] == [["a", "b", "silent"], ["b", "silent"], ["silent"]]


async def test_a_chunk_that_fails_does_not_take_the_others_with_it() -> None:
    def respond(call: Call[Any]) -> Reply:
        return reply(b"", 404) if "p60" in asked(call) else catalog(row)(call)

    shop, _ = store(respond)
    async with shop:
        batch = await shop.products.get_many(f"p{n}" for n in range(70))
    assert [item.id for item in batch.items] == [f"p{n}" for n in range(50)]
    assert [failure.id for failure in batch.failed] == [f"p{n}" for n in range(50, 70)]
    assert isinstance(batch.failed[0].error, ThrottledOrMissingError)


async def test_one_missing_id_alone_in_its_chunk_is_missing_in_every_form() -> None:
    shop, _ = store(lambda _call: reply({"action": "products.get", "result": "error", "error": "Not found"}, 400))
    async with shop:
        assert (await shop.products.get_many(["a"])).missing == ("a",)
        both = await shop.products.get_many(["a", "b"])
    assert [failure.id for failure in both.failed] == ["a", "b"]
    assert not both.missing


async def test_wrong_credentials_are_raised_and_not_reported_per_id() -> None:
    shop, _ = store(lambda _call: reply(b"", 401))
    async with shop:
        with pytest.raises(AuthError):
            await shop.products.get_many(["a", "b"])


async def test_an_id_with_a_comma_is_refused_before_anything_is_sent() -> None:
    shop, wall = store(lambda _call: reply(b""))
    async with shop:
        with pytest.raises(UsageError, match="comma"):
            await shop.products.get_many(["a", "b,c"])
        with pytest.raises(UsageError, match="comma"):
            await shop.products.get("b,c")
    assert not wall.calls


def listing(ids: list[str], answer: Callable[[str], object | None] = row) -> Callable[[Call[Any]], Reply]:
    def respond(call: Call[Any]) -> Reply:
        if call.path == "/products":
            return reply({"action": "products.getall", "result": "success", "products": ids, "total": 0})
        return catalog(answer)(call)

    return respond


async def test_all_products_are_listed_in_batches_and_resumed_after_a_page() -> None:
    ids = [f"p{n:03}" for n in range(120)]
    shop, wall = store(listing(ids[::-1]))
    async with shop:
        pages = [page async for page in shop.products.list().pages()]
        again = [item.id async for item in shop.products.list(resume=pages[0].token)]
    assert [len(page.items) for page in pages] == [50, 50, 20]
    assert [page.total for page in pages] == [120] * 3
    assert pages[-1].token is None
    assert again == ids[50:]
    assert len(wall.calls) == 4 + 3


async def test_listed_products_that_are_gone_or_broken_are_told_on_their_page() -> None:
    def answer(id: str) -> object:
        return gone(id) if id == "b" else row(id, pricing=7) if id == "c" else row(id)

    shop, _ = store(listing(["a", "b", "c"], answer))
    async with shop:
        page = await shop.products.list()
    assert ([item.id for item in page.items], page.missing) == (["a"], ("b",))
    assert [(bad.id, bad.raw) for bad in page.unreadable] == [
        ("c", b'{"product":"c","action":"products.get","result":"success","pricing":7}')
    ]
    assert page.sound


async def test_a_listed_id_that_cannot_be_asked_for_is_set_aside_and_holds_up_no_other() -> None:
    shop, _ = store(listing(["a", "b,c", "d"]))
    async with shop:
        page = await shop.products.list()
    assert [item.id for item in page.items] == ["a", "d"]
    (bad,) = page.unreadable
    assert (bad.id, bad.raw) == ("b,c", b'"b,c"')
    assert "comma" in bad.reason
    assert page.sound


async def test_a_list_of_ids_that_is_not_whole_is_not_called_sound() -> None:
    def respond(call: Call[Any]) -> Reply:
        return reply({"products": ["a"], "nextPage": 2}) if call.path == "/products" else catalog(row)(call)

    shop, _ = store(respond)
    async with shop:
        assert not (await shop.products.list()).sound


async def test_an_empty_store_lists_nothing() -> None:
    shop, _ = store(listing([]))
    async with shop:
        assert [item async for item in shop.products.list()] == []


def paged(rows: list[Any], wall: list[dict[str, str]]) -> Callable[[Call[Any]], Reply]:
    def respond(call: Call[Any]) -> Reply:
        if call.path != "/orders":
            return reply({"orders": [order(id) for id in asked(call)]})
        query = dict(call.query)
        wall.append(query)
        page, limit = int(query["page"]), int(query["limit"])
        part = rows[(page - 1) * limit : page * limit]
        more = page + 1 if page * limit < len(rows) else None
        return reply({"action": "order.lookup", "orders": part, "page": page, "nextPage": more, "total": len(rows)})

    return respond


async def test_all_orders_are_listed_by_date_range_and_page() -> None:
    queries: list[dict[str, str]] = []
    shop, _ = store(paged([order(f"o{n}") for n in range(120)], queries), clock=Clock())
    async with shop:
        pager = shop.orders.list()
        found = [each.id async for each in pager]
    assert found == [f"o{n}" for n in range(120)]
    assert pager.complete
    assert queries[0] == {"begin": "2010-01-01", "end": "2024-03-12", "scope": "all", "limit": "50", "page": "1"}
    assert [query["page"] for query in queries] == ["1", "2", "3"]


async def test_orders_since_a_time_begin_a_day_before_and_resume_on_their_window() -> None:
    queries: list[dict[str, str]] = []
    rows = [order(f"o{n}") for n in range(70)]
    shop, _ = store(paged(rows, queries), clock=Clock(), orders_since=date(2020, 5, 1))
    async with shop:
        page = await shop.orders.list(since=datetime(2024, 3, 5, tzinfo=UTC))
        assert page.token == '{"begin":"2024-03-04"}'
        assert len([each async for each in shop.orders.list(resume=page.token)]) == 70
        await shop.orders.list()
    assert [query["begin"] for query in queries] == ["2024-03-04"] * 3 + ["2020-05-01"]


async def test_a_page_of_bare_order_ids_is_completed_by_their_orders() -> None:
    shop, wall = store(paged(["a", "b"], []), clock=Clock())
    async with shop:
        page = await shop.orders.list()
        found = await shop.api.orders.search()
    assert [each.id for each in page.items] == ["a", "b"]
    assert [each.key for each in found.items] == ["a", "b"]
    assert [call.path for call in wall.calls] == ["/orders", "/orders/a,b"] * 2


async def test_a_broken_order_is_set_aside_once_and_the_rest_goes_on() -> None:
    rows = [order("a"), order("b", total=None), {"total": 1}, order("c")]
    shop, _ = store(paged(rows, []), clock=Clock())
    async with shop:
        page = await shop.orders.list()
        with pytest.raises(DecodeError, match="total"):
            [each async for each in shop.orders.list()]
    assert [each.id for each in page.items] == ["a", "c"]
    assert [(bad.id, bad.reason) for bad in page.unreadable] == [("b", "total: missing"), (None, "order: missing")]
    assert page.sound


async def test_a_window_that_lost_a_row_is_read_again_and_rows_are_not_doubled() -> None:
    calls: list[int] = []

    def respond(call: Call[Any]) -> Reply:
        page = int(dict(call.query)["page"])
        calls.append(page)
        ids = {1: ["a", "b"], 2: ["d"] if len(calls) < 3 else ["c", "d"]}[page]
        return reply({"orders": [order(id) for id in ids], "nextPage": 2 if page == 1 else None, "total": 4})

    shop, _ = store(respond, clock=Clock())
    async with shop:
        pages = [page async for page in shop.orders.list().pages()]
    assert [[each.id for each in page.items] for page in pages] == [["a", "b"], ["d"], ["c"]]
    assert calls == [1, 2, 1, 2]
    assert all(page.sound for page in pages)


async def test_the_vendors_own_prices_follow_the_pages() -> None:
    def respond(call: Call[Any]) -> Reply:
        page = int(dict(call.query).get("page", "1"))
        item = {"product": f"p{page}", "pricing": {"DE": {"currency": "EUR", "price": 4.39}}}
        return reply({"page": page, "nextPage": page + 1 if page < 3 else None, "products": [item]})

    shop, wall = store(respond)
    async with shop:
        prices = [each async for each in shop.api.products.prices(country="DE")]
        asked = [call.query for call in wall.calls]
        page = await shop.api.products.prices(country="DE", currency="USD", page=2, limit=1)
        single = await shop.api.products.price("p1", country="DE")
    assert [each.product for each in prices] == ["p1", "p2", "p3"]
    assert asked == [(("country", "DE"), *more) for more in ((), (("page", "2"),), (("page", "3"),))]
    assert prices[0].pricing["DE"].price == single.pricing["DE"].price == Decimal("4.39")
    assert [each.product for each in page.items] == ["p2"]
    assert wall.calls[-2].query == (("country", "DE"), ("cy", "USD"), ("limit", "1"), ("page", "2"))


async def test_the_vendors_own_search_pages_and_resumes() -> None:
    shop, wall = store(paged([order(f"o{n}") for n in range(5)], []), page_size=2)
    async with shop:
        pager = shop.api.orders.search(begin=date(2024, 1, 1), end=date(2024, 1, 2), status="completed")
        first = await pager
        rest = [each.key async for each in shop.api.orders.search(resume=first.token)]
    assert [each.key for each in first.items] == ["o0", "o1"]
    assert (first.token, first.total, rest) == ("2", 5, ["o2", "o3", "o4"])
    assert ("status", "completed") in wall.calls[0].query


async def test_a_search_that_cannot_be_right_is_refused_at_once() -> None:
    shop, _ = store(lambda _call: reply(b""))
    for wrong in ({"begin": date(2024, 1, 1), "end": date(2024, 1, 1)}, {"resume": "x"}, {"limit": 0}, {"page": 0}):
        with pytest.raises(UsageError):
            shop.api.orders.search(**wrong)  # type: ignore[arg-type]  # one keyword at a time


async def test_the_vendors_own_objects_come_in_batches_too() -> None:
    shop, _ = store(listing(["a"]))
    async with shop:
        assert await shop.api.products.ids() == ("a",)
        assert (await shop.api.products.get("a")).product == "a"
        assert (await shop.api.products.get_many(["a"])).one().product == "a"


async def test_the_probe_tells_time_limit_and_skew() -> None:
    shop, wall = store(lambda _call: reply({"orders": []}, date="Sun, 10 Mar 2024 12:00:05 GMT"), clock=Clock())
    async with shop:
        probe = await shop.probe()
    assert (probe.skew, probe.limit) == (5.5, "not told; 1000 calls per second assumed")
    assert dict(wall.calls[0].query) == {"begin": "2024-03-09", "end": "2024-03-10", "limit": "1", "page": "1"}


async def test_a_probe_that_meets_another_server_fails() -> None:
    shop, _ = store(lambda _call: reply({"hello": "world"}))
    async with shop:
        with pytest.raises(DecodeError):
            await shop.probe()


async def test_a_derived_store_has_its_own_options_and_the_same_settings() -> None:
    shop, wall = store(paged([order("a")], []), page_size=7, orders_since=date(2021, 1, 1), clock=Clock())
    derived = shop.with_options(timeout=5.0)
    async with shop:
        await derived.orders.list()
    assert (derived.name, derived.client.options.timeout, shop.client.options.timeout) == ("eu", 5.0, 60.0)
    assert dict(wall.calls[0].query)["limit"] == "7"
    assert dict(wall.calls[0].query)["begin"] == "2021-01-01"


def test_no_secret_is_shown() -> None:
    shop = FastSpring(username="user-1", password="hunter2")
    settings = Settings(username="user-1", password=Secret("hunter2"))
    for text in (repr(shop), repr(settings), str(settings), repr(shop.client.__dict__)):
        assert "hunter2" not in text
        assert "user-1" not in text


def test_it_is_a_store_with_every_capability() -> None:
    shop = open_store("fastspring", "eu", username="u", password="p", page_size=20, orders_since="2023-01-01")
    assert isinstance(shop, FastSpring)
    assert isinstance(shop, ProvidesProducts)
    assert isinstance(shop, ProvidesOrders)
    assert isinstance(shop, ProvidesProbe)
    assert (shop.name, shop.vendor, shop.client.base_url) == ("eu", "fastspring", "https://api.fastspring.com")


@pytest.mark.parametrize(
    "wrong",
    [{"password": ""}, {"username": "a:b"}, {"page_size": 0}, {"page_size": 501}, {"rate": 0}, {"base_url": "http://x.example"},
     {"currency_parameter": "c"}],
)  # fmt: skip
def test_a_wrong_setting_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        FastSpring(**{"username": "u", "password": "p", **wrong})


def test_an_unknown_option_or_setting_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="tiemout"):
        FastSpring(username="u", password="p", tiemout=1)
    with pytest.raises(ConfigError, match="pasword"):
        open_store("fastspring", username="u", pasword="p")


def test_settings_may_point_to_where_the_secret_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FS_PASSWORD", "hunter2")
    assert open_store("fastspring", username="env:FS_PASSWORD", password="env:FS_PASSWORD").name == "fastspring"
    with pytest.raises(ConfigError, match="FS_GONE"):
        open_store("fastspring", username="u", password="env:FS_GONE")


async def test_an_order_is_read_in_the_common_schema_alone_and_in_batches() -> None:
    shop, _ = store(lambda _call: reply(fixture("order")))
    async with shop:
        alone = await shop.orders.get("oTq1")
        batch = await shop.orders.get_many(["oTq1"])
    assert (alone.total, alone.raw) == (Decimal("71.28"), fixture("order"))
    assert batch.items == (alone,)


async def test_what_a_reply_gave_is_kept_when_asking_for_the_rest_is_refused() -> None:
    def respond(call: Call[Any]) -> Reply:
        return reply([row("a")]) if asked(call)[0] == "a" else reply({"message": "unreadable", "params": []}, 400)

    shop, _ = store(respond)
    async with shop:
        batch = await shop.products.get_many(["a", "b", "c"])
    assert [item.id for item in batch.items] == ["a"]
    assert [failure.id for failure in batch.failed] == ["b", "c"]


async def test_a_busy_range_is_narrowed_before_anything_of_it_is_delivered() -> None:
    def respond(call: Call[Any]) -> Reply:
        query = dict(call.query)
        wide = query["begin"] == "2024-03-08" and query["end"] == "2024-03-12"
        ids = ["a", "b"] if wide else [query["begin"]]
        return reply({"orders": [order(id) for id in ids], "nextPage": None, "total": 1001 if wide else 1})

    shop, wall = store(respond, clock=Clock(), orders_since=date(2024, 3, 8))
    async with shop:
        pages = [page async for page in shop.orders.list().pages()]
    assert [[each.id for each in page.items] for page in pages] == [["2024-03-08"], ["2024-03-10"]]
    assert [page.token for page in pages] == ['{"begin":"2024-03-10"}', None]
    assert [page.total for page in pages] == [1001, 1001]
    assert len(wall.calls) == 3
