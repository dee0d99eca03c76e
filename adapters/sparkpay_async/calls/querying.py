"""The queries of reads: pages, sorting, fields, expansion, plain filters (Spark Pay: Common usage, Query syntax)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

from commerce_async.errors import UsageError
from commerce_async.http.call import query_string
from sparkpay_async.kinds import is_id

Query: TypeAlias = tuple[tuple[str, str], ...]
Filter: TypeAlias = tuple[str, str, str]  # field, operator, value

OPERATORS: Final = frozenset({"eq", "not", "like", "startwith", "gt", "gte", "lt", "lte"})

_PARAMETERS: Final = frozenset({"page", "count", "sort", "fields", "expand", "ids"})
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,99}", re.ASCII)
_JOINED: Final = re.compile(r"[\s+](?:AND|OR)[\s+]", re.IGNORECASE)  # a plus may be read as a space

LONGEST: Final = 2_048
"""Characters of query that the vendor's web server takes unless told otherwise. It answers a longer one with 404, which
in a list means the end."""


def is_name(text: str) -> bool:
    """Whether the text can be a field's name."""
    return _NAME.fullmatch(text) is not None


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
        filters: `(field, operator, value)`, each field once; all must hold. Operators are in `OPERATORS`.

    Raises:
        UsageError: a name or operator that cannot be one (the vendor would silently ignore it), a field twice, or a
            value that the vendor would read as two conditions.
    """
    wanted = (fields,) if isinstance(fields, str) else tuple(fields)
    if wanted and "id" not in wanted:
        wanted = ("id", *wanted)
    return (
        *_number("page", page),
        *_number("count", count),
        *names("sort", sort, signed=True),
        *names("fields", wanted),
        *names("expand", expand),
        *_filters(filters),
    )


def fitting(asked: Query, *, room: int = 0) -> Query:
    """The same query, if it is not too long.

    Args:
        room: characters that must be left for what comes with later pages.

    Raises:
        UsageError: it is longer than `LONGEST`.
    """
    length = len(query_string(asked))
    if length + room > LONGEST:
        raise UsageError(
            f"the query is {length:,} characters long, of {LONGEST - room:,} that Spark Pay takes: ask for fewer "
            "fields, or compare with fewer or shorter values at a time"
        )
    return asked


def names(parameter: str, given: Iterable[str], *, signed: bool = False) -> Query:
    """A parameter that takes names, left out if there are none.

    Args:
        signed: whether a name may have a `-` in front.

    Raises:
        UsageError: a text that cannot be a name.
    """
    found = (given,) if isinstance(given, str) else tuple(given)
    for name in found:
        if not is_name(name.removeprefix("-") if signed else name):
            raise UsageError(f"{parameter}: {name[:40]!r} is not a field's name")
    return ((parameter, ",".join(found)),) if found else ()


def conjoined(value: str) -> bool:
    """Whether the vendor would read the value as two conditions."""
    return _JOINED.search(f" {value} ") is not None


def _number(name: str, value: int | None) -> Query:
    if value is None:
        return ()
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all checked
        raise UsageError(f"{name} must be a whole number from 1, not {value!r}")
    return ((name, str(value)),)


def _filters(filters: Iterable[Filter]) -> Query:
    found: dict[str, str] = {}
    for each in filters:
        if not isinstance(each, tuple | list) or len(each) != 3 or not all(isinstance(part, str) for part in each):  # pyright: ignore[reportUnnecessaryIsInstance, reportUnnecessaryComparison] - callers are not all checked
            raise UsageError(f"filter: expected (field, operator, value), all three text, got {str(each)[:60]!r}")
        field, value = _filter(*each)
        if field in found:
            raise UsageError(f"filter: {field} is given twice, and the vendor reads one: write both in one `where`")
        found[field] = value
    return tuple(found.items())


def _filter(field: str, operator: str, value: str) -> tuple[str, str]:
    if not is_name(field) or field in _PARAMETERS:
        raise UsageError(f"filter: {field[:40]!r} is not a field's name")
    if operator not in OPERATORS:
        raise UsageError(f"filter: no operator {operator[:40]!r}; there are {', '.join(sorted(OPERATORS))}")
    if conjoined(value):
        raise UsageError(f"filter: {field} cannot be compared with a text that has AND or OR in it")
    return field, f"{operator}:{value}"
