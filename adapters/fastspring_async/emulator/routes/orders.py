"""/orders: by id and by filter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.jsons import encode
from fastspring_async.emulator.replies import failed_item, listing, refused, reply, succeeded
from fastspring_async.emulator.routes.numbers import DEFAULT_LIMIT, flag, ids, whole
from fastspring_async.emulator.shop import Filter

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_FILTERS = frozenset(("begin", "end", "days", "products", "rebill", "returns", "scope", "status"))
_SCOPES = {"all": None, "live": True, "test": False}
_STATUSES = ("completed", "canceled", "failed")


class Orders:
    """The read side of /orders."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/orders", self.lookup), web.get("/orders/{ids}", self.some)]

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
            shop.add_order()
        total, numbers = shop.orders_page(
            wanted,
            0 if begin is None else shop.plans.since(_midnight(begin)),
            shop.plans.count if end is None else shop.plans.since(_midnight(end)),
            skip=(page - 1) * limit,
            size=limit,
            newest_first=emulator.dialect.newest_first,
        )
        head: dict[str, Any] = {"action": action, "result": "success"}
        head |= {name: _shown(query[name]) for name in ("begin", "end") if name in query}
        head |= {"page": page, "limit": limit, "nextPage": page + 1 if page * limit < total else None, "total": total}
        if head["nextPage"] is None and emulator.dialect.last_page == "absent":
            del head["nextPage"]
        if by_filter:
            members = [shop.order_json(number) for number in numbers]
        else:
            members = [encode(shop.receipts.ids.make(number)) for number in numbers]
        return reply(listing(head, "orders", members))

    def _record(self, identity: str) -> bytes | None:
        number = self._emulator.shop.order_number(identity)
        return None if number is None else self._emulator.shop.order_json(number)

    def _dates(self, request: web.Request, errors: dict[str, str]) -> tuple[date | None, date | None]:
        """The first day, and the day before which orders must have been made."""
        query = request.query
        begin, end = _day(query.get("begin"), "begin", errors), _day(query.get("end"), "end", errors)
        days = whole(query, "days", 0, errors)
        if begin is not None and end is not None and end <= begin:
            errors["end"] = "End date must be after begin date"
        if begin is None and days:
            begin = _back((self._emulator.shop.now + timedelta(days=1)).date(), days)
        elif begin is None and end is not None:
            begin = _back(end, 30)
        if end is not None and end < date.max and self._emulator.dialect.end_inclusive:
            end += timedelta(days=1)
        return begin, end


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


def _day(text: str | None, name: str, errors: dict[str, str]) -> date | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        errors[name] = f"Invalid {name} date"
        return None


def _back(day: date, days: int) -> date:
    return day - timedelta(days=min(days, day.toordinal() - 1))


def _midnight(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def _shown(text: str) -> str:
    """2016-06-01 as FastSpring echoes it: 6/1/16."""
    year, month, day = (int(part) for part in text.split("-"))
    return f"{month}/{day}/{year % 100:02d}"
