"""A small shop with the vendor's OAuth pages on a loopback port, written from the vendor's page on authentication."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from aiohttp import web

from sparkpay_async import OAuth, SparkPay

SECRET = "app-s3cr3t-that-nobody-sees"
CLIENT = "7"
SCOPE = "read_catalog,read_orders"


class Shop:
    """What it was asked, and how it behaves.

    Attributes:
        seen: how often each path was asked.
        denies: whether the person says no.
        good: access tokens that are accepted.
        life: of an access token; None sends no end.
        form: whether the token pages answer with a form.
        fails: status of the token pages.
        leads: where a call for a refresh is redirected to.
    """

    def __init__(self) -> None:
        self.url = ""
        self.seen: Counter[str] = Counter()
        self.denies = self.form = False
        self.good: set[str] = set()
        self.life: timedelta | None = timedelta(hours=1)
        self.fails = 0
        self.leads = ""
        self.issued = 0
        self.bodies: list[dict[str, Any]] = []
        self._codes: dict[str, tuple[str, str]] = {}

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        self.seen[path] += 1
        if path == "/api/oauth":
            return self._authorize(request)
        if self.leads:
            raise web.HTTPTemporaryRedirect(self.leads)
        if path.startswith("/api/oauth/"):
            return await self._issue(request, path.rpartition("/")[2])
        token = request.headers.get("X-AC-Auth-Token", "")
        if token not in self.good:
            return web.json_response(
                {"status_code": 401, "message": "Unauthorized", "details": f"Invalid access token {token}."}, status=401
            )
        return web.json_response({"total_count": 0, "order_statuses": []}, headers={"X-AC-Call-Limit": "1/50"})

    def _authorize(self, request: web.BaseRequest) -> web.StreamResponse:
        query = request.query
        assert query["client_id"] == CLIENT
        back = query["redirect_uri"]
        if self.denies:
            answer = {"error": "access_denied", "error_reason": "user_denied", "error_description": "The user said no."}
        else:
            code = f"c0de-{len(self._codes)}-xyz"
            auth_id = f"auth-{len(self._codes)}"
            self._codes[auth_id] = (code, query["scope"] + back.lower())
            answer = {"auth_id": auth_id, "code": code}
        raise web.HTTPFound(f"{back}{'&' if '?' in back else '?'}{urlencode(answer)}")

    async def _issue(self, request: web.BaseRequest, page: str) -> web.StreamResponse:
        text = await request.text()
        kind = request.content_type
        body = msgspec.json.decode(text) if kind == "application/json" else dict(parse_qsl(text))
        self.bodies.append(body)
        if self.fails:
            refused = {"error": "invalid_grant", "error_description": f"No good: {body} {SECRET}"}
            return web.json_response(refused, status=self.fails)
        if page == "access_token":
            code, rest = self._codes.pop(body["auth_id"])
            signed = SECRET + code + CLIENT + rest
        else:
            signed = SECRET + body["refresh_token"] + CLIENT
        if body["signature"] != sha256(signed.encode()).hexdigest() or str(body["client_id"]) != CLIENT:
            return web.json_response({"error": "invalid_signature"}, status=401)
        return self._token()

    def _token(self) -> web.StreamResponse:
        self.issued += 1
        access = f"access-token-{self.issued}"
        self.good = {access}
        expires = (datetime.now(UTC) + self.life).isoformat() if self.life else None
        found = {"access_token": access, "refresh_token": f"refresh-token-{self.issued}", "username": "anna"}
        if self.form:
            return web.Response(
                text=urlencode(found | {"expires": expires or ""}), content_type="application/x-www-form-urlencoded"
            )
        return web.json_response(found | {"expires": expires})

    def oauth(self, place: Any, **changes: Any) -> OAuth:
        return OAuth(**{"client_id": CLIENT, "client_secret": SECRET, "scope": SCOPE, "tokens": place, **changes})

    def store(self, place: Any, **settings: Any) -> SparkPay:
        return SparkPay(self.url, oauth=self.oauth(place), currency="USD", name="us", limit=1000, **settings)

    def config(self, folder: Path, **changes: str) -> Path:
        settings = {
            "adapter": "sparkpay",
            "base_url": self.url,
            "currency": "USD",
            "client_id": CLIENT,
            "client_secret": "env:APP_SECRET",
            "scope": SCOPE,
            "token_store": f"file:{folder}/tokens/us.json",
            **changes,
        }
        file = folder / "stores.toml"
        lines = [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in settings.items() if value]
        file.write_text("\n".join(["[stores.us]", *lines]), encoding="utf-8")
        return file


@asynccontextmanager
async def shop() -> AsyncIterator[Shop]:
    found = Shop()
    runner = web.ServerRunner(web.Server(found.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield found
    finally:
        await runner.cleanup()
