"""Conditions on a resource's fields, as data. Nothing here knows how they are written on the wire."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, NoReturn, TypeVar

from commerce_async.errors import UsageError

if TYPE_CHECKING:
    from sparkpay_async.query.columns import Fields

# The resource. A subclass of a resource's declared fields adds fields to it, so its conditions fit the resource too.
R = TypeVar("R", bound="Fields", covariant=True)

_OPPOSITE: Final = {"eq": "not", "not": "eq", "gt": "lte", "lte": "gt", "gte": "lt", "lt": "gte"}
_SIGN: Final = {"eq": "==", "not": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_METHOD: Final = {"like": "contains", "startwith": "startswith"}


class Expression(Generic[R]):
    """A condition on the fields of one resource: made by comparing its columns, combined with `&`, `|` and `~`.

    It never changes, can be compared, hashed and shown, and has no truth value: `and`, `or`, `not` and chained
    comparisons such as `5 < Product.price < 9` would silently drop a part of it, so they raise `UsageError`.
    """

    __slots__ = ()
    owner: type[R]

    def __and__(self, other: Expression[R]) -> Expression[R]:
        return _joined(All, self, other)

    def __or__(self, other: Expression[R]) -> Expression[R]:
        return _joined(Any_, self, other)

    def __invert__(self) -> Expression[R]:
        raise NotImplementedError

    def __bool__(self) -> NoReturn:
        raise UsageError(
            "a condition has no truth value: join conditions with & and |, in parentheses, not with and, or, not; "
            "write a range as .between(low, high) and a choice as .in_([…])"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Expression[R]):
    """One field compared with one value.

    Attributes:
        owner: the resource's declared fields.
        field: the vendor's name of the field.
        operator: the vendor's: eq, not, like, startwith, gt, gte, lt or lte.
        value: as the vendor reads it.
        shown: as Python writes it.
    """

    owner: type[R]
    field: str
    operator: str
    value: str
    shown: str = dataclasses.field(compare=False)

    def __invert__(self) -> Comparison[R]:
        if self.operator not in _OPPOSITE:
            raise UsageError(f"~({self}): Spark Pay has no opposite of {self.operator}")
        return Comparison(self.owner, self.field, _OPPOSITE[self.operator], self.value, self.shown)

    def __repr__(self) -> str:
        name = f"{self.owner.__name__}.{self.field}"
        if self.operator in _SIGN:
            return f"{name} {_SIGN[self.operator]} {self.shown}"
        return f"{name}.{_METHOD[self.operator]}({self.shown})"


@dataclass(frozen=True, slots=True, repr=False)
class All(Expression[R]):
    """Every part holds."""

    owner: type[R]
    parts: tuple[Expression[R], ...]

    def __invert__(self) -> Any_[R]:
        return Any_(self.owner, tuple(~part for part in self.parts))

    def __repr__(self) -> str:
        return " & ".join(f"({part!r})" for part in self.parts)


@dataclass(frozen=True, slots=True, repr=False)
class Any_(Expression[R]):
    """At least one part holds."""

    owner: type[R]
    parts: tuple[Expression[R], ...]

    def __invert__(self) -> All[R]:
        return All(self.owner, tuple(~part for part in self.parts))

    def __repr__(self) -> str:
        return " | ".join(f"({part!r})" for part in self.parts)


def _joined(how: type[All[R]] | type[Any_[R]], *sides: Expression[R]) -> Expression[R]:
    parts: list[Expression[R]] = []
    for side in sides:
        if not isinstance(side, Expression):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all checked
            raise UsageError(f"{side!r} is not a condition: put each comparison in parentheses before & or |")
        parts += side.parts if isinstance(side, how) else (side,)
    owner = sides[0].owner
    for side in sides[1:]:
        if not issubclass(side.owner, owner) and not issubclass(owner, side.owner):
            raise UsageError(
                f"conditions on {owner.__name__} and {side.owner.__name__} cannot be joined: a list is of one resource"
            )
        owner = side.owner if issubclass(side.owner, owner) else owner
    return how(owner, tuple(dict.fromkeys(parts)))
