"""/accounts: by id, lists and lookups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.replies import failure, refused, reply
from fastspring_async.emulator.routes.days import day, midnight
from fastspring_async.emulator.routes.numbers import DEFAULT_LIMIT, ids, whole

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_CONDITIONS = (
    "email",
    "custom",
    "global",
    "orderId",
    "orderID",
    "orderReference",
    "subscriptionId",
    "products",
    "subscriptions",
    "refunds",
    "begin",
    "end",
)
_KINDS = ("active", "ended", "canceled", "started")


class Accounts:
    """The read side of /accounts."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/accounts", self.list),
            web.get("/accounts/{ids}", self.some),
            web.get("/accounts/{ids}/authenticate", self.authenticate),
        ]

    async def some(self, request: web.Request) -> web.Response:
        """Accounts by id, in the shapes of `Dialect`."""
        emulator, dialect, wanted = self._emulator, self._emulator.dialect, ids(request.match_info["ids"])
        if (crowd := emulator.crowd(wanted, "account.get", "account")) is not None:
            return crowd
        found = [(each, emulator.world.accounts.get(each)) for each in wanted]
        if len(found) == 1 and found[0][1] is None:
            error = failure("account.get", "account", wanted[0], {"account": "account not found"})
            return reply(error, status=dialect.error_status)
        members = [
            failure("account.get", "account", identity, {"account": "account not found"})
            if record is None
            else {**record, "action": "account.get", "result": "success"}
            for identity, record in found
        ]
        if len(members) == 1 and dialect.one_account == "flat":
            return reply(members[0])
        missing = any(record is None for _, record in found)
        return reply({"accounts": members}, status=dialect.error_status if missing else 200)

    async def authenticate(self, request: web.Request) -> web.Response:
        """Addresses under which customers manage their accounts, good for a day."""
        emulator, action = self._emulator, "account.authenticate.get"
        members: list[dict[str, Any]] = []
        for identity in ids(request.match_info["ids"]):
            if not emulator.world.accounts.known(identity):
                members.append(failure(action, "account", identity, {"account": "Not found"}))
                continue
            expires = emulator.iso_in(86_400)
            url = f"https://example.onfastspring.com/account/{identity}/key"
            members.append({"action": action, "result": "success", "account": identity, "url": url, "expires": expires})
        bad = any("error" in each for each in members)
        return reply({"accounts": members}, status=emulator.dialect.error_status if bad else 200)

    async def list(self, request: web.Request) -> web.Response:
        """Ids of all accounts, or of those that a condition names."""
        given = [name for name in _CONDITIONS if name in request.query]
        errors: dict[str, str] = {}
        limit, page = whole(request.query, "limit", DEFAULT_LIMIT, errors), whole(request.query, "page", 1, errors)
        if errors:
            return refused("account.lookup", errors, status=self._emulator.dialect.error_status)
        return self._lookup(request, given, page, limit) if given else self._all(page, limit)

    def _all(self, page: int, limit: int) -> web.Response:
        accounts, head = self._emulator.world.accounts, {"action": "account.getall", "result": "success"}
        if not self._emulator.dialect.accounts_paged:
            return reply({**head, "accounts": list(accounts.ids())})
        paging = {"page": page, "limit": limit, "nextPage": page + 1 if page * limit < accounts.count else None}
        found = accounts.page((page - 1) * limit, page * limit)
        return reply({**head, **paging, "total": accounts.count, "accounts": found})

    def _lookup(self, request: web.Request, given: list[str], page: int, limit: int) -> web.Response:
        status, query = self._emulator.dialect.error_status, request.query
        if len(given) > 1 and set(given) != {"begin", "end"}:
            return refused("account.lookup", dict.fromkeys(given, "Only one condition can be specified"), status=status)
        errors: dict[str, str] = {}
        found = sorted(set(self._matching(given[0], query[given[0]], request, errors)))
        if errors:
            return refused("account.lookup", errors, status=status)
        part = found[(page - 1) * limit : page * limit]
        word = self._emulator.dialect.found_accounts
        shown = part if word == "text" else [{word: each} for each in part]
        head = {"action": "account.lookup", "result": "success", "page": page, "limit": limit}
        next_page = page + 1 if page * limit < len(found) else None
        return reply({**head, "nextPage": next_page, "total": len(found), "accounts": shown})

    def _matching(self, name: str, value: str, request: web.Request, errors: dict[str, str]) -> Iterable[str]:
        world = self._emulator.world
        if name == "email":
            found = world.accounts.by_email(value)
        elif name in ("custom", "global"):
            found = world.accounts.by_lookup(name, value) or self._custom(name, value)
        elif name in ("begin", "end"):
            return self._between(request, errors)
        elif name == "subscriptions":
            return self._subscribed(value, errors)
        elif name == "refunds":
            return self._refunded(value)
        elif name == "products":
            return self._bought(frozenset(value.split(",")))
        else:
            found = self._owner(name, value)
        return [found] if found is not None else []

    def _custom(self, name: str, value: str) -> str | None:
        digits = value.removeprefix("customer-")
        if name != "custom" or not (digits.isascii() and digits.isdigit() and len(digits) < 10):
            return None
        identity = self._emulator.shop.receipts.people.ids.make(int(digits))
        record = self._emulator.world.accounts.plain(identity)
        return identity if record is not None and record["lookup"].get("custom") == value else None

    def _owner(self, name: str, value: str) -> str | None:
        shop, world = self._emulator.shop, self._emulator.world
        if name == "subscriptionId":
            number = world.subscriptions.number(value)
        elif name == "orderReference":
            numbers = range(shop.plans.count)
            number = next((each for each in numbers if shop.receipts.reference(each) == value), None)
        else:
            number = shop.order_number(value)
        return None if number is None else self._buyer(number)

    def _buyer(self, number: int) -> str:
        shop = self._emulator.shop
        return shop.receipts.people.ids.make(shop.plans.plan(number).buyer)

    def _between(self, request: web.Request, errors: dict[str, str]) -> Iterable[str]:
        plans = self._emulator.shop.plans
        begin, end = (day(request.query.get(name), name, errors) for name in ("begin", "end"))
        first = 0 if begin is None else plans.since(midnight(begin))
        last = plans.count if end is None else plans.since(midnight(end))
        return [self._buyer(number) for number in range(first, last)]

    def _subscribed(self, kind: str, errors: dict[str, str]) -> Iterable[str]:
        if kind not in _KINDS:
            errors["subscriptions"] = "Invalid subscriptions"
            return []
        subscriptions = self._emulator.world.subscriptions
        found: list[str] = []
        for number in subscriptions.numbers():
            record = subscriptions.get(subscriptions.identity(number)) or {}
            state = "ended" if record["state"] == "deactivated" else record["state"]
            if kind == "started" or state == kind or (kind == "active" and record["active"]):
                found.append(self._buyer(number))
        return found

    def _refunded(self, value: str) -> Iterable[str]:
        shop = self._emulator.shop
        wanted = value == "true"
        numbers = range(shop.plans.count)
        return [self._buyer(each) for each in numbers if bool(shop.order(each).get("returns")) == wanted]

    def _bought(self, products: frozenset[str]) -> Iterable[str]:
        shop = self._emulator.shop
        numbers = range(shop.plans.count)
        return [self._buyer(number) for number in numbers if products & set(shop.bought(number))]
