"""/accounts: create and update."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.replies import failure, reply
from fastspring_async.emulator.routes.bodies import mapping, posted, text

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_CUSTOM = re.compile(r"[a-zA-Z0-9_-]{4,}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MEMBERS = ("language", "country", "lookup", "address", "taxExemptionData")


class AccountWrites:
    """The write side of /accounts."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/accounts", self.create), web.post("/accounts/{id}", self.update)]

    async def create(self, request: web.Request) -> web.Response:
        """A fresh account; one e-mail address has one account."""
        emulator, action, body = self._emulator, "account.create", await posted(request)
        contact = mapping(body.get("contact"))
        errors = {name: f"{name} is required" for name in ("first", "last", "email") if not text(contact.get(name))}
        errors |= self._faults(body, None)
        if errors:
            error = {"action": action, "result": "error", "error": errors}
            return reply(error, status=emulator.dialect.error_status)
        given = {name: body[name] for name in _MEMBERS if body.get(name) is not None}
        emulator.shop.tick()
        identity = emulator.world.accounts.create(contact, **given)
        self._changed(action, identity, "account.created")
        return reply({"account": identity, "id": identity, "action": action, "result": "success"})

    async def update(self, request: web.Request) -> web.Response:
        """Changes the members given, those of the contact one by one."""
        emulator, dialect, action = self._emulator, self._emulator.dialect, "account.update"
        identity, body = request.match_info["id"], await posted(request)
        record = emulator.world.accounts.plain(identity)
        errors = {"account": "account not found"} if record is None else self._faults(body, identity)
        if record is None or errors:
            return reply(failure(action, "account", identity, errors), status=dialect.error_status)
        emulator.shop.tick()
        for name in ("contact", "lookup", "address"):
            record[name] = {**mapping(record.get(name)), **mapping(body.get(name))}
        record |= {name: body[name] for name in ("language", "country", "taxExemptionData") if name in body}
        emulator.world.accounts.store(identity, record)
        self._changed(action, identity, "account.updated")
        member = {"id": identity, "account": identity, "action": action, "result": "success"}
        return reply({**member, "accounts": [member]} if dialect.updated_account == "hybrid" else member)

    def _changed(self, action: str, identity: str, event: str) -> None:
        world = self._emulator.world
        world.wrote(action, identity)
        world.tell(event, True, world.happenings.account(identity))

    def _faults(self, body: dict[str, Any], own: str | None) -> dict[str, str]:
        errors: dict[str, str] = {}
        accounts = self._emulator.world.accounts
        email = mapping(body.get("contact")).get("email")
        if email is not None and not (isinstance(email, str) and _EMAIL.fullmatch(email.strip())):
            errors["email"] = "email is invalid"
        elif email is not None and (other := accounts.by_email(email)) not in (None, own):
            errors["email"] = f"email already exists, /accounts/{other}"
        custom = mapping(body.get("lookup")).get("custom")
        if custom is not None and not (isinstance(custom, str) and _CUSTOM.fullmatch(custom)):
            errors["custom"] = "custom must have at least 4 characters of a-z, A-Z, 0-9, _ and -"
        elif custom is not None and accounts.by_lookup("custom", custom) not in (None, own):
            errors["custom"] = "custom already exists"
        for name in ("country", "language"):
            value = body.get(name)
            if value is not None and not (isinstance(value, str) and len(value) == 2 and value.isalpha()):
                errors[name] = f"{name} is invalid"
        return errors
