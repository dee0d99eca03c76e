"""Lists that span pages: awaitable, iterable, resumable, one page ahead, and never in a circle."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import anyio

from commerce_async.errors import CommerceError, DecodeError, PagingError
from commerce_async.schema import Unreadable

T = TypeVar("T")

# Offset pages shift while rows come and go, so a row may show up again one page later. That many pages back it is
# recognised; sinks write by id, so one that comes even later is still not doubled.
_REMEMBERED_PAGES = 4


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        items: what could be read, in the vendor's order.
        unreadable: what could not, with the reason and the bytes.
        next: where the next page is, in the adapter's own terms; None at the end.
        token: with which a later pager goes on after this page; None at the end. It may point back a little
            (to the start of a date window, say): going on repeats records then, and loses none.
        total: how many records the vendor says there are in all, if it says.
        sound: False if the vendor's list moved underneath, so that this page's section may have gaps.
        missing: ids the vendor had listed and then did not give.
    """

    items: tuple[T, ...]
    next: Any = None
    token: str | None = None
    unreadable: tuple[Unreadable, ...] = ()
    total: int | None = None
    sound: bool = True
    missing: tuple[str, ...] = ()


class Pager(Generic[T]):
    """A list that is fetched as it is used.

    `await pager` gives the first page, `async for item in pager` every item, `pager.pages()` every page. While
    one page is being used the next is on its way. `pager.token` goes on after what was delivered, also in another
    process: give it back as `resume=`. Iterating anew starts anew.

    Args:
        fetch: gets the page at a cursor.
        start: the first cursor.
        key: an item's id, by which a row that a shifting page shows again is dropped.
        token: what `start` is as a resume token.
    """

    def __init__(
        self,
        fetch: Callable[[Any], Awaitable[Page[T]]],
        *,
        start: Any,
        key: Callable[[T], str],
        token: str | None = None,
    ) -> None:
        self._fetch = fetch
        self._start = start
        self._key = key
        self.token = token
        self.complete: bool | None = None

    def __await__(self) -> Generator[Any, None, Page[T]]:
        return self._first().__await__()

    async def _first(self) -> Page[T]:
        return await self._fetch(self._start)

    async def __aiter__(self) -> AsyncIterator[T]:
        """Every item.

        Raises:
            DecodeError: a record that cannot be read. `error.resume` goes on behind the page it stands on; use
                `pages()` to get past it with nothing lost, since a page carries its unreadable records.
        """
        async with aclosing(self._walk(deliver_token=False)) as pages:
            async for page in pages:
                for item in page.items:
                    yield item
                if page.unreadable:
                    bad = page.unreadable[0]
                    raise DecodeError(f"record {bad.id or '(no id)'}: {bad.reason}", resume=page.token)
                self.token = page.token

    def pages(self) -> AsyncGenerator[Page[T], None]:
        """Every page, its unreadable records included. Close it (`aclosing`) when leaving early.

        Raises:
            PagingError: the vendor gave the same page twice in a row, or leads in a circle.
            CommerceError: whatever a call raised, with `resume` set to where the list can go on.
        """
        return self._walk(deliver_token=True)

    async def _walk(self, *, deliver_token: bool) -> AsyncGenerator[Page[T], None]:
        recent: deque[frozenset[str]] = deque(maxlen=_REMEMBERED_PAGES)
        circle = _Circle()
        sound = True
        self.complete = None
        ahead: asyncio.Task[Page[T]] | None = asyncio.ensure_future(self._fetch(self._start))
        try:
            while ahead is not None:
                page = await self._arrived(ahead)
                ahead = None if page.next is None else asyncio.ensure_future(self._fetch(page.next))
                try:
                    page = _without_repeats(page, recent, self._key)
                    circle.check(page.next)
                except PagingError as error:
                    error.resume = self.token
                    raise
                sound = sound and page.sound
                if page.next is None:
                    self.complete = sound
                if deliver_token:
                    self.token = page.token
                yield page
        finally:
            if ahead is not None:
                await _dropped(ahead)

    async def _arrived(self, ahead: asyncio.Task[Page[T]]) -> Page[T]:
        try:
            await asyncio.wait([ahead])  # unlike `await ahead`, this does not pass every cancellation on
            return ahead.result()
        except CommerceError as error:
            error.resume = error.resume or self.token
            raise
        except asyncio.CancelledError:
            await _dropped(ahead)
            raise


async def _dropped(task: asyncio.Task[Any]) -> None:
    """Ends a fetch nobody waits for any more, and sees it end: nothing runs on behind the caller's back."""
    task.cancel()
    with anyio.CancelScope(shield=True):
        await asyncio.wait([task])
    if not task.cancelled():
        task.exception()


class _Circle:
    """Sees cursors come again, of however many pages the circle is, and remembers only one of them (Brent's way)."""

    def __init__(self) -> None:
        self._mark: Any = None
        self._steps = 0
        self._stride: int = 1

    def check(self, cursor: Any) -> None:
        if cursor is None:
            return
        if cursor == self._mark:
            raise PagingError("the vendor's pages lead in a circle: one names a page that came before")
        self._steps += 1
        if self._steps == self._stride:
            self._mark, self._steps = cursor, 0
            self._stride *= 2


def _without_repeats(page: Page[T], recent: deque[frozenset[str]], key: Callable[[T], str]) -> Page[T]:
    ids = [key(item) for item in page.items]
    known = frozenset(ids)
    if recent and known and known == recent[-1]:
        raise PagingError(f"the vendor gave the same page of {len(ids)} records twice in a row")
    seen = set[str]().union(*recent)
    recent.append(known)
    if len(known) == len(ids) and known.isdisjoint(seen):
        return page
    fresh: list[T] = []
    for item_id, item in zip(ids, page.items, strict=True):
        if item_id not in seen:
            seen.add(item_id)
            fresh.append(item)
    return Page(
        items=tuple(fresh),
        next=page.next,
        token=page.token,
        unreadable=page.unreadable,
        total=page.total,
        sound=page.sound,
        missing=page.missing,
    )
