"""What the FastSpring emulator's server enforces and answers: FastSpring's pages, endpoint by endpoint."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp.http_parser import HttpRequestParser, HttpRequestParserPy

from commerce_async.testing.emulator import Faults
from fastspring_async.emulator import Dialect, FastSpringEmulator, Irregular
from fastspring_async.emulator.jsons import decode

pytestmark = pytest.mark.anyio


def basic(words: str, encoding: str = "utf-8") -> str:
    return f"Basic {base64.b64encode(words.encode(encoding)).decode()}"


def credentials(emulator: FastSpringEmulator) -> str:
    return basic(f"{emulator.username}:{emulator.password}")


class Shop:
    """A bare aiohttp client: no part of this project stands between the test and the server."""

    def __init__(self, emulator: FastSpringEmulator, session: aiohttp.ClientSession) -> None:
        self.emulator = emulator
        self.session = session

    async def get(self, path: str, **params: Any) -> tuple[int, Any]:
        async with self.session.get(self.emulator.url + path, params=params) as response:
            body = await response.read()
            return response.status, decode(body) if body[:1] in (b"{", b"[") else body.decode()


@asynccontextmanager
async def shop(**settings: Any) -> AsyncIterator[Shop]:
    settings = {"products": 30, "orders": 200, "rate_limit": None, "irregular": Irregular.none(), **settings}
    async with FastSpringEmulator(**settings) as emulator:
        headers = {"Authorization": credentials(emulator)}
        async with aiohttp.ClientSession(headers=headers) as session:
            yield Shop(emulator, session)


# -- access ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Basic", "Basic !!!", "Bearer x", basic("emulator-user:wrong")],
)
async def test_wrong_or_no_credentials_are_answered_401_and_counted(authorization: str | None):
    async with shop() as it, aiohttp.ClientSession() as session:
        headers = {} if authorization is None else {"Authorization": authorization}
        async with session.get(f"{it.emulator.url}/products", headers=headers) as response:
            assert response.status == 401
            assert it.emulator.password not in await response.text()
        assert it.emulator.ledger.unauthorized == it.emulator.ledger.calls == 1
        assert it.emulator.ledger.admitted == 0


async def test_the_password_is_read_as_utf8():
    async with shop() as it:
        assert not it.emulator.password.isascii()
        assert (await it.get("/products"))[0] == 200
        latin = basic(f"{it.emulator.username}:{it.emulator.password}", "latin1")
        async with it.session.get(f"{it.emulator.url}/products", headers={"Authorization": latin}) as response:
            assert response.status == 401


async def test_a_call_without_user_agent_is_answered_401():
    async with shop() as it:
        url = f"{it.emulator.url}/products"
        async with it.session.get(url, skip_auto_headers=["User-Agent"]) as response:
            assert response.status == 401


@pytest.mark.skipif(HttpRequestParser is HttpRequestParserPy, reason="the parser in Python accepts such verbs")
async def test_a_verb_in_lower_case_is_refused():
    async with shop() as it:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(it.emulator.url.rpartition(":")[2]))
        line = f"get /products HTTP/1.1\r\nHost: a\r\nUser-Agent: t\r\nAuthorization: {credentials(it.emulator)}"
        writer.write(f"{line}\r\nConnection: close\r\n\r\n".encode())
        status = int((await reader.read()).split()[1])
        writer.close()
        await writer.wait_closed()
        assert status == 400  # FastSpring says 404; aiohttp's parser answers before the emulator can


async def test_unknown_paths_are_404_and_other_verbs_405():
    async with shop() as it:
        assert (await it.get("/nothing"))[0] == 404
        async with it.session.delete(f"{it.emulator.url}/orders") as response:
            assert response.status == 405


async def test_the_settings_are_what_an_adapter_needs():
    async with shop() as it:
        emulator = it.emulator
        assert emulator.settings() == {
            "username": emulator.username,
            "password": emulator.password,
            "base_url": emulator.url,
        }
        assert emulator.url.startswith("http://127.0.0.1:")


# -- /products ---------------------------------------------------------------------------------------------------


async def test_the_product_list_is_ids_only_and_whole():
    async with shop(products=130) as it:
        status, body = await it.get("/products")
        assert (status, body["action"], body["result"]) == (200, "products.getall", "success")
        assert body["products"] == it.emulator.product_ids()
        assert len(body["products"]) == it.emulator.product_count == 130


@pytest.mark.parametrize("name", ["limit", "page"])
async def test_paging_the_product_list_is_an_error_inside_a_200(name: str):
    async with shop() as it:
        status, body = await it.get("/products", **{name: "5"})
        assert status == 200
        assert body["result"] == "error"
        assert body["error"] == {name: "Pagination is not supported for this endpoint"}


async def test_products_come_in_the_order_asked_for_and_an_unknown_one_is_an_error_in_its_place():
    async with shop() as it:
        a, b = it.emulator.product_ids()[:2]
        status, body = await it.get(f"/products/{b},nope,{a}")
        assert status == 200
        first, error, last = body["products"]
        assert first == {**it.emulator.product(b), "action": "products.get", "result": "success"}
        assert last["product"] == a
        assert error == {
            "action": "products.get",
            "product": "nope",
            "result": "error",
            "error": {"product": "Product not found"},
        }


async def test_one_product_can_come_flat_with_itself_in_a_list():
    async with shop(dialect=Dialect(one_product="hybrid")) as it:
        path = it.emulator.product_ids()[0]
        _, body = await it.get(f"/products/{path}")
        (inner,) = body.pop("products")
        assert inner == body
        assert body["product"] == path


async def test_prices_are_paged_and_the_last_page_names_no_next():
    async with shop(products=120) as it:
        seen: list[str] = []
        page: int | None = 1
        while page is not None:
            _, body = await it.get("/products/price", page=page, limit=50)
            assert (body["page"], body["limit"]) == (page, 50)
            seen += [each["product"] for each in body["products"]]
            page = body.get("nextPage")
        assert "nextPage" not in body
        assert seen == it.emulator.product_ids()


@pytest.mark.parametrize("name", ["cy", "currency"])
async def test_prices_follow_country_and_currency_by_either_name(name: str):
    async with shop() as it:
        path = it.emulator.product_ids()[1]
        _, everywhere = await it.get(f"/products/price/{path}")
        _, german = await it.get(f"/products/price/{path}", country="DE")
        _, dollars = await it.get(f"/products/price/{path}", country="DE", **{name: "USD"})
        assert len(everywhere["products"][0]["pricing"]) > 5
        assert list(german["products"][0]["pricing"]) == ["DE"]
        assert german["products"][0]["pricing"]["DE"]["currency"] == "EUR"
        assert dollars["products"][0]["pricing"]["DE"]["currency"] == "USD"
        assert german["products"][0]["action"] == "product.price.get"


async def test_a_price_of_an_unknown_product_or_country_is_an_error():
    async with shop() as it:
        _, body = await it.get("/products/price/nope")
        assert body["products"][0]["error"] == {"product": "Product not found"}
        _, body = await it.get("/products/price", country="XX")
        assert body["result"] == "error"


# -- /orders by id -----------------------------------------------------------------------------------------------


async def test_one_order_comes_flat_as_on_the_page():
    async with shop() as it:
        identity = it.emulator.order_id(5)
        assert await it.get(f"/orders/{identity}") == (200, it.emulator.order(identity))


async def test_one_order_can_come_flat_with_itself_in_a_list_or_only_in_the_list():
    async with shop(dialect=Dialect(one_order="hybrid")) as it:
        identity = it.emulator.order_id(5)
        _, body = await it.get(f"/orders/{identity}")
        (inner,) = body.pop("orders")
        assert inner == body == {**it.emulator.order(identity), "action": "order.get", "result": "success"}
        it.emulator.dialect.one_order = "envelope"
        _, body = await it.get(f"/orders/{identity}")
        assert body == {"orders": [inner]}


async def test_several_orders_come_in_an_envelope_or_a_bare_array():
    async with shop() as it:
        ids = [it.emulator.order_id(n) for n in (9, 3, 6)]
        _, envelope = await it.get(f"/orders/{','.join(ids)}")
        it.emulator.dialect.many_orders = "array"
        _, array = await it.get(f"/orders/{','.join(ids)}")
        assert [each["order"] for each in envelope["orders"]] == ids
        assert array == envelope["orders"]


async def test_an_unknown_order_is_400_with_the_error_in_its_place_alone_or_among_others():
    async with shop() as it:
        error = {"action": "order.get", "order": "nope", "result": "error", "error": {"order": "Not found"}}
        assert await it.get("/orders/nope") == (400, {"orders": [error]})
        status, body = await it.get(f"/orders/{it.emulator.order_id(0)},nope")
        assert status == 400
        assert body["orders"][1] == error
        assert body["orders"][0]["result"] == "success"
        it.emulator.dialect.mixed_order_status = 200
        assert (await it.get(f"/orders/{it.emulator.order_id(0)},nope"))[0] == 200


@pytest.mark.parametrize("kind", ["orders", "products"])
async def test_a_batch_of_more_than_fifty_is_refused_unless_the_limit_is_lifted(kind: str):
    async with shop(products=60) as it:
        ids = it.emulator.product_ids() if kind == "products" else list(itertools.islice(it.emulator.order_ids(), 60))
        assert (await it.get(f"/{kind}/{','.join(ids[:50])}"))[0] == 200
        status, body = await it.get(f"/{kind}/{','.join(ids[:51])}")
        assert (status, body["result"]) == (400, "error")
        it.emulator.dialect.max_batch = None
        status, body = await it.get(f"/{kind}/{','.join(ids)}")
        assert (status, len(body[kind])) == (200, 60)


async def test_a_url_of_more_than_eight_kilobytes_is_414():
    async with shop(dialect=Dialect(max_batch=None)) as it:
        ids = list(it.emulator.order_ids())
        assert (await it.get(f"/orders/{','.join(ids * 2)}"))[0] == 414
        longest = "/orders/" + ",".join(ids)[: 8192 - len("/orders/")]
        assert len(longest) < 8192 or (await it.get(longest))[0] == 400  # one id is cut short, so unknown
        assert (await it.get(longest))[0] != 414


# -- /orders by filter -------------------------------------------------------------------------------------------


async def walk(it: Shop, **params: Any) -> list[Any]:
    """All pages of a list, with the checks that hold for each."""
    found: list[Any] = []
    page: int | None = 1
    while page is not None:
        status, body = await it.get("/orders", page=page, limit=30, **params)
        assert (status, body["result"], body["page"], body["limit"]) == (200, "success", page, 30)
        found += body["orders"]
        assert body["nextPage"] in (None, page + 1)
        page = body["nextPage"]
    assert len(found) == body["total"]
    return found


async def test_without_a_filter_the_list_is_ids_newest_first():
    async with shop() as it:
        _, body = await it.get("/orders")
        assert (body["action"], body["limit"], body["nextPage"], body["total"]) == ("order.getall", 50, 2, 200)
        assert await walk(it) == list(it.emulator.order_ids())[::-1]
        it.emulator.dialect.newest_first = False
        assert await walk(it) == list(it.emulator.order_ids())


async def test_a_page_beyond_the_end_is_empty():
    async with shop() as it:
        _, body = await it.get("/orders", page=99, scope="all")
        assert (body["orders"], body["nextPage"], body["total"]) == ([], None, 200)
        it.emulator.dialect.last_page = "absent"
        _, body = await it.get("/orders", page=99, scope="all")
        assert "nextPage" not in body


def made(it: Shop, begin: datetime, end: datetime) -> list[str]:
    low, high = begin.timestamp() * 1000, end.timestamp() * 1000
    return [each for each in it.emulator.order_ids() if low <= it.emulator.order_created(each) < high][::-1]


async def test_dates_select_by_the_day_an_order_was_made_and_are_echoed_short():
    async with shop() as it:
        begin, end = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 7, 15, tzinfo=UTC)
        _, body = await it.get("/orders", begin="2025-03-01", end="2025-07-15")
        assert (body["action"], body["begin"], body["end"]) == ("order.lookup", "3/1/25", "7/15/25")
        found = await walk(it, begin="2025-03-01", end="2025-07-15")
        assert [each["order"] for each in found] == made(it, begin, end)
        assert len(found) > 30
        assert len(await walk(it, begin="2025-03-01")) == len(made(it, begin, it.emulator.shop.now))


async def test_the_end_day_is_left_out_or_by_choice_taken_in():
    async with shop(orders=3000) as it:
        day = datetime(2025, 7, 15, tzinfo=UTC)
        before = await walk(it, begin="2025-07-01", end="2025-07-15")
        it.emulator.dialect.end_inclusive = True
        after = await walk(it, begin="2025-07-01", end="2025-07-15")
        assert len(after) - len(before) == len(made(it, day, day + timedelta(days=1))) > 0


async def test_with_only_an_end_the_list_begins_thirty_days_before():
    async with shop(orders=1000) as it:
        end = datetime(2025, 7, 15, tzinfo=UTC)
        _, body = await it.get("/orders", end="2025-07-15")
        assert "begin" not in body
        assert body["end"] == "7/15/25"
        assert body["total"] == len(made(it, end - timedelta(days=30), end)) > 10


async def test_days_count_back_from_now():
    async with shop(orders=1000) as it:
        now = it.emulator.shop.now
        today = now.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        _, body = await it.get("/orders", days=7)
        assert body["total"] == len(made(it, today - timedelta(days=7), now)) > 0


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"begin": "yesterday"}, {"begin": "Invalid begin date"}),
        ({"begin": "2025-02-30"}, {"begin": "Invalid begin date"}),
        ({"end": "1/2/25"}, {"end": "Invalid end date"}),
        ({"begin": "2025-02-02", "end": "2025-02-02"}, {"end": "End date must be after begin date"}),
        ({"begin": "2025-02-02", "end": "2025-01-01"}, {"end": "End date must be after begin date"}),
        ({"limit": "many"}, {"limit": "Can not parse limit."}),
        ({"page": "0"}, {"page": "Can not parse page."}),
        ({"days": "-1"}, {"days": "Can not parse days."}),
        ({"rebill": "yes"}, {"rebill": "Can not parse rebill."}),
        ({"scope": "some"}, {"scope": "Invalid scope"}),
        ({"status": "open"}, {"status": "Invalid status"}),
    ],
)
async def test_parameters_that_cannot_be_read_are_refused_by_name(params: dict[str, str], error: dict[str, str]):
    async with shop(orders=5) as it:
        status, body = await it.get("/orders", **params)
        assert (status, body["result"], body["error"]) == (400, "error", error)
        it.emulator.dialect.lookup_error_status = 200
        assert (await it.get("/orders", **params))[0] == 200


async def test_filters_select_what_they_say():
    async with shop(orders=600) as it:
        all_orders = [it.emulator.order(each) for each in it.emulator.order_ids()][::-1]

        async def same(expected: list[dict[str, Any]], **params: Any) -> None:
            assert await walk(it, **params) == expected
            assert expected

        await same([each for each in all_orders if each["live"]], scope="live")
        await same([each for each in all_orders if not each["live"]], scope="test")
        await same(all_orders, scope="all")
        await same([each for each in all_orders if each["completed"]], status="completed")
        await same([each for each in all_orders if "returns" in each], returns="true")
        await same([each for each in all_orders if "returns" not in each], returns="false")
        rebills = [each for each in all_orders if (each["reference"] or "").endswith("B")]
        assert {each["order"] for each in rebills} <= {each["order"] for each in await walk(it, rebill="true")}
        wanted = set(it.emulator.product_ids()[:2])
        bought = [each for each in all_orders if wanted & {item["product"] for item in each["items"]}]
        await same(bought, products=",".join(sorted(wanted)))
        live = [each for each in bought if each["live"]]
        await same(live, products=",".join(sorted(wanted)), scope="live", begin="2020-01-01")
        canceled, failed = await walk(it, status="canceled"), await walk(it, status="failed")
        assert all(not each["completed"] for each in canceled + failed)
        assert {each["order"] for each in canceled}.isdisjoint(each["order"] for each in failed)


async def test_a_page_of_two_hundred_thousand_orders_comes_at_once():
    async with shop(orders=200_000) as it:
        started = time.process_time()
        _, body = await it.get("/orders", begin="2024-06-01", page=1000, limit=50)
        assert len(body["orders"]) == 50
        assert body["total"] > 150_000
        assert time.process_time() - started < 2.0


# -- a shop that lives -------------------------------------------------------------------------------------------


async def test_lists_shift_while_they_are_read_when_faults_say_so():
    async with shop(faults=Faults(shift=1.0)) as it:
        _, first = await it.get("/orders", page=1, limit=10)
        _, second = await it.get("/orders", page=2, limit=10)
        assert second["total"] == first["total"] + 1 == it.emulator.order_count == 202
        assert second["orders"][0] == first["orders"][-1]
        assert (await it.get("/products/price"))[1]["products"][0]["product"] == it.emulator.product_ids()[0]
        assert it.emulator.product_count == 31


async def test_new_and_changed_orders_show_at_once_in_lists_and_by_id():
    async with shop() as it:
        assert len(await walk(it, scope="live")) > 0
        new = it.emulator.insert_order()
        it.emulator.edit_order(new, tags={"seen": "yes"})
        status, body = await it.get(f"/orders/{new}")
        assert (status, body["tags"]) == (200, {"seen": "yes"})
        assert (await it.get("/orders", begin="2026-03-01"))[1]["orders"] == [it.emulator.order(new)]
        listed = await walk(it, scope="live" if body["live"] else "test")
        assert listed[0]["order"] == new


async def test_broken_records_are_sent_among_the_good_ones():
    async with shop(broken=4, broken_products=2) as it:
        listed = {each["order"]: each for each in await walk(it, scope="all")}
        assert len(listed) == 200
        for identity in it.emulator.unreadable_orders():
            assert listed[identity] == it.emulator.order(identity)
        _, body = await it.get(f"/products/{','.join(it.emulator.unreadable_products())}")
        assert [each["product"] for each in body["products"]] == it.emulator.unreadable_products()


async def test_answers_can_be_compressed():
    async with shop(dialect=Dialect(compress=True)) as it:
        response = await it.session.get(f"{it.emulator.url}/orders?scope=all")
        assert response.headers["Content-Encoding"] in ("gzip", "deflate")
        assert len(json.loads(await response.read())["orders"]) == 50


# -- faults and the ledger ---------------------------------------------------------------------------------------


async def test_the_ledger_counts_calls_by_route_and_server_errors_come_with_and_without_a_body():
    async with shop() as it:
        await it.get("/products")
        await it.get("/orders")
        await it.get(f"/orders/{it.emulator.order_id(1)}")
        ledger = it.emulator.ledger
        assert (ledger.calls, ledger.admitted, ledger.throttled, ledger.writes) == (3, 3, 0, 0)
        assert ledger.by_route == {"GET /products": 1, "GET /orders": 1, "GET /orders/{ids}": 1}
        it.emulator.faults.server_error = 1.0
        answers = [await it.get("/products") for _ in range(2)]
        assert sorted(answers, key=str) == [
            (500, ""),
            (500, {"code": 500, "message": "Internal server error"}),
        ]
        assert ledger.faults["server_error"] == 2


# -- the hidden limit --------------------------------------------------------------------------------------------


class Timed(FastSpringEmulator):
    """With a clock that the test turns."""

    seconds = 1000.0

    def now(self) -> float:
        return self.seconds


@asynccontextmanager
async def timed(**settings: Any) -> AsyncIterator[tuple[Timed, Shop]]:
    async with Timed(products=3, orders=3, **settings) as emulator, aiohttp.ClientSession() as session:
        session.headers["Authorization"] = credentials(emulator)
        yield emulator, Shop(emulator, session)


async def test_a_fixed_window_opens_again_at_its_end():
    async with timed(rate_limit=(3, 10.0), rate_kind="fixed") as (emulator, it):
        emulator.seconds = 1008.0
        assert [(await it.get("/products"))[0] for _ in range(4)] == [200, 200, 200, 404]
        emulator.seconds = 1010.0
        assert [(await it.get("/products"))[0] for _ in range(4)] == [200, 200, 200, 404]
        assert (emulator.ledger.admitted, emulator.ledger.throttled) == (6, 2)


async def test_a_sliding_window_lets_one_call_in_for_each_that_leaves():
    async with timed(rate_limit=(2, 10.0), rate_kind="sliding") as (emulator, it):
        statuses: list[int] = []
        for emulator.seconds in (1000.0, 1008.0, 1009.0, 1010.0, 1011.0, 1018.0):
            statuses.append((await it.get("/products"))[0])
        assert statuses == [200, 200, 404, 200, 404, 200]


async def test_the_throttle_speaks_in_the_four_ways_known():
    async with timed(rate_limit=(0, 60.0), rate_kind="fixed") as (emulator, it):
        emulator.seconds = 60 * 20 + 17.5
        assert await it.get("/products") == (404, "")
        emulator.throttle_with = "404-html"
        status, body = await it.get("/products")
        assert (status, "<html>" in body) == (404, True)
        emulator.throttle_with = "429"
        async with it.session.get(f"{emulator.url}/products") as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "43")
            assert (await response.json())["code"] == 429
        emulator.throttle_with = "429-date"
        async with it.session.get(f"{emulator.url}/products") as response:
            after, date = (
                datetime.strptime(response.headers[name], "%a, %d %b %Y %H:%M:%S GMT")
                for name in ("Retry-After", "Date")
            )
            assert timedelta(seconds=42.5) <= after - date <= timedelta(seconds=46)


async def test_the_limit_can_change_or_go_while_running_and_no_answer_shows_it():
    async with timed(rate_limit=(1, 60.0)) as (emulator, it):
        assert (await it.get("/products"))[0] == 200
        assert (await it.get("/products"))[0] == 404
        emulator.rate_limit = (2, 60.0)
        async with it.session.get(f"{emulator.url}/products") as response:
            assert response.status == 200
            assert not any("limit" in name.lower() for name in response.headers)
        assert (await it.get("/products"))[0] == 404
        emulator.rate_limit = None
        assert (await it.get("/products"))[0] == 200


async def test_a_storm_throttles_so_many_calls_and_no_more():
    async with timed(rate_limit=(2, 60.0), faults=Faults(storm=3)) as (emulator, it):
        assert [(await it.get("/products"))[0] for _ in range(6)] == [404, 404, 404, 200, 200, 404]
        assert emulator.ledger.throttled == 4


async def test_unauthorized_calls_do_not_use_up_the_limit():
    async with timed(rate_limit=(1, 60.0)) as (emulator, it):
        async with it.session.get(f"{emulator.url}/products", headers={"Authorization": "Basic x"}) as response:
            assert response.status == 401
        assert (await it.get("/products"))[0] == 200
