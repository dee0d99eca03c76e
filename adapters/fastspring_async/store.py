"""A FastSpring store."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import msgspec

from commerce_async.clock import Clock
from commerce_async.errors import ConfigError, UsageError
from commerce_async.http.auth import Basic
from commerce_async.http.call import Call, Reply
from commerce_async.http.client import Client, Options
from commerce_async.http.retry import clock_skew
from commerce_async.limits.adaptive import AdaptivePolicy
from commerce_async.limits.shared import LimiterPlace, place_of
from commerce_async.schema import Order
from commerce_async.secrets import Secret, resolve
from commerce_async.store import Probe, Store
from fastspring_async import calls, wire
from fastspring_async.calls import CurrencyParameter
from fastspring_async.mapping import VENDOR
from fastspring_async.records import Orders, Products
from fastspring_async.verdict import judge
from fastspring_async.walk import FIRST_DAY
from fastspring_async.wire import ORDERS

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from fastspring_async.api import Api
    from fastspring_async.product_writes import ProductWriting
    from fastspring_async.related import Related

AGENT: Final = "fastspring_async"
BASE_URL: Final = "https://api.fastspring.com"
MAX_PAGE_SIZE: Final = 500  # the vendor documents the default of 50 and no limit
_TOP: Final = 50.0
_DOCUMENTED: Final = 250  # calls a minute, FastSpring: Invoices API (2026), "per IP address"
_RATE: Final = 4.1  # 246 a minute


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a configuration file gives.

    Attributes:
        username, password: the store's API credentials; each may be `env:…`, `keyring:…` or `file:…`.
        base_url: another host, for tests.
        rate: calls per second to begin with; it then follows what the vendor lets through.
        page_size: orders a call, 1 to 500.
        orders_since: the day on which a full pass over the orders begins; before the first order there can be.
        currency_parameter: how a price's currency is asked for: `cy`, or `currency` as in the vendor's later reference.
        limiter: where the limit is shared with other processes: `redis://…`, or `env:…` and so on if it has a password.
        budget: a name; all FastSpring stores with the same one keep to one limit together.
        timeout: seconds for one attempt on the wire.
    """

    username: str
    password: Secret
    base_url: str = BASE_URL
    rate: float = _RATE
    page_size: int = 50
    orders_since: date = FIRST_DAY
    currency_parameter: CurrencyParameter = "cy"
    limiter: LimiterPlace | None = None
    budget: str | None = None
    timeout: float = 60.0

    def __repr__(self) -> str:
        return f"Settings(username='***', password='***', base_url={self.base_url!r})"

    def __rich_repr__(self) -> Any:
        # msgspec's own would show the credentials.
        yield "base_url", self.base_url


