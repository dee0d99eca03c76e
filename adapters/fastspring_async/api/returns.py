"""FastSpring: /returns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from commerce_async.http.client import Client
from commerce_async.store import Batch
from fastspring_async import operations, wire
from fastspring_async.api.base import by_id, change_each, posted
from fastspring_async.bodies import ReturnDraft
from fastspring_async.calls.families import RETURN, answered
from fastspring_async.fetch import Fetcher

_CHANGE: Final = wire.Shape(
    wire.read_return_change, lambda change: change.orders, ("order", "return", "reference", "id")
)


class ReturnsApi:
    """FastSpring: /returns, money given back."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._fetcher = Fetcher(client, wire.RETURNS, RETURN)

    async def get(self, id: str) -> wire.Return:
        """One return. FastSpring: /returns, Get one or more returns.

        Raises:
            MissingError: there is no such return.
            UsageError: an id that cannot stand in a URL.
        """
        return await self._fetcher.get(id)

    async def get_many(self, ids: Iterable[str]) -> Batch[wire.Return]:
        """Returns by id, 50 a call; the vendor has no list of them. FastSpring: /returns, Get one or more returns.

        Raises:
            UsageError: an id that cannot stand in a URL.
            AuthError: the credentials are not accepted.
        """
        return await self._fetcher.get_many(ids)

    async def create(self, drafts: ReturnDraft | Iterable[ReturnDraft]) -> Batch[wire.ReturnChange]:
        """Gives money back for orders. It does not cancel a subscription. FastSpring: /returns, Create a return.

        Never sent twice. `missing` and `failed` go by the order as given.

        Returns:
            What became of each order. A failure with `UnknownOutcomeError` may or may not have been carried out.

        Raises:
            UsageError: a draft has faults, or an order is there twice; nothing was sent.
            AuthError: the credentials are not accepted, and nothing was given back.
        """
        listed = by_id(drafts, ReturnDraft, lambda draft: draft.order)
        return await change_each(
            self._client,
            listed,
            lambda part: operations.request(
                "returns.create",
                answered(wire.RETURNS, part, _CHANGE),
                body=posted("returns", [listed[id] for id in part]),
            ),
        )
