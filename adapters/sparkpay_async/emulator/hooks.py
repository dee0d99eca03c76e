"""Delivers events to the URLs registered at /webhooks: once, unsigned, with three seconds to answer.

Spark Pay: Webhooks. The pages document no signature and no retry; a failure is ignored, or another URL is called.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import aiohttp

from . import replies
from .tables import Table
from .values import Record


class Delivery(NamedTuple):
    """One post. `status` is None if no answer came in time."""

    event_type: str
    url: str
    status: int | None
    body: bytes


class Hooks:
    """All registered webhooks.

    Attributes:
        timeout: seconds until an answer counts as none.
        deliveries: every post made.
        errors: failures that `failure_type` "Error" shows to the shop's users.
    """

    def __init__(self, table: Callable[[], Table]) -> None:
        self.timeout = 3.0
        self.deliveries: list[Delivery] = []
        self.errors: list[Delivery] = []
        self._table = table
        self._client: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, type: str, store: int | None, body: Record) -> None:
        """Posts an event to every webhook of its type and store."""
        table = self._table()
        hooks = [record for id in table.ids() if (record := table.get(id)) and record["event_type"] == type]
        if not hooks or self._client is None:
            return
        data = replies.encode(body)
        for hook in hooks:
            if not hook["store_id"] or store is None or hook["store_id"] == store:
                task = asyncio.create_task(self._deliver(self._client, hook, data))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Waits until every post is answered or given up."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Ends all deliveries, finished or not."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def start(self) -> None:
        """Events before this are lost."""
        self._client = aiohttp.ClientSession()

    async def _deliver(self, client: aiohttp.ClientSession, hook: Record, data: bytes) -> None:
        delivery = await self._post(client, hook["event_type"], hook["url"], data)
        if delivery.status is not None and delivery.status < 400:
            return
        if hook["failure_type"] == "Fallback" and hook["fallback_url"]:
            await self._post(client, hook["event_type"], hook["fallback_url"], data)
        elif hook["failure_type"] == "Error":
            self.errors.append(delivery)

    async def _post(self, client: aiohttp.ClientSession, type: str, url: str, data: bytes) -> Delivery:
        status = None
        try:
            headers = {"Content-Type": "application/json"}
            limit = aiohttp.ClientTimeout(total=self.timeout)
            async with client.post(url, data=data, headers=headers, timeout=limit) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            status = None
        delivery = Delivery(type, url, status, data)
        self.deliveries.append(delivery)
        return delivery
