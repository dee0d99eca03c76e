"""The writing endpoints every resource has: POST, which also updates, PUT and DELETE (Spark Pay: common usage)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from aiohttp import web

from . import replies
from .declared import REFERENCES
from .nesting import RELATIONS, row_id
from .quirks import Quirks
from .reads import Reads, absent
from .shapes import Malformed, writable
from .tables import Table
from .values import Record
from .world import World

# References in which 0 says "none", even where the field must be sent.
_NONE_ALLOWED = frozenset({"primary_category_id", "parent_category_id", "store_id", "manufacturer_id"})


class Refused(Exception):
    """A write that the vendor does not carry out."""

    def __init__(self, status: int, details: str) -> None:
        super().__init__(details)
        self.status = status
        self.details = details


class Prepared(NamedTuple):
    """One write that was found good: nothing is changed until all parts of a body are."""

    table: Table
    id: int | None
    values: Record
    parts: list[tuple[str, str, list[Prepared]]]
    held: list[tuple[str, list[Any]]]


class Writes:
    """Carries out writes on a world.

    Args:
        reads: answers with the record written.
        quirks: the switches as they are now.
    """

    def __init__(self, world: World, reads: Reads, quirks: Callable[[], Quirks]) -> None:
        self._world = world
        self._reads = reads
        self._quirks = quirks

    def post(self, table: Table, body: Any) -> web.Response:
        """`POST /{resource}`: 201 with the new record; 200 with the old one changed, if the body has its id."""
        self.allow(table, "POST")
        fields = document(body)
        prepared = self.prepare(table, fields)
        id = self.apply(prepared)
        return self._answer(table, id, fields, 200 if prepared.id is not None else 201)

    def put(self, table: Table, id: int, body: Any) -> web.Response:
        """`PUT /{resource}/{id}`: only what is sent changes."""
        self.allow(table, "PUT")
        fields = document(body)
        if table.get(id) is None:
            return absent(table, id)
        self.apply(self.prepare(table, fields, id=id))
        return self._answer(table, id, fields, 200)

    def delete(self, table: Table, id: int) -> web.Response:
        """`DELETE /{resource}/{id}`: 204."""
        self.allow(table, "DELETE")
        if table.get(id) is None:
            return absent(table, id)
        self._world.remove(table, id)
        return web.Response(status=204)

    # -- what specials use too -------------------------------------------------------------------------------

    def allow(self, table: Table, verb: str) -> None:
        """Refuses a verb that the resource does not have."""
        if verb not in table.shape.verbs:
            raise Refused(405, f"The requested resource does not support http method '{verb}'.")

    def prepare(self, table: Table, fields: Record, *, id: int | None = None, owner: str = "") -> Prepared:
        """Looks at a body, nested arrays included, without changing anything.

        Args:
            id: the record to change; else the body's id decides.
            owner: a field that will be filled in: the parent's id.

        Raises:
            Refused: it cannot be written.
        """
        if id is None:
            id = self._meant(table, fields)
        try:
            values = writable(table.shape, fields)
        except Malformed as problem:
            raise Refused(409, str(problem)) from None
        if id is None:
            self._demand(table, fields, owner)
        self._refer(table, {name: value for name, value in values.items() if name != owner})
        if table.resource == "payment_methods" and self._kind(table, id, values) != "Custom":
            raise Refused(409, "Only payment methods of the type Custom can be changed.")
        parts: list[tuple[str, str, list[Prepared]]] = []
        held: list[tuple[str, list[Any]]] = []
        for name in table.nested:
            rows = fields.get(name)
            if not isinstance(rows, list) or name in table.shape.types:
                continue
            relation = RELATIONS.get((table.resource, name))
            if relation is None:
                order = fields.get("order_id") or ((table.get(id) or {}).get("order_id") if id is not None else None)
                held.append((name, self._listed(table, name, cast("list[Any]", rows), order)))
                continue
            child = self._world.tables[relation[0]]
            each = [self.prepare(child, document(row), owner=relation[1]) for row in cast("list[Any]", rows)]
            parts.append((name, relation[1], each))
        return Prepared(table, id, values, parts, held)

    def apply(self, prepared: Prepared) -> int:
        """Carries it out; returns the record's id."""
        table, id, values, parts, held = prepared
        if id is None:
            id = cast(int, self._world.create(table, self._new(table, values))["id"])
        else:
            self._world.update(table, id, values)
        for name, rows in held:
            self._world.hold(table, id, name, rows)
        for _, owner, each in parts:
            for part in each:
                self.apply(part._replace(values=part.values | {owner: id}))
        return id

    # -- the rules -------------------------------------------------------------------------------------------

    def _meant(self, table: Table, fields: Record) -> int | None:
        """The record that a POST means: by id; of a shipment, by its name among the order's."""
        id = fields.get("id")
        if isinstance(id, int) and id and table.get(id) is not None:
            return id
        name, order = fields.get("shipment_name"), fields.get("order_id")
        if table.resource == "order_shipments" and name and isinstance(order, int):
            return next((row["id"] for row in table.family(order) if row["shipment_name"] == name), None)
        return None

    def _demand(self, table: Table, fields: Record, owner: str) -> None:
        for name in table.shape.required:
            if name != owner and fields.get(name) in (None, "", []):
                raise Refused(409, f"The field '{name}' is required.")

    def _refer(self, table: Table, values: Record) -> None:
        for name, value in values.items():
            other = self._world.tables.get(REFERENCES.get(name, ""))
            if other is None or (not value and (name in _NONE_ALLOWED or name not in table.shape.required)):
                continue
            if other.get(value) is None:
                raise self._dangling(table, name)

    def _listed(self, table: Table, name: str, rows: list[Any], order: Any) -> list[Any]:
        """Rows that are kept as they are; those that name other records must name ones that exist.

        Args:
            order: the order of a shipment, whose lines may be named by their number.
        """
        other = self._world.tables.get(_LISTED.get((table.resource, name), ""))
        found: list[Any] = []
        for row in rows:
            if not isinstance(row, dict) and (other is None or isinstance(row, list)):
                raise Refused(409, f"The rows of '{name}' must be objects.")
            id = row_id(row)
            if other is not None and table.resource == "order_shipments" and not id:
                number = document(row).get("item_nr")
                lines = other.family(order) if isinstance(order, int) else []
                id = next((line["id"] for line in lines if number and line["item_number"] == number), 0)
                row = document(row) | {"id": id}
            if other is not None and (not isinstance(id, int) or other.get(id) is None):
                raise self._dangling(table, name)
            found.append(row)
        return found

    def _dangling(self, table: Table, field: str) -> Refused:
        if self._quirks().missing_reference == "409":
            return Refused(409, f"The field '{field}' names a record that does not exist.")
        name = "".join(word.capitalize() for word in table.resource.split("_"))
        return Refused(
            500,
            f"{name} Class - Base POST failed - CommandText: {name}_Insert - The INSERT statement conflicted with the "
            f'FOREIGN KEY constraint "FK_{name}_{field}".\r\nThe statement has been terminated.',
        )

    def _kind(self, table: Table, id: int | None, values: Record) -> Any:
        old = table.get(id) if id is not None else None
        return (old or values).get("payment_type")

    def _new(self, table: Table, values: Record) -> Record:
        """A new record: blank, but for what was sent and what the shop fills in."""
        record = table.shape.blank | values
        now = self._world.precise().text()
        for name in _NOW.get(table.resource, ()):
            record[name] = record[name] or now
        return record

    def _answer(self, table: Table, id: int, fields: Mapping[str, Any], status: int) -> web.Response:
        sent = tuple(name for name in table.nested if name in fields)
        return self._reads.record(table, id, sent, None, status)


_LISTED: Mapping[tuple[str, str], str] = {
    ("products", "categories"): "categories",
    ("variant_inventory", "variants"): "product_variants",
    ("order_shipments", "items"): "order_items",
}

_NOW: Mapping[str, tuple[str, ...]] = {
    "orders": ("ordered_at",),
    "customers": ("registered_at",),
    "order_payments": ("paid_at",),
    "order_shipments": ("shipped_at",),
}


def document(body: Any) -> Record:
    """A body that must be one object.

    Raises:
        Refused: it is something else.
    """
    if not isinstance(body, dict):
        raise Refused(400, "The request body must be a JSON object.")
    return cast(Record, body)


def refusal(problem: Refused) -> web.Response:
    """The answer to a refused write."""
    return replies.error(problem.status, problem.details)
