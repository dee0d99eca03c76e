"""Makes a plan: reads both sides and tells, per product, what it takes to make the target as the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Final
from uuid import uuid4

import anyio
import anyio.lowlevel
import msgspec

from commerce_async.errors import CommerceError, UsageError
from commerce_async.limits.base import Lane
from commerce_async.schema import NotCarried, Product, ProductChange
from commerce_async.sinks import Sink
from commerce_async.store import Changer, ProductWrites, Store, WritesProducts
from commerce_async.sync.gone import confirmed
from commerce_async.sync.hooks import NO_HOOKS, Hooks
from commerce_async.sync.journal import Journal, journal_of
from commerce_async.sync.matching import Key, Match, Pairs, Sides, key_of, pair, words_of
from commerce_async.sync.plans import Item, Losses, Plan, Side, bare, counted, fingerprint
from commerce_async.sync.reading import Catalog, Tell, products_of, read
from commerce_async.sync.shelf import Shelf
from commerce_async.sync.wanting import Currencies, check_fields, check_rates, limited, priced

_BREATH: Final = 50  # items between which others get their turn
_CONFIRMED: Final = 200  # ids asked for at a time


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How two catalogs are to be compared.

    Attributes:
        fields: what updates are limited to; None for everything.
        match: what products are matched by.
        known: ids of the target by ids of the source, from earlier.
        currencies: how the target's prices are made.
        deletes: whether what only the target has is to go; None: it is of no interest.
        hooks: asked before an item becomes part of the plan.
    """

    fields: tuple[str, ...] | None = None
    match: Match = "sku"
    known: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    currencies: Currencies | None = None
    deletes: bool | None = True
    hooks: Hooks = NO_HOOKS


async def plan(
    source: Store,
    target: Store,
    *,
    fields: Iterable[str] | None = None,
    match: Match = "sku",
    id_map: Mapping[str, str] | Journal | Sink | None = None,
    currencies: Currencies | None = None,
    deletes: bool = True,
    hooks: Hooks = NO_HOOKS,
    on_progress: Tell | None = None,
) -> Plan:
    """What it takes to make the target's products as the source's. Only reads.

    Both sides are read at once and in whole. In memory stay an index of both (id, key, place) and the plan itself: the
    products are kept in temporary files as soon as they take more than 32 MiB.

    Args:
        source: an open store.
        target: an open store with another name.
        fields: what updates are limited to, of `commerce_async.sync.wanting.FIELDS`; creates are always whole.
        match: `sku`, `id`, or a function that gives a product's key.
        id_map: ids of the target by ids of the source, from earlier, or the database that has them: a product that was
            renamed is still itself.
        currencies: rates by the currency that they make, or a function that gives a product's prices. Without them
            prices stay in their currencies, and those that the target cannot hold are listed.
        deletes: whether products that only the target has are to be deleted. They are not if the pass over the source
            was not complete.
        hooks: callbacks that may change or veto an item.
        on_progress: told what was read of a side after each page.

    Raises:
        UsageError: an argument that is wrong, or a target that cannot be written.
        CommerceError: a side could not be read.
    """
    if source.name == target.name:
        raise UsageError(f"source and target are both named {source.name!r}")
    wish = checked(
        Wish(
            fields=None if fields is None else tuple(fields),
            match=match,
            known=id_map if isinstance(id_map, Mapping) else {},
            currencies=currencies,
            deletes=deletes,
            hooks=hooks,
        )
    )
    if id_map is not None and not isinstance(id_map, Mapping):
        known = await journal_of(id_map).id_map(source.name, target.name)
        wish = msgspec.structs.replace(wish, known=known)
    with ExitStack() as stack:
        shelves = [stack.enter_context(Shelf()) for _ in range(2)]
        mine, theirs = await _both(source, target, shelves, key_of(match), on_progress or _silent)
        return await compared(mine, theirs, target, wish, confirm=source)


def _silent(_: Side) -> None:
    pass


async def _both(source: Store, target: Store, shelves: list[Shelf], key: Key, tell: Tell) -> tuple[Catalog, Catalog]:
    """Reads both at once. One that fails stops the other."""
    products_of(source)
    products_of(target)
    found: dict[str, Catalog] = {}
    failed: list[CommerceError] = []

    async def one(store: Store, shelf: Shelf) -> None:
        try:
            found[store.name] = await read(store, key, shelf, tell)
        except CommerceError as error:
            failed.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(one, source, shelves[0])
        group.start_soon(one, target, shelves[1])
    if failed:
        raise failed[0]
    return found[source.name], found[target.name]


