"""/data/v1: reports, jobs and their downloads. /webhooks/keys."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.replies import broken_rules, reply
from fastspring_async.emulator.routes.bodies import items, mapping, posted, text

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_GONE = "Resource does not exist."
_LONGEST_KEY = 100


class Data:
    """/data/v1 and /webhooks/keys."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/data/v1/{kind:subscription|revenue}", self.report),
            web.get("/data/v1/jobs", self.jobs),
            web.get("/data/v1/jobs/{id}", self.job),
            web.get("/data/v1/downloads/{id}", self.download),
            web.get("/data/v1/util/cache", self.cache),
            web.post("/webhooks/keys", self.keys),
        ]

    async def report(self, request: web.Request) -> web.Response:
        """Rows at once, or with `async` a job that makes them. Without `filter` it is a 500."""
        world, body, kind = self._emulator.world, await posted(request), request.match_info["kind"]
        if "filter" not in body:
            rule = {"errorCode": "NULL", "field": "filter", "message": "must not be null", "rejectedValue": None}
            return broken_rules(request.path, "Internal error", [rule], status=500)
        rows = self._revenue() if kind == "revenue" else self._subscriptions()
        columns = [str(each) for each in items(body.get("reportColumns"))]
        if columns:
            rows = [{name: row.get(name) for name in columns} for row in rows]
        if not body.get("async"):
            size, page = int(body.get("pageCount") or len(rows) or 1), int(body.get("pageNumber") or 1)
            return reply({"report": rows[(page - 1) * size : page * size], "request": body})
        job = world.add("job", lambda identity: self._job(identity, kind, rows))
        world.wrote("data.job", job["id"])
        return reply(_shown(job))

    async def jobs(self, request: web.Request) -> web.Response:
        """Every job, in a bare array."""
        return reply([_shown(job) for job in self._emulator.world.things.get("job", {}).values()])

    async def job(self, request: web.Request) -> web.Response:
        """A job by id."""
        job = self._emulator.world.thing("job", request.match_info["id"])
        return broken_rules(request.path, _GONE, [], status=404) if job is None else reply(_shown(job))

    async def download(self, request: web.Request) -> web.Response:
        """A job's rows as CSV."""
        job = self._emulator.world.thing("job", request.match_info["id"])
        if job is None:
            return broken_rules(request.path, _GONE, [], status=404)
        rows: list[dict[str, Any]] = job["rows"]
        lines = [",".join(rows[0])] if rows else []
        lines += [",".join("" if value is None else str(value) for value in row.values()) for row in rows]
        return web.Response(text="\n".join(lines) + "\n", content_type="text/csv")

    async def cache(self, request: web.Request) -> web.Response:
        """Empties the reports' cache."""
        return web.Response(text="Cache reset success")

    async def keys(self, request: web.Request) -> web.Response:
        """Sets the secret that signs what is sent to a webhook's URL."""
        world, body = self._emulator.world, await posted(request)
        url, secret = text(body.get("url")), body.get("hmacSecret")
        good = isinstance(secret, str) and 0 < len(secret) <= _LONGEST_KEY
        if url is None or not good:
            # The member that is right is there too, and null.
            error = {
                "url": "url is required" if url is None else None,
                "hmacSecret": None if good else f"hmacSecret must have 1 to {_LONGEST_KEY} characters",
            }
            return reply({"action": "webhooks.update", "result": "error", "error": error}, status=400)
        for receiver in world.webhooks.receivers:
            if receiver.url == url:
                receiver.secret = secret
        world.shop.tick()
        world.wrote("webhooks.update", url)
        return reply({"url": url, "action": "webhooks.update", "result": "success"})

    def _revenue(self) -> list[dict[str, Any]]:
        """What was sold, by currency."""
        shop, sums = self._emulator.shop, dict[str, Decimal]()
        for number in range(shop.plans.count):
            plan = shop.plans.plan(number)
            if plan.status == "completed":
                currency = shop.receipts.people.country(plan.buyer).currency
                sums[currency] = sums.get(currency, Decimal()) + shop.order_total(number)
        return [{"currency": currency, "net_sales": total} for currency, total in sorted(sums.items())]

    def _subscriptions(self) -> list[dict[str, Any]]:
        found, subscriptions = list[dict[str, Any]](), self._emulator.world.subscriptions
        for identity in map(subscriptions.identity, subscriptions.numbers()):
            record = mapping(subscriptions.get(identity))
            found.append(
                {"subscription_id": identity, "product_path": record["product"], "subscription_status": record["state"]}
            )
        return found

    def _job(self, identity: str, kind: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        made = self._emulator.iso_in(0)
        link = f"{self._emulator.url}/data/v1/downloads/{identity}"
        head = {"id": identity, "name": f"{kind} report", "status": "COMPLETED", "created": made}
        return {**head, "started": made, "finished": made, "downloadUrl": link, "rows": rows}


def _shown(job: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in job.items() if name != "rows"}
