"""A documented record of any kind, made from its struct, and mutations of it: such as live shops send, and worse."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, cast

import msgspec
from msgspec import inspect as shapes

from sparkpay_async.kinds import Kind
from sparkpay_async.query import columns

_DEPTH = 2


def scalars(kind: Kind[Any]) -> dict[str, shapes.Type]:
    """The fields of a kind's struct that are no list and no object, by the vendor's name, with what they hold."""
    struct = cast(shapes.StructType, shapes.type_info(kind.struct))
    found = {each.encode_name: each.type for each in sent(struct) if not _nested(each.type)}
    if kind.id_field != "id":
        found.pop("id", None)
    return found


def sent(struct: shapes.StructType) -> list[shapes.Field]:
    """The fields that the vendor sends: all but the one for the record's own bytes."""
    return [each for each in struct.fields if each.name != "raw"]


def _nested(shape: shapes.Type) -> bool:
    parts = shape.types if isinstance(shape, shapes.UnionType) else (shape,)
    return any(isinstance(part, shapes.ListType | shapes.StructType) for part in parts)


def column_of(shape: shapes.Type) -> tuple[type, ...]:
    """The column classes that fit what a field holds."""
    parts = {type(part) for part in (shape.types if isinstance(shape, shapes.UnionType) else (shape,))}
    if shapes.AnyType in parts:
        return (columns.Money, columns.Real)
    if shapes.BoolType in parts:
        return (columns.Flag,)
    if shapes.StrType in parts:
        return (columns.Text, columns.Time)
    return (columns.Number,)


def sample(kind: Kind[Any], chance: random.Random) -> dict[str, Any]:
    """A record as the vendor documents it, with every field and nested list."""
    record = _object(cast(shapes.StructType, shapes.type_info(kind.struct)), chance, 0)
    if kind.id_field not in (None, "id"):
        record.pop("id")
    return record


def _object(struct: shapes.StructType, chance: random.Random, depth: int) -> dict[str, Any]:
    return {each.encode_name: _value(each.encode_name, each.type, chance, depth) for each in sent(struct)}


def _value(name: str, shape: shapes.Type, chance: random.Random, depth: int) -> Any:
    for part in shape.types if isinstance(shape, shapes.UnionType) else (shape,):
        if isinstance(part, shapes.StructType):
            return _object(part, chance, depth + 1) if depth < _DEPTH else None
        if isinstance(part, shapes.ListType):
            if depth == _DEPTH or (depth + 1 == _DEPTH and _nested(part.item_type)):
                return []
            return [_value(name, part.item_type, chance, depth + 1)]
        if isinstance(part, shapes.AnyType):
            return chance.randint(0, 10**6) / 100
        if isinstance(part, shapes.StrType):
            dated = name.endswith(("_at", "_date")) or name == "published_date"
            return "2014-03-19T13:31:47.923-05:00" if dated else f"{name} {chance.randint(0, 99)}"
        if isinstance(part, shapes.BoolType):
            return chance.choice((True, False))
        if isinstance(part, shapes.IntType):
            return chance.randint(1, 10**5)
    raise AssertionError(f"{name}: {shape}")


JUNK: tuple[Any, ...] = (
    None, "", "0001-01-01T00:00:00", [], {}, {"id": 3}, [[]], "9" * 30, 10**30, -1, 0, 1, 1.5, -0.25, 1e300, True,
    False, "true", "no", "NaN", "1_000", "Infinity", " 5 ", "5.00", "\U0001f600", "\x00", ["a"], [1, 2],
    {"a": {"b": []}},
)  # fmt: skip


def mutations(record: dict[str, Any], count: int, chance: random.Random) -> Iterator[bytes]:
    """So many payloads, each the record after one to five changes."""
    for _ in range(count):
        value: Any = deepcopy(record)
        for _ in range(chance.randint(1, 5)):
            value = _mutated(value, chance)
        yield msgspec.json.encode(value)


def _named(value: Any) -> str:
    return value.__class__.__name__


def _mutated(value: Any, chance: random.Random) -> Any:
    if chance.random() < 0.01:
        return deepcopy(chance.choice(JUNK))
    place: Any = value
    while place and _named(place) in ("dict", "list"):
        key: Any = chance.choice(sorted(place) if _named(place) == "dict" else range(len(place)))
        inner: Any = place[key]
        if inner and _named(inner) in ("dict", "list") and chance.random() < 0.7:
            place = inner
            continue
        roll = chance.random()
        if roll < 0.15 and _named(place) == "dict":
            del place[key]
        else:
            place[key] = _twisted(inner, chance) if roll < 0.45 else deepcopy(chance.choice(JUNK))
        break
    return value


def _twisted(value: Any, chance: random.Random) -> Any:
    match _named(value):
        case "bool":
            choices: tuple[Any, ...] = (int(value), str(value))
        case "int" | "float":
            choices = (str(value), f" {value}", value + 0.5, [value])
        case "str":
            choices = (value.encode().hex(), 7, [value], {"value": value})
        case "dict":
            choices = ([value], value.get("id"))
        case _:
            choices = (value[0], {}) if value else ({},)
    return chance.choice(choices)
