"""Conditions as the query pairs that the vendor reads (Spark Pay: Query syntax). Nothing here does I/O.

The vendor's pages leave open what an OR is joined with when several fields are asked about (decision record 0007), so
only what means the same under every reading of them is written; `split` makes separate queries of the rest.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any, Final, TypeAlias

from commerce_async.errors import UsageError
from commerce_async.http.call import query_string
from sparkpay_async.query.columns import Column, Descending, Fields, columns_of
from sparkpay_async.query.expressions import All, Any_, Comparison, Expression, R

Pairs: TypeAlias = tuple[tuple[str, str], ...]
Name: TypeAlias = str | Column[R, Any]
SortKey: TypeAlias = str | Column[R, Any] | Descending[R]
_Clause: TypeAlias = tuple[Comparison[R], ...]

# The vendor's web server takes 2,048 characters of query unless told otherwise and answers a longer one with 404, which
# would read as an empty list. What is left is for paging, sorting and fields.
LONGEST: Final = 1_800
_MOST_CLAUSES: Final = 1_000


def render(expression: Expression[R], of: type[Fields] | None = None) -> Pairs:
    """The query pairs of a condition, each field at most once, in the order of its first mention.

    Args:
        expression: the condition.
        of: the declared fields of the resource that is asked.

    Raises:
        UsageError: a condition on another resource, one that the server cannot be asked in a single query without doubt
            (then `split` helps), or one that is too long for a query.
    """
    clauses = _clauses(expression)
    _check_owner(expression, of)
    by_field = _by_field(clauses)
    if len(by_field) == 1 or len(clauses) == 1:
        pairs = tuple((field, _value(parts)) for field, parts in by_field.items())
    elif _is_plain_or(clauses):
        # OR before every field, the first too: joined with the field before or with the one after, all are ORed.
        pairs = tuple((field, f"OR {_value(parts)}") for field, parts in by_field.items())
    else:
        raise UsageError(
            f"{' and '.join(by_field)}: Spark Pay cannot be asked for OR and AND over several fields at once; "
            "split(where) makes queries of it that it can be asked one by one"
        )
    if len(query_string(pairs)) > LONGEST:
        raise UsageError(
            f"the condition on {', '.join(by_field)} is longer than the {LONGEST} characters that fit into a query: "
            "ask with fewer values at a time"
        )
    return pairs


def split(expression: Expression[R]) -> tuple[Expression[R], ...]:
    """Conditions that `render` takes one by one and that together match what the condition matches.

    It is the condition itself where the server can be asked in one query. Otherwise the parts may overlap: a record
    that two of them match comes twice, so keep the first by its id.

    Raises:
        UsageError: too many parts.
    """
    clauses = _clauses(expression)
    if len(clauses) == 1 or len(_by_field(clauses)) == 1 or _is_plain_or(clauses):
        return (expression,)
    return tuple(clause[0] if len(clause) == 1 else All(expression.owner, clause) for clause in clauses)


def names(
    of: type[Fields], wanted: Iterable[Name[Fields]], *, nested: Iterable[str] = (), parameter: str = "fields"
) -> tuple[str, ...]:
    """The vendor's names of fields.

    Args:
        of: the declared fields of the resource that is asked.
        wanted: columns or names.
        nested: what else can be named: the resource's nested lists.
        parameter: what they are for, for errors.

    Raises:
        UsageError: a column of another resource, or a name that is none: the server would ignore it without a word.
    """
    known = {*columns_of(of), *nested}
    return tuple(_name(of, each, known, parameter) for each in _several(wanted, parameter))


def filterable(of: type[Fields], pairs: Pairs) -> Pairs:
    """The same pairs of a query, if each is about a field of the resource that can be filtered.

    Raises:
        UsageError: a name that is none, which the server would ignore without a word, or a field that is barred.
    """
    columns = columns_of(of)
    for name, _ in pairs:
        if columns[_name(of, name, {*columns}, "filter")].barred:
            raise UsageError(f"filter: {name} cannot be filtered: the vendor's data has it in the wrong type")
    return pairs


def sort_names(of: type[Fields], wanted: Iterable[SortKey[Fields]]) -> tuple[str, ...]:
    """The vendor's names of fields to sort by, with `-` before those that go downwards.

    Args:
        of: the declared fields of the resource that is asked.
        wanted: columns, `column.desc()`, or names, `-` in front for downwards.

    Raises:
        UsageError: a column of another resource, or a name that is none: the server would ignore it without a word.
    """
    known = {*columns_of(of)}
    return tuple(_sort_name(of, each, known) for each in _several(wanted, "sort"))


def _sort_name(of: type[Fields], wanted: SortKey[Fields], known: set[str]) -> str:
    if isinstance(wanted, str) and wanted.startswith("-"):
        return "-" + _name(of, wanted[1:], known, "sort")
    if isinstance(wanted, Descending):
        _check_owner(wanted, of)
        return f"-{wanted.name}"
    return _name(of, wanted, known, "sort")


def _several(wanted: Iterable[Any], parameter: str) -> tuple[Any, ...]:
    if isinstance(wanted, str | Column | Descending):
        return (wanted,)
    if isinstance(wanted, Expression):
        raise UsageError(f"{parameter} takes fields, not the condition {wanted!r}")
    return tuple(wanted)


def _name(of: type[Fields], wanted: Name[Fields], known: set[str], parameter: str) -> str:
    if isinstance(wanted, Column):
        _check_owner(wanted, of)
        return wanted.name
    if not isinstance(wanted, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all checked
        raise UsageError(f"{parameter}: {wanted!r} is neither a field nor a name")
    if wanted not in known:
        close = difflib.get_close_matches(wanted, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise UsageError(f"{parameter}: {of.__name__} has no field {wanted[:40]!r}{hint}")
    return wanted


def _check_owner(given: Expression[Any] | Column[Any, Any] | Descending[Any], of: type[Fields] | None) -> None:
    if of is not None and not issubclass(given.owner, of):
        raise UsageError(f"{given!r} is about {given.owner.__name__}, but {of.__name__} is asked")


def _clauses(expression: Expression[R]) -> tuple[_Clause[R], ...]:
    """The condition as alternatives, in each of which everything must hold."""
    if isinstance(expression, Comparison):
        return ((expression,),)
    if isinstance(expression, Any_):
        found = tuple(dict.fromkeys(clause for part in expression.parts for clause in _clauses(part)))
    elif isinstance(expression, All):
        found = tuple(dict.fromkeys(_products([_clauses(part) for part in expression.parts])))
    else:
        raise UsageError(f"{expression!r} is not a condition such as Product.price > 5")
    return found


def _products(factors: list[tuple[_Clause[R], ...]]) -> Iterator[_Clause[R]]:
    count = 1
    for factor in factors:
        count *= len(factor)
    if count > _MOST_CLAUSES:
        raise UsageError(f"the condition has {count:,} alternatives when it is multiplied out; ask for less at a time")
    for chosen in product(*factors):
        yield tuple(dict.fromkeys(comparison for clause in chosen for comparison in clause))


def _by_field(clauses: tuple[_Clause[R], ...]) -> dict[str, list[_Clause[R]]]:
    """What each field is compared with, clause by clause."""
    found: dict[str, list[_Clause[R]]] = {}
    for clause in clauses:
        for field in dict.fromkeys(comparison.field for comparison in clause):
            part = tuple(comparison for comparison in clause if comparison.field == field)
            found.setdefault(field, []).append(part)
    return found


def _is_plain_or(clauses: tuple[_Clause[R], ...]) -> bool:
    return all(len({comparison.field for comparison in clause}) == 1 for clause in clauses)


def _value(clauses: list[_Clause[R]]) -> str:
    return " OR ".join(" AND ".join(f"{each.operator}:{each.value}" for each in clause) for clause in clauses)
