"""Products and orders in the common schemas, as `commerce_async.store.Records`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from commerce_async.http.client import Client
from commerce_async.http.pager import Page, Pager
from commerce_async.schema import Order, Product, Unreadable
from commerce_async.schema.lenient import read_each
from commerce_async.store import Batch, Filtering, Parts
from fastspring_async import calls, mapping, walk, wire
from fastspring_async.calls import OrderFilter
from fastspring_async.fetch import Fetcher
from fastspring_async.wire import Envelope, Shape, read_order, read_product


class Products:
    """Reads products."""

    filtering = Filtering(by="nothing")
    """There is no filter by time, and no word of when a product changed: the list is always whole."""

    def __init__(self, client: Client, *, store: str) -> None:
        self._client = client

        def read(raw: bytes, *, sure: bool = False) -> Product:
            return mapping.to_product(read_product(raw, sure=sure), raw, store=store)

        shape = Shape(read, lambda product: (product.id,), wire.PRODUCTS.names, sure=partial(read, sure=True))
        self._fetcher = Fetcher(client, wire.PRODUCTS, shape)

    async def get(self, id: str, /, *, fresh: bool = False) -> Product:
        """One product by its path.

        Args:
            fresh: has no effect: nothing is kept in between.

        Raises:
            MissingError: there is none.
            DecodeError: it cannot be read.
        """
        return await self._fetcher.get(id)

    async def get_many(self, ids: Iterable[str], /, *, fresh: bool = False) -> Batch[Product]:
        """Many products by path, up to 50 a call; order kept, repeated ids asked once.

        Args:
            fresh: has no effect: nothing is kept in between.

        Raises:
            AuthError: the credentials are not accepted.
            UsageError: an id that cannot stand in a URL.
        """
        return await self._fetcher.get_many(ids)

    def list(self, *, since: datetime | None = None, resume: str | None = None) -> Pager[Product]:
        """All products, by path in order.

        Args:
            since: has no effect: FastSpring cannot filter products by time, and does not tell when one changed.
            resume: the token of an earlier pager, to go on behind it.

        Raises:
            UsageError: the token is none.
        """
        start = walk.ProductCursor() if resume is None else walk.products_resumed(resume)
        return Pager(self._page, start=start, key=lambda product: product.id, token=start.token)

    async def parts(self, *, since: datetime | None = None, records: int) -> Parts:
        """The list in batches of ids, by one call.

        Args:
            since: has no effect.
            records: products a part; rounded up to whole calls.
        """
        listed = await self._client.send(calls.product_ids())
        tokens = walk.id_parts(listed.ids, -(-records // calls.MOST_IDS) * calls.MOST_IDS)
        return Parts(tokens=tokens, total=len(set(listed.ids)), sound=listed.whole)

    def part(self, token: str, /, *, since: datetime | None = None) -> Pager[Product]:
        """The products of one batch.

        Raises:
            UsageError: the token is none.
        """
        return Pager(self._page, start=walk.part_of_products(token), key=lambda product: product.id)

    async def _page(self, cursor: walk.ProductCursor) -> Page[Product]:
        if cursor.ids is None:
            listed = await self._client.send(calls.product_ids())
            cursor = walk.listed(cursor, listed.ids, whole=listed.whole)
        ids, following = walk.take(cursor, calls.MOST_IDS)
        items, unreadable, missing = await self._fetcher.page(ids)
        return Page(
            items=items,
            next=following,
            token=following.token if following else None,
            unreadable=unreadable,
            total=len(cursor.ids or ()),
            sound=cursor.whole or following is not None,
            missing=missing,
        )


class Orders:
    """Reads orders.

    Args:
        page_size: orders per call.
        first_day: where a full list begins.
    """

    def __init__(self, client: Client, *, store: str, page_size: int, first_day: date) -> None:
        self._client = client
        self._page_size = page_size
        self._first_day = first_day
        # A payment settles, and a hasty buyer asks for the money back, mostly within two days: these show again. The
        # store's calendar may be a day behind UTC, so an order of the first two days is on no sure side of the reach.
        reach = None if first_day <= walk.FIRST_DAY else datetime.combine(first_day, time(), UTC) + timedelta(days=2)
        self.filtering = Filtering(by="placed", overlap=timedelta(days=2), reach=reach)

        def read(raw: bytes) -> Order:
            return mapping.to_order(read_order(raw), raw, store=store)

        self._shape = Shape(read, lambda order: (order.id, order.reference or ""), wire.ORDERS.names)
        self._fetcher = Fetcher(client, wire.ORDERS, self._shape)

    async def get(self, id: str, /, *, fresh: bool = False) -> Order:
        """One order by its id.

        Args:
            fresh: has no effect: nothing is kept in between.

        Raises:
            MissingError: there is none.
            DecodeError: it cannot be read.
        """
        return await self._fetcher.get(id)

    async def get_many(self, ids: Iterable[str], /, *, fresh: bool = False) -> Batch[Order]:
        """Many orders by id, up to 50 a call; order kept, repeated ids asked once.

        Args:
            fresh: has no effect: nothing is kept in between.

        Raises:
            AuthError: the credentials are not accepted.
            UsageError: an id that cannot stand in a URL.
        """
        return await self._fetcher.get_many(ids)

    def list(self, *, since: datetime | None = None, resume: str | None = None) -> Pager[Order]:
        """All orders, live and test, whatever became of them; oldest days first.

        Args:
            since: only those *placed* since then (aware), and up to a day more. FastSpring cannot filter by change:
                an older order that was refunded since is not among them.
            resume: the token of an earlier pager; goes on from the date range it was reading, and goes before
                `since`.

        Raises:
            UsageError: `since` is not aware, or the token is none.
        """
        now = self._client.clock.wall()
        if resume is None:
            start = walk.orders_from(self._first_day, now, since=since)
        else:
            start = walk.orders_resumed(resume, now)
        return Pager(self._page, start=start, key=lambda order: order.id, token=start.token)

    async def parts(self, *, since: datetime | None = None, records: int) -> Parts:
        """The list in ranges of days, by one call for each that is looked at: two for each part, at most.

        Args:
            since: as for `list`.
            records: orders a part; a single day is not cut.
        """
        whole = walk.orders_from(self._first_day, self._client.clock.wall(), since=since).window
        sizes = await self._sizes([whole])
        total = sizes[whole]
        while crowded := walk.crowded(sizes, records):
            halves = await self._sizes([half for window in crowded for half in window.halves()])
            sizes = {window: size for window, size in sizes.items() if window not in crowded} | halves
        return Parts(tokens=tuple(window.token for window in walk.joined(sizes, records)), total=total)

    def part(self, token: str, /, *, since: datetime | None = None) -> Pager[Order]:
        """The orders of one range of days.

        Raises:
            UsageError: the token is none.
        """
        return Pager(self._page, start=walk.part_of_orders(token), key=lambda order: order.id)

    async def _sizes(self, windows: Sequence[walk.Window]) -> dict[walk.Window, int | None]:
        """How many orders each has, as the vendor tells."""
        sizes: dict[walk.Window, int | None] = {}
        for window in windows:
            asked = OrderFilter(begin=window.begin, end=window.end, scope="all")
            sizes[window] = (await self._client.send(calls.search(asked, page=1, limit=1))).total
        return sizes

    async def _page(self, cursor: walk.OrderCursor) -> Page[Order]:
        """The next page that has something to say; pages with nothing new are passed over."""
        while True:
            window = OrderFilter(begin=cursor.window.begin, end=cursor.window.end, scope="all")
            envelope = await self._client.send(calls.search(window, page=cursor.page, limit=self._page_size))
            if narrower := walk.narrowed(cursor, envelope.total):
                cursor = narrower
                continue
            page = await self._read(cursor, envelope)
            if page.next is None or page.items or page.unreadable or page.missing or not page.sound:
                return page
            cursor = page.next

    async def _read(self, cursor: walk.OrderCursor, envelope: Envelope) -> Page[Order]:
        ids: tuple[str, ...]
        items: tuple[Order, ...] = ()
        unreadable: tuple[Unreadable, ...] = ()
        missing: tuple[str, ...] = ()
        bare = calls.are_ids(envelope.records)
        if bare:
            ids = calls.listed_ids(envelope.records, wire.ORDERS)
        else:
            items, unreadable = read_each(envelope.records, self._shape.read, self._shape.identify)
            ids = (*(order.id for order in items), *map(_name, unreadable))
        step = walk.advance(cursor, ids, total=envelope.total, next_page=envelope.next_page)
        if bare:
            fresh = tuple(id for id in dict.fromkeys(ids) if id in step.fresh)
            items, unreadable, missing = await self._fetcher.page(fresh)
        else:
            items = tuple(order for order in items if order.id in step.fresh)
            unreadable = tuple(bad for bad in unreadable if _name(bad) in step.fresh)
        return Page(
            items=items,
            next=step.next,
            token=step.next.token if step.next else None,
            unreadable=unreadable,
            total=cursor.of_all if cursor.of_all is not None else envelope.total,
            sound=step.sound,
            missing=missing,
        )


def _name(bad: Unreadable) -> str:
    """What an unreadable record is known by on other pages: its id, else its bytes."""
    return bad.id or f"#{hash(bad.raw)}"
