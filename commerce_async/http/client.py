"""The one way to the network.

Once per call: usable? -> deadline -> trace. Once per attempt: permit -> auth -> exchange -> verdict -> limiter told.
Three clocks, each with one owner: waiting for a permit (the limiter), one attempt on the wire (`Options.timeout`, from
the moment the permit is held), and the caller's deadline over everything (`Options.deadline`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import count
from math import inf
from typing import Any, Self, TypeAlias, TypeVar

import anyio
import msgspec
from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse, ClientSession

from commerce_async.clock import Clock, LoopClock
from commerce_async.errors import (
    AuthError,
    CommerceError,
    DeadlineError,
    NetworkError,
    TemporaryError,
    ThrottledError,
    ThrottledOrMissingError,
    UsageError,
)
from commerce_async.http.auth import Redacting, Renewable
from commerce_async.http.call import Call, Outcome, Reply, Verdict
from commerce_async.http.outcome import decoded, error_of, given_up
from commerce_async.http.retry import Budget, Retry
from commerce_async.http.trace import Event, Hook, Kind, Stats, tell
from commerce_async.http.transport import Transport, checked_base_url
from commerce_async.limits.base import Lane, Policy
from commerce_async.limits.limiter import Limiter, Permit

T = TypeVar("T")

Judge: TypeAlias = Callable[[Call[Any], Reply], Verdict]

_NUMBERS = count(1)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may set per store, or per derived store with `with_options`.

    Attributes:
        timeout: seconds for one attempt on the wire, from the moment its permit is held.
        deadline: seconds for a whole call, waiting and retries included; None is without end.
        retry: how often and how patiently.
        lane: INTERACTIVE for a person who waits, BULK for a job.
        max_body: bytes of a decompressed body that are accepted.
        hooks: told of every step of every call.
    """

    timeout: float = 60.0
    deadline: float | None = None
    retry: Retry = Retry()
    lane: Lane = Lane.INTERACTIVE
    max_body: int = 64 * 1024 * 1024
    hooks: tuple[Hook, ...] = ()

    def changed(self, **changes: Any) -> Options:
        """The same options but for these.

        Raises:
            UsageError: an option that does not exist.
        """
        unknown = changes.keys() - set(self.__struct_fields__)
        if unknown:
            known = ", ".join(self.__struct_fields__)
            raise UsageError(f"unknown option {', '.join(sorted(unknown))}; there are: {known}")
        return msgspec.structs.replace(self, **changes)


