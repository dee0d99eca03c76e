"""One switch for each way in which live shops deviate, and faults for chosen calls."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from commerce_async.testing.emulator import Plan
from sparkpay_async.emulator import Quirks
from tests.sparkpay.emulated_sparkpay import Shop, running

pytestmark = pytest.mark.anyio


async def records(shop: Shop, resource: str, **query: Any) -> list[dict[str, Any]]:
    status, page = await shop.get(resource, count=1_000, **query)
    assert status == 200
    return page[shop.table(resource).key]


async def test_lists_may_all_be_called_as_their_resource() -> None:
    async with running() as shop:
        for name, key in {
            "order_items": "items",
            "blog_posts": "posts",
            "price_calculators": "price_calculation",
        }.items():
            assert key in (await shop.get(name))[1]
            shop.emulator.quirks = Quirks(list_keys="resource")
            assert name in (await shop.get(name))[1]
            shop.emulator.quirks = Quirks()


@pytest.mark.parametrize(("switch", "value"), [("null", None), ("empty", "")])
async def test_the_last_pages_next_page_may_be_there_and_empty(switch: Any, value: Any) -> None:
    async with running() as shop:
        assert "next_page" not in (await shop.get("stores"))[1]
        shop.emulator.quirks = Quirks(no_next=switch)
        assert (await shop.get("stores"))[1]["next_page"] == value


@pytest.mark.parametrize("digits", range(8))
async def test_times_may_all_have_as_many_digits(digits: int) -> None:
    async with running(quirks=Quirks(fraction=digits), orders=30) as shop:
        fraction = f"\\.[0-9]{{{digits}}}" if digits else ""
        for order in await records(shop, "orders", expand="items"):
            for each in (order, *order["items"]):
                assert re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d{fraction}-0[56]:00", each["created_at"])


@pytest.mark.parametrize(("switch", "ids", "times"), [("null", {None}, None), ("empty", {""}, ""), ("zero", {0}, None)])
async def test_none_may_be_spelled_one_way(switch: Any, ids: set[Any], times: Any) -> None:
    async with running(products=120) as shop:
        mixed = {p["manufacturer_id"] for p in await records(shop, "products") if not p["manufacturer_id"]}
        assert mixed == {0, None}
        assert {p["eta_date"] for p in await records(shop, "products")} >= {None, ""}
        shop.emulator.quirks = Quirks(nones=switch)
        found = await records(shop, "products")
        assert {p["manufacturer_id"] for p in found if not p["manufacturer_id"]} == ids
        assert {p["eta_date"] for p in found if not p["eta_date"]} == {times}


async def test_dimensions_postal_codes_and_shipping_costs_may_be_numbers() -> None:
    async with running(products=40, orders=60) as shop:
        heights = [p["height"] for p in await records(shop, "products")]
        assert all(isinstance(height, str) for height in heights)
        codes = [a["postal_code"] for a in await records(shop, "addresses")]
        assert {isinstance(code, str) for code in codes} == {True, False}
        assert {s["provider_base_shipping_cost"] for s in await records(shop, "order_shipments")} == {""}
        shop.emulator.quirks = Quirks(dimensions="number", postal_codes="text", base_shipping_cost="number")
        numbers = [p["height"] for p in await records(shop, "products")]
        assert [Decimal(height) if height else None for height in heights] == numbers
        assert all(isinstance(a["postal_code"], str) for a in await records(shop, "addresses"))
        assert {s["provider_base_shipping_cost"] for s in await records(shop, "order_shipments")} == {None}
        shop.emulator.quirks = Quirks(postal_codes="number")
        assert all(isinstance(a["postal_code"], int) or not a["postal_code"].isdigit()
                   for a in await records(shop, "addresses"))  # fmt: skip


async def test_a_page_past_the_end_may_be_empty() -> None:
    async with running() as shop:
        assert (await shop.get("products", page=5))[0] == 404
        shop.emulator.quirks = Quirks(past_the_end="empty")
        status, page = await shop.get("products", page=5)
        assert (status, page["total_count"], page["products"]) == (200, 12, [])


@pytest.mark.parametrize(("form", "start"), [("html", "<html>"), ("text", "Error"), ("empty", "")])
async def test_every_error_may_come_without_json(form: Any, start: str) -> None:
    async with running(quirks=Quirks(error_body=form), window="fixed", limit=5) as shop:
        calls = [("GET", "products/1"), ("GET", "gadgets"), ("POST", "products"), ("GET", "products/select_many")]
        statuses = [404, 404, 409, 400]
        for (method, path), expected in zip(calls, statuses, strict=True):
            status, text = await shop.call(method, path, {} if method == "POST" else None)
            assert (status, text.startswith(start), "status_code" in text) == (expected, True, False)
        await shop.get("stores")
        status, text = await shop.get("stores")
        assert (status, text.startswith(start), "Retry-After" in shop.headers) == (429, True, True)
        shop.session.headers["X-AC-Auth-Token"] = "wrong"
        assert (await shop.get("stores"))[0] == 401


async def test_or_in_front_binds_to_either_neighbour_as_switched() -> None:
    async with running(products=120) as shop:
        products = [shop.emulator.product(id) for id in shop.emulator.product_ids()]

        async def ids(**query: str) -> list[int]:
            return [p["id"] for p in await records(shop, "products", **query)]

        either = [p["id"] for p in products if "Oak" in p["item_name"] or p["price"] <= 25]
        both = [p["id"] for p in products if "Oak" in p["item_name"] and p["price"] <= 25]
        assert either != both
        first, second = {"item_name": "OR like:oak", "price": "lte:25"}, {"item_name": "like:oak", "price": "OR lte:25"}
        assert await ids(**first) == await ids(**second) == either
        shop.emulator.quirks = Quirks(or_prefix="previous")
        assert (await ids(**first), await ids(**second)) == (both, either)
        shop.emulator.quirks = Quirks(or_prefix="next")
        assert (await ids(**first), await ids(**second)) == (either, both)


async def test_some_resources_may_be_forbidden_and_records_have_more_fields() -> None:
    async with running(quirks=Quirks(forbidden=frozenset({"orders"}), extra_fields=True)) as shop:
        status, error = await shop.get("orders")
        assert (status, error["status_code"], error["message"]) == (403, 403, "Forbidden")
        assert "zz_added_later" in (await records(shop, "products"))[0]


async def test_unknown_parameters_are_ignored_without_a_word() -> None:
    async with running() as shop:
        assert len(await records(shop, "products", updated_at_min="2031-01-01", limit=1, per_page=1)) == 12


async def test_a_planned_fault_meets_only_the_calls_it_is_for() -> None:
    async with running() as shop:
        plan = Plan(fault="lose_answer", method="POST", path="/products$", skip=1)
        shop.emulator.plans.append(plan)
        await shop.post("products", shop.draft())
        await shop.get("products")
        await shop.post("categories", {"name": "Cups"})
        with pytest.raises(aiohttp.ClientError):
            await shop.post("products", shop.draft(item_number="LOST"))
        assert (await shop.get("products", item_number="LOST"))[1]["total_count"] == 1
        await shop.post("products", shop.draft())
        assert (plan.done, shop.emulator.ledger.faults["lose_answer"]) == (1, 1)
        assert shop.emulator.product_count == 15


async def test_a_call_can_be_lost_before_it_is_carried_out() -> None:
    async with running() as shop:
        shop.emulator.plans.append(Plan(fault="reset", method="POST"))
        with pytest.raises(aiohttp.ClientError):
            await shop.post("products", shop.draft())
        assert (shop.emulator.product_count, shop.emulator.ledger.writes) == (12, 0)


async def test_other_planned_faults() -> None:
    async with running() as shop:
        for fault in ("storm", "server_error", "malformed", "truncate"):
            shop.emulator.plans.append(Plan(fault=fault, method="GET"))
        assert (await shop.get("stores"))[0] == 429
        assert (await shop.get("stores"))[0] == 500
        async with shop.session.get(f"{shop.emulator.url}/api/v1/stores") as response:
            assert (response.status, await response.text()) == (200, '{"unfinished": ')
        with pytest.raises(aiohttp.ClientError):
            await shop.get("stores")
        assert (await shop.get("stores"))[0] == 200


async def test_a_share_of_chosen_calls_can_fail() -> None:
    async with running() as shop:
        plan = Plan(fault="server_error", path="/stores", times=1_000, share=0.5)
        shop.emulator.plans.append(plan)
        statuses = [(await shop.get("stores"))[0] for _ in range(60)]
        assert 10 < statuses.count(500) == plan.done < 50
