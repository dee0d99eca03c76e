"""/orders: by id and by filter."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.jsons import encode
from fastspring_async.emulator.replies import failed_item, failure, listing, refused, reply, succeeded
from fastspring_async.emulator.routes.bodies import items, mapping, posted_items
from fastspring_async.emulator.routes.days import back, day, midnight, shown
from fastspring_async.emulator.routes.numbers import DEFAULT_LIMIT, flag, ids, whole
from fastspring_async.emulator.shop import Filter

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_FILTERS = frozenset(("begin", "end", "days", "products", "rebill", "returns", "scope", "status"))
_SCOPES = {"all": None, "live": True, "test": False}
_STATUSES = ("completed", "canceled", "failed")


class Orders:
    """/orders: reads, and tags and attributes of items."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/orders", self.lookup),
            web.get("/orders/{ids}", self.some),
            web.post("/orders", self.update),
        ]

    async def some(self, request: web.Request) -> web.Response:
        """Orders by id, in the shapes of `Dialect`; an unknown one is an error in its place."""
        emulator, dialect, wanted = self._emulator, self._emulator.dialect, ids(request.match_info["ids"])
        if (crowd := emulator.crowd(wanted, "order.get", "order")) is not None:
            return crowd
        records = [self._record(identity) for identity in wanted]
        missing = records.count(None)
        members = [
            failed_item("order.get", "order", identity, "Not found")
            if record is None
            else succeeded(record, "order.get")
            for identity, record in zip(wanted, records, strict=True)
        ]
        status = 200
        if missing:
            status = dialect.missing_order_status if missing == len(members) else dialect.mixed_order_status
        body = listing({}, "orders", members)
        if len(wanted) == 1 and records[0] is not None and dialect.one_order != "envelope":
            body = records[0] if dialect.one_order == "flat" else members[0][:-1] + b"," + body[1:]
        elif len(wanted) > 1 and dialect.many_orders == "array":
            body = b"[" + b",".join(members) + b"]"
        return reply(body, status=status)

    async def lookup(self, request: web.Request) -> web.Response:
        """A page of orders that pass the filters; without a filter, a page of ids."""
        emulator, shop, query = self._emulator, self._emulator.shop, request.query
        by_filter = not _FILTERS.isdisjoint(query)
        action = "order.lookup" if by_filter else "order.getall"
        errors: dict[str, str] = {}
        limit, page = whole(query, "limit", DEFAULT_LIMIT, errors), whole(query, "page", 1, errors)
        wanted = _filter(request, errors)
        begin, end = self._dates(request, errors)
        if errors:
            return refused(action, errors, status=emulator.dialect.lookup_error_status)
        if emulator.shifts():
            emulator.insert_order()
        total, numbers = shop.orders_page(
            wanted,
            0 if begin is None else shop.plans.since(midnight(begin)),
            shop.plans.count if end is None else shop.plans.since(midnight(end)),
            skip=(page - 1) * limit,
            size=limit,
            newest_first=emulator.dialect.newest_first,
        )
        head: dict[str, Any] = {"action": action, "result": "success"}
        head |= {name: shown(query[name]) for name in ("begin", "end") if name in query}
        head |= {"page": page, "limit": limit, "nextPage": page + 1 if page * limit < total else None, "total": total}
        if head["nextPage"] is None and emulator.dialect.last_page == "absent":
            del head["nextPage"]
        if by_filter:
            members = [shop.order_json(number) for number in numbers]
        else:
            members = [encode(shop.receipts.ids.make(number)) for number in numbers]
        return reply(listing(head, "orders", members))

    async def update(self, request: web.Request) -> web.Response:
        """Adds tags to orders and attributes to their items; each order on its own."""
        wanted = await posted_items(request, "orders")
        members = [self._updated(each, place) for place, each in enumerate(wanted)]
        bad = any("error" in each for each in members)
        return reply({"orders": members}, status=400 if bad else 200)

    def _updated(self, wanted: dict[str, Any], place: int) -> dict[str, Any]:
        shop, action = self._emulator.shop, "order.update"
        identity = wanted.get("order")
        number = shop.order_number(identity) if isinstance(identity, str) else None
        if not isinstance(identity, str) or number is None:
            # It is named by its place, as the page's sample has it.
            return failure(action, "order", f"[{place}]", {"order": "Not found"})
        record = shop.order(number)
        lines = [dict(each) for each in items(record["items"])]
        errors: dict[str, str] = {}
        for change in map(mapping, items(wanted.get("items"))):
            product = change.get("product")
            found = [line for line in lines if line.get("product") == product]
            if not found:
                errors[f"items.{product}"] = "Product is not specified as a valid item in the order"
            for line in found:
                line["attributes"] = {**mapping(line.get("attributes")), **mapping(change.get("attributes"))}
        if errors:
            return failure(action, "order", identity, errors)
        changes: dict[str, Any] = {"items": lines} if wanted.get("items") else {}
        if wanted.get("tags"):
            changes["tags"] = {**_tags(record.get("tags")), **mapping(wanted["tags"])}
        shop.edit_order(number, changes)
        self._emulator.world.wrote(action, identity)
        return {"order": identity, "action": action, "result": "success"}

    def _record(self, identity: str) -> bytes | None:
        number = self._emulator.shop.order_number(identity)
        return None if number is None else self._emulator.shop.order_json(number)

    def _dates(self, request: web.Request, errors: dict[str, str]) -> tuple[date | None, date | None]:
        """The first day, and the day before which orders must have been made."""
        query = request.query
        begin, end = day(query.get("begin"), "begin", errors), day(query.get("end"), "end", errors)
        days = whole(query, "days", 0, errors)
        if begin is not None and end is not None and end <= begin:
            errors["end"] = "End date must be after begin date"
        if begin is None and days:
            begin = back((self._emulator.shop.now + timedelta(days=1)).date(), days)
        elif begin is None and end is not None:
            begin = back(end, 30)
        if end is not None and end < date.max and self._emulator.dialect.end_inclusive:
            end += timedelta(days=1)
        return begin, end


def _tags(tags: Any) -> dict[str, Any]:
    if isinstance(tags, list):
        return {each["key"]: each["value"] for each in map(mapping, items(tags))}
    return mapping(tags)


def _filter(request: web.Request, errors: dict[str, str]) -> Filter:
    query = request.query
    scope, status = query.get("scope", "all"), query.get("status")
    if scope not in _SCOPES:
        errors["scope"] = "Invalid scope"
    if status is not None and status not in _STATUSES:
        errors["status"] = "Invalid status"
    return Filter(
        products=frozenset(ids(query["products"])) if "products" in query else None,
        rebill=flag(query, "rebill", errors),
        returns=flag(query, "returns", errors),
        live=_SCOPES.get(scope),
        status=status,
    )