def checked(wish: Wish) -> Wish:
    """The wish, if it is one.

    Raises:
        UsageError: a field, a way of matching or a rate that there is not.
    """
    key_of(wish.match)
    if wish.currencies is not None and not callable(wish.currencies):
        check_rates(wish.currencies)
    return wish if wish.fields is None else msgspec.structs.replace(wish, fields=check_fields(wish.fields))


def writes_of(store: Store) -> ProductWrites:
    """What writes the store's products.

    Raises:
        UsageError: they cannot be written.
    """
    if not isinstance(store, WritesProducts):
        raise UsageError(f"{store.name}: products of {store.vendor} cannot be written")
    return store.product_writes


async def compared(source: Catalog, target: Catalog, store: Store, wish: Wish, *, confirm: Store | None = None) -> Plan:
    """The plan for two catalogs that have been read.

    Args:
        store: the target.
        confirm: the source, if it can be asked whether a product that was not met is really gone.

    Raises:
        UsageError: the target's products cannot be written.
        CommerceError: a store could not be asked.
    """
    change = await writes_of(store.with_options(lane=Lane.BULK)).changer()
    work = _Comparison(source, target, wish, change)
    await work.run()
    await work.deletes(confirm)
    return Plan(
        id=uuid4().hex,
        made_at=store.client.clock.wall(),
        source=source.side,
        target=target.side,
        match="function" if callable(wish.match) else wish.match,
        fields=wish.fields,
        counts=counted(work.items),
        losses=work.losses.all(),
        notes=work.notes,
        items=work.items,
    )


def _products(number: int) -> str:
    return f"{number:,} product{'' if number == 1 else 's'}"


