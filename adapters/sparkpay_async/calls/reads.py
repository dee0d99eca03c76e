"""The generic reads that every resource has (Spark Pay: Common usage, GET)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeVar

import msgspec

from commerce_async.http.call import Call, Reply, path, query_string
from sparkpay_async.calls.querying import LONGEST, Query, fitting, id_text, names, query
from sparkpay_async.kinds import Identified, Kind
from sparkpay_async.wire import Rows, read_one, read_rows

W = TypeVar("W", bound=Identified)

# The most ids a call: their records fit the default page of 100. Fewer if the query would be too long.
IDS_A_CALL: Final = 100

# The server keeps GET replies for a while; a read that must not miss a change asks it to look again.
FRESH: Final = (("Cache-Control", "no-cache"),)


class Found(msgspec.Struct, Generic[W], frozen=True):
    """One record and its own bytes."""

    record: W
    raw: bytes


def listing(kind: Kind[Any], asked: Query = (), *, fresh: bool = False) -> Call[Rows]:
    """One page of a list (Spark Pay: Common usage, List of resources).

    Args:
        asked: from `query`, or the query of the vendor's own link.
        fresh: not from the server's cache.
    """
    return _list_call(f"{kind.name}.list", path(kind.name), kind.keys, asked, fresh)


def nested(
    kind: Kind[Any], id: int | str, name: str, of: Kind[Any], asked: Query = (), *, fresh: bool = False
) -> Call[Rows]:
    """A nested list of one record (Spark Pay: Common usage, Nested resource list only).

    Args:
        kind, id: the record.
        name: the nested list's name, as in `expand`.
        of: what its records are.
        asked: `sort` and `fields` only; the vendor takes nothing else here.

    Raises:
        UsageError: not an id, or not a name.
    """
    names("nested", (name,))
    where = path(kind.name, id_text(id), name)
    return _list_call(f"{kind.name}.{name}", where, (name, *of.keys), asked, fresh)


def get(
    kind: Kind[W],
    id: int | str,
    *,
    expand: Iterable[str] = (),
    fields: Iterable[str] = (),
    fresh: bool = False,
) -> Call[Found[W]]:
    """One record (Spark Pay: Common usage, Single resource).

    Raises:
        UsageError: not an id, or not a name.
    """
    return _one_call(f"{kind.name}.get", kind, (id_text(id),), query(expand=expand, fields=fields), fresh)


def filled(kind: Kind[W], id: int | str, *, fields: Iterable[str] = (), fresh: bool = False) -> Call[Found[W]]:
    """One record with all its nested lists (Spark Pay: Common usage, Single resource with all nested resources).

    Raises:
        UsageError: not an id, or not a name.
    """
    return _one_call(f"{kind.name}.filled", kind, (id_text(id), "filled"), query(fields=fields), fresh)


def select_many(
    kind: Kind[Any],
    ids: Sequence[int | str],
    *,
    expand: Iterable[str] = (),
    fields: Iterable[str] = (),
    fresh: bool = False,
) -> Iterator[tuple[tuple[str, ...], Call[Rows]]]:
    """Records by id, in as many calls as it takes, each with the ids it asks for. Repeated ids are asked once.

    Follows Spark Pay: Common usage, Multiple resources by identifier. Ids that are not there are left out of the reply.

    Raises:
        UsageError: not an id, or not a name.
    """
    wanted = tuple(dict.fromkeys(id_text(each) for each in ids))
    shaped = query(expand=expand, fields=fields)
    room = LONGEST - len(query_string(shaped)) - len("ids=&")
    for some in _in_parts(wanted, room):
        asked = (("ids", ",".join(some)), *shaped)
        where = path(kind.name, "select_many")
        yield some, _list_call(f"{kind.name}.select_many", where, kind.keys, asked, fresh)


def _in_parts(ids: Sequence[str], room: int) -> Iterator[tuple[str, ...]]:
    part: list[str] = []
    length = 0
    for id in ids:
        if part and (len(part) == IDS_A_CALL or length + len(id) + 1 > room):
            yield tuple(part)
            part, length = [], 0
        part.append(id)
        length += len(id) + 1
    if part:
        yield tuple(part)


def _one_call(operation: str, kind: Kind[W], behind: tuple[str, ...], asked: Query, fresh: bool) -> Call[Found[W]]:
    return Call(
        operation=operation,
        method="GET",
        path=path(kind.name, *behind),
        decode=partial(_found, kind),
        query=fitting(asked),
        headers=FRESH if fresh else (),
    )


def _list_call(operation: str, where: str, keys: tuple[str, ...], asked: Query, fresh: bool) -> Call[Rows]:
    return Call(
        operation=operation,
        method="GET",
        path=where,
        decode=partial(_rows, keys),
        query=fitting(asked),
        headers=FRESH if fresh else (),
    )


def _rows(keys: tuple[str, ...], reply: Reply) -> Rows:
    return read_rows(reply.body, keys)


def _found(kind: Kind[W], reply: Reply) -> Found[W]:
    raw = read_one(reply.body)
    return Found(kind.read(raw), raw)
