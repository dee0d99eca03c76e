"""How the replies of all families are read, and what their lists can be filtered by. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.call import Call, Reply
from commerce_async.schema import Unreadable
from commerce_async.schema.lenient import find_id, one_line, untyped
from fastspring_async import operations
from fastspring_async.calls.by_id import quoted
from fastspring_async.calls.catalog import Scope, day, flag, listed_ids, paging, word
from fastspring_async.opened import opened
from fastspring_async.wire import (
    ACCOUNTS,
    COUPONS,
    RETURNS,
    SUBSCRIPTIONS,
    Answers,
    Envelope,
    Kind,
    Refusal,
    Shape,
    read_account,
    read_coupon,
    read_return,
    read_subscription,
    sort_out,
)

R = TypeVar("R")

Event: TypeAlias = Literal["canceled", "charged", "created", "deactivated", "trialended", "trialstarted"]
State: TypeAlias = Literal["active", "canceled", "deactivated", "overdue", "trial"]
Having: TypeAlias = Literal["active", "ended", "canceled", "started"]

ACCOUNT: Final = Shape(read_account, lambda record: (record.key,), ACCOUNTS.names)
COUPON: Final = Shape(read_coupon, lambda record: (record.key,), COUPONS.names)
RETURN: Final = Shape(read_return, lambda record: (record.key, record.reference or ""), RETURNS.names)
SUBSCRIPTION: Final = Shape(read_subscription, lambda record: (record.key,), SUBSCRIPTIONS.names)


_LONGEST_BARE: Final = 1000
"""Bytes of an id, alone or in an object."""


class Several(msgspec.Struct, frozen=True):
    """The members of a list: those that were read as (id, record), and those that could not be."""

    items: tuple[Any, ...]
    unreadable: tuple[Unreadable, ...] = ()


# -- reading replies -----------------------------------------------------------------------------------------


def sole(kind: Kind, read: Callable[[bytes], R]) -> Callable[[Reply], R]:
    """Reads a reply that holds one object, however wrapped."""

    def decode(reply: Reply) -> R:
        records = opened(reply, kind).records
        if len(records) != 1:
            raise ValueError(f"expected one object, got {len(records)}")
        return read(bytes(records[0]))

    return decode


def whole(read: Callable[[bytes], R]) -> Callable[[Reply], R]:
    """Reads a reply that is one object, lists within it included."""

    def decode(reply: Reply) -> R:
        return read(reply.body.strip() or b"{}")

    return decode


def answered(kind: Kind, ids: Sequence[str], shape: Shape[R]) -> Callable[[Reply], Answers[R]]:
    """Reads a reply that speaks of each of these ids (no repeats)."""

    def decode(reply: Reply) -> Answers[R]:
        if not reply.body.strip():
            raise ValueError("the reply is empty")
        return sort_out(ids, opened(reply, kind).records, shape)

    return decode


def several(kind: Kind, read: Callable[[bytes], Any]) -> Callable[[Reply], Several]:
    """Reads a reply that is a list; one member that cannot be read hides no other."""

    def decode(reply: Reply) -> Several:
        items: list[Any] = []
        bad: list[Unreadable] = []
        for raw in map(bytes, opened(reply, kind).records):
            try:
                items.append(read(raw))
            except (ValueError, ArithmeticError, RecursionError) as error:
                id = error.id if isinstance(error, Refusal) else None
                bad.append(Unreadable(id=id or find_id(raw, *kind.names), reason=one_line(error), raw=raw))
        return Several(tuple(items), tuple(bad))

    return decode


def ids_only(kind: Kind) -> Callable[[Reply], tuple[str, ...]]:
    """Reads a reply that is a list of ids, and nothing else."""
    return lambda reply: listed_ids(opened(reply, kind).records, kind)


def bare_id(raw: bytes, kind: Kind) -> str | None:
    """The id that a list has in place of an object: as text, or in an object that has nothing else.

    None for an object with something in it, and for what is no id at all.
    """
    if len(raw) > _LONGEST_BARE:
        return None  # an object with something in it, which need not be read to see that
    value = untyped(raw)
    if isinstance(value, str):
        return value or None
    if not isinstance(value, dict) or not {*cast("dict[str, Any]", value)} <= {*kind.names, "action", "result"}:
        return None
    return find_id(raw, *kind.names)


# -- lists ---------------------------------------------------------------------------------------------------


class AccountFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts. The vendor takes one condition at a time. FastSpring: /accounts, Get accounts by parameters.

    Attributes:
        email, custom, global_id: one of its names; `custom` is the merchant's own.
        order, order_reference, subscription: the account that has it.
        products: accounts that bought one of these paths.
        subscriptions: accounts that have one in this state.
        refunds: accounts that got a refund.
        begin, end: of the time in which.
    """

    email: str | None = None
    custom: str | None = None
    global_id: str | None = None
    order: str | None = None
    order_reference: str | None = None
    subscription: str | None = None
    products: tuple[str, ...] = ()
    subscriptions: Having | None = None
    refunds: bool | None = None
    begin: date | None = None
    end: date | None = None

    def query(self) -> tuple[tuple[str, str], ...]:
        """The filter as sent.

        Raises:
            UsageError: more than one condition beside the time, a word that the vendor does not know, or `begin` is
                after `end`.
        """
        values = {
            "email": self.email,
            "custom": self.custom,
            "global": self.global_id,
            "orderId": self.order,
            "orderReference": self.order_reference,
            "subscriptionId": self.subscription,
            "products": ",".join(map(_checked, self.products)),
            "subscriptions": word("subscriptions", self.subscriptions, Having),
            "refunds": flag(self.refunds),
        }
        found = tuple((name, value) for name, value in values.items() if value)
        if len(found) > 1:
            raise UsageError(f"only one condition can be specified, not {', '.join(name for name, _ in found)}")
        return found + _days(self.begin, self.end)


class SubscriptionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which subscriptions. FastSpring: /subscriptions, Get subscriptions by parameters.

    Attributes:
        account: of this account.
        begin, end: of the time in which `event` was; the vendor ignores them without it.
        event: what happened to it.
        products: of one of these paths.
        scope: live, test or all.
        status: its state now.
        custom_reference: the merchant's own id.
    """

    account: str | None = None
    begin: date | None = None
    end: date | None = None
    event: Event | None = None
    products: tuple[str, ...] = ()
    scope: Scope | None = None
    status: State | None = None
    custom_reference: str | None = None

    def query(self) -> tuple[tuple[str, str], ...]:
        """The filter as sent.

        Raises:
            UsageError: an event without a time or a time without an event, a word that the vendor does not know, or
                `begin` is after `end`.
        """
        if (self.event is None) != (self.begin is None and self.end is None):
            raise UsageError("an event needs begin or end, and they need an event: the vendor ignores them alone")
        values = {
            "accountId": self.account,
            "event": word("event", self.event, Event),
            "products": ",".join(map(_checked, self.products)),
            "scope": word("scope", self.scope, Scope),
            "status": word("status", self.status, State),
            "customReferenceId": self.custom_reference,
        }
        return _days(self.begin, self.end) + tuple((name, value) for name, value in values.items() if value)


def listed(
    name: str, query: Iterable[tuple[str, str]], *, page: int | None = None, limit: int | None = None
) -> Call[Envelope]:
    """One page of a list, not read yet.

    Raises:
        UsageError: a page or limit below 1.
    """
    kind = operations.operation(name).kind

    def decode(reply: Reply) -> Envelope:
        return opened(reply, kind)

    return operations.request(name, decode, query=(*query, *paging(page, limit)))


def _checked(path: str) -> str:
    quoted(path)
    return path


def _days(begin: date | None, end: date | None) -> tuple[tuple[str, str], ...]:
    first, last = day(begin), day(end)
    if first and last and first > last:
        raise UsageError(f"begin ({first}) is after end ({last})")
    return tuple((name, value.isoformat()) for name, value in (("begin", first), ("end", last)) if value)
