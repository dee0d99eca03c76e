"""Tables that hold nothing but what a test changed: every record is computed when it is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import overload

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


class Table(ABC):
    """One resource of the API.

    Args:
        resource: its name in the path.
        key: the name of the array in its list envelope, which is not always the same.
        nested: what can be expanded: name to a function from a record's id to the nested records.
        owner: the field that holds the parent's id, if records belong to a parent.
    """

    times: Mapping[str, Callable[[int], Moment]] = {}

    def __init__(self, resource: str, key: str, nested: Mapping[str, Nested], owner: str = "") -> None:
        self.resource = resource
        self.key = key
        self.nested = nested
        self.owner = owner

    @property
    @abstractmethod
    def version(self) -> int:
        """Rises with every change."""

    @abstractmethod
    def ids(self) -> Sequence[int]:
        """All live ids, rising."""

    @abstractmethod
    def get(self, id: int) -> Record | None:
        """The record without nested arrays; None if it is not there."""

    @abstractmethod
    def sample(self) -> Record:
        """Any record: which fields there are, and of which type."""

    def owned(self, parent: int) -> list[int]:
        """Ids of the records of one parent, rising."""
        raise NotImplementedError

    def changed(self) -> Sequence[int]:
        """Ids of live records whose times are not the generated ones, rising."""
        return ()

    def unchanged(self) -> Sequence[int]:
        """The other live ids, rising: so are their `times`."""
        return self.ids()

    def stamp(self, field: str, id: int) -> int:
        """One of `times` of an unchanged record, in microseconds since the epoch."""
        raise NotImplementedError


class Fixed(Table):
    """A short list, held as it is."""

    def __init__(self, resource: str, records: Sequence[Record], nested: Mapping[str, Nested] | None = None) -> None:
        super().__init__(resource, resource, nested or {})
        self._records = {record["id"]: record for record in records}
        self._ids = sorted(self._records)

    @property
    def version(self) -> int:
        return 0

    def ids(self) -> Sequence[int]:
        return self._ids

    def get(self, id: int) -> Record | None:
        return self._records.get(id)

    def sample(self) -> Record:
        return self._records[self._ids[0]]


class Generated(Table):
    """Records computed from their index, under an overlay of changes, insertions and removals.

    Args:
        numbers: index to id and back.
        count: how many records there are at first.
        make: index to record.
        times: fields that rise with the index, and how to get them without making the record.
        spoiled: by index, fields that are to be nonsense.
    """

    def __init__(
        self,
        resource: str,
        numbers: Numbers,
        count: int,
        make: Callable[[int], Record],
        times: Mapping[str, Callable[[int], Moment]],
        nested: Mapping[str, Nested],
        spoiled: Mapping[int, Record] | None = None,
    ) -> None:
        super().__init__(resource, resource, nested)
        self.spoiled = spoiled or {}
        self.numbers = numbers
        self.first_count = self.count = count
        self.times = times
        self.inserted: list[int] = []
        self.removed: list[int] = []
        self._make = make
        self._version = 0
        self._patches: dict[int, Record] = {}
        self._gone: list[int] = []
        self._plain_holes: list[int] = []

    @property
    def version(self) -> int:
        return self._version

    def ids(self) -> LiveIds:
        return LiveIds(self.numbers, self.count, self._gone)

    def get(self, id: int) -> Record | None:
        if id not in self.ids():
            return None
        index = self.numbers.index(id)
        record = self._make(index)
        for overlay in (self.spoiled.get(index), self._patches.get(id)):
            if overlay:
                record |= overlay
        return record

    def sample(self) -> Record:
        return self._make(0)

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
        """Adds a record with the next id; returns the id."""
        id = self.numbers.id(self.count)
        self.count += 1
        self.inserted.append(id)
        self.patch(id, changes)
        return id

    def patch(self, id: int, changes: Record) -> None:
        """Overwrites fields.

        Raises:
            KeyError: there is no such record.
        """
        if id not in self.ids():
            raise KeyError(id)
        if id not in self._patches:
            insort(self._plain_holes, self.numbers.index(id))
        self._patches[id] = self._patches.get(id, {}) | changes
        self._version += 1

    def remove(self, id: int) -> None:
        """Takes a record away; its id is never used again.

        Raises:
            KeyError: there is no such record.
        """
        if id not in self.ids():
            raise KeyError(id)
        index = self.numbers.index(id)
        insort(self._gone, index)
        if self._patches.pop(id, None) is None:
            insort(self._plain_holes, index)
        self.removed.append(id)
        self._version += 1


class Children(Table):
    """Records that belong to a generated parent: computed with it, gone with it.

    Args:
        base, stride: the id of child k of parent index i is base + i * stride + k.
        make: parent index to all its children, in the order of their ids.
        size: parent index to how many there are, if that is cheaper.
    """

    def __init__(
        self,
        resource: str,
        key: str,
        parent: Generated,
        owner: str,
        base: int,
        stride: int,
        make: Callable[[int], list[Record]],
        *,
        size: Callable[[int], int] | None = None,
        nested: Mapping[str, Nested] | None = None,
    ) -> None:
        super().__init__(resource, key, nested or {}, owner)
        self._parent = parent
        self._base = base
        self._stride = stride
        self._make = make
        self._size: Callable[[int], int] = size or self._made
        self._ids: array[int] = array("Q")
        self._ids_version = -1
        self._sample: Record | None = None

    @property
    def version(self) -> int:
        return self._parent.version

    def ids(self) -> Sequence[int]:
        if self._ids_version != self.version:
            numbers, first, stride = self._parent.numbers, self._base, self._stride
            ids: array[int] = array("Q")
            for id in self._parent.ids():
                start = first + (index := numbers.index(id)) * stride
                ids.extend(range(start, start + self._size(index)))
            self._ids, self._ids_version = ids, self.version
        return self._ids

    def get(self, id: int) -> Record | None:
        index, slot = divmod(id - self._base, self._stride)
        if index < 0 or self._parent.numbers.id(index) not in self._parent.ids():
            return None
        family = self._make(index)
        return family[slot] if slot < len(family) else None

    def sample(self) -> Record:
        if self._sample is None:
            families = (self._make(index) for index in range(2_000))
            self._sample = next((family[0] for family in families if family), {"id": 0})
        return self._sample

    def _made(self, index: int) -> int:
        return len(self._make(index))

    def owned(self, parent: int) -> list[int]:
        if parent not in self._parent.ids():
            return []
        start = self._base + (index := self._parent.numbers.index(parent)) * self._stride
        return list(range(start, start + self._size(index)))
