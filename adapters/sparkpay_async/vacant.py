"""Which SKUs no product has: asked for many at once, a moment before the products are made."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Hashable, Iterable, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from sparkpay_async import calls, settling
from sparkpay_async.calls import Query
from sparkpay_async.kinds import PRODUCTS, Kind
from sparkpay_async.reading import Sends
from sparkpay_async.walk import expects_more

FIELD = "item_number"


class Vacant:
    """Tells of SKUs that are about to be used whether they are free: the shop had none, and nobody here sent one since.

    Args:
        skus: those that will be asked about; they are read in portions, each when the first of it is asked about.
    """

    def __init__(self, client: Sends, skus: Iterable[str]) -> None:
        self._client = client
        self._sent: set[Hashable] = set()
        _BY_LOOP.setdefault(asyncio.get_running_loop(), WeakSet()).add(self)
        self._portions: Mapping[str, _Portion] = {
            sku: portion
            for some, where in settling.lookups(PRODUCTS, FIELD, dict.fromkeys(skus))
            for portion in (_Portion(some, where),)
            for sku in some
        }

    async def look(self, sku: str) -> None:
        """Asks the shop for a SKU, and for those that come with it, if that was not done yet.

        Raises:
            CommerceError: the shop could not be asked.
        """
        portion = self._portions.get(sku)
        if portion is not None:
            async with portion.lock:
                if portion.free is None:
                    portion.free = await self._read(portion)

    def has(self, sku: str) -> bool:
        """Whether surely no product has it. If not, it is to be looked for alone.

        It holds for as long as the caller keeps the SKU's lock (`sparkpay_async.locks`).
        """
        portion = self._portions.get(sku)
        free = portion is not None and portion.free is not None and sku in portion.free
        return free and _place(self._client.base_url, sku) not in self._sent

    def sent(self, place: Hashable) -> None:
        """Somebody is about to give a product this SKU."""
        self._sent.add(place)

    async def _read(self, portion: _Portion) -> frozenset[str]:
        asked = (*calls.query(count=100, fields=(FIELD,)), *portion.where)
        rows = await self._client.send(calls.listing(PRODUCTS, asked, fresh=True))
        found = [settling.match(PRODUCTS, bytes(raw)) for raw in rows.rows]
        if expects_more(rows) or None in found:
            return frozenset()
        there = [each.members for each in found if each is not None]
        return frozenset(
            sku for sku in portion.skus if not any(settling.has(((FIELD, sku),), members) for members in there)
        )


class _Portion:
    def __init__(self, skus: tuple[str, ...], where: Query) -> None:
        self.skus = skus
        self.where = where
        self.lock = asyncio.Lock()
        self.free: frozenset[str] | None = None


_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakSet[Vacant]] = WeakKeyDictionary()


@contextmanager
def sending(base_url: str, kind: Kind[Any], members: Mapping[str, Any]) -> Generator[None]:
    """Tells those who find a SKU free, while such a write is under way and when it ends, that it may not be so."""
    sku = members.get(FIELD) if kind is PRODUCTS else None
    try:
        _tell(base_url, sku)
        yield
    finally:
        _tell(base_url, sku)  # also those who have looked since it began


def _tell(base_url: str, sku: Any) -> None:
    if sku:
        place = _place(base_url, str(sku))
        for each in _BY_LOOP.get(asyncio.get_running_loop(), ()):
            each.sent(place)


def _place(base_url: str, sku: str) -> Hashable:
    return settling.lock_key(base_url, PRODUCTS, ((FIELD, sku),))


__all__ = ["FIELD", "Vacant", "sending"]
