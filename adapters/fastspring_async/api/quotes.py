"""FastSpring: /quotes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commerce_async.errors import MissingError
from commerce_async.http.call import Reply
from commerce_async.http.client import Client
from commerce_async.http.pager import Pager
from fastspring_async import operations, wire
from fastspring_async.api.base import settled
from fastspring_async.api.listing import Listing
from fastspring_async.calls.families import whole
from fastspring_async.calls.sending import checked_query, encoded
from fastspring_async.wire import QUOTES, Quote, Shape

_ENDED = "CANCEL"
_QUOTE: Final = Shape(wire.read_quote, lambda quote: (quote.id or "",), QUOTES.names)


class QuotesApi:
    """FastSpring: /quotes. Bodies are as the vendor's reference has them, money as `Decimal`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, body: Mapping[str, Any]) -> Quote:
        """Makes a quote: `items`, `name`, `recipient` and `recipientAddress`. Never sent twice.

        Raises:
            RejectedError: refused; `.fields` has the vendor's words by field.
            UnknownOutcomeError: the answer was lost: list the quotes and look for it.
        """
        return await self._client.send(operations.request("quotes.create", whole(wire.read_quote), body=encoded(body)))

    def list(self, query: Mapping[str, object] | None = None, *, resume: str | None = None) -> Pager[Quote]:
        """Quotes, as far as the vendor names a next page.

        Args:
            query: what the vendor's reference has for it.
            resume: the token of an earlier pager with the same query.

        Raises:
            UsageError: a value that cannot be sent, or a token that is none.
        """
        return Listing(
            self._client, _QUOTE, "quotes.list", checked_query(query or {}), resume=resume, first=0
        ).records()

    async def get(self, id: str) -> Quote:
        """A quote.

        Raises:
            MissingError: there is no such quote.
        """
        return await self._client.send(operations.request("quotes.get", whole(wire.read_quote), id=id))

    async def update(self, id: str, body: Mapping[str, Any]) -> Quote:
        """Sets an open quote to these values. The wrapper `updateQuoteRequest` is added.

        Raises:
            MissingError, RejectedError: in the vendor's words.
        """
        sent = body if "updateQuoteRequest" in body else {"updateQuoteRequest": body}
        decode = _or_nothing(id)
        return await self._client.send(operations.request("quotes.update", decode, id=id, body=encoded(sent)))

    async def delete(self, id: str) -> Quote:
        """Deletes a quote; the result has its id alone. Not sent twice: after a lost answer it is looked for.

        Raises:
            MissingError: there is no such quote.
            UnknownOutcomeError: the answer was lost, and looking did not tell.
        """

        async def look() -> Quote | None:
            try:
                await self.get(id)
            except MissingError:
                return Quote(id=id)
            return None

        return await settled(self._client, operations.request("quotes.delete", _or_nothing(id), id=id), look)

    async def cancel(self, id: str) -> Quote:
        """Cancels an open quote. Not sent twice: after a lost answer it is read back.

        Raises:
            MissingError, RejectedError: in the vendor's words.
            UnknownOutcomeError: the answer was lost, and reading back did not tell.
        """

        async def look() -> Quote | None:
            found = await self.get(id)
            return found if (found.status or "").upper().startswith(_ENDED) else None

        return await settled(self._client, operations.request("quotes.cancel", _or_nothing(id), id=id), look)


def _or_nothing(id: str) -> Any:
    def decode(reply: Reply) -> Quote:
        return wire.read_quote(reply.body) if reply.body.strip() else Quote(id=id)

    return decode
