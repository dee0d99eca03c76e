"""Upserts without ids (Spark Pay: integration routes), and products in bulk (Spark Pay: products, Import Many)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from . import replies
from .reads import Reads
from .tables import Table
from .values import Record, micros
from .world import World
from .writes import Refused, Writes, document

if TYPE_CHECKING:
    from .specials import Ask

# How the abbreviated models call fields of the full ones.
_RENAMED: Mapping[str, Mapping[str, str]] = {
    "products": {"custom_url": "url_rewrite", "non_inventory": "is_non_inventory", "discontinued": "is_discontinued"},
    "customers": {"customer_type": "", "reward_tier": ""},
    "orders": {"customer_type": ""},
}
_BY_NAME: Mapping[str, tuple[str, str, str]] = {
    "primary_category_name": ("categories", "name", "primary_category_id"),
    "product_status": ("product_statuses", "name", "product_status_id"),
    "manufacturer_name": ("manufacturers", "name", "manufacturer_id"),
    "warehouse_name": ("warehouses", "name", "warehouse_id"),
    "order_status": ("order_statuses", "name", "order_status_id"),
    "customer_type": ("customer_types", "name", "customer_type_id"),
}


class Integration:
    """Finds the record that a body means by what people know it by, and writes it."""

    def __init__(self, world: World, reads: Reads, writes: Writes) -> None:
        self._world, self._reads, self._writes = world, reads, writes

    def upsert(self, resource: str) -> Callable[[Ask], web.Response]:
        """`POST /{resource}/integration`."""
        return lambda ask: self._upsert(resource, document(ask.body))

    def many(self, body: Any) -> web.Response:
        """`POST /products/importMany`: each line has its own status."""
        if not isinstance(body, list):
            raise Refused(400, "The request body must be a JSON array.")
        results: list[Record] = []
        for number, line in enumerate(cast("list[Any]", body)):
            try:
                status, id = self._line(document(line))
            except Refused as problem:
                status, id = problem.status, 0
            results.append({"line_item": number, "status_code": status, "entity_id": id})
        errors = sum(result["status_code"] >= 400 for result in results)
        return replies.json(replies.encode({"total_errors": errors, "results": results}))

    def _line(self, line: Record) -> tuple[int, int]:
        products = self._world.products
        fields = dict(document(line.get("product")))
        for name, resource in (("category", "categories"), ("manufacturer", "manufacturers")):
            if name in line:
                table = self._world.tables[resource]
                id = self._writes.apply(self._writes.prepare(table, document(line[name]) | {"id": None}))
                fields["primary_category_id" if name == "category" else "manufacturer_id"] = id
        found = self._one(products, "item_number", fields.get("item_number")) if line.get("lookup_by_sku") else None
        prepared = self._writes.prepare(products, fields, id=found)
        return 200, self._writes.apply(prepared)

    def _upsert(self, resource: str, given: Record) -> web.Response:
        table = self._world.tables[resource]
        fields = self._full(resource, given)
        id = self._meant(resource, given, fields)
        prepared = self._writes.prepare(table, fields, id=id)
        return self._reads.record(table, self._writes.apply(prepared), (), None, 201 if prepared.id is None else 200)

    def _full(self, resource: str, given: Record) -> Record:
        """The body in the words of the full resource: names become ids, of new records if need be."""
        renamed = _RENAMED.get(resource, {})
        fields: Record = {}
        for name, value in given.items():
            if name in _BY_NAME and value:
                other, known_by, field = _BY_NAME[name]
                fields[field] = self._named(other, known_by, str(value))
            elif not isinstance(value, list) and renamed.get(name, name):
                fields[renamed.get(name, name)] = value
        if resource == "products":
            fields |= {"is_non_taxable": not given["taxable"]} if "taxable" in given else {}
            fields |= {"is_hidden": given["hidden"]} if "hidden" in given else {}
        if resource == "customers":
            fields.setdefault("store_id", 1)
        if resource == "orders":
            fields |= self._ordered(given)
        return fields

    def _ordered(self, given: Record) -> Record:
        """What an order needs besides: its customer and addresses, new ones if need be."""
        customers, addresses = self._world.customers, self._world.tables["order_addresses"]
        email = given.get("customer_email")
        if not email:
            raise Refused(409, "The field 'customer_email' is required.")
        customer = self._one(customers, "email", email)
        if customer is None:
            fields = {
                "email": email,
                "store_id": 1,
                "first_name": given.get("customer_first_name", ""),
                "last_name": given.get("customer_last_name", ""),
            }
            customer = self._writes.apply(self._writes.prepare(customers, fields))
        found: Record = {"customer_id": customer}
        for kind in ("shipping", "billing"):
            start = f"{kind}_address_"
            place = {name.removeprefix(start): value for name, value in given.items() if name.startswith(start)}
            place |= {f"address_{name}": place.pop(name) for name in ("line_1", "line_2") if name in place}
            prepared = self._writes.prepare(addresses, place | {"customer_id": customer})
            found[f"order_{kind}_address_id"] = self._writes.apply(prepared)
        return found

    # -- finding ---------------------------------------------------------------------------------------------

    def _meant(self, resource: str, given: Record, fields: Record) -> int | None:
        table = self._world.tables[resource]
        if resource == "products":
            return self._one(table, "item_number", given.get("item_number"))
        if resource == "customers":
            return self._one(table, "email", given.get("email"))
        if resource == "orders":
            return self._order(given)
        order = given.get("order_id") or self._order(given)
        if order is None or self._world.orders.get(order) is None:
            raise Refused(409, "No order was found.")
        fields["order_id"] = order
        if resource == "order_payments":
            fields["customer_id"] = (self._world.orders.get(order) or {})["customer_id"]
        return self._among(table.family(order), given, resource)

    def _among(self, rows: list[Record], given: Record, resource: str) -> int | None:
        id = given.get("order_payment_id") or given.get("order_shipment_id")
        names = (
            ("payment_ref_num", "transaction_id")
            if resource == "order_payments"
            else ("tracking_numbers", "shipment_name")
        )
        for row in rows:
            if row["id"] == id or any(given.get(name) and row[name] == given[name] for name in names):
                return row["id"]
        return None

    def _order(self, given: Record) -> int | None:
        orders = self._world.orders
        if given.get("order_number"):
            return self._one(orders, "order_number", given["order_number"])
        customer = self._one(self._world.customers, "email", given.get("customer_email"))
        at = micros(str(given.get("ordered_at")))
        if customer is None or at is None:
            return None
        found = [
            id
            for id in orders.ids()
            if (row := orders.get(id)) and row["customer_id"] == customer and micros(str(row["ordered_at"])) == at
        ]
        if len(found) > 1:
            raise Refused(409, "More than one order was found.")
        return found[0] if found else None

    def _one(self, table: Table, field: str, value: Any) -> int | None:
        """The only record with that value."""
        if not value:
            return None
        text = str(value).casefold()
        ids = table.named(field, frozenset({text}))
        found = [
            id
            for id in (table.ids() if ids is None else ids)
            if str((table.get(id) or {}).get(field)).casefold() == text
        ]
        if len(found) > 1:
            raise Refused(409, f"More than one record of {table.resource} has this {field}.")
        return found[0] if found else None

    def _named(self, resource: str, field: str, name: str) -> int:
        table = self._world.tables[resource]
        id = self._one(table, field, name)
        return self._world.create(table, table.shape.blank | {field: name})["id"] if id is None else id
