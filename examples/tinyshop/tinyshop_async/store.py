"""A Tinyshop store: the thin part that awaits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Generic, Self, TypeVar

import msgspec

from commerce_async.errors import AuthError, CommerceError, ConfigError, DecodeError, UsageError
from commerce_async.http.auth import HeaderToken
from commerce_async.http.call import Call, Reply
from commerce_async.http.client import Client, Options
from commerce_async.http.pager import Page, Pager
from commerce_async.http.retry import clock_skew
from commerce_async.limits.window import WindowPolicy
from commerce_async.schema import Order, Product, Record
from commerce_async.secrets import Secret
from commerce_async.store import Batch, Failure, Filtering, Probe, Store
from tinyshop_async import rules
from tinyshop_async.rules import Kind

R = TypeVar("R", bound=Record)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a configuration file gives.

    Attributes:
        base_url: the shop's address.
        token: may be `env:…`, `keyring:…` or `file:…`.
        page_size: records a call, 1 to 100.
        limit, period: calls per so many seconds.
    """

    base_url: str
    token: Secret
    page_size: int = 100
    limit: int = 60
    period: float = 60.0


class Records(Generic[R]):
    """Reads one kind of record, as `commerce_async.store.Records`."""

    filtering = Filtering(by="changed")

    def __init__(self, client: Client, kind: Kind[R], page_size: int) -> None:
        self._client = client
        self._kind = kind
        self._page_size = page_size

    async def get(self, id: str, /, *, fresh: bool = False) -> R:
        """One record.

        Raises:
            MissingError: there is none. UsageError: not an id of Tinyshop's. DecodeError: it cannot be read.
        """
        return await self._client.send(rules.one(self._kind, id, self._client.store))

    async def get_many(self, ids: Iterable[str], /, *, fresh: bool = False) -> Batch[R]:
        """Many records, 20 a call; order kept, repeated ids asked once.

        Raises:
            AuthError: the token is not accepted. UsageError: not an id of Tinyshop's.
        """
        asked = list(dict.fromkeys(ids))
        items: list[R] = []
        missing: list[str] = []
        failed: list[Failure] = []
        for start in range(0, len(asked), rules.MOST_IDS):
            part = asked[start : start + rules.MOST_IDS]
            try:
                rows = await self._client.send(rules.several(self._kind, part, self._client.store))
            except (AuthError, UsageError):
                raise
            except CommerceError as error:
                failed += (Failure(id, error) for id in part)
                continue
            found = {record.id: record for record in rows.items}
            broken = {bad.id: DecodeError(bad.reason, store=self._client.store) for bad in rows.unreadable}
            items += (found[id] for id in part if id in found)
            failed += (Failure(id, broken[id]) for id in part if id in broken)
            missing += (id for id in part if id not in found and id not in broken)
        return Batch(tuple(items), tuple(missing), tuple(failed))

    def list(self, *, since: datetime | None = None, resume: str | None = None) -> Pager[R]:
        """All records by id.

        Args:
            since: only those changed since then (aware).
            resume: the token of an earlier pager with the same `since`.

        Raises:
            UsageError: `since` has no timezone, or `resume` is no such token.
        """
        if since is not None and since.tzinfo is None:
            raise UsageError("since: needs a timezone")
        start = 0 if resume is None else int(rules.checked_id(resume))
        return Pager(partial(self._page, since), start=start, key=lambda record: record.id, token=resume)

    async def _page(self, since: datetime | None, after: int) -> Page[R]:
        rows = await self._client.send(rules.listing(self._kind, after, self._page_size, since, self._client.store))
        token = None if rows.next is None else str(rows.next)
        return Page(items=rows.items, unreadable=rows.unreadable, next=rows.next, token=token)


class TinyShop(Store):
    """One shop.

    Args:
        base_url: the shop's address.
        token: as the shop issued it.
        options: fields of `commerce_async.http.client.Options`.

    Raises:
        ConfigError: a setting is wrong; the message names it.
    """

    vendor: ClassVar[str] = rules.VENDOR
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def __init__(
        self,
        base_url: str,
        *,
        token: str | Secret,
        name: str = rules.VENDOR,
        page_size: int = 100,
        limit: int = 60,
        period: float = 60.0,
        **options: Any,
    ) -> None:
        if not 1 <= page_size <= 100:
            raise ConfigError(f"page_size: expected 1 to 100, got {page_size!r}")
        client = Client(
            base_url,
            store=name,
            judge=rules.judge,
            policy=WindowPolicy(limit, period),
            auth=(HeaderToken("X-Tiny-Token", token),),
            options=Options().changed(**options),
            agent="tinyshop_async",
        )
        super().__init__(name, client)
        self._bind(page_size)

    def _bind(self, page_size: int) -> None:
        self._page_size = page_size
        self.products: Records[Product] = Records(self.client, rules.PRODUCTS, page_size)
        self.orders: Records[Order] = Records(self.client, rules.ORDERS, page_size)

    @classmethod
    def from_settings(cls, name: str, settings: Any) -> Self:
        """A store from an instance of `Settings`."""
        return cls(name=name, **msgspec.structs.asdict(settings))

    def _rebound(self, client: Client) -> Self:
        derived = object.__new__(type(self))
        Store.__init__(derived, self.name, client)
        derived._bind(self._page_size)
        return derived

    async def probe(self) -> Probe:
        """One cheap authenticated call: a page of one product."""
        clock, begun = self.client.clock, self.client.clock.now()
        asked = rules.listing(rules.PRODUCTS, 0, 1, None, self.name)
        skew = await self.client.send(Call("probe", asked.method, asked.path, _skew, asked.query))
        shown = self.client.limiter.snapshot()
        return Probe(seconds=clock.now() - begun, limit=f"{shown.limit:g} per {shown.period:g} s", skew=skew)


def _skew(reply: Reply) -> float | None:
    msgspec.json.decode(reply.body)  # a page that is not the API's is no answer
    return clock_skew(reply)
