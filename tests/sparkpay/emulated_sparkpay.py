"""A bare client of the emulator: no part of this project stands between a test and the server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec

from sparkpay_async.emulator import SparkPayEmulator
from sparkpay_async.emulator.declared import REFERENCES
from sparkpay_async.emulator.tables import Table

_read = msgspec.json.Decoder(float_hook=Decimal).decode
_FITTING = {"int": 1, "text": "abc", "number": 1.5, "flag": True, "digit": 1}
_write = msgspec.json.Encoder(decimal_format="number").encode


class Shop:
    """Sends one request at a time; answers are the status and the decoded body."""

    def __init__(self, emulator: SparkPayEmulator, session: aiohttp.ClientSession) -> None:
        self.emulator = emulator
        self.session = session
        self.headers: Mapping[str, str] = {}

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        data = body if isinstance(body, bytes | aiohttp.MultipartWriter) or body is None else _write(body)
        url = self.emulator.url + (path if path.startswith("/") else f"/api/v1/{path}")
        async with self.session.request(method, url, params=query, data=data, allow_redirects=False) as response:
            self.headers = response.headers
            text = await response.read()
            return response.status, _read(text) if text[:1] in (b"{", b"[") else text.decode()

    async def get(self, path: str, **query: Any) -> tuple[int, Any]:
        return await self.call("GET", path, **query)

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        return await self.call("POST", path, body)

    async def put(self, path: str, body: Any) -> tuple[int, Any]:
        return await self.call("PUT", path, body)

    async def delete(self, path: str) -> int:
        return (await self.call("DELETE", path))[0]

    def table(self, resource: str) -> Table:
        return self.emulator.table(resource)

    def some_id(self, resource: str) -> int:
        return self.table(resource).ids()[0]

    def draft(self, **fields: Any) -> dict[str, Any]:
        """A product that the shop takes."""
        category = self.some_id("categories")
        return {"item_name": "Mug", "primary_category_id": category, "product_status_id": 1, "price": "5.25"} | fields

    def fitting(self, resource: str) -> dict[str, Any]:
        """A body that has what the resource demands."""
        shape = self.table(resource).shape
        body: dict[str, Any] = {name: _FITTING.get(shape.types.get(name, ""), "x") for name in shape.required}
        body |= {name: self.some_id(REFERENCES[name]) for name in body if name in REFERENCES}
        if resource == "variant_inventory":
            body["variants"] = [{"id": self.some_id("product_variants")}]
        if resource == "payment_methods":
            body["payment_type"] = "Custom"
        return body


@asynccontextmanager
async def running(**options: Any) -> AsyncGenerator[Shop]:
    """A shop without a call limit, unless the options say otherwise."""
    small: dict[str, Any] = {"products": 12, "orders": 12, "window": None}
    async with (
        SparkPayEmulator(**(small | options)) as emulator,
        aiohttp.ClientSession(headers={"X-AC-Auth-Token": emulator.token}) as session,
    ):
        yield Shop(emulator, session)
