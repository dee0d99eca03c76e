"""Requests to Spark Pay as data. Nothing here does I/O.

Follows Spark Pay: Common usage (GET), Query syntax and Resource list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from commerce_async.errors import PagingError, UsageError
from commerce_async.http.call import Call, Reply, path
from sparkpay_async.kinds import Identified, Kind, is_id
from sparkpay_async.wire import Rows, read_one, read_rows

W = TypeVar("W", bound=Identified)

Query: TypeAlias = tuple[tuple[str, str], ...]
Filter: TypeAlias = tuple[str, str, str]  # field, operator, value

# So many ids a call: their list stays below the 2,048 characters of query that the vendor's web server takes unless
# told otherwise, and their records fit the default page of 100.
IDS_A_CALL: Final = 100

OPERATORS: Final = frozenset({"eq", "not", "like", "startwith", "gt", "gte", "lt", "lte"})
_PARAMETERS: Final = frozenset({"page", "count", "sort", "fields", "expand", "ids"})
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,99}", re.ASCII)
_JOINED: Final = re.compile(r"\s(?:AND|OR)\s", re.IGNORECASE)

# The server keeps GET replies for a while; a read that must not miss a change asks it to look again.
_FRESH: Final = (("Cache-Control", "no-cache"),)


class Found(msgspec.Struct, Generic[W], frozen=True):
    """One record and its own bytes."""

    record: W
    raw: bytes


def id_text(value: object) -> str:
    """An id as it goes into a path or query.

    Raises:
        UsageError: neither a whole number nor its digits as text.
    """
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not is_id(text):
        raise UsageError(f"{str(value)[:40]!r} is not an id: Spark Pay's ids are whole numbers")
    return str(int(text))


def query(
    *,
    page: int | None = None,
    count: int | None = None,
    sort: Iterable[str] = (),
    fields: Iterable[str] = (),
    expand: Iterable[str] = (),
    filters: Iterable[Filter] = (),
) -> Query:
    """The query of a list.

    Args:
        page: from 1.
        count: records a page; the vendor's default is 100.
        sort: field names; a `-` in front sorts downwards.
        fields: the only fields wanted; `id` is added, since no record is read without.
        expand: nested lists to fill.
        filters: `(field, operator, value)`; all must hold. Operators are in `OPERATORS`.

    Raises:
        UsageError: a name or operator that cannot be one (the vendor would silently ignore it), or a value that
            the vendor would read as two conditions.
    """
    wanted = tuple(fields)
    if wanted and "id" not in wanted:
        wanted = ("id", *wanted)
    return (
        *_number("page", page),
        *_number("count", count),
        *_names("sort", sort, signed=True),
        *_names("fields", wanted),
        *_names("expand", expand),
        *(_filter(*each) for each in filters),
    )


def listing(kind: Kind[Any], asked: Query = (), *, fresh: bool = False) -> Call[Rows]:
    """One page of a list (Spark Pay: Common usage, List of resources).

    Args:
        asked: from `query`, or the query of the vendor's own link.
        fresh: not from the server's cache.
    """
    return _list_call(f"{kind.name}.list", path(kind.name), kind.keys, asked, fresh)


def nested(kind: Kind[Any], id: int | str, name: str, of: Kind[Any], asked: Query = ()) -> Call[Rows]:
    """A nested list of one record (Spark Pay: Common usage, Nested resource list only).

    Args:
        kind, id: the record.
        name: the nested list's name, as in `expand`.
        of: what its records are.
        asked: `sort` and `fields` only; the vendor takes nothing else here.

    Raises:
        UsageError: not an id, or not a name.
    """
    _names("nested", (name,))
    where = path(kind.name, id_text(id), name)
    return _list_call(f"{kind.name}.{name}", where, (name, *of.keys), asked, fresh=False)


def get(kind: Kind[W], id: int | str, *, expand: Iterable[str] = (), fresh: bool = False) -> Call[Found[W]]:
    """One record (Spark Pay: Common usage, Single resource).

    Raises:
        UsageError: not an id, or not a name.
    """
    return Call(
        operation=f"{kind.name}.get",
        method="GET",
        path=path(kind.name, id_text(id)),
        decode=partial(_found, kind),
        query=_names("expand", expand),
        headers=_FRESH if fresh else (),
    )


def select_many(
    kind: Kind[Any], ids: Sequence[int | str], *, expand: Iterable[str] = (), fresh: bool = False
) -> Iterator[tuple[tuple[str, ...], Call[Rows]]]:
    """Records by id, in as many calls as it takes, each with the ids it asks for. Repeated ids are asked once.

    Follows Spark Pay: Common usage, Multiple resources by identifier. Ids that are not there are left out of the reply.

    Raises:
        UsageError: not an id, or not a name.
    """
    wanted = tuple(dict.fromkeys(id_text(each) for each in ids))
    expanded = _names("expand", expand)
    for start in range(0, len(wanted), IDS_A_CALL):
        some = wanted[start : start + IDS_A_CALL]
        asked = (("ids", ",".join(some)), *expanded)
        where = path(kind.name, "select_many")
        yield some, _list_call(f"{kind.name}.select_many", where, kind.keys, asked, fresh)


def follow(call: Call[Rows], link: str, base_url: str) -> Call[Rows]:
    """The call for the vendor's `next_page`: the link's query on the call's own path.

    Args:
        link: as the vendor sent it.
        base_url: where this store's API is.

    Raises:
        PagingError: the link leads anywhere but to this store's API: the token must not follow it there.
    """
    return at(call, _query_of(link, base_url))


def at(call: Call[Rows], asked: Query) -> Call[Rows]:
    """The same call with another query."""
    return Call(
        operation=call.operation,
        method=call.method,
        path=call.path,
        decode=call.decode,
        query=asked,
        headers=call.headers,
    )


def _query_of(link: str, base_url: str) -> Query:
    ours = urlsplit(base_url)
    try:
        theirs = urlsplit(link.strip())
        same = _origin(theirs) == _origin(ours)
    except ValueError:
        raise PagingError("next_page is not a link") from None
    if not same or theirs.username is not None:
        raise PagingError(f"next_page leads to another host or scheme ({theirs.scheme}://{theirs.hostname})")
    if not theirs.path.lower().startswith(ours.path.rstrip("/").lower() + "/") or ".." in theirs.path:
        raise PagingError("next_page leads away from the store's API")
    pairs = tuple(parse_qsl(theirs.query, keep_blank_values=True))
    if not pairs:
        raise PagingError("next_page has no query, so that it would be the first page again")
    return pairs


def _origin(parts: Any) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def to_token(asked: Query) -> str:
    """A list's position as a resume token."""
    return urlencode(asked)


