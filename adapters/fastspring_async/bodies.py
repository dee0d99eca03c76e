"""Drafts for the families beside products and orders (`fastspring_async.drafts` has all). Pure: nothing here does I/O.

Fields that are not given are not sent, and what they stand for stays as it is. Money is `Decimal` or `int`, not float.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias, get_args

import msgspec
from msgspec import UNSET, UnsetType

from commerce_async.errors import UsageError
from fastspring_async.calls.sending import encoded
from fastspring_async.drafting.faults import Faults

Money: TypeAlias = Decimal | int
Reason: TypeAlias = Literal[
    "TAX_REFUND",
    "PRODUCT_NOT_RECEIVED",
    "PRODUCT_DIFFERENCE",
    "FRAUDULENT",
    "ORDER_ERROR",
    "DISCOUNT",
    "DUPLICATE_ORDER",
    "COMPATIBILITY_ISSUE",
    "OTHER",
]
MOST_DAYS: Final = 7
MOST_SECRET: Final = 100

_CUSTOM = re.compile(r"[a-zA-Z0-9_-]{4,}", re.ASCII)


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is sent."""

    def faults(self) -> dict[str, str]:
        """What is wrong with it, by field as the vendor writes it."""
        return {}

    def json(self) -> bytes:
        """As sent.

        Raises:
            UsageError: it has faults; `.fields` has all of them.
        """
        if faults := self.faults():
            raise UsageError("nothing was sent: there are faults", fields=faults)
        return encoded(self)


class ContactDraft(Body, frozen=True, kw_only=True):
    """A person."""

    first: str | UnsetType = UNSET
    last: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    company: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET


class AccountDraft(Body, frozen=True, kw_only=True):
    """An account, or what is to be changed in one. FastSpring: /accounts, Create and Update an account.

    Attributes:
        lookup: other names: `custom` is the merchant's own, 4 characters or more of letters, digits, "_" and "-".
        language: ISO 639-1 code.
        country: ISO 3166 code.
        more: other members, as the vendor names them.
    """

    contact: ContactDraft | UnsetType = UNSET
    language: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    lookup: Mapping[str, str] | UnsetType = UNSET
    more: Mapping[str, Any] | UnsetType = UNSET

    def faults(self) -> dict[str, str]:
        """What is wrong with it."""
        found: dict[str, str] = {}
        custom = self.lookup.get("custom") if isinstance(self.lookup, Mapping) else None
        if custom is not None and _CUSTOM.fullmatch(str(custom)) is None:
            found["lookup.custom"] = "expected 4 characters or more of a-z, A-Z, 0-9, _ and -"
        for name in ("language", "country"):
            value = getattr(self, name)
            if value is not UNSET and not (isinstance(value, str) and len(value) == 2 and value.isalpha()):
                found[name] = f"expected a code of two letters, got {str(value)[:40]!r}"
        return found

    def missing(self) -> dict[str, str]:
        """What a new account needs and this has not."""
        contact = self.contact if isinstance(self.contact, ContactDraft) else ContactDraft()
        names = (name for name in ("first", "last", "email") if not getattr(contact, name))
        return {f"contact.{name}": "is required" for name in names}

    def json(self) -> bytes:
        """As sent.

        Raises:
            UsageError: it has faults.
        """
        if faults := self.faults():
            raise UsageError("nothing was sent: there are faults", fields=faults)
        return encoded(_opened(self))


class DiscountDraft(Body, frozen=True, kw_only=True, rename="camel"):
    """What a coupon takes off: `percent` for the type "percent", `amount` by currency for "flat"."""

    type: Literal["percent", "flat"]
    percent: Money | UnsetType = UNSET
    amount: Mapping[str, Money] | UnsetType = UNSET
    has_multiple_discounts: bool | UnsetType = UNSET
    discounts: Sequence[Mapping[str, Any]] | UnsetType = UNSET


class CouponDraft(Body, frozen=True, kw_only=True, rename="camel"):
    """A coupon. FastSpring: /coupons, Create a coupon.

    Attributes:
        coupon: its path, which is its id.
        limit: uses.
        available: `start` and `end`, as the vendor writes them.
        products: paths that it is for.
        codes: what customers type in. Sent, they take the place of ALL codes that the coupon has.
    """

    coupon: str
    discount: DiscountDraft | UnsetType = UNSET
    order_level_discount: bool | UnsetType = UNSET
    discount_period_count: int | UnsetType | None = UNSET
    apply_discount_immediately: bool | UnsetType = UNSET
    combine: bool | UnsetType = UNSET
    reason: Mapping[str, str] | UnsetType = UNSET
    limit: int | UnsetType | None = UNSET
    available: Mapping[str, Any] | UnsetType = UNSET
    products: Sequence[str] | UnsetType = UNSET
    codes: Sequence[str] | UnsetType = UNSET

    def faults(self) -> dict[str, str]:
        """What is wrong with it."""
        found = _required("coupon", self.coupon)
        if isinstance(self.discount, DiscountDraft):
            wanted = "percent" if self.discount.type == "percent" else "amount"
            if getattr(self.discount, wanted) is UNSET and self.discount.discounts is UNSET:
                found[f"discount.{wanted}"] = f"is required for the type {self.discount.type!r}"
            amounts = Faults()
            if self.discount.percent is not UNSET:
                amounts.amount("discount.percent", self.discount.percent, most=100)
            if self.discount.amount is not UNSET:
                amounts.money("discount.amount", self.discount.amount)
            found |= amounts.found
        return found | _listed("products", self.products) | _listed("codes", self.codes)


