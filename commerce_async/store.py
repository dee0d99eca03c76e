"""What every adapter is: a store with common products and orders, and the vendor's own API beside them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, Self, TypeVar, cast, runtime_checkable

import msgspec

from commerce_async.errors import CommerceError, ConfigError
from commerce_async.http.client import Client, Options
from commerce_async.http.pager import Pager
from commerce_async.limits.shared import LimiterPlace
from commerce_async.schema import Order, Product
from commerce_async.schema.writes import ProductChange, Written
from commerce_async.secrets import Secret, resolve
from commerce_async.tokens import Token, TokenPlace

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")

STORES = "commerce_async.stores"
EMULATORS = "commerce_async.emulators"


class Failure(msgspec.Struct, frozen=True):
    """One id of a batch that was neither delivered nor reported missing, and the error that says why."""

    id: str
    error: CommerceError

    @property
    def reason(self) -> str:
        """The vendor's or our words."""
        return self.error.message


class Batch(msgspec.Struct, Generic[T], frozen=True):
    """What became of each id that was asked for. Every id asked is in exactly one of the three, once.

    Attributes:
        items: the records, in the order asked.
        missing: ids that the vendor says it does not have.
        failed: ids that could not be read, with the reason.
    """

    items: tuple[T, ...]
    missing: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()


class Records(Protocol[T]):
    """Reading one kind of record in its common schema."""

    async def get(self, id: str, /, *, fresh: bool = False) -> T:
        """One record.

        Args:
            fresh: as it is now, from no cache of the vendor's or of ours.

        Raises:
            MissingError: the vendor says that it is not there.
        """
        ...

    async def get_many(self, ids: Iterable[str], /, *, fresh: bool = False) -> Batch[T]:
        """Many records in as few calls as the vendor allows; order kept, repeated ids asked once.

        Args:
            fresh: as they are now, from no cache of the vendor's or of ours.
        """
        ...

    def list(self, *, since: datetime | None = None, resume: str | None = None) -> Pager[T]:
        """All records.

        Args:
            since: only those placed or changed since then, as far as the vendor can filter (aware).
            resume: the token of an earlier pager, to go on behind it.
        """
        ...


class Filtering(msgspec.Struct, frozen=True, kw_only=True):
    """What `since` means to a list of records, and which records a list without it leaves out.

    Attributes:
        by: what `since` is compared with: `changed` (the record's last change), `placed` (when it came to be, so that a
            later change does not bring it back), or `nothing` (it has no effect: the list is always whole).
        overlap: how far behind the last pass the next one begins; None for what is usual.
        reach: no list has records placed before it, so that they are not gone because a list lacks them; None if
            lists have all there are.
    """

    by: Literal["changed", "placed", "nothing"]
    overlap: timedelta | None = None
    reach: datetime | None = None


@runtime_checkable
class TellsFiltering(Protocol):
    """`Records` that tell what `since` means to their list. Those that do not are always read whole."""

    @property
    def filtering(self) -> Filtering:
        """What `since` means."""
        ...


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """A list, cut into parts that can be read side by side, in any order and by several processes.

    Attributes:
        tokens: each part in the adapter's own terms, as text without secrets. Together they are the whole list, the
            records that come while it is read included, as far as the list itself would show them. A record may be in
            two of them.
        total: how many records there are, if the vendor says.
        sound: False if the parts are not sure to be the whole list.
    """

    tokens: tuple[str, ...]
    total: int | None = None
    sound: bool = True


