"""FastSpring: /coupons."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from msgspec import UNSET, UnsetType

from commerce_async.errors import UsageError
from commerce_async.http.client import Client
from commerce_async.store import Batch
from fastspring_async import calls, operations, wire
from fastspring_async.api.base import listed_ids, settled
from fastspring_async.bodies import CouponBody, DiscountBody, Money
from fastspring_async.calls.families import COUPON, answered, ids_only, sole
from fastspring_async.calls.sending import encoded
from fastspring_async.fetch import gather, missing_as
from fastspring_async.wire import COUPONS, Answers


class CouponsApi:
    """FastSpring: /coupons. A coupon's path is its id; codes are what customers type in."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ids(self) -> tuple[str, ...]:
        """The paths of all coupons. FastSpring: /coupons, Get all coupons."""
        return await self._client.send(operations.request("coupons.ids", ids_only(COUPONS)))

    async def get(self, ids: str | Iterable[str]) -> Batch[wire.Coupon]:
        """Coupons by path, one a call: the vendor has no batches here. FastSpring: /coupons, Get a coupon.

        Raises:
            UsageError: a path that cannot stand in a URL.
            AuthError: the credentials are not accepted.
        """
        parts = [(id,) for id in listed_ids(ids)]
        for (id,) in parts:
            calls.quoted(id)
        return await gather(self._client, parts, self._ask)

    async def _ask(self, part: tuple[str, ...]) -> Answers[wire.Coupon]:
        decode = answered(COUPONS, part, COUPON)
        call = operations.request("coupons.get", decode, id=part[0], query=(("expand", "true"),))
        return await missing_as(self._client.send(call), part)

    async def save(self, body: CouponBody) -> wire.Change:
        """Creates a coupon, or changes the one with that path. FastSpring: /coupons, Create a coupon.

        Codes that are sent take the place of ALL that it has. Not sent twice: after a lost answer the coupon is read
        back (`Change.settled` if it is as wanted).

        Raises:
            UsageError: it has faults; `.fields` has all of them, and nothing was sent.
            RejectedError: refused in the vendor's words.
            UnknownOutcomeError: the answer was lost, and reading back did not tell.
        """
        call = operations.request("coupons.save", sole(COUPONS, wire.read_coupon_change), body=body.json())
        return await settled(self._client, call, lambda: self._saved(body))

    async def _saved(self, body: CouponBody) -> wire.Change | None:
        batch = await self.get(body.coupon)
        if not batch.items:
            if batch.failed:
                raise batch.failed[0].error
            return None
        codes = (await self.codes(body.coupon)).codes if body.codes is not UNSET else []
        shown = shows(body, batch.items[0], codes)
        return wire.Change(id=body.coupon, action="coupon.update", settled=True) if shown else None

    async def codes(self, id: str) -> wire.CouponCodes:
        """The codes of a coupon. FastSpring: /coupons, Get a coupon's codes.

        Raises:
            MissingError: there is no such coupon.
        """
        return await self._client.send(operations.request("coupons.codes", sole(COUPONS, wire.read_codes), id=id))

    async def add_codes(self, id: str, codes: Iterable[str]) -> wire.CodesChange:
        """Adds codes; those that are there already are not doubled. FastSpring: /coupons, Add codes to a coupon.

        The vendor turns them into upper case.

        Raises:
            UsageError: no codes, or one text in place of several.
        """
        listed = [] if isinstance(codes, str) else list(codes)
        if not listed:
            raise UsageError("codes: give at least one, in a list")
        decode = sole(COUPONS, wire.read_codes_change)
        return await self._client.send(
            operations.request("coupons.add_codes", decode, id=id, body=encoded({"codes": listed}))
        )

    async def delete_codes(self, id: str) -> wire.CodesChange:
        """Deletes ALL codes of a coupon. FastSpring: /coupons, Delete a coupon's codes.

        Not sent twice: after a lost answer the codes are read back.

        Raises:
            UnknownOutcomeError: the answer was lost, and there are codes, or reading back did not tell.
        """
        call = operations.request("coupons.delete_codes", sole(COUPONS, wire.read_codes_change), id=id)

        async def look() -> wire.CodesChange | None:
            if (await self.codes(id)).codes:
                return None
            return wire.CodesChange(id=id, action="delete coupon codes", settled=True)

        return await settled(self._client, call, look)

    async def delete(self, id: str) -> wire.Change:
        """Deletes a coupon. Named in the vendor's changelog of November 2024, and not in its reference.

        Raises:
            MissingError: there is no such coupon.
            UnknownOutcomeError: the answer was lost, and reading back did not tell.
        """

        def decode(reply: Any) -> wire.Change:
            return wire.read_coupon_change(reply.body) if reply.body.strip() else wire.Change(id=id)

        async def look() -> wire.Change | None:
            batch = await self.get(id)
            if batch.failed:
                raise batch.failed[0].error
            return None if batch.items else wire.Change(id=id, action="coupon.delete", settled=True)

        return await settled(self._client, operations.request("coupons.delete", decode, id=id), look)


def shows(body: CouponBody, coupon: wire.Coupon, codes: Iterable[str]) -> bool:
    """Whether a coupon is as the body wants it. A field that cannot be compared counts as different. Pure."""
    if body.available is not UNSET or body.reason is not UNSET:
        return False
    pairs: list[tuple[object, object]] = [
        (body.order_level_discount, coupon.order_level_discount),
        (body.discount_period_count, coupon.discount_period_count),
        (body.apply_discount_immediately, coupon.apply_discount_immediately),
        (body.combine, coupon.combine),
        (body.limit, coupon.uses),
        (_set(body.products), _set(coupon.products)),
        (_set(body.codes), _set(codes)),
    ]
    same = all(wanted is UNSET or wanted == found for wanted, found in pairs)
    return same and (not isinstance(body.discount, DiscountBody) or _discounts(body.discount, coupon.discount))


def _set(values: Any) -> object:
    return UNSET if values is UNSET else frozenset(str(value).upper() for value in values or ())


def _discounts(wanted: DiscountBody, found: wire.Discount | None) -> bool:
    if found is None or wanted.discounts is not UNSET or wanted.type != found.type:
        return False
    if wanted.type == "percent":
        return wanted.percent == found.percent
    amount = dict[str, Money]() if isinstance(wanted.amount, UnsetType) else wanted.amount
    return {currency: Decimal(value) for currency, value in amount.items()} == found.amount
