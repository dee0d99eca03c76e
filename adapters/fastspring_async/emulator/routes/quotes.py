"""/quotes and /invoices: the newer families, with lists as HAL and errors of their own shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.amounts import amount
from fastspring_async.emulator.replies import broken_rules, reply
from fastspring_async.emulator.routes.bodies import items, mapping, posted, text

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_REQUIRED = ("items", "name", "recipient", "recipientAddress")
_GONE = "Resource does not exist."


class Quotes:
    """/quotes and /invoices."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/quotes", self.list),
            web.post("/quotes", self.create),
            web.get("/quotes/{id}", self.get),
            web.put("/quotes/{id}", self.update),
            web.delete("/quotes/{id}", self.delete),
            web.post("/quotes/{id}/cancel", self.cancel),
            web.post("/invoices/paymentInvoice", self.invoice),
            web.get("/invoices/{id}", self.get_invoice),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """Every quote."""
        quotes = list(self._emulator.world.things.get("quote", {}).values())
        links = {"self": {"href": f"{self._emulator.url}/quotes"}}
        return reply({"_embedded": {"quotes": quotes}, "_links": links} if quotes else {"_links": links})

    async def create(self, request: web.Request) -> web.Response:
        """A fresh, open quote."""
        world, body = self._emulator.world, await posted(request)
        rules = [_rule(name, "must not be null") for name in _REQUIRED if not body.get(name)]
        rules += [
            _rule(f"recipient.{name}", "must not be blank")
            for name in ("email", "first", "last")
            if body.get("recipient") and not text(mapping(body["recipient"]).get(name))
        ]
        for each in map(mapping, items(body.get("items"))):
            if world.shop.product(str(each.get("product"))) is None:
                rules.append(_rule("items.product", "Product not found", each.get("product")))
        if rules:
            return broken_rules(request.path, "Validation failed", rules)
        quote = world.add("quote", lambda identity: self._quote(identity, body))
        world.wrote("quote.create", quote["id"])
        world.tell("quote.created", True, quote)
        return reply(quote, status=201)

    async def get(self, request: web.Request) -> web.Response:
        """A quote by id."""
        quote = self._emulator.world.thing("quote", request.match_info["id"])
        return broken_rules(request.path, _GONE, [], status=404) if quote is None else reply(quote)

    async def update(self, request: web.Request) -> web.Response:
        """Changes an open quote. The body is wrapped in `updateQuoteRequest`."""
        world, body = self._emulator.world, await posted(request)
        quote = world.thing("quote", request.match_info["id"])
        if quote is None:
            return broken_rules(request.path, _GONE, [], status=404)
        if "updateQuoteRequest" not in body:
            return broken_rules(request.path, "Validation failed", [_rule("updateQuoteRequest", "must not be null")])
        if quote["status"] != "OPEN":
            return web.Response(status=409)
        self._changed("quote.update", quote, mapping(body["updateQuoteRequest"]))
        return reply(quote)

    async def delete(self, request: web.Request) -> web.Response:
        """Removes a quote."""
        world, identity = self._emulator.world, request.match_info["id"]
        if world.thing("quote", identity) is None:
            return broken_rules(request.path, _GONE, [], status=404)
        del world.things["quote"][identity]
        world.wrote("quote.delete", identity)
        return web.Response(status=204)

    async def cancel(self, request: web.Request) -> web.Response:
        """Cancels an open quote; a second time is a conflict without a body."""
        quote = self._emulator.world.thing("quote", request.match_info["id"])
        if quote is None:
            return broken_rules(request.path, _GONE, [], status=404)
        if quote["status"] != "OPEN":
            return web.Response(status=409)
        self._changed("quote.cancel", quote, {"status": "CANCELED"})
        return reply(quote)

    async def invoice(self, request: web.Request) -> web.Response:
        """An invoice to be paid. With only one of the two contacts the answer is a 500 without a body."""
        world, body = self._emulator.world, await posted(request)
        if ("billingContact" in body) != ("shippingContact" in body):
            return web.Response(status=500)
        if not items(body.get("items")):
            return broken_rules(request.path, "Validation failed", [_rule("items", "must not be empty")])
        base = {"status": "OPEN", "created": self._emulator.iso_in(0) + "+00:00"}
        invoice = world.add("invoice", lambda identity: {"id": identity, **base, **body})
        world.wrote("invoice.create", invoice["id"])
        return reply(invoice, status=201)

    async def get_invoice(self, request: web.Request) -> web.Response:
        """An invoice by id."""
        invoice = self._emulator.world.thing("invoice", request.match_info["id"])
        return broken_rules(request.path, _GONE, [], status=404) if invoice is None else reply(invoice)

    def _changed(self, action: str, quote: dict[str, Any], members: dict[str, Any]) -> None:
        world = self._emulator.world
        world.shop.tick()
        quote |= members
        world.wrote(action, quote["id"])
        world.tell("quote.updated", True, quote)

    def _quote(self, identity: str, body: dict[str, Any]) -> dict[str, Any]:
        emulator, days = self._emulator, body.get("expirationDateDays", 30)
        lines = [mapping(each) for each in items(body["items"])]
        cents = sum(
            (emulator.shop.base_price(each["product"], "USD") or (0, False))[0] * each.get("quantity", 1)
            for each in lines
        )
        return {
            "id": identity,
            "buyerGenerated": False,
            "created": emulator.iso_in(0) + "+00:00",
            "expires": emulator.iso_in(days * 86_400) + "+00:00",
            "expirationDateDays": days,
            "currency": "USD",
            "fulfillmentTerm": "ON_PAYMENT",
            "quoteUrl": f"https://example.onfastspring.com/account/order/quote/{identity}",
            "status": "OPEN",
            "subtotal": amount(cents, 2, False),
            "total": amount(cents, 2, False),
            **body,
        }


def _rule(field: str, message: str, rejected: Any = None) -> dict[str, Any]:
    return {"errorCode": "INVALID", "field": field, "message": message, "rejectedValue": rejected}
