"""The reads of one resource, whichever it is: the vendor's generic routes (Spark Pay: Common usage)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar, overload

from commerce_async.errors import AuthError, MissingError, UsageError
from commerce_async.http.pager import Page, Pager
from commerce_async.store import Batch, Failure
from sparkpay_async import calls, walk
from sparkpay_async.api.listed import Listed, Metadata
from sparkpay_async.api.naming import Names, SortKeys, conditions, field_names, nested_names, sort_names
from sparkpay_async.calls import Filter, Query
from sparkpay_async.kinds import KINDS, Identified, Kind, parse
from sparkpay_async.query import Expression, Fields
from sparkpay_async.reading import pager, select
from sparkpay_async.writing import Sending

W = TypeVar("W", bound=Identified)
N = TypeVar("N", bound=Identified)
F = TypeVar("F", bound=Fields)
G = TypeVar("G", bound=Fields)

Id: TypeAlias = int | str

_ROOM: Final = 40  # of a query, for the number of a later page or the id that a walk goes on behind


class ReadOnly(Generic[W, F]):
    """A resource that can be read. Where `fresh` is given, the answer comes from no cache.

    Names of fields may be the vendor's names or columns of `sparkpay_async.query`; a name that the resource does not
    have is refused, since the vendor would ignore it without a word.

    Attributes:
        kind: the resource, as the table of kinds has it.
        page_size: records per page, where a call does not say.
    """

    def __init__(self, client: Sending, kind: Kind[W], page_size: int) -> None:
        self._client = client
        self.page_size = page_size
        self.kind = kind

    # -- lists -----------------------------------------------------------------------------------------------

    def list(
        self,
        *,
        where: Expression[F] | None = None,
        filters: Iterable[Filter] = (),
        sort: SortKeys[F] = (),
        fields: Names[F] = (),
        expand: str | Iterable[str] = (),
        count: int | None = None,
        page: int | None = None,
        fresh: bool = False,
        resume: str | None = None,
    ) -> Pager[W]:
        """The list along the vendor's numbered pages. They shift when records come and go meanwhile: see `walk`.

        Args:
            where: a condition on the resource's fields.
            filters: in its place, and as plain text: `(field, operator, value)`, such as `("price", "gte", "5.00")`,
                each field once; all must hold. Values are not checked.
            sort: fields; a `-` in front sorts downwards.
            fields: the only fields wanted.
            expand: nested lists to fill.
            count: records a page.
            page: the page to begin with, from 1.
            resume: the token of an earlier pager; it holds the other arguments too.

        Raises:
            UsageError: a field, value or token that cannot be one.
        """
        self._must("list")
        asked = self._asked(where, filters, sort, fields, expand, count, page)
        return pager(self._client, self.kind, calls.listing(self.kind, asked, fresh=fresh), resume=resume)

    async def page(
        self,
        number: int = 1,
        *,
        where: Expression[F] | None = None,
        filters: Iterable[Filter] = (),
        sort: SortKeys[F] = (),
        fields: Names[F] = (),
        expand: str | Iterable[str] = (),
        count: int | None = None,
        fresh: bool = False,
    ) -> Listed[W]:
        """One page, with what the vendor says about the list. A page behind the last is empty.

        Args: as for `list`.

        Raises:
            UsageError: a field or value that cannot be one.
        """
        self._must("list")
        asked = self._asked(where, filters, sort, fields, expand, count, number)
        try:
            rows = await self._client.send(calls.listing(self.kind, asked, fresh=fresh))
        except MissingError:
            if number == 1:
                raise
            return Listed[W](items=())
        parsed = parse(self.kind, rows.rows)
        return Listed(
            items=tuple(record for record, _ in parsed.good),
            unreadable=parsed.bad,
            metadata=Metadata(total_count=rows.total, next_page=rows.next, previous_page=rows.previous),
        )

    def walk(
        self,
        *,
        where: Expression[F] | None = None,
        filters: Iterable[Filter] = (),
        fields: Names[F] = (),
        expand: str | Iterable[str] = (),
        count: int | None = None,
        fresh: bool = True,
        resume: str | None = None,
    ) -> Pager[W]:
        """The list in the order of ids, which records that come, change or go meanwhile cannot disturb.

        Every record that is there from beginning to end comes exactly once.

        Args: as for `list`; `resume` takes the token of an earlier walk with the same arguments.

        Raises:
            UsageError: a field, value or token that cannot be one; a condition on `id`, or one that joins several
                fields with OR.
        """
        self._must("list")
        whole = walk.Walk(
            page_size=self.page_size if count is None else count,
            expand=nested_names(self.kind, expand),
            fields=field_names(self.kind, fields),
            where=conditions(self.kind, where, filters),
            id_field=self.kind.id_field or "id",
        )
        calls.fitting(whole.query(walk.Cursor()), room=_ROOM)
        fetch = partial(self._walked, whole, fresh)
        return Pager(fetch, start=walk.start(resume), key=_key, token=resume)

    async def _walked(self, whole: walk.Walk, fresh: bool, cursor: walk.Cursor) -> Page[W]:
        try:
            rows = await self._client.send(calls.listing(self.kind, whole.query(cursor), fresh=fresh))
        except MissingError:
            if not cursor.begun:
                raise
            return Page(items=(), sound=False)
        parsed = parse(self.kind, rows.rows)
        following = whole.after(cursor, rows, parsed.ids)
        return Page(
            items=tuple(record for record, _ in parsed.good),
            unreadable=parsed.bad,
            next=following,
            token=None if following is None else following.token,
            total=rows.total if cursor.last is None else None,
            sound=bool(parsed.ids) or not walk.expects_more(rows),
        )

    # -- single records --------------------------------------------------------------------------------------

    async def get(self, id: Id, *, expand: str | Iterable[str] = (), fields: Names[F] = (), fresh: bool = False) -> W:
        """One record.

        Raises:
            UsageError: not an id, or a field that cannot be one.
            MissingError: the vendor does not have it.
            DecodeError: it cannot be read.
        """
        self._must("get")
        expanded, wanted = nested_names(self.kind, expand), field_names(self.kind, fields)
        return (await self._client.send(calls.get(self.kind, id, expand=expanded, fields=wanted, fresh=fresh))).record

    async def filled(self, id: Id, *, fields: Names[F] = (), fresh: bool = False) -> W:
        """One record with all its nested lists.

        Raises: as `get`.
        """
        self._must("filled")
        wanted = field_names(self.kind, fields)
        return (await self._client.send(calls.filled(self.kind, id, fields=wanted, fresh=fresh))).record

    async def select_many(
        self,
        ids: Iterable[Id],
        *,
        expand: str | Iterable[str] = (),
        fields: Names[F] = (),
        fresh: bool = False,
    ) -> Batch[W]:
        """Records by id, 100 a call; order kept, repeated ids asked once.

        Raises:
            UsageError: not an id, or a field that cannot be one.
            AuthError: the vendor does not accept the credentials.
        """
        self._must("select_many")
        wanted = list(dict.fromkeys(int(calls.id_text(each)) for each in ids))
        selected = await select(
            self._client,
            self.kind,
            wanted,
            expand=nested_names(self.kind, expand),
            fields=field_names(self.kind, fields),
            fresh=fresh,
        )
        for error in selected.failed.values():
            if isinstance(error, AuthError | UsageError):
                raise error
        known = selected.found.keys() | selected.failed.keys()
        return Batch(
            items=tuple(selected.found[each][0] for each in wanted if each in selected.found),
            missing=tuple(str(each) for each in wanted if each not in known),
            failed=tuple(Failure(str(each), selected.failed[each]) for each in wanted if each in selected.failed),
        )

    get_many = select_many
    """As the common records call it."""

    @overload
    def nested(
        self,
        id: Id,
        name: str,
        of: ReadOnly[N, G],
        *,
        sort: SortKeys[G] = (),
        fields: Names[G] = (),
        fresh: bool = False,
    ) -> Pager[N]: ...

    @overload
    def nested(
        self,
        id: Id,
        name: str,
        of: None = None,
        *,
        sort: SortKeys[Any] = (),
        fields: Names[Any] = (),
        fresh: bool = False,
    ) -> Pager[Any]: ...

    def nested(
        self,
        id: Id,
        name: str,
        of: ReadOnly[Any, Any] | None = None,
        *,
        sort: SortKeys[Any] = (),
        fields: Names[Any] = (),
        fresh: bool = False,
    ) -> Pager[Any]:
        """A nested list of one record: `api.orders.nested(100011, "items")`.

        Args:
            id: the record.
            name: the nested list, as in `expand`.
            of: the resource that its records are of, for a type checker; it is known without.
            sort: fields of the nested records; a `-` in front sorts downwards.
            fields: the only fields wanted of them.

        Raises:
            UsageError: not an id, not a nested list of this resource, or a field that its records do not have.
        """
        (checked,) = nested_names(self.kind, name)
        kind = KINDS[self.kind.nested[checked]] if of is None else of.kind
        asked = calls.query(sort=sort_names(kind, sort), fields=field_names(kind, fields))
        return pager(self._client, kind, calls.nested(self.kind, id, checked, kind, asked, fresh=fresh))

    # -- what is asked ---------------------------------------------------------------------------------------

    def _must(self, verb: str) -> None:
        if verb not in self.kind.verbs:
            raise UsageError(f"{self.kind.name}: Spark Pay has no {verb!r} for this resource")

    def _asked(
        self,
        where: Expression[F] | None,
        filters: Iterable[Filter],
        sort: SortKeys[F],
        fields: Names[F],
        expand: str | Iterable[str],
        count: int | None,
        page: int | None,
    ) -> Query:
        asked = calls.query(
            page=page,
            count=self.page_size if count is None else count,
            sort=sort_names(self.kind, sort),
            fields=field_names(self.kind, fields),
            expand=nested_names(self.kind, expand),
        )
        return calls.fitting((*asked, *conditions(self.kind, where, filters)), room=_ROOM)


def _key(record: Identified) -> str:
    return str(record.id)


__all__ = ["F", "Id", "Listed", "Metadata", "ReadOnly", "W"]
