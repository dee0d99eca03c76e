"""Everything there is in the emulated shop, and the one place where a change becomes events and is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from commerce_async.testing.emulator import Ledger
from fastspring_async.emulator.accounts import Accounts
from fastspring_async.emulator.coupons import Coupons
from fastspring_async.emulator.events import Event, Events
from fastspring_async.emulator.happenings import Happenings
from fastspring_async.emulator.index import Index
from fastspring_async.emulator.jsons import decode, encode
from fastspring_async.emulator.numbers import Ids
from fastspring_async.emulator.options import Dialect, History, Irregular
from fastspring_async.emulator.returns import Returns
from fastspring_async.emulator.shop import Shop
from fastspring_async.emulator.subscriptions import Subscriptions
from fastspring_async.emulator.webhooks import Webhooks, write_event


class World:
    """The shop and its people, money and events.

    Attributes:
        executed: how often each change was carried out, by action and id: `executed["subscription.charge", id]`.
            Every entry is one of `Ledger.writes` too.
        things: whatever has no module of its own, by kind and id: sessions, quotes, invoices, jobs, checkouts.
    """

    def __init__(
        self,
        *,
        seed: int,
        products: int,
        orders: int,
        until: datetime,
        span: timedelta,
        irregular: Irregular,
        broken: int,
        broken_products: int,
        history: History,
        dialect: Callable[[], Dialect],
        ledger: Ledger,
    ) -> None:
        self.shop = shop = Shop(
            seed=seed,
            products=products,
            orders=orders,
            until=until,
            span=span,
            irregular=irregular,
            broken=broken,
            broken_products=broken_products,
        )
        self.index = Index(shop.plans)
        self.accounts = Accounts(seed, shop, self.index, irregular)
        self.subscriptions = Subscriptions(seed, shop, self.index, self.accounts, irregular)
        self.returns = Returns(shop)
        self.coupons = Coupons()
        self.happenings = Happenings(seed, shop, self.accounts, self.subscriptions, self.returns)
        self.events = Events(seed, history, shop.plans.until, self.happenings.draw)
        self.webhooks = Webhooks(self, dialect)
        self.executed: Counter[tuple[str, str]] = Counter()
        self.things: dict[str, dict[str, dict[str, Any]]] = {}
        self._ids = Ids(seed, "things")
        self._made = 0
        self._ledger = ledger

    @property
    def now(self) -> int:
        """The shop's time of day, in ms."""
        return round(self.shop.now.timestamp() * 1000)

    def wrote(self, action: str, identity: str) -> None:
        """Counts a change that was carried out."""
        self._ledger.writes += 1
        self.executed[action, identity] += 1

    def tell(self, kind: str, live: bool, data: dict[str, Any], created: int | None = None) -> Event:
        """Something happens: an event, which is also delivered. The data stay as they are now.

        Args:
            created: its time in ms; the shop's by default.
        """
        kept = encode(data)
        event = self.events.add(self.now if created is None else created, kind, live, lambda: decode(kept))
        self.webhooks.send(event)
        return event

    def order_made(self, number: int) -> None:
        """A new order: its events."""
        for kind, live, make in self.happenings.of_order(number):
            self.tell(kind, live, make())

    def subscription_changed(self, identity: str, *kinds: str) -> None:
        """A subscription changed: its events, `subscription.` before each."""
        data = self.happenings.subscription(identity)
        for kind in kinds:
            self.tell(f"subscription.{kind}", data["live"], data)

    def written(self, event: Event, *, expand: bool, spaced_keys: bool) -> dict[str, Any]:
        """The event as /events shows it."""
        identity = self.events.ids.make(event.number)
        processed = self.events.processed(event.number)
        return write_event(event, identity, processed=processed, expand=expand, spaced_keys=spaced_keys)

    def add(self, kind: str, make: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """Keeps a thing without a module of its own under a fresh id: the thing that `make` made for the id."""
        self.shop.tick()
        self._made += 1
        identity = self._ids.make(self._made)
        thing = make(identity)
        self.things.setdefault(kind, {})[identity] = thing
        return thing

    def thing(self, kind: str, identity: str) -> dict[str, Any] | None:
        """A thing without a module of its own."""
        return self.things.get(kind, {}).get(identity)
