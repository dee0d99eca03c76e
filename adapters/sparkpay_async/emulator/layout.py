"""Which tables a store has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import catalog as goods
from . import people as persons
from . import sales as trade
from .declared import GENERATED, LOOKUPS
from .kept import Children, Kept
from .nesting import Nesting
from .others import OTHERS
from .shapes import Shape, shape_of
from .tables import Generated, Table, Tally
from .values import Record

if TYPE_CHECKING:
    from .world import World


class Layout:
    """Makes the tables of one world."""

    def __init__(self, world: World, tally: Tally) -> None:
        self._world = world
        self._tally = tally

    def products(self, count: int, spoiled: dict[int, Record]) -> Generated:
        """Products, `count` of them generated."""
        made = self._world.catalog
        times = {"updated_at": made.calendar.updated}
        return Generated(
            "products", made.numbers, count, made.product, times, GENERATED["products"], self._tally, spoiled
        )

    def customers(self) -> Generated:
        """Customers."""
        people = self._world.people
        times = {"created_at": people.calendar.created, "updated_at": people.calendar.updated}
        return Generated(
            "customers", people.numbers, people.count, people.customer, times, GENERATED["customers"], self._tally
        )

    def orders(self, count: int, spoiled: dict[int, Record]) -> Generated:
        """Orders, `count` of them generated."""
        sales = self._world.sales
        made = sales.calendar
        times = {"created_at": made.created, "ordered_at": made.created, "updated_at": made.updated}
        return Generated("orders", sales.numbers, count, sales.order, times, GENERATED["orders"], self._tally, spoiled)

    def complete(self, products: Generated, customers: Generated, orders: Generated) -> dict[str, Table]:
        """All tables by name, their nested lists in place."""
        found = [products, customers, orders, *self._catalog(products), *self._sales(orders, customers)]
        found += self._lookups()
        found += [self._other(name, shape) for name, shape in OTHERS.items()]
        tables = {table.resource: table for table in found}
        Nesting(self._world, tables).tie()
        return tables

    # -- tables ----------------------------------------------------------------------------------------------

    def _child(
        self,
        resource: str,
        key: str,
        parent: Generated,
        owner: str,
        base: int,
        stride: int,
        make: Callable[[int], list[Record]],
        size: Callable[[int], int] | None = None,
    ) -> Children:
        shape = GENERATED[resource]
        return Children(resource, key, shape, self._tally, parent, owner, base, stride, make, size=size)

    def _catalog(self, products: Generated) -> list[Table]:
        made = self._world.catalog

        def child(resource: str, key: str, base: int, stride: int, make: Callable[[int], list[Record]]) -> Table:
            return self._child(resource, key, products, "product_id", base, stride, make)

        return [
            child("product_variants", "variants", goods.VARIANT_BASE, goods.VARIANT_STRIDE, made.variants),
            child(
                "variant_inventory", "variant_inventory", goods.INVENTORY_BASE, goods.INVENTORY_STRIDE, made.inventory
            ),
            child("product_pictures", "pictures", goods.PICTURE_BASE, goods.PICTURE_STRIDE, made.pictures),
            child("product_pricing", "product_pricing", goods.PRICE_BASE, goods.PRICE_STRIDE, made.pricing),
        ]

    def _sales(self, orders: Generated, customers: Generated) -> list[Table]:
        sales, pair, people = self._world.sales, trade.PAIR_STRIDE, self._world.people
        lines = sales.draws.line_count

        def child(
            name: str, key: str, base: int, make: Callable[[int], list[Record]], size: Callable[[int], int]
        ) -> Table:
            return self._child(name, key, orders, "order_id", base, pair, make, size)

        return [
            self._child(
                "order_items", "items", orders, "order_id", trade.ITEM_BASE, trade.ITEM_STRIDE, sales.items, lines
            ),
            child("order_payments", "payments", trade.PAYMENT_BASE, sales.payments, sales.payment_count),
            child("order_shipments", "shipments", trade.SHIPMENT_BASE, sales.shipments, sales.shipment_count),
            self._child(
                "order_addresses", "addresses", orders, "", trade.ADDRESS_BASE, pair, sales.addresses,
                sales.address_count,
            ),
            self._child(
                "addresses", "addresses", customers, "customer_id", persons.ADDRESS_BASE, persons.ADDRESS_STRIDE,
                people.addresses,
            ),
        ]  # fmt: skip

    def _lookups(self) -> list[Table]:
        found: list[Table] = []
        for name, (required, verbs) in LOOKUPS.items():
            records: Sequence[Record] = getattr(self._world.lookups, name)
            shape = shape_of(_blank(records[0]), required, **_KINDS.get(name, {}))
            shape = shape._replace(verbs=frozenset(verbs.split()))
            found.append(Kept(name, shape, self._tally, [dict(record) for record in records]))
        return found

    def _other(self, name: str, shape: Shape) -> Table:
        rows = [shape.blank | row | {"id": id} for id, row in enumerate(shape.rows, 1)]
        return Kept(name, shape, self._tally, rows, key=shape.key)


def _blank(record: Record) -> Record:
    """A record in which nothing is set, of the same types."""
    return {
        name: False if isinstance(value, bool) else 0 if isinstance(value, int) else None if name in _UNSET else ""
        for name, value in record.items()
    }


_UNSET = frozenset({"created_at", "updated_at", "meta_description", "email_template_id"})
_KINDS: dict[str, dict[str, Any]] = {"order_statuses": {"email_template_id": "int"}}
