"""A Spark Pay Online Store shop (the API was also named AmeriCommerce and Cart.com Online Store)."""

from __future__ import annotations

import re
from functools import cached_property, partial
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import msgspec

from commerce_async.clock import Clock, LoopClock
from commerce_async.errors import ConfigError, RejectedError
from commerce_async.http.auth import HeaderToken
from commerce_async.http.call import Call, Reply
from commerce_async.http.client import Client, Options
from commerce_async.http.retry import clock_skew
from commerce_async.limits.shared import LimiterPlace, place_of
from commerce_async.limits.window import WindowPolicy
from commerce_async.schema import Order, Product, require_currency
from commerce_async.secrets import Secret
from commerce_async.store import Probe, Store
from commerce_async.tokens import TokenPlace
from sparkpay_async import calls, kinds, wire
from sparkpay_async.mapping import VENDOR, Defaults, Shop
from sparkpay_async.records import ORDER_EXPAND, PRODUCT_EXPAND, CommonRecords, OrderJoin, ProductJoin
from sparkpay_async.verdict import judge, read_usage

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from commerce_async.http.cache import Storage
    from sparkpay_async.api import Api
    from sparkpay_async.oauth import Login, OAuth
    from sparkpay_async.oauth.grants import Grants
    from sparkpay_async.product_writes import ProductWriting

AGENT: Final = "sparkpay_async"
TOKEN_HEADER: Final = "X-AC-Auth-Token"  # noqa: S105  the header's name
MAX_PAGE_SIZE: Final = 1000  # the most that shops have been seen to serve; the vendor documents no limit

