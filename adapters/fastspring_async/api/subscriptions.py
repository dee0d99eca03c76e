"""FastSpring: /subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final, Literal

import msgspec

from commerce_async.http.client import Client
from commerce_async.http.pager import Pager
from commerce_async.store import Batch
from fastspring_async import calls, operations, settling, wire
from fastspring_async.api.base import Listing, Look, batch_of, bodies_by_id, change_each, posted, settled
from fastspring_async.api.subscription_more import SubscriptionsMore
from fastspring_async.bodies import SubscriptionBody
from fastspring_async.calls import Scope
from fastspring_async.calls.families import (
    SUBSCRIPTION,
    Event,
    State,
    SubscriptionFilter,
    answered,
    several,
    sole,
    whole,
)
from fastspring_async.calls.sending import encoded
from fastspring_async.fetch import Fetcher
from fastspring_async.wire import SUBSCRIPTIONS, Subscription, SubscriptionChange

_CHANGE: Final = wire.Shape(wire.read_subscription_change, lambda change: (change.id,), SUBSCRIPTIONS.names)


class SubscriptionsApi(SubscriptionsMore):
    """FastSpring: /subscriptions."""

    def __init__(self, client: Client, page_size: int) -> None:
        super().__init__(client)
        self._page_size = page_size
        self._fetcher = Fetcher(client, SUBSCRIPTIONS, SUBSCRIPTION)

    # -- reading -------------------------------------------------------------------------------------------------

    async def get(self, ids: str | Iterable[str]) -> Batch[Subscription]:
        """Subscriptions by id, 50 a call. FastSpring: /subscriptions, Get one or more subscription instances.

        Raises:
            UsageError: an id that cannot stand in a URL.
            AuthError: the credentials are not accepted.
        """
        return await self._fetcher.get_many(ids)

    def search(
        self,
        *,
        account: str | None = None,
        begin: date | None = None,
        end: date | None = None,
        event: Event | None = None,
        products: Iterable[str] = (),
        scope: Scope | None = None,
        status: State | None = None,
        custom_reference: str | None = None,
        page: int | None = None,
        limit: int | None = None,
        resume: str | None = None,
    ) -> Pager[Subscription]:
        """Subscriptions by filter, or all. FastSpring: /subscriptions, Get all subscription instances, by parameters.

        Without a filter the vendor lists ids only: each page then costs another call for every 50 on it. Some shops
        refuse pages here; the list is then read as they give it.

        Args:
            account, begin, end, event, products, scope, status, custom_reference: see
                `fastspring_async.calls.families.SubscriptionFilter`.
            page: the page to begin with.
            limit: subscriptions per page; the store's `page_size` by default.
            resume: the token of an earlier pager with the same filter.

        Raises:
            UsageError: an event without a time or the other way round, or a token that is none.
        """
        filter = SubscriptionFilter(
            account=account,
            begin=begin,
            end=end,
            event=event,
            products=(products,) if isinstance(products, str) else tuple(products),
            scope=scope,
            status=status,
            custom_reference=custom_reference,
        )
        return self._listing(filter, page, limit, resume).records()

    def ids(self, filter: SubscriptionFilter | None = None, *, resume: str | None = None) -> Pager[str]:
        """Ids of subscriptions, as `search`, without the subscriptions themselves.

        Raises:
            UsageError: as `search`.
        """
        return self._listing(filter or SubscriptionFilter(), None, None, resume).ids()

    def _listing(
        self, filter: SubscriptionFilter, page: int | None, limit: int | None, resume: str | None
    ) -> Listing[Subscription]:
        size = self._page_size if limit is None else limit
        query = filter.query()
        return Listing(
            self._client,
            self._fetcher,
            SUBSCRIPTION,
            "subscriptions.search",
            query,
            page=page,
            size=size,
            resume=resume,
        )

    async def entries(self, ids: str | Iterable[str]) -> Batch[wire.Entry]:
        """Billing periods of subscriptions, each with its order. FastSpring: /subscriptions, Get subscription entries.

        Returns:
            The entries in the vendor's order; `failed` for those that cannot be read.

        Raises:
            MissingError: one is not there, and the vendor does not say which.
            UsageError: an id that cannot stand in a URL, or more than fit one call.
        """
        part = calls.chunks([ids] if isinstance(ids, str) else ids)
        found = Batch[wire.Entry](())
        for each in part:
            decode = several(SUBSCRIPTIONS, wire.read_entry)
            more = batch_of(await self._client.send(operations.request("subscriptions.entries", decode, ids=each)))
            found = Batch(found.items + more.items, (), found.failed + more.failed)
        return found

    async def history(
        self,
        id: str,
        *,
        scope: Literal["base_plan", "add_on"] | None = None,
        order: Literal["increasing", "decreasing"] | None = None,
    ) -> wire.History:
        """What was changed in a subscription. FastSpring: /subscriptions, Get the history of a subscription.

        Args:
            scope: the plan only, or the add-ons only.
            order: oldest first (`increasing`) or newest first.

        Raises:
            MissingError: there is no such subscription.
        """
        query = tuple((name, value) for name, value in (("scope", scope), ("order", order)) if value)
        call = operations.request("subscriptions.history", whole(wire.read_history), id=id, query=query)
        return await self._client.send(call)

    # -- changing ------------------------------------------------------------------------------------------------

    async def update(self, bodies: SubscriptionBody | Iterable[SubscriptionBody]) -> Batch[SubscriptionChange]:
        """Changes subscriptions, 50 a call. FastSpring: /subscriptions, Update subscription instances.

        Not sent twice, since a prorated change charges: after a lost answer the subscriptions are read back, and a
        change that shows is `settled`; one that does not, or cannot be compared, fails with `UnknownOutcomeError`.

        Raises:
            UsageError: a body has faults, or a subscription is there twice; nothing was sent.
            AuthError: the credentials are not accepted, and nothing was changed.
        """
        listed = bodies_by_id(bodies, SubscriptionBody, lambda body: body.subscription)

        async def look(ids: tuple[str, ...]) -> Mapping[str, bool | None]:
            found = await self.get(ids)
            return {each.key: settling.updated(listed[each.key], each) for each in found.items if each.key in listed}

        return await self._change("subscriptions.update", listed, look)

    async def preview(self, bodies: SubscriptionBody | Iterable[SubscriptionBody]) -> Batch[SubscriptionChange]:
        """What changes would cost; nothing is changed. FastSpring: /subscriptions, Preview prorated changes.

        Returns:
            For each subscription its `proration`, by the vendor's keys.

        Raises:
            UsageError: a body has faults, or a subscription is there twice; nothing was sent.
        """
        listed = bodies_by_id(bodies, SubscriptionBody, lambda body: body.subscription)
        previews = {id: {**_members(body), "preview": True} for id, body in listed.items()}
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
        listed = {id: {"subscription": id, "deactivation": None} for id in ([ids] if isinstance(ids, str) else ids)}
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
        listed = {id: {"subscription": id} for id in ([ids] if isinstance(ids, str) else ids)}
        return await self._change("subscriptions.charge", listed, None)

    async def pause(self, id: str, *, periods: int) -> Subscription:
        """Pauses a subscription. Not sent twice. FastSpring: /subscriptions, Pause a subscription.

        Args:
            periods: for so many billing periods.

        Raises:
            MissingError, RejectedError: in the vendor's words.
            UnknownOutcomeError: the answer was lost, and reading back did not tell.
        """
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
        found = await self.get(ids)
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


def _members(body: SubscriptionBody) -> dict[str, Any]:
    names = zip(body.__struct_encode_fields__, body.__struct_fields__, strict=True)
    found = {key: getattr(body, name) for key, name in names}
    return {key: value for key, value in found.items() if value is not msgspec.UNSET}
