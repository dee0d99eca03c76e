"""FastSpring: /products."""

from __future__ import annotations

from collections.abc import Iterable

from commerce_async.http.client import Client
from commerce_async.store import Batch
from fastspring_async import calls, wire
from fastspring_async.calls import CurrencyParameter
from fastspring_async.fetch import Fetcher


class ProductsApi:
    """FastSpring: /products."""

    def __init__(self, client: Client, currency_parameter: CurrencyParameter) -> None:
        self._client = client
        self._parameter: CurrencyParameter = currency_parameter
        self._fetcher = Fetcher(client, wire.PRODUCTS, calls.WIRE_PRODUCT)

    async def get(self, ids: str | Iterable[str]) -> Batch[wire.Product]:
        """Products by path. FastSpring: /products, Get one or multiple products.

        Raises:
            UsageError: an id that cannot stand in a URL.
        """
        return await self._fetcher.get_many(ids)

    async def ids(self) -> tuple[str, ...]:
        """The paths of all products. FastSpring: /products, Get list of all product IDs."""
        return (await self._client.send(calls.product_ids())).ids

    async def prices(
        self,
        product: str | None = None,
        *,
        country: str | None = None,
        currency: str | None = None,
        page: int | None = None,
        limit: int | None = None,
    ) -> tuple[wire.ProductPrices, ...]:
        """Prices as a buyer in a country sees them, tax included. FastSpring: /products, Get localized price data.

        Args:
            product: one product's path; None for all.
            country: ISO 3166 code; None for every country.
            currency: ISO 4217 code, together with `country`; None for the country's own.
            page: this page only; None for all pages.
            limit: products per page.

        Raises:
            MissingError: there is no such product.
            UsageError: a code that is none, or a page or limit below 1.
        """
        found: list[wire.ProductPrices] = []
        here = page
        while True:
            call = calls.prices(
                product, country=country, currency=currency, page=here, limit=limit, parameter=self._parameter
            )
            prices = await self._client.send(call)
            found += prices.items
            if page is not None or not prices.items or prices.next_page is None or prices.next_page <= (here or 1):
                return tuple(found)
            here = prices.next_page
