"""Looks records up that webhooks are about, so many calls a second and no more, however many webhooks come."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Protocol, TypeAlias

from aiolimiter import AsyncLimiter

from commerce_async.errors import CommerceError, MissingError
from commerce_async.store import Batch

_A_CALL: Final = 100

_Waiting: TypeAlias = "dict[int, asyncio.Future[Any]]"


class Selects(Protocol):
    """What is needed of a resource of `sparkpay_async.Api`."""

    async def select_many(self, ids: Any, *, fresh: bool = False) -> Batch[Any]:
        """Records by id."""
        ...


class Resources(Protocol):
    """What is needed of `sparkpay_async.Api`."""

    def resource(self, name: str) -> Selects:
        """A resource by its name in the path."""
        ...


class Lookups:
    """Reads records past every cache. Those that wait for their turn go together, up to 100 in a call.

    Only a call that has not gone out yet is shared, so each record is as it was after it was asked for.

    Args:
        rate: calls a second.
    """

    def __init__(self, api: Resources, rate: float) -> None:
        self._api = api
        self._turn = AsyncLimiter(1, 1 / rate)
        self._waiting: dict[str, _Waiting] = {}
        self._task: asyncio.Task[None] | None = None

    async def read(self, resource: str, id: int) -> Any:
        """The record.

        Raises:
            MissingError: the store does not have it.
            CommerceError: it cannot be read.
        """
        waiting = self._waiting.setdefault(resource, {})
        found = waiting.get(id)
        if found is None:
            found = waiting[id] = asyncio.get_running_loop().create_future()
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await asyncio.shield(found)  # one who gives up does not take it from the others

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._turn.acquire()
                resource, waiting = next(iter(self._waiting.items()))
                del self._waiting[resource]
                some = dict(list(waiting.items())[:_A_CALL])
                if rest := {id: each for id, each in waiting.items() if id not in some}:
                    self._waiting[resource] = rest  # behind the other resources
                await self._select(resource, some)
        finally:
            self._task = None

    async def _select(self, resource: str, wanted: _Waiting) -> None:
        try:
            batch = await self._api.resource(resource).select_many(list(wanted), fresh=True)
        except Exception as error:  # whatever it was: those who wait must hear of it
            _fail(wanted, wanted, error)
            return
        for record in batch.items:
            if (found := wanted.get(record.id)) is not None:
                found.set_result(record)
        failed: dict[int, CommerceError] = {int(each.id): each.error for each in batch.failed}
        for id, error in failed.items():
            _fail(wanted, (id,), error)
        for id in wanted:
            _fail(wanted, (id,), MissingError(f"{resource} {id} is not there", operation=f"{resource}.select_many"))


def _fail(wanted: _Waiting, ids: Any, error: Exception) -> None:
    for id in ids:
        found = wanted[id]
        if not found.done():
            found.set_exception(error)
            found.exception()  # so that nobody complains if all who waited have gone
