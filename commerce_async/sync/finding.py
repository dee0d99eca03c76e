"""Finds what creates of an interrupted run have made, by reading the target."""

from __future__ import annotations

from collections.abc import Mapping

from commerce_async.schema import Product
from commerce_async.store import Store
from commerce_async.sync.journal import Entry
from commerce_async.sync.matching import Key, folded
from commerce_async.sync.plans import Item, Side
from commerce_async.sync.reading import read
from commerce_async.sync.shelf import Shelf


async def find_created(
    store: Store, doubtful: Mapping[int, tuple[Item, Entry]], untried: Mapping[int, Item], key: Key | None
) -> dict[int, str | None]:
    """The id of what each create has made; None where it is surely not there. What cannot be told is left out.

    The list is read once, if the journal does not know all of them.

    Args:
        doubtful: creates that may have been carried out, and what the journal has of them.
        untried: creates that nobody has carried out, of a plan so old that somebody else may have made the product. Of
            them only those are told that are there.
        key: the function that products were matched by, if it tells the same of what was made.

    Raises:
        CommerceError: the target could not be read.
    """
    found: dict[int, str | None] = {
        number: entry.target_id for number, (_, entry) in doubtful.items() if entry.target_id is not None
    }
    if len(found) == len(doubtful) and not untried:
        return found
    places = _Places(key)
    with Shelf() as shelf:
        catalog = await read(store, places.add, shelf, _silent)
    for number, (item, entry) in doubtful.items():
        if number in found:
            continue
        there, decisive = places.of(item, entry)
        if len(there) == 1:
            found[number] = there.pop()
        elif decisive and not there and catalog.sure:
            found[number] = None
    for number, item in untried.items():
        there, _ = places.of(item, Entry(item=number, action="create"))
        if there:
            found[number] = min(there)
    return found


def _silent(_: Side) -> None:
    pass


class _Places:
    """Ids of products by what names them."""

    def __init__(self, key: Key | None) -> None:
        self._key = key
        self._ids: dict[tuple[str | None, ...], list[str]] = {}
        self._folded: set[str] = set()

    def add(self, product: Product) -> str | None:
        """Takes a product; its key."""
        key = self._key(product) if self._key else None
        # An id that happens to be another product's SKU must not count: the name has to be the same as well.
        bare = ("id", product.id, None if product.sku else product.name)
        for place in (("sku", (product.sku or "").strip()), ("key", key), bare):
            self._ids.setdefault(place, []).append(product.id)
        self._folded |= {folded(word) for word in (product.sku, key) if word}
        return key

    def of(self, item: Item, entry: Entry) -> tuple[set[str], bool]:
        """The ids of what a create may have made, and whether there being none says that it made nothing."""
        wanted, change = item.wanted, item.change
        if wanted is None or change is None:
            return set(), False
        sku = entry.sku or wanted.sku
        key = self._key(wanted) if self._key else None
        if sku or key:
            place: tuple[str | None, ...] = ("sku", sku.strip()) if sku else ("key", key)
            # One that differs in case, say, may be ours: not every server keeps a text as it got it.
            return set(self._ids.get(place, ())), folded(sku or key or "") not in self._folded
        return set(self._ids.get(("id", change.key, wanted.name), ())), False
