"""What the server enforces: token, verbs, the call limit and its headers; and what a test can switch."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest

from commerce_async.testing.emulator import Faults
from sparkpay_async.emulator import RetryAfter, SparkPayEmulator

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 2, 1, 12, 0, 0, 400_000, tzinfo=UTC)


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


async def ask(shop: SparkPayEmulator, path: str = "stores", **headers: str) -> tuple[int, Any, Any]:
    """Status, headers and body of one call with the right token."""
    async with (
        aiohttp.ClientSession(headers={"X-AC-Auth-Token": shop.token} | headers) as session,
        session.get(f"{shop.url}/api/v1/{path}") as response,
    ):
        return response.status, response.headers, await response.json()


@pytest.mark.parametrize("headers", [{}, {"X-AC-Auth-Token": "wrong"}, {"Authorization": "Bearer x"}])
async def test_a_missing_or_wrong_token_is_a_401_that_uses_no_quota(headers: dict[str, str]) -> None:
    async with (
        SparkPayEmulator(products=1, orders=0) as shop,
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{shop.url}/api/v1/products") as response,
    ):
        assert response.status == 401
        assert await response.json() == {
            "status_code": 401,
            "message": "Unauthorized",
            "details": "Invalid or missing access token.",
        }
        assert response.headers["X-AC-Call-Limit"] == "0/50"
        assert shop.ledger.unauthorized == 1
        assert shop.ledger.admitted == 0


async def test_lower_case_verbs_are_refused() -> None:
    async with SparkPayEmulator(products=1, orders=0) as shop:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(shop.url.rpartition(":")[2]))
        writer.write(f"get /api/v1/products HTTP/1.1\r\nHost: x\r\nX-AC-Auth-Token: {shop.token}\r\n\r\n".encode())
        assert b" 400 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_the_settings_reach_the_server_and_the_token_is_no_real_one() -> None:
    async with SparkPayEmulator(products=1, orders=0) as shop:
        assert shop.settings() == {"base_url": shop.url, "token": shop.token, "currency": "USD"}
        assert "fake" in shop.token


async def test_over_the_limit_is_a_429_that_is_not_counted() -> None:
    clock = Hand()
    async with SparkPayEmulator(products=1, orders=0, limit=3, phase=4.0, clock=clock) as shop:
        used = [(await ask(shop))[1]["X-AC-Call-Limit"] for _ in range(3)]
        assert used == ["1/3", "2/3", "3/3"]
        status, headers, body = await ask(shop)
        assert (status, body["status_code"], body["message"]) == (429, 429, "Too Many Requests")
        assert headers["X-AC-Call-Limit"] == "3/3"
        assert headers["Retry-After"] == "6"
        clock.at += 6.0
        assert (await ask(shop))[1]["X-AC-Call-Limit"] == "1/3"
        assert (shop.ledger.calls, shop.ledger.admitted, shop.ledger.throttled) == (5, 4, 1)
        assert shop.ledger.admitted_at == [1_000.0] * 3 + [1_006.0]
        assert shop.ledger.by_route["GET /api/v1/stores"] == 4
        assert shop.admissible(1_000.0, 1_006.0) == 3
        assert shop.admissible(1_000.0, 1_006.1) == 6


async def test_unknown_paths_and_bad_queries_count_too() -> None:
    async with SparkPayEmulator(products=1, orders=0, clock=Hand()) as shop:
        assert (await ask(shop, "nonsense"))[1]["X-AC-Call-Limit"] == "1/50"
        assert (await ask(shop, "products?count=x"))[1]["X-AC-Call-Limit"] == "2/50"


async def test_other_programs_use_the_same_quota() -> None:
    async with SparkPayEmulator(products=1, orders=0, used_before=30, clock=Hand()) as shop:
        assert (await ask(shop))[1]["X-AC-Call-Limit"] == "31/50"
        assert shop.foreign_call(18) == 18
        assert (await ask(shop))[1]["X-AC-Call-Limit"] == "50/50"
        assert shop.foreign_call() == 0
        assert (await ask(shop))[0] == 429
        assert shop.admissible(1_000.0, 1_001.0) == 2


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("seconds", "10"),
        ("http-date", "Sun, 01 Feb 2026 12:00:10 GMT"),
        ("iso", "2026-02-01T12:00:10.001+00:00"),
        ("missing", None),
        ("nonsense", "soon"),
    ],
)
async def test_retry_after_takes_every_form(form: RetryAfter, expected: str | None) -> None:
    def wall() -> datetime:
        return NOON.replace(microsecond=0)

    async with SparkPayEmulator(products=1, orders=0, limit=1, retry_after=form, clock=Hand(), wall=wall) as shop:
        await ask(shop)
        status, headers, _ = await ask(shop)
        assert status == 429
        assert headers.get("Retry-After") == expected
        assert parsedate_to_datetime(headers["Date"]) == wall()


async def test_a_date_in_retry_after_is_never_too_early() -> None:
    async with SparkPayEmulator(
        products=1, orders=0, limit=1, retry_after="http-date", clock=Hand(), wall=lambda: NOON
    ) as shop:
        await ask(shop)
        _, headers, _ = await ask(shop)
        assert parsedate_to_datetime(headers["Retry-After"]) >= NOON + timedelta(seconds=10)


async def test_without_a_limit_nothing_is_throttled_and_nothing_is_told() -> None:
    async with SparkPayEmulator(products=1, orders=0, window=None, limit=1) as shop:
        for _ in range(3):
            status, headers, _ = await ask(shop)
            assert status == 200
            assert "X-AC-Call-Limit" not in headers
        assert shop.admissible() is None


async def test_the_limit_header_can_be_switched_off() -> None:
    async with SparkPayEmulator(products=1, orders=0, limit=1, call_limit_header=False) as shop:
        await ask(shop)
        status, headers, _ = await ask(shop)
        assert status == 429
        assert "X-AC-Call-Limit" not in headers
        assert "Retry-After" in headers


async def test_a_storm_throttles_below_the_limit() -> None:
    async with SparkPayEmulator(products=1, orders=0, clock=Hand(), faults=Faults(storm=2)) as shop:
        assert [(await ask(shop))[0] for _ in range(3)] == [429, 429, 200]
        assert (await ask(shop))[1]["X-AC-Call-Limit"] == "2/50"


async def test_faults_answer_in_the_vendors_words() -> None:
    async with SparkPayEmulator(products=1, orders=0, faults=Faults(server_error=1.0)) as shop:
        status, headers, body = await ask(shop)
        assert (status, body["status_code"]) == (500, 500)
        assert headers["X-AC-Call-Limit"] == "1/50"


async def test_reads_may_be_cached_for_a_short_time() -> None:
    async with SparkPayEmulator(products=1, orders=0, max_age=7, wall=lambda: NOON) as shop:
        status, headers, _ = await ask(shop)
        assert status == 200
        assert headers["Cache-Control"] == "private, max-age=7"
        assert parsedate_to_datetime(headers["Expires"]) - parsedate_to_datetime(headers["Date"]) == timedelta(
            seconds=7
        )
        assert parsedate_to_datetime(headers["Last-Modified"]) <= NOON
        assert "Cache-Control" not in (await ask(shop, "nonsense"))[1]
    async with SparkPayEmulator(products=1, orders=0, max_age=None) as shop:
        assert "Cache-Control" not in (await ask(shop))[1]