class _Comparison:
    """Goes through two catalogs, item by item."""

    def __init__(self, source: Catalog, target: Catalog, wish: Wish, change: Changer) -> None:
        self._source = source
        self._target = target
        self._wish = wish
        self._change = change
        self._sides = Sides(source=source.side.name, target=target.side.name, key=words_of(wish.match))
        self._vetoed = 0
        self.pairs: Pairs = pair(source.shelf.keys, target.shelf.keys, wish.known, self._sides)
        self.items: list[Item] = []
        self.losses = Losses()
        self.notes: list[str] = []

    async def run(self) -> None:
        """Everything that the source has, in its order."""
        for number, id in enumerate(self._source.shelf):
            if number % _BREATH == 0:
                await anyio.lowlevel.checkpoint()
            if reason := self.pairs.stuck.get(id) or self._hidden(id):
                product = self._source.shelf.get(id)
                self._cannot(id, self.pairs.found.get(id), product, (NotCarried(self._sides.key, reason),))
            else:
                await self._one(id, self.pairs.found[id])
        for id, reason in self.pairs.unclear.items():
            if self._wish.deletes:
                self._cannot(None, id, self._target.shelf.get(id), (NotCarried(self._sides.key, reason),))
        self._note_reads()

    def _note_reads(self) -> None:
        for catalog in (self._source, self._target):
            side = catalog.side
            if not side.complete:
                self.notes.append(f"The pass over {side.name} may have gaps: its list moved while it was read.")
            if side.unreadable:
                self.notes.append(f"{_products(side.unreadable)} of {side.name} could not be read: left alone.")
        if not self._source.side.read:
            self.notes.append(f"{self._sides.source} has no products.")

    def _hidden(self, id: str) -> str | None:
        """Why a product that would be created may be in the target all the same."""
        name, known = self._sides.target, self._wish.known.get(id)
        unreadable = self._target.unreadable
        if known is not None and any(bad.id == known for bad in unreadable):
            return f"it is {known} of {name}, which could not be read"
        if known in self._target.missing:
            return f"it is {known} of {name}, which was listed and then was not there: plan again"
        if self.pairs.found[id] is not None:
            return None
        if not self._target.side.complete:
            return f"the pass over {name} may have gaps, so that it may be there: plan again"
        key = self._source.shelf.keys[id] or ""
        # Any record with that key would have it somewhere in its bytes; what a function makes of it need not be there.
        words = msgspec.json.encode(key)[1:-1]
        for bad in unreadable:
            if callable(self._wish.match) or key.encode() in bad.raw or words in bad.raw or not bad.raw:
                return f"it may be the product {bad.id or '(no id)'} of {name}, which could not be read"
        return None

    async def _one(self, id: str, at: str | None) -> None:
        source = self._source.shelf.get(id)
        wanted, unpriced = priced(source, self._wish.currencies)
        before = None if at is None else self._target.shelf.get(at)
        if before is not None and self._wish.fields is not None:
            wanted = limited(wanted, before, self._wish.fields)
        change = self._change(wanted, before=before)
        if change.action != "unchanged":
            chosen = await self._wish.hooks.wanted(wanted, before)
            if chosen is None:
                self._vetoed += 1
                return
            if chosen is not wanted:
                wanted, change = chosen, self._change(chosen, before=before)
        key = self._source.shelf.keys[id] or change.key
        self.losses.add(key, (*change.not_carried, *unpriced))
        if change.faults:
            self._cannot(id, at, source, tuple(NotCarried(*fault) for fault in change.faults.items()))
        elif change.action == "unchanged":
            self.items.append(Item(action="unchanged", key=key, source_id=id, target_id=at))
        else:
            self._write(Item(action=change.action, key=key, source_id=id, target_id=at), change, wanted, before)

    def _write(self, item: Item, change: ProductChange, wanted: Product, before: Product | None) -> None:
        self.items.append(
            msgspec.structs.replace(
                item,
                name=wanted.name,
                base=None if before is None else fingerprint(before),
                change=change,
                wanted=bare(wanted),
            )
        )

    def _cannot(self, id: str | None, at: str | None, product: Product, reasons: tuple[NotCarried, ...]) -> None:
        key = self._source.shelf.keys.get(id) if id is not None else self._target.shelf.keys.get(at or "")
        self.items.append(
            Item(
                action="cannot",
                key=key or product.id,
                source_id=id,
                target_id=at,
                name=product.name,
                reasons=reasons,
            )
        )

    # -- deletes -------------------------------------------------------------------------------------------------

    async def deletes(self, confirm: Store | None) -> None:
        """What only the target has."""
        extra = self.pairs.extra
        words = f"Only {self._sides.target} has {_products(len(extra))}"
        if extra and self._wish.deletes is False:
            self.notes.append(f"{words}: kept, as asked.")
        elif extra and self._wish.deletes and not self._source.sure:
            self.notes.append(f"{words}: kept, since not every product of {self._sides.source} was read.")
        elif extra and self._wish.deletes:
            kept = await self._there(extra, confirm)
            if kept:
                words = f"{self._sides.source} has {_products(len(kept))} that its list lacks"
                self.notes.append(f"{words}: not taken for gone.")
            await self._delete_all([id for id in extra if id not in kept])
        if self._vetoed:
            self.notes.append(f"Left out by a callback: {_products(self._vetoed)}.")

    async def _there(self, extra: Iterable[str], confirm: Store | None) -> frozenset[str]:
        """Ids of the target whose product in the source was not met, and is not surely gone."""
        if confirm is None:
            return frozenset()
        wanted = {at: id for id, at in self._wish.known.items() if id not in self._source.shelf}
        doubtful = {wanted[at]: at for at in extra if at in wanted}
        asked = confirm.with_options(lane=Lane.BULK)
        ids, gone = list(doubtful), set[str]()
        for begin in range(0, len(ids), _CONFIRMED):
            gone |= set((await confirmed(asked, products_of(asked), ids[begin : begin + _CONFIRMED]))[1])
        return frozenset(at for id, at in doubtful.items() if id not in gone)

    async def _delete_all(self, ids: Sequence[str]) -> None:
        """Deletes them, variations first: these go with their main product, which stays if one of them does."""
        mains = await self._mains() if ids else {}
        staying = Counter(mains[id] for id in mains.keys() - set(ids))
        kept = 0
        for id in sorted(ids, key=lambda id: id not in mains):
            stays = staying[id] > 0
            kept += stays
            if (stays or not await self._delete(id)) and id in mains:
                staying[mains[id]] += 1
        if kept:
            words = f"Only {self._sides.target} has {_products(kept)} of which variations stay"
            self.notes.append(f"{words}: kept, since these would go as well.")

    async def _mains(self) -> dict[str, str]:
        """The main product of each of the target's variations."""
        found: dict[str, str] = {}
        for number, id in enumerate(self._target.shelf):
            if number % _BREATH == 0:
                await anyio.lowlevel.checkpoint()
            if main := self._target.shelf.get(id).parent_id:
                found[id] = main
        return found

    async def _delete(self, id: str) -> bool:
        """Whether it may be deleted."""
        product = self._target.shelf.get(id)
        if not await self._wish.hooks.may_delete(product):
            self._vetoed += 1
            return False
        key = self._target.shelf.keys[id] or id
        self.items.append(Item(action="delete", key=key, target_id=id, name=product.name, base=fingerprint(product)))
        return True
