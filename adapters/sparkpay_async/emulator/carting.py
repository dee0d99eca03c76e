"""What only carts have (Spark Pay: carts)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from aiohttp import web

from .reads import Reads, absent
from .values import Record
from .world import World
from .writes import document

_ADDED = ("shipping_total", "handling_total", "tax_total", "additional_fees")
_PLACE = ("city", "state_code", "postal_code", "country_code")


class Carting:
    """Carts: their sums, where they would be shipped to, and their coupon."""

    def __init__(self, world: World, reads: Reads) -> None:
        self._world, self._reads = world, reads
        self._table = world.tables["carts"]

    def calculated(self, id: int) -> web.Response:
        """`GET /carts/{id}/calculated`: the cart with its sums worked out anew."""
        cart = self._table.get(id)
        if cart is None:
            return absent(self._table, id)
        lines = self._world.tables["cart_items"].family(id)
        subtotal = sum((_number(line["price"]) * _number(line["quantity"]) for line in lines), Decimal(0))
        total = subtotal + sum(_number(cart[name]) for name in _ADDED) - _number(cart["discount_total"])
        return self._changed(id, {"subtotal": subtotal, "grand_total": total})

    def shipping(self, id: int, body: Any) -> web.Response:
        """`PUT /carts/{id}/shipping_estimation`: where to."""
        fields = document(body)
        return self._changed(id, {f"shipping_estimate_{name}": fields[name] for name in _PLACE if name in fields})

    def coupon(self, id: int, body: Any) -> web.Response:
        """`PUT /carts/{id}/coupon_code`."""
        return self._changed(id, {"coupon_code": document(body).get("coupon_code") or ""})

    def _changed(self, id: int, changes: Record) -> web.Response:
        if self._table.get(id) is None:
            return absent(self._table, id)
        self._world.update(self._table, id, changes)
        return self._reads.record(self._table, id, (), None)


def _number(value: Any) -> Decimal:
    return Decimal(str(value or 0))
