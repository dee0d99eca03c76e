"""FastSpring: /sessions, and the newer /v2/checkouts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commerce_async.http.client import Client
from fastspring_async import operations, wire
from fastspring_async.bodies import SessionDraft
from fastspring_async.calls.families import sole, whole
from fastspring_async.calls.sending import encoded


class SessionsApi:
    """FastSpring: /sessions, carts made for one customer."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, draft: SessionDraft) -> wire.Session:
        """Makes a session. Never sent twice. FastSpring: /sessions, Create a session.

        Raises:
            UsageError: it has faults; `.fields` has all of them, and nothing was sent.
            RejectedError: refused in the vendor's words.
            UnknownOutcomeError: the answer was lost; a session that nobody uses does no harm.
        """
        decode = sole(wire.SESSIONS, wire.read_session)
        return await self._client.send(operations.request("sessions.create", decode, body=draft.json()))

    async def get(self, id: str) -> wire.Session:
        """A session. The vendor does not document it, and live shops answer.

        Raises:
            MissingError: there is no such session.
        """
        return await self._client.send(
            operations.request("sessions.get", sole(wire.SESSIONS, wire.read_session), id=id)
        )


class CheckoutsApi:
    """FastSpring: /v2/checkouts, the sessions of June 2026, as far as they are known.

    Problems come as `Session.warnings` and `Session.checkout_status` inside a success. What has no field is in
    `members`.

    Args of every method:
        store, checkout: the ids of the store and of its checkout.
        body: as the vendor's reference has it; money as `Decimal`.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, store: str, checkout: str, body: Mapping[str, Any]) -> wire.Session:
        """Makes a session. Never sent twice."""
        return await self._session("checkouts.create", body, store=store, checkout=checkout)

    async def get(self, store: str, checkout: str, id: str) -> wire.Session:
        """A session.

        Raises:
            MissingError: there is no such session.
        """
        return await self._session("checkouts.get", store=store, checkout=checkout, id=id)

    async def update(self, store: str, checkout: str, id: str, body: Mapping[str, Any]) -> wire.Session:
        """Sets a session to these values."""
        return await self._session("checkouts.update", body, store=store, checkout=checkout, id=id)

    async def payment_methods(self, store: str, checkout: str, id: str) -> Any:
        """The payment methods of a session, as the vendor writes them; fractions are exact Decimals."""
        call = operations.request(
            "checkouts.payment_methods", lambda reply: wire.plain(reply.body), store=store, checkout=checkout, id=id
        )
        return await self._client.send(call)

    async def add_item(self, store: str, checkout: str, id: str, body: Mapping[str, Any]) -> wire.Free:
        """Puts a product into the cart. Never sent twice."""
        return await self._free("checkouts.add_item", body, store=store, checkout=checkout, id=id)

    async def update_item(self, store: str, checkout: str, id: str, product: str, body: Mapping[str, Any]) -> wire.Free:
        """Sets a product of the cart to these values."""
        return await self._free("checkouts.update_item", body, store=store, checkout=checkout, id=id, product=product)

    async def remove_item(self, store: str, checkout: str, id: str, product: str) -> wire.Free:
        """Takes a product out of the cart. Never sent twice."""
        return await self._free("checkouts.remove_item", store=store, checkout=checkout, id=id, product=product)

    async def set_customer(self, store: str, checkout: str, id: str, body: Mapping[str, Any]) -> wire.Free:
        """Sets the customer of a session."""
        return await self._free("checkouts.set_customer", body, store=store, checkout=checkout, id=id)

    async def _session(self, name: str, body: Mapping[str, Any] | None = None, **segments: str) -> wire.Session:
        sent = None if body is None else encoded(body)
        return await self._client.send(operations.built(name, whole(wire.read_session), segments, body=sent))

    async def _free(self, name: str, body: Mapping[str, Any] | None = None, **segments: str) -> wire.Free:
        sent = None if body is None else encoded(body)
        return await self._client.send(operations.built(name, whole(wire.read_free), segments, body=sent))
