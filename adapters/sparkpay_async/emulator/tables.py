"""Tables of generated records: what a test or a client changed is held, the rest is computed when it is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import overload

from .shapes import Shape
from .values import Moment, Numbers, Record

Nested = Callable[[int], list[Record]]


class LiveIds(Sequence[int]):
    """The ids of the generated records that are not in `holes`, rising; looked up, never listed.

    Args:
        holes: indexes left out, sorted.
    """

    def __init__(self, numbers: Numbers, count: int, holes: Sequence[int]) -> None:
        self._numbers = numbers
        self._count = count
        self._holes = holes

    def __len__(self) -> int:
        return self._count - len(self._holes)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> list[int]: ...
    def __getitem__(self, at: int | slice) -> int | list[int]:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        if at < 0:
            at += len(self)
        if not 0 <= at < len(self):
            raise IndexError(at)
        return self._numbers.id(self._index(at))

    def __iter__(self) -> Iterator[int]:
        holes = set(self._holes)
        return (self._numbers.id(index) for index in range(self._count) if index not in holes)

    def __contains__(self, id: object) -> bool:
        if not isinstance(id, int):
            return False
        index = self._numbers.index(id)
        if not 0 <= index < self._count:
            return False
        at = bisect_left(self._holes, index)
        return at == len(self._holes) or self._holes[at] != index

    def _index(self, rank: int) -> int:
        low, high = rank, rank + len(self._holes)
        while low < high:
            middle = (low + high) // 2
            if middle + 1 - bisect_right(self._holes, middle) > rank:
                high = middle
            else:
                low = middle + 1
        return low


class Tally:
    """Counts every change to any table of one store."""

    def __init__(self) -> None:
        self.value = 0


class Table(ABC):
    """One resource of the API.

    Args:
        resource: its name in the path.
        key: the name of the array in its list envelope in live shops, which is not always the same.
        shape: its fields, and what can be done to it.
        tally: counts changes of the whole store.
        owner: the field that holds the parent's id, if records belong to a parent.

    Attributes:
        nested: what can be expanded: name to a function from a record's id to the nested records.
    """

    times: Mapping[str, Callable[[int], Moment]] = {}

    def __init__(self, resource: str, key: str, shape: Shape, tally: Tally, owner: str = "") -> None:
        self.resource = resource
        self.key = key
        self.shape = shape
        self.nested: dict[str, Nested] = {}
        self.owner = owner
        self._tally = tally
        self._version = 0

    @property
    def version(self) -> int:
        """Rises with every change."""
        return self._version

    @abstractmethod
    def ids(self) -> Sequence[int]:
        """All live ids, rising."""

    @abstractmethod
    def get(self, id: int) -> Record | None:
        """The record without nested arrays; None if it is not there."""

    @abstractmethod
    def add(self, record: Record) -> int:
        """Keeps a new record under the next id; returns the id."""

    @abstractmethod
    def patch(self, id: int, changes: Record) -> None:
        """Overwrites fields. KeyError if there is no such record."""

    @abstractmethod
    def remove(self, id: int) -> None:
        """Takes a record away; its id is never used again. KeyError if there is no such record."""

    def sample(self) -> Record:
        """Any record: which fields there are, and of which type."""
        return self.shape.blank

    def owned(self, parent: int) -> list[int]:
        """Ids of the records of one parent, rising."""
        return [record["id"] for record in self.family(parent)]

    def family(self, parent: int) -> list[Record]:
        """The records of one parent, in the order of their ids."""
        raise NotImplementedError

    def named(self, field: str, texts: frozenset[str]) -> list[int] | None:
        """Ids, rising, of records in which that field may be one of the (casefolded) texts; None if it cannot tell."""
        return None

    def changed(self) -> Sequence[int]:
        """Ids of live records whose times are not the generated ones, rising."""
        return ()

    def unchanged(self) -> Sequence[int]:
        """The other live ids, rising: so are their `times`."""
        return self.ids()

    def stamp(self, field: str, id: int) -> int:
        """One of `times` of an unchanged record, in microseconds since the epoch."""
        raise NotImplementedError

    def _touch(self) -> None:
        self._version += 1
        self._tally.value += 1


class Generated(Table):
    """Records computed from their index, under an overlay of changes, insertions and removals.

    Args:
        numbers: index to id and back.
        count: how many records there are at first.
        make: index to record.
        times: fields that rise with the index, and how to get them without making the record.
        shape, tally: see `Table`.
        spoiled: by index, fields that are to be nonsense.

    Attributes:
        bare: ids of records that hold only what a client sent: nothing generated belongs to them.
        members: rises when records come and go.
    """

    def __init__(
        self,
        resource: str,
        numbers: Numbers,
        count: int,
        make: Callable[[int], Record],
        times: Mapping[str, Callable[[int], Moment]],
        shape: Shape,
        tally: Tally,
        spoiled: Mapping[int, Record] | None = None,
    ) -> None:
        super().__init__(resource, resource, shape, tally)
        self.spoiled = spoiled or {}
        self.numbers = numbers
        self.first_count = self.count = count
        self.times = times
        self.inserted: list[int] = []
        self.removed: list[int] = []
        self.bare: set[int] = set()
        self.members = 0
        self._make = make
        self._texts: dict[str, dict[str, list[int]]] = {}
        self._patches: dict[int, Record] = {}
        self._gone: list[int] = []
        self._plain_holes: list[int] = []

    def ids(self) -> LiveIds:
        return LiveIds(self.numbers, self.count, self._gone)

    def get(self, id: int) -> Record | None:
        if id not in self.ids():
            return None
        if id in self.bare:
            return dict(self._patches[id])
        index = self.numbers.index(id)
        record = self._make(index)
        for overlay in (self.spoiled.get(index), self._patches.get(id)):
            if overlay:
                record |= overlay
        return record

    def named(self, field: str, texts: frozenset[str]) -> list[int] | None:
        found = {id for text in texts for id in self._index(field).get(text, ())}
        ids = self.ids()
        return sorted(id for id in found if id in ids)

    def _index(self, field: str) -> dict[str, list[int]]:
        """Records are looked through once per field; later changes are noted. What a record had before stays in it."""
        if field not in self._texts:
            self._texts[field] = {}
            for at in range(self.first_count):
                self._note(self.numbers.id(at), self._make(at) | self.spoiled.get(at, {}), (field,))
            for id in self._patches:
                self._note(id, self.get(id) or {}, (field,))
        return self._texts[field]

    def _note(self, id: int, record: Record, fields: Iterable[str]) -> None:
        for field in fields:
            if isinstance(value := record.get(field), str):
                self._texts[field].setdefault(value.casefold(), []).append(id)

    def changed(self) -> Sequence[int]:
        return sorted(self._patches)

    def unchanged(self) -> LiveIds:
        return LiveIds(self.numbers, self.count, self._plain_holes)

    def stamp(self, field: str, id: int) -> int:
        return self.times[field](self.numbers.index(id)).micros

    def existed_throughout(self) -> list[int]:
        """Ids that were there from the start and still are."""
        return [id for id in self.ids() if self.numbers.index(id) < self.first_count]

    def insert(self, changes: Record) -> int:
        """Adds a record as generated ones are, but for the changes, with the next id; returns the id."""
        id = self.numbers.id(self.count)
        self.count += 1
        self.members += 1
        self.inserted.append(id)
        self.patch(id, changes)
        if id not in self.bare:
            self._note(id, self._make(self.numbers.index(id)), self._texts)
        return id

    def add(self, record: Record) -> int:
        self.bare.add(self.numbers.id(self.count))
        return self.insert(record | {"id": self.numbers.id(self.count)})

    def patch(self, id: int, changes: Record) -> None:
        if id not in self.ids():
            raise KeyError(id)
        if id not in self._patches:
            insort(self._plain_holes, self.numbers.index(id))
        self._patches[id] = self._patches.get(id, {}) | changes
        self._note(id, changes, self._texts)
        self._touch()

    def remove(self, id: int) -> None:
        if id not in self.ids():
            raise KeyError(id)
        index = self.numbers.index(id)
        insort(self._gone, index)
        if self._patches.pop(id, None) is None:
            insort(self._plain_holes, index)
        self.bare.discard(id)
        self.removed.append(id)
        self.members += 1
        self._touch()
