"""One call under way, and the gate that each of its requests passes on its way to the wire."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Any

import anyio

from commerce_async.errors import CommerceError, NetworkError
from commerce_async.http.auth import Lease, Leasing, Renewable
from commerce_async.http.call import Call
from commerce_async.http.trace import Event, Kind, tell
from commerce_async.limits.limiter import Permit

if TYPE_CHECKING:
    from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse

    from commerce_async.http.cache.step import Read
    from commerce_async.http.client import Client

_NUMBERS = count(1)


class Strategies:
    """How calls show who sends them, sorted once: to ask a Protocol costs more than all else a call does here.

    Attributes:
        all: as given.
        leasing: those that give each call a middleware of its own.
    """

    def __init__(self, auth: Sequence[ClientMiddlewareType | Leasing]) -> None:
        self.all = tuple(auth)
        self._each = [(None, each) if isinstance(each, Leasing) else (each, None) for each in self.all]
        self.leasing = tuple(leasing for _, leasing in self._each if leasing is not None)

    def taken(self) -> tuple[list[ClientMiddlewareType], list[Lease]]:
        """The middlewares for one call, and which of them are leases."""
        middlewares: list[ClientMiddlewareType] = []
        leases: list[Lease] = []
        for middleware, leasing in self._each:
            if leasing is not None:
                middleware = leasing.lease()
                leases.append(middleware)
            if middleware is not None:
                middlewares.append(middleware)
        return middlewares, leases


class Run:
    """One call under way."""

    def __init__(self, client: Client, call: Call[Any], auth: Strategies) -> None:
        self.number = next(_NUMBERS)
        self.begun = client.clock.now()
        self.attempt = 0
        self.throttles = 0
        self.doubtful = False  # the last reply may have been a throttle or a missing object
        self.failures = 0
        self.renewed = False
        self.on_wire = False
        self.barred = False  # no credential is to be had
        self.call = call
        self.read: Read | None = None  # the cache's part in it
        self.auth, self.leases = auth.taken()
        self._client = client
        hooks, telemetry = client.options.hooks, client.telemetry
        self._hooks = hooks if telemetry is None else (*hooks, telemetry)

    async def ready(self) -> None:
        """Returns when every credential is fit to go on the wire."""
        try:
            for lease in self.leases:
                await lease.ready()
        except CommerceError:
            self.barred = True
            raise

    async def renew(self) -> bool:
        """Gets a new credential after one was refused; False if there is none that can be renewed."""
        for strategy in self.auth:
            if isinstance(strategy, Renewable):
                return await strategy.renew()
        return False

    def tell(self, kind: Kind, *, status: int | None = None, seconds: float = 0.0, error: str | None = None) -> None:
        def event() -> Event:
            call = self.call
            return Event(
                kind=kind,
                store=self._client.store,
                operation=call.operation,
                method=call.method,
                path=call.path,
                call=self.number,
                attempt=self.attempt,
                status=status,
                seconds=seconds,
                error=error,
            )

        tell(self._hooks, event)


class Gate:
    """The innermost middleware: every pass through it is one request on the wire, and takes one permit.

    The first uses the permit that the attempt already holds. aiohttp passes again when it finds that a kept-alive
    connection was dropped and re-sends by itself; that request needs a permit of its own, or the limiter would
    count fewer calls than the server.
    """

    def __init__(self, client: Client, run: Run, permit: Permit, deadline: float | None) -> None:
        self.permit = permit
        self.scope: anyio.CancelScope | None = None
        self.sent = client.clock.now()
        self._client = client
        self._run = run
        self._deadline = deadline
        self.passed = False
        self._answered = False
        self._told_wait(permit)

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        if self.passed:
            await self._pass_again()
        self.passed, self._answered = True, False
        self._run.attempt += 1
        self._client.stats.add(calls=1)
        response = await handler(request)
        self._answered = True
        return response

    async def _pass_again(self) -> None:
        if not (self._answered or self._run.call.repeatable):
            # aiohttp goes by the method alone; the adapter knows that this PUT or DELETE does something each time.
            raise NetworkError("no complete reply: the connection was dropped, and the call must not be sent twice")
        if self._answered:
            self.permit.finish()
        else:
            self.permit.lose()
        client, scope = self._client, self.scope
        if scope is not None:
            scope.deadline = inf  # waiting for a permit is not time on the wire
        self._run.on_wire = False
        self.permit = await client.limiter.acquire(client.options.lane, front=True, deadline=self._deadline)
        self._run.on_wire = True
        self.sent = client.clock.now()
        if scope is not None:
            scope.deadline = self.sent + client.options.timeout
        self._told_wait(self.permit)

    def _told_wait(self, permit: Permit) -> None:
        if permit.waited > 0:
            self._client.stats.add(waited=permit.waited)
            self._run.tell("wait", seconds=permit.waited)

    def leave(self) -> None:
        """Ends the permit if nothing else did: never sent, or sent and no reply will come."""
        if self.passed:
            self.permit.lose()
        else:
            self.permit.release()
