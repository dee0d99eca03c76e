"""/products/offers: what else a product's buyers are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.replies import failure, reply, success
from fastspring_async.emulator.routes.bodies import items, mapping, posted
from fastspring_async.emulator.routes.numbers import ids

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_TYPES = ("addon", "alternatives", "cross-sell", "crossgrade", "downgrade", "downsell", "upsell", "upgrade")


class Offers:
    """/products/offers/{path}. A product's record shows its offers too."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/products/offers/{ids}", self.get),
            web.post("/products/offers/{path}", self.post),
            web.post("/products/offers", self.post),
        ]

    async def get(self, request: web.Request) -> web.Response:
        """Offers of products, all or of the `type` asked for."""
        kind, action = request.query.get("type"), "products.offers.get"
        members: list[dict[str, Any]] = []
        for path in ids(request.match_info["ids"]):
            record = self._emulator.shop.product(path)
            if record is None:
                members.append(failure(action, "product", path, {"product": "Product not found"}))
            elif kind is not None and kind not in _TYPES:
                members.append(failure(action, "product", path, {"type": "Invalid offer type"}))
            else:
                found = [each for each in items(record.get("offers")) if kind in (None, mapping(each).get("type"))]
                members.append({"action": action, "result": "success", "product": path, "offers": found})
        bad = any("error" in each for each in members)
        return reply({"products": members}, status=400 if bad else 200)

    async def post(self, request: web.Request) -> web.Response:
        """Puts offers in place of those of the same type: `{"products": [{"product", "offers": [...]}]}`."""
        body, path = await posted(request), request.match_info.get("path")
        wanted = [mapping(each) for each in items(body.get("products"))] or [body]
        members = [self._put(each.get("product") or path, each) for each in wanted]
        bad = any("error" in each for each in members)
        return reply({"products": members}, status=400 if bad else 200)

    def _put(self, path: Any, wanted: dict[str, Any]) -> dict[str, Any]:
        emulator, record = self._emulator, self._emulator.shop.product(path) if isinstance(path, str) else None
        if record is None:
            return failure("products.offers.update", "product", path, {"product": "Product not found"})
        offers = [mapping(each) for each in items(wanted.get("offers"))]
        if not offers or any(each.get("type") not in _TYPES for each in offers):
            return failure("products.offers.update", "product", path, {"type": "Invalid offer type"})
        for place in (place for each in offers for place in items(each.get("items"))):
            if emulator.shop.product(str(place)) is None:
                return failure("products.offers.update", "product", path, {"items": f"Product not found: {place}"})
        old = [mapping(each) for each in items(record.get("offers"))]
        types = {each["type"] for each in offers}
        known = bool(types & {each.get("type") for each in old})
        kept = [each for each in old if each.get("type") not in types]
        emulator.shop.put_product(path, {**record, "offers": kept + offers})
        action = "products.offers.update" if known else "products.offers.create"
        emulator.world.wrote(action, path)
        return success(action, "product", path)
