"""/coupons: coupons and their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.replies import failure, reply
from fastspring_async.emulator.routes.bodies import UnreadableError, items, mapping, posted, text

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator


class Coupons:
    """/coupons. Its errors come inside a 200, and are texts."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/coupons", self.list),
            web.post("/coupons", self.put),
            web.get("/coupons/{id}", self.get),
            web.post("/coupons/{id}", self.add),
            web.delete("/coupons/{id}", self.drop),
            web.get("/coupons/{id}/codes", self.codes),
            web.delete("/coupons/{id}/codes", self.clear),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """Every coupon's id, and nothing else."""
        return reply({"coupons": self._emulator.world.coupons.ids()})

    async def put(self, request: web.Request) -> web.Response:
        """Creates a coupon or changes one. Codes, if given, replace all there were."""
        world, body = self._emulator.world, await posted(request)
        identity = text(body.get("coupon"))
        if identity is None:
            raise UnreadableError
        known = world.coupons.get(identity) is not None
        action = "coupon.update" if known else "coupon.create"
        if fault := _fault(body, known):
            return reply({"coupon": identity, "action": action, "result": "error", "error": fault})
        world.shop.tick()
        world.coupons.put(identity, {name: value for name, value in body.items() if name != "codes"})
        if "codes" in body:
            world.coupons.add_codes(identity, [str(each) for each in items(body["codes"])], replace=True)
        world.wrote(action, identity)
        return reply({"coupon": identity, "action": action, "result": "success"})

    async def get(self, request: web.Request) -> web.Response:
        """A coupon; with `expand=true` its codes too."""
        identity = request.match_info["id"]
        found = self._emulator.world.coupons.get(identity)
        if found is None:
            return self._missing("coupon.get", identity)
        record: dict[str, Any] = dict(found)
        if self._emulator.dialect.text_limit and "limit" in record:
            record["limit"] = "" if record["limit"] is None else str(record["limit"])
        if request.query.get("expand") == "true":
            record["codes"] = self._emulator.world.coupons.codes(identity)
        return reply(record)

    async def add(self, request: web.Request) -> web.Response:
        """Adds codes to those there are."""
        world, identity, body = self._emulator.world, request.match_info["id"], await posted(request)
        if world.coupons.get(identity) is None:
            return self._missing("coupon.codes.create", identity)
        world.shop.tick()
        codes = world.coupons.add_codes(identity, [str(each) for each in items(body.get("codes"))])
        world.wrote("coupon.codes.create", identity)
        return reply({"coupon": identity, "codes": codes, "result": "success"})

    async def codes(self, request: web.Request) -> web.Response:
        """A coupon's codes."""
        world, identity = self._emulator.world, request.match_info["id"]
        if world.coupons.get(identity) is None:
            return self._missing("coupon.codes.get", identity)
        return reply({"coupon": identity, "codes": world.coupons.codes(identity)})

    async def clear(self, request: web.Request) -> web.Response:
        """Removes every code."""
        world, identity, action = self._emulator.world, request.match_info["id"], "delete coupon codes"
        if world.coupons.get(identity) is None:
            return self._missing(action, identity)
        world.shop.tick()
        gone = world.coupons.drop_codes(identity)
        world.wrote("coupon.codes.delete", identity)
        return reply({"coupon": identity, "codes deleted": gone, "action": action, "result": "success"})

    async def drop(self, request: web.Request) -> web.Response:
        """Removes a coupon."""
        world, identity, action = self._emulator.world, request.match_info["id"], "coupon.delete"
        if world.coupons.get(identity) is None:
            return self._missing(action, identity)
        world.shop.tick()
        world.coupons.drop(identity)
        world.wrote(action, identity)
        return reply({"coupon": identity, "action": action, "result": "success"})

    def _missing(self, action: str, identity: str) -> web.Response:
        return reply(failure(action, "coupon", identity, "Coupon not found"), status=400)


def _fault(body: dict[str, Any], known: bool) -> str | None:
    if not known and "discount" not in body:
        return "Discount is required"
    discount = mapping(body.get("discount"))
    if "discount" in body and discount.get("type") not in ("flat", "percent"):
        return f"Invalid discount type {discount.get('type')}"
    if discount.get("type") == "percent" and "percent" not in discount and not discount.get("discounts"):
        return "Discount percent is required"
    if discount.get("type") == "flat" and not mapping(discount.get("amount")) and not discount.get("discounts"):
        return "Discount amount is required"
    return None
