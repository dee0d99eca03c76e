"""A whole list as a walk by id, which records that come, change or go in the meantime cannot disturb. Pure.

Numbered pages shift when a record is added or removed: one is then read twice, another not at all. Here each call
asks for the records behind the last id seen (`sort=id&id=gt:…`), so that every record that is there from
beginning to end is read exactly once, and the last id is all that it takes to go on another day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from commerce_async.errors import PagingError, UsageError
from sparkpay_async.calls import Query, query
from sparkpay_async.kinds import is_id
from sparkpay_async.wire import Rows


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a walk has come.

    Attributes:
        last: the last id that was read; None before the first page.
        begun: whether this walk has had a page already.
    """

    last: int | None = None
    begun: bool = False

    @property
    def token(self) -> str | None:
        """With which another walk goes on behind `last`."""
        return None if self.last is None else str(self.last)


@dataclass(frozen=True, slots=True)
class Walk:
    """What is walked through.

    Attributes:
        page_size: records a call asks for; the server may give fewer.
        expand: nested lists to fill.
        since: only records updated at or after it (aware).
        fields: the only fields wanted; all by default.
        where: further conditions, as pairs of the query.
        id_field: what the vendor calls the id of these records.
        upto: the last id of it; None for no end.
    """

    page_size: int
    expand: tuple[str, ...] = ()
    since: datetime | None = None
    fields: tuple[str, ...] = ()
    where: Query = ()
    id_field: str = "id"
    upto: int | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.since.tzinfo is None:
            raise UsageError("since must be an aware time, such as datetime.now(UTC)")
        for name, value in self.where:
            if name == self.id_field:
                raise UsageError(f"a walk by {name} goes through all: leave conditions on it out, or use list()")
            if value.startswith("OR "):
                raise UsageError("a walk by id cannot join conditions on several fields with OR: use list()")

    def query(self, cursor: Cursor) -> Query:
        """The query of the page behind the cursor."""
        sort, fields = (self.id_field,), self.fields
        if fields and self.id_field not in fields:
            fields = (self.id_field, *fields)
        asked = query(count=self.page_size, sort=sort, fields=fields, expand=self.expand)
        return (*asked, *self._range(cursor.last), *_changed(self.since), *self.where)

    def _range(self, last: int | None) -> Query:
        """Conditions on one field stand in one value (Spark Pay: Query syntax)."""
        bounds = [] if last is None else [f"gt:{last}"]
        bounds += [] if self.upto is None else [f"lte:{self.upto}"]
        return ((self.id_field, " AND ".join(bounds)),) if bounds else ()

    def after(self, cursor: Cursor, rows: Rows, ids: Sequence[int | None]) -> Cursor | None:
        """Where the walk goes on after that page; None at the end.

        A short page is no sign of the end, since the server may cap the count: the walk ends where the vendor
        neither links to a next page nor counts more records than it gave.

        Args:
            rows: the page.
            ids: of its records, in order; None where an id cannot be read.

        Raises:
            PagingError: the server did not do what the query says, so that going on would miss records.
        """
        known = [each for each in ids if each is not None]
        last = cursor.last
        if last is not None and (stale := [each for each in known if each <= last]):
            raise PagingError(f"asked for ids above {last}, the vendor gave {stale[0]}: {self._why()}")
        if not ids or not expects_more(rows):
            return None
        if not known:
            raise PagingError(f"none of the {len(ids)} records of a page has a readable id; there is no going on")
        if any(low > high for low, high in pairwise(known)):
            raise PagingError("the vendor's list is not sorted by id, so that going on would miss records")
        if self.upto is not None and known[-1] >= self.upto:
            return None
        return Cursor(last=known[-1], begun=True)

    def _why(self) -> str:
        either = next((name for name, value in self.where if " OR " in value), None)
        if either is None:
            return "it ignores the filter on id"
        return (
            f"it joins the alternatives for {either} with the filter on {self.id_field}; walk once for each of them, "
            "or use list()"
        )


def expects_more(rows: Rows) -> bool:
    """Whether the vendor says that there are more records than the page has."""
    return rows.next is not None or (rows.total is not None and rows.total > len(rows.rows))


def start(resume: str | None) -> Cursor:
    """The cursor that a token stands for; the beginning for None.

    Raises:
        UsageError: not such a token.
    """
    if resume is None:
        return Cursor()
    if not is_id(resume):
        raise UsageError(f"{resume[:40]!r} is not a resume token: Spark Pay's is the last id that was read")
    return Cursor(last=int(resume))


@dataclass(frozen=True, slots=True)
class Range:
    """A range of ids.

    Attributes:
        after: the id in front of it; None for the beginning.
        upto: its last id; None for no end.
    """

    after: int | None = None
    upto: int | None = None

    @property
    def token(self) -> str:
        """With which another process reads it: `100-200`, and `-` for all ids."""
        return f"{'' if self.after is None else self.after}-{'' if self.upto is None else self.upto}"


def ranges(low: int, high: int, parts: int) -> list[Range]:
    """All ids, cut into so many ranges of the same length between the lowest and the highest; the last has no end."""
    cuts = sorted({low + (high - low) * number // parts for number in range(1, parts)} - {high})
    return [Range(after, upto) for after, upto in zip([None, *cuts], [*cuts, None], strict=True)]


def range_of(token: str) -> Range:
    """What a token stands for.

    Raises:
        UsageError: it is none.
    """
    after, line, upto = token.partition("-")
    if not line or any(part and not is_id(part) for part in (after, upto)):
        raise UsageError(f"part: {token[:40]!r} is not a range of ids")
    return Range(int(after) if after else None, int(upto) if upto else None)


def edge(since: datetime | None, *, last: bool = False) -> Query:
    """The query for the first record by id, or the last; its reply also tells how many there are."""
    return (*query(count=1, sort=("-id" if last else "id",)), *_changed(since))


def _changed(since: datetime | None) -> Query:
    return () if since is None else query(filters=[("updated_at", "gte", _utc(since))])


def _utc(moment: datetime) -> str:
    # Whole seconds, rounded down: rather a record twice than one missed.
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