class FastSpring(Store):
    """One FastSpring store, live and test orders alike.

    Args:
        username: of the store's API credentials. FastSpring: Overview, API credentials.
        password: of the same.
        name: the store's name in reports and tables.
        base_url: another host, for tests.
        session: an aiohttp session of the caller's own: used, never closed.
        rate: calls per second to begin with. The vendor's older pages name no number; a later one says 250 a minute per
            IP address, which is kept to until it proves wrong. The rate follows what the vendor lets through.
        page_size: orders a call, 1 to 500.
        orders_since: the day on which a full list of orders begins; 2010-01-01 by default, which is before any.
        currency_parameter: how a price's currency is asked for: `cy`, or `currency`.
        limiter: where the limit is shared with other processes of this API user: `redis://…`; None for this one alone.
        budget: a name; all FastSpring stores with the same one keep to one limit together, as a limit per IP address
            demands. With `limiter` those of all processes.
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
        *,
        username: str | Secret,
        password: str | Secret,
        name: str = VENDOR,
        base_url: str = BASE_URL,
        session: ClientSession | None = None,
        rate: float = _RATE,
        page_size: int = 50,
        orders_since: date | None = None,
        currency_parameter: CurrencyParameter = "cy",
        limiter: str | LimiterPlace | None = None,
        budget: str | None = None,
        clock: Clock | None = None,
        **options: Any,
    ) -> None:
        client = Client(
            base_url,
            store=name,
            judge=judge,
            policy=_policy(rate),
            limiter=place_of(limiter),
            account=f"{VENDOR} {base_url} {_fingerprint(username)}",
            budget=budget,
            auth=(Basic(username, password),),
            options=Options().changed(**options),
            session=session,
            agent=AGENT,
            clock=clock,
        )
        super().__init__(name, client)
        if isinstance(page_size, bool) or not 1 <= page_size <= MAX_PAGE_SIZE:
            raise ConfigError(f"page_size: expected 1 to {MAX_PAGE_SIZE}, got {page_size!r}")
        if currency_parameter not in ("cy", "currency"):
            raise ConfigError(f"currency_parameter: expected 'cy' or 'currency', got {currency_parameter!r}")
        self._bind(page_size, orders_since or FIRST_DAY, currency_parameter)

    def _bind(self, page_size: int, first_day: date, parameter: CurrencyParameter) -> None:
        client = self.client
        self._bound = (page_size, first_day, parameter)
        self._products = Products(client, store=self.name)
        self._orders = Orders(client, store=self.name, page_size=page_size, first_day=first_day)

    @property
    def products(self) -> Products:
        """Products in the common schema."""
        return self._products

    @property
    def orders(self) -> Orders:
        """Orders in the common schema."""
        return self._orders

    @cached_property
    def product_writes(self) -> ProductWriting:
        """Writing products in the common schema."""
        from fastspring_async.product_writes import ProductWriting  # as the next one: a sync does without

        return ProductWriting(self.api.products)

    @cached_property
    def api(self) -> Api:
        """The vendor's own API."""
        from fastspring_async.api import Api

        page_size, _, parameter = self._bound
        return Api(self.client, page_size=page_size, currency_parameter=parameter)

    @classmethod
    def from_settings(cls, name: str, settings: Any) -> Self:
        """A store from an instance of `Settings`.

        Raises:
            ConfigError: a setting is wrong; the message names it.
        """
        values = msgspec.structs.asdict(settings)
        return cls(username=resolve(values.pop("username")), name=name, **values)

    def _rebound(self, client: Client) -> Self:
        derived = object.__new__(type(self))
        Store.__init__(derived, self.name, client)
        derived._bind(*self._bound)
        return derived

    async def related(self, order: Order) -> Related[wire.Subscription, wire.AccountRecord, wire.Return]:
        """The subscriptions, the account and the returns that an order of this store refers to.

        Raises:
            UsageError: the order is another store's.
            AuthError: the credentials are not accepted.
        """
        if order.store != self.name:
            raise UsageError(f"the order {order.id!r} is of the store {order.store!r}, not of {self.name!r}")
        from fastspring_async.related import related

        return await related(self.api, order)

    async def probe(self) -> Probe:
        """One cheap authenticated call: a single order of yesterday or today.

        Raises:
            AuthError: the vendor does not accept the credentials.
            CommerceError: whatever else the call raised.
        """
        clock, begun = self.client.clock, self.client.clock.now()
        today = clock.wall().date()
        recent = calls.OrderFilter(begin=today - timedelta(days=1), end=today)
        asked = calls.search(recent, page=1, limit=1)
        skew = await self.client.send(Call(asked.operation, asked.method, asked.path, _skew, asked.query))
        limit = f"not told; {self.client.limiter.snapshot().limit:g} calls per second assumed"
        return Probe(seconds=clock.now() - begun, limit=limit, skew=skew)

    def __repr__(self) -> str:
        return f"<FastSpring {self.name!r} at {self.client.base_url}>"


def _skew(reply: Reply) -> float | None:
    ORDERS.unwrap(reply.body)  # an answer that is not the API's is no answer
    return clock_skew(reply)


def _fingerprint(username: str | Secret) -> str:
    """Which user it is, for those who know; the account stands in memory and in Redis as it is."""
    words = username if isinstance(username, str) else username.reveal()
    return sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _policy(rate: float) -> AdaptivePolicy:
    try:
        return AdaptivePolicy(rate, top=max(rate, _TOP), documented=_DOCUMENTED)
    except ValueError as error:
        raise ConfigError(f"rate: {error}") from None
