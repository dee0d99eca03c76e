"""A Spark Pay Online Store shop (the API was also named AmeriCommerce and Cart.com Online Store)."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, ClassVar, Final, Self

import msgspec
from aiohttp import ClientSession

from commerce_async.clock import Clock
from commerce_async.errors import ConfigError
from commerce_async.http.auth import HeaderToken
from commerce_async.http.call import Call, Reply
from commerce_async.http.client import Client, Options
from commerce_async.http.retry import clock_skew
from commerce_async.limits.window import WindowPolicy
from commerce_async.schema import Order, Product, require_currency
from commerce_async.secrets import Secret
from commerce_async.store import Probe, Store
from sparkpay_async import calls, kinds, wire
from sparkpay_async.api import Api
from sparkpay_async.mapping import VENDOR, Shop
from sparkpay_async.records import ORDER_EXPAND, PRODUCT_EXPAND, CommonRecords, OrderJoin, ProductJoin
from sparkpay_async.verdict import judge, read_usage

AGENT: Final = "sparkpay_async"
TOKEN_HEADER: Final = "X-AC-Auth-Token"  # noqa: S105  the header's name
MAX_PAGE_SIZE: Final = 1000  # the most that shops have been seen to serve; the vendor documents no limit

_API: Final = "/api/v1"
_API_SUFFIX: Final = re.compile(r"/api(?:/v1)?/*$", re.IGNORECASE)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a configuration file gives.

    Attributes:
        base_url: the shop's address, `https://shop.example.com`.
        token: access token from the admin console or OAuth; may be `env:…`, `keyring:…` or `file:…`.
        currency: ISO 4217 code of the shop's amounts; the API does not tell it.
        page_size: records a call, 1 to 1000.
        limit, period: calls per so many seconds until the shop's replies say otherwise.
        rate: calls per second never to exceed, if the shop should keep some of its limit for others.
        timeout: seconds for one attempt on the wire.
    """

    base_url: str
    token: Secret
    currency: str
    page_size: int = 100
    limit: int = 50
    period: float = 10.0
    rate: float | None = None
    timeout: float = 60.0


class SparkPay(Store):
    """One shop. The token needs the scopes `read_catalog`, `read_orders` and (for an order's customer) `read_people`.

    Args:
        base_url: the shop's address; `/api/v1` is added.
        token: the access token.
        currency: ISO 4217 code of the shop's amounts; the API does not tell it.
        name: the store's name in reports and tables.
        session: an aiohttp session of the caller's own: used, never closed.
        page_size: records a call in common lists, 1 to 1000.
        limit, period: calls per so many seconds, until `X-AC-Call-Limit` says otherwise.
        rate: calls per second never to exceed, beside the limit.
        clock: the time, for tests.
        options: fields of `commerce_async.http.client.Options`.

    Raises:
        ConfigError: a setting is wrong; the message names it.
        UsageError: an option that does not exist.
    """

    vendor: ClassVar[str] = VENDOR
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def __init__(
        self,
        base_url: str,
        *,
        token: str | Secret,
        currency: str,
        name: str = VENDOR,
        session: ClientSession | None = None,
        page_size: int = 100,
        limit: int = 50,
        period: float = 10.0,
        rate: float | None = None,
        clock: Clock | None = None,
        **options: Any,
    ) -> None:
        if rate is not None and not rate > 0:
            raise ConfigError(f"rate: expected calls per second above 0, got {rate!r}")
        client = Client(
            api_url(base_url),
            store=name,
            judge=judge,
            policy=_policy(limit, period),
            auth=(HeaderToken(TOKEN_HEADER, token),),
            options=Options().changed(**options),
            rate=rate,
            clock=clock,
            session=session,
            agent=AGENT,
        )
        super().__init__(name, client)
        if isinstance(page_size, bool) or not 1 <= page_size <= MAX_PAGE_SIZE:
            raise ConfigError(f"page_size: expected 1 to {MAX_PAGE_SIZE}, got {page_size!r}")
        self._bind(Shop(store=name, currency=_currency(currency)), page_size)

    def _bind(self, shop: Shop, page_size: int) -> None:
        client = self.client
        self._shop = shop
        self._page_size = page_size
        self._products = CommonRecords(
            client,
            kinds.PRODUCTS,
            expand=PRODUCT_EXPAND,
            page_size=page_size,
            join=partial(ProductJoin, client, shop),
        )
        self._orders = CommonRecords(
            client, kinds.ORDERS, expand=ORDER_EXPAND, page_size=page_size, join=partial(OrderJoin, client, shop)
        )
        self.api = Api(client, page_size)

    @property
    def products(self) -> CommonRecords[wire.Product, Product]:
        """Products in the common schema."""
        return self._products

    @property
    def orders(self) -> CommonRecords[wire.Order, Order]:
        """Orders in the common schema, with their customers, addresses, items, payments and shipments."""
        return self._orders

    @classmethod
    def from_settings(cls, name: str, settings: Any) -> Self:
        """A store from an instance of `Settings`.

        Raises:
            ConfigError: a setting is wrong; the message names it.
        """
        values = msgspec.structs.asdict(settings)
        return cls(values.pop("base_url"), name=name, **values)

    def _rebound(self, client: Client) -> Self:
        derived = object.__new__(type(self))
        Store.__init__(derived, self.name, client)
        derived._bind(self._shop, self._page_size)
        return derived

    async def probe(self) -> Probe:
        """One cheap authenticated call: a single order status.

        Raises:
            AuthError: the vendor does not accept the token.
            CommerceError: whatever else the call raised.
        """
        clock, begun = self.client.clock, self.client.clock.now()
        asked = calls.listing(kinds.ORDER_STATUSES, calls.query(count=1))
        told = await self.client.send(
            Call(operation="probe", method=asked.method, path=asked.path, decode=_told, query=asked.query)
        )
        shown = self.client.limiter.snapshot()
        limit = told.limit or f"not told; {shown.limit:g} per {shown.period:g} s assumed"
        return Probe(seconds=clock.now() - begun, limit=limit, skew=told.skew)

    def __repr__(self) -> str:
        return f"<SparkPay {self.name!r} at {self.client.base_url}>"


class _Told(msgspec.Struct, frozen=True):
    """What a reply's headers say."""

    limit: str | None
    skew: float | None


def _told(reply: Reply) -> _Told:
    wire.read_rows(reply.body, kinds.ORDER_STATUSES.keys)  # an answer that is not the API's is no answer
    usage = read_usage(reply.headers.get("x-ac-call-limit"))
    return _Told(limit=None if usage is None else f"{usage.used}/{usage.limit}", skew=clock_skew(reply))


def api_url(base_url: str) -> str:
    """The API's address from the shop's, which may have it already (Spark Pay: API overview)."""
    return _API_SUFFIX.sub("", base_url.strip()).rstrip("/") + _API


def _currency(code: object) -> str:
    try:
        return require_currency(code)
    except ValueError as error:
        raise ConfigError(f"currency: {error}") from None


def _policy(limit: int, period: float) -> WindowPolicy:
    try:
        return WindowPolicy(limit, period)
    except ValueError as error:
        raise ConfigError(f"limit, period: {error}") from None
