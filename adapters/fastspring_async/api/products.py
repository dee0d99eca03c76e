"""FastSpring: /products."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from commerce_async.http.client import Client
from commerce_async.http.pager import Pager
from commerce_async.store import Batch
from fastspring_async import calls, operations, wire
from fastspring_async.api.listing import Listing
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

    async def get(self, id: str) -> wire.ProductRecord:
        """One product by its path. FastSpring: /products, Get one or multiple products.

        Raises:
            MissingError: there is no such product.
            DecodeError: it cannot be read.
            UsageError: an id that cannot stand in a URL.
        """
        return await self._fetcher.get(id)

    async def get_many(self, ids: Iterable[str]) -> Batch[wire.ProductRecord]:
        """Products by path, 50 a call; order kept, repeated ids asked once. FastSpring: /products, Get one or multiple.

        Raises:
            UsageError: an id that cannot stand in a URL.
            AuthError: the credentials are not accepted.
        """
        return await self._fetcher.get_many(ids)

    async def ids(self) -> tuple[str, ...]:
        """The paths of all products. FastSpring: /products, Get list of all product IDs."""
        return (await self._client.send(calls.product_ids())).ids

    def prices(
        self,
        *,
        country: str | None = None,
        currency: str | None = None,
        page: int | None = None,
        limit: int | None = None,
        resume: str | None = None,
    ) -> Pager[wire.ProductPrices]:
        """Prices of all products as a buyer in a country sees them, VAT or GST included where it applies.

        FastSpring: /products, Get localized product price data. The vendor renews exchange rates four times a day.

        Args:
            country: ISO 3166 code; None for every country.
            currency: ISO 4217 code, together with `country`; None for the country's own.
            page: the page to begin with, from 1.
            limit: products per page; by default as many as the vendor gives, which is 50.
            resume: the token of an earlier pager with the same country and currency.

        Raises:
            UsageError: a code that is none, a page or limit below 1, or a token that is none.
        """
        query = calls.price_query(country=country, currency=currency, parameter=self._parameter)
        return Listing(
            self._client, calls.PRICES, "products.prices", query, page=page, size=limit, resume=resume
        ).records()

    async def price(
        self, product: str, *, country: str | None = None, currency: str | None = None
    ) -> wire.ProductPrices:
        """The same of one product. FastSpring: /products, Get a specific product's price.

        Args:
            product: its path.
            country: as for `prices`.
            currency: as for `prices`.

        Raises:
            MissingError: there is no such product.
            UsageError: a code that is none, or a path that cannot stand in a URL.
        """
        query = calls.price_query(country=country, currency=currency, parameter=self._parameter)
        decode = calls.only(wire.PRODUCTS, product, calls.PRICES)
        return await self._client.send(operations.request("products.price", decode, product=product, query=query))

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

    async def _upsert(self, drafts: ProductDraft | Iterable[ProductDraft], *, create: bool) -> Batch[Written]:
        listed = [drafts] if isinstance(drafts, ProductDraft) else list(drafts)
        return await send(self._client, upserts(listed, create=create), [draft.product for draft in listed])
