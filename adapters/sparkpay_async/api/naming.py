"""Fields as callers name them: by name or as columns, and checked, since the vendor ignores what it does not know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias, TypeVar, cast

from commerce_async.errors import UsageError
from sparkpay_async import query
from sparkpay_async.kinds import Kind
from sparkpay_async.query import Column, Descending, Fields

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


__all__ = ["Names", "SortKeys", "field_names", "plain_names", "sort_names"]
