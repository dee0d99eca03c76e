"""What every vendor's emulator has in common: a loopback server, a ledger to assert on, and faults to switch on."""

from __future__ import annotations

import asyncio
import random
import re
import socket
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

import msgspec
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Faults(msgspec.Struct, kw_only=True):
    """What may go wrong, as probabilities per call (0 to 1) unless said otherwise. Change it while running.

    Attributes:
        reset: the connection is cut before an answer, and before the request has any effect.
        lose_answer: the request is carried out, and the connection cut before the answer.
        truncate: the answer breaks off in the middle of its body.
        server_error: an answer with status 5xx, before any effect.
        malformed: the answer is 200 and not JSON.
        latency: seconds before every answer; `jitter` more at most.
        storm: so many of the next calls are throttled, whatever the limit says.
        shift: before a page of a list is read, a record is inserted (or removed) in front of it.
    """

    reset: float = 0.0
    lose_answer: float = 0.0
    truncate: float = 0.0
    server_error: float = 0.0
    malformed: float = 0.0
    latency: float = 0.0
    jitter: float = 0.0
    storm: int = 0
    shift: float = 0.0


class Plan(msgspec.Struct, kw_only=True):
    """A fault for certain calls only, whatever the probabilities: put it into `Emulator.plans`.

    Attributes:
        fault: one of `Faults`' members that is a probability, or "storm" for a throttle.
        method: the calls' method; "" for any.
        path: what their path must contain, query excluded, as a regular expression; "" for any.
        skip: so many such calls go well first.
        times: so many go wrong after that.
        share: of those that would, so many do (0 to 1).
        done: how many did.
    """

    fault: Literal["reset", "lose_answer", "truncate", "server_error", "malformed", "storm"]
    method: str = ""
    path: str = ""
    skip: int = 0
    times: int = 1
    share: float = 1.0
    done: int = 0

    def meets(self, request: web.Request, chance: Callable[[], float]) -> bool:
        """Whether this call goes wrong; counts it."""
        if self.done >= self.times or self.method not in ("", request.method):
            return False
        if re.search(self.path, request.path) is None:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.share < 1.0 and chance() >= self.share:
            return False
        self.done += 1
        return True


class Ledger(msgspec.Struct, kw_only=True):
    """What the server saw. Tests compare the client's own figures with it.

    Attributes:
        calls: every request that arrived, whatever became of it.
        admitted: those that the rate limit let pass; `admitted_at` holds their times (server clock, seconds).
        throttled: those that it did not.
        unauthorized: those with wrong or no credentials or User-Agent.
        writes: requests that changed something.
        faults: those answered by an injected fault, by its name.
        by_route: admitted calls by `METHOD /route`.
    """

    calls: int = 0
    admitted: int = 0
    throttled: int = 0
    unauthorized: int = 0
    writes: int = 0
    faults: Counter[str] = msgspec.field(default_factory=Counter[str])
    by_route: Counter[str] = msgspec.field(default_factory=Counter[str])
    admitted_at: list[float] = msgspec.field(default_factory=list[float])


