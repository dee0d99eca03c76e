"""Reading records by id: chunks at once, every id accounted for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Generic, TypeAlias, TypeVar

import anyio
import msgspec

from commerce_async.errors import (
    AuthError,
    CommerceError,
    DecodeError,
    FinalError,
    MissingError,
    RejectedError,
    UnknownOutcomeError,
    UsageError,
)
from commerce_async.http.call import Call
from commerce_async.http.client import Client
from commerce_async.schema import Unreadable
from commerce_async.store import Batch, Failure
from fastspring_async import calls
from fastspring_async.wire import Answers, Kind, Shape

R = TypeVar("R")
T = TypeVar("T")

_SILENT = "the vendor's reply does not speak of this id"


class Fetcher(Generic[R]):
    """Reads one kind of record.

    Args:
        client: the way to the network.
        kind: what it is called in paths and replies.
        shape: how a record is read.
        many: the call for a chunk of ids; by default that of the kind's own path.
        most: ids a call.
    """

    def __init__(
        self,
        client: Client,
        kind: Kind,
        shape: Shape[R],
        *,
        many: Callable[[tuple[str, ...]], Call[Answers[R]]] | None = None,
        most: int = calls.MOST_IDS,
    ) -> None:
        self._client = client
        self._kind = kind
        self._shape = shape
        self._many = many or partial(calls.many, kind, shape=shape)
        self._most = most

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
        return await gather(self._client, calls.chunks(asked, most=self._most), self.answers)

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
        return await missing_as(self._client.send(self._many(ids)), ids)

    async def complete(self, ids: tuple[str, ...]) -> Answers[R]:
        """What became of ids that a list gave in place of objects; chunks of them at once.

        One that cannot be asked for is unreadable, and holds up no other.

        Raises:
            CommerceError: a call failed.
        """
        answers = Answers[R]()
        try:
            chunks = calls.chunks(ids, most=self._most)
        except UsageError:
            answers.unreadable.update(_unaskable(ids))
            chunks = calls.chunks((id for id in ids if id not in answers.unreadable), most=self._most)
        for result in await side_by_side(chunks, self.answers):
            if isinstance(result, CommerceError):
                raise result
            answers |= result
        return answers

    async def page(self, ids: tuple[str, ...]) -> tuple[tuple[R, ...], tuple[Unreadable, ...], tuple[str, ...]]:
        """A page of a list by its ids: the records, what cannot be read, and ids that are not there any more."""
        answers = await self.complete(ids)
        return tuple(answers.found[id] for id in ids if id in answers.found), unreadable(answers), answers.missing


Ask: TypeAlias = Callable[[tuple[str, ...]], Awaitable[Answers[R]]]
"""Asks for one chunk of ids."""


async def gather(client: Client, parts: list[tuple[str, ...]], ask: Ask[R], *, writes: bool = False) -> Batch[R]:
    """Asks for each chunk, all at once, and puts together what became of each id, in the order of the chunks.

    Args:
        writes: whether something is changed. Then a chunk that was refused for its credentials does not hide what
            others did, and an id that the reply leaves out has an outcome that is not known.

    Raises:
        AuthError: no chunk can succeed.
    """
    results = await side_by_side(parts, ask)
    hopeless = [result for result in results if isinstance(result, AuthError | UsageError)]
    if hopeless and (not writes or len(hopeless) == len(results)):
        raise hopeless[0]
    items: list[R] = []
    missing: list[str] = []
    failed: list[Failure] = []
    for part, result in zip(parts, results, strict=True):
        if isinstance(result, CommerceError):
            failed += (Failure(id, result) for id in part)
        elif len(result.found) == len(part):
            items += [result.found[id] for id in part]  # all that was asked for, as of most chunks
        else:
            items += (result.found[id] for id in part if id in result.found)
            missing += (id for id in part if id in result.missing)
            errors = _errors(client.store, result, UnknownOutcomeError if writes else DecodeError)
            failed += (Failure(id, errors[id]) for id in part if id in errors)
    return Batch(tuple(items), tuple(missing), tuple(failed))


async def missing_as(sent: Awaitable[Answers[R]], ids: tuple[str, ...]) -> Answers[R]:
    """What a call about these ids gave, where "not found" in place of everything is the answer to a single id."""
    try:
        return await sent
    except MissingError:
        if len(ids) > 1:
            raise  # about one of them, and it does not say which
        return Answers(missing=ids)


async def side_by_side(
    parts: list[tuple[str, ...]], ask: Callable[[tuple[str, ...]], Awaitable[T]]
) -> list[T | CommerceError]:
    """Asks for each chunk, all at once; what each gave, in their order."""
    results: dict[int, T | CommerceError] = {}

    async def one(number: int) -> None:
        try:
            results[number] = await ask(parts[number])
        except CommerceError as error:
            results[number] = error

    if len(parts) == 1:
        await one(0)  # as most are, and a task group costs more than it
        return [results[0]]
    async with anyio.create_task_group() as group:
        for number in range(len(parts)):
            group.start_soon(one, number)
    return [results[number] for number in range(len(parts))]


def _unaskable(ids: Iterable[str]) -> dict[str, Unreadable]:
    found: dict[str, Unreadable] = {}
    for id in ids:
        try:
            calls.quoted(id)
        except UsageError as error:
            found[id] = Unreadable(id=id, reason=str(error), raw=msgspec.json.encode(id))
    return found


def unreadable(answers: Answers[R]) -> tuple[Unreadable, ...]:
    """What a list had, and what did not come as a record, with the reason."""
    refused = (Unreadable(id=id, reason=no.message, raw=no.raw) for id, no in answers.refused.items())
    silent = (Unreadable(id=id, reason=_SILENT, raw=b"") for id in answers.unanswered)
    return (*answers.unreadable.values(), *refused, *silent)


def _errors(store: str, answers: Answers[R], unclear: type[FinalError]) -> dict[str, CommerceError]:
    """Why each id that failed did, as an error."""
    return {
        **{id: RejectedError(no.message, store=store, fields=no.fields) for id, no in answers.refused.items()},
        **{id: unclear(bad.reason, store=store) for id, bad in answers.unreadable.items()},
        **{id: unclear(_SILENT, store=store) for id in answers.unanswered},
        **answers.failed,
    }
