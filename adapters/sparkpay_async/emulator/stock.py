"""The special endpoint for stock (Spark Pay: inventory)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from aiohttp import web

from . import replies
from .tables import Table
from .values import Record
from .world import World
from .writes import Refused, document

_NAMES = ("product_id", "variant_inventory_id", "item_number", "gtin", "item_name")
_SETTINGS: Record = {
    "track_inventory": True,
    "remove_from_inventory_when": "Ordered",
    "out_of_stock_product_status_id": 2,
    "in_stock_product_status_id": 1,
    "back_order_product_status_id": 3,
    "discontinued_product_status_id": 4,
    "product_hide_no_inventory": False,
}


class Stock:
    """Stock of products, and of their sellable combinations."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = dict(_SETTINGS)

    def get(self, query: Mapping[str, Any]) -> web.Response:
        """`GET /inventory?{one of the identifiers}`."""
        return self._shown(*self._found(query))

    def change(self, how: str, body: Any) -> web.Response:
        """`POST /inventory/add`, `/remove` or `/set`."""
        fields = document(body)
        quantity = fields.get("quantity")
        if isinstance(quantity, bool) or not isinstance(quantity, int | Decimal) or quantity != int(quantity):
            raise Refused(400, "This method requires a quantity.")
        table, id = self._found(fields)
        field = _field(table)
        held = int((table.get(id) or {}).get(field) or 0)
        new = {"add": held + int(quantity), "remove": held - int(quantity), "set": int(quantity)}[how]
        self._world.update(table, id, {field: new})
        return self._shown(table, id)

    def settings(self, body: Any = None) -> web.Response:
        """`GET` and `PUT /inventory/settings`."""
        if body is not None:
            self._settings |= {name: value for name, value in document(body).items() if name in _SETTINGS}
        return replies.json(replies.encode(self._settings))

    def _found(self, given: Mapping[str, Any]) -> tuple[Table, int]:
        name = next((name for name in _NAMES if given.get(name) not in (None, "")), None)
        if name is None:
            raise Refused(400, "This method requires one of the following: " + ", ".join(_NAMES))
        products, sold = self._world.products, self._world.tables["variant_inventory"]
        value = str(given[name])
        if name.endswith("_id"):
            table = products if name == "product_id" else sold
            id = int(value) if value.isascii() and value.isdigit() else -1
            if table.get(id) is None:
                raise Refused(404, "No inventory found for the item specified.")
            return table, id
        ids = products.named(name, frozenset({value.casefold()})) or ()
        for table, some in ((products, ids), (sold, sold.ids() if name != "item_name" else ())):
            for id in some:
                if str((table.get(id) or {}).get(name)).casefold() == value.casefold():
                    return table, id
        raise Refused(404, "No inventory found for the item specified.")

    def _shown(self, table: Table, id: int) -> web.Response:
        record = table.get(id) or {}
        product = record if table is self._world.products else self._world.products.get(record["product_id"]) or {}
        body = {
            "product_id": product.get("id"),
            "variant_inventory_id": None if record is product else id,
            "item_number": record.get("item_number"),
            "item_name": product.get("item_name"),
            "gtin": record.get("gtin"),
            "quantity": record.get(_field(table)),
        }
        return replies.json(replies.encode(body))


def _field(table: Table) -> str:
    return "quantity_on_hand" if table.resource == "products" else "inventory"
