"""/products: create, update, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.product_rules import faults, stored, unknown
from fastspring_async.emulator.replies import failure, refused, reply, success
from fastspring_async.emulator.routes.bodies import posted_items, text
from fastspring_async.emulator.routes.numbers import ids

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_MOST = 300


class ProductWrites:
    """The write side of /products."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/products", self.post), web.delete("/products/{ids}", self.delete)]

    async def post(self, request: web.Request) -> web.Response:
        """Creates products, or updates those whose path is known; each on its own."""
        dialect, drafts = self._emulator.dialect, await posted_items(request, "products")
        if len(drafts) > _MOST:
            message = f"No more than {_MOST} products can be posted at once"
            return refused("product.create", {"products": message}, status=400)
        members: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for draft in drafts:
            written, error = self._put(draft)
            if written is not None:
                members.append(written)
            elif dialect.product_errors == "errors":
                errors.append({"product": draft.get("product"), "error": error})
            else:
                members.append(failure(self._action(draft), "product", draft.get("product"), error))
        if not errors:
            return reply({"products": members})
        body = {"errors": errors} if not members else {"products": members, "errors": errors}
        return reply(body, status=dialect.product_error_status)

    def _put(self, draft: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, str]]:
        """What became of one: its place in the answer, or its faults."""
        emulator, shop, action = self._emulator, self._emulator.shop, self._action(draft)
        path = text(draft.get("product")) or ""
        strange = unknown(draft)
        if strange and emulator.dialect.unknown_fields == "refused":
            return failure(action, "product", draft.get("product"), strange), {}
        draft = {name: value for name, value in draft.items() if name not in strange}
        old = shop.product(path)
        wrong = faults(draft, old)
        parent = draft.get("parent")
        if parent is not None and (not isinstance(parent, str) or shop.product(parent) is None):
            wrong["parent"] = "Product not found"
        if wrong:
            return None, wrong
        shop.put_product(path, stored(draft, old))
        emulator.world.wrote("product.create" if old is None else "product.update", path)
        member = success(action, "product", path)
        if emulator.dialect.created_id:
            member["created.id" if old is None else "updated.id"] = path
        return member, {}

    def _action(self, draft: dict[str, Any]) -> str:
        path = draft.get("product")
        known = isinstance(path, str) and self._emulator.shop.product(path) is not None
        return f"product.{self._emulator.dialect.updated_word}" if known else "product.create"

    async def delete(self, request: web.Request) -> web.Response:
        """Removes products, and the variations of each."""
        emulator, action = self._emulator, "products.delete"
        members: list[dict[str, Any]] = []
        for path in ids(request.match_info["ids"]):
            if emulator.shop.product(path) is None:
                members.append(failure(action, "product", path, {"product": "Not found"}))
                continue
            emulator.shop.remove_product(path)
            emulator.world.wrote(action, path)
            members.append({"action": action, "result": "success", "product": path})
        bad = any("error" in each for each in members)
        return reply({"products": members}, status=emulator.dialect.delete_error_status if bad else 200)