class Client:
    """Sends calls to one account of one vendor.

    Args:
        base_url: `https://host[/path]`; plain http only to loopback.
        store: the store's name, for errors and traces.
        judge: the adapter's verdict on a reply.
        policy: the rate limit.
        auth: aiohttp client middlewares that add the credentials; one that is `Renewable` is renewed when expired.
        options: see `Options`.
        rate: calls per second never to exceed, beside the policy.
        session: a caller's own aiohttp session: used, never closed. Waiting for a slot of *its* pool counts as
            part of an attempt; a session of our own has a slot for every permit.
        agent: the adapter's part of the User-Agent.
        clock, chance: the time and the dice, for tests.

    Raises:
        ConfigError: the base URL is refused.
    """

    def __init__(
        self,
        base_url: str,
        *,
        store: str,
        judge: Judge,
        policy: Policy,
        auth: Sequence[ClientMiddlewareType] = (),
        options: Options | None = None,
        rate: float | None = None,
        session: ClientSession | None = None,
        agent: str = "",
        clock: Clock | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self.base_url = checked_base_url(base_url)
        self.store = store
        self.options = options or Options()
        self.clock = clock or LoopClock()
        self.limiter = Limiter(policy, rate=rate, clock=self.clock)
        self.stats = Stats()
        self._judge = judge
        self._auth = tuple(auth)
        self._budget = Budget()
        self._chance = chance or random.Random()  # noqa: S311  jitter, not a secret
        self._transport = Transport(session, concurrency=policy.concurrency, agent=agent, clock=self.clock)

    async def open(self) -> None:
        """Makes the session."""
        await self._transport.open()

    async def close(self) -> None:
        """Closes the session, unless it is a caller's own."""
        await self._transport.close()

    def with_options(self, **changes: Any) -> Self:
        """A client with other options that shares session, limiter and retry budget; its figures are its own.

        Raises:
            UsageError: an option that does not exist.
        """
        derived = object.__new__(type(self))
        derived.__dict__.update(self.__dict__)
        derived.options = self.options.changed(**changes)
        derived.stats = Stats(self.stats)
        return derived

    async def send(self, call: Call[T]) -> T:
        """Sends the call until it succeeds or may not be sent again, and decodes its reply.

        Raises:
            RejectedError, AuthError, MissingError, DecodeError: final, see `commerce_async.errors`.
            NetworkError, ServerError, ThrottledError, ThrottledOrMissingError, DeadlineError: temporary.
            UnknownOutcomeError: a write that must not be sent twice got no answer that tells what became of it.
            UsageError: outside `async with`, or on another event loop.
        """
        self._transport.usable()
        run = _Run(self, call)
        limit = self.options.deadline
        deadline = None if limit is None else run.begun + limit
        run.tell("call")
        try:
            result = await self._in_time(run, call, deadline)
        except BaseException as error:  # cancelled as well: a call that begins is always seen to end
            if isinstance(error, CommerceError):
                self._complete(run, error)
            run.tell("failed", seconds=self.clock.now() - run.begun, error=type(error).__name__)
            raise
        run.tell("done", seconds=self.clock.now() - run.begun)
        return result

    async def _in_time(self, run: _Run, call: Call[T], deadline: float | None) -> T:
        if deadline is None:
            return await self._tries(run, call, None)
        with anyio.CancelScope(deadline=deadline):
            return await self._tries(run, call, deadline)
        late = DeadlineError(
            f"not done within the deadline of {self.options.deadline} s",
            safe_to_retry=call.repeatable or not run.on_wire,
        )
        raise given_up(late, call)

    async def _tries(self, run: _Run, call: Call[T], deadline: float | None) -> T:
        while True:
            try:
                reply, verdict = await self._attempt(run, call, deadline)
                if verdict.outcome is Outcome.OK:
                    result = decoded(call, reply)
                    self._budget.earn()
                    return result
                error = error_of(verdict, reply, call)
            except TemporaryError as temporary:
                error = temporary
                error.safe_to_retry |= call.repeatable  # a middleware or an adapter may have raised it
                if isinstance(error, DeadlineError) and not run.on_wire:
                    raise
            delay = await self._again(run, call, error)
            if delay is None or (deadline is not None and self.clock.now() + delay >= deadline):
                raise given_up(error, call)
            self.stats.add(retried=1)
            run.tell("retry", seconds=delay)
            if delay:
                await anyio.sleep(delay)

    async def _attempt(self, run: _Run, call: Call[Any], deadline: float | None) -> tuple[Reply, Verdict]:
        run.on_wire = False
        permit = await self.limiter.acquire(self.options.lane, front=run.attempt > 0, deadline=deadline)
        gate = _Gate(self, run, permit, deadline)
        try:
            run.on_wire = True
            with anyio.CancelScope(deadline=self.clock.now() + self.options.timeout) as gate.scope:
                reply = await self._transport.exchange(self.base_url, call, (*self._auth, gate), self.options.max_body)
                return reply, self._verdict(run, call, gate, reply)
            raise DeadlineError(
                f"no complete reply within the timeout of {self.options.timeout} s",
                safe_to_retry=call.repeatable,
            )
        except CommerceError as error:
            if not gate.passed:  # a middleware failed before anything was sent
                error.safe_to_retry |= isinstance(error, TemporaryError)
            run.tell("attempt", seconds=self.clock.now() - gate.sent, error=type(error).__name__)
            raise
        finally:
            gate.leave()

    def _verdict(self, run: _Run, call: Call[Any], gate: _Gate, reply: Reply) -> Verdict:
        self.stats.add(received=len(reply.body))
        run.tell("attempt", status=reply.status, seconds=self.clock.now() - gate.sent)
        verdict = self._judge(call, reply)
        if verdict.outcome is Outcome.THROTTLED:
            self.stats.add(throttled=1)
            wait = None if verdict.wait is None else min(verdict.wait, self.options.retry.longest)
            run.tell("throttle", status=reply.status, seconds=gate.permit.throttle(wait))
        else:
            gate.permit.finish(verdict.usage)
        return verdict

    async def _again(self, run: _Run, call: Call[Any], error: CommerceError) -> float | None:
        """Seconds to wait before the call goes out again; None if it must not."""
        retry = self.options.retry
        if isinstance(error, ThrottledError):
            # Not carried out, so it may be repeated whatever it is; the limiter's pause is the wait.
            if not error.safe_to_retry:
                return None
            run.throttles += 1
            if error.retry_after is not None and error.retry_after > retry.longest:
                return None
            tries = retry.ambiguous if isinstance(error, ThrottledOrMissingError) else retry.throttled
            return 0.0 if run.throttles < tries else None
        if isinstance(error, AuthError) and not run.renewed:
            run.renewed = True
            return 0.0 if await self._renew() else None
        if not isinstance(error, TemporaryError) or not error.safe_to_retry:
            return None
        run.failures += 1
        if run.failures >= retry.tries or not self._budget.spend():
            return None
        return retry.delay(run.failures, self._chance)

    def _complete(self, run: _Run, error: CommerceError) -> None:
        """Adds to an error what only the pipeline knows, and takes out a credential that the vendor echoed."""
        error.store = error.store or self.store
        error.operation = error.operation or run.call.operation
        error.method = error.method or run.call.method
        error.path = error.path or run.call.path
        error.attempts = error.attempts or run.attempt
        for strategy in self._auth:
            if isinstance(strategy, Redacting):
                error.reword(strategy.redact)
                if isinstance(error.__cause__, CommerceError):
                    error.__cause__.reword(strategy.redact)

    async def _renew(self) -> bool:
        for strategy in self._auth:
            if isinstance(strategy, Renewable):
                return await strategy.renew()
        return False


class _Run:
    """One call under way."""

    def __init__(self, client: Client, call: Call[Any]) -> None:
        self.number = next(_NUMBERS)
        self.begun = client.clock.now()
        self.attempt = 0
        self.throttles = 0
        self.failures = 0
        self.renewed = False
        self.on_wire = False
        self.call = call
        self._client = client

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

        tell(self._client.options.hooks, event)


class _Gate:
    """The innermost middleware: every pass through it is one request on the wire, and takes one permit.

    The first uses the permit that the attempt already holds. aiohttp passes again when it finds that a kept-alive
    connection was dropped and re-sends by itself; that request needs a permit of its own, or the limiter would
    count fewer calls than the server.
    """

    def __init__(self, client: Client, run: _Run, permit: Permit, deadline: float | None) -> None:
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
        self.permit.finish()
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
            self.permit.finish()
        else:
            self.permit.release()


__all__ = ["Client", "Judge", "Options"]
