"""The shop's returns: those that generated orders show, and what was given back since."""

from __future__ import annotations

from typing import Any, cast

from fastspring_async.emulator.accounts import CREATED
from fastspring_async.emulator.amounts import share
from fastspring_async.emulator.forms import money, times
from fastspring_async.emulator.shop import Shop
from fastspring_async.emulator.words import Country


class Returns:
    """Returns by id."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._stored: dict[str, dict[str, Any]] = {}
        self._sums: dict[int, list[tuple[int, int]]] = {}

    def get(self, identity: str) -> dict[str, Any] | None:
        """The return (FastSpring: /returns, Get one or more returns), or None if there is none."""
        if (stored := self._stored.get(identity)) is not None:
            return stored
        number = self._shop.receipts.returns.number(identity)
        return None if number is None or number >= self._shop.plans.count else self.of_order(number)

    def of_order(self, number: int) -> dict[str, Any] | None:
        """The generated return of an order, if it has one."""
        shop = self._shop
        plan = shop.plans.plan(number)
        if not plan.refund:
            return None
        bill, full = shop.receipts.bill(plan), plan.refund == 2
        tax = bill.tax if full else share(bill.tax, 5000)
        total = bill.total if full else share(bill.total, 5000)
        at = min(shop.plans.created(number) + 86_400_000, shop.plans.until)
        order = shop.order(number)
        identity = shop.receipts.returns.make(number)
        items = cast("list[dict[str, Any]]", order["items"]) if full and isinstance(order["items"], list) else []
        return self._write(identity, number, order, total=total, tax=tax, at=at, items=items, reason="OTHER", note="")

    def create(
        self, number: int, *, total: int, tax: int, items: list[dict[str, Any]], reason: str | None, note: str | None
    ) -> dict[str, Any]:
        """Gives money back: the return. The order shows it from now on."""
        shop, order = self._shop, self._shop.order(number)
        identity = shop.receipts.returns.make(CREATED + len(self._stored))
        record = self._write(
            identity, number, order, total=total, tax=tax, at=shop.tick(), items=items, reason=reason, note=note
        )
        self._stored[identity] = record
        self._sums.setdefault(number, []).append((total, tax))
        entry = {"return": identity, **money("amount", total, self._country(number))}
        shop.refund_order(number, [*(order.get("returns") or []), entry])
        return record

    def left(self, number: int) -> tuple[int, int]:
        """What of an order's total, and of its tax, was not given back yet."""
        plan = self._shop.plans.plan(number)
        bill, first = self._shop.receipts.bill(plan), plan.refund
        gone_total = bill.total if first == 2 else share(bill.total, 5000) if first else 0
        gone_tax = bill.tax if first == 2 else share(bill.tax, 5000) if first else 0
        for units, tax in self._sums.get(number, ()):
            gone_total, gone_tax = gone_total + units, gone_tax + tax
        return bill.total - gone_total, bill.tax - gone_tax

    def _country(self, number: int) -> Country:
        return self._shop.receipts.people.country(self._shop.plans.plan(number).buyer)

    def _write(
        self,
        identity: str,
        number: int,
        order: dict[str, Any],
        *,
        total: int,
        tax: int,
        at: int,
        items: list[dict[str, Any]],
        reason: str | None,
        note: str | None,
    ) -> dict[str, Any]:
        country = self._country(number)
        reference = self._shop.receipts.reference(number)
        receipts = self._shop.receipts
        subscriptions = [each["subscription"] for each in items if each.get("subscription")]
        original: dict[str, Any] = {
            "order": receipts.ids.make(number),
            "id": receipts.ids.make(number),
            "reference": reference,
            "account": receipts.people.person(self._shop.plans.plan(number).buyer).id,
            "currency": country.currency,
            "payment": order.get("payment"),
            **money("total", receipts.bill(self._shop.plans.plan(number)).total, country),
        }
        if subscriptions:
            original["subscriptions"] = subscriptions
        return {
            "return": identity,
            "reference": f"{reference}X",
            "completed": True,
            **times("changed", at, country.language),
            "live": order["live"],
            "account": original["account"],
            "currency": country.currency,
            **money("totalReturn", total, country),
            **money("tax", tax, country),
            **money("subtotal", total - tax, country),
            "totalRefundInPayoutCurrency": money("x", total, country)["xInPayoutCurrency"],
            "payment": order.get("payment"),
            "reason": reason,
            "note": note,
            "type": "RETURN",
            "original": original,
            "customer": order.get("customer"),
            "items": [{name: each.get(name) for name in _ITEM} for each in items],
        }


_ITEM = ("product", "quantity", "display", "sku", "subtotal", "subtotalDisplay", "subscription")
