"""An access token that all calls of a store share: put on each, and renewed once for all of them.

Renewed before it expires, by the vendor's clock, and when the vendor refuses it. The renewal is a task of its own, so
that no caller's cancellation reaches the others; it ends with the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import anyio

from commerce_async.clock import Clock
from commerce_async.errors import AuthError, CommerceError, ConfigError, TemporaryError, UsageError
from commerce_async.http.auth import Redactor, stands_in_header
from commerce_async.http.retry import parse_date
from commerce_async.secrets import Secret
from commerce_async.tokens import Exclusive, Token, TokenStore

if TYPE_CHECKING:
    from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

Refresh = Callable[[Token], Awaitable[Token]]

MARGIN: Final = timedelta(seconds=60)  # so long before its end a token is renewed, or half its life if that is less
_PAUSE: Final = 5.0  # seconds after a renewal that failed for a passing reason
_FINAL_PAUSE: Final = 60.0  # seconds after one that the vendor refused: only a person's login can change that
_YOUNG: Final = 60.0  # seconds; a renewed token refused so soon is not at fault; another would not help
_MEASURE_EVERY: Final = 60.0  # seconds between two looks at the vendor's clock


@dataclass(frozen=True, slots=True)
class _Failure:
    error: CommerceError
    until: float


class SharedToken:
    """The credential of a store whose token is renewed. For `Client(auth=…)`.

    Args:
        header: the header that carries the access token.
        tokens: where the token is kept; it is read again before each renewal, since another process may have been
            quicker.
        refresh: gets a new token for one that has a refresh token; its calls go through `Client.for_credentials`.
        audience: what the token must have been issued for.
        redactor: keeps the tokens and the app's own secret out of errors.
        clock: the time.
        hint: what a person does to get a token, for error messages.
    """

    def __init__(
        self,
        header: str,
        tokens: TokenStore,
        refresh: Refresh,
        *,
        audience: str,
        redactor: Redactor,
        clock: Clock,
        hint: str,
    ) -> None:
        self._header = header
        self._tokens = tokens
        self._refresh = refresh
        self._audience = audience
        self._redactor = redactor
        self._clock = clock
        self._hint = hint
        self._token: Token | None = None
        self._refused: Token | None = None
        self._unsaved: Token | None = None
        self._failure: _Failure | None = None
        self._renewed_at = -_YOUNG
        self._task: asyncio.Task[Token | None] | None = None
        self._scope: anyio.CancelScope | None = None
        self._skew = timedelta(0)
        self._measured = -_MEASURE_EVERY
        self._closed = False

    def lease(self) -> TokenLease:
        """The token's part for one call."""
        return TokenLease(self)

    def redact(self, text: str) -> str:
        """The text without any token, the past ones included."""
        return self._redactor.redact(text)

    def identity(self) -> Secret | None:
        """What outlasts a renewal, if there is such; None until the token is read from its place."""
        token = self._token
        return None if token is None else token.refresh or token.access

    async def close(self) -> None:
        """Ends a renewal under way. One whose answer has come is still saved."""
        self._closed = True
        if self._task is not None and self._scope is not None:
            self._scope.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait({self._task})

    async def replace(self, token: Token) -> None:
        """Saves a token that a person's login brought, and uses it from now on.

        Raises:
            ConfigError: it cannot be saved.
        """
        self._learn(token)
        await self._tokens.save(token)
        self._token, self._unsaved, self._failure = token, None, None

    def __repr__(self) -> str:
        return f"SharedToken({self._header!r}, '***')"

    # -- for leases --------------------------------------------------------------------------------------------

    async def ready(self) -> None:
        """Returns when there is a token to send, renewed if it is time.

        Raises:
            CommerceError: there is none: why, and what to do.
        """
        if self._task is None and self._usable and not self._is_due(self._token):
            return
        try:
            await self._renewed(self._token)
        except CommerceError:
            if not self._usable:
                raise  # one that lasts a little longer is used as long as it does

    async def refused(self, sent: Token | None) -> bool:
        """The vendor did not take this token. Returns when there is another; False if another would not help.

        Raises:
            CommerceError: there is none.
        """
        if sent is not self._token:
            return True  # a call that came late: the others have renewed it
        if self._clock.now() - self._renewed_at < _YOUNG:
            # It lacks a scope, for example, and every call for that would ask for a new one; unless another process
            # renewed it at the same time, and its token is the one that the vendor goes by.
            return await self._adopted(sent)
        self._refused = sent
        await self._renewed(sent)
        return True

    @property
    def stale(self) -> bool:
        """Whether the token is known to be refused or over, or is being renewed."""
        return self._task is not None or not self._usable

    def put_on(self, request: ClientRequest) -> Token:
        """Adds the header, and returns the token that it has."""
        if self._token is None:
            raise UsageError("this credential serves the calls of a store only")
        request.headers[self._header] = self._token.access.reveal()
        return self._token

    def observe(self, response: ClientResponse) -> None:
        """Reads the vendor's clock now and then."""
        now = self._clock.now()
        if now - self._measured >= _MEASURE_EVERY and (date := parse_date(response.headers.get("Date"))) is not None:
            self._measured, self._skew = now, date - self._clock.wall()

    # -- when ----------------------------------------------------------------------------------------------------

    @property
    def _usable(self) -> bool:
        token = self._token
        return token is not None and token is not self._refused and not self._is_over(token, timedelta(0))

    def _is_due(self, token: Token | None) -> bool:
        if token is None or token.expires is None:
            return token is None
        born = token.obtained or datetime.min.replace(tzinfo=UTC)
        return self._is_over(token, min(MARGIN, max(timedelta(0), token.expires - born) / 2))

    def _is_over(self, token: Token, margin: timedelta) -> bool:
        return token.expires is not None and self._clock.wall() + self._skew >= token.expires - margin

    # -- once for all --------------------------------------------------------------------------------------------

    async def _renewed(self, old: Token | None) -> None:
        if self._task is None:
            if self._token is not old:
                return
            if self._failure is not None and self._clock.now() < self._failure.until:
                raise copy(self._failure.error)
            if self._closed:
                raise UsageError("this store is closed")
            self._scope = anyio.CancelScope()
            self._task = asyncio.create_task(self._renew(self._scope), name="commerce-async token renewal")
            self._task.add_done_callback(_retrieved)
        task = self._task
        await asyncio.wait({task})  # unlike `await task`, a cancelled caller cancels only itself
        if task.cancelled():
            raise UsageError("the token was being renewed when the event loop was shut down")
        if isinstance(error := task.exception(), CommerceError):
            raise copy(error)  # the pipeline adds to an error what it knows of the call
        if task.result() is None:
            raise UsageError("the store was closed while its token was being renewed")

    async def _renew(self, scope: anyio.CancelScope) -> Token | None:
        """The task: the new token, which is the current one from then on; None if the store was closed meanwhile."""
        try:
            with scope:
                async with self._tokens.alone() if isinstance(self._tokens, Exclusive) else nullcontext():
                    self._token = await self._next()
                self._failure = None
                return self._token
            return None
        except CommerceError as error:
            passing = isinstance(error, TemporaryError)
            pause = max(_PAUSE, error.retry_after or 0.0) if passing else _FINAL_PAUSE
            self._failure = _Failure(self._explained(error), self._clock.now() + pause)
            raise self._failure.error from None
        finally:
            self._task = None

    async def _next(self) -> Token:
        old = self._token
        token = await self._load() or old
        if token is None:
            raise AuthError(f"no token is kept in {self._tokens}; {self._hint}")
        if not _same(token, old):
            self._token, self._unsaved = token, None  # what could not be saved is older
            if not self._is_due(token):
                return token  # another process was quicker
        if self._unsaved is None:
            try:
                self._unsaved = await self._refreshed(token)
            except AuthError:
                found = await self._load()  # refused, because another process was quicker just now?
                if found is None or _same(found, token) or self._is_due(found):
                    raise
                return found
        # Kept before it is used: if this process dies, the next one must not be left with a token that is over.
        with anyio.CancelScope(shield=True):
            await self._tokens.save(self._unsaved)
        new, self._unsaved = self._unsaved, None
        self._renewed_at = self._clock.now()
        return new

    async def _adopted(self, sent: Token | None) -> bool:
        """Whether there is another token now: one that was kept in place of the one sent, if it is any good."""
        found = await self._load()
        if sent is self._token and found is not None and not _same(found, sent) and not self._is_due(found):
            self._token = found
        return sent is not self._token

    async def _load(self) -> Token | None:
        token = await self._tokens.load()
        if token is None:
            return None
        self._redactor.hide(token.access, token.refresh)
        if token.audience != self._audience:
            raise ConfigError(f"the token in {self._tokens} is for {token.audience or 'another app'!r}; {self._hint}")
        if not stands_in_header(token.access.reveal()):
            raise ConfigError(f"the token in {self._tokens} cannot stand in a header; {self._hint}")
        return token

    async def _refreshed(self, token: Token) -> Token:
        if token.refresh is None:
            raise AuthError(f"the access token is not accepted any more, and cannot be renewed; {self._hint}")
        new = await self._refresh(token)
        self._learn(new)
        return new

    def _learn(self, token: Token) -> None:
        self._redactor.hide(token.access, token.refresh)
        if token.obtained is not None:
            self._measured, self._skew = self._clock.now(), token.obtained - self._clock.wall()

    def _explained(self, error: CommerceError) -> CommerceError:
        if error.operation is not None:  # it came from the vendor
            hint = f"; {self._hint}" if isinstance(error, AuthError) else ""
            error.reword(lambda text: f"the access token could not be renewed: {text}{hint}")
        error.safe_to_retry = isinstance(error, TemporaryError)  # the call that waits for the token was not carried out
        return error


class TokenLease:
    """A shared token's part for one call."""

    def __init__(self, shared: SharedToken) -> None:
        self._shared = shared
        self._sent: Token | None = None

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Adds the header."""
        self._sent = self._shared.put_on(request)
        response = await handler(request)
        self._shared.observe(response)
        return response

    async def ready(self) -> None:
        """See `SharedToken.ready`."""
        await self._shared.ready()

    async def renew(self) -> bool:
        """See `SharedToken.refused`."""
        return await self._shared.refused(self._sent)

    @property
    def stale(self) -> bool:
        """See `SharedToken.stale`."""
        return self._shared.stale


def _same(one: Token, other: Token | None) -> bool:
    return other is not None and one.access == other.access


def _retrieved(task: asyncio.Task[Token | None]) -> None:
    # Every caller may have been cancelled; the failure is remembered, and needs no complaint of the loop's.
    with suppress(asyncio.CancelledError):
        task.exception()


__all__ = ["MARGIN", "Refresh", "SharedToken", "TokenLease"]
