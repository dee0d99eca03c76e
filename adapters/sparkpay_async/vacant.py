"""Which SKUs no product has: asked for many at once, a moment before the products are made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from sparkpay_async import calls, settling
from sparkpay_async.calls import Query
from sparkpay_async.kinds import PRODUCTS
from sparkpay_async.reading import Sends
from sparkpay_async.walk import expects_more

FIELD = "item_number"


class Vacant:
    """Tells of SKUs that are about to be used whether they are free.

    Args:
        skus: those that will be asked about; they are read in portions, each when the first of it is asked about.
    """

    def __init__(self, client: Sends, skus: Iterable[str]) -> None:
        self._client = client
        self._portions: Mapping[str, _Portion] = {
            sku: portion
            for some, where in settling.lookups(PRODUCTS, FIELD, dict.fromkeys(skus))
            for portion in (_Portion(some, where),)
            for sku in some
        }

    async def has(self, sku: str) -> bool:
        """Whether surely no product has it. If not, it is to be looked for alone.

        Raises:
            CommerceError: the shop could not be asked.
        """
        portion = self._portions.get(sku)
        if portion is None:
            return False
        async with portion.lock:
            if portion.free is None:
                portion.free = await self._read(portion)
        return sku in portion.free

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


__all__ = ["FIELD", "Vacant"]
