"""FastSpring: /coupons."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from msgspec import UNSET, UnsetType

from commerce_async.errors import MissingError, UsageError
from commerce_async.http.call import Call, Reply
from commerce_async.http.client import Client
from commerce_async.store import Batch
from fastspring_async import calls, operations, wire
from fastspring_async.api.base import settled
from fastspring_async.bodies import CouponDraft, DiscountDraft, Money
from fastspring_async.calls.families import COUPON, answered, ids_only, sole
from fastspring_async.calls.sending import encoded
from fastspring_async.fetch import Fetcher
from fastspring_async.wire import COUPONS

_EXPAND: Final = (("expand", "true"),)


class CouponsApi:
    """FastSpring: /coupons. A coupon's path is its id; codes are what customers type in."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._fetcher = Fetcher(client, COUPONS, COUPON, many=_one, most=1)

    async def ids(self) -> tuple[str, ...]:
        """The paths of all coupons. FastSpring: /coupons, Get all coupons."""
        return await self._client.send(operations.request("coupons.ids", ids_only(COUPONS)))

    async def get(self, id: str) -> wire.Coupon:
        """One coupon by its path. FastSpring: /coupons, Get a coupon.

        Raises:
            MissingError: there is no such coupon.
            UsageError: a path that cannot stand in a URL.
        """
        return await self._client.send(
            operations.request("coupons.get", calls.only(COUPONS, id, COUPON), id=id, query=_EXPAND)
        )

    async def get_many(self, ids: Iterable[str]) -> Batch[wire.Coupon]:
        """Coupons by path, one a call: the vendor has no batches here. FastSpring: /coupons, Get a coupon.

        Raises:
            UsageError: a path that cannot stand in a URL.
            AuthError: the credentials are not accepted.
        """
        return await self._fetcher.get_many(ids)

    async def save(self, draft: CouponDraft) -> wire.Change:
        """Creates a coupon, or changes the one with that path. FastSpring: /coupons, Create a coupon.

        Codes that are sent take the place of ALL that it has. Not sent twice: after a lost answer the coupon is read
        back (`Change.settled` if it is as wanted).

        Raises:
            UsageError: it has faults; `.fields` has all of them, and nothing was sent.
            RejectedError: refused in the vendor's words.
            UnknownOutcomeError: the answer was lost, and reading back did not tell.
        """
        call = operations.request("coupons.save", sole(COUPONS, wire.read_coupon_change), body=draft.json())
        return await settled(self._client, call, lambda: self._saved(draft))

    async def _saved(self, draft: CouponDraft) -> wire.Change | None:
        try:
            found = await self.get(draft.coupon)
        except MissingError:
            return None
        codes = (await self.codes(draft.coupon)).codes if draft.codes is not UNSET else []
        shown = shows(draft, found, codes)
        return wire.Change(id=draft.coupon, action="coupon.update", settled=True) if shown else None

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

        def decode(reply: Reply) -> wire.Change:
            return wire.read_coupon_change(reply.body) if reply.body.strip() else wire.Change(id=id)

        async def look() -> wire.Change | None:
            try:
                await self.get(id)
            except MissingError:
                return wire.Change(id=id, action="coupon.delete", settled=True)
            return None

        return await settled(self._client, operations.request("coupons.delete", decode, id=id), look)


def _one(ids: tuple[str, ...]) -> Call[wire.Answers[wire.Coupon]]:
    return operations.request("coupons.get", answered(COUPONS, ids, COUPON), id=ids[0], query=_EXPAND)


def shows(draft: CouponDraft, coupon: wire.Coupon, codes: Iterable[str]) -> bool:
    """Whether a coupon is as the draft wants it. A field that cannot be compared counts as different. Pure."""
    if draft.available is not UNSET or draft.reason is not UNSET:
        return False
    pairs: list[tuple[object, object]] = [
        (draft.order_level_discount, coupon.order_level_discount),
        (draft.discount_period_count, coupon.discount_period_count),
        (draft.apply_discount_immediately, coupon.apply_discount_immediately),
        (draft.combine, coupon.combine),
        (draft.limit, coupon.uses),
        (_set(draft.products), _set(coupon.products)),
        (_set(draft.codes), _set(codes)),
    ]
    same = all(wanted is UNSET or wanted == found for wanted, found in pairs)
    return same and (not isinstance(draft.discount, DiscountDraft) or _discounts(draft.discount, coupon.discount))


def _set(values: Any) -> object:
    return UNSET if values is UNSET else frozenset(str(value).upper() for value in values or ())


def _discounts(wanted: DiscountDraft, found: wire.Discount | None) -> bool:
    if found is None or wanted.discounts is not UNSET or wanted.type != found.type:
        return False
    if wanted.type == "percent":
        return wanted.percent == found.percent
    amount = dict[str, Money]() if isinstance(wanted.amount, UnsetType) else wanted.amount
    return {currency: Decimal(value) for currency, value in amount.items()} == found.amount
