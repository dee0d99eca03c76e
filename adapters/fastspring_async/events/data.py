"""What the `data` of an event holds: the common parts of each known family of types.

FastSpring: Webhooks, the sample of each event; /events, Example Response. With expansion off, an account, order,
product or subscription inside is its bare id; with expansion on, the object. Both are read everywhere.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias, cast

import msgspec

from commerce_async.schema.lenient import Amount, Reader, Wire, untyped
from fastspring_async.wire import Account, Address, Contact, Order, OrderRecord, Reference


class AccountData(Wire, frozen=True, kw_only=True):
    """`account.created` and `account.updated`."""

    id: str | None = None
    account: str | None = None
    contact: Contact | None = None
    address: Address | None = None
    language: str | None = None
    country: str | None = None
    lookup: dict[str, str | None] | None = None
    url: str | None = None


class SubscriptionData(Wire, frozen=True, kw_only=True, rename="camel"):
    """`subscription.*` but for charges and groups. Times are milliseconds since 1970."""

    id: str | None = None
    subscription: str | None = None
    active: bool | None = None
    state: str | None = None
    live: bool | None = None
    changed: int | str | None = None
    currency: str | None = None
    account: str | Account | None = None
    product: str | Reference | None = None
    initial_order_id: str | None = None
    sku: str | int | None = None
    quantity: int | None = None
    price: Amount = None
    subtotal: Amount = None
    begin: int | str | None = None
    next: int | str | None = None
    end: int | str | None = None


class ChargeData(Wire, frozen=True, kw_only=True):
    """`subscription.charge.completed` and `subscription.charge.failed`."""

    currency: str | None = None
    total: Amount = None
    status: str | None = None
    timestamp: int | str | None = None
    reason: str | None = None
    order: str | Order | None = None
    account: str | Account | None = None
    subscription: str | SubscriptionData | None = None


class ReturnData(Wire, frozen=True, kw_only=True, rename="camel"):
    """`return.created`. `total_return` is in `currency`."""

    id: str | None = msgspec.field(name="return", default=None)
    reference: str | None = None
    completed: bool | None = None
    live: bool | None = None
    changed: int | str | None = None
    currency: str | None = None
    total_return: Amount = None
    reason: str | None = None
    note: str | None = None
    type: str | None = None
    account: str | Account | None = None
    original: str | Order | None = None


class Payout(Wire, frozen=True, kw_only=True):
    """One payee's share. `payout` and `total` come as text."""

    payee: str | None = None
    currency: str | None = None
    payout: Amount = None
    subtotal: Amount = None
    total: Amount = None


class Subtraction(Wire, frozen=True, kw_only=True):
    """What is taken off, such as a fee: with four decimals."""

    currency: str | None = None
    amount: Amount = None
    percentage: Amount = None


class PayoutData(Wire, frozen=True, kw_only=True, rename="camel"):
    """`payoutEntry.created`."""

    order_id: str | None = None
    reference: str | None = None
    live: bool | None = None
    order: str | Order | None = None
    account: str | Account | None = None
    subscriptions: list[str | SubscriptionData] | None = None
    subtractions: dict[str, Subtraction] | None = None
    payouts: list[Payout] | None = None


class MailingListData(Wire, frozen=True, kw_only=True, rename="camel"):
    """`mailingListEntry.*`."""

    id: str | None = None
    list: str | None = None
    updated: int | str | None = None
    reason: str | None = None
    order: str | Order | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    country: str | None = None
    currency: str | None = None
    language: str | None = None
    storefront: str | None = None


class OtherData(msgspec.Struct, frozen=True, kw_only=True):
    """The data of any other type, known to the vendor or not: as it came, fractions as exact `Decimal`."""

    members: dict[str, Any] = {}


EventData: TypeAlias = (
    OrderRecord | AccountData | SubscriptionData | ChargeData | ReturnData | PayoutData | MailingListData | OtherData
)

# The longest prefix counts. Groups, quotes, invoices, chargebacks and fulfillments are `OtherData`: their shape is
# not documented well enough to promise more.
_READERS: Final[dict[str, Reader[Any] | None]] = {
    "order.": Reader(OrderRecord),
    "account.": Reader(AccountData),
    "subscription.": Reader(SubscriptionData),
    "subscription.charge.": Reader(ChargeData),
    "subscription.group.": None,
    "return.": Reader(ReturnData),
    "payoutEntry.": Reader(PayoutData),
    "mailingListEntry.": Reader(MailingListData),
}
_PREFIXES: Final = sorted(_READERS, key=len, reverse=True)


def read_data(type: str, raw: bytes | msgspec.Raw) -> EventData:
    """The data of an event of that type.

    Raises:
        ValueError: it cannot be read; the message names the field.
    """
    prefix = next((prefix for prefix in _PREFIXES if type.startswith(prefix)), "")
    reader = _READERS.get(prefix)
    if reader is not None and bytes(raw) != b"null":
        return reader.read(raw)
    value = untyped(raw)
    if value is None or value == "":
        return OtherData()
    if isinstance(value, str | int) and not isinstance(value, bool):
        return OtherData(members={"id": str(value)})
    if isinstance(value, dict):
        return OtherData(members=cast("dict[str, Any]", value))
    raise ValueError(f"expected an object, got {str(value)[:40]!r}")


# -- who an event is about -----------------------------------------------------------------------------------


def subject_of(data: EventData) -> str | None:
    """The order, subscription or account that the data is about, as `order:ID` and so on; None if it names none.

    A subscription's charges are about the subscription, a return and a payout about the order.
    """
    if isinstance(data, Order):
        return _named("order", data.key)
    if isinstance(data, AccountData):
        return _named("account", data.account or data.id)
    if isinstance(data, SubscriptionData):
        return _named("subscription", _subscription(data)) or _named("account", _account(data.account))
    if isinstance(data, ChargeData):
        return _first(subscription=_subscription(data.subscription), order=_order(data.order), account=data.account)
    if isinstance(data, ReturnData):
        return _first(order=_order(data.original), subscription=None, account=data.account)
    if isinstance(data, PayoutData):
        return _first(order=data.order_id or _order(data.order), subscription=None, account=data.account)
    if isinstance(data, MailingListData):
        return _named("order", _order(data.order))
    members = data.members
    return _first(
        order=_member(members, "order", "orderId"),
        subscription=_member(members, "subscription", "subscriptionId"),
        account=_member(members, "account", "accountId"),
    )


def _first(**ids: str | Account | None) -> str | None:
    for kind, id in ids.items():
        if found := _named(kind, _account(id)):
            return found
    return None


def _named(kind: str, id: str | None) -> str | None:
    return f"{kind}:{id}" if id else None


def _order(order: str | Order | None) -> str | None:
    return order.key if isinstance(order, Order) else order


def _account(account: str | Account | None) -> str | None:
    return (account.account or account.id) if isinstance(account, Account) else account


def _subscription(subscription: str | SubscriptionData | None) -> str | None:
    if isinstance(subscription, SubscriptionData):
        return subscription.subscription or subscription.id
    return subscription


def _member(members: dict[str, Any], name: str, other: str) -> str | None:
    """An id that stands bare, or inside the object of that name."""
    value: Any = members.get(name) or members.get(other)
    if isinstance(value, dict):
        inside = cast("dict[str, Any]", value)
        value = inside.get(name) or inside.get("id")
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value else None
