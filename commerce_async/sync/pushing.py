"""Products of a file or a database into a store: a plan without deletes, and its writes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

import anyio.lowlevel
import msgspec

from commerce_async.errors import UsageError
from commerce_async.schema import Product
from commerce_async.sinks import Sink
from commerce_async.store import Store
from commerce_async.sync.applying import Applied, Result, apply
from commerce_async.sync.exporting import stored
from commerce_async.sync.feeds import VENDOR, Line, csv_lines, json_lines
from commerce_async.sync.hooks import NO_HOOKS, Hooks
from commerce_async.sync.journal import Journal, journal_of
from commerce_async.sync.matching import Key, Match, key_of
from commerce_async.sync.planning import Wish, checked, compared
from commerce_async.sync.plans import Plan, Side
from commerce_async.sync.reading import Catalog, Tell, products_of, read
from commerce_async.sync.shelf import Shelf
from commerce_async.sync.wanting import Currencies

_PORTION: Final = 500
_EXPECTED: Final = "expected a file that ends with .jsonl or .csv, or a database: sqlite:///FILE or postgresql://…"
_URL: Final = re.compile(r"[a-z][a-z0-9+]*://", re.IGNORECASE)


class Bad(msgspec.Struct, frozen=True):
    """A line that is left out, and why."""

    line: int
    reason: str


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a push.

    Attributes:
        bad: lines that could not be read; the rest was pushed.
        applied: None for a dry run.
    """

    plan: Plan
    bad: tuple[Bad, ...]
    applied: Applied | None

    @property
    def complete(self) -> bool:
        """Whether every line was read and every product can be and was written."""
        return not self.bad and not self.plan.counts["cannot"] and (self.applied is None or self.applied.complete)


