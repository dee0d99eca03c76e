"""FastSpring: /orders, Update order tags and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from msgspec import UNSET, UnsetType

from fastspring_async.drafting.check import check_pairs
from fastspring_async.drafting.faults import Faults, mapping
from fastspring_async.drafting.product import Draft


class OrderItemDraft(Draft, frozen=True, kw_only=True):
    """Attributes to add to, or to change on, the line of one product of the order."""

    product: str
    attributes: Mapping[str, str]


class OrderDraft(Draft, frozen=True, kw_only=True):
    """Tags and attributes to add to, or to change on, an order. Those not named stay as they are.

    The vendor shows an order's tags and attributes on the subscription that it began, too.

    Attributes:
        order: the order's id.
    """

    order: str
    tags: Mapping[str, str] | UnsetType = UNSET
    items: tuple[OrderItemDraft, ...] | UnsetType = UNSET


def check_order(draft: OrderDraft) -> dict[str, str]:
    """Everything that is wrong with a draft, by field as the vendor writes it (`items[0].attributes`)."""
    faults = Faults()
    faults.text("order", draft.order)
    if not draft.tags and not draft.items:
        faults.add("order", "has nothing to change: give tags or items")
    if draft.tags is not UNSET:
        check_pairs(faults, "tags", draft.tags)
    if draft.items is not UNSET:
        _check_items(faults, draft.items)
    return faults.found


def _check_items(faults: Faults, items: object) -> None:
    if not isinstance(items, tuple | list):
        faults.add("items", f"expected several OrderItemDraft, got {type(items).__name__}")
        return
    seen: set[str] = set()
    for number, item in enumerate(cast("tuple[object, ...]", items)):
        at = f"items[{number}]"
        if not isinstance(item, OrderItemDraft):
            faults.add(at, f"expected an OrderItemDraft, got {type(item).__name__}")
            continue
        if faults.text(f"{at}.product", item.product) and item.product in seen:
            faults.add(f"{at}.product", "is there twice")
        seen.add(str(item.product))
        check_pairs(faults, f"{at}.attributes", item.attributes)
        if mapping(item.attributes) and not item.attributes:
            faults.add(f"{at}.attributes", "has nothing to change")
