"""What the families share: batches that change something, settling lost answers, and lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar, cast

from commerce_async.errors import (
    AuthError,
    CommerceError,
    DecodeError,
    NetworkError,
    TemporaryError,
    UnknownOutcomeError,
    UsageError,
)
from commerce_async.http.call import Call
from commerce_async.http.client import Client
from commerce_async.store import Batch, Failure
from fastspring_async import calls, operations
from fastspring_async.bodies import Body
from fastspring_async.calls.families import Several
from fastspring_async.calls.sending import encoded
from fastspring_async.fetch import gather, missing_as
from fastspring_async.wire import Answers

R = TypeVar("R")
T = TypeVar("T")
B = TypeVar("B", bound=Body)

Look: TypeAlias = Callable[[tuple[str, ...]], Awaitable[Mapping[str, bool | None]]]
"""Reads things back: True if a change shows in one, False if it does not, None if that cannot be seen."""


def listed_ids(ids: str | Iterable[str]) -> list[str]:
    """One id or several, each once, in order."""
    return [ids] if isinstance(ids, str) else list(dict.fromkeys(ids))


def by_id(drafts: B | Iterable[B], kind: type[B], name: Callable[[B], str]) -> dict[str, B]:
    """One draft or several, by the id that each is about.

    Raises:
        UsageError: there are faults, or an id is there twice; `.fields` has all of them by id and field.
    """
    listed = [drafts] if isinstance(drafts, kind) else list(cast("Iterable[B]", drafts))
    found: dict[str, B] = {}
    faults: dict[str, str] = {}
    for number, draft in enumerate(listed):
        id = str(name(draft)) or f"[{number}]"
        faults |= {f"{id}.{field}": words for field, words in draft.faults().items()}
        if id in found:
            faults[id] = "is there twice; make it one"
        found[id] = draft
    if faults:
        raise UsageError("nothing was sent: there are faults", fields=faults)
    return found


def posted(plural: str, members: Iterable[object]) -> bytes:
    """`{"subscriptions": […]}` as JSON."""
    return encoded({plural: list(members)})


def batch_of(found: Several) -> Batch[Any]:
    """The members of a list; those that cannot be read are failures, by their id or else ""."""
    failed = tuple(Failure(bad.id or "", DecodeError(bad.reason)) for bad in found.unreadable)
    return Batch(found.items, (), failed)


def joined(parts: Iterable[tuple[str, ...]], results: Iterable[Batch[T] | CommerceError]) -> Batch[T]:
    """Batches of chunks as one; a chunk whose call failed for good puts its ids in `failed`.

    Raises:
        AuthError, UsageError: no chunk can succeed.
    """
    whole = Batch[T](())
    for ids, result in zip(parts, results, strict=True):
        if isinstance(result, AuthError | UsageError):
            raise result
        if isinstance(result, CommerceError):
            result = Batch[T]((), failed=tuple(Failure(id, result) for id in ids))
        whole = Batch(whole.items + result.items, whole.missing + result.missing, whole.failed + result.failed)
    return whole


# -- changing several ----------------------------------------------------------------------------------------


async def change_each(
    client: Client,
    ids: str | Iterable[str],
    make: Callable[[tuple[str, ...]], Call[Answers[R]]],
    *,
    look: Look | None = None,
    done: Callable[[str], R] | None = None,
) -> Batch[R]:
    """Sends a change of several things, 50 a call, the calls side by side.

    Args:
        make: the call for one chunk of ids.
        look: how the things are read back if an answer is lost.
        done: what stands for a change that reading back showed.

    Raises:
        AuthError: the credentials are not accepted, and nothing was changed.
        UsageError: an id that cannot stand in a list; nothing was sent.
    """

    async def ask(part: tuple[str, ...]) -> Answers[R]:
        try:
            return await missing_as(client.send(make(part)), part)
        except UnknownOutcomeError as lost:
            if look is None or done is None:
                raise
            return await _settled_each(part, lost, look, done)

    return await gather(client, calls.chunks(listed_ids(ids)), ask, writes=True)


async def _settled_each(
    ids: tuple[str, ...], lost: UnknownOutcomeError, look: Look, done: Callable[[str], R]
) -> Answers[R]:
    try:
        shown = await look(ids)
    except CommerceError as error:
        _note(lost, error)
        return Answers(failed=dict.fromkeys(ids, lost))
    return Answers(
        found={id: done(id) for id in ids if shown.get(id)},
        failed={id: not_done(lost) if shown.get(id) is False else lost for id in ids if not shown.get(id)},
    )


# -- settling one --------------------------------------------------------------------------------------------


async def settled(client: Client, call: Call[T], look: Callable[[], Awaitable[T | None]]) -> T:
    """Sends a change; if its answer is lost, reads back whether it was carried out.

    Args:
        look: what there is now, if the change shows in it; None if it does not; raises if that cannot be told.

    Raises:
        UnknownOutcomeError: the answer was lost, and reading back did not tell either.
        TemporaryError: it was not carried out, as reading back showed; it may be sent again.
        CommerceError: whatever else the call raised.
    """
    try:
        return await client.send(call)
    except UnknownOutcomeError as lost:
        try:
            found = await look()
        except CommerceError as error:
            _note(lost, error)
            raise lost from lost.__cause__
        if found is None:
            raise not_done(lost) from lost  # its own cause is what lost the answer
        return found


def not_done(lost: UnknownOutcomeError) -> CommerceError:
    """The error for a change that reading back does not show.

    It may be sent again only where the table says so of its kind: the vendor refuses it the second time, or it then
    changes nothing. Of others the outcome stays unknown, since it may still be on its way.
    """
    row = operations.find(lost.operation or "")
    harmless = row is not None and row.harmless
    kind: type[CommerceError] = UnknownOutcomeError
    if harmless:
        kind = type(lost.__cause__) if isinstance(lost.__cause__, TemporaryError) else NetworkError
    found = "was not carried out; it may be sent again" if harmless else "does not show so far"
    error = kind(
        f"{lost.message} Read back, it {found}.",
        store=lost.store,
        operation=lost.operation,
        method=lost.method,
        path=lost.path,
        status=lost.status,
        attempts=lost.attempts,
        safe_to_retry=harmless,
    )
    error.__cause__ = lost
    return error


def _note(lost: UnknownOutcomeError, error: CommerceError) -> None:
    lost.add_note(f"reading it back failed too: {error}")
