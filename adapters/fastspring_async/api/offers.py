"""FastSpring: /products/offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

from commerce_async.http.call import Call
from commerce_async.http.client import Client
from commerce_async.store import Batch
from fastspring_async import calls, operations, wire
from fastspring_async.calls.families import answered, sole
from fastspring_async.calls.sending import encoded
from fastspring_async.fetch import Fetcher

OfferType: TypeAlias = Literal[
    "addon", "alternatives", "cross-sell", "crossgrade", "downgrade", "downsell", "upsell", "upgrade"
]

_OFFERS: Final = wire.Shape(wire.read_offers, lambda record: (record.product or "",), wire.PRODUCTS.names)


class OffersApi:
    """FastSpring: /products/offers, what is offered beside or in place of a product."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def get(self, product: str, *, type: OfferType | None = None) -> wire.ProductOffers:
        """The offers of one product. FastSpring: /products/offers, Get all offers for a product by offer type.

        Args:
            type: of this type only.

        Raises:
            MissingError: there is no such product.
            UsageError: a path that cannot stand in a URL, or a type that is none.
        """
        decode = calls.only(wire.PRODUCTS, product, _OFFERS)
        return await self._client.send(operations.request("offers.get", decode, ids=[product], query=_query(type)))

    async def get_many(self, products: Iterable[str], *, type: OfferType | None = None) -> Batch[wire.ProductOffers]:
        """The offers of products, 50 a call; order kept, repeated paths asked once.

        FastSpring: /products/offers, Get all offers for a product by offer type.

        Raises:
            UsageError: a path that cannot stand in a URL, or a type that is none.
            AuthError: the credentials are not accepted.
        """
        query = _query(type)

        def many(ids: tuple[str, ...]) -> Call[wire.Answers[wire.ProductOffers]]:
            return operations.several("offers.get", answered(wire.PRODUCTS, ids, _OFFERS), ids, query=query)

        return await Fetcher(self._client, wire.PRODUCTS, _OFFERS, many=many).get_many(products)

    async def set(self, product: str, offers: Iterable[Mapping[str, Any]]) -> wire.Change:
        """Creates or updates offers of a product. Never sent twice. FastSpring: /products/offers, Create or update.

        Args:
            offers: each with `type`, `items` (paths) and, if wished, `display` by language, as the vendor has it.

        Raises:
            MissingError, RejectedError: in the vendor's words.
            UnknownOutcomeError: the answer was lost: read the offers and compare.
        """
        body = encoded({"products": [{"product": product, "offers": list(offers)}]})
        decode = sole(wire.PRODUCTS, wire.read_offers_change)
        return await self._client.send(operations.request("offers.set", decode, product=product, body=body))


def _query(type: OfferType | None) -> tuple[tuple[str, str], ...]:
    found = calls.word("type", type, OfferType)
    return (("type", found),) if found else ()
