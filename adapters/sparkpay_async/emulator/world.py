"""One generated store: every resource of the API as a table, and what tests and clients change in it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from .catalog import Catalog
from .kept import Children
from .layout import Layout
from .lookups import Lookups
from .people import People
from .sales import Sales
from .tables import Generated, Table, Tally
from .values import Dice, Moment, Record, moment, money

Told = Callable[[Table, Record | None, Record], None]
"""What wants to know of changes: the table, the record before (None if it is new) and after."""


class World:
    """The tables of a store.

    Args:
        seed: same seed, same store.
        products, orders: how many there are at first; customers are a third of the orders.
        until: no generated time is later.
        broken_products, broken_orders: how many of them have a price or a total that is not a number.
        wall: the time of day for changes made while running.

    Attributes:
        held: nested arrays that a client wrote, by resource, id and name.
        told: hears of every new and changed record.
    """

    def __init__(
        self,
        *,
        seed: int,
        products: int,
        orders: int,
        until: datetime,
        broken_products: int,
        broken_orders: int,
        wall: Callable[[], datetime],
    ) -> None:
        self.lookups = Lookups(seed)
        self.catalog = Catalog(seed, products, until, self.lookups)
        self.people = People(seed, max(1, orders // 3), until)
        self.sales = Sales(
            seed,
            orders,
            until,
            lookups=self.lookups,
            catalog=self.catalog,
            products=products,
            people=self.people,
        )
        self.last_change = until
        self.held: dict[tuple[str, int, str], list[Any]] = {}
        self.told: Told | None = None
        self._seed = seed
        self._wall = wall
        self._changes = 0
        self._tally = Tally()
        layout = Layout(self, self._tally)
        self.products = layout.products(products, _spoil(seed, products, broken_products, "price"))
        self.customers = layout.customers()
        self.orders = layout.orders(orders, _spoil(seed + 1, orders, broken_orders, "grand_total"))
        self.tables: dict[str, Table] = layout.complete(self.products, self.customers, self.orders)

    @property
    def version(self) -> int:
        """Rises with every change to any table: nested records come from others."""
        return self._tally.value

    # -- changes ---------------------------------------------------------------------------------------------

    def insert(self, table: Generated, changes: Record) -> int:
        """A new record such as the generated ones, created now; returns its id."""
        stamp = self._stamp()
        times = dict.fromkeys((*table.times, "created_at"), stamp)
        id = table.insert(times | changes)
        self._tell(table, None, id)
        return id

    def edit(self, table: Table, id: int, changes: Record) -> Record:
        """Changes fields and `updated_at`; returns the record. KeyError if it is not there."""
        before = self._known(table, id)
        table.patch(id, {"updated_at": self._stamp()} | changes)
        self._tell(table, before, id)
        return self._known(table, id)

    def create(self, table: Table, record: Record) -> Record:
        """Keeps a client's new record, created now; returns it."""
        stamp = self.precise().text()
        times = {name: stamp for name in ("created_at", "updated_at") if name in record}
        id = table.add(record | times)
        self._tell(table, None, id)
        return self._known(table, id)

    def update(self, table: Table, id: int, changes: Record) -> Record:
        """A client's change; returns the record. KeyError if it is not there."""
        before = self._known(table, id)
        table.patch(id, changes | {"updated_at": self.precise().text()})
        self._tell(table, before, id)
        return self._known(table, id)

    def hold(self, table: Table, id: int, name: str, rows: list[Any]) -> None:
        """Keeps a nested array that a client wrote."""
        self.held[table.resource, id, name] = rows
        self._tally.value += 1

    def remove(self, table: Table, id: int) -> None:
        """Takes a record away, and those that belong to it. KeyError if it is not there."""
        table.remove(id)
        for other in self.tables.values():
            if isinstance(other, Children) and other.parent is table and other.owner:
                other.orphan(id)
        self.precise()

    def default_edit(self, table: Generated, id: int) -> Record:
        """A change such as a shopkeeper makes: another price, or another order status."""
        record = self._known(table, id)
        if table is self.products:
            price = record["price"]
            return {"price": price + 1 if isinstance(price, int | Decimal) else Decimal("1.00")}
        ids = sorted(self.lookups.order_status_ids.values())
        at = ids.index(record["order_status_id"]) if record["order_status_id"] in ids else 0
        return {"order_status_id": ids[(at + 1) % len(ids)], "previous_order_status_id": record["order_status_id"]}

    def precise(self) -> Moment:
        """The time of a client's change: the time of day to the millisecond, but after everything before."""
        self._changes += 1
        at = max(self._wall().astimezone(UTC), self.last_change + timedelta(milliseconds=1))
        self.last_change = at.replace(microsecond=at.microsecond // 1_000 * 1_000)
        return Moment(int(at.timestamp()), self.last_change.microsecond * 10, 7 if self._changes % 2 else 3)

    def _stamp(self) -> str:
        """The time of a change in the shop: the time of day, but after everything that was before."""
        self._changes += 1
        self.last_change = max(self._wall().astimezone(UTC), self.last_change + timedelta(seconds=1))
        return moment(int(self.last_change.timestamp()), Dice(self._seed, 1, self._changes)).text()

    def _known(self, table: Table, id: int) -> Record:
        record = table.get(id)
        if record is None:
            raise KeyError(id)
        return record

    def _tell(self, table: Table, before: Record | None, id: int) -> None:
        if self.told is not None:
            self.told(table, before, self._known(table, id))

    # -- what there is ---------------------------------------------------------------------------------------

    def filled(self, table: Table, id: int) -> Record:
        """A record with everything nested. KeyError if it is not there."""
        return self._known(table, id) | {nested_key(name): make(id) for name, make in table.nested.items()}

    def order_total(self, id: int) -> Decimal:
        """The true total, also of an order that is sent broken. KeyError if there is no such order."""
        record = self._known(self.orders, id)
        index = self.orders.numbers.index(id)
        if index in self.orders.spoiled:
            return money(self.sales.draws.of(index).total, 2)
        return Decimal(record["grand_total"])


def nested_key(name: str) -> str:
    """The member under which an expanded array comes back: its name, but for one."""
    return "customer_additional_emails" if name == "additional_emails" else name


def _spoil(seed: int, count: int, broken: int, field: str) -> dict[int, Record]:
    """Indexes of records that cannot be read, and what they hold instead of an amount."""
    chosen = sorted(random.Random(seed).sample(range(count), min(count, broken)))
    values: tuple[object, ...] = ("abc", {"amount": "12.00"})
    return {index: {field: values[n % 2]} for n, index in enumerate(chosen)}