@runtime_checkable
class Divisible(Protocol[T]):
    """`Records` whose list can be cut into parts. Those that cannot are read as one."""

    async def parts(self, *, since: datetime | None = None, records: int) -> Parts:
        """The list in parts, by as few calls as that takes.

        Args:
            since: as for `list`.
            records: how many a part is to have, more or less.
        """
        ...

    def part(self, token: str, /, *, since: datetime | None = None) -> Pager[T]:
        """The records of one part.

        Args:
            token: one of `Parts.tokens`.
            since: as it was given to `parts`.

        Raises:
            UsageError: the token is none.
        """
        ...


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What one cheap authenticated call showed.

    Attributes:
        seconds: how long it took.
        limit: the rate limit as told or believed, in words.
        skew: the vendor's clock minus ours in seconds, if it sends the time.
    """

    seconds: float
    limit: str
    skew: float | None = None


@runtime_checkable
class ProvidesProducts(Protocol):
    """A store whose products can be read."""

    @property
    def products(self) -> Records[Product]:
        """Products in the common schema."""
        ...


@runtime_checkable
class ProvidesOrders(Protocol):
    """A store whose orders can be read."""

    @property
    def orders(self) -> Records[Order]:
        """Orders in the common schema."""
        ...


@runtime_checkable
class ProvidesProbe(Protocol):
    """A store that can be asked whether it answers."""

    async def probe(self) -> Probe:
        """One cheap authenticated call."""
        ...


class ProductWrites(Protocol):
    """Writing products in the common schema."""

    async def changer(self) -> Changer:
        """What tells how a product would be written; it reads what that takes (statuses, say), once.

        Raises:
            CommerceError: that could not be read.
        """
        ...

    async def write(self, changes: Sequence[ProductChange], /) -> Sequence[Written]:
        """Carries out creates and updates, in as few calls as the vendor allows, and settles answers that are lost.

        A create that is carried out again makes no second product. Where the vendor can be asked for a product by its
        key, one that has the key of a create is completed if it is as wanted, and else a `conflict`.

        Returns:
            One entry per change, in their order. What fails for one is told in its entry and not raised.

        Raises:
            AuthError: the vendor does not accept the credentials, and nothing was written.
        """
        ...

    async def delete(self, ids: Sequence[str], /) -> Sequence[Written]:
        """Deletes products; one that is not there counts as deleted. Returns and raises as `write`."""
        ...


class Changer(Protocol):
    """Tells how a product would be written. Pure."""

    def __call__(self, wanted: Product, /, *, before: Product | None) -> ProductChange:
        """The change that makes `before`, as this store gave it, as `wanted`; without `before`, a create.

        `wanted` may be of any vendor and need not carry this store's ids. If it is of another vendor, what is empty in
        it is not told rather than gone.

        Raises:
            UsageError: `before` lacks its `raw`, where a vendor needs that.
        """
        ...


@runtime_checkable
class WritesProducts(Protocol):
    """A store whose products can be written."""

    @property
    def product_writes(self) -> ProductWrites:
        """Writing products in the common schema."""
        ...


class Login(Protocol):
    """One login of a person in a browser."""

    @property
    def url(self) -> str:
        """What the person opens."""
        ...

    @property
    def kept_in(self) -> str:
        """Where the token will be kept, in words."""
        ...

    async def finish(self, redirected: str) -> Token:
        """Takes the address that the browser was sent back to, gets the token and keeps it.

        Raises:
            AuthError: the answer is not for this login, or access was denied, or the vendor did not take it.
            UsageError: this login has been answered before.
            ConfigError: the token cannot be kept.
        """
        ...


@runtime_checkable
class ProvidesLogin(Protocol):
    """A store whose token comes from a person's login."""

    @property
    def redirect_uri(self) -> str | None:
        """Where the vendor is to send the browser back to; None for any free port of this machine."""
        ...

    def login(self, redirect_uri: str) -> Login:
        """A new login.

        Args:
            redirect_uri: where the vendor sends the browser back to.

        Raises:
            ConfigError: this store has credentials that need no login, or the address cannot be used.
        """
        ...