def from_token(token: str) -> Query:
    """The position that a resume token stands for.

    Raises:
        UsageError: not such a token.
    """
    try:
        pairs = tuple(parse_qsl(token, keep_blank_values=True, strict_parsing=True, max_num_fields=100))
    except ValueError:
        pairs = ()
    if not pairs:
        raise UsageError(f"{token[:40]!r} is not a resume token of this list")
    return pairs


def _list_call(operation: str, where: str, keys: tuple[str, ...], asked: Query, fresh: bool) -> Call[Rows]:
    return Call(
        operation=operation,
        method="GET",
        path=where,
        decode=partial(_rows, keys),
        query=asked,
        headers=_FRESH if fresh else (),
    )


def _rows(keys: tuple[str, ...], reply: Reply) -> Rows:
    return read_rows(reply.body, keys)


def _found(kind: Kind[W], reply: Reply) -> Found[W]:
    raw = read_one(reply.body)
    return Found(kind.reader.read(raw), raw)


def _number(name: str, value: int | None) -> Query:
    if value is None:
        return ()
    if isinstance(value, bool) or value < 1:
        raise UsageError(f"{name} must be a whole number from 1, not {value!r}")
    return ((name, str(value)),)


def _names(parameter: str, names: Iterable[str], *, signed: bool = False) -> Query:
    found = (names,) if isinstance(names, str) else tuple(names)
    for name in found:
        if not _NAME.fullmatch(name.removeprefix("-") if signed else name):
            raise UsageError(f"{parameter}: {name[:40]!r} is not a field's name")
    return ((parameter, ",".join(found)),) if found else ()


def _filter(field: str, operator: str, value: str) -> tuple[str, str]:
    if not _NAME.fullmatch(field) or field in _PARAMETERS:
        raise UsageError(f"filter: {field[:40]!r} is not a field's name")
    if operator not in OPERATORS:
        raise UsageError(f"filter: no operator {operator[:40]!r}; there are {', '.join(sorted(OPERATORS))}")
    if _JOINED.search(f" {value} "):
        raise UsageError(f"filter: {field} cannot be compared with a text that has AND or OR in it")
    return field, f"{operator}:{value}"
