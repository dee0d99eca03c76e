"""What each resource's records look like: their fields with types and blank values, and what a POST demands."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple

from .query import is_time
from .values import Record, micros

Type = Literal["text", "int", "number", "flag", "digit", "time", "list", "any"]
"""A `digit` is a truth value that the vendor sends as 0 or 1."""

_WRITTEN: Mapping[str, Type] = {
    "s": "text", "i": "int", "n": "number", "b": "flag", "d": "digit", "t": "time", "l": "list", "a": "any",
}  # fmt: skip
_COUNTS = ("_count", "_uses", "_month", "_year", "_quantity", "sort_order", "quantity", "length_max")
_AMOUNTS = ("_total", "amount", "price", "cost", "_fees", "rate", "weight", "_sales", "_percent")
_FLAGS = ("is_", "has_", "are_", "show_", "use_", "allow_", "expires")
_READ_ONLY = frozenset({"id", "created_at", "updated_at", "lookup_path", "lookup_key"})


class Shape(NamedTuple):
    """One resource as the vendor's reference has it.

    Attributes:
        types: fields and what they hold.
        blank: a record in which nothing is set.
        required: fields that a POST must carry.
        nested: names of its nested lists.
        key: what its list is called in live shops; the resource's name unless they say otherwise.
        owner: the field with the parent's id.
        verbs: which of POST, PUT and DELETE there are.
        rows: records at the start: some fields of each.
    """

    types: Mapping[str, Type]
    blank: Record
    required: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()
    key: str = ""
    owner: str = ""
    verbs: frozenset[str] = frozenset({"POST", "PUT", "DELETE"})
    rows: tuple[Record, ...] = ()


class Malformed(ValueError):
    """A value that the vendor would refuse: 409."""


def shape(
    fields: str,
    *,
    nested: str = "",
    key: str = "",
    owner: str = "",
    verbs: str = "POST PUT DELETE",
    rows: tuple[Record, ...] = (),
    defaults: Mapping[str, Any] | None = None,
) -> Shape:
    """A shape from its fields: `name`, `name:type` where the name does not tell, `*name` if required by POST.

    Types are s(text), i(nteger), n(umber), b(oolean), d(igit), t(ime), l(ist), a(ny). Every record has `id`,
    `created_at` and `updated_at` besides.
    """
    types: dict[str, Type] = {"id": "int"}
    required: list[str] = []
    for word in fields.split():
        name, _, written = word.lstrip("*").partition(":")
        types[name] = _WRITTEN[written] if written else _guess(name)
        if word.startswith("*"):
            required.append(name)
    types |= {"created_at": "time", "updated_at": "time"}
    blank = {name: _none(each) for name, each in types.items()} | dict(defaults or {})
    return Shape(types, blank, tuple(required), tuple(nested.split()), key, owner, frozenset(verbs.split()), rows)


def shape_of(blank: Mapping[str, Any], required: str = "", **kinds: Type) -> Shape:
    """A shape from a blank record; `kinds` where its value does not tell the type."""
    types: dict[str, Type] = {name: kinds.get(name) or _type_of(name, value) for name, value in blank.items()}
    return Shape(types, dict(blank), tuple(required.split()))


def writable(shape: Shape, body: Mapping[str, Any]) -> Record:
    """The fields of a body that can be written, as they are stored. What the resource does not have is left out.

    Raises:
        Malformed: a value does not fit its field.
    """
    return {
        name: _stored(name, value, shape.types[name], shape.blank[name])
        for name, value in body.items()
        if name in shape.types and name not in _READ_ONLY
    }


def _stored(name: str, value: Any, type: Type, blank: Any) -> Any:
    if value is None or (value == "" and type not in ("text", "any")):
        return blank
    match type:
        case "text":
            if isinstance(value, bool | list | dict):
                raise _malformed(name, value)
            return str(value)
        case "int":
            number = _number(name, value)
            if number != int(number):
                raise _malformed(name, value)
            return int(number)
        case "number":
            number = _number(name, value)
            return int(number) if isinstance(value, int) else number
        case "flag" | "digit":
            return _flag(name, value, digit=type == "digit")
        case "time":
            if not isinstance(value, str) or micros(value) is None:
                raise _malformed(name, value)
            return value
        case "list":
            if not isinstance(value, list):
                raise _malformed(name, value)
            return value  # pyright: ignore[reportUnknownVariableType]  any JSON array
        case "any":
            return value


def _flag(name: str, value: Any, *, digit: bool) -> bool | int:
    text = str(value).lower()
    if text not in ("true", "false", "0", "1"):
        raise _malformed(name, value)
    truth = text in ("true", "1")
    return int(truth) if digit else truth


def _number(name: str, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise _malformed(name, value)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise _malformed(name, value) from None
    if not number.is_finite():
        raise _malformed(name, value)
    return number


def _malformed(name: str, value: Any) -> Malformed:
    return Malformed(f"The value '{value}' is not valid for {name}.")


def _guess(name: str) -> Type:
    if is_time(name):
        return "time"
    if name.endswith("_id"):
        return "int"
    if name.startswith(_FLAGS):
        return "flag"
    if name.endswith(_COUNTS):
        return "int"
    return "number" if name.endswith(_AMOUNTS) else "text"


def _none(type: Type) -> Any:
    blanks: dict[Type, Any] = {"text": "", "int": 0, "number": 0, "flag": False, "digit": 0, "list": []}
    return blanks.get(type)


def _type_of(name: str, value: Any) -> Type:
    if is_time(name):
        return "time"
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, list):
        return "list"
    if isinstance(value, int):
        # Counts and ids are whole; everything else is an amount.
        return "int" if name == "id" or name.endswith(("_id", *_COUNTS)) or name in _WHOLE else "number"
    return "int" if value is None and name.endswith("_id") else "text"


_WHOLE = frozenset({"quantity_on_hand", "quantity_on_order", "quantity_increment", "inventory", "max_quantity"})
