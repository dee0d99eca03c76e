"""Fields as callers name them: by name or as columns, and checked, since the vendor ignores what it does not know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias, TypeVar, cast

from commerce_async.errors import UsageError
from sparkpay_async import calls, query
from sparkpay_async.calls import Filter, Query
from sparkpay_async.kinds import Kind
from sparkpay_async.query import Column, Descending, Expression, Fields

F = TypeVar("F", bound=Fields)

Names: TypeAlias = str | Column[F, Any] | Iterable[str | Column[F, Any]]
SortKeys: TypeAlias = str | Column[F, Any] | Descending[F] | Iterable[str | Column[F, Any] | Descending[F]]


def sort_names(kind: Kind[Any], sort: SortKeys[Any]) -> tuple[str, ...]:
    """Fields to sort by, as the vendor names them; a `-` in front sorts downwards.

    Raises:
        UsageError: the resource has no such field.
    """
    columns = kind.columns
    return plain_names(sort) if columns is None else query.sort_names(columns, cast("Iterable[Any]", sort))


def field_names(kind: Kind[Any], fields: Names[Any]) -> tuple[str, ...]:
    """The only fields wanted, the id with them; none where all are.

    Raises:
        UsageError: the resource has no such field.
    """
    columns = kind.columns
    if columns is None:
        return plain_names(fields)
    found = query.names(columns, cast("Iterable[Any]", fields), nested=kind.nested)
    id = kind.id_field or "id"
    return (id, *found) if found and id not in found else found


def nested_names(kind: Kind[Any], expand: str | Iterable[str]) -> tuple[str, ...]:
    """Nested lists to fill.

    Raises:
        UsageError: the resource has no such list.
    """
    found = plain_names(expand)
    for name in found:
        if name not in kind.nested:
            known = ", ".join(kind.nested) or "none"
            raise UsageError(f"{kind.name} has no nested list {name[:40]!r}; there are: {known}")
    return found


def conditions(kind: Kind[Any], where: Expression[Any] | None, filters: Iterable[Filter]) -> Query:
    """Which records are wanted, as pairs of the query.

    Raises:
        UsageError: both are given, or a field that the resource does not have or that cannot be filtered.
    """
    plain = calls.query(filters=filters)
    if where is None:
        return query.filterable(kind.columns, plain) if kind.columns is not None else plain
    if plain:
        raise UsageError("give either where or filters: together they could mean something else to the vendor")
    return query.render(where, kind.columns)


def plain_names(given: Any) -> tuple[str, ...]:
    """One name or several.

    Raises:
        UsageError: something that is no text.
    """
    if isinstance(given, str):
        return (given,)
    found = tuple(given)
    for each in found:
        if not isinstance(each, str):
            raise UsageError(f"{str(each)[:60]} is no name")
    return found


__all__ = ["Names", "SortKeys", "conditions", "field_names", "nested_names", "plain_names", "sort_names"]
