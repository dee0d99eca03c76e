"""/products/tax: what tax would be added."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from fastspring_async.emulator import amounts
from fastspring_async.emulator.amounts import CURRENCIES, from_usd, share, units_of
from fastspring_async.emulator.jsons import decode
from fastspring_async.emulator.replies import failure, refused, reply
from fastspring_async.emulator.routes.bodies import UnreadableError, items, mapping
from fastspring_async.emulator.words import BY_CODE, Country

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_ACTION = "products.tax.preview"


class Taxes:
    """POST /products/tax. The reference gives its outline alone; the names around the groups are this emulator's."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/products/tax", self.preview)]

    async def preview(self, request: web.Request) -> web.Response:
        """The tax of each item of each group."""
        try:
            body: Any = decode(await request.read())
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise UnreadableError from None
        groups = [mapping(each) for each in items(body) or items(mapping(body).get("products"))]
        wrong = [
            each for each in groups if each.get("country") not in BY_CODE or each.get("currency") not in CURRENCIES
        ]
        if wrong or not groups:
            return refused(_ACTION, {"country": "Invalid country or currency"}, status=400)
        return reply({"products": [self._group(each) for each in groups]})

    def _group(self, group: dict[str, Any]) -> dict[str, Any]:
        country, code = BY_CODE[group["country"]], group["currency"]
        # In the US there is no sales tax to tell without a ZIP code.
        rate = 725 if country.code == "US" and group.get("zip") else country.tax
        shown = [self._item(mapping(each), country, code, rate) for each in items(group.get("items"))]
        return {"country": country.code, "currency": code, "items": shown}

    def _item(self, item: dict[str, Any], country: Country, code: str, rate: int) -> dict[str, Any]:
        path, digits = str(item.get("product")), CURRENCIES[code].digits
        net = units_of(mapping(item.get("pricing")).get("price"), code)
        if net is None:
            found = self._emulator.shop.base_price(path, code)
            if found is None:
                return failure(_ACTION, "product", path, {"product": "Product not found"})
            net = found[0] if found[1] else from_usd(found[0], CURRENCIES[code])
        tax = share(net, rate)
        return {
            "product": path,
            "jurisdiction": country.code,
            "taxType": "SALES_TAX" if country.code == "US" else "VAT",
            "taxRate": Decimal(rate).scaleb(-4),
            "taxPercent": Decimal(rate).scaleb(-2),
            "taxPrice": amounts.amount(tax, digits, True),
            "taxPriceDisplay": amounts.display(tax, digits, country.written, True),
        }