class Store(ABC):
    """One account at one vendor. Use it as `async with store:`; it is not reusable afterwards.

    Attributes:
        vendor: the adapter's name.
        name: the store's name in reports and tables; unique among the stores of one run.
        client: the one way to the network.
    """

    vendor: ClassVar[str]
    Settings: ClassVar[type[msgspec.Struct]]

    def __init__(self, name: str, client: Client) -> None:
        self.name = name
        self.client = client

    @classmethod
    @abstractmethod
    def from_settings(cls, name: str, settings: Any) -> Self:
        """A store from an instance of `Settings`, as a configuration file gives it."""

    @abstractmethod
    def _rebound(self, client: Client) -> Self:
        """The same store on a derived client."""

    def with_options(self, **options: Any) -> Self:
        """The same store with other options; session, limiter and budget are shared, and closed by the original.

        Args:
            options: fields of `commerce_async.http.client.Options`.

        Raises:
            UsageError: an option that does not exist.
        """
        return self._rebound(self.client.with_options(**options))

    async def __aenter__(self) -> Self:
        await self.client.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def adapter(vendor: str) -> type[Store]:
    """The adapter registered under that name (entry point group `commerce_async.stores`).

    Raises:
        ConfigError: none is; the message lists those that are.
    """
    return cast("type[Store]", _named(STORES, vendor).load())


def adapters() -> tuple[str, ...]:
    """Names of the adapters installed, sorted."""
    return tuple(sorted(point.name for point in _points(STORES)))


def emulators() -> Mapping[str, Any]:
    """The emulator class of every adapter that brings one, by adapter name (group `commerce_async.emulators`)."""
    return {point.name: point.load() for point in sorted(_points(EMULATORS), key=lambda p: p.name)}


def open_store(vendor: str, name: str | None = None, /, **settings: Any) -> Store:
    """A store by its adapter's name, for use in `async with`.

    Args:
        vendor: the adapter, such as the name in a configuration file.
        name: the store's name; the adapter's by default.
        settings: fields of the adapter's `Settings`.

    Raises:
        ConfigError: no such adapter, or a setting that is missing, unknown or wrong; the message names it.
    """
    kind = adapter(vendor)
    return kind.from_settings(name or vendor, settings_of(kind, settings))


def settings_of(kind: type[Store], given: Mapping[str, Any]) -> msgspec.Struct:
    """An adapter's `Settings` from plain values; a text for a `Secret` may say where it is kept.

    Raises:
        ConfigError: a setting is missing, unknown or wrong; the message names it.
    """
    try:
        return msgspec.convert(dict(given), kind.Settings, dec_hook=_secret)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{kind.vendor}: {error}") from None


def _secret(kind: type, value: object) -> object:
    """A text where the settings want a `Secret`: the secret, or where it is kept (`env:NAME` and so on).

    A `TokenPlace` is named in the same way, but it is written to as well, and so is not resolved. A `LimiterPlace` may
    hold a password.
    """
    if kind in (Secret, TokenPlace, LimiterPlace) and isinstance(value, kind):
        return value
    if kind is Secret and isinstance(value, str):
        return resolve(value)
    if kind in (TokenPlace, LimiterPlace) and isinstance(value, str):
        return kind(value)
    raise ValueError(f"expected {kind.__name__}")


def _points(group: str) -> Iterable[EntryPoint]:
    from importlib.metadata import entry_points  # slow to import, and not needed by who names his adapter in code

    return entry_points(group=group)


def _named(group: str, name: str) -> EntryPoint:
    for point in _points(group):
        if point.name == name:
            return point
    known = ", ".join(sorted(point.name for point in _points(group))) or "none"
    raise ConfigError(f"no adapter named {name!r}; installed: {known}")


__all__ = [
    "Batch",
    "Changer",
    "Divisible",
    "Failure",
    "Filtering",
    "Login",
    "Options",
    "Pager",
    "Parts",
    "Probe",
    "ProductWrites",
    "ProvidesLogin",
    "ProvidesOrders",
    "ProvidesProbe",
    "ProvidesProducts",
    "Records",
    "Store",
    "TellsFiltering",
    "WritesProducts",
    "adapter",
    "adapters",
    "emulators",
    "open_store",
    "settings_of",
]
