"""What the families share: batches that change something, settling lost answers, and lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Generic, TypeAlias, TypeVar, cast

from commerce_async.errors import (
    CommerceError,
    DecodeError,
    NetworkError,
    RejectedError,
    TemporaryError,
    UnknownOutcomeError,
    UsageError,
)
from commerce_async.http.call import Call
from commerce_async.http.client import Client
from commerce_async.http.pager import Page, Pager
from commerce_async.schema import Unreadable
from commerce_async.schema.lenient import one_line
from commerce_async.store import Batch, Failure
from fastspring_async import calls, operations
from fastspring_async.bodies import Body
from fastspring_async.calls.families import Several, bare_id, listed
from fastspring_async.calls.sending import encoded
from fastspring_async.fetch import Fetcher, gather, missing_as, unreadable
from fastspring_async.wire import Answers, Envelope, Kind, Shape

R = TypeVar("R")
T = TypeVar("T")
B = TypeVar("B", bound=Body)

Look: TypeAlias = Callable[[tuple[str, ...]], Awaitable[Mapping[str, bool | None]]]
"""Reads things back: True if a change shows in one, False if it does not, None if that cannot be seen."""


def listed_ids(ids: str | Iterable[str]) -> list[str]:
    """One id or several, each once, in order."""
    return [ids] if isinstance(ids, str) else list(dict.fromkeys(ids))


def bodies_by_id(bodies: B | Iterable[B], kind: type[B], name: Callable[[B], str]) -> dict[str, B]:
    """One body or several, by the id that each is about.

    Raises:
        UsageError: there are faults, or an id is there twice; `.fields` has all of them by id and field.
    """
    listed = [bodies] if isinstance(bodies, kind) else list(cast("Iterable[B]", bodies))
    found: dict[str, B] = {}
    faults: dict[str, str] = {}
    for number, body in enumerate(listed):
        id = str(name(body)) or f"[{number}]"
        faults |= {f"{id}.{field}": words for field, words in body.faults().items()}
        if id in found:
            faults[id] = "is there twice; make it one"
        found[id] = body
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


# -- lists ---------------------------------------------------------------------------------------------------


class Listing(Generic[R]):
    """A list of one kind, page by page, whatever the vendor puts into it: ids, `{"account": id}`, or full objects.

    Ids are completed by batches. If the vendor says that this list has no pages, it is read in one call.

    Args:
        name: the operation.
        query: the filter.
        size: records per page.
    """

    def __init__(
        self,
        client: Client,
        fetcher: Fetcher[R],
        shape: Shape[R],
        name: str,
        query: tuple[tuple[str, str], ...],
        *,
        page: int | None,
        size: int,
        resume: str | None,
    ) -> None:
        self._client = client
        self._fetcher = fetcher
        self._shape = shape
        self._name = name
        self._kind: Kind = operations.operation(name).kind
        self._query = query
        self._start = (1 if page is None else page) if resume is None else page_number(resume)
        self._size = size
        self._paged = True
        listed(name, query, page=self._start, limit=size)  # refuses what cannot be sent here, not on first use

    def records(self) -> Pager[R]:
        """The list's objects."""
        first = self._shape.names
        return Pager(self._objects, start=self._start, key=lambda record: first(record)[0], token=str(self._start))

    def ids(self) -> Pager[str]:
        """The list's ids, without completing them."""
        return Pager(self._ids, start=self._start, key=str, token=str(self._start))

    async def _objects(self, number: int) -> Page[R]:
        envelope = await self._fetch(number)
        records = [bytes(raw) for raw in envelope.records]
        bare = [bare_id(raw, self._kind) for raw in records]
        wanted = tuple(dict.fromkeys(id for id in bare if id is not None))
        answers = await self._fetcher.complete(wanted) if wanted else Answers[R]()
        items: list[R] = []
        bad: list[Unreadable] = []
        for raw, id in zip(records, bare, strict=True):
            if id is not None:
                items += (answers.found[each] for each in (id,) if each in answers.found)
                continue
            try:
                items.append(self._shape.read(raw))
            except (ValueError, ArithmeticError, RecursionError) as error:
                bad.append(Unreadable(id=self._shape.identify(raw), reason=one_line(error), raw=raw))
        return self._page(envelope, number, tuple(items), (*bad, *unreadable(answers)), answers.missing)

    async def _ids(self, number: int) -> Page[str]:
        envelope = await self._fetch(number)
        items: list[str] = []
        bad: list[Unreadable] = []
        for raw in map(bytes, envelope.records):
            if id := bare_id(raw, self._kind) or self._shape.identify(raw):
                items.append(id)
            else:
                bad.append(Unreadable(id=None, reason="expected an id", raw=raw))
        return self._page(envelope, number, tuple(items), tuple(bad), ())

    def _page(
        self, envelope: Envelope, number: int, items: tuple[T, ...], bad: tuple[Unreadable, ...], gone: tuple[str, ...]
    ) -> Page[T]:
        more = envelope.next_page if envelope.records and (envelope.next_page or 0) > number else None
        token = None if more is None else str(more)
        return Page(items=items, next=more, token=token, unreadable=bad, total=envelope.total, missing=gone)

    async def _fetch(self, number: int) -> Envelope:
        if not self._paged:
            return await self._plain(number)
        try:
            return await self._client.send(listed(self._name, self._query, page=number, limit=self._size))
        except RejectedError as error:
            if number != self._start or not _about_paging(error):
                raise
            self._paged = False
            return await self._plain(number)

    async def _plain(self, number: int) -> Envelope:
        """The list without a page size, and for the first page without a page: as the vendor gives it by itself."""
        return await self._client.send(listed(self._name, self._query, page=number if number > 1 else None))


def _about_paging(error: RejectedError) -> bool:
    return not {"page", "limit"}.isdisjoint(error.fields) or "pagination is not supported" in error.message.lower()


def page_number(token: str) -> int:
    """The page that a resume token names.

    Raises:
        UsageError: it is none.
    """
    if not (token.isascii() and token.isdigit() and 0 < len(token) < 10 and int(token)):
        raise UsageError(f"resume: {token[:40]!r} is not a token of this list")
    return int(token)
