"""/subscriptions: update, cancel, charge, pause, resume."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.forms import times
from fastspring_async.emulator.replies import failure, reply, success
from fastspring_async.emulator.routes.bodies import posted, posted_items
from fastspring_async.emulator.routes.numbers import ids
from fastspring_async.emulator.routes.subscriptions import MISSING
from fastspring_async.emulator.subscription_rules import Change
from fastspring_async.emulator.words import Country

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_CANCELED = "The subscription is already canceled"
_NOT_ADHOC = "Renew can only be performed for 'Adhoc' subscriptions."
_EXPIRED = "EXPIRED_CARD"


class SubscriptionWrites:
    """Changes of subscriptions."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/subscriptions", self.update),
            web.post("/subscriptions/charge", self.charge),
            web.post("/subscriptions/{id}", self.update_one),
            web.post("/subscriptions/{id}/pause", self.pause),
            web.post("/subscriptions/{id}/resume", self.resume),
            web.delete("/subscriptions/{ids}", self.cancel),
        ]

    async def update(self, request: web.Request) -> web.Response:
        """Changes subscriptions, each on its own."""
        return self._update(await posted_items(request, "subscriptions"))

    async def update_one(self, request: web.Request) -> web.Response:
        """The same for one, as pages of 2024 have it for taking back a cancellation."""
        body, identity = await posted(request), request.match_info["id"]
        wanted = await posted_items(request, "subscriptions") if "subscriptions" in body else [body]
        return self._update([{"subscription": identity, **each} for each in wanted])

    def _update(self, wanted: Iterable[dict[str, Any]]) -> web.Response:
        members = [self._changed(each) for each in wanted]
        # Where some were changed the others' errors are inside a 200.
        failed = members and all("error" in each for each in members)
        return reply({"subscriptions": members}, status=self._emulator.dialect.error_status if failed else 200)

    def _changed(self, wanted: dict[str, Any]) -> dict[str, Any]:
        world, action, identity = self._emulator.world, "subscription.update", wanted.get("subscription")
        record = world.subscriptions.get(identity) if isinstance(identity, str) else None
        if record is None or not isinstance(identity, str):
            return failure(action, "subscription", identity, {"subscription": MISSING})
        change = Change(world, record, wanted, self._country(identity))
        if change.errors:
            return failure(action, "subscription", identity, change.errors)
        member = success(action, "subscription", identity)
        if wanted.get("preview"):
            return {**member, "prorated": bool(wanted.get("prorate")), "proration": change.proration()}
        what = "uncanceled" if change.uncancels else "addons" if "addons" in wanted else "updated"
        world.subscriptions.change(identity, change.members, what)
        world.wrote(action, identity)
        world.subscription_changed(identity, "uncanceled" if change.uncancels else "updated")
        return member

    async def cancel(self, request: web.Request) -> web.Response:
        """Cancels subscriptions at the end of their periods, with `billingPeriod=0` at once."""
        emulator, action = self._emulator, "subscription.cancel"
        now, members = request.query.get("billingPeriod", "1") == "0", list[dict[str, Any]]()
        for identity in ids(request.match_info["ids"]):
            record = emulator.world.subscriptions.get(identity)
            gone = record is not None and record["state"] in (("deactivated",) if now else ("canceled", "deactivated"))
            if record is None or gone:
                error = {"subscription": MISSING if record is None else _CANCELED}
                member = failure(action, "subscription", identity, error)
                members.append({**member, "result": emulator.dialect.cancel_error_result})
                continue
            self._end(identity, record, at_once=now)
            members.append(success(action, "subscription", identity))
        bad = any("error" in each for each in members)
        return reply({"subscriptions": members}, status=400 if bad else 200)

    def _end(self, identity: str, record: dict[str, Any], *, at_once: bool) -> None:
        world = self._emulator.world
        now = world.now
        ends = now if at_once else record["next"] or now
        changes = times("canceledDate", record["canceledDate"] or now) | times("deactivationDate", ends)
        changes |= times("end", ends) | times("nextChargeDate", None) | {"autoRenew": False}
        changes |= (
            {"state": "deactivated", "active": False, **times("next", None)} if at_once else {"state": "canceled"}
        )
        world.subscriptions.change(identity, changes, "canceled")
        world.wrote("subscription.cancel", identity)
        before = () if record["state"] == "canceled" else ("canceled",)
        world.subscription_changed(identity, *before, *(("deactivated",) if at_once else ()))

    async def charge(self, request: web.Request) -> web.Response:
        """Renews managed subscriptions now. The list of a 200 has another name than that of an error."""
        members = [self._charged(each) for each in await posted_items(request, "subscriptions")]
        if any("error" in each for each in members):
            return reply({"subscriptions": members}, status=400)
        return reply({self._emulator.dialect.charge_key: members})

    def _charged(self, wanted: dict[str, Any]) -> dict[str, Any]:
        emulator, world, action = self._emulator, self._emulator.world, "subscription.charge"
        identity = str(wanted.get("subscription"))
        record, root = world.subscriptions.get(identity), world.subscriptions.number(identity)
        if record is None or root is None:
            return failure(action, "subscription", identity, {"subscription": MISSING})
        if not record["adhoc"] or not record["active"]:
            return failure(action, "subscription", identity, {"subscription": _NOT_ADHOC})
        if identity in emulator.expired_cards:
            world.subscription_changed(identity, "charge.failed")
            return failure(action, "subscription", identity, {"subscription": _EXPIRED})
        world.wrote(action, identity)
        emulator.renew(identity)
        return success(action, "subscription", identity)

    async def pause(self, request: web.Request) -> web.Response:
        """Skips so many periods."""
        identity, count = request.match_info["id"], (await posted(request)).get("pausePeriodCount")
        record = self._emulator.world.subscriptions.get(identity)
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            return self._not_changed("pause", identity, "pausePeriodCount must be a positive number")
        if record is None:
            return self._not_changed("pause", identity, MISSING)
        if record["state"] != "active" or record.get("isPauseScheduled"):
            return self._not_changed("pause", identity, "The subscription cannot be paused")
        resumes = self._emulator.world.subscriptions.step(record, count)
        changes = {"isPauseScheduled": True, **times("pauseDate", record["next"]), **times("resumeDate", resumes)}
        return self._shift("pause", "paused", identity, changes)

    async def resume(self, request: web.Request) -> web.Response:
        """Goes on as before a pause."""
        identity = request.match_info["id"]
        record = self._emulator.world.subscriptions.get(identity)
        if record is None or not record.get("isPauseScheduled"):
            words = MISSING if record is None else "The subscription is not paused"
            return self._not_changed("resume", identity, words)
        changes = {"isPauseScheduled": False, **times("pauseDate", None), **times("resumeDate", None)}
        return self._shift("resume", "resumed", identity, changes)

    def _shift(self, verb: str, event: str, identity: str, changes: dict[str, Any]) -> web.Response:
        world = self._emulator.world
        record = world.subscriptions.change(identity, changes, event)
        world.wrote(f"subscriptions.{verb}", identity)
        world.subscription_changed(identity, event)
        return reply(record)

    def _not_changed(self, verb: str, identity: str, message: str) -> web.Response:
        action = f"subscriptions.{verb}"
        return reply(
            failure(action, "subscription", identity, {action: message}), status=self._emulator.dialect.error_status
        )

    def _country(self, identity: str) -> Country:
        return self._emulator.country_of(identity)
