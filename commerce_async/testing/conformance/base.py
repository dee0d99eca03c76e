"""What the conformance tests share: the store and its emulator, and how a test runs."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Concatenate, Final, ParamSpec, TypeVar

import msgspec
import pytest

from commerce_async.http.retry import Retry
from commerce_async.store import ProvidesOrders, ProvidesProducts, Records, Store, settings_of
from commerce_async.testing.background import serving
from commerce_async.testing.emulator import Emulator

P = ParamSpec("P")
S = TypeVar("S", bound="Base")

NAME: Final = "conformance"
STREAMS: Final = ("products", "orders")
# Retries without a wait: an emulator is asked again at once.
AT_ONCE: Final = Retry(tries=3, base=0.0, cap=0.0)


class Scene(msgspec.Struct, frozen=True):
    """A running emulator and an open store that talks to it.

    Attributes:
        store: retries at once.
        settings: what the store was made of.
    """

    emulator: Any
    store: Store
    settings: msgspec.Struct

    def records(self, stream: str) -> Records[Any]:
        """The stream's records; skips the test if the store has none."""
        store = self.store
        if stream == "products" and isinstance(store, ProvidesProducts):
            return store.products
        if stream == "orders" and isinstance(store, ProvidesOrders):
            return store.orders
        pytest.skip(f"{type(store).__name__} has no {stream}")

    @property
    def some(self) -> str:
        """A stream that the store has."""
        return "products" if isinstance(self.store, ProvidesProducts) else "orders"

    def truth(self, stream: str) -> list[str]:
        """Every id that the emulator has now."""
        ids: Iterable[object] = getattr(self.emulator, f"{stream[:-1]}_ids")()
        return [str(id) for id in ids]


class Base:
    """What an adapter's tests say of it.

    Attributes:
        store: the adapter's store.
        emulator: the adapter's emulator. Beside what every `Emulator` is, it has `product_ids()` and `order_ids()` for
            what it serves, takes `broken_products=` and `broken=` (orders) as numbers of records that cannot be read,
            and may have `order_total(id)`, the exact truth.
        settings: the store's settings, beside those that the emulator gives: small pages, most of all.
        unlimited: the emulator's arguments for no rate limit.
        limited: its arguments for a limit that `burst` calls go beyond within a second or so.
        limited_settings: the store's settings for that.
        burst: so many calls at once.
        tolerated: throttles that those may meet; 0 unless the vendor keeps its limit a secret.
        absent: an id that no record has.
    """

    store: ClassVar[type[Store]]
    emulator: ClassVar[type[Emulator]]
    settings: ClassVar[Mapping[str, Any]] = {}
    unlimited: ClassVar[Mapping[str, Any]] = {}
    limited: ClassVar[Mapping[str, Any]] = {}
    limited_settings: ClassVar[Mapping[str, Any]] = {}
    burst: ClassVar[int] = 20
    tolerated: ClassVar[int] = 0
    absent: ClassVar[str] = "999999999"

    @asynccontextmanager
    async def scene(
        self, *, limited: bool = False, settings: Mapping[str, Any] | None = None, **arguments: Any
    ) -> AsyncGenerator[Scene]:
        """A store on an emulator.

        Args:
            limited: with the small rate limit.
            settings: the store's, beside those of the class.
            arguments: the emulator's.
        """
        rules: dict[str, Any] = {"products": 40, "orders": 40, **(self.limited if limited else self.unlimited)}
        with serving(self.emulator(**{**rules, **arguments})) as emulator:
            own: Mapping[str, Any] = self.limited_settings if limited else {}
            given = {**emulator.settings(), **self.settings, **own, **(settings or {})}
            values = settings_of(self.store, given)
            async with self.store.from_settings(NAME, values) as store:
                yield Scene(emulator, store.with_options(retry=AT_ONCE), values)


def check(body: Callable[Concatenate[S, P], Awaitable[None]]) -> Callable[Concatenate[S, P], None]:
    """Makes a test of a coroutine function; it runs on an event loop of its own."""

    @functools.wraps(body)
    def test(self: S, *args: P.args, **kwargs: P.kwargs) -> None:
        async def run() -> None:
            await body(self, *args, **kwargs)

        asyncio.run(run())

    return test


each_stream = pytest.mark.parametrize("stream", STREAMS)
