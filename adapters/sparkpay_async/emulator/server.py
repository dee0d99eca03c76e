"""The Spark Pay server: the token, the rate limit, caching, and which endpoint a call means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self, cast

import msgspec
from aiohttp import hdrs, web

from commerce_async.testing.emulator import Faults

from . import replies
from .caching import Copy, ServerCache
from .happenings import Happenings
from .hooks import Hooks
from .keeping import Keeping
from .limiter import CallLimit, Kind
from .oauth import OAuth
from .paths import Path, content, decode
from .query import BadQuery
from .quirks import Quirks
from .reads import Reads
from .replies import RetryAfter
from .specials import Ask, Specials
from .tables import Table
from .world import World
from .writes import Refused, Writes

TOKEN = "fake-sparkpay-token-for-tests"  # noqa: S105  an obvious fake: the emulator's own
_ROOT = "/api/v1"

# What the header will say of the call being handled: the count when it came, not when its answer goes out.
_used: ContextVar[int | None] = ContextVar("used", default=None)


class SparkPayEmulator(Keeping):
    """A Spark Pay Online Store on a loopback port.

    Spark Pay: Requests and Responses, Caching, Rate Limits; the resources behave as in the vendor's common usage.

    Args:
        products: as for every `Emulator`, as are `seed`, `faults` and `port`.
        orders: the same. Customers are a third of them.
        limit: calls allowed per window.
        period: seconds of a window.
        window: "fixed" (aligned), "first-call" (opened by the first call), "sliding", or None for no limit at all.
        phase: how many seconds of a fixed window have passed when the server starts.
        used_before: calls that another program had made when the server starts.
        call_limit_header: whether answers carry `X-AC-Call-Limit`.
        retry_after: how a 429 says when to come back.
        max_count: the largest page; a larger `count` gets this many.
        token: what `X-AC-Auth-Token` must be.
        until: when the generated records end.
        broken: how many orders cannot be read; see `broken_order_ids`.
        broken_products: how many products cannot be read.
        max_age: seconds for the caching headers of reads; None sends none.
        links: scheme and host of `next_page`, if not the server's own.
        clock: the server's clock in seconds, if not the event loop's.
        wall: the server's time of day, if not this machine's; also sent as `Date`.
        quirks: how this shop deviates; may be changed while running.

    Attributes:
        oauth: the apps and tokens; see `OAuth`.
        hooks: what was posted to webhooks; see `Hooks`.
        cache: the server's cache of reads, used if `quirks.server_cache`; see `ServerCache`.
        specials: e-mails sent, files uploaded; see `Specials`.
    """

    vendor = "sparkpay"

    def __init__(
        self,
        *,
        products: int = 200,
        orders: int = 500,
        seed: int = 1,
        faults: Faults | None = None,
        port: int = 0,
        limit: int = 50,
        period: float = 10.0,
        window: Kind | None = "fixed",
        phase: float = 0.0,
        used_before: int = 0,
        call_limit_header: bool = True,
        retry_after: RetryAfter = "seconds",
        max_count: int = 1_000,
        token: str = TOKEN,
        until: datetime = datetime(2026, 3, 1, tzinfo=UTC),
        broken: int = 0,
        broken_products: int = 0,
        max_age: int | None = 5,
        links: str = "",
        clock: Callable[[], float] | None = None,
        wall: Callable[[], datetime] | None = None,
        quirks: Quirks | None = None,
    ) -> None:
        super().__init__(products=products, orders=orders, seed=seed, faults=faults, port=port)
        self.call_limit_header = call_limit_header
        self.retry_after: RetryAfter = retry_after
        self.token = token
        self.max_age = max_age
        self.quirks = quirks or Quirks()
        self.started = 0.0
        self._window: Kind | None = window
        self._allowed = (limit, period, phase, used_before)
        self._limiter: CallLimit | None = None
        self._clock = clock
        self._wall = wall or _now
        self._own_date = wall is not None
        self.world = World(
            seed=seed,
            products=products,
            orders=orders,
            until=until,
            broken_products=broken_products,
            broken_orders=broken,
            wall=self._wall,
        )
        self._reads = Reads(
            self.world,
            seed=seed,
            most=max_count,
            base=lambda: links or self.url,
            shift=lambda: self.faults.shift,
            quirks=lambda: self.quirks,
        )
        self.writes = Writes(self.world, self._reads, lambda: self.quirks)
        self.hooks = Hooks(lambda: self.world.tables["webhooks"])
        happenings = Happenings(self.world, self.hooks)
        self.specials = Specials(self.world, self._reads, self.writes, happenings, lambda: self.quirks)
        self.oauth = OAuth(self.now, self._wall)
        self.cache = ServerCache()

    # -- the rules -------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self.started = self.now()
        limit, period, phase, used = self._allowed
        if self._window is not None:
            self._limiter = CallLimit(limit, period, self._window, start=self.started, phase=phase, used=used)
        await super().__aenter__()
        await self.hooks.start()
        return self

    def now(self) -> float:
        return self._clock() if self._clock else super().now()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.hooks.stop()
        await super().__aexit__(kind, error, trace)

    def settings(self) -> dict[str, Any]:
        return {"base_url": self.url, "token": self.token, "currency": "USD"}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/oauth", self._authorize, allow_head=False),
            web.post("/api/oauth/{step:access_token|refresh}", self._token),
            web.route("*", "/{path:.*}", self._call),
        ]

    def route_of(self, request: web.Request) -> str:
        return f"{_ROOT}/{Path.of(request).pattern}"

    def _admit(self, request: web.Request) -> None:
        if _is_oauth(request):
            self.ledger.by_route[f"{request.method} {request.path}"] += 1
        else:
            super()._admit(request)

    def refuse(self, request: web.Request) -> web.StreamResponse | None:
        _used.set(None)
        if request.method != request.method.upper():
            return self._error(400, "Verbs are written in upper case.")
        token = request.headers.get("X-AC-Auth-Token", "")
        if not _is_oauth(request) and token != self.token and self.oauth.scope_of(token) is None:
            return self._error(401, "Invalid or missing access token.")
        return None

    def limit(self, request: web.Request, *, storm: bool) -> web.StreamResponse | None:
        limiter = None if _is_oauth(request) else self._limiter
        now = self.now()
        passed = not storm and (limiter is None or limiter.take(now))
        if limiter is not None:
            _used.set(limiter.used(now))
        if passed:
            return None
        wait = (limiter.resets_in(now) if limiter else 0.0) or 1.0
        response = self._error(429, "The call limit is reached.")
        value = replies.retry_after(self.retry_after, self._wall(), wait)
        if value is not None:
            response.headers[hdrs.RETRY_AFTER] = value
        return response

    def failed(self, request: web.Request) -> web.StreamResponse:
        return self._error(500, "Orders Class - Base GET failed: Timeout expired.")

    def decorate(self, request: web.Request, response: web.StreamResponse) -> None:
        limiter = self._limiter
        if limiter is not None and self.call_limit_header:
            used = _used.get()
            response.headers["X-AC-Call-Limit"] = (
                f"{limiter.used(self.now()) if used is None else used}/{limiter.limit}"
            )
        if self._own_date:
            response.headers[hdrs.DATE] = replies.http_date(int(self._wall().timestamp()))

    # -- endpoints -------------------------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        """Any call but those of the OAuth flow."""
        path = Path.of(request)
        if path.resource in self.quirks.forbidden:
            return self._error(403, f"The access token does not have access to {path.resource}.")
        try:
            body, parts = await content(request)
            response = self._answered(request, path, body, parts)
        except (BadQuery, Refused) as problem:
            response = replies.error(getattr(problem, "status", 400), str(problem))
        self.ledger.faults["shift"] = self._reads.shifts
        self.ledger.writes += request.method != "GET" and response.status < 400
        return self._marred(response) if response.status >= 400 else response

    def _answered(
        self, request: web.Request, path: Path, body: Any, parts: tuple[tuple[str, bytes], ...]
    ) -> web.Response:
        special = self.specials.find(request.method, path.pattern)
        if special is not None:
            scope = self.oauth.scope_of(request.headers.get("X-AC-Auth-Token", ""))
            return special(Ask(request.query, path.id or 0, path.text, body, scope, parts))
        table = self.world.tables.get(path.resource)
        if table is None or not path.whole:
            return replies.unknown_path(request)
        if request.method == "GET":
            return self._read(table, request, path)
        if request.method == "POST" and path.id is None and not path.word:
            return self.writes.post(table, body)
        if path.id is None or path.word or request.method not in ("PUT", "DELETE"):
            return replies.error(405, f"The requested resource does not support http method '{request.method}'.")
        return self.writes.put(table, path.id, body) if request.method == "PUT" else self.writes.delete(table, path.id)

    def _read(self, table: Table, request: web.Request, path: Path) -> web.Response:
        """A read, from the server's cache if that is switched on."""
        now, changed, quirks = self._wall(), self.world.last_change, self.quirks
        response = self.cache.find(request, now, changed) if quirks.server_cache else None
        if response is None:
            response = self._read_anew(table, request, path)
            if self.max_age is not None and response.status == 200:
                replies.allow_caching(response, now, changed, self.max_age)
                if quirks.server_cache:
                    copy = Copy(cast(bytes, response.body), changed, now + timedelta(seconds=self.max_age))
                    self.cache.keep(request, copy)
        return (self.cache.unchanged(request, response) if quirks.not_modified else None) or response

    def _read_anew(self, table: Table, request: web.Request, path: Path) -> web.Response:
        reads = self._reads
        if path.id is not None:
            return reads.nested(table, request, path.id, path.word) if path.word else reads.one(table, request, path.id)
        if path.word == "select_many":
            return reads.select_many(table, request)
        return replies.unknown_path(request) if path.word else reads.list(table, request)

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        return self.oauth.authorize(request)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = request.content_type != "application/json"
        try:
            given: Any = await request.post() if form else decode(await request.read())
        except msgspec.DecodeError:
            given = None
        if not isinstance(given, Mapping):
            return self._error(400, "The request body could not be read.")
        answer = self.oauth.exchange if request.match_info["step"] == "access_token" else self.oauth.refresh
        return answer(cast("Mapping[str, Any]", given), form)

    def _error(self, status: int, details: str) -> web.Response:
        return self._marred(replies.error(status, details))

    def _marred(self, response: web.Response) -> web.Response:
        """An error, in the form that the switch says."""
        return response if self.quirks.error_body == "object" else replies.marred(response, self.quirks.error_body)


def _now() -> datetime:
    return datetime.now(UTC)


def _is_oauth(request: web.Request) -> bool:
    return request.path.startswith("/api/oauth")
