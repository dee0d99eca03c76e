"""What happens in order number n: who buys which products when. A function of seed and n alone, and cheap, because
filters ask it of every order; `receipts.py` writes the order down."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, timedelta
from typing import NamedTuple

from fastspring_async.emulator.catalog import Catalog
from fastspring_async.emulator.numbers import mix, seed_of
from fastspring_async.emulator.words import COUPONS

COMPLETED, CANCELED, FAILED, PENDING = "completed", "canceled", "failed", "pending"


class Line(NamedTuple):
    """One line. `driver` is its tie to the first line, `product` None for shipping.

    `started` numbers the subscription: by the order that began it.
    """

    product: int | None
    quantity: int = 1
    driver: str | None = None
    started: int | None = None


class Plan(NamedTuple):
    """An order before it is written down.

    Attributes:
        original: for a rebill, the number of the order that began the subscription.
        coupon: index into COUPONS, or None.
        refund: 0 none, 1 in part, 2 in full.
        draw: random bits for the rest.
    """

    number: int
    draw: int
    live: bool
    status: str
    original: int | None
    product: int
    buyer: int
    coupon: int | None
    refund: int


class Plans:
    """The orders' plans and times.

    Args:
        count: how many orders there are at the start; they end before `until` and are spread over `span`.
        products: how many products there were to buy.
    """

    def __init__(
        self, seed: int, catalog: Catalog, *, count: int, products: int, until: datetime, span: timedelta
    ) -> None:
        self._seed = seed_of(seed, "orders")
        self._catalog = catalog
        self._products = max(1, products)
        self._buyers = max(1, count * 2 // 3)
        self.until = round(until.timestamp() * 1000)
        self._span = span // timedelta(milliseconds=1)
        self._start = self.until - self._span
        self.at_start = count
        self._later: list[int] = []
        self._made: dict[int, Plan] = {}

    @property
    def count(self) -> int:
        """How many orders there are now."""
        return self.at_start + len(self._later)

    def add(self, moment: int) -> int:
        """One more order, made at `moment` (ms, not before any other): its number."""
        self._later.append(moment)
        return self.count - 1

    def renew(self, root: int, moment: int) -> int:
        """One more order, which renews the subscription that order `root` began: its number."""
        number, first = self.add(moment), self.plan(root)
        draw = mix(self._seed, number)
        self._made[number] = first._replace(
            number=number, draw=draw, status=COMPLETED, original=root, coupon=None, refund=0
        )
        return number

    def begins(self, plan: Plan) -> bool:
        """Whether a subscription begins with this order."""
        return plan.original is None and plan.status == COMPLETED and self._catalog.is_subscription(plan.product)

    @property
    def buyers(self) -> int:
        """How many accounts there were at the start."""
        return self._buyers

    def created(self, number: int) -> int:
        """When it was made, in milliseconds since 1970. Never falls as numbers rise."""
        if number >= self.at_start:
            return self._later[number - self.at_start]
        slot = self._span // self.at_start
        return self._start + number * self._span // self.at_start + mix(self._seed ^ 0xDA7E, number) % max(1, slot)

    def since(self, moment: int) -> int:
        """The number of the first order made at or after `moment` (ms)."""
        return bisect_left(range(self.count), moment, key=self.created)

    def outline(self, number: int) -> tuple[bool, str]:
        """Whether it is live, and its status; quicker than the plan."""
        if made := self._made.get(number):
            return made.live, made.status
        h = mix(self._seed, number)
        return _live(h), _status(h)

    def plan(self, number: int) -> Plan:
        """What happens in it."""
        if made := self._made.get(number):
            return made
        h = mix(self._seed, number)
        status, original = _status(h), self._original(number, h)
        coupon = (h >> 36) % len(COUPONS) if (h >> 28) & 0xFF < 24 and original is None else None
        free = coupon is not None and COUPONS[coupon][1] == 10_000
        refund = 0
        if status == COMPLETED and not free and (h >> 18) & 0x3FF < 35:
            refund = 1 if (h >> 18) & 0x3FF < 12 else 2
        root = number if original is None else original
        return Plan(
            number=number,
            draw=h,
            live=_live(h),
            status=status,
            original=original,
            product=self._product(root),
            buyer=mix(self._seed ^ 0xB0B, root) % self._buyers,
            coupon=coupon,
            refund=refund,
        )

    def lines(self, plan: Plan) -> list[Line]:
        """What is bought. The first line is the main product."""
        catalog, main = self._catalog, plan.product
        goods = catalog.goods(main)
        h = mix(self._seed ^ 0x11E5, plan.number)
        root = plan.number if plan.original is None else plan.original
        begun = root if goods.interval and plan.status == COMPLETED else None
        lines = [Line(main, 1 + (h & 7 == 0) * (h >> 3) % 4, None, begun)]
        if plan.original is not None:
            return lines
        others = [(h >> (8 * n)) % self._products for n in range(1, 6)]
        if goods.fee:
            lines.append(Line(main, 1, "one_time_fee"))
        if goods.kind == "bundle":
            lines += [Line(other, lines[0].quantity, "bundle") for other in others[:2] if other != main]
        elif h >> 48 & 0xFF < 60 and others[2] != main:
            driver = "addon" if goods.interval else "cross-sell" if h >> 56 & 1 else None
            lines.append(Line(others[2], 1, driver))
            if h >> 48 & 0xFF < 15:
                lines.append(Line(others[3], 2, None))
        if any(line.product is not None and catalog.goods(line.product).tangible for line in lines):
            lines.append(Line(None))
        return lines

    def _product(self, number: int) -> int:
        # The square favours low numbers: some products sell well, most seldom.
        h = mix(self._seed ^ 0x600D, number) & 0xFFFF_FFFF
        return (h * h * self._products) >> 64

    def _original(self, number: int, h: int) -> int | None:
        """For an order that renews a subscription, the earlier order that began it."""
        if number == 0 or not _renews(h):
            return None
        first = mix(self._seed ^ 0x0123, number) % number
        for earlier in range(first, min(first + 6, number)):
            other = mix(self._seed, earlier)
            begins = earlier not in self._made and not _renews(other) and _status(other) == COMPLETED
            if begins and self._catalog.is_subscription(self._product(earlier)):
                return earlier
        return None


def _live(h: int) -> bool:
    return h & 0xFF >= 20


def _renews(h: int) -> bool:
    return h >> 40 & 0xFF < 60


def _status(h: int) -> str:
    luck = h >> 8 & 0x3FF
    if luck >= 55:
        return COMPLETED
    return CANCELED if luck < 25 else FAILED if luck < 32 else PENDING
