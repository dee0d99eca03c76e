"""/events: what has happened, processed or not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.replies import failure, refused, reply
from fastspring_async.emulator.routes.bodies import posted

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_MOST = 25
_DAY = 86_400_000
_FAR = 1 << 62


class Events:
    """/events/processed, /events/unprocessed, /events/{id}."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/events/processed", self.processed),
            web.get("/events/unprocessed", self.unprocessed),
            web.post("/events/{id}", self.mark),
        ]

    async def processed(self, request: web.Request) -> web.Response:
        """The first 25 acknowledged events of a time frame, and whether there are more of them."""
        return self._list(request, processed=True)

    async def unprocessed(self, request: web.Request) -> web.Response:
        """The same of those that were not acknowledged."""
        return self._list(request, processed=False)

    def _list(self, request: web.Request, *, processed: bool) -> web.Response:
        world, dialect = self._emulator.world, self._emulator.dialect
        errors: dict[str, str] = {}
        begin, end = self._frame(request, errors)
        if errors:
            return refused("events.get", errors, status=dialect.lookup_error_status)
        found, more = world.events.page(
            begin,
            end,
            processed=processed,
            newest_first=dialect.events_newest_first,
            size=_MOST,
        )
        shown = [self._written(each) for each in found]
        head: dict[str, Any] = {"action": "events.get", "result": "success"}
        head |= {"page": None, "limit": None, "nextPage": None, "total": 0, "events": shown}
        if dialect.events_twice:
            head["data"] = shown
        return reply({**head, "more": more})

    async def mark(self, request: web.Request) -> web.Response:
        """Acknowledges an event, or takes that back: the event."""
        world, identity = self._emulator.world, request.match_info["id"]
        processed, event = (await posted(request)).get("processed"), world.events.get(identity)
        if event is None:
            error = failure("event.get", "event", identity, {"order": "Not found"})
            return reply({"events": [error]}, status=400)
        if not isinstance(processed, bool):
            error = failure("event.update", "event", identity, {"processed": "processed is required"})
            return reply({"events": [error]}, status=400)
        if world.events.mark(event.number, processed):
            world.wrote("event.update", identity)
        return reply(self._written(event))

    def _written(self, event: Any) -> dict[str, Any]:
        dialect = self._emulator.dialect
        return self._emulator.world.written(event, expand=dialect.expand_events, spaced_keys=dialect.spaced_address)

    def _frame(self, request: web.Request, errors: dict[str, str]) -> tuple[int, int]:
        """[begin, end) in ms, with its ends in or out as the dialect has it."""
        query, now = request.query, self._emulator.world.now
        begin = _number(query.get("begin"), "begin", "Can not parse begin", errors)
        end = _number(query.get("end"), "end", "Can not parse end.", errors)
        days = _number(query.get("days"), "days", "Can not parse days.", errors)
        if errors:
            return 0, 0
        oldest = now - 30 * _DAY
        if begin is None and days is None:
            errors["begin"] = "Begin required."
        if begin is None:
            begin = now - (days or 0) * _DAY
        if begin < oldest:
            moment = datetime.fromtimestamp(oldest / 1000, UTC)
            errors.setdefault("begin", f"Begin must be after '{oldest}' ({moment:%a %b %d %H:%M:%S UTC %Y}).")
        elif end is not None and begin + (self._emulator.dialect.events_empty_frame == "refused") > end:
            errors.setdefault("begin", "Begin must be less than end.")
        bounds = self._emulator.dialect.events_bounds
        last = _FAR if end is None else end + (bounds == "both")
        return begin + (bounds == "none"), last


def _number(text: str | None, name: str, message: str, errors: dict[str, str]) -> int | None:
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < 18:
        return int(text)
    errors[name] = message
    return None
