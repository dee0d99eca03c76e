"""Reading the vendor's lists: page by page, by id, and small ones whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

from commerce_async.errors import CommerceError, DecodeError, MissingError
from commerce_async.http.call import Call
from commerce_async.http.pager import Page, Pager
from sparkpay_async import calls
from sparkpay_async.kinds import Identified, Kind, parse
from sparkpay_async.wire import Rows

T = TypeVar("T")
W = TypeVar("W", bound=Identified)


class Sends(Protocol):
    """What is needed of `commerce_async.http.client.Client`."""

    @property
    def base_url(self) -> str:
        """Where the store's API is."""
        ...

    @property
    def store(self) -> str:
        """The store's name."""
        ...

    async def send(self, call: Call[T]) -> T:
        """Sends a call."""
        ...


# -- page by page ---------------------------------------------------------------------------------------------


def pager(client: Sends, kind: Kind[W], first: Call[Rows], *, resume: str | None = None) -> Pager[W]:
    """A list along the vendor's own links.

    Args:
        first: the call for its first page.
        resume: the token of an earlier pager of the same list.

    Raises:
        UsageError: not such a token.
    """
    begin = first if resume is None else calls.at(first, calls.from_token(resume))

    async def fetch(call: Call[Rows]) -> Page[W]:
        try:
            rows = await client.send(call)
        except MissingError:
            # Spark Pay: Common usage, page: "if this number is out of bounds, … 404". The list became shorter.
            if _is_first(call):
                raise
            return Page(items=())
        parsed = parse(kind, rows.rows)
        link = rows.next if rows.rows else None
        following = None if link is None else calls.follow(call, link, client.base_url)
        return Page(
            items=tuple(record for record, _ in parsed.good),
            unreadable=parsed.bad,
            next=following,
            token=None if following is None else calls.to_token(following.query),
            total=rows.total,
        )

    return Pager(fetch, start=begin, key=_keys(), token=resume)


def _is_first(call: Call[Any]) -> bool:
    return all(name != "page" or value in ("", "0", "1") for name, value in call.query)


def _keys() -> Callable[[object], str]:
    """What tells records apart: their ids; some nested lists have none, and each of their members is one of its own."""
    numbers = count()
    return lambda record: str(getattr(record, "id", None) or f"#{next(numbers)}")


# -- by id ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Selected(Generic[W]):
    """What `select_many` gave for the ids asked; an id in neither is not there.

    Attributes:
        found: record and bytes by id.
        failed: why an id could not be read, by id.
    """

    found: dict[int, tuple[W, bytes]] = field(default_factory=dict[int, tuple[W, bytes]])
    failed: dict[int, CommerceError] = field(default_factory=dict[int, CommerceError])

    def records(self) -> dict[int, W]:
        """The records alone; those that cannot be read are left out.

        Raises:
            CommerceError: a call failed.
        """
        for error in self.failed.values():
            if not isinstance(error, DecodeError):
                raise error
        return {number: record for number, (record, _) in self.found.items()}


async def select(
    client: Sends,
    kind: Kind[W],
    ids: Iterable[int | str],
    *,
    expand: Iterable[str] = (),
    fields: Iterable[str] = (),
    fresh: bool = False,
) -> Selected[W]:
    """Records by id, all calls at once (the limiter spaces them). What fails is told per id, and not raised.

    Raises:
        UsageError: not an id.
    """
    selected = Selected[W]()

    async def some(wanted: tuple[str, ...], call: Call[Rows]) -> None:
        asked = {int(each) for each in wanted}
        try:
            await _select_some(client, kind, call, asked, selected)
        except CommerceError as error:
            selected.failed.update(dict.fromkeys(asked - selected.found.keys(), error))

    async with asyncio.TaskGroup() as group:
        for wanted, call in calls.select_many(kind, list(ids), expand=expand, fields=fields, fresh=fresh):
            group.create_task(some(wanted, call))
    return selected


async def _select_some(client: Sends, kind: Kind[W], call: Call[Rows], asked: set[int], selected: Selected[W]) -> None:
    left = set(asked)
    following: Call[Rows] | None = call
    while following is not None:
        try:
            rows = await client.send(following)
        except MissingError:
            return  # none of them is there
        parsed = parse(kind, rows.rows)
        fresh = {record.id: (record, raw) for record, raw in parsed.good if record.id in left}
        selected.found.update(fresh)
        nameless = None
        for bad in parsed.bad:
            error = DecodeError(
                f"record {bad.id or '(no id)'}: {bad.reason}", store=client.store, operation=call.operation
            )
            number = int(bad.id) if bad.id is not None and bad.id.isascii() and bad.id.isdigit() else None
            if number in left:
                selected.failed[number] = error
            else:
                nameless = error
        left -= fresh.keys() | selected.failed.keys()
        if nameless is not None:
            # One of those left came, broken beyond telling which: none of them is proven to be missing.
            selected.failed.update(dict.fromkeys(left, nameless))
        link = rows.next if left and fresh else None
        following = None if link is None else calls.follow(following, link, client.base_url)


# -- small lists, whole ---------------------------------------------------------------------------------------


class Lookup(Generic[W]):
    """A small list (statuses, say) that is read whole once, and again only when an id shows up that it lacks."""

    def __init__(self, client: Sends, kind: Kind[W]) -> None:
        self._client = client
        self._kind = kind
        self._records: dict[int, W] = {}
        self._vain: set[int] = set()
        self._lock = asyncio.Lock()

    async def of(self, ids: Iterable[int | None]) -> Mapping[int, W]:
        """The records by id, with those ids among them if the vendor has them."""
        wanted = {each for each in ids if each}
        if not self._lacks(wanted):
            return self._records
        async with self._lock:
            if self._lacks(wanted):
                self._records = await self._read()
                self._vain |= wanted - self._records.keys()
        return self._records

    def _lacks(self, wanted: set[int]) -> bool:
        return not wanted <= self._records.keys() | self._vain

    async def _read(self) -> dict[int, W]:
        first = calls.listing(self._kind, calls.query(count=100), fresh=True)
        async with aclosing(pager(self._client, self._kind, first).pages()) as pages:
            return {record.id: record async for page in pages for record in page.items}
