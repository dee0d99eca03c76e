"""What tests ask the emulated store, and what they do to it behind its clients' backs."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from commerce_async.testing.emulator import Emulator

from .limiter import CallLimit
from .tables import Table
from .values import Record
from .world import World


class Keeping(Emulator):
    """The part of the emulator that no client sees."""

    world: World
    started: float
    _limiter: CallLimit | None

    @property
    def product_count(self) -> int:
        """Products that are there now."""
        return len(self.world.products.ids())

    @property
    def order_count(self) -> int:
        """Orders that are there now."""
        return len(self.world.orders.ids())

    def product_ids(self) -> Sequence[int]:
        """Ids of the products that are there now, rising; ask again after a change."""
        return self.world.products.ids()

    def order_ids(self) -> Sequence[int]:
        """Ids of the orders that are there now, rising; ask again after a change."""
        return self.world.orders.ids()

    @property
    def broken_product_ids(self) -> list[int]:
        """Products whose price is not a number, those removed since included."""
        return [self.world.products.numbers.id(index) for index in self.world.products.spoiled]

    @property
    def broken_order_ids(self) -> list[int]:
        """Orders whose total is not a number, those removed since included."""
        return [self.world.orders.numbers.id(index) for index in self.world.orders.spoiled]

    def product(self, id: int) -> Record:
        """A product with everything nested, amounts as Decimal or int. KeyError if it is not there."""
        return self.world.filled(self.world.products, id)

    def order(self, id: int) -> Record:
        """An order with everything nested, amounts as Decimal or int. KeyError if it is not there."""
        return self.world.filled(self.world.orders, id)

    def order_total(self, id: int) -> Decimal:
        """An order's true grand total. KeyError if it is not there."""
        return self.world.order_total(id)

    def table(self, resource: str) -> Table:
        """Any resource's records; `Generated` ones know what was `inserted`, `removed`, or `existed_throughout()`."""
        return self.world.tables[resource]

    def insert_product(self, **changes: Any) -> int:
        """A new product, created now; returns its id."""
        return self.world.insert(self.world.products, changes)

    def insert_order(self, **changes: Any) -> int:
        """A new order, placed now; returns its id."""
        return self.world.insert(self.world.orders, changes)

    def edit_product(self, id: int, **changes: Any) -> Record:
        """Changes a product (its price, if nothing is named) and its `updated_at`; returns the record."""
        products = self.world.products
        return self.world.edit(products, id, changes or self.world.default_edit(products, id))

    def edit_order(self, id: int, **changes: Any) -> Record:
        """Changes an order (its status, if nothing is named) and its `updated_at`; returns the record."""
        orders = self.world.orders
        return self.world.edit(orders, id, changes or self.world.default_edit(orders, id))

    def remove_product(self, id: int) -> None:
        """Removes a product. KeyError if it is not there."""
        self.world.remove(self.world.products, id)

    def remove_order(self, id: int) -> None:
        """Removes an order. KeyError if it is not there."""
        self.world.remove(self.world.orders, id)

    def foreign_call(self, n: int = 1) -> int:
        """Another program makes so many calls on the same account; returns how many of them passed."""
        return self._limiter.foreign(self.now(), n) if self._limiter else n

    def admissible(self, start: float | None = None, end: float | None = None) -> int | None:
        """The most calls that the limit allowed this client in that time (server clock; the whole run by default).

        Compare it with the times in `ledger.admitted_at`. See `CallLimit.admissible`; None if there is no limit.
        """
        if self._limiter is None:
            return None
        return self._limiter.admissible(self.started if start is None else start, self.now() if end is None else end)
