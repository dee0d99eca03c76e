"""FastSpring: /invoices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commerce_async.http.client import Client
from fastspring_async import operations, wire
from fastspring_async.calls.families import whole
from fastspring_async.calls.sending import encoded


class InvoicesApi:
    """FastSpring: /invoices."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, body: Mapping[str, Any]) -> wire.Invoice:
        """Makes and finalizes an invoice. Never sent twice. FastSpring: /invoices/paymentInvoice, Create an invoice.

        With only one kind of contact in the body the vendor was seen to fail without a word, which is an
        `UnknownOutcomeError` here.

        Args:
            body: as the vendor's reference has it, money as `Decimal`.

        Raises:
            RejectedError: refused; `.fields` has the vendor's words by field.
            UnknownOutcomeError: the answer was lost: look for the invoice in the FastSpring app.
        """
        return await self._client.send(
            operations.request("invoices.create", whole(wire.read_invoice), body=encoded(body))
        )

    async def get(self, id: str) -> wire.Invoice:
        """An invoice. FastSpring: /invoices, Retrieve an invoice.

        Raises:
            MissingError: there is no such invoice.
        """
        return await self._client.send(operations.request("invoices.get", whole(wire.read_invoice), id=id))
