"""A FastSpring of your own: the emulated server."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from aiohttp import web

from commerce_async.testing.emulator import Emulator, Faults, Handler
from fastspring_async.emulator.options import Dialect, Irregular
from fastspring_async.emulator.replies import refused, reply
from fastspring_async.emulator.routes.orders import Orders
from fastspring_async.emulator.routes.products import Products
from fastspring_async.emulator.shop import UNTIL, Shop
from fastspring_async.emulator.throttle import Answer, Counter, Kind, throttled


class FastSpringEmulator(Emulator):
    """FastSpring's API on a loopback port, from the vendor's pages (FastSpring: API overview, /products, /orders).

    `rate_limit`, `rate_kind`, `throttle_with`, `dialect` and `faults` may be changed while it runs.

    Args:
        products, orders, seed, faults, port: as for every emulator.
        username, password: what Basic authentication must carry, as UTF-8.
        rate_limit: calls and seconds, or None for no limit. No answer shows it. 250 a minute is what FastSpring's
            reference of 2026 names.
        rate_kind: windows that follow the clock ("fixed"), or the last so many seconds ("sliding").
        throttle_with: the answer over the limit. "404-empty" and "404-html" are two readings of the pages' bare
            404; "429" carries Retry-After in seconds, "429-date" as an HTTP date.
        dialect: shapes and statuses on which pages and live shops differ.
        irregular: the share of records that deviate as live shops' do.
        broken, broken_products: how many records really cannot be read.
        until, span: the orders at the start were made in this time, the last just before `until` (aware).
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
    ) -> None:
        super().__init__(products=products, orders=orders, seed=seed, faults=faults, port=port)
        self.username = username
        self.password = password
        self.rate_limit = rate_limit
        self.rate_kind: Kind = rate_kind
        self.throttle_with: Answer = throttle_with
        self.dialect = dialect or Dialect()
        self.shop = Shop(
            seed=seed,
            products=products,
            orders=orders,
            until=until,
            span=span,
            irregular=irregular,
            broken=broken,
            broken_products=broken_products,
        )
        self._counter = Counter()

    # -- what the base asks for ----------------------------------------------------------------------------------

    def routes(self) -> list[web.RouteDef]:
        """The endpoints, by resource. Each refuses a URL that is too long for it."""
        found = [*Products(self).routes(), *Orders(self).routes()]
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
        return self.chance.random() < self.faults.shift

    def _bounded(self, handler: Any) -> Handler:
        async def bounded(request: web.Request) -> web.StreamResponse:
            if len(request.raw_path) > self.dialect.max_url:
                return web.Response(status=414)
            return await handler(request)

        return bounded

    # -- changes, for tests --------------------------------------------------------------------------------------

    def insert_order(self) -> str:
        """A customer buys something, just now: the new order's id."""
        return self.order_id(self.shop.add_order())

    def edit_order(self, identity: str, **changes: Any) -> None:
        """Changes members of an order (by default its tags) and the time of its last change.

        Raises:
            KeyError: no such order.
        """
        self.shop.edit_order(self._number(identity), changes or {"tags": {"edited": self.shop.now.isoformat()}})

    def insert_product(self) -> str:
        """A fresh product: its path."""
        return self.shop.add_product()

    def edit_product(self, path: str, **changes: Any) -> None:
        """Changes members of a product; by default its English name.

        Raises:
            KeyError: no such product.
        """
        record = self.product(path)
        name = {"display": {"en": f"Edited {self.shop.now:%H:%M:%S}"}}
        self.shop.put_product(path, {**record, **(changes or name)})

    def remove_product(self, path: str) -> list[str]:
        """Removes a product and, as FastSpring does, its variations: what was removed.

        Raises:
            KeyError: no such product.
        """
        self.product(path)
        return self.shop.remove_product(path)

    # -- the truth, to compare with ------------------------------------------------------------------------------

    @property
    def product_count(self) -> int:
        """Products in the shop now, unreadable ones included."""
        return self.shop.product_count

    @property
    def order_count(self) -> int:
        """Orders in the shop now, unreadable ones included."""
        return self.shop.plans.count

    def product_ids(self) -> list[str]:
        """Every product's path, in the order of the list."""
        return list(self.shop.product_paths())

    def order_ids(self) -> Iterator[str]:
        """Every order's id, the oldest first."""
        return (self.order_id(number) for number in range(self.order_count))

    def order_id(self, number: int) -> str:
        """The id of the order that was made as number so-and-so (from 0)."""
        return self.shop.receipts.ids.make(number)

    def product(self, path: str) -> dict[str, Any]:
        """The product as it would be sent, amounts as Decimal.

        Raises:
            KeyError: no such product.
        """
        record = self.shop.product(path)
        if record is None:
            raise KeyError(path)
        return record

    def order(self, identity: str) -> dict[str, Any]:
        """The order as it would be sent, amounts as Decimal.

        Raises:
            KeyError: no such order.
        """
        return self.shop.order(self._number(identity))

    def order_total(self, identity: str) -> Decimal:
        """What the order comes to, exactly; for an unreadable one, what it would.

        Raises:
            KeyError: no such order.
        """
        return self.shop.order_total(self._number(identity))

    def order_created(self, identity: str) -> int:
        """When the order was made, in milliseconds since 1970: what the date filters go by.

        Raises:
            KeyError: no such order.
        """
        return self.shop.plans.created(self._number(identity))

    def unreadable_orders(self) -> list[str]:
        """The ids of the orders that cannot be read."""
        return [self.order_id(number) for number in sorted(self.shop.receipts.broken)]

    def unreadable_products(self) -> list[str]:
        """The paths of the products that cannot be read and are still there."""
        paths = [self.shop.catalog.path(number) for number in sorted(self.shop.catalog.broken)]
        return [path for path in paths if self.shop.product(path) is not None]

    def _number(self, identity: str) -> int:
        number = self.shop.order_number(identity)
        if number is None:
            raise KeyError(identity)
        return number
