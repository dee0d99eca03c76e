"""/subscriptions: estimate, convert, transfer, and the newer resources below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.replies import broken_rules, failure, reply
from fastspring_async.emulator.routes.bodies import items, mapping, posted
from fastspring_async.emulator.routes.sessions import session_for
from fastspring_async.emulator.routes.subscriptions import MISSING
from fastspring_async.emulator.subscription_rules import Change

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_ONE = "Request must contain a single root object. Please consult API documentation."
_MOST = 20
_REASONS = ("too-expensive", "missing-features", "no-longer-needed")


class SubscriptionMore:
    """What else there is below /subscriptions."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/subscriptions/estimate", self.estimate),
            web.post("/subscriptions/transfer", self.transfer),
            web.post("/subscriptions/{id}/convert", self.convert),
            web.post("/subscriptions/coterm", self.coterm),
            web.route("*", "/subscriptions/coterm/{id}", self.one_coterm),
            web.post("/subscriptions/coterm/{id}/{verb:estimate|execute}", self.one_coterm),
            web.post("/subscriptions/proformaInvoice", self.proforma),
            web.get("/subscriptions/proformaInvoice/{id}", self.one_proforma),
            web.post("/subscriptions/cancelSurvey/response", self.answer_survey),
            web.get("/subscriptions/cancelSurvey/reasons/{id}", self.reasons),
            web.route("*", "/subscriptions/cancelSurvey/response/query", self.answers),
        ]

    async def estimate(self, request: web.Request) -> web.Response:
        """What a change would cost. Takes one object, not a list; its 404 has `status` for `action`."""
        emulator, body = self._emulator, await posted(request)
        identity, action = body.get("subscription"), "subscriptions.estimate.update"
        if not isinstance(identity, str):
            return reply(failure(action, "subscription", None, {"message": _ONE}), status=400)
        record = emulator.world.subscriptions.get(identity)
        if record is None:
            error = {"subscription": identity, "result": "error", "error": {"subscription": MISSING}}
            return reply({"status": action, **error}, status=404)
        change = Change(emulator.world, record, body, emulator.country_of(identity))
        if change.errors:
            return reply(failure(action, "subscription", identity, change.errors), status=400)
        head = {"action": action, "subscription": identity, "result": "success"}
        return reply({**head, **change.proration()})

    async def convert(self, request: web.Request) -> web.Response:
        """Turns a trial without payment into a paid subscription: a session in which the customer pays."""
        world, identity, action = self._emulator.world, request.match_info["id"], "subscription.convert"
        record = world.subscriptions.get(identity)
        if record is None or record["state"] != "trial":
            message = MISSING if record is None else "The subscription is not in trial"
            error = failure(action, "subscription", identity, {action: message})
            return reply(error, status=self._emulator.dialect.error_status)
        item = {"product": record["product"], "quantity": record["quantity"]}
        session = session_for(self._emulator, record["account"], [item], days=1)
        world.wrote(action, identity)
        return reply(session)

    async def transfer(self, request: web.Request) -> web.Response:
        """Gives subscriptions to another account, twenty at most."""
        world, body = self._emulator.world, await posted(request)
        target = str(body.get("accountId") or body.get("targetAccountId") or body.get("account"))
        wanted = [str(each) for each in items(body.get("subscriptions") or body.get("subscriptionIds"))]
        if not wanted or len(wanted) > _MOST or not world.accounts.known(target):
            field = "accountId" if wanted and len(wanted) <= _MOST else "subscriptions"
            rule = {"errorCode": "INVALID", "field": field, "message": f"{field} is not valid", "rejectedValue": None}
            return broken_rules(request.path, "Validation failed", [rule])
        done: list[str] = []
        failed: list[dict[str, Any]] = []
        for identity in wanted:
            if world.subscriptions.get(identity) is None:
                failed.append({"subscriptionId": identity, "errorMessage": MISSING, "errorCode": "NOT_FOUND"})
                continue
            world.subscriptions.change(identity, {"account": target}, "transferred")
            world.wrote("subscription.transfer", identity)
            world.subscription_changed(identity, "updated")
            done.append(identity)
        head = {"status": "200", "timestamp": self._emulator.iso_in(0), "message": "Transfer completed"}
        return reply(
            {**head, "transferredSubscriptions": done, "failedSubscriptions": failed, "remainingSubscriptions": []}
        )

    async def coterm(self, request: web.Request) -> web.Response:
        """Gives subscriptions one date of renewal: the plan for it."""
        body = await posted(request)
        thing = self._emulator.world.add("coterm", lambda identity: {"id": identity, "status": "OPEN", **body})
        self._emulator.world.wrote("coterm.create", thing["id"])
        return reply(thing, status=201)

    async def one_coterm(self, request: web.Request) -> web.Response:
        """Reads, changes, removes, estimates or executes such a plan."""
        world, identity = self._emulator.world, request.match_info["id"]
        plan, verb = world.thing("coterm", identity), request.match_info.get("verb")
        if plan is None:
            return broken_rules(request.path, "Resource does not exist.", [], status=404)
        if request.method == "DELETE":
            del world.things["coterm"][identity]
            world.wrote("coterm.delete", identity)
            return web.Response(status=204)
        if request.method == "POST" and verb != "estimate":
            plan |= {"status": "EXECUTED"} if verb == "execute" else await posted(request)
            world.wrote(f"coterm.{verb or 'update'}", identity)
        elif request.method not in ("GET", "POST"):
            return web.Response(status=405)
        return reply(plan)

    async def proforma(self, request: web.Request) -> web.Response:
        """An invoice for a renewal to come."""
        world, body = self._emulator.world, await posted(request)
        if world.subscriptions.get(str(body.get("subscription") or body.get("subscriptionId"))) is None:
            return broken_rules(request.path, "Resource does not exist.", [], status=404)
        thing = world.add("proforma", lambda identity: {"id": identity, "status": "OPEN", **body})
        world.wrote("proforma.create", thing["id"])
        return reply(thing, status=201)

    async def one_proforma(self, request: web.Request) -> web.Response:
        """Such an invoice, in the language asked for."""
        thing = self._emulator.world.thing("proforma", request.match_info["id"])
        if thing is None:
            return broken_rules(request.path, "Resource does not exist.", [], status=404)
        return reply({**thing, "language": request.query.get("lang", "en")})

    async def answer_survey(self, request: web.Request) -> web.Response:
        """Why a customer cancelled."""
        body = await posted(request)
        thing = self._emulator.world.add("survey", lambda identity: {"id": identity, **body})
        self._emulator.world.wrote("survey.create", thing["id"])
        return reply(thing, status=201)

    async def reasons(self, request: web.Request) -> web.Response:
        """The reasons that the survey offers."""
        shown = [{"id": name, "display": {"en": name}} for name in _REASONS]
        return reply({"id": request.match_info["id"], "reasons": shown})

    async def answers(self, request: web.Request) -> web.Response:
        """What customers answered, by `offset` and `limit`."""
        query = request.query if request.method == "GET" else mapping(await posted(request))
        offset, limit = int(query.get("offset") or 0), int(query.get("limit") or 50)
        found = list(self._emulator.world.things.get("survey", {}).values())
        return reply(
            {"offset": offset, "limit": limit, "total": len(found), "responses": found[offset : offset + limit]}
        )
