"""How a list is walked to its end without losing a row, as pure functions over frozen cursors.

Orders come by date range and in numbered pages, and pages shift when rows come and go between two calls. So the
range is cut into windows small enough to be read quickly, each is checked against the total that the vendor told,
and read again if the check fails.

FastSpring's own example shows an order of the day `begin` in the result, and leaves open whether `end` is in it. So
one window ends on the day on which the next begins: nothing falls between them, and what both hold is dropped once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

import msgspec

from commerce_async.errors import PagingError, UsageError

FIRST_DAY: Final = date(2010, 1, 1)
"""Before the oldest order that this API can hold."""

MOST_ROWS: Final = 1000
"""A window with more is cut in two, until it is one day."""

ATTEMPTS: Final = 3
_STALE_PAGES = 4
_DAY = timedelta(days=1)


# -- orders --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """A range of days, `begin` before `end`."""

    begin: date
    end: date

    @property
    def token(self) -> str:
        """With which another process reads it."""
        return msgspec.json.encode({"begin": self.begin, "end": self.end}).decode()

    def halves(self) -> tuple[Window, Window]:
        """The range cut in the middle; both hold the day of the cut."""
        middle = self.begin + timedelta(days=(self.end - self.begin).days // 2)
        return Window(self.begin, middle), Window(middle, self.end)


@dataclass(frozen=True, slots=True)
class OrderCursor:
    """Where a walk over orders stands: the next call is `page` of `window`.

    Attributes:
        later: windows behind this one, oldest first.
        attempt: how many times this window is being read, from 1.
        total: what the first page of this attempt told; `latest` what the last one told.
        shrank: whether the total ever sank from one page to the next: then a row may have slipped past.
        seen: ids of this attempt.
        delivered: ids of this window that went out, in whichever attempt.
        before: the same of the window before, which may share a day with this one.
        stale: pages in a row that showed nothing new.
        of_all: how many orders the whole walk has, as told at its beginning.
    """

    window: Window
    later: tuple[Window, ...] = ()
    page: int = 1
    attempt: int = 1
    total: int | None = None
    latest: int | None = None
    shrank: bool = False
    seen: frozenset[str] = frozenset()
    delivered: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    stale: int = 0
    of_all: int | None = None

    @property
    def token(self) -> str:
        """Goes on at the beginning of the window: what was read of it is read again, and nothing is lost."""
        return msgspec.json.encode({"begin": self.window.begin}).decode()


@dataclass(frozen=True, slots=True)
class Step:
    """What to make of a page.

    Attributes:
        fresh: ids on it that have not gone out before.
        next: where to go on; None at the end.
        sound: False if the window was given up with rows that may be missing.
    """

    fresh: frozenset[str]
    next: OrderCursor | None
    sound: bool = True


def orders_from(first: date, now: datetime, *, since: datetime | None = None) -> OrderCursor:
    """Begins a walk over all orders of the day `first` and later, or over those placed since a time.

    Args:
        now: the time of day, aware.
        since: aware; it goes before `first`. A day is added in front: the store's calendar may be behind UTC.

    Raises:
        UsageError: `since` is not aware.
    """
    begin = first
    if since is not None:
        if since.tzinfo is None:
            raise UsageError("since: give an aware time, such as datetime(2024, 1, 31, tzinfo=UTC)")
        begin = FIRST_DAY if since.year < FIRST_DAY.year else since.astimezone(UTC).date() - _DAY
    end = _end(now)
    return OrderCursor(Window(min(begin, end - _DAY), end))


def orders_resumed(token: str, now: datetime) -> OrderCursor:
    """Goes on where a token says.

    Raises:
        UsageError: it is no token of this list.
    """
    begin = _read_token(token, _OrderToken).begin
    end = _end(now)
    if begin >= end:
        raise UsageError(f"resume: the token begins on {begin}, which is in the future")
    return OrderCursor(Window(begin, end))


def _end(now: datetime) -> date:
    """The day after tomorrow: `end` itself may be left out, and the store's calendar may be ahead of UTC."""
    return now.astimezone(UTC).date() + 2 * _DAY


def crowded(sizes: Mapping[Window, int | None], most: int) -> list[Window]:
    """The windows that have more orders than that and more days than one, to be cut in two."""
    return [window for window, size in sizes.items() if (size or 0) > most and (window.end - window.begin).days > 1]


def joined(sizes: Mapping[Window, int | None], most: int) -> list[Window]:
    """The same days in as few windows, where neighbours that have no more orders together become one.

    Args:
        sizes: windows, each of which begins on the day on which another ends, and their orders if told.
    """
    found: list[tuple[Window, int]] = []
    for window in sorted(sizes, key=lambda each: each.begin):
        size = sizes[window]
        before = found[-1] if found else None
        if before is not None and size is not None and before[1] + size <= most:
            found[-1] = Window(before[0].begin, window.end), before[1] + size
        else:
            found.append((window, most if size is None else size))
    return [window for window, _ in found]


def part_of_orders(token: str) -> OrderCursor:
    """The walk over one window.

    Raises:
        UsageError: the token is no window's.
    """
    part = _read_token(token, _Days)
    if part.begin >= part.end:
        raise UsageError(f"part: {token[:60]!r} ends before it begins")
    return OrderCursor(Window(part.begin, part.end))


