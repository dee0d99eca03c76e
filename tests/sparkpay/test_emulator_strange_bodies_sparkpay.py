"""Whatever a client sends, the server answers in the vendor's words."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from tests.sparkpay.emulated_sparkpay import Shop, running

pytestmark = pytest.mark.anyio

VALUES: tuple[Any, ...] = (
    None, "", 0, 1, 7, -1, 10**20, Decimal("1.5"), "x", "1", "9" * 400, True, [], [1], ["x"], {}, {"id": "x"},
    [{"id": []}], [[]], [{"id": 1, "variant_group_id": 7}], {"item_name": "x"},
)  # fmt: skip
SPECIALS = """
inventory/add inventory/set inventory/settings orders/{id}/status orders/{id}/process_payment
orders/{id}/process_payments categories/rebuild_tree products/importMany email_templates/1/send
stores/1/active_catalog stores/1/store_alert_email upload import/file import/fetch customers/integration
products/integration orders/integration order_payments/integration order_shipments/integration
"""
MORE = ("quantity", "card_id", "product", "category", "lookup_by_sku", "email", "customer_email", "order_number")


def strange(shop: Shop, dice: random.Random, path: str) -> Any:
    """A body for that path, most of whose fields are of the wrong kind."""
    table = shop.emulator.world.tables.get(path)
    if table is None:
        shape = shop.table(path.split("/")[0]).shape if path.split("/")[0] in shop.emulator.world.tables else None
        names, required = [*MORE, *(shape.types if shape else ())], ("order_status_id", "customer_email", "item_number")
    else:
        names, required = [*table.shape.types, *table.nested], ()
    body: dict[str, Any] = shop.fitting(path) if table is not None and dice.random() < 0.8 else {}
    body |= {name: dice.choice((1, "1", "x")) for name in required if dice.random() < 0.8}
    body |= {dice.choice(names): dice.choice(VALUES) for _ in range(dice.randrange(6))}
    return [{"product": body, "lookup_by_sku": True}] if path.endswith("importMany") else body


async def test_no_body_makes_the_server_stumble() -> None:
    dice = random.Random(1)
    async with running() as shop:
        order = shop.emulator.order_ids()[0]
        await shop.post("carts", {"customer_id": shop.some_id("customers")})
        for turn in range(900):
            path = dice.choice((SPECIALS.split(), [*shop.emulator.world.tables])[turn % 2])
            body = strange(shop, dice, path)
            method = dice.choice(("POST", "PUT"))
            if method == "PUT" and "/" not in path and path in shop.emulator.world.tables and shop.table(path).ids():
                path = f"{path}/{shop.some_id(path)}"
            status, reply = await shop.call(method, path.format(id=order), body)
            said = status < 500 or (isinstance(reply, dict) and "Base POST failed" in reply["details"])
            assert said, (method, path, body)
        for name, table in shop.emulator.world.tables.items():
            assert (await shop.get(name, expand=",".join(table.nested)))[0] == 200, name
