"""A common product as a draft for FastSpring. docs/mapping-fastspring.md says what goes where, and what cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeVar, cast, get_args

from msgspec import UNSET, UnsetType

from commerce_async.schema import NotCarried, Price, Product, ProductKind, ProductStatus
from commerce_async.schema.values import text
from fastspring_async import wire
from fastspring_async.drafting.product import (
    DescriptionDraft,
    Format,
    PricingDraft,
    ProductDraft,
    SetupFeeDraft,
    Words,
)
from fastspring_async.mapping.changes import changes
from fastspring_async.mapping.products import to_product

T = TypeVar("T")

_READ_ONLY: Final = {
    "parent_id": "FastSpring's API names no field to make a product a variation of another",
    "stock": "FastSpring keeps no stock",
    "variants": "a variation is a product of its own in FastSpring",
    "categories": "FastSpring has no categories",
    "created_at": "FastSpring keeps no times of products",
    "updated_at": "FastSpring keeps no times of products",
}


class Drafted(NamedTuple):
    """A draft, and what of the product is not in it."""

    draft: ProductDraft
    not_carried: tuple[NotCarried, ...]


def to_draft(product: Product, *, before: wire.Product | None = None, path: str | None = None) -> Drafted:
    """A common product, of whichever vendor, as a draft for FastSpring. Pure.

    Whether FastSpring would take it is another matter: `fastspring_async.drafts.check` tells.

    Args:
        before: the product as FastSpring has it. The draft then has only what differs (`draft.blank`: nothing
            does), for an update. Without it the draft is complete, for a create.
        path: the product path to write to; the record's own id by default.

    Raises:
        ValueError: `before` has a currency code that is none.
    """
    old = None if before is None else to_product(before, b"", store=product.store)
    return to_common_draft(product, before=old, path=path or product.id)


def to_common_draft(product: Product, *, before: Product | None, path: str) -> Drafted:
    """As `to_draft`, with `before` in the common schema."""
    draft, lost = _complete(product, path)
    if before is None:
        return Drafted(draft, tuple(lost))
    old, _ = _complete(before, path)
    changed, stays = changes(draft, old)
    return Drafted(changed, (*lost, *(NotCarried(field, reason) for field, reason in stays)))


def _complete(product: Product, path: str) -> tuple[ProductDraft, list[NotCarried]]:
    lost = [NotCarried(field, reason) for field, reason in _lost(product)]
    summary, full = _texts(product, "summary"), _texts(product, "description")
    attributes = {key: value for key, value in product.attributes.items() if key}
    draft = ProductDraft(
        product=path,
        display=_some(_names(product)),
        description=DescriptionDraft(summary=_some(summary), full=_some(full)) if summary or full else UNSET,
        image=_set(_image(product)),
        format=cast("Format", product.kind.value) if product.kind.value in get_args(Format) else UNSET,
        sku=_set(text(product.sku)),
        taxcode=_set(text(product.tax_code)),
        attributes=_some(attributes),
        pricing=_pricing(product),
    )
    return draft, lost


def _some(value: Mapping[str, T]) -> Mapping[str, T] | UnsetType:
    return value or UNSET


def _set(value: str | None) -> str | UnsetType:
    return UNSET if value is None else value


def _names(product: Product) -> Words:
    names, name = _texts(product, "name"), text(product.name)
    return names or ({"en": name} if name else {})


def _texts(product: Product, part: str) -> dict[str, str]:
    """One kind of text by language. One that names no language is written as English, if there is none."""
    found = {language: words for language, each in product.texts.items() if (words := text(getattr(each, part)))}
    bare = found.pop("", None)
    return {"en": bare, **found} if bare and "en" not in found else found


def _image(product: Product) -> str | None:
    first = min(product.images, key=lambda image: image.position, default=None)
    return first.url if first and _absolute(first.url) else None


def _absolute(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def _pricing(product: Product) -> PricingDraft | UnsetType:
    regular, setup, _ = _prices(product)
    found: dict[str, Any] = {"price": regular} if regular else {}
    if setup:
        found["setup_fee"] = SetupFeeDraft(price=setup)
    if terms := product.subscription:
        members = {"interval": terms.interval, "interval_length": terms.interval_length, "trial": terms.trial_days}
        found |= {name: value for name, value in members.items() if value is not None}
    return PricingDraft(**found) if found else UNSET


def _prices(product: Product) -> tuple[dict[str, Decimal], dict[str, Decimal], list[tuple[str, str]]]:
    """Regular and set-up prices by currency, and why the others are not among them."""
    kinds: dict[str, dict[str, Decimal]] = {"regular": {}, "setup": {}}
    lost: list[tuple[str, str]] = []
    for number, price in enumerate(product.prices):
        field, group = f"prices[{number}]", kinds.get(price.kind)
        if group is None:
            lost.append((field, f"FastSpring has no {price.kind} price"))
        elif reason := _condition(price):
            lost.append((field, reason))
        elif price.currency in group:
            lost.append((field, f"there is another {price.kind} price in {price.currency}"))
        else:
            group[price.currency] = price.amount
    return kinds["regular"], kinds["setup"], lost


def _condition(price: Price) -> str | None:
    bare = Price(currency=price.currency, amount=price.amount, kind=price.kind)
    named = [name for name in price.__struct_fields__ if getattr(price, name) != getattr(bare, name)]
    return f"a price per currency holds for all; this one has {', '.join(named)}" if named else None


def _lost(product: Product) -> Iterator[tuple[str, str]]:
    """What has no place in FastSpring."""
    names = _texts(product, "name")
    shown = names.get("en") or next(iter(names.values()), None)
    if shown and text(product.name) and text(product.name) != shown:
        yield "name", "it differs from the names per language, and FastSpring has only those"
    for part in ("name", "summary", "description"):
        bare = product.texts.get("")
        if bare and text(getattr(bare, part)) and text(getattr(product.texts.get("en"), part, None)):
            yield f"texts[''].{part}", "it names no language, and there is an English one"
    if product.kind is ProductKind.BUNDLE:
        yield "kind", "FastSpring's formats are digital, physical and both"
    if product.status is not ProductStatus.UNKNOWN:
        yield "status", "whether a product is shown cannot be written through the API"
    for name, reason in _READ_ONLY.items():
        if getattr(product, name):
            yield name, reason
    yield from _prices(product)[2]
    if product.subscription and product.subscription.interval_count is not None:
        yield "subscription.interval_count", "FastSpring gives it, and names no field to write it"
    yield from _lost_images(product)
    if "" in product.attributes:
        yield "attributes['']", "it has no key"


def _lost_images(product: Product) -> Iterator[tuple[str, str]]:
    kept = min(product.images, key=lambda image: image.position, default=None)
    for number, image in enumerate(product.images):
        if image is not kept:
            yield f"images[{number}]", "FastSpring has one image"
        elif not _absolute(image.url):
            yield f"images[{number}]", "FastSpring fetches it, and needs an http or https URL"
        elif image.text:
            yield f"images[{number}].text", "FastSpring keeps no text of an image"
