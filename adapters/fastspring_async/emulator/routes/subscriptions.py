"""/subscriptions: by id, lists, entries and history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.forms import iso_time
from fastspring_async.emulator.replies import failure, refused, reply, unreadable
from fastspring_async.emulator.routes.days import day, midnight
from fastspring_async.emulator.routes.numbers import DEFAULT_LIMIT, ids, whole

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

MISSING = "Subscription not found"
_FILTERS = frozenset(("accountId", "customReferenceId", "event", "product", "products", "scope", "status"))
_EVENTS = ("canceled", "charged", "created", "deactivated", "trialended", "trialstarted")
_STATUSES = ("active", "canceled", "deactivated", "overdue", "trial")
_SCOPES = ("all", "live", "test")
_PAGING = "Pagination is not supported for this endpoint"


class Subscriptions:
    """The read side of /subscriptions."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/subscriptions", self.list),
            web.get("/subscriptions/{ids}", self.some),
            web.get("/subscriptions/{ids}/entries", self.entries),
            web.get("/subscriptions/{id}/history", self.history),
        ]

    async def some(self, request: web.Request) -> web.Response:
        """Subscriptions by id, in the shapes of `Dialect`."""
        emulator, dialect, wanted = self._emulator, self._emulator.dialect, ids(request.match_info["ids"])
        if (crowd := emulator.crowd(wanted, "subscription.get", "subscription")) is not None:
            return crowd
        found = [(each, emulator.world.subscriptions.get(each)) for each in wanted]
        if len(found) == 1:
            return self._one(*found[0])
        members = [
            failure("subscription.get", "subscription", identity, {"subscription": MISSING})
            if record is None
            else _done(record)
            for identity, record in found
        ]
        status = dialect.error_status if any(record is None for _, record in found) else 200
        array = dialect.many_subscriptions == "array"
        return reply(members if array else {"subscriptions": members}, status=status)

    def _one(self, identity: str, record: dict[str, Any] | None) -> web.Response:
        dialect = self._emulator.dialect
        if record is None:
            error = failure("subscription.get", "subscription", identity, {"subscription": MISSING})
            body: dict[str, Any] = {"subscriptions": [error]}
            if dialect.subscription_error == "hybrid":
                body = {**error, "subscriptions": [{**error, "result": "success"}]}
            return reply(body, status=dialect.error_status)
        shape, done = dialect.one_subscription, _done(record)
        if shape == "envelope":
            head = {"action": "subscription.get", "result": "success"}
            return reply({**head, "subscriptions": [record]})
        if shape == "hybrid":
            return reply({**done, "subscriptions": [done]})
        return reply(record if shape == "bare" else done)

    async def list(self, request: web.Request) -> web.Response:
        """Ids, or with any filter but dates whole subscriptions. Dates mean nothing without an `event`."""
        emulator, query, action = self._emulator, request.query, "subscription.getall"
        unwanted = [name for name in ("limit", "page") if name in query]
        if unwanted and not emulator.dialect.subscriptions_paged:
            return refused(action, dict.fromkeys(unwanted, _PAGING), status=200)
        errors = _faults(query)
        limit, page = whole(query, "limit", DEFAULT_LIMIT, errors), whole(query, "page", 1, errors)
        found = [] if errors else self._matching(query, errors)
        if errors:
            return refused(action, errors, status=emulator.dialect.error_status)
        part, following = found, None
        if emulator.dialect.subscriptions_paged:
            part = found[(page - 1) * limit : page * limit]
            following = page + 1 if page * limit < len(found) else None
        head = {"action": action, "result": "success", "nextPage": following}
        subscriptions = emulator.world.subscriptions
        identities = [subscriptions.identity(number) for number in part]
        whole_ones = not _FILTERS.isdisjoint(query)
        shown = [subscriptions.get(each) for each in identities] if whole_ones else identities
        return reply({**head, "subscriptions": shown})

    def _matching(self, query: Mapping[str, str], errors: dict[str, str]) -> list[int]:
        """The numbers of the subscriptions that pass."""
        world = self._emulator.world
        begin, end = (day(query.get(name), name, errors) for name in ("begin", "end"))
        if _FILTERS.isdisjoint(query) or errors:
            return world.subscriptions.numbers()
        low = None if begin is None else midnight(begin)
        high = None if end is None else midnight(end) + 86_400_000
        numbers = world.subscriptions.numbers()
        if "accountId" in query:
            owner = world.accounts.number(query["accountId"])
            own = set[int]() if owner is None else set(world.index.subscriptions(owner))
            # Changed ones may have been given to another account.
            numbers = [number for number in numbers if number in own or world.subscriptions.changed(number)]
        return [number for number in numbers if self._passes(number, query, low, high)]

    def _passes(self, number: int, query: Mapping[str, str], low: int | None, high: int | None) -> bool:
        subscriptions, wanted = self._emulator.world.subscriptions, query.get("status")
        record = subscriptions.get(subscriptions.identity(number)) or {}
        if query.get("scope", "all") != "all" and record["live"] != (query["scope"] == "live"):
            return False
        if "accountId" in query and _owner(record) != query["accountId"]:
            return False
        # One in trial is active too.
        if wanted is not None and record["state"] != wanted and not (wanted == "active" and record["state"] == "trial"):
            return False
        products = query.get("products", query.get("product"))
        if products is not None and record["product"] not in products.split(","):
            return False
        if "customReferenceId" in query and record.get("customReferenceId") != query["customReferenceId"]:
            return False
        if "event" not in query:
            return True
        moments = subscriptions.moments(record, query["event"])
        return any((low is None or low <= each) and (high is None or each < high) for each in moments)

    async def entries(self, request: web.Request) -> web.Response:
        """The orders of the subscriptions' periods, in a bare array."""
        shop, subscriptions = self._emulator.shop, self._emulator.world.subscriptions
        shown: list[dict[str, Any]] = []
        for identity in ids(request.match_info["ids"]):
            number = subscriptions.number(identity)
            if number is None:
                return unreadable("not found")
            orders = subscriptions.entries(number)
            for each, following in zip(orders, [*orders[1:], None], strict=True):
                begin = iso_time(shop.plans.created(each))[:10]
                end = None if following is None else iso_time(shop.plans.created(following))[:10]
                entry = {"id": shop.receipts.ids.make(each), "beginEntryDate": begin, "beginPeriodDate": begin}
                shown.append({**entry, "endPeriodDate": end, "order": shop.order(each)})
        return reply(shown)

    async def history(self, request: web.Request) -> web.Response:
        """What was changed about a subscription, the latest first."""
        subscriptions, identity = self._emulator.world.subscriptions, request.match_info["id"]
        record = subscriptions.get(identity)
        if record is None:
            error = failure("subscription.history.get", "subscription", identity, {"subscription": MISSING})
            return reply(error, status=self._emulator.dialect.error_status)
        first = {"changeDate": record["begin"], "type": "created", "product": record["product"]}
        changes = [first, *subscriptions.changes(identity)]
        if request.query.get("scope") == "add_on":
            changes = [each for each in changes if each["type"] == "addons"]
        if request.query.get("order", "decreasing") != "increasing":
            changes.reverse()
        return reply({"currency": record["currency"], "timezone": "UTC", "changes": changes})


def _owner(record: dict[str, Any]) -> str:
    account = record["account"]
    return account if isinstance(account, str) else account["id"]


def _done(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "action": "subscription.get", "result": "success"}


def _faults(query: Mapping[str, str]) -> dict[str, str]:
    known = {"event": _EVENTS, "status": _STATUSES, "scope": _SCOPES}
    return {name: f"Invalid {name}" for name, values in known.items() if name in query and query[name] not in values}
