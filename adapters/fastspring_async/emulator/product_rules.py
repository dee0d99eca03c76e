"""The rules for posted products (FastSpring: /products, Create one or more new products)."""

from __future__ import annotations

import re
from typing import Any

from fastspring_async.emulator.routes.bodies import items, mapping, text

_PATH = re.compile(r"[a-z0-9-]{3,255}")
_INTERVALS = frozenset(("adhoc", "day", "week", "month", "year"))
_MEMBERS = frozenset(
    (
        "product",
        "parent",
        "display",
        "description",
        "fulfillment",
        "fulfillments",
        "image",
        "format",
        "sku",
        "taxcode",
        "attributes",
        "pricing",
        "badge",
        "rank",
    )
)
_MOST_ATTRIBUTES = 4000
_NO_INTERVAL, _NO_LENGTH = "interval must be specified", "intervalLength must be specified"
_NEITHER = "interval and intervalLength must be specified"


def unknown(draft: dict[str, Any]) -> dict[str, str]:
    """Members that no product may be given, those that are only for reading among them."""
    return {name: "Field was not recognized" for name in draft if name not in _MEMBERS}


def faults(draft: dict[str, Any], old: dict[str, Any] | None) -> dict[str, str]:
    """What is wrong with a posted product, by field.

    Args:
        old: the product as it is, None for a new one.
    """
    found: dict[str, str] = {}
    path = text(draft.get("product"))
    if path is None:
        found["product"] = "product is required"
    elif not _PATH.fullmatch(path):
        found["product"] = "product must be alphanumeric, all lower-case, and greater than two characters in length"
    display = mapping(draft.get("display"))
    if (old is None or "display" in draft) and not text(display.get("en")):
        found["display"] = "display is required"
    attributes = mapping(draft.get("attributes"))
    if any(not isinstance(value, str) for value in attributes.values()):
        found["attributes"] = "attributes must be strings"
    elif sum(len(name) + len(value) for name, value in attributes.items()) > _MOST_ATTRIBUTES:
        found["attributes"] = "attributes are too long"
    if draft.get("format") not in (None, "digital", "physical", "digital-and-physical"):
        found["format"] = "Invalid format"
    pricing = mapping(draft.get("pricing"))
    return found | _of_pricing(pricing, mapping((old or {}).get("pricing"))) | _of_fulfillments(draft)


def _of_pricing(pricing: dict[str, Any], old: dict[str, Any]) -> dict[str, str]:
    found = _of_interval({**{name: old.get(name) for name in ("interval", "intervalLength")}, **pricing})
    discounts = mapping(pricing.get("quantityDiscounts", old.get("quantityDiscounts")))
    for name in ("discountReason", "discountDuration"):
        if pricing.get(name) and not discounts:
            found[name] = "quantityDiscounts must be specified"
    if len({isinstance(value, dict) for value in discounts.values()}) > 1:
        found["quantityDiscounts"] = "Mixed values are not supported"
    price = pricing.get("price")
    if price is not None and not (isinstance(price, dict) and all(_amount(each) for each in mapping(price).values())):
        found["price"] = "Invalid price"
    if pricing.get("dateLimitsEnabled") and not mapping(pricing.get("dateLimits", old.get("dateLimits"))):
        found["dateLimits"] = "dateLimits must be specified"
    return found


def _of_interval(pricing: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    interval, length = pricing.get("interval"), pricing.get("intervalLength")
    if interval is not None and interval not in _INTERVALS:
        found["interval"] = "Invalid interval"
    elif interval and interval != "adhoc" and not length:
        found["interval"] = _NO_LENGTH
    if length and not interval:
        found["intervalLength"] = _NO_INTERVAL
    for name in ("renew", "trial", "discountDuration"):
        if pricing.get(name) and not (interval == "adhoc" or (interval and length)):
            found[name] = _NEITHER if not (interval or length) else _NO_LENGTH if interval else _NO_INTERVAL
    return found


def _of_fulfillments(draft: dict[str, Any]) -> dict[str, str]:
    for each in map(mapping, items(draft.get("fulfillments"))):
        if not text(each.get("type")):
            return {"fulfillments": "type is required"}
        if not text(each.get("fulfillment")) and not (text(each.get("url")) and text(each.get("display"))):
            return {"fulfillments": "url and display are required"}
    return {}


def _amount(value: Any) -> bool:
    return not isinstance(value, bool | str | dict | list) and value is not None and value >= 0


def stored(draft: dict[str, Any], old: dict[str, Any] | None) -> dict[str, Any]:
    """The product as it will be read: the draft over what there was."""
    path = draft["product"]
    record = dict(old or _blank(path))
    for name, value in draft.items():
        if name in ("display", "description", "pricing") and isinstance(value, dict):
            record[name] = {**mapping(record.get(name)), **mapping(value)}
        elif name not in ("fulfillment", "fulfillments"):
            record[name] = value
    fulfillments = dict(mapping(record.get("fulfillments")))
    fulfillments |= mapping(draft.get("fulfillment"))
    for each in map(mapping, items(draft.get("fulfillments"))):
        name = each.get("fulfillment") or f"{path}_file_{len(fulfillments)}"
        fulfillments[name] = {**mapping(fulfillments.get(name)), "fulfillment": name, **_file(each)}
    record["fulfillments"] = fulfillments
    return record


def _file(each: dict[str, Any]) -> dict[str, Any]:
    blank: dict[str, Any] = {"applicability": "ALWAYS", "size": None, "behavior": "CURRENT", "previous": []}
    named = {"name": f"File Download ({each['display']})"} if each.get("display") else {}
    return {**blank, **named, **{name: value for name, value in each.items() if name != "fulfillment"}}


def _blank(path: str) -> dict[str, Any]:
    return {
        "product": path,
        "parent": None,
        "display": {},
        "description": {},
        "image": None,
        "sku": None,
        "offers": [],
        "fulfillments": {},
        "format": "digital",
        "taxcode": "DC020502",
        "taxcodeDescription": "Computer Software - non-educational - prewritten/canned - electronically downloaded",
        "pricing": {
            "quantityBehavior": "allow",
            "quantityDefault": 1,
            "price": {"USD": 0},
            "dateLimitsEnabled": False,
        },
    }
