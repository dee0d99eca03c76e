"""FastSpring's objects in the common schemas. Pure. docs/mapping-fastspring.md says what comes from where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import msgspec

from commerce_async.schema import (
    Address,
    Customer,
    Image,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    Price,
    Product,
    ProductKind,
    Return,
    Subscription,
    Text,
    require_currency,
)
from commerce_async.schema.values import instant_iso, instant_ms, text
from fastspring_async import wire
from fastspring_async.wire.base import Pairs, Words

VENDOR = "fastspring"

_JSON = msgspec.json.Encoder(decimal_format="number")
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
        attributes=_pairs(record.attributes),
        tax_code=text(record.taxcode),
    )


def _texts(record: wire.Product) -> dict[str, Text]:
    about = record.description
    if not isinstance(about, wire.Description):
        about = wire.Description(full=about)
    names, summaries, full = _by_language(record.display), _by_language(about.summary), _by_language(about.full)
    return {
        language: Text(name=names.get(language), summary=summaries.get(language), description=full.get(language))
        for language in dict.fromkeys((*names, *summaries, *full))
    }


def _by_language(words: Words) -> dict[str, str]:
    members = words if isinstance(words, dict) else {"": words}
    return {language: words for language, value in members.items() if (words := text(value))}


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


def to_order(record: wire.Order, raw: bytes, *, store: str) -> Order:
    """An order in the common schema.

    Args:
        record: the order as decoded from `raw`.
        raw: its bytes, which the result keeps.
        store: the store's name.

    Raises:
        ValueError: no total, no currency, or a time that is none.
    """
    if record.total is None:
        raise ValueError("total: missing")
    returns = _returns(record.returns or ())
    recipient = next((entry.recipient for entry in record.recipients or () if entry.recipient), None)
    return Order(
        store=store,
        vendor=VENDOR,
        id=record.key,
        raw=raw,
        reference=text(record.reference),
        status=_status(record.completed, record.total, returns),
        vendor_status={True: "completed", False: "not completed", None: None}[record.completed],
        live=record.live,
        currency=_currency(record.currency),
        total=record.total,
        subtotal=record.subtotal,
        discount=record.discount,
        tax=record.tax,
        customer=_customer(record),
        billing_address=_address(record.address, record.customer),
        shipping_address=_address(recipient.address, recipient) if recipient else None,
        lines=_lines(record.items or ()),
        payments=_payments(record.payment),
        returns=returns,
        coupons=tuple(code for coupon in record.coupons or () if (code := _id(coupon, "coupon"))),
        tags=_pairs(record.tags),
        updated_at=_instant(record.changed),
    )


def _currency(code: str | None) -> str:
    try:
        return require_currency(code)
    except ValueError as error:
        raise ValueError(f"currency: {error}") from None


def _status(completed: bool | None, total: Decimal, returns: Sequence[Return]) -> OrderStatus:
    """Not completed may be failed, declined or pending: the object does not tell which, so it is unknown."""
    amounts = [back.amount for back in returns if back.amount is not None]
    if completed and returns and len(amounts) == len(returns):
        return OrderStatus.REFUNDED if sum(amounts) >= total else OrderStatus.PARTIALLY_REFUNDED
    return OrderStatus.COMPLETED if completed else OrderStatus.UNKNOWN


def _instant(value: int | str | None) -> datetime | None:
    try:
        return instant_iso(value) if isinstance(value, str) and "-" in value[1:] else instant_ms(value)
    except ValueError as error:
        raise ValueError(f"changed: {error}") from None


def _customer(record: wire.Order) -> Customer | None:
    account = record.account
    if isinstance(account, wire.Account):
        id, person = text(account.id or account.account), record.customer or account.contact
    else:
        id, person = text(account), record.customer
    if id is None and person is None:
        return None
    person = person or wire.Contact()
    return Customer(
        id=id,
        email=text(person.email),
        first_name=text(person.first),
        last_name=text(person.last),
        company=text(person.company),
        phone=text(person.phone),
    )


def _address(place: wire.Address | None, person: wire.Contact | None) -> Address | None:
    if place is None:
        return None
    return Address(
        first_name=text(person.first) if person else None,
        last_name=text(person.last) if person else None,
        company=text(place.company) or (text(person.company) if person else None),
        line1=text(place.address_line1) or text(place.spaced_line1),
        line2=text(place.address_line2) or text(place.spaced_line2),
        city=text(place.city),
        region=text(place.region) or text(place.region_custom) or text(place.spaced_region_custom),
        region_code=text(place.region_code),
        postal_code=text(place.postal_code) or text(place.spaced_postal_code),
        country=text(place.country),
        phone=text(person.phone) if person else None,
    )


def _lines(items: Sequence[wire.OrderItem]) -> tuple[OrderLine, ...]:
    products = [_id(item.product, "product") for item in items]
    return tuple(_line(position, item, products) for position, item in enumerate(items))


def _line(position: int, item: wire.OrderItem, products: Sequence[str | None]) -> OrderLine:
    driver = item.driver
    return OrderLine(
        id=str(position + 1),
        product_id=products[position],
        sku=text(item.sku),
        name=_line_name(item.display),
        quantity=item.quantity,
        subtotal=item.subtotal,
        discount=item.discount,
        parent_line_id=_parent(position, driver, products) if driver else None,
        parent_kind=text(driver.type) if driver else None,
        subscription_id=_id(item.subscription, "subscription"),
        coupon=text(item.coupon),
        attributes=_pairs(item.attributes),
    )


def _line_name(display: Words) -> str | None:
    if not isinstance(display, dict):
        return text(display)
    names = _by_language(display)
    return names.get("en") or next(iter(names.values()), None)


def _parent(position: int, driver: wire.Driver, products: Sequence[str | None]) -> str | None:
    """The line of the product that this one was driven by: the nearest above, else the first below."""
    path = text(driver.path)
    if path is None:
        return None
    above, below = range(position - 1, -1, -1), range(position + 1, len(products))
    found = next((n for n in (*above, *below) if products[n] == path), None)
    return None if found is None else str(found + 1)


def _id(value: str | wire.Reference | None, name: str) -> str | None:
    """The id, which may stand alone or in an object."""
    if isinstance(value, wire.Reference):
        return text(getattr(value, name)) or text(value.id)
    return text(value)


def _payments(payment: wire.Payment | None) -> tuple[Payment, ...]:
    method = text(payment.type) if payment else None
    if payment is None or method is None:
        return ()
    brand = text(payment.brand) or text(payment.brand_lower)
    return (Payment(method=method.lower(), card=brand, last_four=text(payment.card_ending)),)


def _returns(returns: Sequence[str | wire.OrderReturn]) -> tuple[Return, ...]:
    found = [
        Return(id=back.id or "", amount=back.amount, reason=text(back.reason))
        if isinstance(back, wire.OrderReturn)
        else Return(id=back)
        for back in returns
    ]
    return tuple(back for back in found if back.id)


def _pairs(value: Pairs) -> dict[str, str]:
    """Keys and values as text: of an object, of a list of {key, value}, or one text under ""."""
    if not value:
        return {}
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        members = [cast("dict[str, object]", member) for member in value if isinstance(member, dict)]
        return {str(member["key"]): _plain(member.get("value")) for member in members if member.get("key")}
    return {"": value}


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return _JSON.encode(value).decode()
    return "" if value is None else str(value)
