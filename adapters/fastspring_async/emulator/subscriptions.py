"""The shop's subscriptions: those that the orders began, and over them what was changed since."""

from __future__ import annotations

from typing import Any

from fastspring_async.emulator.accounts import Accounts
from fastspring_async.emulator.amounts import CURRENCIES, from_usd
from fastspring_async.emulator.forms import times
from fastspring_async.emulator.index import Index
from fastspring_async.emulator.numbers import mix, seed_of
from fastspring_async.emulator.options import Irregular
from fastspring_async.emulator.shop import Shop
from fastspring_async.emulator.subscription_record import Facts, step, write

_STATES = ("active",) * 10 + ("trial", "overdue", "canceled", "canceled", "deactivated", "deactivated")


class Subscriptions:
    """Subscriptions by id; each is known by the number of the order that began it."""

    def __init__(self, seed: int, shop: Shop, index: Index, accounts: Accounts, irregular: Irregular) -> None:
        self._shop, self._index, self._accounts = shop, index, accounts
        self._seed = seed_of(seed, "subscription records")
        self._irregular = irregular
        self._stored: dict[str, dict[str, Any]] = {}
        self._changes: dict[str, list[dict[str, Any]]] = {}

    def number(self, identity: str) -> int | None:
        """The order that began it, or None if there is no such subscription."""
        plans = self._shop.plans
        number = self._shop.receipts.subscriptions.number(identity)
        return number if number is not None and number < plans.count and plans.begins(plans.plan(number)) else None

    def identity(self, number: int) -> str:
        """The id of the subscription that order `number` began."""
        return self._shop.receipts.subscriptions.make(number)

    def numbers(self) -> list[int]:
        """Of every subscription, the oldest first."""
        return list(self._index.subscriptions())

    def get(self, identity: str) -> dict[str, Any] | None:
        """The subscription, or None if there is none. A copy."""
        if (stored := self._stored.get(identity)) is not None:
            return dict(stored)
        number = self.number(identity)
        return None if number is None else self._generated(number)

    def changed(self, number: int) -> bool:
        """Whether anything about it was changed since the shop was made."""
        return self.identity(number) in self._stored

    def changes(self, identity: str) -> list[dict[str, Any]]:
        """What was changed since the shop was made, the oldest first."""
        return self._changes.get(identity, [])

    def change(self, identity: str, changes: dict[str, Any], what: str = "updated") -> dict[str, Any]:
        """Stores changed members and the time of the change: the changed subscription.

        Args:
            what: how its history calls the change.

        Raises:
            KeyError: no such subscription.
        """
        record = self.get(identity)
        if record is None:
            raise KeyError(identity)
        now = self._shop.tick()
        record |= times("changed", now) | changes
        self._stored[identity] = record
        entry = {"changeDate": now, "type": what, "product": record["product"], "quantity": record["quantity"]}
        self._changes.setdefault(identity, []).append(entry)
        return dict(record)

    def entries(self, number: int) -> list[int]:
        """The orders of its periods, the oldest first."""
        return [number, *self._index.renewals(number)]

    def moments(self, record: dict[str, Any], event: str) -> list[int]:
        """When (ms) a thing that the lists can be filtered by happened to it."""
        number = self.number(record["subscription"])
        created = self._shop.plans.created
        if event == "charged":
            return [created(each) for each in self.entries(number)[1:]] if number is not None else []
        trial = record["instructions"][0]["type"] == "trial"
        found = {
            "created": record["begin"],
            "canceled": record["canceledDate"],
            "deactivated": None if record["active"] else record["deactivationDate"],
            "trialstarted": record["begin"] if trial else None,
            "trialended": record["next"] if trial else None,
        }[event]
        return [] if found is None else [found]

    def step(self, record: dict[str, Any], periods: int = 1) -> int:
        """When it is charged after so many more periods (ms); for a managed one, in as many months."""
        start = record["next"] or self._shop.plans.until
        length = record["intervalLength"]
        return step(start, record["intervalUnit"] if length else "month", length or 1, periods)

    def _generated(self, number: int) -> dict[str, Any]:
        shop, h = self._shop, mix(self._seed, number)
        plan = shop.plans.plan(number)
        goods, person = shop.catalog.goods(plan.product), shop.receipts.people.person(plan.buyer)
        begin, renewals = shop.plans.created(number), self._index.renewals(number)
        state = _STATES[h >> 8 & 15] if not (renewals and h >> 8 & 15 == 10) else "active"
        # One that has ended can have been renewed only before.
        last = shop.plans.created(renewals[-1]) if renewals else begin
        interval, every = goods.interval or "month", max(1, goods.every)
        following = step(last, interval, every)
        while state in ("active", "trial", "canceled") and following <= shop.plans.until:
            following = step(following, interval, every)
        if state == "deactivated":
            following = min(following, shop.plans.until)
        facts = Facts(
            id=self.identity(number),
            account=person.id,
            product=goods.path,
            display=goods.display,
            sku=goods.sku,
            quantity=shop.plans.lines(plan)[0].quantity,
            live=plan.live,
            state=state,
            adhoc=state == "active" and h >> 16 & 7 == 0,
            interval=interval,
            every=every,
            begin=begin,
            changed=max(last, min(following, shop.plans.until)) if state == "deactivated" else last,
            next=None if state == "deactivated" else following,
            ended=following if state in ("canceled", "deactivated") else None,
            sequence=1 + len(renewals),
            price=from_usd(goods.price, CURRENCIES[person.country.currency]),
            country=person.country,
            order=shop.receipts.ids.make(number),
            reference=shop.receipts.reference(number),
        )
        record = write(facts, pointed=self._lucky(h, 1, "pointed"), nbsp=self._lucky(h, 2, "nbsp"))
        if self._lucky(h, 3, "account_object"):
            record["account"] = self._accounts.plain(person.id)
        if self._lucky(h, 4, "empty_text"):
            record["sku"] = record["sku"] or ""
        if self._lucky(h, 5, "missing_keys"):
            for name in ("sku", "nextNotificationType", "fulfillments", "paymentReminder"):
                del record[name]
        return record

    def _lucky(self, h: int, n: int, name: str) -> bool:
        return (mix(h, n) >> 11) / (1 << 53) < getattr(self._irregular, name)
