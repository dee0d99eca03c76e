"""Which records a query means, found without looking at all of them where ids or times decide.

A store of 200,000 orders is read page by page; each page must cost what is on it, not what is before it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import overload

from .query import Atom, Query, Test, is_time, passes, sort_key
from .tables import Table

_RANGE = frozenset({"gt", "gte", "lt", "lte"})


class View(Sequence[int]):
    """A stretch of a sequence, forwards or backwards, without a copy."""

    def __init__(self, ids: Sequence[int], low: int, high: int, backwards: bool = False) -> None:
        self._ids = ids
        self._low = low
        self._high = max(low, high)
        self._backwards = backwards

    def __len__(self) -> int:
        return self._high - self._low

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> list[int]: ...
    def __getitem__(self, at: int | slice) -> int | list[int]:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        if not 0 <= at < len(self):
            raise IndexError(at)
        return self._ids[self._high - 1 - at] if self._backwards else self._ids[self._low + at]

    def reverse(self) -> View:
        """The same stretch the other way round."""
        return View(self._ids, self._low, self._high, not self._backwards)


class Selector:
    """Answers queries, and keeps the last few answers that took a scan."""

    KEPT = 8

    def __init__(self) -> None:
        self._kept: OrderedDict[object, Sequence[int]] = OrderedDict()

    def select(self, table: Table, query: Query) -> Sequence[int]:
        """The ids of all matches, in the order asked (by id if none was)."""
        key = (table.resource, table.version, query.where, query.sort)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        found = _select(table, query)
        if not isinstance(found, View):
            self._kept[key] = found
            if len(self._kept) > self.KEPT:
                self._kept.popitem(last=False)
        return found


def _select(table: Table, query: Query) -> Sequence[int]:
    if len(query.where) > 1:
        found: Sequence[int] = sorted({id for group in query.where for id in _all_of(table, group)})
    else:
        found = _all_of(table, query.where[0] if query.where else ())
    return _sorted(table, found, query.sort)


def _all_of(table: Table, tests: tuple[Test, ...]) -> Sequence[int]:
    """Ids, rising, of the records that pass every test."""
    ids, rest = _by_name(table, tests)
    if ids is None:
        ids, rest = _by_text(table, tests)
    if ids is None:
        ids, rest = _by_range(table, tests)
    if not rest:
        return ids
    return [id for id in ids if _passes(table, id, rest)]


def _passes(table: Table, id: int, tests: Sequence[Test]) -> bool:
    record = table.get(id)
    return record is not None and all(passes(record.get(test.field), test) for test in tests)


def _by_name(table: Table, tests: tuple[Test, ...]) -> tuple[Sequence[int] | None, Sequence[Test]]:
    """Ids or parents that are given one by one."""
    for test in tests:
        if test.field not in ("id", table.owner):
            continue
        named = [_whole(group[0]) for group in test.groups if len(group) == 1]
        if len(named) < len(test.groups) or None in named:
            continue
        wanted = sorted({number for number in named if number is not None})
        rest = [other for other in tests if other is not test]
        if test.field == "id":
            return [id for id in wanted if table.get(id) is not None], rest
        return sorted(id for parent in wanted for id in table.owned(parent)), rest
    return None, tests


def _by_text(table: Table, tests: tuple[Test, ...]) -> tuple[Sequence[int] | None, Sequence[Test]]:
    """Texts that are given one by one, where the table keeps an index; those it names are tested all the same."""
    sample = table.sample()
    for test in tests:
        plain = all(len(group) == 1 and group[0].op == "eq" for group in test.groups)
        if plain and isinstance(sample.get(test.field), str) and not is_time(test.field):
            ids = table.named(test.field, frozenset(group[0].text for group in test.groups))
            if ids is not None:
                return ids, tests
    return None, tests


def _whole(atom: Atom) -> int | None:
    if atom.op != "eq" or atom.number is None or atom.number != int(atom.number):
        return None
    return int(atom.number)


def _by_range(table: Table, tests: tuple[Test, ...]) -> tuple[Sequence[int], Sequence[Test]]:
    """Bounds on the id and on times that rise with it, by bisection; the tests left over."""
    by_id = [test for test in tests if test.field == "id" and _is_range(test)]
    by_time = [test for test in tests if test.field in table.times and _is_range(test)]
    rest = [test for test in tests if test not in by_id and test not in by_time]
    ids = table.unchanged() if by_time else table.ids()
    low, high = 0, len(ids)
    for test in by_id:
        low, high = _narrow(ids, low, high, test, None)
    for test in by_time:
        low, high = _narrow(ids, low, high, test, _stamp(table, test.field))
    view = View(ids, low, high)
    if not by_time or not table.changed():
        return view, rest
    return sorted([*view, *(id for id in table.changed() if _passes(table, id, [*by_id, *by_time]))]), rest


def _stamp(table: Table, field: str) -> Callable[[int], int]:
    return lambda id: table.stamp(field, id)


def _is_range(test: Test) -> bool:
    return len(test.groups) == 1 and all(
        atom.op in _RANGE and (atom.micros if test.field != "id" else atom.number) is not None
        for atom in test.groups[0]
    )


def _narrow(ids: Sequence[int], low: int, high: int, test: Test, key: Callable[[int], int] | None) -> tuple[int, int]:
    for atom in test.groups[0]:
        bound = (atom.micros if key else atom.number) or 0
        cut = bisect_right if atom.op in ("gt", "lte") else bisect_left
        at = cut(ids, bound, low, max(low, high), key=key or int)
        low, high = (max(low, at), high) if atom.op in ("gt", "gte") else (low, min(high, at))
    return low, high


def _sorted(table: Table, ids: Sequence[int], sort: tuple[tuple[str, bool], ...]) -> Sequence[int]:
    if not sort:
        return ids
    field, descending = sort[0]
    if field == "id" or (field in table.times and not table.changed()):
        # Ids are unique, and so are the times of records that nobody changed: what follows decides nothing.
        if not descending:
            return ids
        return ids.reverse() if isinstance(ids, View) else ids[::-1]
    ordered = list(ids)
    changed = set(table.changed())
    for name, backwards in reversed(sort):
        ordered.sort(key=_key(table, name, changed), reverse=backwards)
    return ordered


def _key(table: Table, field: str, changed: set[int]) -> Callable[[int], tuple[int, object]]:
    def key(id: int) -> tuple[int, object]:
        if field == "id":
            return (1, id)
        if field in table.times and id not in changed:
            return (1, table.stamp(field, id))
        return sort_key((table.get(id) or {}).get(field), field)

    return key