async def push(
    products: str | Path | Iterable[Product] | Sink,
    target: Store,
    *,
    dry_run: bool = False,
    store: str | None = None,
    fields: Iterable[str] | None = None,
    match: Match = "sku",
    currencies: Currencies | None = None,
    journal: Journal | Sink | None = None,
    hooks: Hooks = NO_HOOKS,
    on_plan: Callable[[Plan], None] | None = None,
    on_progress: Tell | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> Pushed:
    """Creates and updates products of a store so that they are as given. Deletes nothing.

    A product that is the target's own, by store, vendor and id, is matched by its id, whatever its SKU has become. Of
    others, what is empty is left alone. A line that cannot be read is reported, and loses nothing else.

    Args:
        products: a file that ends with .jsonl or .csv, a database's URL such as `sqlite:///shop.db`, an open `Sink`, or
            products.
        target: an open store.
        dry_run: only plan.
        store: of a database with products of several stores, whose to push.
        fields: as for `plan`, as are `match`, `currencies` and `hooks`.
        journal: as for `apply`; its id map is used for products of a database.
        on_plan: given the plan before anything is written.
        on_progress: as for `plan`.
        on_result: as for `apply`.

    Raises:
        UsageError: a file that cannot be read at all, or an argument that is wrong. Nothing was written.
        CommerceError: the store could not be reached.
        SinkError: a database could not be read, or not written.
    """
    wish = checked(
        Wish(
            fields=None if fields is None else tuple(fields),
            match=match,
            currencies=currencies,
            deletes=None,
            hooks=hooks,
        )
    )
    products_of(target)
    log = journal_of(journal)
    async with AsyncExitStack() as stack:
        mine, theirs = stack.enter_context(Shelf()), stack.enter_context(Shelf())
        feed = _Feed(key_of(match), mine, target)
        await feed.fill(products, store)
        side = feed.catalog.side
        known = dict(await log.id_map(side.name, target.name)) if side.name != target.name else {}
        found = await compared(
            feed.catalog,
            await read(target, key_of(match), theirs, on_progress or _silent),
            target,
            msgspec.structs.replace(wish, known=known | feed.own),
        )
    if on_plan:
        on_plan(found)
    done = None
    if not dry_run:
        done = await apply(found, target, journal=journal or log, match=match, max_deletes=0, on_result=on_result)
    return Pushed(plan=found, bad=tuple(feed.bad), applied=done)


def _silent(_: Side) -> None:
    pass


class _Feed:
    """Takes the products that are to be pushed.

    Attributes:
        own: ids of products that are the target's own.
        bad: what could not be taken.
    """

    def __init__(self, key: Key, shelf: Shelf, target: Store) -> None:
        self._key = key
        self._target = (target.name, target.vendor)
        self._lines: dict[str, int] = {}
        self._stores: set[tuple[str, str]] = set()
        self.catalog = Catalog(Side(name="products", vendor=VENDOR), key, shelf)
        self.own: dict[str, str] = {}
        self.bad: list[Bad] = []

    async def fill(self, products: str | Path | Iterable[Product] | Sink, store: str | None) -> None:
        """Takes everything.

        Raises:
            UsageError: a file or a database that cannot be read at all.
        """
        if isinstance(products, Sink):
            await self._stored(products, store)
        elif isinstance(products, str) and (url := _URL.match(products)):
            if not url[0].lower().startswith(("sqlite", "postgres")):
                raise UsageError(f"{url[0]}…: {_EXPECTED}")
            async with Sink(products, create=False) as sink:
                await self._stored(sink, store)
        elif store is not None:
            raise UsageError("store: only a database has products of several stores")
        elif isinstance(products, str | Path):
            await self._lined(Path(products))
        else:
            lines = (Line(number, product) for number, product in enumerate(products, start=1))
            await self._take(lines, "products")
        if len(self._stores) == 1 and self._target not in self._stores:
            self.catalog.side.name, self.catalog.side.vendor = next(iter(self._stores))

    async def _lined(self, path: Path) -> None:
        suffix = path.suffix.lower()
        if suffix not in (".jsonl", ".csv"):
            raise UsageError(f"{path}: {_EXPECTED}")
        try:
            if suffix == ".jsonl":
                with path.open("rb") as file:
                    await self._take(json_lines(file, name=path.name), path.name)
            else:
                with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
                    await self._take(csv_lines(file, name=path.name), path.name)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from None
        except ValueError as error:
            raise UsageError(f"{path}: {error}") from None

    async def _take(self, lines: Iterator[Line], name: str) -> None:
        self.catalog.side.name = name
        for count, line in enumerate(lines):
            if count % _PORTION == 0:
                await anyio.lowlevel.checkpoint()
            if line.product is None:
                self.bad.append(Bad(line.number, line.reason or ""))
            elif (before := self._lines.get(line.product.id)) is not None:
                self.bad.append(Bad(line.number, f"{line.product.id} is in line {before} already"))
            else:
                self._lines[line.product.id] = line.number
                self._one(line.product)
        self.catalog.side.unreadable = len(self.bad)

    async def _stored(self, sink: Sink, store: str | None) -> None:
        found: Sequence[str] = await sink.read(lambda connection: stored.stores(connection, "products"))
        if store is None and len(found) > 1:
            raise UsageError(f"{sink.shown}: has products of {', '.join(found)}; say of which: store")
        if not found or (store is not None and store not in found):
            raise UsageError(
                f"{sink.shown}: no products of {store or 'any store'}; there are: {', '.join(found) or '-'}"
            )
        name = store or found[0]
        self.catalog.side.name = name
        async for product in _rows(sink, name):
            self._one(product)

    def _one(self, product: Product) -> None:
        self._stores.add((product.store, product.vendor))
        self.catalog.shelf.put(product, self._key(product))
        self.catalog.side.read += 1
        if (product.store, product.vendor) == self._target:
            self.own[product.id] = product.id


async def _rows(sink: Sink, store: str) -> AsyncIterator[Product]:
    after: str | None = None
    while True:
        fetch = partial(stored.fetch, stream="products", store=store, after=after, most=_PORTION)
        portion = await sink.read(fetch)
        for row in portion:
            yield stored.product_of(row)
        if len(portion) < _PORTION:
            return
        after = portion[-1].row["id"]
