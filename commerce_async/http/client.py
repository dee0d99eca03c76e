"""The one way to the network.

Once per call: usable? -> deadline -> trace -> cache.
Once per attempt: credential ready -> permit -> auth -> exchange -> verdict -> limiter told.
Three clocks, each with one owner: waiting for a permit (the limiter), one attempt on the wire (`Options.timeout`, from
the moment the permit is held), and the caller's deadline over everything (`Options.deadline`).
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

import anyio
import msgspec

from commerce_async.clock import Clock, LoopClock
from commerce_async.errors import (
    AuthError,
    CommerceError,
    ConfigError,
    DeadlineError,
    TemporaryError,
    ThrottledError,
    ThrottledOrMissingError,
    UsageError,
)
from commerce_async.http.attempt import Gate, Run, Strategies
from commerce_async.http.auth import Leasing, Redacting
from commerce_async.http.call import Call, Outcome, Reply, Verdict
from commerce_async.http.outcome import decoded, error_of, given_up
from commerce_async.http.retry import Budget, Retry, clock_skew
from commerce_async.http.trace import Hook, Stats
from commerce_async.limits.base import Lane, Policy
from commerce_async.limits.budget import SharedBudget
from commerce_async.limits.limiter import Limiter, Permit
from commerce_async.limits.shared import LimiterPlace, limiter_of

if TYPE_CHECKING:
    from aiohttp import ClientMiddlewareType, ClientSession

    from commerce_async.http.cache.storage import Storage
    from commerce_async.http.telemetry import Telemetry

T = TypeVar("T")

Judge: TypeAlias = Callable[[Call[Any], Reply], Verdict]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may set per store, or per derived store with `with_options`.

    Attributes:
        timeout: seconds for one attempt on the wire, from the moment its permit is held.
        deadline: seconds for a whole call, waiting and retries included; None is without end.
        retry: how often and how patiently.
        lane: INTERACTIVE for a person who waits, BULK for a job.
        max_body: bytes of a decompressed body that are accepted.
        hooks: told of every step of every call.

    Raises:
        ConfigError: a time or a size that no call could keep to; the message names it.
    """

    timeout: float = 60.0
    deadline: float | None = None
    retry: Retry = Retry()
    lane: Lane = Lane.INTERACTIVE
    max_body: int = 64 * 1024 * 1024
    hooks: tuple[Hook, ...] = ()

    def __post_init__(self) -> None:
        if not self.timeout > 0:  # nor is NaN
            raise ConfigError(f"timeout: expected seconds above 0, got {self.timeout!r}")
        if self.deadline is not None and not self.deadline >= 0:
            raise ConfigError(f"deadline: expected seconds, got {self.deadline!r}")
        if not self.max_body > 0:
            raise ConfigError(f"max_body: expected bytes above 0, got {self.max_body!r}")

    def changed(self, **changes: Any) -> Options:
        """The same options but for these.

        Raises:
            UsageError: an option that does not exist. ConfigError: a value that no call could keep to.
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
        auth: aiohttp client middlewares that add the credentials; one that is `Renewable` is renewed when expired,
            and one that is `Leasing` gives each call a middleware of its own.
        options: see `Options`.
        rate: calls per second never to exceed, beside the policy.
        limiter: where the limit is shared with other processes; None for this one alone.
        account: whose it is, in words that are the same in all processes; a shared limit belongs to it.
        budget: the name of a limit that all clients with this `agent` that name it keep to together; None for its own.
        session: a caller's own aiohttp session: used, never closed. Waiting for a slot of *its* pool counts as
            part of an attempt; a session of our own has a slot for every permit. Its middlewares stand around ours: a
            request reaches them before the credentials are added (and has them when it comes back), and each time
            that they pass it on takes a permit. Its cookies go along, whatever account they are of.
        agent: the adapter's part of the User-Agent.
        cache: where replies to GETs are kept as far as their headers allow (RFC 9111); None keeps none.
        clock: the time, for tests.
        chance: the dice, for tests.

    Attributes:
        stats: this client's figures.
        skew: the vendor's clock minus ours in seconds, by this client's first reply that told the time.

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
        auth: Sequence[ClientMiddlewareType | Leasing] = (),
        options: Options | None = None,
        rate: float | None = None,
        limiter: LimiterPlace | None = None,
        account: str = "",
        budget: str | None = None,
        session: ClientSession | None = None,
        agent: str = "",
        cache: Storage | None = None,
        clock: Clock | None = None,
        chance: random.Random | None = None,
    ) -> None:
        from commerce_async.http.transport import Transport, checked_base_url  # aiohttp: for those who send

        self.base_url = checked_base_url(base_url)
        self.store = store
        self.account = account or f"{self.base_url} {store}"
        self.options = options or Options()
        self.clock = clock or LoopClock()
        if budget is not None:
            account = f"{agent} budget {budget}"

        def limits() -> Limiter:
            of = store if budget is None else f"budget {budget!r}"
            return limiter_of(limiter, account, policy, store=of, rate=rate, clock=self.clock)

        self._shared = None if budget is None else SharedBudget((agent, budget), limiter, policy, rate, limits)
        self.limiter = self._shared.limiter if self._shared else limits()
        self.stats = Stats()
        self.skew: float | None = None
        self._judge = judge
        self._telemetry: Telemetry | None = None
        self._auth = Strategies(auth)
        self._first = False
        self._budget = Budget()
        self._chance = chance or random.Random()  # noqa: S311  jitter, not a secret
        secure = self.base_url.startswith("https:")
        self._transport = Transport(
            session, concurrency=policy.concurrency, agent=agent, clock=self.clock, secure=secure
        )
        self._caching = None
        if cache is not None:
            from commerce_async.http.cache.step import Caching  # only for those who want it

            self._caching = Caching(
                cache, clock=self.clock, base_url=self.base_url, auth=self._auth.all, session=session, agent=agent
            )

    @property
    def caches(self) -> bool:
        """Whether replies are kept."""
        return self._caching is not None

    @property
    def telemetry(self) -> Telemetry | None:
        """What tells OpenTelemetry of the calls; None if the program has set up no SDK."""
        if self._telemetry is None and "opentelemetry" in sys.modules:
            from commerce_async.http.telemetry import of  # only for those who have it

            self._telemetry = of(self)
        return self._telemetry

    async def open(self) -> None:
        """Makes the session, and joins those that the limit is shared with.

        Raises:
            NetworkError: the place where it is shared cannot be reached.
        """
        await self._transport.open()
        try:
            await (self._shared or self.limiter).open()
        except BaseException:  # cancelled as well: what was opened is closed
            await self._transport.close()
            raise
        if self._caching is not None:
            self._caching.storage.open()

    async def close(self) -> None:
        """Ends what credentials have under way, and closes the session unless it is a caller's own."""
        try:
            for strategy in self._auth.leasing:
                await strategy.close()
        finally:
            try:
                await self._transport.close()
            finally:
                try:
                    await (self._shared or self.limiter).close()
                finally:
                    if self._caching is not None:
                        await self._caching.storage.close()

    def with_options(self, **changes: Any) -> Self:
        """A client with other options that shares session, limiter, cache and retry budget; its figures are its own.

        Raises:
            UsageError: an option that does not exist.
        """
        derived = object.__new__(type(self))
        derived.__dict__.update(self.__dict__)
        derived.options = self.options.changed(**changes)
        derived.stats = Stats(self.stats)
        derived.skew = None
        return derived

    def for_credentials(self, base_url: str, judge: Judge, auth: Sequence[ClientMiddlewareType]) -> Self:
        """A client for another part of the vendor, where credentials are issued: it sends none of this one's.

        It shares session, limiter and retry budget, and its calls go before all others, which may be waiting for them.

        Raises:
            ConfigError: the base URL is refused.
        """
        derived = self.with_options(deadline=None, lane=Lane.INTERACTIVE)
        from commerce_async.http.transport import checked_base_url  # as above

        derived.base_url = checked_base_url(base_url)
        derived._judge, derived._auth, derived._first = judge, Strategies(auth), True
        derived._caching = derived._telemetry = None
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
        run = Run(self, call, self._auth)
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

    async def _in_time(self, run: Run, call: Call[T], deadline: float | None) -> T:
        answer = self._tries if self._caching is None else self._cached
        if deadline is None:
            return await answer(run, call, None)
        with anyio.CancelScope(deadline=deadline):
            return await answer(run, call, deadline)
        late = DeadlineError(
            f"not done within the deadline of {self.options.deadline} s",
            safe_to_retry=call.repeatable or not run.on_wire,
        )
        raise given_up(late, call)

    async def _cached(self, run: Run, call: Call[T], deadline: float | None) -> T:
        """From the cache if it may answer, else from the network."""
        caching = self._caching
        if caching is None or call.method == "HEAD":
            return await self._tries(run, call, deadline)
        if caching.is_write(call):
            with caching.writing(self.options.timeout):
                return await self._tries(run, call, deadline)
        run.read = await caching.read(call)
        if run.read.hit is not None:
            try:
                result = decoded(call, run.read.hit)
            except CommerceError:
                run.read.entry = None  # the network has another; to ask whether this one is still good would not help
            else:
                self.stats.add(hits=1)
                run.tell("hit")
                return result
        return await self._tries(run, call, deadline)

    async def _tries(self, run: Run, call: Call[T], deadline: float | None) -> T:
        while True:
            try:
                reply, verdict = await self._attempt(run, call, deadline)
                if verdict.outcome is Outcome.OK:
                    result = decoded(call, reply)
                    self._budget.earn()
                    if run.read is not None:
                        run.read.keep(reply)
                    return result
                error = error_of(verdict, reply, call)
            except TemporaryError as temporary:
                error = temporary
                error.safe_to_retry |= call.repeatable  # a middleware or an adapter may have raised it
                if isinstance(error, DeadlineError) and not run.on_wire:
                    raise
            delay = await self._again(run, call, error)
            if delay is None or (deadline is not None and self.clock.now() + delay >= deadline):
                self._redact(error)  # before its words stand within others
                raise given_up(error, call)
            self.stats.add(retried=1)
            run.tell("retry", seconds=delay)
            if delay:
                await anyio.sleep(delay)

    async def _attempt(self, run: Run, call: Call[Any], deadline: float | None) -> tuple[Reply, Verdict]:
        run.on_wire = False
        permit = await self._permit(run, deadline)
        gate = Gate(self, run, permit, deadline)
        try:
            run.on_wire = True
            with anyio.CancelScope(deadline=self.clock.now() + self.options.timeout) as gate.scope:
                sent = call if run.read is None else run.read.request()
                reply = await self._transport.exchange(self.base_url, sent, (*run.auth, gate), self.options.max_body)
                return self._judged(run, call, gate, reply)
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

    async def _permit(self, run: Run, deadline: float | None) -> Permit:
        await run.ready()
        # A call that may ask for what is not there lets others find out whether the account is throttled.
        front = self._first or (run.attempt > 0 and not run.doubtful)
        permit = await self.limiter.acquire(self.options.lane, front=front, deadline=deadline)
        if any(lease.stale for lease in run.leases):
            # Refused to another call while this one waited its turn. Once is enough: nothing here goes round.
            permit.release()
            await run.ready()
            permit = await self.limiter.acquire(self.options.lane, front=True, deadline=deadline)
        return permit

    def _judged(self, run: Run, call: Call[Any], gate: Gate, reply: Reply) -> tuple[Reply, Verdict]:
        self.stats.add(received=len(reply.body))
        if self.skew is None:
            self.skew = clock_skew(reply)
        run.tell("attempt", status=reply.status, seconds=self.clock.now() - gate.sent)
        whole = reply if run.read is None else run.read.completed(reply)
        # What the headers tell of the limit is of this reply, and not of the one that was kept.
        verdict = self._judge(call, reply if whole is reply else replace(whole, headers=reply.headers))
        if verdict.outcome is Outcome.THROTTLED:
            self.stats.add(throttled=1)
            wait = None if verdict.wait is None else min(verdict.wait, self.options.retry.longest)
            run.tell("throttle", status=reply.status, seconds=gate.permit.throttle(wait))
        else:
            gate.permit.finish(verdict.usage)
        run.on_wire = False  # what became of it is known
        return whole, verdict

    async def _again(self, run: Run, call: Call[Any], error: CommerceError) -> float | None:
        """Seconds to wait before the call goes out again; None if it must not."""
        retry = self.options.retry
        if run.barred:
            return None  # every call waits for the same credential: it was tried as often as makes sense
        if isinstance(error, ThrottledError):
            # Not carried out, so it may be repeated whatever it is; the limiter's pause is the wait.
            if not error.safe_to_retry:
                return None
            run.throttles += 1
            run.doubtful = isinstance(error, ThrottledOrMissingError)
            if error.retry_after is not None and error.retry_after > retry.longest:
                return None
            tries = retry.ambiguous if run.doubtful else retry.throttled
            return 0.0 if run.throttles < tries else None
        if isinstance(error, AuthError) and not run.renewed:
            run.renewed = True
            return 0.0 if await run.renew() else None
        if not isinstance(error, TemporaryError) or not error.safe_to_retry:
            return None
        run.failures += 1
        asked = error.retry_after or 0.0
        if run.failures >= retry.tries or asked > retry.longest or not self._budget.spend():
            return None
        return max(asked, retry.delay(run.failures, self._chance))

    def _complete(self, run: Run, error: CommerceError) -> None:
        """Adds to an error what only the pipeline knows, and takes out a credential that the vendor echoed."""
        error.store = error.store or self.store
        error.operation = error.operation or run.call.operation
        error.method = error.method or run.call.method
        error.path = error.path or run.call.path
        error.attempts = error.attempts or run.attempt
        self._redact(error)
        if isinstance(error.__cause__, CommerceError):
            self._redact(error.__cause__)

    def _redact(self, error: CommerceError) -> None:
        for strategy in self._auth.all:
            if isinstance(strategy, Redacting):
                error.reword(strategy.redact)


__all__ = ["Client", "Judge", "Options"]
