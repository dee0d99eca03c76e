"""Products and orders in the common schemas."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final, Generic, Protocol, TypeVar, cast

from commerce_async.errors import AuthError, CommerceError, DecodeError, MissingError, UsageError
from commerce_async.http.pager import Page, Pager
from commerce_async.schema import Order, Product, Record, Unreadable
from commerce_async.schema.lenient import one_line
from commerce_async.schema.values import text
from commerce_async.store import Batch, Failure, Filtering, Parts
from sparkpay_async import calls, mapping, walk, wire
from sparkpay_async.kinds import (
    LEAN_CUSTOMERS,
    LEAN_ORDER_ADDRESSES,
    ORDER_STATUSES,
    PRODUCT_STATUSES,
    VARIANT_GROUPS,
    Identified,
    Kind,
    parse,
)
from sparkpay_async.reading import Lookup, Sends, select

W = TypeVar("W", bound=Identified)
W_contra = TypeVar("W_contra", bound=Identified, contravariant=True)
R = TypeVar("R", bound=Record)
R_co = TypeVar("R_co", bound=Record, covariant=True)

# Nested lists are filled by the server in the same call. Without them each product would cost six more calls,
# and each order four: a quota of 50 calls in 10 s is gone after a dozen orders.
PRODUCT_EXPAND: Final = ("variants", "variant_inventory", "categories", "pictures", "pricing", "custom_fields")
ORDER_EXPAND: Final = ("items", "payments", "shipments", "custom_fields")


class Join(Protocol[W_contra, R_co]):
    """Fetches what a page of records only points to, and says how each becomes a common record."""

    async def __call__(self, records: Sequence[W_contra], *, fresh: bool) -> Callable[[W_contra, bytes], R_co]:
        """The mapping for these records. `fresh`: not from the server's cache."""
        ...


class ProductJoin:
    """Products need the flags of their status, and options the names of their groups. Each is read once."""

    def __init__(self, client: Sends, shop: mapping.Shop) -> None:
        self._shop = shop
        self._statuses = Lookup(client, PRODUCT_STATUSES)
        self._groups = Lookup(client, VARIANT_GROUPS)

    async def __call__(
        self, records: Sequence[wire.LeanProduct], *, fresh: bool
    ) -> Callable[[wire.LeanProduct, bytes], Product]:
        """The mapping for these products."""
        statuses = await self._statuses.of(each.product_status_id for each in records)
        groups = await self._groups.of(option.variant_group_id for each in records for option in each.variants or ())
        names = {id: name for id, group in groups.items() if (name := text(group.name))}
        return partial(mapping.product, shop=self._shop, statuses=statuses, groups=names)


class OrderJoin:
    """Orders need the flags of their status, and their customers and addresses by id: few calls a page, all at once."""

    def __init__(self, client: Sends, shop: mapping.Shop) -> None:
        self._client = client
        self._shop = shop
        self._statuses = Lookup(client, ORDER_STATUSES)

    async def __call__(
        self, records: Sequence[wire.LeanOrder], *, fresh: bool
    ) -> Callable[[wire.LeanOrder, bytes], Order]:
        """The mapping for these orders."""
        billing = (each.order_billing_address_id for each in records)
        shipping = (each.order_shipping_address_id for each in records)
        try:
            async with asyncio.TaskGroup() as group:
                statuses = group.create_task(self._statuses.of(each.order_status_id for each in records))
                customers = group.create_task(
                    self._by_id(LEAN_CUSTOMERS, (each.customer_id for each in records), fresh)
                )
                addresses = group.create_task(self._by_id(LEAN_ORDER_ADDRESSES, (*billing, *shipping), fresh))
        except BaseExceptionGroup as errors:  # one error for the caller, as of one call
            raise _first(errors) from None
        joined = mapping.Joined(statuses=statuses.result(), customers=customers.result(), addresses=addresses.result())
        return partial(mapping.order, shop=self._shop, joined=joined)

    async def _by_id(self, kind: Kind[W], ids: Iterable[int | None], fresh: bool) -> dict[int, W]:
        wanted = sorted({each for each in ids if each is not None and each > 0})
        return (await select(self._client, kind, wanted, fresh=fresh)).records()


