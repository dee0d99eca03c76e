"""/products: ids, records, localized prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator import amounts
from fastspring_async.emulator.amounts import CURRENCIES, from_usd, share
from fastspring_async.emulator.jsons import encode
from fastspring_async.emulator.replies import failed_item, listing, refused, reply, succeeded
from fastspring_async.emulator.routes.numbers import DEFAULT_LIMIT, ids, whole
from fastspring_async.emulator.words import BY_CODE, Country

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_MISSING = "Product not found"


class Products:
    """The read side of /products."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        """Prices come first: `price` is no id."""
        return [
            web.get("/products", self.all_ids),
            web.get("/products/price", self.all_prices),
            web.get("/products/price/{ids}", self.some_prices),
            web.get("/products/{ids}", self.some),
        ]

    async def all_ids(self, request: web.Request) -> web.Response:
        """Every id in one answer; `page` and `limit` are refused inside a 200."""
        unwanted = [name for name in ("limit", "page") if name in request.query]
        if unwanted:
            message = "Pagination is not supported for this endpoint"
            return refused("products.getall", dict.fromkeys(unwanted, message), status=200)
        head = {"action": "products.getall", "result": "success", "page": None, "limit": None, "nextPage": None}
        return reply({**head, "total": 0, "products": list(self._emulator.shop.product_paths())})

    async def some(self, request: web.Request) -> web.Response:
        """Records by id; an unknown one is an error in its place."""
        emulator, wanted = self._emulator, ids(request.match_info["ids"])
        if (crowd := emulator.crowd(wanted, "products.get", "product")) is not None:
            return crowd
        members: list[bytes] = []
        missing = 0
        for path in wanted:
            record = emulator.shop.product(path)
            if record is None:
                missing += 1
                members.append(failed_item("products.get", "product", path, _MISSING))
            else:
                members.append(succeeded(encode(record), "products.get"))
        body = listing({}, "products", members)
        if len(wanted) == 1 and not missing and emulator.dialect.one_product == "hybrid":
            body = members[0][:-1] + b"," + body[1:]
        return reply(body, status=emulator.dialect.missing_product_status if missing else 200)

    async def all_prices(self, request: web.Request) -> web.Response:
        """Prices of all products, paged."""
        errors: dict[str, str] = {}
        limit, page = whole(request.query, "limit", DEFAULT_LIMIT, errors), whole(request.query, "page", 1, errors)
        where = _where(request, errors)
        if errors:
            return refused("product.price.getall", errors, status=self._emulator.dialect.lookup_error_status)
        shop = self._emulator.shop
        if self._emulator.shifts():
            shop.add_product()
        start = (page - 1) * limit
        paths = shop.product_slice(start, start + limit)
        head = {"page": page, "limit": limit}
        if start + limit < shop.product_count:
            head["nextPage"] = page + 1
        members = [self._priced(path, "product.price.getall", where) for path in paths]
        return reply(listing(head, "products", members))

    async def some_prices(self, request: web.Request) -> web.Response:
        """Prices of the products asked for."""
        errors: dict[str, str] = {}
        where, wanted = _where(request, errors), ids(request.match_info["ids"])
        if errors:
            return refused("product.price.get", errors, status=self._emulator.dialect.lookup_error_status)
        if (crowd := self._emulator.crowd(wanted, "product.price.get", "product")) is not None:
            return crowd
        members = [self._priced(path, "product.price.get", where) for path in wanted]
        return reply(listing({"page": 1, "limit": DEFAULT_LIMIT}, "products", members))

    def _priced(self, path: str, action: str, where: _Where) -> bytes:
        shop, (countries, currency) = self._emulator.shop, where
        if shop.product(path) is None:
            return failed_item(action, "product", path, _MISSING)
        pricing: dict[str, Any] = {}
        for country in countries:
            code = currency or country.currency
            units, own = shop.base_price(path, code) or (0, False)
            net = units if own else from_usd(units, CURRENCIES[code])
            pricing[country.code] = _price(net, country, code)
        return encode({"action": action, "result": "success", "product": path, "pricing": pricing})


_Where = tuple[tuple[Country, ...], str | None]


def _where(request: web.Request, errors: dict[str, str]) -> _Where:
    """The countries, and the currency if one is asked for: `cy` in older pages, `currency` in newer ones."""
    query = request.query
    country, currency = query.get("country"), query.get("cy") or query.get("currency")
    if country is not None and country not in BY_CODE:
        errors["country"] = "Invalid country"
    if currency is not None and currency not in CURRENCIES:
        errors["currency"] = "Invalid currency"
    chosen = BY_CODE.get(country) if country is not None else None
    return (chosen,) if chosen else tuple(BY_CODE.values()), currency


def _price(net: int, country: Country, code: str) -> dict[str, Any]:
    """A price as the customer there sees it, tax included."""
    currency = CURRENCIES[code]
    gross = net + share(net, country.tax)
    return {
        "currency": currency.code,
        "price": amounts.amount(gross, currency.digits, True),
        "display": amounts.display(gross, currency.digits, country.written, True),
    }
