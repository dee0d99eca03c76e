"""What the tests of this adapter share: replies as data, fixtures, and a transport without a network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from commerce_async.http.call import Call, Reply
from fastspring_async import FastSpring

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2024, 3, 10, 12, tzinfo=UTC)


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes().strip()


def json(value: object) -> bytes:
    return msgspec.json.encode(value)


def reply(body: object = b"", status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = body if isinstance(body, bytes) else json(body)
    return Reply(status=status, headers=named, body=data, received=NOW)


def call(operation: str = "orders.search") -> Call[Any]:
    return Call(operation, "GET", "/x", lambda _reply: None)


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


def store(answer: Callable[[Call[Any]], Reply], **settings: Any) -> tuple[FastSpring, Wall]:
    """A real store whose calls reach `answer` in place of the network."""
    made = FastSpring(username="u", password="p", name="eu", rate=1000, **settings)
    wall = Wall(answer)
    made.client._transport = wall  # type: ignore[assignment]  # the seam under test is above the transport
    return made, wall
