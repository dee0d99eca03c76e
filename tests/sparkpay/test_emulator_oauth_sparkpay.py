"""The vendor's OAuth dialect, from the authorize page to refreshed tokens."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sparkpay_async.emulator import CLIENT_ID, SECRET
from tests.sparkpay.emulated_sparkpay import Shop, running

pytestmark = pytest.mark.anyio

BACK = "http://127.0.0.1:9/Back?r=State1"
SCOPE = "read_catalog,orders"


def sign(*parts: str) -> str:
    return hashlib.sha256("".join(parts).encode()).hexdigest()


async def authorize(shop: Shop, **query: Any) -> dict[str, str]:
    asked = {"client_id": CLIENT_ID, "scope": SCOPE, "redirect_uri": BACK} | query
    status, _ = await shop.get("/api/oauth", **asked)
    assert status == 302
    parts = urlsplit(shop.headers["Location"])
    assert (parts.path, parts.netloc) == ("/Back", "127.0.0.1:9")
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


async def exchange(shop: Shop, back: dict[str, str], **wrong: str) -> tuple[int, Any]:
    signature = sign(SECRET, back["code"], CLIENT_ID, SCOPE, BACK.lower())
    body = {"client_id": CLIENT_ID, "auth_id": back["auth_id"], "signature": signature} | wrong
    return await post(shop, "/api/oauth/access_token", body)


async def refresh(shop: Shop, token: str, **wrong: str) -> tuple[int, Any]:
    body = {"client_id": CLIENT_ID, "refresh_token": token, "signature": sign(SECRET, token, CLIENT_ID)} | wrong
    return await post(shop, "/api/oauth/refresh", body)


async def post(shop: Shop, path: str, body: dict[str, str]) -> tuple[int, Any]:
    async with shop.session.post(shop.emulator.url + path, json=body) as response:
        return response.status, await response.json()


async def status_with(shop: Shop, token: str) -> int:
    async with shop.session.get(f"{shop.emulator.url}/api/v1/stores", headers={"X-AC-Auth-Token": token}) as response:
        if response.status == 401:
            assert await response.json() == {
                "status_code": 401,
                "message": "Unauthorized",
                "details": "Invalid or missing access token.",
            }
        return response.status


async def test_a_code_is_exchanged_once_for_tokens_that_open_the_api() -> None:
    async with running() as shop:
        back = await authorize(shop)
        assert back["r"] == "State1"
        assert set(back) == {"r", "auth_id", "code"}
        status, tokens = await exchange(shop, back)
        assert (status, set(tokens)) == (200, {"access_token", "refresh_token", "expires", "username"})
        assert datetime.fromisoformat(tokens["expires"]) > datetime.now(UTC) + timedelta(minutes=59)
        assert await status_with(shop, tokens["access_token"]) == 200
        assert await status_with(shop, "nonsense") == 401
        assert (await exchange(shop, back))[0] == 400
        assert shop.emulator.oauth.exchanges == 1


async def test_signatures_are_checked_as_documented() -> None:
    async with running() as shop:
        back = await authorize(shop)
        for parts in (
            (SECRET, back["code"], CLIENT_ID, SCOPE, BACK),  # redirect_uri not in lower case
            ("wrong", back["code"], CLIENT_ID, SCOPE, BACK.lower()),
            (SECRET, back["code"], CLIENT_ID, "orders", BACK.lower()),
        ):
            status, error = await exchange(shop, back, signature=sign(*parts))
            assert (status, error["status_code"]) == (401, 401)
        assert (await exchange(shop, back, client_id="other"))[0] == 400
        assert (await exchange(shop, back))[0] == 200


async def test_forms_are_taken_as_json_is_and_their_errors_are_forms() -> None:
    async with running() as shop:
        back = await authorize(shop)
        body = {"client_id": CLIENT_ID, "auth_id": back["auth_id"], "signature": "00"}
        url = f"{shop.emulator.url}/api/oauth/access_token"
        async with shop.session.post(url, data=body) as response:
            assert (response.status, response.content_type) == (401, "application/x-www-form-urlencoded")
        body["signature"] = sign(SECRET, back["code"], CLIENT_ID, SCOPE, BACK.lower())
        async with shop.session.post(url, data=body) as response:
            assert response.status == 200
            assert "access_token" in await response.json()


async def test_denials_and_bad_requests_come_back_as_three_parameters() -> None:
    async with running() as shop:
        shop.emulator.oauth.approval = "deny"
        for back in (await authorize(shop), await authorize(shop, client_id="other")):
            assert set(back) == {"r", "error", "error_reason", "error_description"}
        assert (await shop.get("/api/oauth", client_id=CLIENT_ID, scope=SCOPE, redirect_uri="javascript:x"))[0] == 400


async def test_the_page_has_a_link_for_each_decision() -> None:
    async with running() as shop:
        shop.emulator.oauth.approval = "page"
        status, page = await shop.get("/api/oauth", client_id=CLIENT_ID, scope=SCOPE, redirect_uri=BACK)
        assert (status, "decision=approve" in page, "decision=deny" in page) == (200, True, True)
        assert "code" in await authorize(shop, decision="approve")
        assert "error" in await authorize(shop, decision="deny")


async def test_tokens_expire_on_the_servers_clock_and_are_refreshed_as_often_as_asked() -> None:
    now = datetime(2026, 2, 1, tzinfo=UTC)
    async with running(wall=lambda: now) as shop:
        shop.emulator.oauth.lifetime = 60.0
        tokens = shop.emulator.oauth.issue()
        assert datetime.fromisoformat(tokens["expires"]) == now + timedelta(seconds=60)
        now += timedelta(seconds=59)
        assert await status_with(shop, tokens["access_token"]) == 200
        now += timedelta(seconds=1)
        assert await status_with(shop, tokens["access_token"]) == 401
        for _ in range(2):
            status, fresh = await refresh(shop, tokens["refresh_token"])
            assert (status, fresh["refresh_token"]) == (200, tokens["refresh_token"])
            assert await status_with(shop, fresh["access_token"]) == 200
        assert (await refresh(shop, tokens["refresh_token"], signature="00"))[0] == 401
        assert (await refresh(shop, "other"))[0] == 401
        assert (shop.emulator.oauth.refreshes, shop.emulator.oauth.refresh_calls) == (2, 4)


async def test_a_clock_of_seconds_alone_expires_tokens_too() -> None:
    at = 100.0
    async with running(clock=lambda: at, wall=lambda: datetime(2026, 2, 1, tzinfo=UTC)) as shop:
        shop.emulator.oauth.lifetime = 60.0
        token = shop.emulator.oauth.issue()["access_token"]
        at += 60.0
        assert await status_with(shop, token) == 401


async def test_revoked_rotated_refused_and_endless_tokens() -> None:
    async with running() as shop:
        oauth = shop.emulator.oauth
        tokens = oauth.issue()
        oauth.revoke(tokens["access_token"])
        assert await status_with(shop, tokens["access_token"]) == 401
        oauth.refuse_refreshes, oauth.refuse_with = 1, 500
        assert (await refresh(shop, tokens["refresh_token"]))[0] == 500
        oauth.rotate = True
        _, fresh = await refresh(shop, tokens["refresh_token"])
        assert fresh["refresh_token"] != tokens["refresh_token"]
        assert (await refresh(shop, tokens["refresh_token"]))[0] == 401
        oauth.revoke()
        assert (await refresh(shop, fresh["refresh_token"]))[0] == 401
        oauth.expires_null = True
        assert oauth.issue()["expires"] is None
        oauth.expires_null = False
        assert oauth.issue("orders no_expiry")["expires"] is None
        token = oauth.issue()["access_token"]
        oauth.expire()
        assert await status_with(shop, token) == 401
        assert await status_with(shop, shop.emulator.token) == 200


async def test_token_calls_cost_nothing_of_the_call_limit() -> None:
    async with running(window="fixed", limit=1) as shop:
        tokens = shop.emulator.oauth.issue()
        assert [(await refresh(shop, tokens["refresh_token"]))[0] for _ in range(3)] == [200] * 3
        assert shop.emulator.ledger.admitted == 0
        assert shop.emulator.ledger.by_route["POST /api/oauth/refresh"] == 3
