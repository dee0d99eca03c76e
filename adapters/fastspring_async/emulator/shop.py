"""The shop's state: what the generator makes, and over it what was changed since."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, cast

from fastspring_async.emulator.amounts import CURRENCIES, exact, units_of
from fastspring_async.emulator.catalog import Catalog
from fastspring_async.emulator.jsons import decode, encode
from fastspring_async.emulator.options import Irregular
from fastspring_async.emulator.plans import Plans
from fastspring_async.emulator.receipts import Receipts, shown_day

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
_KEPT_FILTERS = 4


class Filter(NamedTuple):
    """Which orders; None where any will do."""

    products: frozenset[str] | None = None
    rebill: bool | None = None
    returns: bool | None = None
    live: bool | None = None
    status: str | None = None


class _Found:
    """The numbers of the orders that pass a filter, as far as they were looked at."""

    def __init__(self) -> None:
        self.numbers = array("L")
        self.seen = 0


class Shop:
    """Products and orders. Changes are kept apart from the generator, so that an unchanged record costs no memory.

    Args:
        products, orders: how many there are at the start.
        until, span: the orders at the start were made in this time, the last just before `until`.
        broken, broken_products: how many records cannot be read.
        cache: how many encoded orders are kept.
    """

    def __init__(
        self,
        *,
        seed: int,
        products: int,
        orders: int,
        until: datetime = UNTIL,
        span: timedelta = timedelta(days=730),
        irregular: Irregular | None = None,
        broken: int = 0,
        broken_products: int = 0,
        cache: int = 1024,
    ) -> None:
        irregular = irregular or Irregular()
        self.catalog = Catalog(seed, irregular, _spread(products, broken_products))
        self.plans = Plans(seed, self.catalog, count=orders, products=products, until=until, span=span)
        self.receipts = Receipts(seed, self.plans, self.catalog, irregular, _spread(orders, broken))
        self._first_products = products
        self._new_products: list[str] = []
        self._grown = 0
        self._refunded: set[int] = set()
        self._products: dict[str, dict[str, Any]] = {}
        self._removed: set[str] = set()
        self._orders: dict[int, dict[str, Any]] = {}
        self._found: OrderedDict[Filter, _Found] = OrderedDict()
        self._ticks = 0
        self._encoded = lru_cache(maxsize=cache)(self.receipts.record)

    @property
    def now(self) -> datetime:
        """The shop's time of day: one second later with every change."""
        return datetime.fromtimestamp(self._now_ms() / 1000, UTC)

    def _now_ms(self) -> int:
        return self.plans.until + self._ticks * 1000

    def tick(self) -> int:
        """Something changes: the new time of day, in milliseconds since 1970."""
        self._ticks += 1
        return self._now_ms()

    # -- products ------------------------------------------------------------------------------------------------

    @property
    def product_count(self) -> int:
        return self._first_products + len(self._new_products) - len(self._removed)

    def product_paths(self) -> Iterator[str]:
        """Every product's path, the latest additions first."""
        path, removed = self.catalog.path, self._removed
        for new in reversed(self._new_products):
            if new not in removed:
                yield new
        for number in range(self._first_products):
            found = path(number)
            if found not in removed:
                yield found

    def product_slice(self, start: int, stop: int) -> list[str]:
        """A part of `product_paths`, without making the others where that is possible."""
        if self._removed:
            return list(self.product_paths())[start:stop]
        new, path = self._new_products[::-1], self.catalog.path
        rest = range(max(0, start - len(new)), max(0, min(stop - len(new), self._first_products)))
        return new[start:stop] + [path(number) for number in rest]

    def product(self, path: str) -> dict[str, Any] | None:
        """The product's record, or None if there is none. A copy for generated ones; do not change it."""
        if path in self._removed:
            return None
        if path in self._products:
            return self._products[path]
        number = self.catalog.number(path)
        if number is None or number >= self._first_products + self._grown:
            return None
        return self.catalog.record(number)

    def add_product(self) -> str:
        """A fresh product at the front of the list: its path."""
        self.tick()
        path = self.catalog.path(self._first_products + self._grown)
        self._grown += 1
        if path in self._products:  # someone posted a product with this very path
            return self.add_product()
        self._new_products.append(path)
        return path

    def put_product(self, path: str, record: dict[str, Any]) -> None:
        """Stores a record over the product's own, or a product that was not there."""
        self.tick()
        fresh = self.product(path) is None
        self._products[path] = record
        if fresh and path in self._removed:
            self._removed.discard(path)
        elif fresh:
            self._new_products.append(path)

    def base_price(self, path: str, currency: str) -> tuple[int, bool] | None:
        """A product's price without tax: units of the currency and True if it has one there, else US cents and False.

        None if there is no such product.
        """
        if self.product(path) is None:
            return None
        stored, number = self._products.get(path), self.catalog.number(path)
        if stored is None and number is not None:
            return self.catalog.goods(number).price, False
        pricing = (stored or {}).get("pricing")
        price: Any = cast("dict[str, Any]", pricing).get("price") if isinstance(pricing, dict) else None
        own: dict[str, Any] = cast("dict[str, Any]", price) if isinstance(price, dict) else {}
        if currency != "USD" and (units := units_of(own.get(currency), currency)) is not None:
            return units, True
        return units_of(own.get("USD"), "USD") or 0, False

    def remove_product(self, path: str) -> list[str]:
        """Removes a product and its variations: what was removed."""
        self.tick()
        gone = [path] if self.product(path) is not None else []
        number = self.catalog.number(path)
        if gone and number is not None and self.catalog.parent(number + 1) == number:
            variation = self.catalog.path(number + 1)
            gone += [variation] if self.product(variation) is not None else []
        gone += [other for other, record in self._products.items() if gone and self._varies(other, path, record, gone)]
        self._removed.update(gone)
        return gone

    def _varies(self, other: str, path: str, record: dict[str, Any], gone: list[str]) -> bool:
        return record.get("parent") == path and other not in gone and other not in self._removed

    # -- orders --------------------------------------------------------------------------------------------------

    def order_number(self, identity: str) -> int | None:
        """The number of the order with this id, or None if there is none."""
        number = self.receipts.ids.number(identity)
        return number if number is not None and number < self.plans.count else None

    def order_json(self, number: int) -> bytes:
        """The order as it is sent."""
        changed = self._orders.get(number)
        return self._encoded(number) if changed is None else encode(changed)

    def order(self, number: int) -> dict[str, Any]:
        """The order as an object; a copy for unchanged ones."""
        changed = self._orders.get(number)
        return decode(self._encoded(number)) if changed is None else changed

    def order_total(self, number: int) -> Decimal:
        """The exact total, whatever is wrong with the record."""
        if number in self._orders and number not in self.receipts.broken:
            return Decimal(str(self._orders[number]["total"]))
        plan = self.plans.plan(number)
        currency = CURRENCIES[self.receipts.people.country(plan.buyer).currency]
        return Decimal(exact(self.receipts.bill(plan).total, currency.digits))

    def add_order(self) -> int:
        """A fresh order at the newest end: its number."""
        return self.plans.add(self.tick())

    def renew(self, root: int) -> int:
        """A fresh order that renews the subscription which order `root` began: its number."""
        return self.plans.renew(root, self.tick())

    def refund_order(self, number: int, returns: list[dict[str, Any]]) -> None:
        """Stores an order's returns, and lets the filter for orders with returns find it."""
        self.edit_order(number, {"returns": returns})
        self._refunded.add(number)
        for wanted in [each for each in self._found if each.returns is not None]:
            del self._found[wanted]

    def edit_order(self, number: int, changes: dict[str, Any]) -> None:
        """Stores changed members and the time of the change."""
        record = self.order(number)
        now = self.tick()
        times = {
            "changed": now,
            "changedValue": now,
            "changedInSeconds": now // 1000,
            "changedDisplay": shown_day(now, record.get("language", "en")),
        }
        self._orders[number] = {**record, **times, **changes}

    def orders_page(
        self, wanted: Filter, first: int, stop: int, *, skip: int, size: int, newest_first: bool
    ) -> tuple[int, list[int]]:
        """How many orders numbered in [first, stop) pass, and the numbers of one page of them."""
        numbers = self._matching(wanted)
        low, high = bisect_left(numbers, first), bisect_left(numbers, max(first, stop))
        if newest_first:
            chosen = numbers[max(low, high - skip - size) : max(low, high - skip)][::-1]
        else:
            chosen = numbers[min(high, low + skip) : min(high, low + skip + size)]
        return high - low, list(chosen)

    def _matching(self, wanted: Filter) -> range | array[int]:
        """The numbers of all orders that pass, ascending."""
        if wanted == Filter():
            return range(self.plans.count)
        found = self._found.setdefault(wanted, _Found())
        self._found.move_to_end(wanted)
        if len(self._found) > _KEPT_FILTERS:
            self._found.popitem(last=False)
        # What an order is about never changes once it is made: only the new ones need a look.
        for number in range(found.seen, self.plans.count):
            if self._passes(number, wanted):
                found.numbers.append(number)
        found.seen = self.plans.count
        return found.numbers

    def _passes(self, number: int, wanted: Filter) -> bool:
        live, status = self.plans.outline(number)
        if wanted.live not in (None, live) or wanted.status not in (None, status):
            return False
        if wanted.rebill is wanted.returns is wanted.products is None:
            return True
        plan = self.plans.plan(number)
        if wanted.rebill not in (None, plan.original is not None) or wanted.returns not in (
            None,
            plan.refund > 0 or number in self._refunded,
        ):
            return False
        if wanted.products is None:
            return True
        return any(path in wanted.products for path in self.bought(number))

    def bought(self, number: int) -> list[str]:
        """The paths of the products in an order."""
        lines = self.plans.lines(self.plans.plan(number))
        return [self.catalog.goods(line.product).path for line in lines if line.product is not None]


def _spread(total: int, marked: int) -> frozenset[int]:
    """So many numbers below `total`, evenly apart."""
    if not 0 <= marked <= total:
        raise ValueError(f"{marked} of {total} records cannot be broken")
    return frozenset(total * n // marked + total // marked // 2 for n in range(marked))
