"""A store without a network: its pages are lists, and its faults are put between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, Self

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.call import Call, Outcome, Reply, Verdict
from commerce_async.http.client import Client
from commerce_async.http.pager import Page, Pager
from commerce_async.limits.steady import SteadyPolicy
from commerce_async.schema import Customer, Order, OrderLine, Price, Product, Unreadable
from commerce_async.store import Batch, Store

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def product(id: str, *, store: str = "eu", price: str = "9.90", name: str = "Mug") -> Product:
    return Product(
        store=store,
        vendor="fake",
        id=id,
        raw=b'{"id": "%s", "price": %s}' % (id.encode(), price.encode()),
        sku=f"SKU-{id}",
        name=name,
        prices=(Price(currency="EUR", amount=Decimal(price)), Price(currency="USD", amount=Decimal(price) + 1)),
    )


def order(
    id: str, *, store: str = "eu", total: str = "19.80", email: str = "a@example.com", at: datetime = WHEN
) -> Order:
    return Order(
        store=store,
        vendor="fake",
        id=id,
        raw=b'{"id": "%s"}' % id.encode(),
        currency="EUR",
        total=Decimal(total),
        customer=Customer(id="c1", email=email),
        lines=(OrderLine(id="0", sku="A", quantity=2), OrderLine(id="1", sku="B", parent_line_id="0")),
        updated_at=at,
    )


class Pages:
    """A list cut into pages; the cursor is the page's number, and so is the token.

    An exception among the pages is raised once in its place.
    """

    def __init__(self, pages: Sequence[Any]) -> None:
        self.pages = list(pages)
        self.asked: list[int] = []
        self.since: list[datetime | None] = []
        self.sound = True

    def list(self, *, since: datetime | None = None, resume: str | None = None) -> Pager[Any]:
        if resume is not None and not resume.isdigit():
            raise UsageError(f"not a token of this list: {resume!r}")
        self.since.append(since)
        return Pager(self._fetch, start=int(resume or 0), key=lambda item: item.id, token=resume)

    async def _fetch(self, number: int) -> Page[Any]:
        self.asked.append(number)
        found = self.pages[number]
        if isinstance(found, BaseException):
            self.pages.pop(number)
            raise found
        if callable(found):
            await found()
            self.pages.pop(number)
            found = self.pages[number]
        last = number + 1 >= len(self.pages)
        return Page(
            items=tuple(item for item in found if not isinstance(item, Unreadable)),
            unreadable=tuple(item for item in found if isinstance(item, Unreadable)),
            next=None if last else number + 1,
            token=None if last else str(number + 1),
            sound=self.sound,
        )

    async def get(self, id: str, /, *, fresh: bool = False) -> Any:
        raise NotImplementedError

    async def get_many(self, ids: Iterable[str], /, *, fresh: bool = False) -> Batch[Any]:
        raise NotImplementedError


class FakeStore(Store):
    vendor: ClassVar[str] = "fake"
    Settings: ClassVar[type[msgspec.Struct]] = msgspec.defstruct("Settings", [])

    def __init__(self, name: str = "eu", *, products: Sequence[Any] = ((),), orders: Sequence[Any] = ((),)) -> None:
        super().__init__(name, Client("http://127.0.0.1:9", store=name, judge=_fine, policy=SteadyPolicy()))
        self.products = Pages(products)
        self.orders = Pages(orders)

    @classmethod
    def from_settings(cls, name: str, settings: Any) -> Self:
        return cls(name)

    def _rebound(self, client: Client) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.client = client
        return other


def _fine(call: Call[Any], reply: Reply) -> Verdict:
    return Verdict(Outcome.OK)