_REQUIRED: Final = ("client_id", "client_secret", "scope", "token_store")
_OAUTH: Final = (*_REQUIRED, "redirect_uri")
_API: Final = "/api/v1"
_API_SUFFIX: Final = re.compile(r"/api(?:/v1)?/*$", re.IGNORECASE)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a configuration file gives: either `token`, or the four that OAuth needs.

    Attributes:
        base_url: the shop's address, `https://shop.example.com`.
        currency: ISO 4217 code of the shop's amounts; the API does not tell it.
        token: access token from the admin console, which does not expire; may be `env:…`, `keyring:…` or `file:…`.
        client_id, client_secret: App ID and App Secret; the secret may be kept elsewhere as well.
        scope: what a token of OAuth may do, such as `["read_catalog", "read_orders", "read_people"]`.
        token_store: where the token of OAuth is kept and replaced: `file:PATH` or `keyring:SERVICE/USER`.
        redirect_uri: where the shop sends the browser back to after a login; any port of this machine by default.
        page_size: records a call, 1 to 1000.
        default_category_id: of products that are written and name no category of the shop.
        default_status_id: of products that are written and name no status of the shop.
        digital_type: the shop's `e_product_type` of digital products that are written; the vendor's pages name none.
        limit, period: calls per so many seconds until the shop's replies say otherwise.
        rate: calls per second never to exceed, if the shop should keep some of its limit for others.
        limiter: where the limit is shared with other processes: `redis://…`, or `env:…` and so on if it has a password.
        budget: a name; stores of one shop that have the same one keep to its limit together.
        timeout: seconds for one attempt on the wire.
        cache: where replies are kept as far as the shop allows: `memory` or `sqlite:PATH`; none without it.
    """

    base_url: str
    currency: str
    token: Secret | None = None
    client_id: str | int | None = None
    client_secret: Secret | None = None
    scope: str | tuple[str, ...] | None = None
    token_store: TokenPlace | None = None
    redirect_uri: str | None = None
    page_size: int = 100
    default_category_id: int | None = None
    default_status_id: int | None = None
    digital_type: str | None = None
    limit: int = 50
    period: float = 10.0
    rate: float | None = None
    limiter: LimiterPlace | None = None
    budget: str | None = None
    timeout: float = 60.0
    cache: str | None = None


class SparkPay(Store):
    """One shop. The token needs the scopes `read_catalog`, `read_orders` and (for an order's customer) `read_people`.

    Args:
        base_url: the shop's address; `/api/v1` is added.
        token: an access token that does not expire; or
        oauth: an app's credentials. Its token is renewed as needed; a person's login (`login`) brings the first one.
        currency: ISO 4217 code of the shop's amounts; the API does not tell it.
        name: the store's name in reports and tables.
        session: an aiohttp session of the caller's own: used, never closed.
        page_size: records a call in common lists, 1 to 1000.
        default_category_id: of products that are written and name no category of the shop.
        default_status_id: of products that are written and name no status of the shop.
        digital_type: the shop's `e_product_type` of digital products that are written; the vendor's pages name none.
        limit: calls per `period`, until `X-AC-Call-Limit` says otherwise.
        period: seconds.
        rate: calls per second never to exceed, beside the limit; with `limiter`, of all processes together.
        limiter: where the limit is shared with other processes of this shop: `redis://…`; None for this one alone.
        budget: a name; stores of this shop that are made with the same one keep to its limit together.
        cache: where replies are kept as far as the shop allows (Spark Pay: Caching): a `MemoryCache` or `SQLiteCache`
            of `commerce_async.http.cache`, or as in a configuration file `memory` or `sqlite:PATH`; None keeps none.
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
        token: str | Secret | None = None,
        oauth: OAuth | None = None,
        currency: str,
        name: str = VENDOR,
        session: ClientSession | None = None,
        page_size: int = 100,
        default_category_id: int | None = None,
        default_status_id: int | None = None,
        digital_type: str | None = None,
        limit: int = 50,
        period: float = 10.0,
        rate: float | None = None,
        limiter: str | LimiterPlace | None = None,
        budget: str | None = None,
        cache: Storage | str | None = None,
        clock: Clock | None = None,
        **options: Any,
    ) -> None:
        if rate is not None and not 0 < rate < inf:
            raise ConfigError(f"rate: expected calls per second above 0, got {rate!r}")
        clock = clock or LoopClock()
        self._grants = _grants(token, oauth, site_url(base_url), clock)
        client = Client(
            api_url(base_url),
            store=name,
            judge=judge,
            policy=_policy(limit, period),
            limiter=place_of(limiter),
            account=f"{VENDOR} {site_url(base_url)}",
            budget=budget,
            auth=(self._grants.credential if self._grants else HeaderToken(TOKEN_HEADER, token or ""),),
            options=Options().changed(**options),
            rate=rate,
            clock=clock,
            session=session,
            agent=AGENT,
            cache=_storage(cache) if isinstance(cache, str) else cache,
        )
        super().__init__(name, client)
        if self._grants:
            self._grants.connect(client)
        if isinstance(page_size, bool) or not 1 <= page_size <= MAX_PAGE_SIZE:
            raise ConfigError(f"page_size: expected 1 to {MAX_PAGE_SIZE}, got {page_size!r}")
        defaults = Defaults(category_id=default_category_id, status_id=default_status_id, digital_type=digital_type)
        self._bind(Shop(store=name, currency=_currency(currency)), page_size, defaults)

    def _bind(self, shop: Shop, page_size: int, defaults: Defaults) -> None:
        client = self.client
        self._shop = shop
        self._page_size = page_size
        self._defaults = defaults
        self._products = CommonRecords(
            client,
            kinds.LEAN_PRODUCTS,
            expand=PRODUCT_EXPAND,
            page_size=page_size,
            join=partial(ProductJoin, client, shop),
        )
        self._orders = CommonRecords(
            client, kinds.LEAN_ORDERS, expand=ORDER_EXPAND, page_size=page_size, join=partial(OrderJoin, client, shop)
        )

    @property
    def products(self) -> CommonRecords[wire.LeanProduct, Product]:
        """Products in the common schema."""
        return self._products

    @property
    def orders(self) -> CommonRecords[wire.LeanOrder, Order]:
        """Orders in the common schema, with their customers, addresses, items, payments and shipments."""
        return self._orders

    @cached_property
    def product_writes(self) -> ProductWriting:
        """Writing products in the common schema."""
        from sparkpay_async.product_writes import ProductWriting  # as the next one: a sync does without

        return ProductWriting(self.client, self._shop, self._defaults, self._page_size)

    @cached_property
    def api(self) -> Api:
        """The vendor's own API."""
        from sparkpay_async.api import Api

        return Api(self.client, self._page_size)

    @classmethod
    def from_settings(cls, name: str, settings: Any) -> Self:
        """A store from an instance of `Settings`.

        Raises:
            ConfigError: a setting is wrong; the message names it.
        """
        values = msgspec.structs.asdict(settings)
        given = {key: values.pop(key) for key in _OAUTH}
        return cls(values.pop("base_url"), name=name, oauth=_oauth(given), **values)

    @property
    def redirect_uri(self) -> str | None:
        """Where the shop sends a browser back to after a login; None for any free port of this machine."""
        return self._grants.oauth.redirect_uri if self._grants else None

    def login(self, redirect_uri: str) -> Login:
        """A login: a person opens its `url`; its `finish` takes the address that the browser is sent back to.

        Spark Pay: Authentication, OAuth 2. `commerce-async login` does all of it.

        Args:
            redirect_uri: where the shop sends the browser back to.

        Raises:
            ConfigError: this store has an access token of its own, or the address cannot be used.
        """
        if self._grants is None:
            raise ConfigError(f"token: this store has one, and needs no login; for OAuth give {_listed(_REQUIRED)}")
        return self._grants.login(redirect_uri)

    def _rebound(self, client: Client) -> Self:
        derived = object.__new__(type(self))
        Store.__init__(derived, self.name, client)
        derived._grants = self._grants
        derived._bind(self._shop, self._page_size, self._defaults)
        return derived

    async def probe(self) -> Probe:
        """One cheap authenticated call: a single order status, or product status where the token may read no orders.

        Raises:
            AuthError: the vendor does not accept the token.
            CommerceError: whatever else the call raised.
        """
        clock, begun = self.client.clock, self.client.clock.now()
        try:
            told = await self._asked(kinds.ORDER_STATUSES)
        except RejectedError as error:
            if error.status != 403:
                raise
            begun = clock.now()
            told = await self._asked(kinds.PRODUCT_STATUSES)
        shown = self.client.limiter.snapshot()
        limit = told.limit or f"not told; {shown.limit:g} per {shown.period:g} s assumed"
        return Probe(seconds=clock.now() - begun, limit=limit, skew=told.skew)

    async def _asked(self, kind: kinds.Kind[Any]) -> _Told:
        asked = calls.listing(kind, calls.query(count=1), fresh=True)
        decode = partial(_told, kind)
        return await self.client.send(
            Call("probe", asked.method, asked.path, decode=decode, query=asked.query, headers=asked.headers)
        )

    def __repr__(self) -> str:
        return f"<SparkPay {self.name!r} at {self.client.base_url}>"


