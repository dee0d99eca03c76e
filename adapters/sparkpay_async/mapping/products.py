"""Spark Pay's products as common ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from commerce_async.schema import (
    Category,
    Image,
    Price,
    Product,
    ProductKind,
    ProductStatus,
    Stock,
    Subscription,
    Text,
    Variant,
)
from commerce_async.schema.values import text
from sparkpay_async import wire
from sparkpay_async.mapping.values import VENDOR, Shop, custom_fields, id_or_none, when

_INTERVALS: Final = {
    "day": "day", "days": "day", "daily": "day",
    "week": "week", "weeks": "week", "weekly": "week",
    "month": "month", "months": "month", "monthly": "month",
    "year": "year", "years": "year", "yearly": "year", "annually": "year",
}  # fmt: skip


def product(
    record: wire.LeanProduct,
    raw: bytes,
    *,
    shop: Shop,
    statuses: Mapping[int, wire.ProductStatus],
    groups: Mapping[int, str] = MappingProxyType({}),
) -> Product:
    """A product in the common schema.

    Args:
        groups: names of variant groups by id; one that is not there goes by its id.

    Raises:
        ValueError: a time that cannot be read.
    """
    status = statuses.get(record.product_status_id or 0)
    name = text(record.item_name)
    return Product(
        store=shop.store,
        vendor=VENDOR,
        id=str(record.id),
        raw=raw,
        sku=text(record.item_number),
        name=name,
        texts={"": _texts(record, name)},
        kind=product_kind(record),
        status=product_status(record, status),
        parent_id=id_or_none(record.master_product_id),
        prices=tuple(prices(record, shop.currency)),
        subscription=subscription(record),
        stock=_stock(record, status),
        variants=tuple(variants(record, groups)),
        images=tuple(images(record)),
        attributes=custom_fields(record.custom_fields),
        tax_code=text(record.tax_code),
        categories=tuple(categories(record)),
        created_at=when("created_at", record.created_at),
        updated_at=when("updated_at", record.updated_at),
    )


def _texts(record: wire.LeanProduct, name: str | None) -> Text:
    return Text(name=name, summary=text(record.short_description), description=text(record.long_description_1))


def product_kind(record: wire.LeanProduct) -> ProductKind:
    """Digital if it is any kind of e-product, a bundle if it is a kit, else physical."""
    if (text(record.e_product_type) or "NotAnEProduct") != "NotAnEProduct":
        return ProductKind.DIGITAL
    return ProductKind.BUNDLE if record.is_kit else ProductKind.PHYSICAL


def product_status(record: wire.LeanProduct, status: wire.ProductStatus | None) -> ProductStatus:
    """The first that holds: discontinued, hidden, unavailable; else active, or unknown without its status record."""
    if record.is_discontinued:
        return ProductStatus.DISCONTINUED
    if record.is_hidden or (status is not None and status.is_hidden):
        return ProductStatus.HIDDEN
    if status is None:
        return ProductStatus.UNKNOWN
    return ProductStatus.UNAVAILABLE if status.is_unavailable else ProductStatus.ACTIVE


def prices(record: wire.LeanProduct, currency: str) -> Iterable[Price]:
    """The product's own price, the crossed-out one, what it costs the merchant, and the price table."""
    if record.price is not None:
        yield Price(currency=currency, amount=record.price)
    if record.retail and record.retail > 0 and record.retail != record.price:
        yield Price(currency=currency, amount=record.retail, kind="list")
    if record.cost and record.cost > 0:
        yield Price(currency=currency, amount=record.cost, kind="cost")
    for row in record.pricing or ():
        if row.price is not None:
            yield table_price(row, row.price, currency)


def table_price(row: wire.LeanPricing, amount: Decimal, currency: str) -> Price:
    """A row of the price table."""
    return Price(
        currency=currency,
        amount=amount,
        kind="sale" if row.sale_type_id else "regular",
        minimum_quantity=max(1, row.starting_quantity or 1),
        group=id_or_none(row.customer_type_id),
        variant_id=id_or_none(row.variant_inventory_id),
        starts=when("pricing.start_date", row.start_date),
        ends=when("pricing.end_date", row.end_date),
    )


def subscription(record: wire.LeanProduct) -> Subscription | None:
    """The terms of a subscription product; an interval that the vendor does not name is `unknown`."""
    if not record.is_subscription_product:
        return None
    word = text(record.subscription_frequency_type) or "unknown"
    return Subscription(
        interval=_INTERVALS.get(word.lower(), word), interval_length=record.subscription_frequency or None
    )


def _stock(record: wire.LeanProduct, status: wire.ProductStatus | None) -> Stock | None:
    if record.quantity_on_hand is None and record.is_non_inventory is None:
        return None
    backorder = None if status is None or status.is_back_ordered is None else bool(status.is_back_ordered)
    return Stock(
        tracked=not record.is_non_inventory,
        on_hand=record.quantity_on_hand,
        on_order=record.quantity_on_order,
        backorder=backorder,
    )


def variants(record: wire.LeanProduct, groups: Mapping[int, str] = MappingProxyType({})) -> Iterable[Variant]:
    """Option values first, with their group by name, then the combinations that are sold."""
    for option in record.variants or ():
        yield Variant(
            id=str(option.id),
            kind="option",
            name=text(option.description),
            group=groups.get(option.variant_group_id or 0) or id_or_none(option.variant_group_id),
            price_change=option.price_adjustment,
            price_rule=text(option.price_adjustment_type),
        )
    for item in record.variant_inventory or ():
        yield Variant(
            id=str(item.id),
            kind="item",
            name=text(item.description),
            sku=text(item.item_number),
            stock=Stock(tracked=not record.is_non_inventory, on_hand=item.inventory),
        )


def images(record: wire.LeanProduct) -> Iterable[Image]:
    """Pictures that the shop shows, the primary one first, then in the shop's order."""
    for position, picture in enumerate(shown_pictures(record)):
        words = text(picture.alt) or text(picture.description)
        yield Image(url=str(text(picture.image_file)), text=words, position=position)


def shown_pictures(record: wire.LeanProduct) -> list[wire.LeanPicture]:
    """Pictures that have a file and are not hidden, in the order in which the shop shows them."""
    shown = [each for each in record.pictures or () if not each.is_hidden and text(each.image_file)]
    return sorted(shown, key=lambda each: (not each.is_primary, each.sort_order or 0))


def categories(record: wire.LeanProduct) -> Iterable[Category]:
    """The primary category first, each once."""
    names: dict[int, str | None] = {}
    flagged = (each.id for each in record.categories or () if not isinstance(each, int) and each.is_primary)
    if primary := record.primary_category_id or next(flagged, 0):
        names[primary] = None
    for each in record.categories or ():
        if isinstance(each, int):
            names.setdefault(each, None)
        else:
            names[each.id] = text(each.name)
    for number, name in names.items():
        yield Category(id=str(number), name=name)
