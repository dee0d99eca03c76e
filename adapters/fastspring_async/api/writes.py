"""Sending what is written: requests side by side, everything that was to be written accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from commerce_async.errors import MissingError
from commerce_async.http.client import Client
from commerce_async.http.doubt import Doubt
from commerce_async.store import Batch
from fastspring_async.drafting.results import Written
from fastspring_async.drafting.writes import Write
from fastspring_async.fetch import gather
from fastspring_async.wire import Answers


async def send(client: Client, writes: Sequence[Write], order: Iterable[str]) -> Batch[Written]:
    """Sends them side by side.

    A request that fails for good puts its ids in `failed`, with that error; what others wrote stays told.

    Args:
        order: the ids in the order in which they are to be told.

    Raises:
        AuthError: the credentials are not accepted, and nothing was written.
        UsageError: the store is not open.
    """
    by_ids = {write.ids: write for write in writes}

    async def ask(ids: tuple[str, ...]) -> Answers[Written]:
        return await _ask(client, by_ids[ids])

    batch = await gather(client, list(by_ids), ask, writes=True)
    place = {id: number for number, id in enumerate(order)}
    return Batch(
        items=tuple(sorted(batch.items, key=lambda done: place[done.id])),
        missing=tuple(sorted(batch.missing, key=lambda id: place[id])),
        failed=tuple(sorted(batch.failed, key=lambda failure: place[failure.id])),
    )


async def _ask(client: Client, write: Write) -> Answers[Written]:
    doubt = Doubt()
    watched = client.with_options(hooks=(*client.options.hooks, doubt)) if write.removes else client
    try:
        answers = await watched.send(write.call)
    except MissingError:
        if len(write.ids) > 1:
            raise  # "not found" about one of them, and it does not say which
        answers = Answers[Written](missing=write.ids)
    if not doubt:
        return answers
    # Not there after a try whose answer was lost: that try did it, or there was nothing to do.
    settled = {id: Written(id=id, settled=True) for id in answers.missing}
    return replace(answers, found=answers.found | settled, missing=())
