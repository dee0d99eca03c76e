"""Tables that are held as they are, and tables of records that are computed with their parent."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence

from .shapes import Shape
from .tables import Generated, Table, Tally
from .values import Record

FIRST_ADDED = 1_000_000_000
"""Ids of generated children are smaller, those of added ones greater."""


class Kept(Table):
    """A short list, held as it is."""

    def __init__(
        self, resource: str, shape: Shape, tally: Tally, records: Sequence[Record] = (), *, key: str = ""
    ) -> None:
        super().__init__(resource, key or resource, shape, tally, shape.owner)
        self._records = {record["id"]: record for record in sorted(records, key=lambda record: record["id"])}
        self._last = max(self._records, default=0)

    def ids(self) -> Sequence[int]:
        return list(self._records)

    def get(self, id: int) -> Record | None:
        return self._records.get(id)

    def add(self, record: Record) -> int:
        self._last += 1
        self._records[self._last] = record | {"id": self._last}
        self._touch()
        return self._last

    def patch(self, id: int, changes: Record) -> None:
        self._records[id] = self._records[id] | changes
        self._touch()

    def remove(self, id: int) -> None:
        del self._records[id]
        self._touch()

    def family(self, parent: int) -> list[Record]:
        return [record for record in self._records.values() if record[self.owner] == parent]


class Children(Table):
    """Records that belong to a generated parent: computed with it, gone with it, under an overlay of changes.

    Args:
        resource, key, shape, tally, owner: see `Table`; the owner is "" where records do not name their parent.
        base, stride: the id of child k of parent index i is base + i * stride + k.
        make: parent index to all its children, in the order of their ids.
        size: parent index to how many there are, if that is cheaper.
    """

    def __init__(
        self,
        resource: str,
        key: str,
        shape: Shape,
        tally: Tally,
        parent: Generated,
        owner: str,
        base: int,
        stride: int,
        make: Callable[[int], list[Record]],
        *,
        size: Callable[[int], int] | None = None,
    ) -> None:
        super().__init__(resource, key, shape, tally, owner)
        self.parent = parent
        self._base = base
        self._stride = stride
        self._make = make
        self._size: Callable[[int], int] = size or self._made
        self._ids: array[int] = array("Q")
        self._ids_version = -1
        self._last = FIRST_ADDED
        self._own: dict[int, Record] = {}
        self._hidden: set[int] = set()
        self._adopted: dict[int, set[int]] = {}

    @property
    def version(self) -> int:
        return self._version + self.parent.members

    def ids(self) -> Sequence[int]:
        if self._ids_version != self.version:
            numbers, first, stride, bare = self.parent.numbers, self._base, self._stride, self.parent.bare
            ids: array[int] = array("Q")
            for id in self.parent.ids():
                if id not in bare:
                    start = first + (index := numbers.index(id)) * stride
                    ids.extend(range(start, start + self._size(index)))
            if self._own or self._hidden:
                ids = array("Q", sorted({*ids} - self._hidden | {*self._own}))
            self._ids, self._ids_version = ids, self.version
        return self._ids

    def get(self, id: int) -> Record | None:
        if id in self._own:
            return self._own[id]
        index, slot = divmod(id - self._base, self._stride)
        if id in self._hidden or index < 0 or not self._generated(self.parent.numbers.id(index)):
            return None
        family = self._make(index)
        return family[slot] if slot < len(family) else None

    def add(self, record: Record) -> int:
        self._last += 1
        self._keep(self._last, record | {"id": self._last})
        return self._last

    def patch(self, id: int, changes: Record) -> None:
        record = self.get(id)
        if record is None:
            raise KeyError(id)
        self._drop(id)
        self._keep(id, record | changes)

    def remove(self, id: int) -> None:
        if self.get(id) is None:
            raise KeyError(id)
        self._drop(id)
        self._touch()

    def family(self, parent: int) -> list[Record]:
        made = self._make(self.parent.numbers.index(parent)) if self._generated(parent) else []
        adopted = self._adopted.get(parent, ())
        if not adopted and not self._hidden:
            return made
        made = [record for record in made if record["id"] not in self._hidden]
        return sorted([*made, *(self._own[id] for id in adopted)], key=lambda record: record["id"])

    def orphan(self, parent: int) -> None:
        """Takes away the records that were added to a parent: it is gone."""
        for id in [*self._adopted.get(parent, ())]:
            self._drop(id)

    def _keep(self, id: int, record: Record) -> None:
        self._own[id] = record
        if self.owner:
            self._adopted.setdefault(record[self.owner], set()).add(id)
        self._touch()

    def _drop(self, id: int) -> None:
        record = self._own.pop(id, None)
        if record is not None and self.owner:
            self._adopted[record[self.owner]].discard(id)
        if id <= FIRST_ADDED:
            self._hidden.add(id)

    def _generated(self, parent: int) -> bool:
        """Whether that parent is there and has generated children."""
        return parent not in self.parent.bare and parent in self.parent.ids()

    def _made(self, index: int) -> int:
        return len(self._make(index))