class Emulator(ABC):
    """A vendor's server on a loopback port, with its own rules, state and seeded data.

    Use it as `async with Emulator(...) as emulator:`; `emulator.settings()` is what the adapter's settings need.
    Subclasses add routes and answer in the vendor's words; the order in which a request is judged is here.

    Args:
        products: how many the generated catalog starts with.
        orders: how many there are at the start.
        seed: same seed, same data and same faults.
        faults: what goes wrong; may be changed while running.
        port: 0 takes a free one.

    Attributes:
        plans: faults for certain calls; the first that fits a call decides.
    """

    vendor: ClassVar[str]
    handler_args: ClassVar[dict[str, Any]] = {}
    """Further options of aiohttp's request parser: the longest request line, for one."""

    def __init__(
        self,
        *,
        products: int = 200,
        orders: int = 500,
        seed: int = 1,
        faults: Faults | None = None,
        port: int = 0,
    ) -> None:
        self.products_count = products
        self.orders_count = orders
        self.seed = seed
        self.faults = faults or Faults()
        self.plans: list[Plan] = []
        self.ledger = Ledger()
        self.chance = random.Random(seed)  # noqa: S311  repeatable on purpose
        self._port = port
        self._runner: web.AppRunner | None = None
        self.url = ""

    # -- what a vendor says in its own words ---------------------------------------------------------------

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """The endpoints."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """What the adapter's `Settings` need to reach this server: URL, credentials and required options."""

    @abstractmethod
    def refuse(self, request: web.Request) -> web.StreamResponse | None:
        """The vendor's answer if credentials, User-Agent or verb are not as it demands, else None."""

    @abstractmethod
    def limit(self, request: web.Request, *, storm: bool) -> web.StreamResponse | None:
        """Counts the call against the rate limit: the vendor's throttle answer if it is over, else None.

        Args:
            storm: answer with a throttle in any case.
        """

    @abstractmethod
    def failed(self, request: web.Request) -> web.StreamResponse:
        """The vendor's 5xx."""

    def decorate(self, request: web.Request, response: web.StreamResponse) -> None:  # noqa: B027  most need none
        """Headers that the vendor sets on every answer."""

    def route_of(self, request: web.Request) -> str:
        """What the ledger calls the endpoint."""
        resource = request.match_info.route.resource
        return resource.canonical if resource else "?"

    # -- the server ----------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        # No task may outlive the server: a handler whose client has gone is cancelled, as in a real one.
        app = web.Application(
            middlewares=[self._judge], handler_args={"handler_cancellation": True, **self.handler_args}
        )
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def now(self) -> float:
        """The server's clock in seconds: the event loop's, so that a virtual loop makes it virtual."""
        return asyncio.get_running_loop().time()

    @web.middleware
    async def _judge(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.ledger.calls += 1
        response = await self._answer(request, handler)
        if not response.prepared:
            self.decorate(request, response)
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        faults, chance = self.faults, self.chance.random
        planned = next((plan.fault for plan in self.plans if plan.meets(request, chance)), None)
        if chance() < faults.reset or planned == "reset":
            return self._cut(request, "reset")
        if (refusal := self.refuse(request)) is not None:
            self.ledger.unauthorized += 1
            return refusal
        storm = faults.storm > 0 or planned == "storm"
        faults.storm = max(0, faults.storm - 1)
        if (throttle := self.limit(request, storm=storm)) is not None:
            self.ledger.throttled += 1
            return throttle
        self._admit(request)
        if faults.latency or faults.jitter:
            await asyncio.sleep(faults.latency + faults.jitter * chance())
        if chance() < faults.server_error or planned == "server_error":
            self.ledger.faults["server_error"] += 1
            return self.failed(request)
        if chance() < faults.malformed or planned == "malformed":
            self.ledger.faults["malformed"] += 1
            return web.Response(body=b'{"unfinished": ', content_type="application/json")
        response = await handler(request)
        if chance() < faults.lose_answer or planned == "lose_answer":
            return self._cut(request, "lose_answer")
        if chance() < faults.truncate or planned == "truncate":
            return await self._truncate(request, response)
        return response

    def _admit(self, request: web.Request) -> None:
        ledger = self.ledger
        ledger.admitted += 1
        ledger.admitted_at.append(self.now())
        ledger.by_route[f"{request.method} {self.route_of(request)}"] += 1

    def _cut(self, request: web.Request, why: str) -> web.StreamResponse:
        self.ledger.faults[why] += 1
        transport = request.transport
        if transport is not None:
            # RST instead of FIN, as a crashed proxy would send.
            sock = transport.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            transport.abort()
        return web.Response()

    async def _truncate(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        body = response.body if isinstance(response, web.Response) else None
        if not isinstance(body, bytes) or len(body) < 2:
            return response
        self.ledger.faults["truncate"] += 1
        partial = web.StreamResponse(status=response.status, headers=response.headers)
        self.decorate(request, partial)
        partial.content_length = len(body)
        await partial.prepare(request)
        await partial.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.abort()
        return partial