class CommonRecords(Generic[W, R]):
    """One kind of record, read in its common schema (`commerce_async.store.Records`).

    Args:
        kind: the vendor's resource.
        expand: the nested lists that its mapping reads.
        join: makes what fetches the rest; made anew for each pass over the list, so that each reads it afresh.
    """

    filtering = Filtering(by="changed")
    """`updated_at` can be filtered by. Spark Pay: Common usage, filtering."""

    def __init__(
        self,
        client: Sends,
        kind: Kind[W],
        *,
        expand: tuple[str, ...],
        page_size: int,
        join: Callable[[], Join[W, R]],
    ) -> None:
        self._client = client
        self._kind = kind
        self._expand = expand
        self._page_size = page_size
        self._new_join = join
        self._join = join()

    async def get(self, id: str, /, *, fresh: bool = False) -> R:
        """One record.

        Args:
            fresh: not from the server's cache, nor from ours.

        Raises:
            UsageError: not an id of this vendor.
            MissingError: the vendor does not have it.
            DecodeError: it cannot be read.
        """
        found = await self._client.send(calls.get(self._kind, id, expand=self._expand, fresh=fresh))
        common = await self._join([found.record], fresh=fresh)
        try:
            return common(found.record, found.raw)
        except ValueError as error:
            raise self._undecodable(str(found.record.id), one_line(error)) from None

    async def get_many(self, ids: Iterable[str], /, *, fresh: bool = False) -> Batch[R]:
        """Many records, 100 a call; order kept, repeated ids asked once. What is no id of this vendor's has failed.

        Args:
            fresh: not from the server's cache, nor from ours.

        Raises:
            AuthError: the vendor does not accept the credentials.
        """
        wanted = {each: _number(each) for each in ids}
        numbers = [number for number in wanted.values() if isinstance(number, int)]
        selected = await select(self._client, self._kind, numbers, expand=self._expand, fresh=fresh)
        for error in selected.failed.values():
            if isinstance(error, AuthError | UsageError):
                raise error
        common = await self._join([record for record, _ in selected.found.values()], fresh=fresh)
        items: dict[str, R] = {}
        missing: list[str] = []
        failed: list[Failure] = []
        for asked, number in wanted.items():
            if isinstance(number, UsageError):
                failed.append(Failure(asked, number))
            elif number in selected.failed:
                failed.append(Failure(asked, selected.failed[number]))
            elif number not in selected.found:
                missing.append(asked)
            else:
                try:
                    items[asked] = common(*selected.found[number])
                except ValueError as error:
                    failed.append(Failure(asked, self._undecodable(asked, one_line(error))))
        return Batch(items=tuple(items.values()), missing=tuple(missing), failed=tuple(failed))

    def list(self, *, since: datetime | None = None, resume: str | None = None) -> Pager[R]:
        """All records, in the order of their ids.

        Args:
            since: only those updated at or after it (aware).
            resume: the token of an earlier pager with the same `since`.

        Raises:
            UsageError: `since` is naive, or `resume` is not such a token.
        """
        whole = walk.Walk(page_size=self._page_size, expand=self._expand, since=since)
        fetch = partial(self._page, whole, self._new_join())
        return Pager(fetch, start=walk.start(resume), key=_id, token=resume)

    async def parts(self, *, since: datetime | None = None, records: int) -> Parts:
        """The list in ranges of ids, by two calls at most.

        Args:
            since: as for `list`.
            records: records a part, if ids lie evenly.
        """
        low, total = await self._edge(since)
        if low is None or total is None or total <= records:
            return Parts(tokens=(walk.Range().token,), total=total)
        high, _ = await self._edge(since, last=True)
        found = walk.ranges(low, max(low, high or low), -(-total // records))
        return Parts(tokens=tuple(each.token for each in found), total=total)

    def part(self, token: str, /, *, since: datetime | None = None) -> Pager[R]:
        """The records of one range of ids.

        Raises:
            UsageError: `since` is naive, or the token is none.
        """
        part = walk.range_of(token)
        whole = walk.Walk(page_size=self._page_size, expand=self._expand, since=since, upto=part.upto)
        return Pager(partial(self._page, whole, self._new_join()), start=walk.Cursor(last=part.after), key=_id)

    async def _edge(self, since: datetime | None, *, last: bool = False) -> tuple[int | None, int | None]:
        """The first id or the last, and how many records there are."""
        rows = await self._client.send(calls.listing(self._kind, walk.edge(since, last=last), fresh=True))
        return next(iter(parse(self._kind, rows.rows).ids), None), rows.total

    async def _page(self, whole: walk.Walk, join: Join[W, R], cursor: walk.Cursor) -> Page[R]:
        try:
            rows = await self._client.send(calls.listing(self._kind, whole.query(cursor), fresh=True))
        except MissingError:
            if not cursor.begun:
                raise
            # The page before promised more. All of it may be gone; but that is no proof of a complete pass.
            return Page(items=(), sound=False)
        parsed = parse(self._kind, rows.rows)
        following = whole.after(cursor, rows, parsed.ids)
        common = await join([record for record, _ in parsed.good], fresh=True)
        items, bad = _map_each(parsed.good, common)
        return Page(
            items=items,
            unreadable=(*parsed.bad, *bad),
            next=following,
            token=None if following is None else following.token,
            total=rows.total if cursor.last is None else None,
            sound=bool(parsed.ids) or not walk.expects_more(rows),
        )

    def _undecodable(self, id: str, reason: str) -> DecodeError:
        return DecodeError(f"record {id}: {reason}", store=self._client.store, operation=f"{self._kind.name}.get")


def _map_each(
    records: Iterable[tuple[W, bytes]], common: Callable[[W, bytes], R]
) -> tuple[tuple[R, ...], tuple[Unreadable, ...]]:
    good: list[R] = []
    bad: list[Unreadable] = []
    for record, raw in records:
        try:
            good.append(common(record, raw))
        except (ValueError, ArithmeticError) as error:
            bad.append(Unreadable(id=str(record.id), reason=one_line(error), raw=raw))
    return tuple(good), tuple(bad)


def _number(id: str) -> int | UsageError:
    try:
        return int(calls.id_text(id))
    except UsageError as error:
        return error


def _id(record: Record) -> str:
    return record.id


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that a caller acts on: one of ours if there is one."""
    leaves = list(_leaves(errors))
    return next((each for each in leaves if isinstance(each, CommerceError)), leaves[0])


def _leaves(errors: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for each in errors.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _leaves(cast("BaseExceptionGroup[BaseException]", each))
        else:
            yield each
