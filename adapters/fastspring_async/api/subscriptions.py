"""FastSpring: /subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from commerce_async.errors import UsageError
from commerce_async.store import Batch
from fastspring_async import operations, settling, wire
from fastspring_async.api.base import (
    Look,
    by_id,
    change_each,
    listed_ids,
    posted,
    settled,
)
from fastspring_async.api.subscription_more import SubscriptionsMore
from fastspring_async.api.subscription_reads import SubscriptionReads
from fastspring_async.bodies import SubscriptionDraft
from fastspring_async.calls.families import (
    answered,
    sole,
)
from fastspring_async.calls.sending import encoded
from fastspring_async.wire import SUBSCRIPTIONS, Subscription, SubscriptionChange

_CHANGE: Final = wire.Shape(wire.read_subscription_change, lambda change: (change.id,), SUBSCRIPTIONS.names)


class SubscriptionsApi(SubscriptionReads, SubscriptionsMore):
    """FastSpring: /subscriptions."""

    async def update(self, drafts: SubscriptionDraft | Iterable[SubscriptionDraft]) -> Batch[SubscriptionChange]:
        """Changes subscriptions, 50 a call. FastSpring: /subscriptions, Update subscription instances.

        Not sent twice, since a prorated change charges: after a lost answer the subscriptions are read back, and a
        change that shows is `settled`; one that does not, or cannot be compared, fails with `UnknownOutcomeError`.

        Raises:
            UsageError: a draft has faults, or a subscription is there twice; nothing was sent.
            AuthError: the credentials are not accepted, and nothing was changed.
        """
        listed = by_id(drafts, SubscriptionDraft, lambda draft: draft.subscription)

        async def look(ids: tuple[str, ...]) -> Mapping[str, bool | None]:
            found = await self.get_many(ids)
            return {each.key: settling.updated(listed[each.key], each) for each in found.items if each.key in listed}

        return await self._change("subscriptions.update", listed, look)

    async def preview(self, drafts: SubscriptionDraft | Iterable[SubscriptionDraft]) -> Batch[SubscriptionChange]:
        """What changes would cost; nothing is changed. FastSpring: /subscriptions, Preview prorated changes.

        Returns:
            For each subscription its `proration`, by the vendor's keys.

        Raises:
            UsageError: a draft has faults, or a subscription is there twice; nothing was sent.
        """
        listed = by_id(drafts, SubscriptionDraft, lambda draft: draft.subscription)
        previews = {id: {**_members(draft), "preview": True} for id, draft in listed.items()}
        return await self._change("subscriptions.preview", previews, None)

    async def cancel(self, ids: str | Iterable[str], *, now: bool = False) -> Batch[SubscriptionChange]:
        """Cancels subscriptions, 50 a call. FastSpring: /subscriptions, Cancel one or more subscription instances.

        Not sent twice: after a lost answer the subscriptions are read back.

        Args:
            now: at once, and no longer at the end of the paid period.

        Returns:
            What became of each; one that was canceled before fails with `RejectedError`.

        Raises:
            UsageError: an id that cannot stand in a URL; nothing was sent.
            AuthError: the credentials are not accepted, and nothing was canceled.
        """
        query = (("billingPeriod", "0"),) if now else ()
        return await change_each(
            self._client,
            ids,
            lambda part: operations.request(
                "subscriptions.cancel", answered(SUBSCRIPTIONS, part, _CHANGE), ids=part, query=query
            ),
            look=lambda part: self._states(part, lambda each: settling.canceled(each, now=now)),
            done=_done("subscription.cancel"),
        )

    async def uncancel(self, ids: str | Iterable[str]) -> Batch[SubscriptionChange]:
        """Takes back cancellations that have not taken effect. FastSpring: /subscriptions, Uncancel a subscription.

        Not sent twice: after a lost answer the subscriptions are read back.

        Raises:
            UsageError: an id that cannot stand in a list; nothing was sent.
            AuthError: the credentials are not accepted, and nothing was changed.
        """
        listed = {id: {"subscription": id, "deactivation": None} for id in listed_ids(ids)}
        return await self._change(
            "subscriptions.uncancel", listed, lambda part: self._states(part, settling.uncanceled)
        )

    async def uncancel_one(self, id: str) -> SubscriptionChange:
        """The same as `uncancel` by the path that pages of 2024 have for it, with the id in it; for one subscription.

        Not sent twice: after a lost answer the subscription is read back. FastSpring: /subscriptions/{id}, Uncancel.

        Raises:
            MissingError, RejectedError: in the vendor's words.
            UnknownOutcomeError: the answer was lost, and reading back did not tell.
        """
        body = posted("subscriptions", [{"subscription": id, "deactivation": None}])
        decode = sole(SUBSCRIPTIONS, wire.read_subscription_change)
        call = operations.request("subscriptions.uncancel_one", decode, id=id, body=body)

        async def look() -> SubscriptionChange | None:
            found = await self._now(id, settling.uncanceled)
            return None if found is None else _done("subscription.update")(id)

        return await settled(self._client, call, look)

    async def charge(self, ids: str | Iterable[str]) -> Batch[SubscriptionChange]:
        """Charges managed ("adhoc") subscriptions now. Never sent twice. FastSpring: /subscriptions, Rebill.

        Returns:
            What became of each. A failure with `UnknownOutcomeError` may or may not have been charged.

        Raises:
            UsageError: an id that cannot stand in a list; nothing was sent.
            AuthError: the credentials are not accepted, and nothing was charged.
        """
        listed = {id: {"subscription": id} for id in listed_ids(ids)}
        return await self._change("subscriptions.charge", listed, None)

    async def pause(self, id: str, *, periods: int) -> Subscription:
        """Pauses a subscription. Not sent twice. FastSpring: /subscriptions, Pause a subscription.

        Args:
            periods: for so many billing periods, from 1.

        Raises:
            UsageError: fewer than one; nothing was sent.
            MissingError, RejectedError: in the vendor's words.
            UnknownOutcomeError: the answer was lost, and reading back did not tell.
        """
        if isinstance(periods, bool) or periods < 1:
            raise UsageError(f"periods must be 1 or more, not {periods}")
        body = encoded({"pausePeriodCount": periods})
        decode = sole(SUBSCRIPTIONS, wire.read_subscription)
        call = operations.request("subscriptions.pause", decode, id=id, body=body)
        return await settled(self._client, call, lambda: self._now(id, settling.paused))

    async def resume(self, id: str) -> Subscription:
        """Ends a pause. Not sent twice. FastSpring: /subscriptions, Resume a paused subscription.

        Raises: as `pause`.
        """
        call = operations.request("subscriptions.resume", sole(SUBSCRIPTIONS, wire.read_subscription), id=id)
        return await settled(self._client, call, lambda: self._now(id, settling.resumed))

    async def _now(self, id: str, shows: settling.Shows) -> Subscription | None:
        found = await self._fetcher.get(id)
        return found if shows(found) else None

    async def _states(self, ids: tuple[str, ...], shows: settling.Shows) -> Mapping[str, bool | None]:
        found = await self.get_many(ids)
        return {each.key: shows(each) for each in found.items}

    async def _change(self, name: str, listed: Mapping[str, Any], look: Look | None) -> Batch[SubscriptionChange]:
        return await change_each(
            self._client,
            listed,
            lambda part: operations.request(
                name,
                answered(SUBSCRIPTIONS, part, _CHANGE),
                body=posted("subscriptions", [listed[id] for id in part]),
            ),
            look=look,
            done=_done(name),
        )


def _done(action: str) -> Callable[[str], SubscriptionChange]:
    def done(id: str) -> SubscriptionChange:
        return SubscriptionChange(id=id, action=action, settled=True)

    return done


def _members(draft: SubscriptionDraft) -> dict[str, Any]:
    names = zip(draft.__struct_encode_fields__, draft.__struct_fields__, strict=True)
    found = {key: getattr(draft, name) for key, name in names}
    return {key: value for key, value in found.items() if value is not msgspec.UNSET}
