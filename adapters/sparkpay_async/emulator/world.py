"""One generated store: every resource of the API as a table, and the relations between them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from . import catalog as goods
from . import people as persons
from . import sales as trade
from .catalog import Catalog
from .lookups import Lookups
from .people import People
from .sales import Sales
from .tables import Children, Fixed, Generated, Nested, Table
from .values import Dice, Record, moment, money


class World:
    """The tables of a store.

    Args:
        seed: same seed, same store.
        products, orders: how many there are at first; customers are a third of the orders.
        until: no generated time is later.
        broken_products, broken_orders: how many of them have a price or a total that is not a number.
        wall: the time of day for changes made while running.
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
        self._seed = seed
        self._wall = wall
        self._changes = 0
        self.products = self._product_table(products, _spoil(seed, products, broken_products, "price"))
        self.customers = self._customer_table()
        self.orders = self._order_table(orders, _spoil(seed + 1, orders, broken_orders, "grand_total"))
        tables = [
            self.products,
            self.customers,
            self.orders,
            *self._catalog_children(),
            *self._sales_children(),
            *self._fixed(),
        ]
        self.tables: dict[str, Table] = {table.resource: table for table in tables}

    @property
    def version(self) -> int:
        """Rises with every change to any table: nested records come from others."""
        return self.products.version + self.orders.version + self.customers.version

    # -- changes made by tests and faults --------------------------------------------------------------------

    def insert(self, table: Generated, changes: Record) -> int:
        """A new record, created now; returns its id."""
        stamp = self._stamp()
        times = dict.fromkeys((*table.times, "created_at"), stamp)
        return table.insert(times | changes)

    def edit(self, table: Generated, id: int, changes: Record) -> Record:
        """Changes fields and `updated_at`; returns the record. KeyError if it is not there."""
        table.patch(id, {"updated_at": self._stamp()} | changes)
        return table.get(id) or {}

    def default_edit(self, table: Generated, id: int) -> Record:
        """A change such as a shopkeeper makes: another price, or another order status."""
        record = table.get(id)
        if record is None:
            raise KeyError(id)
        if table is self.products:
            price = record["price"]
            return {"price": price + 1 if isinstance(price, int | Decimal) else Decimal("1.00")}
        ids = sorted(self.lookups.order_status_ids.values())
        other = ids[(ids.index(record["order_status_id"]) + 1) % len(ids)]
        return {"order_status_id": other, "previous_order_status_id": record["order_status_id"]}

    def filled(self, table: Table, id: int) -> Record:
        """A record with everything nested. KeyError if it is not there."""
        record = table.get(id)
        if record is None:
            raise KeyError(id)
        return record | {nested_key(name): make(id) for name, make in table.nested.items()}

    def order_total(self, id: int) -> Decimal:
        """The true total, also of an order that is sent broken. KeyError if there is no such order."""
        record = self.orders.get(id)
        if record is None:
            raise KeyError(id)
        index = self.orders.numbers.index(id)
        if index in self.orders.spoiled:
            return money(self.sales.draws.of(index).total, 2)
        return Decimal(record["grand_total"])

    def _stamp(self) -> str:
        """The time of a change: the time of day, but after everything that was before."""
        self._changes += 1
        self.last_change = max(self._wall().astimezone(UTC), self.last_change + timedelta(seconds=1))
        return moment(int(self.last_change.timestamp()), Dice(self._seed, 1, self._changes)).text()

    # -- tables ----------------------------------------------------------------------------------------------

    def _product_table(self, count: int, spoiled: dict[int, Record]) -> Generated:
        goods_, index = self.catalog, self.catalog.numbers.index
        by_id = {record["id"]: record for record in self.lookups.categories}
        return Generated(
            "products",
            goods_.numbers,
            count,
            goods_.product,
            {"updated_at": goods_.calendar.updated},
            {
                "variants": lambda id: goods_.variants(index(id)),
                "personalizations": _none,
                "related": _none,
                "categories": lambda id: [by_id[category] for category in goods_.category_ids(index(id))],
                "pricing": lambda id: goods_.pricing(index(id)),
                "attributes": _none,
                "variant_inventory": lambda id: goods_.inventory(index(id)),
                "pictures": lambda id: goods_.pictures(index(id)),
                "child_products": _none,
                "shipping_rate_adjustments": _none,
                "reviews": _none,
                "custom_fields": lambda id: goods_.custom_fields(index(id)),
            },
            spoiled,
        )

    def _customer_table(self) -> Generated:
        people, index = self.people, self.people.numbers.index
        return Generated(
            "customers",
            people.numbers,
            people.count,
            people.customer,
            {"created_at": people.calendar.created, "updated_at": people.calendar.updated},
            {
                "additional_emails": lambda id: people.additional_emails(index(id)),
                "addresses": lambda id: people.addresses(index(id)),
                "customer_store_locations": _none,
                "reward_points": _none,
                "custom_fields": _none,
            },
        )

    def _order_table(self, count: int, spoiled: dict[int, Record]) -> Generated:
        sales, index = self.sales, self.sales.numbers.index
        times = sales.calendar
        return Generated(
            "orders",
            sales.numbers,
            count,
            sales.order,
            {"created_at": times.created, "ordered_at": times.created, "updated_at": times.updated},
            {
                "items": lambda id: sales.items(index(id)),
                "payments": lambda id: sales.payments(index(id)),
                "shipments": lambda id: sales.shipments(index(id)),
                "custom_fields": lambda id: sales.custom_fields(index(id)),
            },
            spoiled,
        )

    def _catalog_children(self) -> list[Table]:
        catalog = self.catalog

        def of_products(
            resource: str,
            key: str,
            base: int,
            stride: int,
            make: Callable[[int], list[Record]],
            nested: dict[str, Nested] | None = None,
        ) -> Table:
            return Children(resource, key, self.products, "product_id", base, stride, make, nested=nested)

        return [
            of_products("product_variants", "variants", goods.VARIANT_BASE, goods.VARIANT_STRIDE, catalog.variants),
            of_products(
                "variant_inventory",
                "variant_inventory",
                goods.INVENTORY_BASE,
                goods.INVENTORY_STRIDE,
                catalog.inventory,
                {"pricing": _none, "variants": self._combination_values},
            ),
            of_products("product_pictures", "pictures", goods.PICTURE_BASE, goods.PICTURE_STRIDE, catalog.pictures),
            of_products("product_pricing", "product_pricing", goods.PRICE_BASE, goods.PRICE_STRIDE, catalog.pricing),
        ]

    def _sales_children(self) -> list[Table]:
        sales, pair = self.sales, trade.PAIR_STRIDE
        return [
            Children(
                "order_items",
                "items",
                self.orders,
                "order_id",
                trade.ITEM_BASE,
                trade.ITEM_STRIDE,
                sales.items,
                size=sales.draws.line_count,
            ),
            Children(
                "order_payments",
                "payments",
                self.orders,
                "order_id",
                trade.PAYMENT_BASE,
                pair,
                sales.payments,
                size=sales.payment_count,
                nested={"fields": _none},
            ),
            Children(
                "order_shipments",
                "shipments",
                self.orders,
                "order_id",
                trade.SHIPMENT_BASE,
                pair,
                sales.shipments,
                size=sales.shipment_count,
                nested={"items": lambda id: sales.shipment_items(*divmod(id - trade.SHIPMENT_BASE, pair))},
            ),
            Children(
                "order_addresses",
                "addresses",
                self.orders,
                "",
                trade.ADDRESS_BASE,
                pair,
                sales.addresses,
                size=sales.address_count,
            ),
            Children(
                "addresses",
                "addresses",
                self.customers,
                "customer_id",
                persons.ADDRESS_BASE,
                persons.ADDRESS_STRIDE,
                self.people.addresses,
            ),
        ]

    def _fixed(self) -> list[Table]:
        lookups = self.lookups
        return [
            Fixed("categories", lookups.categories, {"products": self._in_category, "custom_fields": _none}),
            Fixed("order_statuses", lookups.order_statuses),
            Fixed("product_statuses", lookups.product_statuses),
            Fixed("manufacturers", lookups.manufacturers),
            Fixed("stores", lookups.stores),
            Fixed("warehouses", lookups.warehouses),
            Fixed("variant_groups", lookups.variant_groups, {"variants": _none}),
        ]

    def _in_category(self, id: int) -> list[Record]:
        numbers = self.catalog.numbers
        inside = (product for product in self.products.ids() if id in self.catalog.category_ids(numbers.index(product)))
        return [record for product in inside if (record := self.products.get(product)) is not None]

    def _combination_values(self, id: int) -> list[Record]:
        return self.catalog.combination_values(*divmod(id - goods.INVENTORY_BASE, goods.INVENTORY_STRIDE))


def nested_key(name: str) -> str:
    """The member under which an expanded array comes back: its name, but for one."""
    return "customer_additional_emails" if name == "additional_emails" else name


def _none(_id: int) -> list[Record]:
    return []


def _spoil(seed: int, count: int, broken: int, field: str) -> dict[int, Record]:
    """Indexes of records that cannot be read, and what they hold instead of an amount."""
    chosen = sorted(random.Random(seed).sample(range(count), min(count, broken)))
    values: tuple[object, ...] = ("abc", {"amount": "12.00"})
    return {index: {field: values[n % 2]} for n, index in enumerate(chosen)}
