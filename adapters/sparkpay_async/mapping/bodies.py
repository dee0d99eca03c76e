"""A change's body as a file may have it: whether all of it can be sent, before any of it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from commerce_async.errors import UsageError
from sparkpay_async.kinds import PRODUCTS
from sparkpay_async.mapping.changes import KINDS, referred, sendable
from sparkpay_async.mapping.tables import TABLES, Row, Rows


def check_body(body: Mapping[str, Any], *, new: bool) -> None:
    """Refuses what is no body of a change.

    Args:
        new: whether it makes a product.

    Raises:
        UsageError: a field that the vendor would refuse, rows that are none, or a row that refers to another that there
            is not; `fields` has all faults.
    """
    found = {name: _rows(name, body.get(name, {})) for name in TABLES}
    faults: dict[str, str] = {}
    own = {name: value for name, value in body.items() if name not in TABLES}
    if own or new:
        faults |= _faults("", PRODUCTS.name, own, new=new)
    counts = {name: len(rows.create) for name, rows in found.items()}
    for table, rows in found.items():
        for number, row in enumerate(rows.create):
            place = f"{table}[new {number}]"
            _check_references(place, row, counts)
            faults |= _faults(f"{place}.", table, {**referred(row), "product_id": 1}, new=True)
        for row in rows.update:
            faults |= _faults(f"{table}[{row['id']}].", table, row, new=False)
    if faults:
        raise UsageError("it was not sent, since the change has faults", fields=faults)


def _rows(table: str, value: object) -> Rows:
    try:
        rows = msgspec.convert(value, Rows)
    except msgspec.ValidationError as error:
        raise UsageError(f"{table}: {str(error).replace(' - at `$', ' at `')}") from None
    if any(type(row.get("id")) is not int for row in rows.update):
        raise UsageError(f"{table}: a row to update has no id")
    return rows


def _faults(place: str, table: str, row: Row, *, new: bool) -> dict[str, str]:
    try:
        sendable(KINDS.get(table, PRODUCTS), row, new=new)
    except UsageError as error:
        return {f"{place}{name}": words for name, words in (error.fields or {"": error.message}).items()}
    return {}


def _check_references(place: str, row: Row, new: Mapping[str, int]) -> None:
    """Option values are referred to in a list, `{"new": place}` or `{"id": id}` each; an item by its id or place.

    Args:
        new: how many new rows each table has.
    """
    if "variants" in row:
        values = row["variants"]
        if not isinstance(values, list):
            raise UsageError(f"{place}.variants: expected a list")
        for value in cast("list[object]", values):
            given = cast("Row", value) if isinstance(value, dict) else Row()
            if type(given.get("id")) is not int:
                _check_place(place, given, "variants", new)
    if isinstance(row.get("variant_inventory_id"), dict):
        _check_place(place, row["variant_inventory_id"], "variant_inventory", new)


def _check_place(place: str, value: Row, to: str, new: Mapping[str, int]) -> None:
    at = value.get("new")
    if type(at) is not int or not 0 <= at < new[to]:
        raise UsageError(f"{place}: refers to the new row {at!r} of {to}, and there are {new[to]}")


__all__ = ["check_body"]
