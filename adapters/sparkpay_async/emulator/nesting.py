"""Which nested lists come from which table, and which are held or generated on their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from . import catalog as goods
from . import sales as trade
from .kept import FIRST_ADDED
from .tables import Generated, Nested, Table
from .values import Record

if TYPE_CHECKING:
    from .world import World

RELATIONS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("products", "variants"): ("product_variants", "product_id"),
    ("products", "variant_inventory"): ("variant_inventory", "product_id"),
    ("products", "pictures"): ("product_pictures", "product_id"),
    ("products", "pricing"): ("product_pricing", "product_id"),
    ("products", "reviews"): ("product_reviews", "product_id"),
    ("products", "shipping_rate_adjustments"): ("shipping_rate_adjustments", "product_id"),
    ("customers", "addresses"): ("addresses", "customer_id"),
    ("orders", "items"): ("order_items", "order_id"),
    ("orders", "payments"): ("order_payments", "order_id"),
    ("orders", "shipments"): ("order_shipments", "order_id"),
    ("carts", "items"): ("cart_items", "cart_id"),
    ("wishlists", "items"): ("cart_items", "cart_id"),
    ("blogs", "categories"): ("blog_categories", "blog_id"),
    ("blogs", "posts"): ("blog_posts", "blog_id"),
    ("links", "child_links"): ("links", "parent_link_id"),
    ("price_calculators", "rules"): ("price_calculator_rules", "price_calculator_id"),
    ("price_calculator_rules", "modifiers"): ("price_calculator_rule_modifiers", "price_calculator_rule_id"),
    ("discount_methods", "rules"): ("discount_rules", "discount_method_id"),
    ("discount_methods", "actions"): ("discount_actions", "discount_method_id"),
    ("discount_actions", "rules"): ("discount_rules", "discount_action_id"),
    ("gift_certificates", "transactions"): ("gift_certificate_transactions", "gift_certificate_id"),
    ("custom_fields", "values"): ("custom_field_values", "custom_field_id"),
    ("shipping_providers", "services"): ("shipping_provider_services", "shipping_provider_id"),
}
"""Nested lists whose records are a resource of their own, and its field that names the parent."""

_PRODUCT = (
    "variants", "personalizations", "related", "categories", "pricing", "attributes", "variant_inventory", "pictures",
    "child_products", "shipping_rate_adjustments", "reviews", "custom_fields",
)  # fmt: skip
_CUSTOMER = ("additional_emails", "addresses", "customer_store_locations", "reward_points", "custom_fields")
_ORDER = ("items", "payments", "shipments", "custom_fields")
_MORE: Mapping[str, tuple[str, ...]] = {
    "products": _PRODUCT,
    "customers": _CUSTOMER,
    "orders": _ORDER,
    "variant_inventory": ("pricing", "variants"),
    "order_payments": ("fields",),
    "order_shipments": ("items",),
    "categories": ("products", "custom_fields"),
    "variant_groups": ("variants",),
}


class Nesting:
    """Ties the tables of one world together."""

    def __init__(self, world: World, tables: Mapping[str, Table]) -> None:
        self._world = world
        self._tables = tables

    def tie(self) -> None:
        """Gives every table its nested lists."""
        own = self._own()
        for table in self._tables.values():
            for name in _MORE.get(table.resource, table.shape.nested):
                table.nested[name] = self._nested(table, name, own.get((table.resource, name), _none))

    def _nested(self, table: Table, name: str, own: Nested) -> Nested:
        """The rows of the resource that the list is made of; else what a client wrote, or the generated rows."""
        relation = RELATIONS.get((table.resource, name))
        if relation is not None:
            child = self._tables[relation[0]]
            if child.owner == relation[1]:
                return child.family
            return lambda id: [row for each in child.ids() if (row := child.get(each)) and row[relation[1]] == id]
        held, resource = self._world.held, table.resource
        if (resource, name) == ("products", "categories"):
            return own
        shown = self._shown((resource, name))

        def nested(id: int) -> list[Record]:
            rows = held.get((resource, id, name))
            return own(id) if rows is None else shown(rows)

        return nested

    def _own(self) -> dict[tuple[str, str], Nested]:
        """Lists that are generated, and are no resource."""
        made, people, sales = self._world.catalog, self._world.people, self._world.sales
        products, customers, orders = self._world.products, self._world.customers, self._world.orders

        def of(table: Generated, make: Callable[[int], list[Record]]) -> Nested:
            return lambda id: [] if id in table.bare else make(table.numbers.index(id))

        return {
            ("products", "categories"): self._categories,
            ("products", "custom_fields"): of(products, made.custom_fields),
            ("customers", "additional_emails"): of(customers, people.additional_emails),
            ("orders", "custom_fields"): of(orders, sales.custom_fields),
            ("variant_inventory", "variants"): self._combination_values,
            ("order_shipments", "items"): self._shipped,
            ("categories", "products"): self._in_category,
            ("variant_groups", "variants"): self._in_group,
        }

    def _categories(self, id: int) -> list[Record]:
        table, primary = self._tables["categories"], self._primary(id)
        return [
            {"id": each, "is_primary": each == primary, "name": record["name"]}
            for each in self._category_ids(id)
            if (record := table.get(each)) is not None
        ]

    def _category_ids(self, id: int) -> list[int]:
        held = self._world.held.get(("products", id, "categories"))
        if held is not None:
            return [row_id(row) for row in held]
        products = self._world.products
        if id in products.bare:
            return [primary] if (primary := self._primary(id)) else []
        return self._world.catalog.category_ids(products.numbers.index(id))

    def _primary(self, id: int) -> Any:
        return (self._world.products.get(id) or {}).get("primary_category_id")

    def _show_values(self, rows: Sequence[Any]) -> list[Record]:
        table = self._tables["product_variants"]
        return [record for row in rows if (record := table.get(row_id(row))) is not None]

    def _show_shipped(self, rows: Sequence[Any]) -> list[Record]:
        lines = self._tables["order_items"]
        found: list[Record] = []
        for row in rows:
            line = lines.get(row.get("id") or 0) or {}
            found.append(
                {
                    "id": row.get("id"),
                    "quantity_shipped": row.get("quantity_shipped", line.get("quantity")),
                    "product_id": line.get("product_id"),
                    "item_name": line.get("item_name"),
                    "item_nr": row.get("item_nr") or line.get("item_number"),
                }
            )
        return found

    def _shown(self, name: tuple[str, str]) -> Callable[[Sequence[Any]], list[Record]]:
        """How rows that a client wrote are shown: some name other records."""
        if name == ("variant_inventory", "variants"):
            return self._show_values
        return self._show_shipped if name == ("order_shipments", "items") else list

    def _in_category(self, id: int) -> list[Record]:
        products = self._world.products
        inside = (product for product in products.ids() if id in self._category_ids(product))
        return [record for product in inside if (record := products.get(product)) is not None]

    def _in_group(self, id: int) -> list[Record]:
        table = self._tables["product_variants"]
        rows = (row for product in self._world.products.ids() for row in table.family(product))
        return [row for row in rows if row["variant_group_id"] == id]

    def _combination_values(self, id: int) -> list[Record]:
        first, stride = goods.INVENTORY_BASE, goods.INVENTORY_STRIDE
        return self._world.catalog.combination_values(*divmod(id - first, stride)) if id < FIRST_ADDED else []

    def _shipped(self, id: int) -> list[Record]:
        pair = trade.PAIR_STRIDE
        return self._world.sales.shipment_items(*divmod(id - trade.SHIPMENT_BASE, pair)) if id < FIRST_ADDED else []


def row_id(row: Any) -> Any:
    """Rows may be objects with an id, or ids."""
    return cast(Record, row).get("id") if isinstance(row, dict) else row


def _none(_id: int) -> list[Record]:
    return []
