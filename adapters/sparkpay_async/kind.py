"""A resource to the client: what it is called, what its list may be called, and how one of its records is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

import msgspec

from commerce_async.schema import Unreadable
from commerce_async.schema.lenient import Reader, find_id, read_each
from sparkpay_async.wire.base import keep

if TYPE_CHECKING:
    from sparkpay_async.query.columns import Fields

READS: Final = frozenset({"list", "get", "filled", "select_many"})
WRITES: Final = frozenset({"create", "update", "delete"})


def is_id(text: str) -> bool:
    """Whether the text is what the vendor's ids look like: a whole number, not negative."""
    return text.isascii() and text.isdigit() and len(text) <= 18


class Identified(Protocol):
    """A record with the vendor's integer id."""

    @property
    def id(self) -> int:
        """The vendor's id."""
        ...


W = TypeVar("W")


@dataclass(frozen=True, slots=True, eq=False)  # there is one of each: a kind is equal to itself alone
class Kind(Generic[W]):
    """One resource, or one nested list that is no resource of its own.

    Attributes:
        name: as it stands in the path; of a nested list `resource.list`.
        keys: what the array in its list's reply may be called. The vendor's pages say "as the resource"; shops
            have been seen to shorten some.
        struct: what one of its records is read as.
        nested: its nested lists as `expand` calls them, each with the name of the kind that its records are of.
        verbs: which of the generic routes the vendor has for it: of `READS` and `WRITES`.
        required: fields that a POST demands.
        barred: fields that the vendor's pages say cannot be filtered by.
        natural: fields that together name a record to people, () if there are none.
        overwrites: whether a POST with the natural key of a record changes that record.
        columns: its fields for typed queries.
        id_field: what the vendor calls the id of its records; None if they have none.
    """

    name: str
    keys: tuple[str, ...]
    struct: type[W]
    nested: Mapping[str, str] = field(default_factory=dict[str, str])
    verbs: frozenset[str] = READS | WRITES
    required: tuple[str, ...] = ()
    barred: frozenset[str] = frozenset()
    natural: tuple[str, ...] = ()
    overwrites: bool = False
    columns: type[Fields] | None = None
    id_field: str | None = "id"

    @property
    def reader(self) -> Reader[W]:
        """Reads one record, without keeping its bytes."""
        return _reader(self.struct)

    def read(self, raw: bytes) -> W:
        """One record, with its own bytes.

        Raises:
            ValueError: it cannot be read; the message names the field.
        """
        return keep(self.reader.read(raw), raw)


@cache  # made when it is first needed: all of them together take 30 ms
def _reader(struct: type[Any]) -> Reader[Any]:
    return Reader(struct)


@dataclass(frozen=True, slots=True)
class Parsed(Generic[W]):
    """The records of one reply.

    Attributes:
        good: each record with its own bytes.
        bad: those that cannot be read.
        ids: of all, in the vendor's order; None where not even the id can be read, or there is none.
    """

    good: tuple[tuple[W, bytes], ...]
    bad: tuple[Unreadable, ...]
    ids: tuple[int | None, ...]


def parse(kind: Kind[W], rows: Iterable[msgspec.Raw]) -> Parsed[W]:
    """Reads every record on its own; what cannot be read is set aside."""
    ids: list[int | None] = []
    read_record = kind.read
    names = () if kind.id_field is None else (kind.id_field, "id")

    def read(data: bytes) -> tuple[W, bytes]:
        record = read_record(data)
        ids.append(getattr(record, "id", None))
        return record, data

    def identify(data: bytes) -> str | None:
        found = find_id(data, *names)
        ids.append(int(found) if found is not None and is_id(found) else None)
        return found

    good, bad = read_each(rows, read, identify)
    return Parsed(good=good, bad=bad, ids=tuple(ids))
