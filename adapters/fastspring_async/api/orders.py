"""FastSpring: /orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from commerce_async.errors import UsageError
from commerce_async.http.client import Client
from commerce_async.http.pager import Page, Pager
from commerce_async.schema.lenient import read_each
from commerce_async.store import Batch
from fastspring_async import calls, wire
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

    async def get(self, ids: str | Iterable[str]) -> Batch[wire.Order]:
        """Orders by id. FastSpring: /orders, Get orders by ID.

        Raises:
            UsageError: an id that cannot stand in a URL.
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
    ) -> Pager[wire.Order]:
        """Orders by filter, page by page as the vendor numbers them. FastSpring: /orders, Get orders.

        For all orders use `store.orders.list()`, which checks that no row slipped from one page to another.

        Args:
            begin: from this day on. Where only `end` is given the vendor goes back 30 days and no further; `begin` is
                then sent in so many words, as 30 days before `end`. Give it for older orders.
            end: up to this day, at least one after `begin`.
            days, products, rebill, returns, scope, status: see `fastspring_async.calls.OrderFilter`.
            page: the page to begin with.
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
        first = 1 if page is None else page
        start = first if resume is None else _page_number(resume)
        size = self._page_size if limit is None else limit
        calls.search(filter, page=start, limit=size)  # refuses a bad filter here, not on first use

        async def fetch(number: int) -> Page[wire.Order]:
            return await self._page(filter, number, size)

        return Pager(fetch, start=start, key=lambda order: order.key, token=str(start))

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

    async def _page(self, filter: OrderFilter, number: int, size: int) -> Page[wire.Order]:
        envelope = await self._client.send(calls.search(filter, page=number, limit=size))
        more = envelope.next_page if envelope.records and (envelope.next_page or 0) > number else None
        shape = calls.WIRE_ORDER
        if calls.are_ids(envelope.records):
            ids = calls.listed_ids(envelope.records, wire.ORDERS)
            items, unreadable, missing = await self._fetcher.page(ids)
        else:
            items, unreadable = read_each(envelope.records, shape.read, shape.identify)
            missing = ()
        return Page(
            items=items,
            next=more,
            token=None if more is None else str(more),
            unreadable=unreadable,
            total=envelope.total,
            missing=missing,
        )


def _page_number(token: str) -> int:
    if not (token.isascii() and token.isdigit() and 0 < len(token) < 10 and int(token)):
        raise UsageError(f"resume: {token[:40]!r} is not a token of this list")
    return int(token)
