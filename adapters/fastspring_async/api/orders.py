"""FastSpring: /orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from commerce_async.http.client import Client
from commerce_async.http.pager import Pager
from commerce_async.store import Batch
from fastspring_async import calls, wire
from fastspring_async.api.listing import Listing
from fastspring_async.api.writes import send
from fastspring_async.calls import OrderFilter, Scope, Status
from fastspring_async.drafting.order import OrderDraft
from fastspring_async.drafting.results import Written
from fastspring_async.drafting.writes import order_updates
from fastspring_async.fetch import Fetcher

_DEFAULT_DAYS = 30


class OrdersApi:
    """FastSpring: /orders."""

    def __init__(self, client: Client, page_size: int) -> None:
        self._client = client
        self._page_size = page_size
        self._fetcher = Fetcher(client, wire.ORDERS, calls.WIRE_ORDER)

    async def get(self, id: str) -> wire.OrderRecord:
        """One order. FastSpring: /orders, Get orders by ID.

        Raises:
            MissingError: there is no such order.
            DecodeError: it cannot be read.
            UsageError: an id that cannot stand in a URL.
        """
        return await self._fetcher.get(id)

    async def get_many(self, ids: Iterable[str]) -> Batch[wire.OrderRecord]:
        """Orders by id, 50 a call; order kept, repeated ids asked once. FastSpring: /orders, Get orders by ID.

        Raises:
            UsageError: an id that cannot stand in a URL.
            AuthError: the credentials are not accepted.
        """
        return await self._fetcher.get_many(ids)

    def search(
        self,
        *,
        begin: date | None = None,
        end: date | None = None,
        days: int | None = None,
        products: Iterable[str] = (),
        rebill: bool | None = None,
        returns: bool | None = None,
        scope: Scope | None = None,
        status: Status | None = None,
        page: int | None = None,
        limit: int | None = None,
        resume: str | None = None,
    ) -> Pager[wire.OrderRecord]:
        """Orders by filter, page by page as the vendor numbers them. FastSpring: /orders, Get orders.

        For all orders use `store.orders.list()`, which checks that no row slipped from one page to another. Without a
        filter the vendor lists ids only: each page then costs another call for every 50 on it.

        Args:
            begin: from this day on, the day included. Where only `end` is given the vendor goes back 30 days and no
                further; `begin` is then sent in so many words, as 30 days before `end`. Give it for older orders.
            end: up to this day, at least one after `begin`.
            days: so many days back, in place of the two.
            products: only with one of these product paths.
            rebill: only renewals of subscriptions (True), or none (False).
            returns: only with returns (True), or without (False).
            scope: `live` orders, `test` orders, or `all`.
            status: `completed`, `canceled` (declined) or `failed`.
            page: the page to begin with, from 1.
            limit: orders per page; the store's `page_size` by default.
            resume: the token of an earlier pager with the same filter.

        Raises:
            UsageError: the filter cannot be sent, or the token is none.
        """
        if end is not None and begin is None and days is None:
            begin = date.fromordinal(max(1, end.toordinal() - _DEFAULT_DAYS))
        filter = OrderFilter(
            begin=begin,
            end=end,
            days=days,
            products=(products,) if isinstance(products, str) else tuple(products),
            rebill=rebill,
            returns=returns,
            scope=scope,
            status=status,
        )
        return Listing(
            self._client,
            calls.WIRE_ORDER,
            "orders.search",
            filter.query(),
            page=page,
            size=self._page_size if limit is None else limit,
            resume=resume,
            fetcher=self._fetcher,
        ).records()

    async def update(self, drafts: OrderDraft | Iterable[OrderDraft]) -> Batch[Written]:
        """Adds or changes tags and item attributes. FastSpring: /orders, Update order tags and attributes.

        Sent again after a lost answer: the same values are set twice. The subscription that an order began shows them
        too.

        Returns:
            What became of each order, in the order given; `failed` names an item that the order does not have as the
            vendor does, in the error's `fields` ("items.some-product").

        Raises:
            UsageError: drafts have faults; `.fields` has all of them by order and field, and nothing was sent.
            AuthError: the credentials are not accepted.
        """
        listed = [drafts] if isinstance(drafts, OrderDraft) else list(drafts)
        return await send(self._client, order_updates(listed), [draft.order for draft in listed])
