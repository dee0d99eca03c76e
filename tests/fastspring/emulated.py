"""A bare client of the emulator: no part of this project stands between a test and the server."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from fastspring_async.emulator import FastSpringEmulator, Irregular
from fastspring_async.emulator.jsons import decode, encode


class Shop:
    """Sends one request at a time; answers are the status and the decoded body."""

    def __init__(self, emulator: FastSpringEmulator, session: aiohttp.ClientSession) -> None:
        self.emulator = emulator
        self.session = session

    async def call(self, method: str, path: str, body: Any = None, **params: Any) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) or body is None else encode(body)
        async with self.session.request(method, self.emulator.url + path, params=params, data=data) as response:
            text = await response.read()
            return response.status, decode(text) if text[:1] in (b"{", b"[") else text.decode()

    async def get(self, path: str, **params: Any) -> tuple[int, Any]:
        return await self.call("GET", path, **params)

    async def post(self, path: str, body: Any, **params: Any) -> tuple[int, Any]:
        return await self.call("POST", path, body, **params)

    async def put(self, path: str, body: Any) -> tuple[int, Any]:
        return await self.call("PUT", path, body)

    async def delete(self, path: str, **params: Any) -> tuple[int, Any]:
        return await self.call("DELETE", path, **params)

    @property
    def writes(self) -> int:
        return self.emulator.ledger.writes


@asynccontextmanager
async def shop(**settings: Any) -> AsyncIterator[Shop]:
    """A small shop as the vendor's pages show it, without a rate limit."""
    settings = {"products": 30, "orders": 200, "rate_limit": None, "irregular": Irregular.none(), **settings}
    async with FastSpringEmulator(**settings) as emulator:
        words = base64.b64encode(f"{emulator.username}:{emulator.password}".encode()).decode()
        async with aiohttp.ClientSession(headers={"Authorization": f"Basic {words}"}) as session:
            yield Shop(emulator, session)
