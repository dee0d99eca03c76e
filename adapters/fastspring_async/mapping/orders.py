"""A FastSpring order in the common schema."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from commerce_async.schema import (
    Address,
    Customer,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    Return,
    require_currency,
)
from commerce_async.schema.values import text
from fastspring_async import wire
from fastspring_async.mapping.products import VENDOR
from fastspring_async.mapping.values import by_language, pairs
from fastspring_async.wire.base import Words, id_of

_REFERENCE: Final = re.compile(r"[A-Za-z0-9]{3}([0-9]{2})([0-9]{2})([0-9]{2})-", re.ASCII)


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
        coupons=tuple(code for coupon in record.coupons or () if (code := id_of(coupon, "coupon"))),
        tags=pairs(record.tags),
        placed_at=_day(record.reference),
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
        return wire.instant(value)
    except ValueError as error:
        raise ValueError(f"changed: {error}") from None


def _day(reference: str | None) -> datetime | None:
    """The beginning of the day that a reference such as `ABC191015-1265-35113` names; None if it names none."""
    found = _REFERENCE.match(reference or "")
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    try:
        return datetime(2000 + year, month, day, tzinfo=UTC)
    except ValueError:
        return None


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
    products = [id_of(item.product, "product") for item in items]
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
        subscription_id=id_of(item.subscription, "subscription"),
        coupon=text(item.coupon),
        attributes=pairs(item.attributes),
    )


def _line_name(display: Words) -> str | None:
    if not isinstance(display, dict):
        return text(display)
    names = by_language(display)
    return names.get("en") or next(iter(names.values()), None)


def _parent(position: int, driver: wire.Driver, products: Sequence[str | None]) -> str | None:
    """The line of the product that this one was driven by: the nearest above, else the first below."""
    path = text(driver.path)
    if path is None:
        return None
    above, below = range(position - 1, -1, -1), range(position + 1, len(products))
    found = next((n for n in (*above, *below) if products[n] == path), None)
    return None if found is None else str(found + 1)


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
