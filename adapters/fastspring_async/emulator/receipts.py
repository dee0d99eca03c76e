"""Writes an order down as FastSpring gives it, its money exact to the last unit.

As on FastSpring's page: an item's `subtotal` is what is left after its `discount`, the order's `subtotal` and
`discount` are the sums of its items', and `total` is `subtotal` plus `tax`.

The JSON is written as text: this is what the emulator spends its time on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any, NamedTuple

from fastspring_async.emulator.amounts import CURRENCIES, from_usd, share, to_usd
from fastspring_async.emulator.catalog import Catalog
from fastspring_async.emulator.jsons import decode, encode, quoted
from fastspring_async.emulator.numbers import Ids
from fastspring_async.emulator.options import Irregular
from fastspring_async.emulator.pen import Pen
from fastspring_async.emulator.people import People, Person
from fastspring_async.emulator.plans import COMPLETED, Line, Plan, Plans
from fastspring_async.emulator.quirks import break_order, disturb_order
from fastspring_async.emulator.words import COUPONS

_SHOP = "https://example.onfastspring.com/account"
_SHIPPING = 1200
_LICENSE = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# Quirks that are seen to while writing; for the others the order is taken apart again.
_WRITTEN = frozenset(("pointed", "nbsp", "old_creditcard", "tag_list", "text_instructions", "list_fulfillments"))
_CARDS = ("visa", "mastercard", "amex", "discover", "jcb", "carteblanche", "dinersclub", "unionpay")
_BANKS = ("wire", "ideal", "giropay", "sofort", "ecard", "sepa")


class Sum(NamedTuple):
    """One line's money, in units of the order's currency."""

    line: Line
    subtotal: int
    discount: int


class Bill(NamedTuple):
    """An order's money, in units of its currency."""

    sums: list[Sum]
    subtotal: int
    discount: int
    discount_with_tax: int
    tax: int

    @property
    def total(self) -> int:
        return self.subtotal + self.tax


