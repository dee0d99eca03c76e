"""FastSpring: /products/offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

from commerce_async.http.client import Client
from commerce_async.store import Batch
from fastspring_async import operations, wire
from fastspring_async.api.base import change_each
from fastspring_async.calls.families import answered, sole
from fastspring_async.calls.sending import encoded

OfferType: TypeAlias = Literal[
    "addon", "alternatives", "cross-sell", "crossgrade", "downgrade", "downsell", "upsell", "upgrade"
]

_OFFERS: Final = wire.Shape(wire.read_offers, lambda record: (record.product or "",), wire.PRODUCTS.names)


class OffersApi:
    """FastSpring: /products/offers, what is offered beside or in place of a product."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def get(self, products: str | Iterable[str], *, type: OfferType | None = None) -> Batch[wire.ProductOffers]:
        """The offers of products. FastSpring: /products/offers, Get all offers for a product by offer type.

        Args:
            type: of this type only.

        Raises:
            UsageError: a path that cannot stand in a URL.
            AuthError: the credentials are not accepted.
        """
        query = (("type", str(type)),) if type else ()
        return await change_each(
            self._client,
            products,
            lambda part: operations.request(
                "offers.get", answered(wire.PRODUCTS, part, _OFFERS), ids=part, query=query
            ),
        )

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
