"""A Tinyshop on a loopback port: the vendor's rules, seeded data, and faults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import msgspec
from aiohttp import web

from commerce_async.testing import Emulator, Faults

TOKEN = "tiny-token-of-the-emulator"  # an obvious fake: opens nothing but this server
_BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
_encode = msgspec.json.Encoder(decimal_format="number").encode


class TinyShopEmulator(Emulator):
    """Tinyshop's API.

    Args:
        limit: calls and seconds of a fixed window, or None for no limit.
        broken_products, broken: how many products and orders cannot be read.
    """

    vendor: ClassVar[str] = "tinyshop"

    def __init__(
        self,
        *,
        products: int = 200,
        orders: int = 500,
        seed: int = 1,
        faults: Faults | None = None,
        port: int = 0,
        limit: tuple[int, float] | None = (60, 60.0),
        broken_products: int = 0,
        broken: int = 0,
    ) -> None:
        super().__init__(products=products, orders=orders, seed=seed, faults=faults, port=port)
        self.rate_limit = limit
        self._window = (0.0, 0)
        self.tables: dict[str, dict[int, dict[str, Any]]] = {
            "products": {id: self._product(id) for id in range(1, products + 1)},
            "orders": {id: self._order(id) for id in range(1, orders + 1)},
        }
        for name, field, count in (("products", "price", broken_products), ("orders", "total", broken)):
            for id in self.chance.sample(sorted(self.tables[name]), count):
                self.tables[name][id][field] = "on request"

    # -- what the base asks for --------------------------------------------------------------------------------

    def routes(self) -> list[web.RouteDef]:
        """The endpoints."""
        return [web.get("/{table:products|orders}", self._list), web.get("/{table:products|orders}/{id}", self._one)]

    def settings(self) -> dict[str, Any]:
        """What the store's settings need."""
        return {"base_url": self.url, "token": TOKEN}

    def refuse(self, request: web.Request) -> web.StreamResponse | None:
        """401 without the token."""
        return None if request.headers.get("X-Tiny-Token") == TOKEN else _error(401, "who are you?")

    def limit(self, request: web.Request, *, storm: bool) -> web.StreamResponse | None:
        """429, and when to come back."""
        if storm:
            return _error(429, "slow down", {"Retry-After": "0"})
        if self.rate_limit is None:
            return None
        most, period = self.rate_limit
        begun, used = self._window
        if self.now() >= begun + period:
            begun, used = self.now() // period * period, 0
        if used >= most:
            return _error(429, "slow down", {"Retry-After": f"{begun + period - self.now():.3f}"})
        self._window = (begun, used + 1)
        return None

    def failed(self, request: web.Request) -> web.StreamResponse:
        """A 5xx without words."""
        return web.Response(status=503)

    # -- the endpoints -----------------------------------------------------------------------------------------

    async def _one(self, request: web.Request) -> web.StreamResponse:
        record = self.tables[request.match_info["table"]].get(_number(request.match_info["id"]))
        return _error(404, "there is no such thing") if record is None else _json(record)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        table, query = self.tables[request.match_info["table"]], request.query
        if "ids" in query:
            ids = [_number(id) for id in query["ids"].split(",")]
            return _json({"items": [table[id] for id in ids if id in table], "next": None})
        self._shift(request.match_info["table"])
        after, most, since = _number(query.get("after", "0")), int(query.get("limit", "100")), query.get("since", "")
        rows = [table[id] for id in sorted(table) if id > after and _since(table[id], since)]
        page = rows[:most]
        return _json({"items": page, "next": page[-1]["id"] if len(rows) > most else None})

    def _shift(self, name: str) -> None:
        if self.chance.random() < self.faults.shift:
            table = self.tables[name]
            if self.chance.random() < 0.5:
                del table[self.chance.choice(sorted(table))]
            else:
                id = max(table) + 1
                table[id] = self._product(id) if name == "products" else self._order(id)
            self.ledger.faults["shift"] += 1

    # -- the data ----------------------------------------------------------------------------------------------

    def _product(self, id: int) -> dict[str, Any]:
        price = Decimal(self.chance.randrange(100, 20_000)) / 100
        return {
            "id": id,
            "title": f"Thing {id}",
            "sku": "" if id % 9 == 0 else f"T-{id:05}",
            "price": str(price) if id % 2 else price,  # as live shops do
            "currency": "EUR",
            "visible": id % 7 != 0,
            "changed": _at(id),
        }

    def _order(self, id: int) -> dict[str, Any]:
        count, price = self.chance.randrange(1, 5), Decimal(self.chance.randrange(100, 20_000)) / 100
        return {
            "id": id,
            "currency": "EUR",
            "total": count * price,
            "state": self.chance.choice(["new", "paid", "sent", "void"]),
            "email": None if id % 5 == 0 else f"buyer{id}@example.com",
            "lines": [{"product": 1 + id % max(1, self.products_count), "count": count, "price": price}],
            "placed": _at(id),
            "changed": _at(id),
        }

    # -- the truth, to compare with ----------------------------------------------------------------------------

    def product_ids(self) -> list[int]:
        """Every product's id."""
        return sorted(self.tables["products"])

    def order_ids(self) -> list[int]:
        """Every order's id."""
        return sorted(self.tables["orders"])

    def order_total(self, id: int) -> Decimal:
        """What an order comes to, exactly."""
        return self.tables["orders"][id]["total"]


def _at(id: int) -> str:
    return (_BEGUN + timedelta(hours=id)).isoformat()


def _since(record: Mapping[str, Any], since: str) -> bool:
    return not since or datetime.fromisoformat(record["changed"]) >= datetime.fromisoformat(since)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _json(value: object) -> web.Response:
    return web.Response(body=_encode(value), content_type="application/json")


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status, body=_encode({"message": message}), content_type="application/json", headers=headers
    )
