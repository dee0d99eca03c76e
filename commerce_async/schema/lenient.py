"""Reading records as vendors really send them: fast when they are as documented, forgiving when they are not.

A record is first decoded as its struct says. Only if that fails is it read again, field by field, with the
substitutions that live shops are known to need: "" or a number where text is due, 0 and 1 for booleans, one object
where a list is due, a bare id where an object is due. What still does not fit is refused with the field's name.
"""

from __future__ import annotations

from codecs import utf_8_decode
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from inspect import get_annotations
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeAlias, TypeVar, cast

import msgspec
from msgspec import inspect as shapes

from commerce_async.schema.base import Unreadable
from commerce_async.schema.money import is_plain, money

T = TypeVar("T")
R = TypeVar("R")

_PART = 65536

if TYPE_CHECKING:
    Amount: TypeAlias = Decimal | None
else:
    # Untyped for msgspec, which would let "1_000" and "NaN" pass as Decimal; `Wire` reads it through `money()`.
    Amount = Annotated[Any, "money"]


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """Base of a vendor's own structs. Fields annotated `Amount` hold exact decimals, or None for null and ""."""

    def __post_init__(self) -> None:
        for name in _amounts(type(self)):
            value = getattr(self, name)
            if value is None or (type(value) is Decimal and is_plain(value)):
                continue
            try:
                msgspec.structs.force_setattr(self, name, money(value))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None


_AMOUNTS: dict[type, tuple[str, ...]] = {}


def _amounts(kind: type) -> tuple[str, ...]:
    known = _AMOUNTS.get(kind)
    if known is None:
        names: list[str] = []
        for base in kind.__mro__:
            declared = get_annotations(base)
            names += [name for name, note in declared.items() if note in ("Amount", Amount)]
        known = _AMOUNTS[kind] = tuple(names)
    return known


class Reader(Generic[T]):
    """Reads one kind of struct from JSON bytes.

    Args:
        kind: the struct. Its `Amount` fields, wherever nested, are exact.
    """

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._shape: shapes.Type | None = None

    @cached_property  # made when it is first needed: those of a vendor together take as long as its modules
    def _decoder(self) -> msgspec.json.Decoder[T]:
        return msgspec.json.Decoder(self._kind, float_hook=Decimal)

    def read(self, raw: bytes | msgspec.Raw) -> T:
        """The struct.

        Raises:
            ValueError: not JSON, or a field that cannot be read; the message names it.
        """
        try:
            return self._decoder.decode(raw)
        except msgspec.ValidationError:
            return self._forgiving(raw)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        except ArithmeticError:
            raise ValueError(_BEYOND) from None

    def _forgiving(self, raw: bytes | msgspec.Raw) -> T:
        if self._shape is None:
            self._shape = shapes.type_info(self._kind)
        try:
            return cast(T, _fit(untyped(raw), self._shape, ""))
        except RecursionError:
            raise ValueError("nested too deeply") from None


def untyped(raw: bytes | msgspec.Raw) -> Any:
    """JSON as plain objects, fractions as exact Decimals.

    Raises:
        ValueError: not JSON, or with a number that no Decimal holds. RecursionError: nested too deeply.
    """
    try:
        return _UNTYPED.decode(raw)
    except ArithmeticError:
        raise ValueError(_BEYOND) from None


_UNTYPED = msgspec.json.Decoder(float_hook=Decimal)
_BEYOND = "a number's exponent is too large to be read"


def read_each(
    raws: Iterable[msgspec.Raw], read: Callable[[bytes], R], identify: Callable[[bytes], str | None]
) -> tuple[tuple[R, ...], tuple[Unreadable, ...]]:
    """Reads every record on its own, so that one that cannot be read does not take the others with it.

    Args:
        raws: the records of a page.
        read: bytes to record; a `ValueError` sets the record aside, with that reason.
        identify: bytes to the record's id, as far as it can be told from a record that is broken.
    """
    good: list[R] = []
    bad: list[Unreadable] = []
    for raw in raws:
        data = bytes(raw)  # a copy: a Raw would keep the whole page alive
        try:
            good.append(read(data))
        except (ValueError, ArithmeticError, RecursionError) as error:
            bad.append(Unreadable(id=identify(data), reason=one_line(error), raw=data))
    return tuple(good), tuple(bad)


