"""/v2/checkouts: sessions of the second version, as far as they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.replies import reply
from fastspring_async.emulator.routes.bodies import items, mapping, posted

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_ROOT = "/v2/checkouts/{store}/{checkout}/sessions"


class Checkouts:
    """Sessions whose problems are `warnings` inside a 201."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(_ROOT, self.create),
            web.get(_ROOT + "/{id}", self.get),
            web.put(_ROOT + "/{id}", self.update),
            web.get(_ROOT + "/{id}/payment-methods", self.methods),
            web.post(_ROOT + "/{id}/cart/items", self.add),
            web.put(_ROOT + "/{id}/cart/items/{product}", self.change),
            web.delete(_ROOT + "/{id}/cart/items/{product}", self.remove),
            web.put(_ROOT + "/{id}/customer", self.customer),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """A fresh session."""
        world, body = self._emulator.world, await posted(request)
        lines = items(mapping(body.get("cart")).get("items")) or items(body.get("items"))
        expires = self._emulator.iso_in(86_400) + "Z"
        base: dict[str, Any] = {"expires": expires, "currency": "USD", "customer": mapping(body.get("customer"))}
        session = world.add("checkout", lambda identity: {"id": identity, **base, "cart": {"items": lines}})
        world.wrote("checkout.create", session["id"])
        return reply(self._judged(session), status=201)

    async def get(self, request: web.Request) -> web.Response:
        """A session by id."""
        session = self._session(request)
        return self._gone() if session is None else reply(self._judged(session))

    async def update(self, request: web.Request) -> web.Response:
        """Changes the members given."""
        body, session = await posted(request), self._session(request)
        if session is None:
            return self._gone()
        session |= body
        return self._written("checkout.update", session)

    async def methods(self, request: web.Request) -> web.Response:
        """How the customer may pay."""
        if self._session(request) is None:
            return self._gone()
        return reply({"paymentMethods": [{"type": "card"}, {"type": "paypal"}]})

    async def add(self, request: web.Request) -> web.Response:
        """Adds an item to the cart."""
        body, session = await posted(request), self._session(request)
        if session is None:
            return self._gone()
        session["cart"]["items"].append(body)
        return self._written("checkout.item.add", session, status=201)

    async def change(self, request: web.Request) -> web.Response:
        """Changes an item in the cart."""
        body, session = await posted(request), self._session(request)
        found = [each for each in self._lines(session) if each.get("product") == request.match_info["product"]]
        if session is None or not found:
            return self._gone()
        found[0].update(body)
        return self._written("checkout.item.update", session)

    async def remove(self, request: web.Request) -> web.Response:
        """Takes an item out of the cart."""
        session, path = self._session(request), request.match_info["product"]
        lines = self._lines(session)
        kept = [each for each in lines if each.get("product") != path]
        if session is None or len(kept) == len(lines):
            return self._gone()
        session["cart"]["items"] = kept
        self._emulator.world.wrote("checkout.item.delete", session["id"])
        return web.Response(status=204)

    async def customer(self, request: web.Request) -> web.Response:
        """Says who buys."""
        body, session = await posted(request), self._session(request)
        if session is None:
            return self._gone()
        session["customer"] = body
        return self._written("checkout.customer", session)

    def _session(self, request: web.Request) -> dict[str, Any] | None:
        return self._emulator.world.thing("checkout", request.match_info["id"])

    def _lines(self, session: dict[str, Any] | None) -> list[dict[str, Any]]:
        return [mapping(each) for each in items(mapping((session or {}).get("cart")).get("items"))]

    def _written(self, action: str, session: dict[str, Any], *, status: int = 200) -> web.Response:
        self._emulator.world.wrote(action, session["id"])
        return reply(self._judged(session), status=status)

    def _judged(self, session: dict[str, Any]) -> dict[str, Any]:
        shop = self._emulator.shop
        strange = [
            each.get("product") for each in self._lines(session) if shop.product(str(each.get("product"))) is None
        ]
        warnings = [{"code": "PRODUCT_NOT_FOUND", "message": f"Product not found: {each}"} for each in strange]
        return {**session, "checkoutStatus": "INVALID" if strange else "READY", "warnings": warnings}

    def _gone(self) -> web.Response:
        rule = {"errorCode": "NOT_FOUND", "field": "id", "message": "Resource does not exist.", "rejectedValue": None}
        head = {"status": "404 NOT_FOUND", "timestamp": self._emulator.iso_in(0), "id": "0"}
        return reply({**head, "message": "Resource does not exist.", "errors": [rule]}, status=404)
