"""A whole pass over one store's products, onto a shelf."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import aclosing
from typing import TypeAlias

import anyio

from commerce_async.errors import TemporaryError, UsageError
from commerce_async.http.pager import Page
from commerce_async.limits.base import Lane
from commerce_async.schema import Product, Unreadable
from commerce_async.store import ProvidesProducts, Records, Store
from commerce_async.sync.matching import Key
from commerce_async.sync.patience import rest
from commerce_async.sync.plans import Side
from commerce_async.sync.shelf import Shelf

log = logging.getLogger("commerce_async.sync")

Tell: TypeAlias = Callable[[Side], None]


class Catalog:
    """Everything that one side has.

    Attributes:
        shelf: the products, by id.
        side: what was read; it grows during the pass.
        unreadable: records that came and cannot be read.
        missing: ids that were listed and then were not there.
    """

    def __init__(self, side: Side, key: Key, shelf: Shelf) -> None:
        self.side = side
        self.shelf = shelf
        self.unreadable: list[Unreadable] = []
        self.missing: list[str] = []
        self._key = key

    def take(self, page: Page[Product]) -> None:
        """Takes one page."""
        for product in page.items:
            self.shelf.put(product, self._key(product))
        self.unreadable += page.unreadable
        self.missing += page.missing
        self.side.read = len(self.shelf)
        self.side.unreadable = len(self.unreadable)
        self.side.complete = self.side.complete and page.sound

    @property
    def sure(self) -> bool:
        """Whether what is not on the shelf is not in the store."""
        return self.side.complete and not self.unreadable and not self.missing


def products_of(store: Store) -> Records[Product]:
    """The store's products.

    Raises:
        UsageError: it has none that can be read.
    """
    if not isinstance(store, ProvidesProducts):
        raise UsageError(f"{store.name}: {store.vendor} has no products that can be read")
    return store.products


async def read(store: Store, key: Key, shelf: Shelf, tell: Tell) -> Catalog:
    """Reads every product of a store; what fails for a passing reason is taken up where it stopped.

    Raises:
        CommerceError: it cannot be read to its end.
    """
    store = store.with_options(lane=Lane.BULK)  # figures of its own, and behind people who wait
    records, catalog = products_of(store), Catalog(Side(name=store.name, vendor=store.vendor), key, shelf)
    token: str | None = None
    failures = 0
    while True:
        pager = records.list(resume=token)
        before = catalog.side.read
        try:
            async with aclosing(pager.pages()) as pages:
                async for page in pages:
                    catalog.take(page)
                    token = page.token
                    catalog.side.calls = store.client.stats.calls
                    tell(catalog.side)
        except TemporaryError as error:
            failures = 1 if catalog.side.read > before else failures + 1
            pause = rest(error.retry_after, failures, store.client.options.retry.longest)
            if pause is None:
                raise
            log.info("%s products: %s; going on in %.0f s", store.name, error.message, pause)
            await anyio.sleep(pause)
        else:
            return catalog
