"""Orders, payments, shipments and what belongs to them: what they have beside the generic routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, Generic

import anyio

from commerce_async.errors import CommerceError, TemporaryError, UnknownOutcomeError
from commerce_async.http.pager import Pager
from commerce_async.secrets import Secret
from sparkpay_async import calls, settling, wire
from sparkpay_async.api.reads import F, Id, W
from sparkpay_async.api.resource import D, Resource
from sparkpay_async.calls import answers, specials
from sparkpay_async.reading import pager
from sparkpay_async.writing import WAITS

_TRIES: Final = 3


class Integrated(Resource[W, F, D], Generic[W, F, D]):
    """A resource that the vendor can also write by what names a record to people (Spark Pay: Integration routes)."""

    async def integration(self, draft: Mapping[str, object]) -> answers.Answer:
        """Makes or changes a record without ids; the vendor looks it up by itself. Never sent twice.

        Args:
            draft: members as on the vendor's page of integration routes, which are not those of the resource.

        Raises:
            UsageError: the draft cannot be sent.
            RejectedError: refused, or more than one record fits.
            UnknownOutcomeError: the answer was lost; the message says what to look at.
        """
        name = f"{self.kind.name}.integration"
        return await self._client.send(specials.request(name, specials.anything, json=draft))


class Orders(Integrated[W, F, D], Generic[W, F, D]):
    """Spark Pay: /orders."""

    async def set_status(self, id: Id, order_status_id: int) -> answers.Answer:
        """Changes an order's status with all that this sets off, e-mails among it; `update` sets off nothing.

        Spark Pay: orders, Status change events. After a lost answer the order is read, and the change is sent again
        only if it does not show.

        Raises:
            UsageError: not an id.
            MissingError: the vendor does not have the order.
            UnknownOutcomeError: the answer was lost, and reading the order did not tell.
        """
        number = calls.id_text(id)
        status = int(calls.id_text(order_status_id))
        call = specials.request("orders.set_status", specials.anything, json={"order_status_id": status}, id=number)
        lost: UnknownOutcomeError | None = None
        for _ in range(_TRIES):
            try:
                return await self._client.send(call)
            except UnknownOutcomeError as error:
                lost = error
            if (shown := await self._with_status(number, status, lost)) is not None:
                return shown
            if not settling.may_go_again(lost):
                break
        assert lost is not None  # noqa: S101  every round that went on lost its answer
        raise settling.still_unknown(lost, "Read back, it does not show so far.") from lost.__cause__

    async def _with_status(self, id: str, status: int, lost: UnknownOutcomeError) -> answers.Answer | None:
        order = None
        for wait in WAITS:
            await anyio.sleep(wait)
            try:
                order = (await self._client.send(calls.get(self.kind, id, fresh=True))).raw
            except TemporaryError as error:
                settling.noted(lost, error)
                continue
            except CommerceError as error:
                settling.noted(lost, error)
                raise lost from lost.__cause__
            found = settling.match(self.kind, order)
            if found is not None and found.members.get("order_status_id") == status:
                return answers.Answer(id=found.id, members=dict(found.members), raw=found.raw)
        if order is None:
            raise lost from lost.__cause__
        return None

    async def process_payment(
        self,
        id: Id,
        *,
        card_id: int,
        customer_id: int,
        amount: Decimal | int | None = None,
        cvv: str | Secret = "",
    ) -> wire.ProcessedPayment:
        """Takes money from a stored card for an order (Spark Pay: orders, Process payment). Never sent twice.

        Args:
            card_id: id of the credit card.
            amount: without one, the order's total.

        Raises:
            UsageError: not an id, or an amount that is not exact.
            UnknownOutcomeError: the answer was lost; look at the order's payments.
        """
        told: dict[str, Any] = {"card_id": card_id, "customer_id": customer_id}
        if amount is not None:
            told["amount"] = amount
        told["cvv"] = cvv.reveal() if isinstance(cvv, Secret) else cvv
        decode = specials.struct(wire.ProcessedPayment)
        number = calls.id_text(id)
        return await self._client.send(specials.request("orders.process_payment", decode, json=told, id=number))

    async def process_payments(self, id: Id, *, force_process_all: bool = False) -> answers.Answer:
        """Processes the payments of a payment order (Spark Pay: orders, Process payments). Never sent twice.

        Raises:
            UsageError: not an id.
            UnknownOutcomeError: the answer was lost; look at the order's payments.
        """
        told = {"force_process_all": force_process_all}
        number = calls.id_text(id)
        return await self._client.send(
            specials.request("orders.process_payments", specials.anything, json=told, id=number)
        )


class Carts(Resource[W, F, D], Generic[W, F, D]):
    """Spark Pay: /carts."""

    async def calculated(self, id: Id) -> W:
        """A cart, after the shop has worked out its sums anew (Spark Pay: carts, Recalculate and return cart).

        Raises:
            UsageError: not an id.
            MissingError: the vendor does not have it.
        """
        decode = specials.record(self.kind)
        return await self._client.send(
            specials.request("carts.calculated", decode, headers=calls.FRESH, id=calls.id_text(id))
        )

    async def set_shipping_estimation(
        self, id: Id, *, city: str = "", state_code: str = "", postal_code: str = "", country_code: str = ""
    ) -> answers.Answer:
        """Sets where a cart's shipping is estimated to (Spark Pay: carts, Update/Set Shipping Estimation Address).

        Raises:
            UsageError: not an id.
            MissingError: the vendor does not have the cart.
        """
        place = {"city": city, "state_code": state_code, "postal_code": postal_code, "country_code": country_code}
        return await self._change("carts.set_shipping_estimation", id, place)

    async def set_coupon_code(self, id: Id, coupon_code: str) -> answers.Answer:
        """Sets a cart's coupon (Spark Pay: carts, Update/Set Coupon Code).

        Raises:
            UsageError: not an id.
            MissingError: the vendor does not have the cart.
            RejectedError: refused.
        """
        return await self._change("carts.set_coupon_code", id, {"coupon_code": coupon_code})

    async def _change(self, name: str, id: Id, told: Mapping[str, str]) -> answers.Answer:
        return await self._client.send(
            specials.request(name, specials.anything, json=told, id=calls.id_text(id)),
        )


class OrderPayments(Integrated[W, F, D], Generic[W, F, D]):
    """Spark Pay: /order_payments."""

    async def decrypted(self, id: Id) -> answers.Decrypted:
        """A payment with its card's number. The token needs the scope `decrypt`.

        Raises:
            UsageError: not an id.
            MissingError: the vendor does not have it.
        """
        return await self._client.send(specials.decrypted("order_payments.decrypted", calls.id_text(id)))


class CreditCards(Resource[W, F, D], Generic[W, F, D]):
    """Spark Pay: /credit_cards."""

    async def decrypted(self, id: Id) -> answers.Decrypted:
        """A card with its number. The token needs the scope `decrypt`.

        Raises:
            UsageError: not an id.
            MissingError: the vendor does not have it.
        """
        return await self._client.send(specials.decrypted("credit_cards.decrypted", calls.id_text(id)))


class Subscriptions(Resource[W, F, D], Generic[W, F, D]):
    """Spark Pay: /subscriptions."""

    def with_lookups(self, *, count: int | None = None, fresh: bool = False, resume: str | None = None) -> Pager[W]:
        """The list, each subscription with its cart and customer (Spark Pay: subscriptions, `includelookups`).

        Raises:
            UsageError: a count or token that cannot be one.
        """
        asked = calls.query(count=self.page_size if count is None else count)
        first = calls.listing(self.kind, (*asked, ("includelookups", "1")), fresh=fresh)
        named = replace(first, operation="subscriptions.with_lookups")
        return pager(self._client, self.kind, named, resume=resume)


__all__ = ["Carts", "CreditCards", "Integrated", "OrderPayments", "Orders", "Subscriptions"]