def narrowed(cursor: OrderCursor, total: int | None) -> OrderCursor | None:
    """The walk over the first half of the window, if its first page told of too many rows; else None."""
    splits = (cursor.window.end - cursor.window.begin).days > 1
    if cursor.page > 1 or cursor.attempt > 1 or not splits or total is None or total <= MOST_ROWS:
        return None
    first, second = cursor.window.halves()
    of_all = cursor.of_all if cursor.of_all is not None else total
    return replace(cursor, window=first, later=(second, *cursor.later), of_all=of_all)


def advance(cursor: OrderCursor, ids: Sequence[str], *, total: int | None, next_page: int | None) -> Step:
    """What a page shows, and where to go on.

    Args:
        ids: of every row on it, those that cannot be read included.
        total: how many rows the window has, as this page tells.
        next_page: the number of the next page, as this page tells.

    Raises:
        PagingError: page after page shows nothing new.
    """
    rows = frozenset(ids)
    fresh = rows - cursor.delivered - cursor.before
    first = cursor.page == 1
    stale = 0 if first or rows - cursor.seen else cursor.stale + 1
    # Orders that came since the first page have moved the others back: so many pages show again what was seen.
    grown = 0 if first or total is None or cursor.total is None else max(0, total - cursor.total)
    if stale >= _STALE_PAGES + grown // max(1, len(rows)):
        raise PagingError(f"the vendor gave {stale} pages of orders in a row with nothing new")
    shrank = not first and (total is None or (cursor.latest is not None and total < cursor.latest))
    now = replace(
        cursor,
        total=total if first else cursor.total,
        latest=total,
        shrank=cursor.shrank or shrank,
        seen=cursor.seen | rows,
        delivered=cursor.delivered | fresh,
        stale=stale,
        of_all=total if cursor.of_all is None else cursor.of_all,
    )
    if rows and next_page is not None and next_page > cursor.page:
        return Step(fresh, replace(now, page=next_page))
    return _ended(now, fresh)


def _ended(cursor: OrderCursor, fresh: frozenset[str]) -> Step:
    sound = _is_sound(cursor)
    if not sound and cursor.total is not None and cursor.attempt < ATTEMPTS:
        again = replace(
            cursor, page=1, attempt=cursor.attempt + 1, total=None, latest=None, shrank=False, seen=frozenset(), stale=0
        )
        return Step(fresh, again)
    if not cursor.later:
        return Step(fresh, None, sound)
    following = OrderCursor(cursor.later[0], cursor.later[1:], before=cursor.delivered, of_all=cursor.of_all)
    return Step(fresh, following, sound)


def _is_sound(cursor: OrderCursor) -> bool:
    """Whether the attempt saw as many rows as its first page told, and none went away while it read.

    A row that goes at the very moment when another comes leaves the total as it was, and cannot be noticed.
    Without a total only a single page is sure to be whole.
    """
    if cursor.total is None:
        return cursor.page == 1
    return len(cursor.seen) >= cursor.total and not cursor.shrank


# -- products ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProductCursor:
    """Where a walk over products stands.

    Attributes:
        after: the id after which to begin, "" at the start.
        ids: every id listed, sorted; None before the list is fetched.
        index: of the first id not fetched yet.
        whole: False if the vendor said that it did not list all.
    """

    after: str = ""
    ids: tuple[str, ...] | None = None
    index: int = 0
    whole: bool = True

    @property
    def token(self) -> str | None:
        """Goes on after what was delivered; None at the start."""
        after = self.ids[self.index - 1] if self.ids and self.index else self.after
        return msgspec.json.encode({"after": after}).decode() if after else None


def products_resumed(token: str) -> ProductCursor:
    """Goes on where a token says.

    Raises:
        UsageError: it is no token of this list.
    """
    return ProductCursor(after=_read_token(token, _ProductToken).after)


def listed(cursor: ProductCursor, ids: Sequence[str], *, whole: bool) -> ProductCursor:
    """The walk with the list of ids that the vendor gave."""
    ordered = tuple(sorted(set(ids)))
    index = sum(1 for id in ordered if id <= cursor.after)
    return replace(cursor, ids=ordered, index=index, whole=whole)


def take(cursor: ProductCursor, count: int) -> tuple[tuple[str, ...], ProductCursor | None]:
    """The next ids to fetch, and the walk behind them; None at the end."""
    ids = cursor.ids or ()
    end = cursor.index + count
    return ids[cursor.index : end], replace(cursor, index=end) if end < len(ids) else None


def part_of_products(token: str) -> ProductCursor:
    """The walk over some ids, as `id_parts` put them into the token.

    Raises:
        UsageError: it is no such token.
    """
    return ProductCursor(ids=tuple(_read_token(token, list[str])))


def id_parts(ids: Sequence[str], count: int) -> tuple[str, ...]:
    """Tokens for so many ids each."""
    ordered = sorted(set(ids))
    return tuple(msgspec.json.encode(ordered[at : at + count]).decode() for at in range(0, len(ordered), count))


# -- tokens --------------------------------------------------------------------------------------------------


class _OrderToken(msgspec.Struct, forbid_unknown_fields=True):
    begin: date


class _Days(msgspec.Struct, forbid_unknown_fields=True):
    begin: date
    end: date


class _ProductToken(msgspec.Struct, forbid_unknown_fields=True):
    after: str


T = TypeVar("T")


def _read_token(token: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(token, type=kind)
    except (ValueError, RecursionError):
        raise UsageError(f"resume: {token[:40]!r} is not a token of this list") from None
