"""Lists of `store.api`, page by page."""

from __future__ import annotations

from typing import Generic, TypeVar

from commerce_async.errors import RejectedError, UsageError
from commerce_async.http.client import Client
from commerce_async.http.pager import Page, Pager
from commerce_async.schema import Unreadable
from commerce_async.schema.lenient import one_line
from fastspring_async import operations
from fastspring_async.calls.families import bare_id, listed
from fastspring_async.fetch import Fetcher, unreadable
from fastspring_async.wire import Answers, Envelope, Kind, Shape

R = TypeVar("R")
T = TypeVar("T")


class Listing(Generic[R]):
    """A list of one kind, page by page, whatever the vendor puts into it: ids, `{"account": id}`, or full objects.

    Ids are completed by batches. If the vendor says that this list has no pages, it is read in one call.

    Args:
        shape: how a record is read.
        name: the operation.
        query: the filter.
        page: the page to begin with; None for the first.
        size: records per page; None for as many as the vendor gives by itself.
        resume: the token of an earlier pager, in place of `page`.
        fetcher: what completes ids; None where the vendor lists none.
        first: the number of the vendor's first page.
    """

    def __init__(
        self,
        client: Client,
        shape: Shape[R],
        name: str,
        query: tuple[tuple[str, str], ...],
        *,
        page: int | None = None,
        size: int | None = None,
        resume: str | None = None,
        fetcher: Fetcher[R] | None = None,
        first: int = 1,
    ) -> None:
        self._client = client
        self._fetcher = fetcher
        self._shape = shape
        self._name = name
        self._kind: Kind = operations.operation(name).kind
        self._query = query
        self._first = first
        self._start = (first if page is None else page) if resume is None else page_number(resume, first)
        self._size = size
        self._paged = size is not None
        # What cannot be sent is refused here, not on first use.
        listed(name, query, page=None if page is None and self._start == first else self._start, limit=size)

    def records(self) -> Pager[R]:
        """The list's objects."""
        names = self._shape.names
        return Pager(self._objects, start=self._start, key=lambda record: names(record)[0], token=str(self._start))

    def ids(self) -> Pager[str]:
        """The list's ids, without completing them."""
        return Pager(self._ids, start=self._start, key=str, token=str(self._start))

    async def _objects(self, number: int) -> Page[R]:
        envelope = await self._fetch(number)
        records = [bytes(raw) for raw in envelope.records]
        bare = [bare_id(raw, self._kind) if self._fetcher else None for raw in records]
        wanted = tuple(dict.fromkeys(id for id in bare if id is not None))
        answers = await self._fetcher.complete(wanted) if wanted and self._fetcher else Answers[R]()
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
        return await self._client.send(listed(self._name, self._query, page=number if number > self._first else None))


def _about_paging(error: RejectedError) -> bool:
    return not {"page", "limit"}.isdisjoint(error.fields) or "pagination is not supported" in error.message.lower()


def page_number(token: str, first: int) -> int:
    """The page that a resume token names; `first` is the number of the vendor's first.

    Raises:
        UsageError: it is none.
    """
    if not (token.isascii() and token.isdigit() and len(token) < 10 and int(token) >= first):
        raise UsageError(f"resume: {token[:40]!r} is not a token of this list")
    return int(token)
