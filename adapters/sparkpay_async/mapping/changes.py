"""What it takes to make a product of a Spark Pay shop as wanted. Pure; docs/mapping-sparkpay.md is the table of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, cast

import msgspec

from commerce_async.errors import UsageError
from commerce_async.schema import FieldChange, Product, ProductChange
from commerce_async.schema.lenient import Reader, untyped
from commerce_async.schema.values import text
from sparkpay_async import wire
from sparkpay_async.drafts import members
from sparkpay_async.kinds import PRODUCT_PICTURES, PRODUCT_PRICING, PRODUCT_VARIANTS, PRODUCTS, VARIANT_INVENTORY, Kind
from sparkpay_async.mapping.own import Draft, Task, own_fields
from sparkpay_async.mapping.products import product
from sparkpay_async.mapping.tables import TABLES, Row, Rows, tables
from sparkpay_async.mapping.values import Known

KINDS: Final[Mapping[str, Kind[Any]]] = {
    "variants": PRODUCT_VARIANTS,
    "variant_inventory": VARIANT_INVENTORY,
    "pricing": PRODUCT_PRICING,
    "pictures": PRODUCT_PICTURES,
}
"""The resource of each nested table."""

_READER: Final = Reader(wire.LeanProduct)
_TIMES: Final = ("start_date", "end_date")


def to_change(wanted: Product, before: Product | None, known: Known) -> ProductChange:
    """The change that makes `before` as `wanted`, a common product of whichever vendor; without it, a create.

    Raises:
        UsageError: `before` came without its `raw`, which has what the common product does not: ids of pictures, say.
        ValueError: its `raw` cannot be read.
    """
    old: Mapping[str, Any] = {}
    task = Task(wanted, None, None, known)
    if before is not None:
        if not before.raw:
            raise UsageError(f"product {before.id}: its raw is needed to tell what differs; read it from the store")
        record = _READER.read(before.raw)
        old = cast("dict[str, Any]", untyped(before.raw))
        there = product(record, before.raw, shop=known.shop, statuses=known.statuses, groups=known.groups)
        task = Task(wanted, there, record, known)
    own, nested = own_fields(task), tables(task)
    combined = "variant_inventory" in nested and bool(nested["variant_inventory"].create)
    if combined and not old.get("use_variant_inventory"):
        own["use_variant_inventory"] = True
    body: dict[str, Any] = {**own, **{name: _filled(rows) for name, rows in nested.items()}}
    action = "create" if before is None else "update" if body else "unchanged"
    return ProductChange(
        action=action,
        key=text(wanted.sku) or text(wanted.name) or wanted.id,
        id=None if before is None else before.id,
        body=_plain(body),
        fields=(*_own_changes(own, old), *_row_changes(nested, old)),
        not_carried=tuple(task.lost),
        faults=_faults(own, nested, new=before is None) | _unpriced(task, own) if body or before is None else {},
    )


def sendable(kind: Kind[Any], row: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
    """A draft or row of a change's body, checked and as it is sent: amounts as numbers.

    Raises:
        UsageError: it has faults.
    """
    try:
        times = {name: datetime.fromisoformat(row[name]) for name in _TIMES if isinstance(row.get(name), str)}
    except ValueError:
        raise UsageError(f"{kind.name}: {' or '.join(_TIMES)} is no ISO 8601 time") from None
    return members(kind, {**row, **times}, new=new)


def _filled(rows: Rows) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(rows).items() if value}


# -- as JSON ----------------------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """As JSON can hold it, amounts and times as text."""
    if value is None or isinstance(value, str | int):  # most are; what follows takes longer
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("list[Any]", value)]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    return value


def _own_changes(own: Draft, old: Mapping[str, Any]) -> Iterator[FieldChange]:
    for name, value in own.items():
        yield FieldChange(name, _plain(old.get(name)), _plain(value))


def _row_changes(nested: Mapping[str, Rows], old: Mapping[str, Any]) -> Iterator[FieldChange]:
    for table, rows in nested.items():
        there = {row.get("id"): row for row in cast("list[Row]", old.get(table) or [])}
        for number, row in enumerate(rows.create):
            yield FieldChange(f"{table}[new {number}]", None, _plain(row))
        for row in rows.update:
            held = there.get(row["id"], {})
            for name, value in row.items():
                if name != "id":
                    yield FieldChange(f"{table}[{row['id']}].{name}", _plain(held.get(name)), _plain(value))
        for id in rows.delete:
            yield FieldChange(f"{table}[{id}]", _plain(there.get(id, {"id": id})), None)


# -- faults -----------------------------------------------------------------------------------------------------------


def _faults(own: Draft, nested: Mapping[str, Rows], *, new: bool) -> dict[str, str]:
    """Everything that the vendor would refuse, by field."""
    found: dict[str, str] = {}
    if own or new:
        found |= _of(PRODUCTS, own or {"item_name": None}, new=new)
        if "primary_category_id" in found:
            found["primary_category_id"] += "; name a category of the shop, or set default_category_id"
    for table in TABLES:
        rows = nested.get(table, Rows())
        for number, row in enumerate(rows.create):
            whole = {**referred(row), "product_id": 1}
            found |= {
                f"{table}[new {number}].{name}": words for name, words in _of(KINDS[table], whole, new=True).items()
            }
        for row in rows.update:
            found |= {
                f"{table}[{row['id']}].{name}": words for name, words in _of(KINDS[table], row, new=False).items()
            }
    return found


def _unpriced(task: Task, own: Draft) -> dict[str, str]:
    """A new product that has prices, none of which it would get, must not be sold for nothing."""
    if task.record is not None or "price" in own or not any(each.kind == "regular" for each in task.wanted.prices):
        return {}
    currency = task.known.shop.currency
    told = f"none of its prices is the one in {currency} that the shop needs; say how it is made (--currency)"
    return {} if any(each.currency == currency for each in task.wanted.prices) else {"price": told}


def _of(kind: Kind[Any], draft: Mapping[str, Any], *, new: bool) -> dict[str, str]:
    try:
        members(kind, draft, new=new)
    except UsageError as error:
        return error.fields or {"": error.message}
    return {}


def referred(row: Row) -> Row:
    """A row as if what it refers to were there."""
    found = {name: value for name, value in row.items() if name != "variant_group"}
    if isinstance(row.get("variant_inventory_id"), dict):
        found["variant_inventory_id"] = 1
    if "variant_group" in row:
        found["variant_group_id"] = 1
    if "variants" in row:
        found["variants"] = [{"id": 1}]
    return found


__all__ = ["KINDS", "TABLES", "referred", "sendable", "to_change"]