class ReturnItemDraft(Body, frozen=True, kw_only=True):
    """One line to pay back: the product's path and how much, in the order's currency."""

    product: str
    amount: Money


class ReturnDraft(Body, frozen=True, kw_only=True, rename="camel"):
    """A return. It does not cancel a subscription. FastSpring: /returns, Create a return.

    Attributes:
        order: the order's id or reference.
        reason: of a word that the vendor does not know it keeps nothing and says nothing, so it is refused here.
        note: for the merchant.
        notification: whether the customer is told by e-mail: "ORIGINAL" or "NONE".
        refund_type: "PARTIAL" with `items`, "FULL" without.
    """

    order: str
    reason: Reason
    note: str | UnsetType = UNSET
    notification: Literal["ORIGINAL", "NONE"] | UnsetType = UNSET
    refund_type: Literal["FULL", "PARTIAL"] | UnsetType = UNSET
    items: Sequence[ReturnItemDraft] | UnsetType = UNSET

    def faults(self) -> dict[str, str]:
        """What is wrong with it."""
        found = _required("order", self.order)
        if self.reason not in get_args(Reason):
            found["reason"] = f"expected one of {', '.join(get_args(Reason))}"
        if self.refund_type == "PARTIAL" and not self.items:
            found["items"] = "is required for a partial refund"
        if self.refund_type == "FULL" and self.items:
            found["items"] = "must not be given for a full refund"
        amounts = Faults()
        for number, item in enumerate(() if isinstance(self.items, UnsetType) else self.items):
            amounts.amount(f"items[{number}].amount", item.amount)
            if item.amount == 0:
                amounts.add(f"items[{number}].amount", "must be more than 0")
        return found | amounts.found


class SessionItemDraft(Body, frozen=True, kw_only=True):
    """A product for the cart. `pricing` takes the place of the product's own, as the vendor writes it."""

    product: str
    quantity: int = 1
    pricing: Mapping[str, Any] | UnsetType = UNSET
    attributes: Mapping[str, str] | UnsetType = UNSET


class SessionDraft(Body, frozen=True, kw_only=True):
    """A cart for one customer. FastSpring: /sessions, Create a session.

    Attributes:
        account: the customer's account, or else `contact` (and `lookup`).
        expiration: days, 1 to 7.
    """

    items: Sequence[SessionItemDraft]
    account: str | UnsetType = UNSET
    contact: ContactDraft | UnsetType = UNSET
    lookup: Mapping[str, str] | UnsetType = UNSET
    coupon: str | UnsetType = UNSET
    tags: Mapping[str, str] | UnsetType = UNSET
    language: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    expiration: int | UnsetType = UNSET

    def faults(self) -> dict[str, str]:
        """What is wrong with it."""
        found = {} if self.items else {"items": "is required"}
        if isinstance(self.expiration, int) and not 1 <= self.expiration <= MOST_DAYS:
            found["expiration"] = f"is in days, 1 to {MOST_DAYS}"
        return found


class AddonDraft(Body, frozen=True, kw_only=True):
    """A product billed with the subscription; with a quantity of 0 it is taken away."""

    product: str
    quantity: int | UnsetType = UNSET
    pricing: Mapping[str, Any] | UnsetType = UNSET


class SubscriptionDraft(Body, frozen=True, kw_only=True, rename="camel"):
    """A change of a subscription. FastSpring: /subscriptions, Update subscription instances.

    Attributes:
        subscription: its id.
        product: path of the product it is to be.
        prorate: whether the rest of the period is charged or credited now.
        next, end: days.
        pricing: takes the place of the product's own, as the vendor writes it.
        manual_renew: whether the customer renews by hand.
        remaining_periods: how often it is still billed.
    """

    subscription: str
    product: str | UnsetType = UNSET
    quantity: int | UnsetType = UNSET
    coupons: Sequence[str] | UnsetType = UNSET
    prorate: bool | UnsetType = UNSET
    next: date | UnsetType = UNSET
    end: date | UnsetType = UNSET
    pricing: Mapping[str, Any] | UnsetType = UNSET
    addons: Sequence[AddonDraft] | UnsetType = UNSET
    manual_renew: bool | UnsetType = UNSET
    remaining_periods: int | UnsetType = UNSET
    tax_exempt_id: str | UnsetType = UNSET
    tags: Mapping[str, str] | UnsetType = UNSET

    def faults(self) -> dict[str, str]:
        """What is wrong with it."""
        found = _required("subscription", self.subscription)
        if isinstance(self.quantity, int) and self.quantity < 1:
            found["quantity"] = "must be 1 or more"
        return found | _listed("coupons", self.coupons)


def _required(field: str, value: object) -> dict[str, str]:
    return {} if isinstance(value, str) and value.strip() else {field: "is required"}


def _listed(field: str, value: object) -> dict[str, str]:
    return {field: "expected several, got one text"} if isinstance(value, str) else {}


def _opened(body: AccountDraft) -> dict[str, Any]:
    names = (name for name in body.__struct_fields__ if name != "more" and getattr(body, name) is not UNSET)
    found = {name: getattr(body, name) for name in names}
    return {**body.more, **found} if isinstance(body.more, Mapping) else found
