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
    """

    page_size: int
    expand: tuple[str, ...] = ()
    since: datetime | None = None
    fields: tuple[str, ...] = ()
    where: Query = ()
    id_field: str = "id"

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
        last, since = cursor.last, self.since
        behind = [] if last is None else [(self.id_field, "gt", str(last))]
        changed = [] if since is None else [("updated_at", "gte", _utc(since))]
        filters = (*behind, *changed)
        sort, fields = (self.id_field,), self.fields
        if fields and self.id_field not in fields:
            fields = (self.id_field, *fields)
        asked = query(count=self.page_size, sort=sort, fields=fields, expand=self.expand, filters=filters)
        return (*asked, *self.where)

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


def _utc(moment: datetime) -> str:
    # Whole seconds, rounded down: rather a record twice than one missed.
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
