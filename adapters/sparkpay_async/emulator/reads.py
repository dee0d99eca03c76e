"""The reading endpoints: lists, single records, nested lists and selections by id."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache

from aiohttp import web

from . import replies
from .query import BadQuery, Query, parse, shaped, sort_key
from .quirks import Quirks, disturbed
from .select import Selector
from .tables import Generated, Table
from .values import Record
from .world import World, nested_key

# The vendor's "irregularly typed fields", which cannot be relied on in queries.
_BARRED = {
    "products": frozenset({"length", "height", "width"}),
    "shipping_providers": frozenset({"markup_amount"}),
    "users": frozenset({"last_login_at", "last_login_attempt_at"}),
}


class Reads:
    """Answers reads from a world.

    Args:
        most: the largest page.
        base: where links to other pages point: scheme and host.
        shift: whether the list about to be read shall shift first.
        quirks: the switches as they are now.
    """

    def __init__(
        self,
        world: World,
        *,
        seed: int,
        most: int,
        base: Callable[[], str],
        shift: Callable[[], float],
        quirks: Callable[[], Quirks],
    ) -> None:
        self.shifts = 0
        self._world = world
        self._most = most
        self._base = base
        self._shift_rate = shift
        self._quirks = quirks
        self._chance = random.Random(seed)
        self._selector = Selector()
        self._encoded = lru_cache(maxsize=4_096)(_encoded)

    def list(self, table: Table, request: web.Request) -> web.Response:
        """`GET /{resource}`: one page."""
        query = self._query(table, request)
        rate = self._shift_rate()
        if isinstance(table, Generated) and self._chance.random() < rate and table is not self._world.customers:
            self._shift(table, query)
        found = self._selector.select(table, query)
        quirks = self._quirks()
        start = (query.page - 1) * query.count
        past = start >= len(found) and query.page > 1 and quirks.past_the_end == "404"
        if query.page < 1 or past:
            return replies.error(404, "The requested page is out of range.")
        head: Record = {"total_count": len(found)}
        if start + query.count < len(found):
            head["next_page"] = self._link(request, query.page + 1)
        elif quirks.no_next != "absent":
            head["next_page"] = None if quirks.no_next == "null" else ""
        if query.page > 1:
            head["previous_page"] = self._link(request, query.page - 1)
        return self._envelope(head, table, found[start : start + query.count], query)

    def select_many(self, table: Table, request: web.Request) -> web.Response:
        """`GET /{resource}/select_many?ids=`: those of the records that are there."""
        ids = request.query.get("ids", "")
        if not ids:
            return replies.error(400, "This method requires one or more resource IDs to be specified")
        try:
            wanted = [int(id) for id in ids.split(",")]
        except ValueError:
            raise BadQuery("ids must be numbers separated by commas.") from None
        asked = [("id", " OR ".join(f"eq:{id}" for id in wanted)), *_only(request, "expand", "sort", "fields")]
        query = parse(asked, table.sample(), table.nested, most=self._most)
        found = self._selector.select(table, query)
        return self._envelope({"total_count": len(found)}, table, found, query)

    def one(self, table: Table, request: web.Request, id: int) -> web.Response:
        """`GET /{resource}/{id}`: the record, with those nested arrays that `expand` or `fields` names."""
        query = parse(_only(request, "expand", "fields"), table.sample(), table.nested, most=self._most)
        return self.record(table, id, query.expand, query.fields)

    def nested(self, table: Table, request: web.Request, id: int, name: str) -> web.Response:
        """`GET /{resource}/{id}/{nested}`, and `/filled`: the record with all of them."""
        if name == "filled":
            query = parse(_only(request, "fields"), table.sample(), table.nested, most=self._most)
            return self.record(table, id, tuple(table.nested), query.fields)
        if name not in table.nested:
            return replies.unknown_path(request)
        if table.get(id) is None:
            return absent(table, id)
        records = table.nested[name](id)
        query = parse(_only(request, "sort", "fields"), records[0] if records else {}, (), most=self._most)
        for field, descending in reversed(query.sort):
            records = sorted(records, key=_by(field), reverse=descending)
        quirks = self._disturbing()
        shown = [shaped(record, query.fields) for record in records]
        if quirks is not None:
            shown = [disturbed(record, quirks) for record in shown]
        return replies.json(replies.encode({"total_count": len(shown), nested_key(name): shown}))

    def _disturbing(self) -> Quirks | None:
        quirks = self._quirks()
        return None if quirks.plain else quirks

    def _query(self, table: Table, request: web.Request) -> Query:
        barred = _BARRED.get(table.resource, frozenset())
        return parse(
            request.query.items(),
            table.sample(),
            table.nested,
            most=self._most,
            barred=barred,
            or_prefix=self._quirks().or_prefix,
        )

    def _link(self, request: web.Request, page: int) -> str:
        return f"{self._base()}{request.rel_url.update_query(page=page)}"

    def record(
        self, table: Table, id: int, expand: tuple[str, ...], fields: tuple[str, ...] | None, status: int = 200
    ) -> web.Response:
        """One record, or the 404 of one that is not there."""
        body = self._encoded(table, id, expand, fields, self._world.version, self._disturbing())
        return absent(table, id) if body is None else replies.json(body, status)

    def _envelope(self, head: Record, table: Table, ids: Sequence[int], query: Query) -> web.Response:
        version, quirks = self._world.version, self._disturbing()
        bodies = (self._encoded(table, id, query.expand, query.fields, version, quirks) for id in ids)
        key = table.key if self._quirks().list_keys == "live" else table.resource
        rows = b",".join(body for body in bodies if body is not None)
        return replies.json(b'%b,"%b":[%b]}' % (replies.encode(head)[:-1], key.encode(), rows))

    def _shift(self, table: Generated, query: Query) -> None:
        """Removes a record in front of the page (one that earlier pages showed), or adds one, in turn."""
        self.shifts += 1
        seen = self._seen(table, query) if self.shifts % 2 else None
        if seen is None:
            self._world.insert(table, {})
        else:
            self._world.remove(table, seen)

    def _seen(self, table: Generated, query: Query) -> int | None:
        """One of the records that a walk to this page has passed, by page number or by id."""
        found = self._selector.select(table, query)
        start = min(max(0, (query.page - 1) * query.count), len(found))
        if start:
            return found[self._chance.randrange(start)]
        ids = table.ids()
        before = bisect_left(ids, min(found[: query.count], default=0))
        return ids[self._chance.randrange(before)] if before else None


def _encoded(
    table: Table, id: int, expand: tuple[str, ...], fields: tuple[str, ...] | None, version: int, quirks: Quirks | None
) -> bytes | None:
    """A record's JSON; `version` tells it from what was kept before a change."""
    record = table.get(id)
    if record is None:
        return None
    record = record | {nested_key(name): table.nested[name](id) for name in expand}
    record = shaped(record, fields and tuple(nested_key(name) for name in fields))
    return replies.encode(record if quirks is None else disturbed(record, quirks))


def _only(request: web.Request, *names: str) -> list[tuple[str, str]]:
    return [(name, request.query[name]) for name in names if name in request.query]


def _by(field: str) -> Callable[[Record], tuple[int, object]]:
    return lambda record: sort_key(record.get(field), field)


def absent(table: Table, id: int) -> web.Response:
    """The 404 of a record."""
    return replies.error(404, f"No record with id {id} in {table.resource}.")
