"""What every adapter is: a store with common products and orders, and the vendor's own API beside them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import msgspec

from commerce_async.capabilities import (
    Batch,
    Changer,
    Divisible,
    Failure,
    Filtering,
    Login,
    Parts,
    Probe,
    ProductWrites,
    ProvidesLogin,
    ProvidesOrders,
    ProvidesProbe,
    ProvidesProducts,
    Records,
    TellsFiltering,
    WritesProducts,
)
from commerce_async.errors import ConfigError
from commerce_async.http.client import Client, Options
from commerce_async.http.pager import Pager
from commerce_async.limits.shared import LimiterPlace
from commerce_async.secrets import Secret, resolve
from commerce_async.tokens import TokenPlace

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

STORES = "commerce_async.stores"
EMULATORS = "commerce_async.emulators"


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
        if not name or not name.isprintable() or len(name) > 255:
            raise ConfigError("name: a store's name has 1 to 255 printable characters")
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


@cache  # to look takes 10 ms, and a file may have thousands of stores; for one that is not found it looks again
def _named(group: str, name: str) -> EntryPoint:
    for point in _points(group):
        if point.name == name:
            return point
    known = ", ".join(sorted(point.name for point in _points(group))) or "none"
    raise ConfigError(f"no adapter named {name[:80]!r}; installed: {known}")


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
