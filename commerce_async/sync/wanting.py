"""What a product of the source is to be in the target: its prices converted, and only the fields asked for. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, Final, TypeAlias

import msgspec

from commerce_async.errors import UsageError
from commerce_async.schema import NotCarried, Price, Product, ProductKind, ProductStatus, Text, money, require_currency

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("name", "texts"),
    **{
        name: (name,)
        for name in (
            "sku", "kind", "status", "parent_id", "prices", "subscription", "stock", "variants", "images",
            "attributes", "tax_code", "categories",
        )
    },
}  # fmt: skip
FIELDS: Final = tuple(_FIELDS)
"""What updates can be limited to; `text` is the names and descriptions."""

# Digits behind the point, where they are not two (ISO 4217).
_DIGITS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF",
                     "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip


class Rate(msgspec.Struct, frozen=True):
    """Where the prices in a currency come from: those in another, times a factor.

    Attributes:
        currency: ISO 4217 code of the prices that are converted.
        factor: above 0.
    """

    currency: str
    factor: Decimal = Decimal(1)


Currencies: TypeAlias = Mapping[str, Rate] | Callable[[Product], Sequence[Price]]
"""A rate by the currency that it makes, or a function that gives a product's prices."""

_RATE: Final = re.compile(r"([A-Za-z]{3})=([A-Za-z]{3})(?:\*([0-9]{1,9}(?:\.[0-9]{1,12})?))?", re.ASCII)


def parse_rates(texts: Iterable[str]) -> dict[str, Rate]:
    """Rates as people write them: `USD=EUR*1.08`, or `USD=EUR` for the same amounts.

    Raises:
        UsageError: not such a text, a factor of 0, or a currency twice.
    """
    found: dict[str, Rate] = {}
    for each in texts:
        parts = _RATE.fullmatch(each.strip())
        if parts is None:
            raise UsageError(f"currency: expected a rate such as USD=EUR*1.08, got {each[:40]!r}")
        name, rate = require_currency(parts[1]), Rate(require_currency(parts[2]), Decimal(parts[3] or 1))
        if name in found:
            raise UsageError(f"currency: {name} is made in two ways")
        found[name] = rate
    check_rates(found)
    return found


def check_rates(rates: Mapping[str, Rate]) -> None:
    """Refuses what is no rate.

    Raises:
        UsageError: a code or a factor that is none, or a currency made of itself.
    """
    for name, rate in rates.items():
        try:
            factor, codes = money(rate.factor), (require_currency(name), require_currency(rate.currency))
        except ValueError as error:
            raise UsageError(f"currency {name}: {error}") from None
        if codes != (name, rate.currency):
            raise UsageError(f"currency {name}: a code is written in capitals")
        if factor is None or factor <= 0:
            raise UsageError(f"currency {name}: the factor must be above 0")
        if rate.currency == name:
            raise UsageError(f"currency {name}: it cannot be made of itself")


def check_fields(fields: Iterable[str]) -> tuple[str, ...]:
    """The fields, each once.

    Raises:
        UsageError: none, or one that there is not.
    """
    wanted = tuple(dict.fromkeys(fields))
    unknown = [name for name in wanted if name not in _FIELDS]
    if unknown or not wanted:
        raise UsageError(f"fields: unknown {', '.join(unknown) or '(none)'}; there are: {', '.join(FIELDS)}")
    return wanted


def priced(product: Product, currencies: Currencies | None) -> tuple[Product, tuple[NotCarried, ...]]:
    """The product with its prices as the target is to have them, and what could not be converted.

    A currency that a rate makes has no other prices, unless there are none to make them of.
    """
    if currencies is None:
        return product, ()
    if callable(currencies):
        return msgspec.structs.replace(product, prices=tuple(currencies(product))), ()
    made: list[Price] = []
    for name, rate in currencies.items():
        made += (_converted(price, name, rate) for price in product.prices if price.currency == rate.currency)
    names = {price.currency for price in made}
    kept = [price for price in product.prices if price.currency not in names]
    # What a variant adds to the price has no currency of its own: nothing tells whether a rate is for it.
    lost = tuple(
        NotCarried(f"variants[{number}].price_change", "its currency is not told, so that it cannot be converted")
        for number, variant in enumerate(product.variants)
        if made and variant.price_change
    )
    variants = tuple(
        msgspec.structs.replace(variant, price_change=None) if made and variant.price_change else variant
        for variant in product.variants
    )
    return msgspec.structs.replace(product, prices=(*kept, *made), variants=variants), lost


def _converted(price: Price, currency: str, rate: Rate) -> Price:
    with localcontext() as exact:
        exact.prec = 60
        amount = (price.amount * rate.factor).quantize(Decimal(1).scaleb(-_DIGITS.get(currency, 2)), ROUND_HALF_EVEN)
    return msgspec.structs.replace(price, currency=currency, amount=amount)


# -- only some fields -------------------------------------------------------------------------------------------------


def limited(source: Product, before: Product, fields: Iterable[str]) -> Product:
    """The target's product with those fields as the source has them; all else stays as it is.

    What the other vendor does not tell (a summary, say) stays as well; between stores of one vendor empty means empty.
    """
    told = _foreign(source) if (source.vendor, source.store) != (before.vendor, before.store) else source
    found: dict[str, Any] = {}
    for name in (part for field in fields for part in _FIELDS[field]):
        value = getattr(told, name)
        if source.vendor != before.vendor:
            value = _MERGES.get(name, _or_before)(value, getattr(before, name))
        found[name] = value
    return msgspec.structs.replace(before, **found)


def _foreign(product: Product) -> Product:
    """The product with ids that cannot be taken for those of another store."""

    def named(id: str | None) -> str | None:
        return None if id is None else f"{product.store}/{id}"

    change, prices = msgspec.structs.replace, product.prices
    return change(
        product,
        parent_id=named(product.parent_id),
        prices=tuple(change(each, group=named(each.group), variant_id=named(each.variant_id)) for each in prices),
        variants=tuple(change(each, id=f"{product.store}/{each.id}") for each in product.variants),
        categories=tuple(change(each, id=f"{product.store}/{each.id}") for each in product.categories),
    )


def _or_before(value: Any, before: Any) -> Any:
    untold = value is None or value in ((), {}, ProductKind.UNKNOWN, ProductStatus.UNKNOWN)
    return before if untold else value


def _texts(value: Mapping[str, Text], before: Mapping[str, Text]) -> dict[str, Text]:
    if not value:
        return dict(before)
    return {language: _parts(each, _same_language(language, before)) for language, each in value.items()}


def _same_language(language: str, texts: Mapping[str, Text]) -> Text:
    """A vendor with one language does not name it; one that names them has English first."""
    return texts.get(language) or texts.get("") or (texts.get("en") if language == "" else None) or Text()


def _parts(value: Any, before: Any) -> Any:
    """Two structs of one kind: what the first does not tell is taken from the second."""
    if value is None or before is None:
        return value if before is None else before
    names = value.__struct_fields__
    return type(value)(**{name: _or_before(getattr(value, name), getattr(before, name)) for name in names})


def _prices(value: Sequence[Price], before: Sequence[Price]) -> tuple[Price, ...]:
    told = {_condition(price) for price in value}
    return (*value, *(price for price in before if _condition(price) not in told))


def _condition(price: Price) -> Price:
    return msgspec.structs.replace(price, amount=Decimal(0))


_MERGES: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "texts": _texts,
    "prices": _prices,
    "stock": _parts,
    "subscription": _parts,
}
