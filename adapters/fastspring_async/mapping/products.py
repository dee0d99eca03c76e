"""A FastSpring product in the common schema."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from commerce_async.schema import Image, Price, Product, ProductKind, Subscription, Text, require_currency
from commerce_async.schema.values import text
from fastspring_async import wire
from fastspring_async.mapping.values import by_language, pairs

VENDOR: Final = "fastspring"

_KINDS = {kind.value: kind for kind in ProductKind}


def to_product(record: wire.Product, raw: bytes, *, store: str) -> Product:
    """A product in the common schema.

    Args:
        record: the product as decoded from `raw`.
        raw: its bytes, which the result keeps.
        store: the store's name.

    Raises:
        ValueError: a currency code that is none.
    """
    pricing = record.pricing or wire.Pricing()
    texts = _texts(record)
    return Product(
        store=store,
        vendor=VENDOR,
        id=record.product,
        raw=raw,
        sku=text(record.sku),
        name=_first_name(texts),
        texts=texts,
        kind=_KINDS.get((record.format or "").strip().lower(), ProductKind.UNKNOWN),
        parent_id=text(record.parent),
        prices=_prices(pricing),
        subscription=_subscription(pricing),
        images=(Image(url=image),) if (image := text(record.image)) else (),
        attributes=pairs(record.attributes),
        tax_code=text(record.taxcode),
    )


def _texts(record: wire.Product) -> dict[str, Text]:
    about = record.description
    if not isinstance(about, wire.Description):
        about = wire.Description(full=about)
    names, summaries, full = by_language(record.display), by_language(about.summary), by_language(about.full)
    return {
        language: Text(name=names.get(language), summary=summaries.get(language), description=full.get(language))
        for language in dict.fromkeys((*names, *summaries, *full))
    }


def _first_name(texts: Mapping[str, Text]) -> str | None:
    """English, which FastSpring requires of every product; else the first there is."""
    english = texts.get("en")
    names = (english.name if english else None, *(words.name for words in texts.values()))
    return next((name for name in names if name), None)


def _prices(pricing: wire.Pricing) -> tuple[Price, ...]:
    setup = pricing.setup_fee.price if pricing.setup_fee else {}
    return (*_by_currency(pricing.price, "regular"), *_by_currency(setup, "setup"))


def _by_currency(amounts: Mapping[str, Decimal], kind: str) -> tuple[Price, ...]:
    # A bare number stands under "": its currency is not told, so it can be no price here, and stays in `raw`.
    return tuple(
        Price(currency=require_currency(currency), amount=amount, kind=kind)
        for currency, amount in amounts.items()
        if currency
    )


def _subscription(pricing: wire.Pricing) -> Subscription | None:
    interval = text(pricing.interval)
    if interval is None:
        return None
    return Subscription(
        interval=interval.lower(),
        interval_length=pricing.interval_length,
        interval_count=pricing.interval_count,
        trial_days=pricing.trial,
    )
