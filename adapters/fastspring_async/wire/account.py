"""FastSpring: /accounts, Get an account."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from commerce_async.schema.lenient import Amount, Wire
from fastspring_async.wire.base import Item, Part, Reference, id_of, reading
from fastspring_async.wire.change import Change, Link, reading_change
from fastspring_async.wire.order import Address, Contact


class AccountContact(Contact, frozen=True, kw_only=True, gc=False):
    """The customer.

    Attributes:
        subscribed: to the store's mailing list.
    """

    subscribed: bool | None = None


class Lookup(Part, frozen=True, kw_only=True, gc=False):
    """The account's other names.

    Attributes:
        global_id: of the customer in all of FastSpring.
        custom: the merchant's own.
    """

    global_id: str | None = msgspec.field(name="global", default=None)
    custom: str | int | None = None


class AccountPayment(Part, frozen=True, kw_only=True, gc=False):
    """Payment methods on file, as the vendor writes them."""

    methods: Any = None
    active: Any = None


class Charge(Wire, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One charge of an account. `timestamp` is in milliseconds since 1970."""

    currency: str | None = None
    total: Amount = None
    payout_currency: str | None = None
    total_in_payout_currency: Amount = None
    status: str | None = None
    order: str | Reference | None = None
    order_reference: str | None = None
    subscription: str | Reference | None = None
    timestamp: int | str | None = None


class AccountRecord(Item, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A customer's account, whole. (`wire.Account` is the short form in an order.)

    Attributes:
        orders: their ids, or the objects where the vendor expands them: see `order_ids`.
        subscriptions: likewise, see `subscription_ids`.
        tax_exemption_data: the number of the exemption; None and "" are none.
    """

    account: str | None = None
    id: str | None = None
    contact: AccountContact | None = None
    address: Address | None = None
    language: str | None = None
    country: str | None = None
    lookup: Lookup | None = None
    url: str | None = None
    payment: AccountPayment | None = None
    orders: list[str | Reference] | None = None
    subscriptions: list[str | Reference] | None = None
    charges: list[Charge] | None = None
    subscribed: bool | None = None
    tax_exemption_data: Any = None

    @property
    def key(self) -> str:
        """The id, whichever spelling came."""
        return self.account or self.id or ""

    @property
    def order_ids(self) -> tuple[str, ...]:
        """The ids of its orders, whichever way they are written."""
        return tuple(id for each in self.orders or () if (id := id_of(each, "order")))

    @property
    def subscription_ids(self) -> tuple[str, ...]:
        """The ids of its subscriptions, likewise."""
        return tuple(id for each in self.subscriptions or () if (id := id_of(each, "subscription")))


read_account: Final = reading(AccountRecord, "account", "id")
read_account_change: Final = reading_change(Change, "account", "id")
read_link: Final = reading_change(Link, "account", "id")
