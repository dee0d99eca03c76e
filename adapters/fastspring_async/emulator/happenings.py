"""Turns changes of the shop into events, and draws the generated past of the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from fastspring_async.emulator.accounts import Accounts
from fastspring_async.emulator.amounts import CURRENCIES, exact, share, to_usd
from fastspring_async.emulator.events import Event
from fastspring_async.emulator.jsons import decode
from fastspring_async.emulator.numbers import mix, seed_of
from fastspring_async.emulator.plans import COMPLETED, Plan
from fastspring_async.emulator.returns import Returns
from fastspring_async.emulator.shop import Shop
from fastspring_async.emulator.subscriptions import Subscriptions

Make = Callable[[], dict[str, Any]]
_ORDER_EVENTS = {"completed": "completed", "canceled": "canceled", "failed": "failed", "pending": "payment.pending"}
_FEE = 890  # of the order, in ten-thousandths, as in the page's sample


class Happenings:
    """Data of events, always with objects for accounts, orders and subscriptions."""

    def __init__(
        self, seed: int, shop: Shop, accounts: Accounts, subscriptions: Subscriptions, returns: Returns
    ) -> None:
        self._seed = seed_of(seed, "events")
        self._shop, self._accounts = shop, accounts
        self._subscriptions, self._returns = subscriptions, returns

    # -- what the data of each kind of event are -----------------------------------------------------------------

    def order(self, number: int) -> dict[str, Any]:
        """An order, its account and subscriptions written out."""
        record = dict(self._shop.order(number))
        account = self._account(record["account"])
        record["account"] = account
        if recipients := record.get("recipients"):
            record["recipients"] = [{"recipient": {**each["recipient"], "account": account}} for each in recipients]
        if isinstance(record["items"], list):
            record["items"] = [self._item(each) for each in cast("list[dict[str, Any]]", record["items"])]
        return record

    def subscription(self, identity: str) -> dict[str, Any]:
        """A subscription, its account and product written out."""
        record = self._subscriptions.get(identity)
        if record is None:
            raise KeyError(identity)
        product = self._shop.product(record["product"])
        return record | {"account": self._account(record["account"]), "product": product or record["product"]}

    def account(self, identity: str) -> dict[str, Any]:
        """An account."""
        return self._account(identity)

    def charge(self, number: int, root: int) -> dict[str, Any]:
        """A subscription's charge by an order (FastSpring: webhooks, subscription.charge.completed)."""
        order = self.order(number)
        subscription = self._subscriptions.identity(root)
        return {
            "currency": order["currency"],
            "total": order["total"],
            "status": "successful",
            "timestamp": self._shop.plans.created(number),
            "order": order,
            "account": order["account"],
            "subscription": self.subscription(subscription),
        }

    def returned(self, record: dict[str, Any]) -> dict[str, Any]:
        """A return, its account written out."""
        return record | {"account": self._account(record["account"])}

    def payout(self, number: int) -> dict[str, Any]:
        """A payout entry: its `payout` and `total` are texts beside a number (FastSpring: /events, the sample)."""
        plan = self._shop.plans.plan(number)
        bill = self._shop.receipts.bill(plan)
        currency = CURRENCIES[self._shop.receipts.people.country(plan.buyer).currency]
        total, fee = to_usd(bill.total, currency), share(to_usd(bill.subtotal, currency), _FEE)
        order = self.order(number)
        left = exact(total - fee, 2)
        return {
            "orderId": order["order"],
            "reference": order.get("reference"),
            "live": order["live"],
            "order": {**order, "account": order["account"]["id"]},
            "account": order["account"],
            "subscriptions": [],
            "subtractions": {
                "tax": {"currency": "USD", "amount": 0, "percentage": 0},
                "fastspring": {"currency": "USD", "amount": decode(exact(fee, 2)), "percentage": decode("8.9")},
            },
            "payouts": [
                {
                    "payee": "example",
                    "currency": "USD",
                    "payout": left,
                    "subtotal": decode(left),
                    "total": exact(total, 2),
                }
            ],
        }

    # -- what happens --------------------------------------------------------------------------------------------

    def of_order(self, number: int) -> list[tuple[str, bool, Make]]:
        """What a new order sets off."""
        plan = self._shop.plans.plan(number)
        found: list[tuple[str, bool, Make]] = [
            (f"order.{_ORDER_EVENTS[plan.status]}", plan.live, lambda: self.order(number))
        ]
        root = plan.original
        if root is not None and plan.status == COMPLETED:
            found.append(("subscription.charge.completed", plan.live, lambda: self.charge(number, root)))
        elif self._shop.plans.begins(plan):
            identity = self._subscriptions.identity(number)
            found.append(("subscription.activated", plan.live, lambda: self.subscription(identity)))
        return found

    def draw(self, number: int, created: int) -> Event:
        """Event `number` of the generated past."""
        h = mix(self._seed, number)
        if not self._shop.plans.count:
            identity = self._shop.receipts.people.ids.make(0)
            return Event(created, number, "account.created", True, lambda: self.account(identity))
        # The past is about what there was at the start, however many orders have come since.
        order = h % (self._shop.plans.at_start or 1)
        plan = self._shop.plans.plan(order)
        kind, live, make = self._drawn(h >> 40, order, plan)
        return Event(created, number, kind, live, make)

    def _drawn(self, luck: int, order: int, plan: Plan) -> tuple[str, bool, Make]:
        kind = luck % 10
        if kind == 0 and (record := self._returns.of_order(order)) is not None:
            return "return.created", plan.live, lambda: self.returned(record)
        if kind == 1 and plan.status == COMPLETED:
            return "payoutEntry.created", plan.live, lambda: self.payout(order)
        if kind in (2, 3):
            identity = self._shop.receipts.people.ids.make(plan.buyer)
            name = "account.created" if kind == 2 else "account.updated"
            return name, plan.live, lambda: self.account(identity)
        return self.of_order(order)[-1 if kind > 6 else 0]

    def _account(self, account: Any) -> dict[str, Any]:
        identity = account if isinstance(account, str) else account["id"]
        record = self._accounts.plain(identity)
        return record if record is not None else {"id": identity, "account": identity}

    def _item(self, item: dict[str, Any]) -> dict[str, Any]:
        identity = item.get("subscription")
        return {**item, "subscription": self._subscriptions.get(identity)} if isinstance(identity, str) else item
