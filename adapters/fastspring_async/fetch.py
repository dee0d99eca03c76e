"""Reading records by id: chunks at once, every id accounted for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

import anyio

from commerce_async.errors import (
    AuthError,
    CommerceError,
    DecodeError,
    FinalError,
    MissingError,
    RejectedError,
    UsageError,
)
from commerce_async.http.client import Client
from commerce_async.schema import Unreadable
from commerce_async.store import Batch, Failure
from fastspring_async import calls
from fastspring_async.wire import Answers, Kind, Shape

R = TypeVar("R")

_SILENT = "the vendor's reply does not speak of this id"


class Fetcher(Generic[R]):
    """Reads one kind of record.

    Args:
        client: the way to the network.
        kind: what it is called in paths and replies.
        shape: how a record is read.
    """

    def __init__(self, client: Client, kind: Kind, shape: Shape[R]) -> None:
        self._client = client
        self._kind = kind
        self._shape = shape

    async def get(self, id: str) -> R:
        """One record.

        Raises:
            MissingError: the vendor says that it is not there.
            UsageError: an id that cannot stand in a URL.
        """
        return await self._client.send(calls.one(self._kind, id, self._shape))

    async def get_many(self, ids: str | Iterable[str]) -> Batch[R]:
        """Many records, chunks of them at once; order kept, repeated ids asked once.

        A chunk whose call fails for good puts its ids in `failed`, with that error.

        Raises:
            AuthError: no chunk can succeed.
            UsageError: an id that cannot stand in a URL; nothing was sent.
        """
        asked = [ids] if isinstance(ids, str) else list(dict.fromkeys(ids))
        parts = calls.chunks(asked)
        results: list[Answers[R] | CommerceError] = [Answers[R]() for _ in parts]

        async def fetch(number: int) -> None:
            try:
                results[number] = await self.answers(parts[number])
            except CommerceError as error:
                results[number] = error

        if len(parts) == 1:
            await fetch(0)
        else:
            async with anyio.create_task_group() as group:
                for number in range(len(parts)):
                    group.start_soon(fetch, number)
        return self._batch(parts, results)

    async def answers(self, ids: tuple[str, ...]) -> Answers[R]:
        """What became of each id of one chunk. Ids that a reply leaves out are asked again while that helps.

        Raises:
            CommerceError: the call failed.
        """
        answers = await self._ask(ids)
        asked = len(ids)
        while 0 < len(answers.unanswered) < asked:
            asked = len(answers.unanswered)
            try:
                answers |= await self._ask(answers.unanswered)
            except (RejectedError, MissingError, DecodeError):
                break  # they stay unanswered; what the first reply gave is kept
        return answers

    async def _ask(self, ids: tuple[str, ...]) -> Answers[R]:
        try:
            return await self._client.send(calls.many(self._kind, ids, self._shape))
        except MissingError:
            if len(ids) > 1:
                raise  # "not found" about one of them, and it does not say which
            return Answers(missing=ids)

    async def page(self, ids: tuple[str, ...]) -> tuple[tuple[R, ...], tuple[Unreadable, ...], tuple[str, ...]]:
        """A page of a list by its ids: the records, what cannot be read, and ids that are not there any more."""
        answers = Answers[R]()
        for part in calls.chunks(ids):
            answers |= await self.answers(part)
        items = tuple(answers.found[id] for id in ids if id in answers.found)
        refused = (Unreadable(id=id, reason=no.message, raw=no.raw) for id, no in answers.refused.items())
        silent = (Unreadable(id=id, reason=_SILENT, raw=b"") for id in answers.unanswered)
        return items, (*answers.unreadable.values(), *refused, *silent), answers.missing

    def _batch(self, parts: list[tuple[str, ...]], results: list[Answers[R] | CommerceError]) -> Batch[R]:
        items: list[R] = []
        missing: list[str] = []
        failed: list[Failure] = []
        for part, result in zip(parts, results, strict=True):
            if isinstance(result, AuthError | UsageError):
                raise result
            if isinstance(result, CommerceError):
                failed += (Failure(id, result) for id in part)
            else:
                items += (result.found[id] for id in part if id in result.found)
                missing += (id for id in part if id in result.missing)
                errors = self._errors(result)
                failed += (Failure(id, errors[id]) for id in part if id in errors)
        return Batch(tuple(items), tuple(missing), tuple(failed))

    def _errors(self, answers: Answers[R]) -> dict[str, FinalError]:
        """Why each id that failed did, as an error."""
        store = self._client.store
        return {
            **{id: RejectedError(no.message, store=store, fields=no.fields) for id, no in answers.refused.items()},
            **{id: DecodeError(bad.reason, store=store) for id, bad in answers.unreadable.items()},
            **{id: DecodeError(_SILENT, store=store) for id in answers.unanswered},
        }
