"""What a common order refers to: its subscriptions, its account and its returns, and how to fetch them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import anyio
import msgspec

from commerce_async.errors import CommerceError, UsageError
from commerce_async.schema import Order
from commerce_async.store import Batch

R = TypeVar("R")
S = TypeVar("S")
A = TypeVar("A")
B = TypeVar("B")


class References(msgspec.Struct, frozen=True, kw_only=True):
    """The ids that an order refers to.

    Attributes:
        subscriptions: those that its lines began or renewed, in the order of the lines.
        account: the buyer's; None if the order does not tell one.
        returns: the refunds of it.
    """

    subscriptions: tuple[str, ...] = ()
    account: str | None = None
    returns: tuple[str, ...] = ()


class Related(msgspec.Struct, Generic[S, A, B], frozen=True, kw_only=True):
    """The same as records: each a batch, so that one that is missing or cannot be read hides no other."""

    subscriptions: Batch[S]
    account: Batch[A]
    returns: Batch[B]


class Gets(Protocol[R]):
    """A family of `store.api` that gives records by id."""

    async def get_many(self, ids: Iterable[str]) -> Batch[R]:
        """The records, in the order asked."""
        ...


class Families(Protocol[S, A, B]):
    """What is needed of `store.api`."""

    @property
    def subscriptions(self) -> Gets[S]:
        """FastSpring: /subscriptions."""
        ...

    @property
    def accounts(self) -> Gets[A]:
        """FastSpring: /accounts."""
        ...

    @property
    def returns(self) -> Gets[B]:
        """FastSpring: /returns."""
        ...


def references(order: Order) -> References:
    """The ids that a common order of FastSpring refers to. Pure.

    Raises:
        UsageError: the order is another vendor's.
    """
    if order.vendor != "fastspring":
        raise UsageError(f"the order {order.id!r} is one of {order.vendor}, not of FastSpring")
    subscriptions = (line.subscription_id for line in order.lines if line.subscription_id)
    return References(
        subscriptions=tuple(dict.fromkeys(subscriptions)),
        account=order.customer.id if order.customer else None,
        returns=tuple(dict.fromkeys(back.id for back in order.returns)),
    )


async def related(api: Families[S, A, B], order: Order) -> Related[S, A, B]:
    """The subscriptions, the account and the returns of an order, fetched side by side; nothing for what it has not.

    FastSpring: /subscriptions, /accounts and /returns, Get one or multiple.

    Args:
        api: `store.api` of the store that the order is from.

    Raises:
        UsageError: the order is another vendor's.
        AuthError: the credentials are not accepted.
    """
    ids = references(order)
    some = [id for id in (ids.account,) if id]
    errors: list[CommerceError] = []
    found = Related(subscriptions=Batch[S](()), account=Batch[A](()), returns=Batch[B](()))

    async def fetch(name: str, family: Gets[Any], wanted: Sequence[str]) -> None:
        try:
            msgspec.structs.force_setattr(found, name, await family.get_many(wanted))
        except CommerceError as error:  # a task group would wrap it
            errors.append(error)

    async with anyio.create_task_group() as group:
        if ids.subscriptions:
            group.start_soon(fetch, "subscriptions", api.subscriptions, ids.subscriptions)
        if some:
            group.start_soon(fetch, "account", api.accounts, some)
        if ids.returns:
            group.start_soon(fetch, "returns", api.returns, ids.returns)
    if errors:
        raise errors[0]
    return found
