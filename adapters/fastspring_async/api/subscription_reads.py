"""FastSpring: /subscriptions, what is read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal, TypeAlias

from commerce_async.errors import MissingError
from commerce_async.http.client import Client
from commerce_async.http.pager import Pager
from commerce_async.store import Batch
from fastspring_async import calls, operations, wire
from fastspring_async.api.base import batch_of, joined, listed_ids
from fastspring_async.api.listing import Listing
from fastspring_async.calls import Scope
from fastspring_async.calls.families import SUBSCRIPTION, Event, State, SubscriptionFilter, several, whole
from fastspring_async.fetch import Fetcher, side_by_side
from fastspring_async.wire import SUBSCRIPTIONS, Subscription

Scopes: TypeAlias = Literal["base_plan", "add_on"]
Order: TypeAlias = Literal["increasing", "decreasing"]


class SubscriptionReads:
    """Subscriptions by id and by filter, their billing periods and their history."""

    def __init__(self, client: Client, page_size: int) -> None:
        self._client = client
        self._page_size = page_size
        self._fetcher = Fetcher(client, SUBSCRIPTIONS, SUBSCRIPTION)

    async def get(self, id: str) -> Subscription:
        """One subscription. FastSpring: /subscriptions, Get one or more subscription instances.

        Raises:
            MissingError: there is no such subscription.
            UsageError: an id that cannot stand in a URL.
        """
        return await self._fetcher.get(id)

    async def get_many(self, ids: Iterable[str]) -> Batch[Subscription]:
        """Subscriptions by id, 50 a call; order kept, repeated ids asked once.

        FastSpring: /subscriptions, Get one or more subscription instances.

        Raises:
            UsageError: an id that cannot stand in a URL.
            AuthError: the credentials are not accepted.
        """
        return await self._fetcher.get_many(ids)

    def search(
        self,
        *,
        account: str | None = None,
        begin: date | None = None,
        end: date | None = None,
        event: Event | None = None,
        products: Iterable[str] = (),
        scope: Scope | None = None,
        status: State | None = None,
        custom_reference: str | None = None,
        page: int | None = None,
        limit: int | None = None,
        resume: str | None = None,
    ) -> Pager[Subscription]:
        """Subscriptions by filter, or all. FastSpring: /subscriptions, Get all subscription instances, by parameters.

        Without a filter the vendor lists ids only: each page then costs another call for every 50 on it. Some shops
        refuse pages here; the list is then read as they give it.

        Args:
            account: of this account.
            begin: the first day of the time in which `event` was; the vendor ignores it without that.
            end: the last day of it.
            event: what happened to it in that time.
            products: of one of these product paths.
            scope: `live`, `test` or `all`.
            status: its state now.
            custom_reference: the merchant's own id.
            page: the page to begin with.
            limit: subscriptions per page; the store's `page_size` by default.
            resume: the token of an earlier pager with the same filter.

        Raises:
            UsageError: an event without a time or the other way round, or a token that is none.
        """
        filter = SubscriptionFilter(
            account=account,
            begin=begin,
            end=end,
            event=event,
            products=(products,) if isinstance(products, str) else tuple(products),
            scope=scope,
            status=status,
            custom_reference=custom_reference,
        )
        return self._listing(filter, page, limit, resume).records()

    def ids(self, filter: SubscriptionFilter | None = None, *, resume: str | None = None) -> Pager[str]:
        """Ids of subscriptions, as `search`, without the subscriptions themselves.

        Raises:
            UsageError: as `search`.
        """
        return self._listing(filter or SubscriptionFilter(), None, None, resume).ids()

    def _listing(
        self, filter: SubscriptionFilter, page: int | None, limit: int | None, resume: str | None
    ) -> Listing[Subscription]:
        return Listing(
            self._client,
            SUBSCRIPTION,
            "subscriptions.search",
            filter.query(),
            page=page,
            size=self._page_size if limit is None else limit,
            resume=resume,
            fetcher=self._fetcher,
        )

    async def entries(self, ids: str | Iterable[str]) -> Batch[wire.Entry]:
        """Billing periods of subscriptions, each with its order. FastSpring: /subscriptions, Get subscription entries.

        Of several, the vendor tells an entry's subscription only in the items of its order.

        Returns:
            The entries, in the order of the subscriptions asked and then the vendor's; `missing` and `failed` go by
            subscription, or by entry where one cannot be read.

        Raises:
            UsageError: an id that cannot stand in a URL.
            AuthError: the credentials are not accepted.
        """
        parts = calls.chunks(listed_ids(ids))
        return joined(parts, await side_by_side(parts, self._entries))

    async def _entries(self, ids: tuple[str, ...]) -> Batch[wire.Entry]:
        decode = several(SUBSCRIPTIONS, wire.read_entry)
        try:
            return batch_of(await self._client.send(operations.request("subscriptions.entries", decode, ids=ids)))
        except MissingError:
            if len(ids) == 1:
                return Batch((), missing=ids)
        # One of them is not there, and the vendor does not say which.
        halves = [ids[: len(ids) // 2], ids[len(ids) // 2 :]]
        return joined(halves, await side_by_side(halves, self._entries))

    async def history(
        self,
        id: str,
        *,
        scope: Scopes | None = None,
        order: Order | None = None,
    ) -> wire.History:
        """What was changed in a subscription. FastSpring: /subscriptions, Get the history of a subscription.

        Args:
            scope: the plan only, or the add-ons only.
            order: oldest first (`increasing`) or newest first.

        Raises:
            MissingError: there is no such subscription.
            UsageError: a word that the vendor does not know, or an id that cannot stand in a URL.
        """
        words = (("scope", calls.word("scope", scope, Scopes)), ("order", calls.word("order", order, Order)))
        query = tuple((name, value) for name, value in words if value)
        call = operations.request("subscriptions.history", whole(wire.read_history), id=id, query=query)
        return await self._client.send(call)