def find_id(raw: bytes, *names: str) -> str | None:
    """The first of those members that is a text or a whole number; for records that are otherwise unreadable."""
    try:
        value = untyped(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    members = cast("dict[str, object]", value)
    for name in names:
        found = members.get(name)
        if isinstance(found, str | int) and not isinstance(found, bool) and found != "":
            return str(found)
    return None


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are UTF-8, as JSON has to be. Decoders look at it only in the fields that they read."""
    if data.isascii():
        return True
    view, at = memoryview(data), 0
    try:
        while at < len(data):  # in parts: one large text, made and thrown away, costs several times as much
            at += utf_8_decode(view[at : at + _PART], "strict", at + _PART >= len(data))[1]
    except UnicodeDecodeError:
        return False
    return True


def one_line(error: BaseException) -> str:
    """An error's words on one bounded line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."


# -- the forgiving way ---------------------------------------------------------------------------------------


def _fit(value: Any, shape: shapes.Type, where: str) -> Any:
    """`value` in that shape, or ValueError naming the place."""
    handler = _FITTERS.get(type(shape))
    if handler is None:
        raise _wrong(where, f"a {type(shape).__name__.removesuffix('Type').lower()}", value)
    return handler(value, shape, where)


def _wrong(where: str, expected: str, value: Any) -> ValueError:
    text = repr(value)
    return ValueError(f"{where or 'record'}: expected {expected}, got {text if len(text) <= 40 else text[:37] + '...'}")


def _fit_struct(value: Any, shape: Any, where: str) -> Any:
    if value == []:
        value = {}  # how some servers write an empty object
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    members = cast("dict[str, Any]", value)
    found: dict[str, Any] = {}
    for item in shape.fields:
        place = f"{where}.{item.encode_name}" if where else str(item.encode_name)
        if item.encode_name not in members:
            if item.required:
                raise ValueError(f"{place}: missing")
            continue
        found[item.name] = _fit_member(members[item.encode_name], item, place)
    try:
        return shape.cls(**found)
    except ValueError as error:
        raise ValueError(f"{where}.{error}" if where else str(error)) from None


def _fit_member(value: Any, item: Any, place: str) -> Any:
    if value in (None, "") and not item.required:
        # The vendor's "none": the default if the field itself has no room for it.
        kinds = item.type.types if isinstance(item.type, shapes.UnionType) else (item.type,)
        if not any(isinstance(kind, shapes.StrType | shapes.AnyType) for kind in kinds) or value is None:
            if any(isinstance(kind, shapes.NoneType | shapes.AnyType) for kind in kinds):
                return None
            return item.default if item.default is not msgspec.NODEFAULT else item.default_factory()
    return _fit(value, item.type, place)


def _fit_union(value: Any, shape: shapes.UnionType, where: str) -> Any:
    if value is None or value == "":
        wants_text = value == "" and any(isinstance(kind, shapes.StrType) for kind in shape.types)
        if not wants_text and any(isinstance(kind, shapes.NoneType) for kind in shape.types):
            return None
    natural = _NATURAL.get(cast("type", type(value)), ())
    kinds = [kind for kind in shape.types if not isinstance(kind, shapes.NoneType)]
    kinds.sort(key=lambda kind: not isinstance(kind, natural))
    reason: ValueError | None = None
    for kind in kinds:
        try:
            return _fit(value, kind, where)
        except ValueError as error:
            reason = reason or error
    raise reason or _wrong(where, "nothing", value)


def _fit_list(value: Any, shape: Any, where: str) -> Any:
    if value is None or value == "" or value == {}:
        members: list[Any] = []
    elif isinstance(value, list):
        members = cast("list[Any]", value)
    else:
        members = [value]
    fitted = [_fit(member, shape.item_type, f"{where}[{n}]") for n, member in enumerate(members)]
    return tuple(fitted) if isinstance(shape, shapes.VarTupleType) else fitted


def _fit_dict(value: Any, shape: Any, where: str) -> Any:
    if value is None or value == "" or value == []:
        return {}
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    members = cast("dict[str, Any]", value)
    return {key: _fit(member, shape.value_type, f"{where}.{key}") for key, member in members.items()}


def _fit_str(value: Any, _shape: Any, where: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    raise _wrong(where, "text", value)


def _fit_int(value: Any, _shape: Any, where: str) -> int:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    try:
        number = money(value)
    except ValueError:
        number = None
    if number is None or number != number.to_integral_value():
        raise _wrong(where, "a whole number", value)
    return int(number)


def _fit_bool(value: Any, _shape: Any, where: str) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word in ("1", "true", "yes"):
        return True
    if word in ("0", "false", "no"):
        return False
    raise _wrong(where, "true or false", value)


def _fit_float(value: Any, _shape: Any, where: str) -> float:
    try:
        number = None if isinstance(value, bool) else money(value)
    except ValueError:
        number = None
    if number is None:
        raise _wrong(where, "a number", value)
    return float(number)


def _fit_none(value: Any, _shape: Any, where: str) -> None:
    if value not in (None, ""):
        raise _wrong(where, "null", value)


def _fit_any(value: Any, _shape: Any, _where: str) -> Any:
    return value


def _fit_datetime(value: Any, _shape: Any, where: str) -> datetime:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise _wrong(where, "a date and time", value)


_FITTERS: dict[type, Callable[[Any, Any, str], Any]] = {
    shapes.StructType: _fit_struct,
    shapes.UnionType: _fit_union,
    shapes.ListType: _fit_list,
    shapes.VarTupleType: _fit_list,
    shapes.DictType: _fit_dict,
    shapes.StrType: _fit_str,
    shapes.IntType: _fit_int,
    shapes.BoolType: _fit_bool,
    shapes.FloatType: _fit_float,
    shapes.NoneType: _fit_none,
    shapes.AnyType: _fit_any,
    shapes.DateTimeType: _fit_datetime,
}

# What a union should try first for a JSON value of this type.
_NATURAL: dict[type, tuple[type, ...]] = {
    str: (shapes.StrType,),
    int: (shapes.IntType,),
    bool: (shapes.BoolType,),
    Decimal: (shapes.AnyType,),
    list: (shapes.ListType, shapes.VarTupleType),
    dict: (shapes.StructType, shapes.DictType),
}
