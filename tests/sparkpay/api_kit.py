"""A shop in memory behind the real pipeline, which loses answers where a test says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from commerce_async.errors import NetworkError
from commerce_async.http.call import Call, Reply
from commerce_async.testing.clock import VirtualClock
from sparkpay_async import SparkPay

NOW = datetime(2016, 11, 20, 12, tzinfo=UTC)
_JSON = msgspec.json.Encoder(decimal_format="number")
HEADERS = {"x-ac-call-limit": "1/50"}


def reply(body: object = b"", status: int = 200, **headers: str) -> Reply:
    data = body if isinstance(body, bytes) else _JSON.encode(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=HEADERS | named, body=data, received=NOW)


def error(status: int, message: str, details: str) -> Reply:
    return reply({"status_code": status, "message": message, "details": details}, status)


class Wall:
    """Stands in for the transport: every call is answered by a function, and noted."""

    def __init__(self, answer: Callable[[Call[Any]], Reply]) -> None:
        self.answer = answer
        self.calls: list[Call[Any]] = []

    def usable(self) -> None: ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def exchange(self, _base: str, call: Call[Any], middlewares: Any, *_rest: Any) -> Reply:
        async def handler(_request: object) -> Any:
            self.calls.append(call)
            return self.answer(call)

        return await middlewares[-1](None, handler)  # the gate: it counts what goes on the wire


def store(answer: Callable[[Call[Any]], Reply], **settings: Any) -> tuple[SparkPay, Wall]:
    """A real store whose calls reach `answer` in place of the network."""
    settings = {"clock": VirtualClock(), "rate": 1000} | settings
    made = SparkPay("https://shop.example.com", token="t0ken", currency="USD", name="us", **settings)
    wall = Wall(answer)
    made.client._transport = wall  # type: ignore[assignment]  # the seam under test is above the transport
    return made, wall


class Shop:
    """One resource's records, with the vendor's POST, PUT, DELETE and filters by equality.

    Attributes:
        loses: told of each call as `GET list`, `GET one`, `POST`, `PUT` or `DELETE` and its number of that kind from 1;
            "before" loses it before it is done, "after" when it is done, "late" before, and it is done with the next
            call all the same; None lets it through. An int is answered as that status, after it was done.
        seen: those words, in order.
    """

    def __init__(self, name: str, *records: dict[str, Any]) -> None:
        self.name = name
        self.records = {record["id"]: record for record in records}
        self.loses: Callable[[str, int], str | int | None] = lambda what, number: None
        self.refuses: Callable[[dict[str, Any]], Reply | None] = lambda members: None
        self.seen: list[str] = []
        self._late: list[dict[str, Any]] = []

    def store(self) -> SparkPay:
        return self.opened()[0]

    def opened(self) -> tuple[SparkPay, Wall]:
        return store(self.answer)

    def answer(self, call: Call[Any]) -> Reply:
        for members in self._late:
            self._make(members)
        self._late.clear()
        one = call.path.count("/") > 1
        what = f"GET {'one' if one else 'list'}" if call.method == "GET" else call.method
        self.seen.append(what)
        how = self.loses(what, self.seen.count(what))
        if how == "late":
            self._late.append(_members(call))
        if how in ("before", "late"):
            raise NetworkError("no complete reply: reset", safe_to_retry=call.repeatable)
        done = self._done(call)
        if isinstance(how, int):
            return error(how, "Internal Error", "Timeout expired.")
        if how == "after":
            raise NetworkError("no complete reply: reset", safe_to_retry=call.repeatable)
        return done

    def _done(self, call: Call[Any]) -> Reply:
        members = _members(call)
        parts = call.path.strip("/").split("/")
        assert parts[0] == self.name
        if call.method == "POST":
            return self.refuses(members) or reply(self._make(members), 201)
        if len(parts) == 1:
            return self._list(dict(call.query))
        id = int(parts[1])
        if id not in self.records:
            return error(404, "NotFound", "")
        if call.method == "DELETE":
            del self.records[id]
            return reply(status=204)
        self.records[id] |= members
        return reply(self.records[id])

    def _make(self, members: dict[str, Any]) -> dict[str, Any]:
        id = max(self.records, default=0) + 1
        self.records[id] = {"id": id, **members}
        return self.records[id]

    def _list(self, query: dict[str, str]) -> Reply:
        found = sorted(self.records.values(), key=lambda record: record["id"])
        for name, text in query.items():
            if name in ("count", "sort", "expand", "fields", "page"):
                continue
            operator, _, value = text.partition(":")
            found = [each for each in found if _passes(each.get(name), operator, value)]
        some = found[: int(query.get("count", "100"))]
        return reply({"total_count": len(found), self.name: some})


def _members(call: Call[Any]) -> dict[str, Any]:
    return msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode(call.body) if call.body else {}


def _passes(held: Any, operator: str, value: str) -> bool:
    if operator == "gt":
        return int(held) > int(value)
    if operator == "like":
        return value.lower() in str(held).lower()
    return str(held).lower() == value.lower()
