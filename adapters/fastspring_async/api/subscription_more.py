"""FastSpring: /subscriptions, what is newer or of which the shape is not known in full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commerce_async.http.client import Client
from fastspring_async import operations, wire
from fastspring_async.bodies import SubscriptionDraft
from fastspring_async.calls.families import sole, whole
from fastspring_async.calls.sending import encoded


class SubscriptionsMore:
    """Estimates, transfers, co-term groups, pro-forma invoices and the survey of cancellations.

    Where a body is a mapping, it is as the vendor's reference has it, with money as `Decimal`; what has no field in a
    reply is in its `members`.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def estimate(self, draft: SubscriptionDraft) -> wire.Estimate:
        """What a change of one subscription would cost; nothing is changed. FastSpring: /subscriptions/estimate.

        Raises:
            UsageError: it has faults; nothing was sent.
            MissingError: there is no such subscription.
        """
        call = operations.request("subscriptions.estimate", whole(wire.read_estimate), body=draft.json())
        return await self._client.send(call)

    async def convert(self, id: str, body: Mapping[str, Any] | None = None) -> wire.Session:
        """A session in which the customer of a trial without payment pays. Never sent twice.

        FastSpring: /subscriptions, Convert an expired trial.

        Raises:
            MissingError, RejectedError: in the vendor's words.
            UnknownOutcomeError: the answer was lost; a session that nobody uses does no harm.
        """
        sent = None if body is None else encoded(body)
        decode = sole(wire.SESSIONS, wire.read_session)
        return await self._client.send(operations.request("subscriptions.convert", decode, id=id, body=sent))

    async def transfer(self, body: Mapping[str, Any]) -> wire.Transfer:
        """Gives subscriptions, 20 at most, to another account. Never sent twice. FastSpring: /subscriptions/transfer.

        Raises:
            RejectedError: refused in the vendor's words.
            UnknownOutcomeError: the answer was lost: read each subscription's account.
        """
        call = operations.request("subscriptions.transfer", whole(wire.read_transfer), body=encoded(body))
        return await self._client.send(call)

    async def create_coterm(self, body: Mapping[str, Any]) -> wire.Free:
        """Makes a co-term group: subscriptions that renew on one day. Never sent twice."""
        return await self._free("subscriptions.create_coterm", body)

    async def coterm(self, id: str) -> wire.Free:
        """A co-term group.

        Raises:
            MissingError: there is no such group.
        """
        return await self._free("subscriptions.coterm", id=id)

    async def update_coterm(self, id: str, body: Mapping[str, Any]) -> wire.Free:
        """Adds subscriptions to a co-term group, or takes them out. Never sent twice."""
        return await self._free("subscriptions.update_coterm", body, id=id)

    async def delete_coterm(self, id: str) -> wire.Free:
        """Deletes a co-term group. Never sent twice."""
        return await self._free("subscriptions.delete_coterm", id=id)

    async def estimate_coterm(self, id: str, body: Mapping[str, Any] | None = None) -> wire.Free:
        """What the changes of a co-term group would cost; nothing is changed."""
        return await self._free("subscriptions.estimate_coterm", body, id=id)

    async def execute_coterm(self, id: str, body: Mapping[str, Any] | None = None) -> wire.Free:
        """Carries out the changes of a co-term group, which may charge. Never sent twice."""
        return await self._free("subscriptions.execute_coterm", body, id=id)

    async def create_proforma_invoice(self, body: Mapping[str, Any]) -> wire.Free:
        """Makes a pro-forma invoice for a renewal. Never sent twice."""
        return await self._free("subscriptions.create_proforma_invoice", body)

    async def proforma_invoice(self, id: str, *, language: str | None = None) -> wire.Free:
        """A pro-forma invoice.

        Args:
            language: ISO 639-1 code of the text.

        Raises:
            MissingError: there is no such invoice.
        """
        query = (("lang", language),) if language else ()
        call = operations.request("subscriptions.proforma_invoice", whole(wire.read_free), id=id, query=query)
        return await self._client.send(call)

    async def cancel_survey_reasons(self, id: str) -> wire.Free:
        """The reasons that the survey of cancellations offers for a subscription."""
        return await self._free("subscriptions.cancel_survey_reasons", id=id)

    async def answer_cancel_survey(self, body: Mapping[str, Any]) -> wire.Free:
        """Notes why a customer canceled. Never sent twice."""
        return await self._free("subscriptions.answer_cancel_survey", body)

    async def query_cancel_survey(self, body: Mapping[str, Any]) -> wire.Free:
        """What customers answered; the vendor pages it by `offset` and `limit` in the body."""
        return await self._free("subscriptions.query_cancel_survey", body)

    async def _free(self, name: str, body: Mapping[str, Any] | None = None, **segments: str) -> wire.Free:
        sent = None if body is None else encoded(body)
        return await self._client.send(operations.built(name, whole(wire.read_free), segments, body=sent))
