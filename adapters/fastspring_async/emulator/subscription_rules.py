"""What a posted change of a subscription does to it (FastSpring: /subscriptions, Update a subscription)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastspring_async.emulator.amounts import CURRENCIES, from_usd, units_of
from fastspring_async.emulator.forms import iso_time, money, times
from fastspring_async.emulator.routes.bodies import items, mapping
from fastspring_async.emulator.words import Country
from fastspring_async.emulator.world import World

_PLAIN = ("manualRenew", "remainingPeriods", "taxExemptId", "attributes", "tags", "customReferenceId")


class Change:
    """A posted change, read against the subscription as it is.

    Attributes:
        errors: what is wrong with it, by field.
        members: the members that it sets.
        uncancels: a cancellation is taken back.
    """

    def __init__(self, world: World, record: dict[str, Any], wanted: dict[str, Any], country: Country) -> None:
        self._world, self._record, self._wanted, self._country = world, record, wanted, country
        self.errors: dict[str, str] = {}
        self.members: dict[str, Any] = {name: wanted[name] for name in _PLAIN if name in wanted}
        if "manualRenew" in wanted:
            self.members["autoRenew"] = not wanted["manualRenew"]
        self.uncancels = "deactivation" in wanted and wanted["deactivation"] is None
        self._read_state()
        self._read_product()
        self._read_dates()
        self._read_addons()
        self._read_coupons()

    def _read_state(self) -> None:
        state = self._record["state"]
        if self.uncancels and state != "canceled":
            self.errors["deactivation"] = "The subscription is not canceled"
        elif state == "deactivated":
            self.errors["subscription"] = "The subscription is not active"
        elif self.uncancels:
            ends = times("canceledDate", None) | times("deactivationDate", None) | times("end", None)
            self.members |= {**ends, "state": "active", "autoRenew": not self._record["adhoc"]}
            self.members |= times("nextChargeDate", self._record["next"])

    def _read_product(self) -> None:
        wanted, record, shop = self._wanted, self._record, self._world.shop
        product, quantity = wanted.get("product", record["product"]), wanted.get("quantity", record["quantity"])
        price = units_of(record["price"], record["currency"]) or 0
        if "product" in wanted:
            found = shop.product(product) if isinstance(product, str) else None
            base = shop.base_price(product, record["currency"]) if found is not None else None
            if found is None or base is None:
                self.errors["product"] = "Product not found"
                return
            price = base[0] if base[1] else from_usd(base[0], CURRENCIES[record["currency"]])
            display = mapping(found.get("display")).get("en", product)
            self.members |= {"product": product, "display": display, "sku": found.get("sku")}
        if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 1:
            self.errors["quantity"] = "Invalid quantity"
            return
        if "pricing" in wanted:
            given = units_of(
                mapping(mapping(wanted["pricing"]).get("price")).get(record["currency"]), record["currency"]
            )
            if given is None or given < 0:
                self.errors["pricing"] = "Invalid pricing"
                return
            price = given
        if {"product", "quantity", "pricing"} & wanted.keys():
            total, country = price * quantity, self._country
            self.members |= {"quantity": quantity, **money("price", price, country)}
            self.members |= money("subtotal", total, country) | money("nextChargePreTax", total, country)
            self.members |= money("nextChargeTotal", total, country)

    def _read_dates(self) -> None:
        for name in ("next", "end"):
            if name not in self._wanted:
                continue
            ms = _ms(self._wanted[name])
            if ms is None and not (name == "end" and self._wanted[name] is None):
                self.errors[name] = f"Invalid {name} date"
            elif ms is not None and ms <= self._world.now:
                self.errors[name] = f"The {name} date must be in the future"
            else:
                self.members |= times(name, ms)
                if name == "next":
                    self.members |= times("nextChargeDate", ms)

    def _read_addons(self) -> None:
        if "addons" not in self._wanted:
            return
        addons = {each["product"]: each for each in self._record["addons"]}
        for each in map(mapping, items(self._wanted["addons"])):
            product, quantity = each.get("product"), each.get("quantity", 1)
            if not isinstance(product, str) or self._world.shop.product(product) is None:
                self.errors["addons"] = "Product not found"
            elif quantity == 0:
                addons.pop(product, None)
            else:
                addons[product] = {**addons.get(product, {}), **each, "quantity": quantity}
        self.members["addons"] = list(addons.values())

    def _read_coupons(self) -> None:
        coupons = self._world.coupons
        known = {code for identity in coupons.ids() for code in coupons.codes(identity)}
        given = items(self._wanted.get("coupons"))
        if any(str(code).upper() not in known for code in given):
            self.errors["coupons"] = "Invalid coupon code"
        elif "coupons" in self._wanted:
            self.members["coupons"] = [str(code).upper() for code in given]

    def proration(self) -> dict[str, Any]:
        """What the change would cost now: the new price less the old. Its date is a text, unlike all others."""
        currency, country = self._record["currency"], self._country
        old = units_of(self._record["subtotal"], currency) or 0
        new = units_of(self.members.get("subtotal", self._record["subtotal"]), currency) or 0
        due = self._record["next"]
        return {
            "currency": currency,
            "nextChargeDate": None if due is None else iso_time(due),
            **money("proratedCharge", new, country),
            **money("prorationCredit", old, country),
            **money("prorationTotal", max(0, new - old), country),
        }


def _ms(value: Any) -> int | None:
    """A date as clients may post it: ms, or yyyy-mm-dd."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return round(datetime.strptime(str(value), "%Y-%m-%d").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return None