class Receipts:
    """Orders as records.

    Args:
        broken: numbers of the orders whose records cannot be read.
    """

    def __init__(self, seed: int, plans: Plans, catalog: Catalog, irregular: Irregular, broken: frozenset[int]) -> None:
        self._plans = plans
        self._catalog = catalog
        self._irregular = irregular.shares()
        self._chance = Random()
        self._pens: dict[tuple[str, bool, bool], Pen] = {}
        self.people = People(seed)
        self.ids = Ids(seed, "order")
        self.subscriptions = Ids(seed, "subscription")
        self.returns = Ids(seed, "return")
        self.broken = broken

    def bill(self, plan: Plan) -> Bill:
        """The order's money."""
        country = self.people.country(plan.buyer)
        currency = CURRENCIES[country.currency]
        off = 0 if plan.coupon is None else COUPONS[plan.coupon][1]
        sums: list[Sum] = []
        subtotal = discount = 0
        for line in self._plans.lines(plan):
            gross = from_usd(self._price(line), currency) * line.quantity
            less = share(gross, off) if off else 0
            sums.append(Sum(line, gross - less, less))
            subtotal += gross - less
            discount += less
        tax = share(subtotal, country.tax)
        return Bill(sums, subtotal, discount, discount + share(discount, country.tax), tax)

    def record(self, number: int) -> bytes:
        """The order (FastSpring: /orders, Get orders), irregularities included."""
        plan, chance = self._plans.plan(number), self._chance
        chance.seed(plan.draw)
        luck = chance.random
        quirks = {name for name, part in self._irregular if luck() < part}
        person, bill = self.people.person(plan.buyer), self.bill(plan)
        pen = self._pen(person, quirks)
        created = self._plans.created(number)
        reference = self.reference(number)
        items = ",".join([self._item(each, plan, pen, reference) for each in bill.sums])
        text = (
            f"{{{self._head(plan, person, created, reference)},{_money(bill, pen)},"
            f'"billDescriptor":"FS* EXAMPLE","payment":{_payment(plan, bill, quirks, luck())},'
            f'{_buyer(person, bill)},"notes":[],"items":[{items}]{self._rest(plan, bill, pen, quirks)}}}'
        ).encode()
        return text if quirks <= _WRITTEN and number not in self.broken else self._twist(text, number, person, quirks)

    def reference(self, number: int) -> str | None:
        """What the customer calls the order; None if it was not completed."""
        plan = self._plans.plan(number)
        return _reference(plan, self._plans.created(number)) if plan.status == COMPLETED else None

    def _twist(self, text: bytes, number: int, person: Person, quirks: set[str]) -> bytes:
        record: dict[str, Any] = decode(text)
        if "account_object" in quirks:
            record["account"] = record["recipients"][0]["recipient"]["account"] = self.people.expanded(person)
        disturb_order(record, quirks, self._chance)
        if number in self.broken:
            break_order(record, number)
        return encode(record)

    def _pen(self, person: Person, quirks: set[str]) -> Pen:
        key = (person.country.code, "pointed" in quirks, "nbsp" in quirks)
        pen = self._pens.get(key)
        if pen is None:
            pen = self._pens[key] = Pen(person.country, pointed=key[1], nbsp=key[2])
        return pen

    def _price(self, line: Line) -> int:
        if line.product is None:
            return _SHIPPING
        if line.driver == "bundle":
            return 0
        goods = self._catalog.goods(line.product)
        return goods.fee if line.driver == "one_time_fee" else goods.price

    def _head(self, plan: Plan, person: Person, created: int, reference: str | None) -> str:
        draw, country = plan.draw, person.country
        changed = created
        if draw >> 52 & 7 == 0:  # some were touched again, up to two weeks later
            changed = max(created, min(created + (draw >> 30) % 1_209_600_000, self._plans.until))
        identity = self.ids.make(plan.number)
        return (
            f'"order":"{identity}","id":"{identity}","reference":{quoted(reference)},'
            f'"buyerReference":{"null" if draw % 40 else quoted("PO-4711")},"ipAddress":"203.0.113.{draw % 255}",'
            f'"completed":{_bool(plan.status == COMPLETED)},"changed":{changed},"changedValue":{changed},'
            f'"changedInSeconds":{changed // 1000},"changedDisplay":"{shown_day(changed, country.language)}",'
            f'"language":"{country.language}","live":{_bool(plan.live)},"currency":"{country.currency}",'
            f'"payoutCurrency":"USD","invoiceUrl":"{_SHOP}/order/{reference or "null"}/invoice",'
            f'"account":"{person.id}"'
        )

    def _item(self, each: Sum, plan: Plan, pen: Pen, reference: str | None) -> str:
        line, main = each.line, self._catalog.goods(plan.product).path
        more = ""
        if line.product is None:
            about = '"product":"SystemExtension.shippingcalculation","quantity":1,"display":"Shipping","sku":null'
            more = ',"attributes":{"SystemExtension.eds":"true"}'
        elif line.driver == "one_time_fee":
            about = f'"product":"{main}.setupFee","quantity":1,"display":"One-time Setup Fee","sku":null'
        else:
            goods = self._catalog.goods(line.product)
            about = f'"product":"{goods.path}","quantity":{line.quantity},"display":"{goods.display}"'
            about += f',"sku":{quoted(goods.sku)}'
        if plan.coupon is not None:
            more += f',"coupon":"{COUPONS[plan.coupon][0]}"'
        if line.started is not None:
            more += f',"subscription":"{self.subscriptions.make(line.started)}"'
        if line.driver is not None:
            more += f',"driver":{{"type":"{line.driver}","path":"{main}"}}'
        money = f"{pen.write('subtotal', each.subtotal)},{pen.write('discount', each.discount)}"
        return f'{{{about},{money},"fulfillments":{{{self._delivered(line, plan, reference)}}}{more}}}'

    def _delivered(self, line: Line, plan: Plan, reference: str | None) -> str:
        if line.product is None or line.driver == "one_time_fee" or reference is None or plan.original is not None:
            return ""
        goods = self._catalog.goods(line.product)
        if not goods.licensed:
            return ""
        bits, path = plan.draw ^ line.product * 0x9E3779B97F4A7C15, goods.path
        key = "".join([_LICENSE[bits >> shift & 31] for shift in range(0, 60, 5)])
        return (
            f'"{path}_file_0":[{{"display":"{path}.zip","size":{129 + bits % 500_000_000},'
            f'"file":"{_SHOP}/file/{reference}F","type":"file"}}],'
            f'"{path}_license_0":[{{"license":"{key}","display":"License Key","type":"license"}}],'
            f'"instructions":"Thank you for purchasing {goods.display}."'
        )

    def _rest(self, plan: Plan, bill: Bill, pen: Pen, quirks: set[str]) -> str:
        text = "" if plan.coupon is None else f',"coupons":["{COUPONS[plan.coupon][0]}"]'
        if plan.draw >> 44 & 15 == 0:
            tags = {"campaign": f"mail-{plan.draw % 7}", "source": "web site"}
            listed = [{"key": key, "value": value} for key, value in tags.items()]
            text += f',"tags":{encode(listed if "tag_list" in quirks else tags).decode()}'
        if plan.refund:
            back = pen.write("amount", bill.total if plan.refund == 2 else share(bill.total, 5000))
            text += f',"returns":[{{"return":"{self.returns.make(plan.number)}",{back}}}]'
        return text


