"""/sessions: carts for customers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.amounts import amount
from fastspring_async.emulator.replies import failure, refused, reply
from fastspring_async.emulator.routes.bodies import items, mapping, posted

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_UNREADABLE = "Can not parse request body."


class Sessions:
    """/sessions of the first version."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/sessions", self.create), web.get("/sessions/{id}", self.get)]

    async def create(self, request: web.Request) -> web.Response:
        """A cart for a known account, or for a contact, which becomes one."""
        emulator, body = self._emulator, await posted(request, _UNREADABLE)
        errors: dict[str, str] = {}
        account = self._account(body, errors)
        lines = [mapping(each) for each in items(body.get("items"))]
        for line in lines:
            path = line.get("product")
            if not isinstance(path, str) or emulator.shop.product(path) is None:
                errors["items"] = f"Product not found: {path}"
        if not lines:
            errors["items"] = "items is required"
        days = body.get("expiration", 1)
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 7:
            errors["expiration"] = "expiration must be between 1 and 7"
        if errors or account is None:
            return refused("session.create", errors, status=400)
        session = session_for(emulator, account, lines, days=days, tags=body.get("tags"), coupon=body.get("coupon"))
        emulator.world.wrote("session.create", session["id"])
        return reply(session)

    async def get(self, request: web.Request) -> web.Response:
        """A cart by id."""
        identity = request.match_info["id"]
        session = self._emulator.world.thing("session", identity)
        if session is None or not self._emulator.dialect.get_sessions:
            error = failure("session.get", "session", identity, {"session": "Session not found"})
            return reply(error, status=400)
        return reply(session)

    def _account(self, body: dict[str, Any], errors: dict[str, str]) -> str | None:
        accounts, account = self._emulator.world.accounts, body.get("account")
        if account is not None:
            if isinstance(account, str) and accounts.known(account):
                return account
            errors["account"] = "account not found"
            return None
        contact = mapping(body.get("contact"))
        if not contact.get("email"):
            errors["account"] = "account or contact is required"
            return None
        found = accounts.by_email(str(contact["email"]))
        return found or accounts.create(contact)


def session_for(
    emulator: FastSpringEmulator,
    account: Any,
    lines: list[dict[str, Any]],
    *,
    days: int,
    tags: Any = None,
    coupon: Any = None,
) -> dict[str, Any]:
    """A session with prices in US dollars (FastSpring: /sessions, Create a session)."""
    shown: list[dict[str, Any]] = []
    subtotal = 0
    for line in lines:
        cents = (emulator.shop.base_price(line["product"], "USD") or (0, False))[0]
        given = mapping(mapping(line.get("pricing")).get("price")).get("USD")
        cents = cents if given is None else int(Decimal(str(given)) * 100)
        quantity = line.get("quantity", 1)
        subtotal += cents * quantity
        shown.append({**line, "quantity": quantity})
    owner = account if isinstance(account, str) else account["id"]
    more = {name: value for name, value in (("tags", tags), ("coupon", coupon)) if value is not None}

    def make(identity: str) -> dict[str, Any]:
        expires = emulator.world.now + days * 86_400_000
        head = {"id": identity, "currency": "USD", "expires": expires, "order": None, "account": owner}
        return {**head, "subtotal": amount(subtotal, 2, False), "items": shown, **more}

    return emulator.world.add("session", make)
