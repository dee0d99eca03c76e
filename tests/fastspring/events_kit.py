"""An in-memory /events written from the vendor's page, with every liberty that the page leaves it."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right, insort
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from commerce_async.clock import LoopClock
from commerce_async.http.call import Call, Reply
from commerce_async.testing.clock import VirtualTimeLoop
from fastspring_async import FastSpring
from fastspring_async.api.events import EventsApi
from tests.fastspring.fakes import NOW, reply

NOW_MS = int(NOW.timestamp()) * 1000
DAY_MS = 86_400_000
PAGE = 25
DAY = timedelta(days=1)


class Clock(LoopClock):
    """A wall clock that stands still, over the loop's own time."""

    def wall(self) -> datetime:
        return NOW


@dataclass
class Vendor:
    """The endpoint.

    Attributes:
        cut: which events a reply leaves out when there are too many: the "newer" or the "older" ones.
        rising: whether a reply lists the oldest event first.
        with_begin, with_end: whether `begin` and `end` themselves are part of the frame.
        before: called ahead of every answer.
        seconds: how long an answer takes.
        date, received: the `Date` of its answers, and when they come by our clock.
    """

    cut: str = "newer"
    rising: bool = True
    with_begin: bool = True
    with_end: bool = True
    twice: bool = False
    date: str | None = None
    received: datetime = NOW + DAY
    seconds: float = 0.0
    before: Callable[[Vendor, Call[Any]], Reply | None] | None = None
    calls: list[Call[Any]] = field(default_factory=list[Call[Any]])
    marked: list[str] = field(default_factory=list[str])
    listed: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.lists: dict[str, list[tuple[int, str]]] = {"unprocessed": [], "processed": []}
        self.bodies: dict[str, dict[str, Any]] = {}

    def add(self, created: int, id: str, which: str = "unprocessed", **more: Any) -> None:
        insort(self.lists[which], (created, id))
        self.bodies[id] = {"id": id, "created": created, "type": "test.made", "live": False, "data": {}, **more}

    # -- the transport's side ------------------------------------------------------------------------------------

    def usable(self) -> None: ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def exchange(self, _base: str, call: Call[Any], *_rest: Any) -> Reply:
        self.calls.append(call)
        found = self.before(self, call) if self.before else None
        answer = found or self.answer(call)
        if self.seconds:
            await asyncio.sleep(self.seconds)
        return answer

    # -- the endpoint --------------------------------------------------------------------------------------------

    def answer(self, call: Call[Any]) -> Reply:
        name = call.path.rsplit("/", 1)[1]
        if call.method == "POST":
            return self.mark(name, call)
        frame = self.frame(dict(call.query))
        return self.page(name, *frame) if isinstance(frame, tuple) else refused(**frame)

    def frame(self, query: dict[str, str]) -> tuple[int, int] | dict[str, str]:
        """The frame, or the errors."""
        if "days" in query:
            return NOW_MS - int(query["days"]) * DAY_MS, NOW_MS + DAY_MS
        if "begin" not in query:
            return {"begin": "Begin required."}
        begin, end = int(query["begin"]), int(query.get("end", NOW_MS + DAY_MS))
        if begin <= NOW_MS - 30 * DAY_MS:
            return {"begin": f"Begin must be after '{NOW_MS - 30 * DAY_MS}' (Fri Feb 09 12:00:00 UTC 2024)."}
        if begin >= end:
            return {"begin": "Begin must be less than end."}
        return begin, end

    def page(self, which: str, begin: int, end: int) -> Reply:
        rows = self.lists[which]
        first = bisect_left(rows, (begin + (not self.with_begin), ""))
        last = bisect_right(rows, (end - (not self.with_end), "\uffff"))
        more = last - first > PAGE
        found = rows[first:last]
        if more:
            found = found[:PAGE] if self.cut == "newer" else found[-PAGE:]
        self.listed.update(id for _, id in found)
        events = [{**self.bodies[id], "event": id, "processed": which == "processed"} for _, id in found]
        if not self.rising:
            events.reverse()
        body: dict[str, Any] = {"action": "events.get", "result": "success", "page": None, "total": 0, "events": events}
        if self.twice:
            body["data"] = events
        if more:
            body["more"] = True
        answer = reply(body)
        return answer if self.date is None else replace(answer, headers={"date": self.date}, received=self.received)

    def mark(self, id: str, call: Call[Any]) -> Reply:
        if id not in self.bodies:
            row = {"action": "event.get", "event": id, "result": "error", "error": {"order": "Not found"}}
            return reply({"events": [row]}, 400)
        processed = msgspec.json.decode(call.body or b"")["processed"]
        row = (self.bodies[id]["created"], id)
        source, target = ("unprocessed", "processed") if processed else ("processed", "unprocessed")
        at = bisect_left(self.lists[source], row)
        if self.lists[source][at : at + 1] == [row]:
            del self.lists[source][at]
            insort(self.lists[target], row)
        if processed:
            self.marked.append(id)
        return reply({**self.bodies[id], "processed": processed})


def refused(status: int = 400, /, **fields: str) -> Reply:
    return reply({"action": "events.get", "result": "error", "error": fields}, status)


def shop(vendor: Vendor, **settings: Any) -> tuple[FastSpring, EventsApi]:
    """A real store on that endpoint."""
    made = FastSpring(username="u", password="p", name="eu", rate=1000, clock=Clock(), **settings)
    made.client._transport = vendor  # type: ignore[assignment]  # the seam under test is above the transport
    return made, EventsApi(made.client)


def virtual(main: Callable[[], Awaitable[Any]]) -> Any:
    """Runs it on virtual time."""

    async def body() -> Any:
        return await main()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(body())
