"""List queries as the server reads them: paging, sorting, fields, expansion and filters.

Spark Pay: common usage of lists. Parameters that do not exist are ignored without a word, as the server does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import msgspec

from .values import Record, micros

OPERATORS = frozenset({"eq", "not", "like", "startwith", "gt", "gte", "lt", "lte"})
RESERVED = frozenset({"page", "count", "sort", "fields", "expand", "ids"})


class BadQuery(ValueError):
    """A query that the server answers with 400."""


class Atom(msgspec.Struct, frozen=True):
    """One comparison. `number` and `micros` are the value read that way, where it can be."""

    op: str
    text: str
    number: Decimal | None
    micros: int | None


class Test(msgspec.Struct, frozen=True):
    """What one parameter demands of one field: any of the groups, all comparisons of a group."""

    field: str
    groups: tuple[tuple[Atom, ...], ...]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A list query.

    Attributes:
        where: any of the groups, all tests of a group; empty means everything.
        sort: field and whether descending.
        fields: None for all.
        expand: nested arrays wanted.
    """

    page: int = 1
    count: int = 100
    where: tuple[tuple[Test, ...], ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    fields: tuple[str, ...] | None = None
    expand: tuple[str, ...] = ()


def is_time(field: str) -> bool:
    """Whether a field holds a date and time."""
    return field.endswith(("_at", "_date"))


def parse(
    parameters: Iterable[tuple[str, str]],
    sample: Mapping[str, Any],
    nested: Iterable[str],
    *,
    most: int,
    barred: frozenset[str] = frozenset(),
    or_prefix: str = "either",
) -> Query:
    """Reads the parameters of a list.

    Args:
        parameters: decoded names and values, in order.
        sample: a record: filters on other names are ignored.
        nested: the names that can be expanded.
        most: the largest page.
        barred: fields that the vendor says cannot be filtered.
        or_prefix: which neighbour an `OR` in front binds to; see `Quirks`.

    Raises:
        BadQuery: a value that cannot be read.
    """
    parameters = list(parameters)
    single = dict(parameters)
    known = tuple(nested)
    fields = _names(single["fields"]) if single.get("fields") else None
    expand = [name for name in _names(single.get("expand", "")) if name in known]
    expand += [name for name in fields or () if name in known and name not in expand]
    sort = tuple((name.lstrip("-"), name.startswith("-")) for name in _names(single.get("sort", "")))
    return Query(
        page=_number(single.get("page", "1"), "page"),
        count=min(most, _number(single.get("count", "100"), "count")),
        where=_where(parameters, sample, barred, or_prefix),
        sort=tuple(key for key in sort if key[0] in sample),
        fields=fields,
        expand=tuple(expand),
    )


def shaped(record: Record, fields: tuple[str, ...] | None) -> Record:
    """Only those fields of the record, or all."""
    return record if fields is None else {name: record[name] for name in fields if name in record}


def matches(record: Mapping[str, Any], where: tuple[tuple[Test, ...], ...]) -> bool:
    """Whether a record passes."""
    return not where or any(all(passes(record.get(test.field), test) for test in group) for group in where)


def passes(value: Any, test: Test) -> bool:
    """Whether a field's value passes; one that is not set passes nothing, as in SQL."""
    return any(all(_holds(value, atom, test.field) for atom in group) for group in test.groups)


def sort_key(value: Any, field: str) -> tuple[int, Any]:
    """What a value sorts by: unset ones first."""
    if value is None or (value == "" and is_time(field)):
        return (0, 0)
    if isinstance(value, int | Decimal):
        return (1, value)
    if isinstance(value, str):
        at = micros(value) if is_time(field) else None
        return (1, at) if at is not None else (2, value.casefold())
    return (3, 0)


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _number(text: str, name: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise BadQuery(f"The value '{text}' is not valid for {name}.") from None
    if name == "count" and number < 1:
        raise BadQuery("count must be at least 1.")
    return number


def _where(
    parameters: Iterable[tuple[str, str]], sample: Mapping[str, Any], barred: frozenset[str], or_prefix: str
) -> tuple[tuple[Test, ...], ...]:
    groups: list[list[Test]] = [[]]
    pending = False
    for name, value in parameters:
        if name in RESERVED or name not in sample:
            continue
        if name in barred:
            raise BadQuery(f"The field '{name}' cannot be used as a filter.")
        either = value.startswith("OR ")
        test = Test(name, _expression(name, value.removeprefix("OR ").removeprefix("AND "), sample[name]))
        # "either": an OR on the first parameter has nothing before it and binds to the next.
        back, ahead = either and or_prefix != "next", either and (or_prefix == "next" or not groups[0])
        if groups[-1] and (back or pending):
            groups.append([])
        pending = ahead and or_prefix != "previous"
        groups[-1].append(test)
    return tuple(tuple(group) for group in groups) if groups[0] else ()


def _expression(field: str, text: str, sample: Any) -> tuple[tuple[Atom, ...], ...]:
    return tuple(tuple(_atom(field, part, sample) for part in either.split(" AND ")) for either in text.split(" OR "))


def _atom(field: str, text: str, sample: Any) -> Atom:
    op, colon, value = text.partition(":")
    if not colon or op not in OPERATORS:
        op, value = "eq", text
    number, at = _decimal(value), micros(value) if is_time(field) else None
    if is_time(field):
        readable = at is not None or op in ("like", "startwith") or value == ""
    elif isinstance(sample, bool):
        readable = value.lower() in ("true", "false", "1", "0")
    elif isinstance(sample, int | Decimal):
        readable = number is not None or op in ("like", "startwith")
    else:
        readable = True
    if not readable:
        raise BadQuery(f"The value '{value}' is not valid for {field}.")
    return Atom(op, value.casefold(), number, at)


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _holds(value: Any, atom: Atom, field: str) -> bool:
    if value is None:
        return False
    if atom.op in ("like", "startwith"):
        text = str(value).casefold()
        return text.startswith(atom.text) if atom.op == "startwith" else atom.text in text
    pair = _comparable(value, atom, field)
    return pair is not None and _compare(*pair, atom.op)


def _comparable(value: Any, atom: Atom, field: str) -> tuple[Any, Any] | None:
    if isinstance(value, bool):
        return value, atom.text in ("true", "1")
    if isinstance(value, int | Decimal):
        return (value, atom.number) if atom.number is not None else None
    if not isinstance(value, str):
        return None
    if not is_time(field):
        return value.casefold(), atom.text
    at = micros(value)
    if at is None or atom.micros is None:
        return (value, atom.text) if value == atom.text == "" else None
    return at, atom.micros


def _compare(left: Any, right: Any, op: str) -> bool:
    if op == "eq":
        return cast(bool, left == right)
    if op == "not":
        return cast(bool, left != right)
    if op == "gt":
        return cast(bool, left > right)
    if op == "gte":
        return cast(bool, left >= right)
    return cast(bool, left < right if op == "lt" else left <= right)
