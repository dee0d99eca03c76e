"""Finding a record by what names it, past every cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commerce_async.errors import MissingError, PagingError
from sparkpay_async import calls, settling
from sparkpay_async.kinds import Kind
from sparkpay_async.reading import Sends
from sparkpay_async.settling import Key, Match
from sparkpay_async.walk import Cursor, Walk

_A_PAGE: Final = 100
_MOST_PAGES: Final = 100


class Finder:
    """Finds the records of one kind."""

    def __init__(self, client: Sends, kind: Kind[Any]) -> None:
        self._client = client
        self._kind = kind

    async def named(self, key: Key, members: Mapping[str, Any]) -> Match | None:
        """The record with that key, with those nested lists that the draft has."""
        expand = tuple(name for name in members if name in self._kind.nested)
        if settling.is_by_id(self._kind, key):
            try:
                call = calls.get(self._kind, key[0][1], expand=expand, fresh=True)
                return settling.match(self._kind, (await self._client.send(call)).raw)
            except MissingError:
                return None
        matches = await self.matching(key, expand)
        if len(matches) > 1:
            raise settling.ambiguous(self._kind, key, matches)
        id = members.get(settling.id_name(self._kind))
        if matches and id is not None and id != matches[0].id:
            raise settling.elsewhere(self._kind, ((settling.id_name(self._kind), id),), key, matches)
        return matches[0] if matches else None

    async def matching(self, key: Key, expand: tuple[str, ...] = (), *, loosely: bool = False) -> list[Match]:
        """Every record that has the key, read from the server and not from a cache.

        Args:
            loosely: as for `settling.has`.
        """
        whole = Walk(
            page_size=_A_PAGE,
            expand=expand,
            where=settling.lookup(self._kind, key),
            id_field=settling.id_name(self._kind),
        )
        found: list[Match] = []
        cursor: Cursor | None = Cursor()
        for _ in range(_MOST_PAGES):
            try:
                rows = await self._client.send(calls.listing(self._kind, whole.query(cursor), fresh=True))
            except MissingError:
                if not cursor.begun:
                    raise
                return found
            matches = [settling.match(self._kind, bytes(raw)) for raw in rows.rows]
            found += [each for each in matches if each is not None and settling.has(key, each.members, loosely=loosely)]
            cursor = whole.after(cursor, rows, [None if each is None else each.id for each in matches])
            if cursor is None:
                return found
        names = " and ".join(name for name, _ in key)
        raise PagingError(f"{self._kind.name}: asked for one {names}, the vendor gives {_MOST_PAGES} pages and more")
