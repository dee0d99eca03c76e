"""The vendor's own endpoints, in the vendor's own types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from commerce_async.errors import AuthError, UsageError
from commerce_async.http.pager import Pager
from commerce_async.store import Batch, Failure
from sparkpay_async import calls, kinds, wire
from sparkpay_async.calls import Filter
from sparkpay_async.kinds import Identified, Kind
from sparkpay_async.reading import Sends, pager, select

W = TypeVar("W", bound=Identified)
N = TypeVar("N", bound=Identified)


class Resource(Generic[W]):
    """One resource (Spark Pay: Common usage, and Resource list)."""

    def __init__(self, client: Sends, kind: Kind[W], page_size: int) -> None:
        self._client = client
        self._page_size = page_size
        self.kind = kind

    def list(
        self,
        *,
        sort: Iterable[str] = (),
        fields: Iterable[str] = (),
        expand: Iterable[str] = (),
        filters: Iterable[Filter] = (),
        count: int | None = None,
        resume: str | None = None,
    ) -> Pager[W]:
        """The list along the vendor's numbered pages. They shift when records come and go meanwhile.

        Args:
            sort: field names; a `-` in front sorts downwards.
            fields: the only fields wanted.
            expand: nested lists to fill.
            filters: `(field, operator, value)`, such as `("price", "gte", "5.00")`; all must hold.
            count: records a page.
            resume: the token of an earlier pager; it holds the other arguments too.

        Raises:
            UsageError: a name, operator, value or token that cannot be one.
        """
        count = self._page_size if count is None else count
        asked = calls.query(count=count, sort=sort, fields=fields, expand=expand, filters=filters)
        return pager(self._client, self.kind, calls.listing(self.kind, asked), resume=resume)

    async def get(self, id: int | str, *, expand: Iterable[str] = ()) -> W:
        """One record.

        Raises:
            UsageError: not an id.
            MissingError: the vendor does not have it.
            DecodeError: it cannot be read.
        """
        return (await self._client.send(calls.get(self.kind, id, expand=expand))).record

    async def select_many(self, ids: Iterable[int | str], *, expand: Iterable[str] = ()) -> Batch[W]:
        """Records by id, 100 a call; order kept, repeated ids asked once.

        Raises:
            UsageError: not an id.
            AuthError: the vendor does not accept the credentials.
        """
        wanted = list(dict.fromkeys(int(calls.id_text(each)) for each in ids))
        selected = await select(self._client, self.kind, wanted, expand=expand)
        for error in selected.failed.values():
            if isinstance(error, AuthError | UsageError):
                raise error
        known = selected.found.keys() | selected.failed.keys()
        return Batch(
            items=tuple(selected.found[each][0] for each in wanted if each in selected.found),
            missing=tuple(str(each) for each in wanted if each not in known),
            failed=tuple(Failure(str(each), selected.failed[each]) for each in wanted if each in selected.failed),
        )

    def nested(self, id: int | str, name: str, of: Resource[N], *, sort: Iterable[str] = ()) -> Pager[N]:
        """A nested list of one record: `api.orders.nested(100011, "items", api.order_items)`.

        Args:
            id: the record.
            name: the nested list, as in `expand`.
            of: the resource that its records are of.
            sort: field names; a `-` in front sorts downwards.

        Raises:
            UsageError: not an id, or not a name.
        """
        first = calls.nested(self.kind, id, name, of.kind, calls.query(sort=sort))
        return pager(self._client, of.kind, first)


class Api:
    """Every resource that can be read."""

    def __init__(self, client: Sends, page_size: int) -> None:
        def resource(kind: Kind[W]) -> Resource[W]:
            return Resource(client, kind, page_size)

        self.products: Resource[wire.Product] = resource(kinds.PRODUCTS)
        self.product_variants: Resource[wire.ProductVariant] = resource(kinds.PRODUCT_VARIANTS)
        self.product_statuses: Resource[wire.ProductStatus] = resource(kinds.PRODUCT_STATUSES)
        self.categories: Resource[wire.Category] = resource(kinds.CATEGORIES)
        self.customers: Resource[wire.Customer] = resource(kinds.CUSTOMERS)
        self.addresses: Resource[wire.Address] = resource(kinds.ADDRESSES)
        self.orders: Resource[wire.Order] = resource(kinds.ORDERS)
        self.order_items: Resource[wire.OrderItem] = resource(kinds.ORDER_ITEMS)
        self.order_payments: Resource[wire.OrderPayment] = resource(kinds.ORDER_PAYMENTS)
        self.order_shipments: Resource[wire.OrderShipment] = resource(kinds.ORDER_SHIPMENTS)
        self.order_addresses: Resource[wire.OrderAddress] = resource(kinds.ORDER_ADDRESSES)
        self.order_statuses: Resource[wire.OrderStatus] = resource(kinds.ORDER_STATUSES)
