"""FastSpring: /products."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from commerce_async.http.client import Client
from commerce_async.store import Batch
from fastspring_async import calls, operations, wire
from fastspring_async.api.offers import OffersApi, OfferType
from fastspring_async.api.writes import send
from fastspring_async.calls import CurrencyParameter
from fastspring_async.calls.sending import encoded
from fastspring_async.drafting.product import ProductDraft
from fastspring_async.drafting.results import Written
from fastspring_async.drafting.writes import deletions, upserts
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

    async def create(self, drafts: ProductDraft | Iterable[ProductDraft]) -> Batch[Written]:
        """Creates products, up to 300 a call. FastSpring: /products, Create one or more new products.

        The vendor goes by the path: one that is there already is updated (see `Written.created`). Sent again after
        a lost answer, except where a draft brings a new file, which would be added twice: its outcome is then
        `UnknownOutcomeError`.

        Returns:
            What became of each, in the order given; `failed` with the vendor's reason and its words per field.

        Raises:
            UsageError: drafts have faults; `.fields` has all of them by product and field, and nothing was sent.
            AuthError: the credentials are not accepted.
        """
        return await self._upsert(drafts, create=True)

    async def update(self, drafts: ProductDraft | Iterable[ProductDraft]) -> Batch[Written]:
        """Updates products, up to 300 a call. FastSpring: /products, Update one or more existing products.

        Only the fields that are set are sent; the others stay as they are. The vendor goes by the path: one that it
        does not have is created, if the draft has what that takes, or refused.

        Returns, Raises: as `create`.
        """
        return await self._upsert(drafts, create=False)

    async def delete(self, ids: str | Iterable[str]) -> Batch[Written]:
        """Deletes products, and with a product its variations, for ever. FastSpring: /products, Delete.

        Sent again after a lost answer. That a product is not there then is success (`Written.settled`): the first try
        deleted it, or it was never there. Without a lost answer it is in `missing`.

        Raises:
            UsageError: an id that cannot stand in a URL; nothing was sent.
            AuthError: the credentials are not accepted.
        """
        listed = [ids] if isinstance(ids, str) else list(dict.fromkeys(ids))
        return await send(self._client, deletions(listed), listed)

    async def preview_tax(self, body: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> Any:
        """What tax would be added to products; nothing is changed. FastSpring: /products/tax, Preview product tax.

        Only the outline of this operation is known here, so what is sent and what comes back have the vendor's shape.

        Args:
            body: groups of one `country` and one `currency`, each with its items; in the US also its `zip`, without
                which the tax may come as 0. What is not in the catalog needs a price (`pricing.price`), in `Decimal`.

        Returns:
            The reply as plain objects, fractions as exact `Decimal`: per item its `jurisdiction`, `taxType`,
            `taxRate`, `taxPercent`, `taxPrice`. Errors in the places of some items stay there.

        Raises:
            RejectedError: refused; `.fields` has the vendor's words by field.
        """
        sent = encoded(body if isinstance(body, Mapping) else list(body))
        call = operations.request("products.preview_tax", lambda reply: wire.plain(reply.body), body=sent)
        return await self._client.send(call)

    async def offers(
        self, products: str | Iterable[str], *, type: OfferType | None = None
    ) -> Batch[wire.ProductOffers]:
        """What is offered beside products: `store.api.offers.get`."""
        return await OffersApi(self._client).get(products, type=type)

    async def set_offers(self, product: str, offers: Iterable[Mapping[str, Any]]) -> wire.Change:
        """Sets what is offered beside a product: `store.api.offers.set`. Never sent twice."""
        return await OffersApi(self._client).set(product, offers)

    async def _upsert(self, drafts: ProductDraft | Iterable[ProductDraft], *, create: bool) -> Batch[Written]:
        listed = [drafts] if isinstance(drafts, ProductDraft) else list(drafts)
        return await send(self._client, upserts(listed, create=create), [draft.product for draft in listed])