def shown_day(ms: int, language: str) -> str:
    """A time as people read it there: 10/15/19, or 15/10/2019."""
    day = datetime.fromtimestamp(ms // 1000, UTC)
    if language == "en":
        return f"{day.month}/{day.day}/{day.year % 100:02}"
    return f"{day.day:02}/{day.month:02}/{day.year}"


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _reference(plan: Plan, created: int) -> str:
    day = datetime.fromtimestamp(created // 1000, UTC)
    date = f"{day.year % 100:02}{day.month:02}{day.day:02}"
    suffix = "" if plan.original is None else "B"
    return f"EXA{date}-{plan.draw % 10_000:04}-{(plan.draw >> 16) % 100_000:05}{suffix}"


def _money(bill: Bill, pen: Pen) -> str:
    # Converted one by one and then added, so that the payout amounts add up too.
    subtotal, tax = to_usd(bill.subtotal, pen.currency), to_usd(bill.tax, pen.currency)
    return ",".join(
        (
            pen.write("total", bill.total, subtotal + tax),
            pen.write("tax", bill.tax, tax),
            pen.write("subtotal", bill.subtotal, subtotal),
            pen.write("discount", bill.discount),
            pen.write("discountWithTax", bill.discount_with_tax),
        )
    )


def _payment(plan: Plan, bill: Bill, quirks: set[str], luck: float) -> str:
    if plan.status != COMPLETED:
        return "{}"
    if bill.total == 0:
        return '{"type":"free"}'
    if not plan.live:
        return '{"type":"test","cardEnding":"4242"}'
    kind = plan.draw >> 56
    if luck < 0.6:
        spelling = "creditcard" if "old_creditcard" in quirks else "creditCard"
        return f'{{"type":"creditcard","{spelling}":"{_CARDS[kind % 8]}","cardEnding":"{plan.draw % 10_000:04}"}}'
    if luck < 0.9:
        return f'{{"type":"{("paypal", "amazon")[kind % 2]}"}}'
    if luck < 0.96:
        return f'{{"type":"bank","bank":"{_BANKS[kind % 6]}"}}'
    return f'{{"type":"{("alipay", "purchase-order")[kind % 2]}"}}'


def _buyer(person: Person, bill: Bill) -> str:
    physical = bill.sums[-1].line.product is None
    address = _address(person, physical)
    return (
        f'"customer":{{{person.contact}}},"address":{address},"recipients":[{{"recipient":'
        f'{{{person.contact},"account":"{person.id}","address":{address}}}}}]'
    )


def _address(person: Person, physical: bool) -> str:
    place, country = person.place, person.country.code
    start, shown = "", f"{place.city}, {place.region}, {place.postal}, {country}"
    if physical:  # only then is the street asked for
        start, shown = f'"addressLine1":{quoted(person.street)},', f"{person.street}, {shown}"
    state = f'"regionCode":"{place.code}",' if place.code else ""
    return (
        f'{{{start}"city":"{place.city}",{state}"regionDisplay":"{place.region}","region":"{place.region}",'
        f'"postalCode":"{place.postal}","country":"{country}","display":{quoted(shown)}}}'
    )
