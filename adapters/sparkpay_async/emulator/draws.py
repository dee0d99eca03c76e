"""What was ordered: one seeded draw per order, from which its record, lines, payments and shipments all follow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from .catalog import Brief, Catalog
from .values import Dice

_STATUSES = (
    ("Shipped", 62), ("Pending Processing", 12), ("Picked up", 5), ("Partially Shipped", 4), ("Cancelled", 5),
    ("Declined", 3), ("Refunded", 3), ("Partial refund", 2), ("Awaiting Parts", 2), ("Quote", 2),
)  # fmt: skip
_SHIPPED = frozenset({"Shipped", "Picked up", "Partially Shipped", "Refunded", "Partial refund"})
_UNPAID = frozenset({"Declined", "Pending Processing", "Cancelled"})
_LINES = (1, 1, 1, 2, 2, 3, 4, 6)
_GIFT = 100_000


class Line(NamedTuple):
    """One line; `price` and `tax` in ten-thousandths, `parent` the line it belongs to, `option` any number."""

    product: int
    brief: Brief
    price: int
    quantity: int
    tax: int
    parent: int | None
    option: int


class Draw(NamedTuple):
    """One order. Amounts in ten-thousandths; `noise` is for everything that no sum depends on."""

    customer: int
    status: str
    lines: Sequence[Line]
    physical: bool
    subtotal: int
    discount: int
    tax: int
    shipping: int
    handling: int
    fees: int
    noise: int

    @property
    def total(self) -> int:
        """The grand total."""
        return self.subtotal - self.discount + self.tax + self.shipping + self.handling + self.fees

    @property
    def approved(self) -> bool:
        """Whether payments went through."""
        return self.status not in _UNPAID

    @property
    def payments(self) -> list[int]:
        """The amounts of its payments: none, the total, or a gift certificate and the rest."""
        if self.status == "Quote" or self.noise % 33 == 0:
            return []
        if self.total > _GIFT and self.noise % 12 == 1:
            return [_GIFT, self.total - _GIFT]
        return [self.total]

    @property
    def shipments(self) -> int:
        """How many shipments there are: for shipped orders that need shipping one, sometimes two."""
        if not self.physical or self.status not in _SHIPPED:
            return 0
        return 2 if self.noise % 8 == 2 and len(self.lines) > 1 else 1

    @property
    def addresses(self) -> int:
        """1 if shipping and billing address are the same record, else 2."""
        return 2 if self.noise % 5 < 2 else 1


class Draws:
    """Draws by the order's index, 0 and up.

    Args:
        products, customers: how many of them orders may name.
    """

    def __init__(self, seed: int, catalog: Catalog, products: int, customers: int) -> None:
        self.of = lru_cache(maxsize=512)(self._draw)
        self._seed = seed
        self._catalog = catalog
        self._products = max(1, products)
        self._customers = max(1, customers)

    def line_count(self, index: int) -> int:
        """How many lines the order has; a few have none."""
        return self._first(index)[1]

    def _first(self, index: int) -> tuple[Dice, int]:
        dice = Dice(self._seed, 311, index)
        throw = dice.below(100)
        return dice, 0 if throw == 99 else _LINES[throw % 8]

    def _draw(self, index: int) -> Draw:
        dice, count = self._first(index)
        customer = dice.below(self._customers)
        status = _weighted(dice.below(100))
        rate = dice.pick((0, 0, 600, 825, 1_900))
        lines: list[Line] = []
        for _ in range(count):
            lines.append(self._line(dice, rate, lines))
        subtotal = sum(line.price * line.quantity for line in lines)
        physical = any(line.brief.physical for line in lines)
        return Draw(
            customer=customer,
            status=status,
            lines=lines,
            physical=physical,
            subtotal=subtotal,
            discount=subtotal // 10 if dice.chance(15) else 0,
            tax=sum(line.tax for line in lines),
            shipping=dice.pick((0, 59_900, 99_500, 124_975)) if physical else 0,
            handling=dice.pick((0, 0, 0, 0, 25_000)),
            fees=dice.pick((0, 0, 0, 0, 0, 10_000, 3_333)),
            noise=dice.below(1 << 30),
        )

    def _line(self, dice: Dice, rate: int, before: Sequence[Line]) -> Line:
        product = dice.below(self._products)
        brief = self._catalog.brief(product)
        throw = dice.below(1 << 20)
        if before and before[-1].brief.kind == "kit" and before[-1].parent is None:
            # The part of a kit: a line of its own that costs nothing.
            return Line(product, brief, 0, before[-1].quantity, 0, len(before) - 1, throw)
        quantity = (1, 1, 1, 2, 3, 12)[throw % 6]
        tax = brief.price * quantity * rate // 10_000 if brief.taxable else 0
        return Line(product, brief, brief.price, quantity, tax, None, throw)


def _weighted(throw: int) -> str:
    for name, weight in _STATUSES:
        throw -= weight
        if throw < 0:
            return name
    return _STATUSES[0][0]
