"""The Spark Pay server: endpoints, list envelopes, the token, the rate limit and the vendor's error object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

from aiohttp import hdrs, web

from commerce_async.testing.emulator import Emulator, Faults

from . import replies
from .limiter import CallLimit, Kind
from .query import BadQuery
from .reads import Answer, Reads
from .replies import RetryAfter
from .tables import Table
from .values import Record
from .world import World

TOKEN = "fake-sparkpay-token-for-tests"  # noqa: S105  an obvious fake: the emulator's own
_ROOT = "/api/v1"

# What the header will say of the call being handled: the count when it came, not when its answer goes out.
_used: ContextVar[int | None] = ContextVar("used", default=None)


class SparkPayEmulator(Emulator):
    """A Spark Pay Online Store on a loopback port.

    Spark Pay: Requests and Responses, Caching, Rate Limits; the resources behave as in the vendor's common usage.

    Args:
        products, orders, seed, faults, port: see `Emulator`. Customers are a third of the orders.
        limit, period: calls allowed per window, and its seconds.
        window: "fixed" (aligned), "first-call" (opened by the first call), "sliding", or None for no limit at all.
        phase: how many seconds of a fixed window have passed when the server starts.
        used_before: calls that another program had made when the server starts.
        call_limit_header: whether answers carry `X-AC-Call-Limit`.
        retry_after: how a 429 says when to come back.
        max_count: the largest page; a larger `count` gets this many.
        token: what `X-AC-Auth-Token` must be.
        until: when the generated records end.
        broken, broken_products: orders and products that cannot be read; see `broken_order_ids`.
        max_age: seconds for the caching headers of reads; None sends none.
        links: scheme and host of `next_page`, if not the server's own.
        clock: the server's clock in seconds, if not the event loop's.
        wall: the server's time of day, if not this machine's; also sent as `Date`.
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
    ) -> None:
        super().__init__(products=products, orders=orders, seed=seed, faults=faults, port=port)
        self.call_limit_header = call_limit_header
        self.retry_after: RetryAfter = retry_after
        self.token = token
        self.max_age = max_age
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
        )

    # -- what tests ask and do -------------------------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        return {"base_url": self.url, "token": self.token, "currency": "USD"}

    @property
    def product_count(self) -> int:
        """Products that are there now."""
        return len(self.world.products.ids())

    @property
    def order_count(self) -> int:
        """Orders that are there now."""
        return len(self.world.orders.ids())

    def product_ids(self) -> Sequence[int]:
        """Ids of the products that are there now, rising; ask again after a change."""
        return self.world.products.ids()

    def order_ids(self) -> Sequence[int]:
        """Ids of the orders that are there now, rising; ask again after a change."""
        return self.world.orders.ids()

    @property
    def broken_product_ids(self) -> list[int]:
        """Products whose price is not a number, those removed since included."""
        return [self.world.products.numbers.id(index) for index in self.world.products.spoiled]

    @property
    def broken_order_ids(self) -> list[int]:
        """Orders whose total is not a number, those removed since included."""
        return [self.world.orders.numbers.id(index) for index in self.world.orders.spoiled]

    def product(self, id: int) -> Record:
        """A product with everything nested, amounts as Decimal or int. KeyError if it is not there."""
        return self.world.filled(self.world.products, id)

    def order(self, id: int) -> Record:
        """An order with everything nested, amounts as Decimal or int. KeyError if it is not there."""
        return self.world.filled(self.world.orders, id)

    def order_total(self, id: int) -> Decimal:
        """An order's true grand total. KeyError if it is not there."""
        return self.world.order_total(id)

    def table(self, resource: str) -> Table:
        """Any resource's records; `Generated` ones know what was `inserted`, `removed`, or `existed_throughout()`."""
        return self.world.tables[resource]

    def insert_product(self, **changes: Any) -> int:
        """A new product, created now; returns its id."""
        return self.world.insert(self.world.products, changes)

    def insert_order(self, **changes: Any) -> int:
        """A new order, placed now; returns its id."""
        return self.world.insert(self.world.orders, changes)

    def edit_product(self, id: int, **changes: Any) -> Record:
        """Changes a product (its price, if nothing is named) and its `updated_at`; returns the record."""
        products = self.world.products
        return self.world.edit(products, id, changes or self.world.default_edit(products, id))

    def edit_order(self, id: int, **changes: Any) -> Record:
        """Changes an order (its status, if nothing is named) and its `updated_at`; returns the record."""
        orders = self.world.orders
        return self.world.edit(orders, id, changes or self.world.default_edit(orders, id))

    def remove_product(self, id: int) -> None:
        """Removes a product. KeyError if it is not there."""
        self.world.products.remove(id)

    def remove_order(self, id: int) -> None:
        """Removes an order. KeyError if it is not there."""
        self.world.orders.remove(id)

    def foreign_call(self, n: int = 1) -> int:
        """Another program makes so many calls on the same account; returns how many of them passed."""
        return self._limiter.foreign(self.now(), n) if self._limiter else n

    def admissible(self, start: float | None = None, end: float | None = None) -> int | None:
        """The most calls that the limit allowed this client in that time (server clock; the whole run by default).

        Compare it with the times in `ledger.admitted_at`. See `CallLimit.admissible`; None if there is no limit.
        """
        if self._limiter is None:
            return None
        return self._limiter.admissible(self.started if start is None else start, self.now() if end is None else end)

    # -- the rules -------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self.started = self.now()
        limit, period, phase, used = self._allowed
        if self._window is not None:
            self._limiter = CallLimit(limit, period, self._window, start=self.started, phase=phase, used=used)
        return await super().__aenter__()

    def now(self) -> float:
        return self._clock() if self._clock else super().now()

    def routes(self) -> list[web.RouteDef]:
        reads = self._reads
        found: list[web.RouteDef] = []
        for table in self.world.tables.values():
            base = f"{_ROOT}/{table.resource}"
            answers: dict[str, Answer] = {
                "": reads.list,
                "/select_many": reads.select_many,
                r"/{id:\d+}": reads.one,
                r"/{id:\d+}/{nested:[a-z_]+}": reads.nested,
            }
            for path, answer in answers.items():
                handler = self._bound(table, answer)
                found += [web.get(f"{base}{path}{end}", handler, allow_head=False) for end in ("", ".json")]
        return [*found, web.route("*", "/{path:.*}", self._unknown)]

    def refuse(self, request: web.Request) -> web.StreamResponse | None:
        _used.set(None)
        if request.method != request.method.upper():
            return replies.error(400, "Verbs are written in upper case.")
        if request.headers.get("X-AC-Auth-Token") != self.token:
            return replies.error(401, "Invalid or missing access token.")
        return None

    def limit(self, request: web.Request, *, storm: bool) -> web.StreamResponse | None:
        limiter = self._limiter
        now = self.now()
        passed = not storm and (limiter is None or limiter.take(now))
        if limiter is not None:
            _used.set(limiter.used(now))
        if passed:
            return None
        wait = (limiter.resets_in(now) if limiter else 0.0) or 1.0
        response = replies.error(429, "The call limit is reached.")
        value = replies.retry_after(self.retry_after, self._wall(), wait)
        if value is not None:
            response.headers[hdrs.RETRY_AFTER] = value
        return response

    def failed(self, request: web.Request) -> web.StreamResponse:
        return replies.error(500, "Orders Class - Base GET failed: Timeout expired.")

    def decorate(self, request: web.Request, response: web.StreamResponse) -> None:
        limiter = self._limiter
        if limiter is not None and self.call_limit_header:
            used = _used.get()
            response.headers["X-AC-Call-Limit"] = (
                f"{limiter.used(self.now()) if used is None else used}/{limiter.limit}"
            )
        if self._own_date:
            response.headers[hdrs.DATE] = replies.http_date(int(self._wall().timestamp()))

    def _bound(self, table: Table, answer: Answer) -> Any:
        async def handler(request: web.Request) -> web.StreamResponse:
            try:
                response = answer(table, request)
            except BadQuery as problem:
                return replies.error(400, str(problem))
            if self.max_age is not None and response.status == 200:
                replies.allow_caching(response, self._wall(), self.world.last_change, self.max_age)
            self.ledger.faults["shift"] = self._reads.shifts
            return response

        return handler

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        return replies.unknown_path(request)


def _now() -> datetime:
    return datetime.now(UTC)
