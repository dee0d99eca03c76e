"""The rules that FastSpring documents for products. FastSpring: /products, Create and Update, and their errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final, cast, get_args
from urllib.parse import urlsplit

from msgspec import UNSET

from fastspring_async.drafting.faults import Faults, given, mapping
from fastspring_async.drafting.pricing import check_pricing
from fastspring_async.drafting.product import (
    Applicability,
    Behavior,
    DescriptionDraft,
    FileDraft,
    Format,
    FulfillmentDraft,
    PricingDraft,
    ProductDraft,
)

MOST_ATTRIBUTE_CHARACTERS: Final = 4000

_PATH = re.compile(r"[a-z0-9-]+", re.ASCII)


def check(draft: ProductDraft, *, create: bool = True) -> dict[str, str]:
    """Everything that is wrong with a draft, by field as the vendor writes it (`pricing.intervalLength`).

    Args:
        create: whether the product is to be made, which requires more; False for an update.
    """
    faults = Faults()
    _check_path(faults, draft.product, create=create)
    if draft.display is not UNSET:
        faults.words("display", draft.display, english=True)
    elif create:
        faults.add("display", "is required, in English at least")
    _check_texts(faults, draft)
    _check_files(faults, draft.fulfillments, create=create)
    for name in ("sku", "taxcode"):
        if given(value := getattr(draft, name)):
            faults.text(name, value)
    if given(draft.image):
        faults.url("image", draft.image)
    if draft.format is not UNSET:
        faults.word("format", draft.format, get_args(Format))
    if given(draft.attributes):
        check_pairs(faults, "attributes", draft.attributes, most=MOST_ATTRIBUTE_CHARACTERS)
    if given(draft.rank):
        faults.whole("rank", draft.rank, least=0)
    if isinstance(draft.pricing, PricingDraft):
        check_pricing(faults, draft.pricing, create=create)
    elif draft.pricing is not UNSET:
        faults.add("pricing", f"expected a PricingDraft, got {type(draft.pricing).__name__}")
    return faults.found


def check_pairs(faults: Faults, field: str, value: object, *, most: int | None = None) -> None:
    """The merchant's own keys and values, which are texts; `most` characters of both together."""
    if not mapping(value):
        faults.add(field, f"expected keys and values, got {type(value).__name__}")
        return
    pairs = cast("Mapping[object, object]", value)
    size = 0
    for key, text in pairs.items():
        if not isinstance(key, str) or not faults.text(field, key, longest=None):
            faults.add(field, f"the key {str(key)[:40]!r} is no text")
        elif not isinstance(text, str):
            faults.add(f"{field}.{key}", f"expected text, got {type(text).__name__}")
        else:
            size += len(key) + len(text)
    if most is not None and size > most:
        faults.add(field, f"keys and values have {size} characters together; FastSpring takes about {most}")


def _check_path(faults: Faults, path: object, *, create: bool) -> None:
    if not faults.text("product", path):
        return
    if _PATH.fullmatch(str(path)) is None:
        faults.add("product", 'a path has lower-case letters, digits and "-" only')
    if create and len(str(path)) <= 2:
        faults.add("product", "a path has more than two characters")


def _check_texts(faults: Faults, draft: ProductDraft) -> None:
    if isinstance(draft.description, DescriptionDraft):
        for name in ("summary", "action", "full"):
            if given(words := getattr(draft.description, name)):
                faults.words(f"description.{name}", words, longest=None)
    elif given(draft.description):
        faults.add("description", f"expected a DescriptionDraft, got {type(draft.description).__name__}")
    if isinstance(draft.fulfillment, FulfillmentDraft):
        if given(draft.fulfillment.instructions):
            faults.words("fulfillment.instructions", draft.fulfillment.instructions, longest=None)
    elif given(draft.fulfillment):
        faults.add("fulfillment", f"expected a FulfillmentDraft, got {type(draft.fulfillment).__name__}")
    if given(draft.badge):
        faults.words("badge", draft.badge)


def _check_files(faults: Faults, files: object, *, create: bool) -> None:
    if files is UNSET:
        return
    if not isinstance(files, tuple | list):
        faults.add("fulfillments", f"expected several FileDraft, got {type(files).__name__}")
        return
    for number, file in enumerate(cast("tuple[object, ...]", files)):
        if isinstance(file, FileDraft):
            _check_file(faults, f"fulfillments[{number}]", file, create=create)
        else:
            faults.add(f"fulfillments[{number}]", f"expected a FileDraft, got {type(file).__name__}")


def _check_file(faults: Faults, at: str, file: FileDraft, *, create: bool) -> None:
    faults.word(f"{at}.type", file.type, ("file",))
    new = file.fulfillment is UNSET
    if not new:
        faults.text(f"{at}.fulfillment", file.fulfillment)
        if create:
            faults.add(f"{at}.fulfillment", "a product that is to be made has no files yet; give a url")
    if file.url is not UNSET:
        named = faults.url(f"{at}.url", file.url)
    else:
        named = False
        if new:
            faults.add(f"{at}.url", "is required for a new file (and `fulfillment` for one that is there)")
    if file.display is not UNSET:
        if (
            faults.text(f"{at}.display", file.display)
            and named
            and _extension(urlsplit(str(file.url)).path) != _extension(file.display)
        ):
            faults.add(f"{at}.display", "must have the same extension as the file in url")
    elif new:
        faults.add(f"{at}.display", "is required for a new file")
    for name, words in (
        ("applicability", get_args(Applicability)),
        ("behavior", get_args(Behavior)),
        ("status", ("ACTIVATE", "DISABLED")),
    ):
        if (value := getattr(file, name)) is not UNSET:
            faults.word(f"{at}.{name}", value, words)


def _extension(name: object) -> str:
    return PurePosixPath(str(name)).suffix.lower()
