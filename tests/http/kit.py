"""What the tests of the pipeline share: small servers, a plain judge, and a transport without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from aiohttp import web

from commerce_async.http.call import Call, Outcome, Reply, Verdict
from commerce_async.http.client import Client
from commerce_async.http.retry import Retry, parse_retry_after
from commerce_async.limits.base import Usage
from commerce_async.limits.steady import SteadyPolicy
from commerce_async.testing.clock import VirtualTimeLoop

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Retries without a wait: servers on loopback are asked again at once.
AT_ONCE = Retry(base=0.0, cap=0.0)

# For a test whose client and servers share its loop: time goes on only where none of them has anything left to do,
# however busy the machine is.
VIRTUALLY = pytest.mark.parametrize("anyio_backend", [("asyncio", {"loop_factory": VirtualTimeLoop})], ids=[""])


def judge(call: Call[Any], reply: Reply) -> Verdict:
    """By the status; the body is the message. An empty 404 may be a throttle."""
    words = reply.body.decode(errors="replace")[:300]
    if reply.status < 300:
        return Verdict(Outcome.OK)
    if reply.status == 404:
        return Verdict(Outcome.MISSING, words) if words else Verdict(Outcome.THROTTLED, wait=0.0, ambiguous=True)
    if reply.status == 429:
        headers = reply.headers
        wait = parse_retry_after(headers.get("retry-after"), date=headers.get("date"), now=reply.received)
        return Verdict(Outcome.THROTTLED, words, wait=wait)
    if reply.status == 401:
        return Verdict(Outcome.EXPIRED, words)
    if reply.status >= 500:
        return Verdict(Outcome.TEMPORARY, words)
    return Verdict(Outcome.REJECTED, words, fields={"field": words} if words else {})


def json(reply: Reply) -> Any:
    return msgspec.json.decode(reply.body)


def get(path: str = "/thing", **settings: Any) -> Call[Any]:
    return Call("things.get", "GET", path, settings.pop("decode", json), **settings)


def post(path: str = "/thing", **settings: Any) -> Call[Any]:
    return Call("things.make", "POST", path, json, body=b'{"a":1}', **settings)


class Counting(SteadyPolicy):
    """Counts what happens to permits. A throttle that names no time pauses for a second."""

    def __init__(self, concurrency: int = 16) -> None:
        super().__init__(concurrency)
        self.started = self.cancelled = self.finished = self.throttled = 0

    def start(self, now: float) -> int:
        self.started += 1
        return super().start(now)

    def cancel(self, ticket: int, now: float) -> None:
        self.cancelled += 1
        super().cancel(ticket, now)

    def finish(self, ticket: int, now: float, usage: Usage | None = None) -> None:
        self.finished += 1
        super().finish(ticket, now, usage)

    def throttle(self, ticket: int, now: float, wait: float | None) -> float:
        self.throttled += 1
        return super().throttle(ticket, now, wait)

    @property
    def in_flight(self) -> int:
        return self.snapshot(0.0).in_flight

    @property
    def used(self) -> int:
        """Permits that were really used for a request."""
        return self.started - self.cancelled


def make(base_url: str, **settings: Any) -> Client:
    settings.setdefault("policy", Counting())
    return Client(base_url, store="shop", judge=settings.pop("judge", judge), **settings)


@asynccontextmanager
async def opened(base_url: str, **settings: Any) -> AsyncIterator[Client]:
    client = make(base_url, **settings)
    await client.open()
    try:
        yield client
    finally:
        await client.close()


@dataclass
class Server:
    """Where it is, and the requests that reached it."""

    url: str
    requests: list[web.Request] = field(default_factory=list[web.Request])

    @property
    def count(self) -> int:
        return len(self.requests)


@asynccontextmanager
async def serving(handler: Handler, *, ssl: Any = None) -> AsyncIterator[Server]:
    """An HTTP server on a loopback port that gives every request to the handler."""
    server = Server("")

    async def note(request: web.Request) -> web.StreamResponse:
        server.requests.append(request)
        return await handler(request)

    runner = web.ServerRunner(web.Server(note), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl)
    await site.start()
    port = runner.addresses[0][1]
    server.url = f"{'https' if ssl else 'http'}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()


Wire = Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], Awaitable[None]]


@asynccontextmanager
async def raw_serving(talk: Wire) -> AsyncIterator[str]:
    """A server on a loopback port that is only bytes: `talk` gets each connection, and its number from 1."""
    connections: list[asyncio.Task[None]] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.append(task)
        try:
            await talk(reader, writer, len(connections))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One request's head, and its body if it tells the length."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return head + await reader.readexactly(int(line.split(b":")[1]))
    return head


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def stray() -> set[asyncio.Task[Any]]:
    """Tasks besides this one and the one in which anyio runs the tests."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    return {task for task in tasks if "TestRunner" not in getattr(task.get_coro(), "__qualname__", "")}


# -- no network at all, on virtual time ------------------------------------------------------------------------


@dataclass
class Step:
    """What the fake transport does with one request: it takes so long, and then answers or fails."""

    status: int = 200
    body: bytes = b"{}"
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    fails: Exception | None = None


class Fake:
    """Stands in for the transport. Middlewares run as aiohttp runs them; every request is noted with its time."""

    def __init__(self, *steps: Step, always: Step | None = None) -> None:
        self.steps = list(steps)
        self.always = always or Step()
        self.sent: list[tuple[float, str]] = []
        self.on_wire = 0

    def usable(self) -> None: ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def exchange(self, _base: str, call: Call[Any], middlewares: Sequence[Any], _max_body: int) -> Reply:
        step = self.always

        async def wire(_request: Any) -> Any:
            nonlocal step
            step = self.steps.pop(0) if self.steps else self.always
            self.sent.append((asyncio.get_running_loop().time(), call.path))
            self.on_wire += 1
            try:
                await asyncio.sleep(step.seconds)
            finally:
                self.on_wire -= 1
            if step.fails is not None:
                raise copy(step.fails)  # the pipeline adds to an error what it knows

        await middlewares[-1](None, wire)
        return Reply(step.status, step.headers, step.body, datetime(2026, 3, 1, 12, tzinfo=UTC))

    @property
    def times(self) -> list[float]:
        return [round(when, 6) for when, _ in self.sent]


def faked(fake: Fake, **settings: Any) -> Client:
    """A real client over the fake transport."""
    client = make("https://shop.example", **settings)
    client._transport = fake  # type: ignore[assignment]  # the seam under test is above the transport
    return client


def virtual(main: Callable[[], Awaitable[Any]]) -> Any:
    """Runs it on virtual time."""

    async def body() -> Any:
        return await main()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(body())
