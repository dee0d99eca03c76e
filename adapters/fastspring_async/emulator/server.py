"""A FastSpring of your own: the emulated server."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, ClassVar, Self

from aiohttp import web

from commerce_async.testing.emulator import Emulator, Faults, Handler
from fastspring_async.emulator.forms import iso_time
from fastspring_async.emulator.keeping import Keeping
from fastspring_async.emulator.options import Dialect, History, Irregular
from fastspring_async.emulator.replies import refused, reply, unreadable
from fastspring_async.emulator.routes.bodies import UnreadableError
from fastspring_async.emulator.routes.families import FAMILIES
from fastspring_async.emulator.shop import UNTIL
from fastspring_async.emulator.throttle import Answer, Counter, Kind, throttled
from fastspring_async.emulator.words import Country
from fastspring_async.emulator.world import World


class FastSpringEmulator(Keeping, Emulator):
    """FastSpring's API on a loopback port, from the vendor's pages (FastSpring: API overview, /products, /orders).

    `rate_limit`, `rate_kind`, `throttle_with`, `dialect` and `faults` may be changed while it runs.

    Args:
        products: as for every `Emulator`, as are `orders`, `seed`, `faults` and `port`.
        username: what Basic authentication must carry, as UTF-8.
        password: the same.
        rate_limit: calls and seconds, or None for no limit. No answer shows it. 250 a minute is what FastSpring's
            reference of 2026 names.
        rate_kind: windows that follow the clock ("fixed"), or the last so many seconds ("sliding").
        throttle_with: the answer over the limit. "404-empty" and "404-html" are two readings of the pages' bare
            404; "429" carries Retry-After in seconds, "429-date" as an HTTP date.
        dialect: shapes and statuses on which pages and live shops differ.
        irregular: the share of records that deviate as live shops' do.
        broken: how many orders really cannot be read.
        broken_products: how many products really cannot be read.
        until: the last order at the start was made just before it (aware).
        span: the orders at the start were made in this time.
        history: the events at the start.

    Attributes:
        world: everything there is, events and webhooks among it; `world.executed` says what was done how often.
        expired_cards: ids of subscriptions whose charges fail.
    """

    vendor: ClassVar[str] = "fastspring"
    handler_args: ClassVar[dict[str, Any]] = {"max_line_size": 1 << 16, "max_field_size": 1 << 16}

    def __init__(
        self,
        *,
        products: int = 200,
        orders: int = 500,
        seed: int = 1,
        faults: Faults | None = None,
        port: int = 0,
        username: str = "emulator-user",
        password: str = "pässwörd-emulator",  # noqa: S107  not a secret: opens nothing but this server
        rate_limit: tuple[int, float] | None = (250, 60.0),
        rate_kind: Kind = "fixed",
        throttle_with: Answer = "404-empty",
        dialect: Dialect | None = None,
        irregular: Irregular | None = None,
        broken: int = 0,
        broken_products: int = 0,
        until: datetime = UNTIL,
        span: timedelta = timedelta(days=730),
        history: History | None = None,
    ) -> None:
        super().__init__(products=products, orders=orders, seed=seed, faults=faults, port=port)
        self.username = username
        self.password = password
        self.rate_limit = rate_limit
        self.rate_kind: Kind = rate_kind
        self.throttle_with: Answer = throttle_with
        self.dialect = dialect or Dialect()
        self.world = World(
            seed=seed,
            products=products,
            orders=orders,
            until=until,
            span=span,
            irregular=irregular or Irregular(),
            broken=broken,
            broken_products=broken_products,
            history=history or History(),
            dialect=lambda: self.dialect,
            ledger=self.ledger,
        )
        self.shop = self.world.shop
        self.expired_cards: set[str] = set()
        self._counter = Counter()

    # -- what the base asks for ----------------------------------------------------------------------------------

    def routes(self) -> list[web.RouteDef]:
        """The endpoints, by resource. Each refuses a URL that is too long for it."""
        found = [route for family in FAMILIES for route in family(self).routes()]
        return [web.route(each.method, each.path, self._bounded(each.handler), **each.kwargs) for each in found]

    def settings(self) -> dict[str, Any]:
        """Credentials and URL."""
        return {"username": self.username, "password": self.password, "base_url": self.url}

    def refuse(self, request: web.Request) -> web.StreamResponse | None:
        """401 without the right credentials or any User-Agent.

        A verb in lower case does not come this far: aiohttp's parser answers it with 400, not FastSpring's 404
        (and its parser in pure Python turns it into upper case).
        """
        words = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        known = scheme.lower() == "basic" and hmac.compare_digest(
            given.strip().encode("utf-8", "replace"), words.encode()
        )
        if known and request.headers.get("User-Agent", "").strip():
            return None
        challenge = {"WWW-Authenticate": 'Basic realm="FastSpring API"'}
        return reply({"code": 401, "message": "Unauthorized"}, status=401, headers=challenge)

    def limit(self, request: web.Request, *, storm: bool) -> web.StreamResponse | None:
        """The hidden limit; a storm does not count against it."""
        if storm:
            return throttled(self.throttle_with, 1.0)
        if self.rate_limit is None:
            return None
        wait = self._counter.wait(self.now(), *self.rate_limit, self.rate_kind)
        return None if wait is None else throttled(self.throttle_with, wait)

    def failed(self, request: web.Request) -> web.StreamResponse:
        """A 500 without a body or with FastSpring's code and message, in turn."""
        if self.ledger.faults["server_error"] % 2:
            return web.Response(status=500)
        return reply({"code": 500, "message": "Internal server error"}, status=500)

    def decorate(self, request: web.Request, response: web.StreamResponse) -> None:
        """Compresses, if the dialect says so."""
        if self.dialect.compress:
            response.enable_compression()

    # -- what the routes ask for ---------------------------------------------------------------------------------

    def crowd(self, wanted: list[str], action: str, kind: str) -> web.Response | None:
        """The refusal of a batch with more ids than the dialect allows."""
        most = self.dialect.max_batch
        if most is None or len(wanted) <= most:
            return None
        return refused(action, {kind: f"No more than {most} can be requested at once"}, status=400)

    def shifts(self) -> bool:
        """Whether a list moves before this page is read."""
        moves = self.chance.random() < self.faults.shift
        self.ledger.faults["shift"] += moves
        return moves

    def _bounded(self, handler: Any) -> Handler:
        async def bounded(request: web.Request) -> web.StreamResponse:
            if len(request.raw_path) > self.dialect.max_url:
                return web.Response(status=414)
            try:
                return await handler(request)
            except UnreadableError as error:
                return unreadable(error.message)

        return bounded

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self.world.webhooks.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.world.webhooks.stop()
        await super().__aexit__(kind, error, trace)

    def iso_in(self, seconds: int) -> str:
        """The shop's time in so many seconds, as the newer families write it."""
        return iso_time(self.world.now + seconds * 1000)

    def country_of(self, subscription: str) -> Country:
        """Where a subscription is paid from.

        Raises:
            KeyError: no such subscription.
        """
        number = self.world.subscriptions.number(subscription)
        if number is None:
            raise KeyError(subscription)
        return self.shop.receipts.people.country(self.shop.plans.plan(number).buyer)
