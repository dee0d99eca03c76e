"""What it takes to make a product of a FastSpring store as wanted. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, TypeVar, cast

import msgspec
from msgspec import UNSET

from commerce_async.schema import FieldChange, Product, ProductChange
from commerce_async.schema.values import text
from fastspring_async.drafting.check import check
from fastspring_async.drafting.encode import encoded
from fastspring_async.drafting.product import PricingDraft, ProductDraft
from fastspring_async.mapping.drafts import to_common_draft
from fastspring_async.mapping.products import VENDOR

D = TypeVar("D", ProductDraft, PricingDraft)

_SHORTEST: Final = 3
_LONGEST_SLUG: Final = 100
_READ: Final = msgspec.json.Decoder(float_hook=str)
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def to_change(wanted: Product, before: Product | None, taken: Collection[str]) -> ProductChange:
    """The change that makes `before` as `wanted`, a common product of whichever vendor; without it, a create.

    Args:
        taken: paths of the products that there are; a new one can have none of them.
    """
    path = before.id if before else path_of(wanted)
    draft, lost = to_common_draft(wanted, before=before, path=path)
    if before is not None:
        draft = _told(draft, wanted, before)
    faults = check(draft, create=before is None)
    if before is None and path in taken:
        faults["product"] = f"the path {path} is another product's"
    unchanged = before is not None and draft.blank
    body = {} if unchanged or faults else _json(draft)
    whole = {} if before is None or not body else _flat(_json(to_common_draft(before, before=None, path=path).draft))
    return ProductChange(
        action="create" if before is None else "unchanged" if unchanged else "update",
        key=path,
        id=before.id if before else None,
        body=body,
        fields=tuple(_changes(_flat(body), whole)),
        not_carried=lost,
        faults={} if unchanged else faults,
    )


def _told(draft: ProductDraft, wanted: Product, before: Product) -> ProductDraft:
    """The draft without emptying what nobody asked to be empty.

    FastSpring gives each product a tax code by itself. And what another vendor's product does not have, that vendor
    may have no place for: it stays as it is.
    """
    if wanted.vendor == VENDOR:
        return draft if draft.taxcode is not None else msgspec.structs.replace(draft, taxcode=UNSET)
    pricing = draft.pricing
    if isinstance(pricing, PricingDraft):
        kept = _without_emptied(pricing)
        if kept.trial is UNSET and _period(wanted) == _period(before):  # it was the trial alone that differed
            kept = msgspec.structs.replace(kept, interval=UNSET, interval_length=UNSET)
        draft = msgspec.structs.replace(draft, pricing=kept if kept != PricingDraft() else UNSET)
    return _without_emptied(draft)


def _period(product: Product) -> tuple[str, int | None] | None:
    terms = product.subscription
    return (terms.interval, terms.interval_length) if terms else None


def _without_emptied(draft: D) -> D:
    emptied = {name: UNSET for name in draft.__struct_fields__ if getattr(draft, name) is None}
    return msgspec.structs.replace(draft, **emptied)


def from_body(body: Mapping[str, Any]) -> ProductDraft:
    """The draft of a change.

    Raises:
        ValueError: it is none.
    """
    return msgspec.convert(body, ProductDraft)


def path_of(product: Product) -> str:
    """The path of a new product: its own if it is FastSpring's, else made of its SKU or name.

    A path has fewer kinds of characters than those; where it does not tell all of them, a few digits that depend on
    the rest follow, so that two products do not get one path.
    """
    if product.vendor == VENDOR:
        return product.id
    words = text(product.sku) or text(product.name) or product.id
    slug = _OTHER.sub("-", words.lower()).strip("-")[:_LONGEST_SLUG].rstrip("-")
    if slug != words.lower() or len(slug) < _SHORTEST:
        slug = f"{slug}-{sha256(words.encode()).hexdigest()[:8]}".lstrip("-")
    return slug


def _json(draft: ProductDraft) -> dict[str, Any]:
    """As JSON holds it, amounts as text; null asks to empty a field."""
    return cast("dict[str, Any]", _texts(_READ.decode(encoded(draft, nulls=True)), ()))


def _texts(value: Any, at: tuple[str, ...]) -> Any:
    """Whole amounts as text as well."""
    if isinstance(value, dict):
        return {key: _texts(each, (*at, key)) for key, each in cast("dict[str, Any]", value).items()}
    return str(value) if "price" in at and isinstance(value, int) else value


def _flat(value: Any, at: str = "") -> dict[str, Any]:
    """Members by their path, such as `pricing.price.USD`."""
    if not isinstance(value, dict):
        return {at: value}
    found: dict[str, Any] = {}
    for key, each in cast("dict[str, Any]", value).items():
        found |= _flat(each, f"{at}.{key}" if at else key)
    return found


def _changes(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[FieldChange]:
    for name, value in new.items():
        if name != "product" and value != old.get(name):
            yield FieldChange(name, old.get(name), value)
