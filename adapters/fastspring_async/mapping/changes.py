"""What an update must say to turn one product into another, given that fields left out stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from msgspec import UNSET

from fastspring_async.drafting.product import DescriptionDraft, PricingDraft, ProductDraft, SetupFeeDraft

_TERMS = ("interval", "interval_length", "trial")


def changes(new: ProductDraft, old: ProductDraft) -> tuple[ProductDraft, list[tuple[str, str]]]:
    """A draft with what differs, and what cannot be changed: the common field, and why."""
    stays: list[tuple[str, str]] = []
    found: dict[str, Any] = {
        "display": _map("texts.name", new.display, old.display, stays),
        "description": _description(new, old, stays),
        "attributes": _map("attributes", new.attributes, old.attributes, stays),
        "pricing": _pricing(new, old, stays),
        "format": UNSET if new.format == old.format else new.format,
    }
    for name in ("image", "sku", "taxcode"):
        found[name] = _value(getattr(new, name), getattr(old, name))
    return ProductDraft(product=new.product, **found), stays


def _value(new: object, old: object) -> object:
    """The new value; None, which asks to empty the field, where there is none any more."""
    if new == old:
        return UNSET
    return None if new is UNSET else new


def _map(field: str, new: object, old: object, stays: list[tuple[str, str]]) -> Any:
    """The whole new map if it differs, since the vendor does not say whether it takes a part for the whole."""
    before = cast("Mapping[str, object]", old if isinstance(old, Mapping) else {})
    after = cast("Mapping[str, object]", new if isinstance(new, Mapping) else {})
    gone = [key for key in before if key not in after]
    if gone:
        stays.append((field, f"FastSpring names no way to take away what is there: {', '.join(gone)}"))
    return UNSET if after.items() <= before.items() else after


def _description(new: ProductDraft, old: ProductDraft, stays: list[tuple[str, str]]) -> Any:
    after = new.description if isinstance(new.description, DescriptionDraft) else DescriptionDraft()
    before = old.description if isinstance(old.description, DescriptionDraft) else DescriptionDraft()
    summary = _map("texts.summary", after.summary, before.summary, stays)
    full = _map("texts.description", after.full, before.full, stays)
    return UNSET if summary is UNSET and full is UNSET else DescriptionDraft(summary=summary, full=full)


def _pricing(new: ProductDraft, old: ProductDraft, stays: list[tuple[str, str]]) -> Any:
    after = new.pricing if isinstance(new.pricing, PricingDraft) else PricingDraft()
    before = old.pricing if isinstance(old.pricing, PricingDraft) else PricingDraft()
    found: dict[str, Any] = {"price": _map("prices", after.price, before.price, stays)}
    fee = _map("prices (setup)", _fee(after), _fee(before), stays)
    if fee is not UNSET:
        found["setup_fee"] = SetupFeeDraft(price=fee)
    if _terms(after) != _terms(before):
        if after.interval is UNSET:
            stays.append(("subscription", "FastSpring names no way to make a subscription a product sold once"))
        else:
            found |= _with_emptied(_TERMS, after, before)
    return UNSET if all(value is UNSET for value in found.values()) else PricingDraft(**found)


def _fee(pricing: PricingDraft) -> object:
    return pricing.setup_fee.price if isinstance(pricing.setup_fee, SetupFeeDraft) else UNSET


def _terms(pricing: PricingDraft) -> tuple[object, ...]:
    return tuple(getattr(pricing, name) for name in _TERMS)


def _with_emptied(names: Iterable[str], after: PricingDraft, before: PricingDraft) -> dict[str, Any]:
    """All of them: a trial needs its interval beside it, and what is there no more is emptied."""
    pairs = ((name, getattr(after, name), getattr(before, name)) for name in names)
    return {name: None if new is UNSET and old is not UNSET else new for name, new, old in pairs}
