"""What the tests of the cache share: a server without a network, that may have a cache of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from commerce_async.errors import NetworkError
from commerce_async.http.auth import HeaderToken
from commerce_async.http.call import Call, Reply
from commerce_async.http.client import Client
from commerce_async.testing.clock import VirtualClock
from tests.http.kit import make

TOKEN = "tok-0123456789abcdef"


@dataclass
class Answer:
    """What the server says to one request."""

    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    status: int = 200
    seconds: float = 0.0
    fails: Exception | None = None


def says(call: Call[Any], name: str) -> str | None:
    """The request's header, as the server sees it."""
    return next((value for each, value in call.headers if each.lower() == name), None)


class Origin:
    """Stands in for the transport: answers with what the function says, with the Date of the virtual clock."""

    def __init__(self, answer: Callable[[Call[Any]], Answer] | Answer) -> None:
        self.answer = (lambda _: answer) if isinstance(answer, Answer) else answer
        self.requests: list[Call[Any]] = []
        self.clock = VirtualClock()
        self.date = True

    @property
    def count(self) -> int:
        return len(self.requests)

    @property
    def forced(self) -> list[bool]:
        """For each request, whether the server was told not to answer from its own cache."""
        return ["no-cache" in (says(call, "cache-control") or "") for call in self.requests]

    def usable(self) -> None: ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def exchange(self, _base: str, call: Call[Any], middlewares: Sequence[Any], _max_body: int) -> Reply:
        answer = Answer()

        async def wire(_request: Any) -> Any:
            nonlocal answer
            self.requests.append(call)
            answer = self.answer(call)
            await asyncio.sleep(answer.seconds)
            if answer.fails is not None:
                raise answer.fails

        await middlewares[-1](None, wire)
        now = self.clock.wall()
        date = {"date": format_datetime(now, usegmt=True)} if self.date else {}
        return Reply(answer.status, {**date, **answer.headers}, answer.body, now)


def client(origin: Origin, cache: Any, *, token: str = TOKEN, url: str = "https://shop.example", **more: Any) -> Client:
    """A real client over that server."""
    more.setdefault("auth", (HeaderToken("X-Token", token),))
    made = make(url, cache=cache, clock=origin.clock, **more)
    made._transport = origin  # type: ignore[assignment]  # the seam under test is above the transport
    return made


FRESH = (("Cache-Control", "no-cache"),)


class Shop(Origin):
    """A server that keeps numbers, and serves old ones from a cache of its own unless told not to.

    Attributes:
        ttl: seconds for which it keeps a reply, as its headers say.
    """

    def __init__(self, ttl: float = 300.0) -> None:
        super().__init__(self._respond)
        self.ttl = ttl
        self.values: dict[str, int] = {}
        self.kept: dict[str, tuple[float, int]] = {}
        self.refuse = False  # writes are answered with 409
        self.lose = False  # answers to writes are lost, after they were carried out

    def _respond(self, call: Call[Any]) -> Answer:
        if call.method != "GET":
            return self._write(call)
        now = self.clock.now()
        made, value = self.kept.get(call.path, (now - self.ttl, 0))
        if now - made >= self.ttl or "no-cache" in (says(call, "cache-control") or ""):
            made, value = now, self.values.get(call.path, 0)
            self.kept[call.path] = (made, value)
        # As web servers with output caching do: the end is that of the kept copy, the Date is of now.
        until = self.clock.wall() + timedelta(seconds=self.ttl - (now - made))
        return Answer(b"%d" % value, {"expires": format_datetime(until, usegmt=True)})

    def _write(self, call: Call[Any]) -> Answer:
        if self.refuse:
            return Answer(b"no", status=409)
        self.values[call.path] = self.values.get(call.path, 0) + 1
        return Answer(b"%d" % self.values[call.path], fails=NetworkError("lost") if self.lose else None)
