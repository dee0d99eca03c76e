"""FastSpring: /orders, Get orders. Everything that the page documents, where `order.py` has what a sync reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from commerce_async.schema.lenient import Amount
from commerce_async.schema.values import text
from fastspring_async.wire.base import Part, Words, reading_own
from fastspring_async.wire.order import Address, Order, OrderItem, OrderReturn, Payment


class AddressRecord(Address, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A postal address. The two texts are for people."""

    region_display: str | None = None
    display: str | None = None


class PaymentRecord(Payment, frozen=True, kw_only=True, gc=False):
    """How it was paid. `bank` is which way of `type` "bank"."""

    bank: str | None = None


class OrderReturnRecord(OrderReturn, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A refund. `amount` is in the order's currency."""

    amount_in_payout_currency: Amount = None
    amount_display: str | None = None


class Delivery(Part, frozen=True, kw_only=True, gc=False):
    """Something that the buyer of a line got: a file or a license key.

    Attributes:
        name: the fulfillment's own name, such as `pro-monthly_license_0`.
        type: `file` or `license`, or what else the vendor may write.
        display: its title; of a file its name.
        license: the key; a secret of the buyer's.
        file: where the file can be fetched.
        size: bytes.
    """

    name: str
    type: str | None = None
    display: str | None = None
    license: str | None = None
    file: str | None = None
    size: int | None = None

    def __repr__(self) -> str:
        return f"Delivery(name={self.name!r}, type={self.type!r}, display={self.display!r})"  # the key is the buyer's


class OrderItemRecord(OrderItem, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One line. `subtotal` is after `discount`, before tax.

    Attributes:
        fulfillments: what was delivered, as the vendor writes it; see `deliveries` and `instructions`.
    """

    subtotal_display: str | None = None
    subtotal_in_payout_currency: Amount = None
    discount_display: str | None = None
    discount_in_payout_currency: Amount = None
    fulfillments: Any = None

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The files and license keys, in the vendor's order."""
        lists = {name: _list(found) for name, found in _members(self.fulfillments).items()}
        return tuple(_delivery(name, _members(each)) for name, found in lists.items() for each in found)

    @property
    def instructions(self) -> Words:
        """What the buyer was told after the order: a text, or one per language."""
        return cast("Words", _members(self.fulfillments).get("instructions"))

    def __repr__(self) -> str:
        return f"OrderItemRecord(product={self.product!r}, quantity={self.quantity!r}, subtotal={self.subtotal!r})"


class OrderRecord(Order, frozen=True, kw_only=True, gc=False, rename="camel"):
    """An order, whole. Amounts are in `currency`; those whose name says so in `payout_currency`, the merchant's.

    The texts `…_display` are written for the buyer's language: for people, never to be parsed. What has no field here
    (the texts in the payout currency, say) is in `members`.

    Attributes:
        order: its id (`id` is the same, in older replies).
        reference: as customers know it; None until it is completed.
        buyer_reference: the buyer's own purchase order number.
        completed: False if it failed, was declined, or is pending.
        changed: the last change, in milliseconds since 1970: see `wire.instant`.
        language: ISO 639-1 code.
        live: False for a test order.
        discount_with_tax: the discount with the tax on it.
        ip_address: the buyer's, as it seems.
    """

    buyer_reference: str | None = None
    ip_address: str | None = None
    language: str | None = None
    changed_display: str | None = None
    payout_currency: str | None = None
    invoice_url: str | None = None
    bill_descriptor: str | None = None
    total_display: str | None = None
    total_in_payout_currency: Amount = None
    tax_display: str | None = None
    tax_in_payout_currency: Amount = None
    subtotal_display: str | None = None
    subtotal_in_payout_currency: Amount = None
    discount_display: str | None = None
    discount_in_payout_currency: Amount = None
    discount_with_tax: Amount = None
    discount_with_tax_display: str | None = None
    discount_with_tax_in_payout_currency: Amount = None
    payment: PaymentRecord | None = None
    address: AddressRecord | None = None
    items: Sequence[OrderItemRecord] | None = None
    returns: Sequence[str | OrderReturnRecord] | None = None
    notes: list[Any] | None = None


def _members(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _delivery(name: str, member: dict[str, Any]) -> Delivery:
    size = member.get("size")
    return Delivery(
        name=name,
        **{key: text(member.get(key)) for key in ("type", "display", "license", "file")},
        size=size if isinstance(size, int) else None,
    )


read_order_record: Final = reading_own(OrderRecord, "order", lambda order: order.key)