class _Told(msgspec.Struct, frozen=True):
    """What a reply's headers say."""

    limit: str | None
    skew: float | None


def _told(kind: kinds.Kind[Any], reply: Reply) -> _Told:
    wire.read_rows(reply.body, kind.keys)  # an answer that is not the API's is no answer
    usage = read_usage(reply.headers.get("x-ac-call-limit"))
    return _Told(limit=None if usage is None else f"{usage.used}/{usage.limit}", skew=clock_skew(reply))


def site_url(base_url: str) -> str:
    """The shop's address, from that or from its API's."""
    return _API_SUFFIX.sub("", base_url.strip()).rstrip("/")


def api_url(base_url: str) -> str:
    """The API's address from the shop's, which may have it already (Spark Pay: API overview)."""
    return site_url(base_url) + _API


def _grants(token: str | Secret | None, oauth: OAuth | None, site: str, clock: Clock) -> Grants | None:
    if (token is None) == (oauth is None):
        what = "neither is given" if token is None else "both are given"
        raise ConfigError(f"token: {what}; give either token, or {_listed(_REQUIRED)} for OAuth")
    if oauth is None:
        return None
    from sparkpay_async.oauth.grants import Grants  # only for those who have no token

    return Grants(oauth, site, header=TOKEN_HEADER, clock=clock)


def _oauth(given: dict[str, Any]) -> OAuth | None:
    if all(value is None for value in given.values()):
        return None
    for key in _REQUIRED:
        if given[key] is None:
            raise ConfigError(f"{key}: missing; OAuth needs {_listed(_REQUIRED)}")
    from sparkpay_async.oauth import OAuth  # as above

    place: TokenPlace = given["token_store"]
    return OAuth(
        given["client_id"],
        given["client_secret"],
        scope=given["scope"],
        tokens=place.store,
        redirect_uri=given["redirect_uri"],
    )


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _storage(text: str) -> Storage:
    from commerce_async.http.cache.storage import storage_of  # only for those who want a cache

    return storage_of(text)


def _currency(code: object) -> str:
    try:
        return require_currency(code)
    except ValueError as error:
        raise ConfigError(f"currency: {error}") from None


def _policy(limit: int, period: float) -> WindowPolicy:
    if not period < inf:  # nor is NaN
        raise ConfigError(f"period: expected seconds above 0, got {period!r}")
    try:
        return WindowPolicy(limit, period)
    except ValueError as error:
        raise ConfigError(f"limit, period: {error}") from None
