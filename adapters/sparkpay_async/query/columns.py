"""Declares a resource's fields, so that conditions can be written on them.

    class Product(Fields):
        id = Number()
        item_name = Text()
        price = Money()
        weight = Real()
        height = Text(barred=True)  # the vendor's pages say that it cannot be filtered
        is_kit = Flag()
        is_hidden = Flag(number=True)  # 1 and 0 instead of true and false
        updated_at = Time()

A field whose name is no Python name is given it: `from_ = Text("from")`. On the class, each is a `Column`:
`Product.price >= Decimal("5.00")` is an `Expression[Product]`. A subclass adds fields to the same resource, so
resources that share fields take them from a common base that is no resource itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Generic, NoReturn, TypeAlias, TypeVar

from commerce_async.errors import UsageError
from sparkpay_async.query import values
from sparkpay_async.query.expressions import All, Any_, Comparison, Expression, R

V = TypeVar("V")
Exact: TypeAlias = Decimal | int

# What the vendor reads as something about the list itself (Spark Pay: Common usage, List of resources).
RESERVED: Final = frozenset({"page", "count", "sort", "fields", "expand", "ids"})


class Fields:
    """The fields of one resource; subclasses declare them. Only the class is used, never an instance."""

    def __new__(cls) -> NoReturn:
        raise UsageError(f"{cls.__name__} names fields: write {cls.__name__}.id, without calling it")


class Descending(Generic[R]):
    """A field to sort by downwards."""

    __slots__ = ("name", "owner")

    def __init__(self, owner: type[R], name: str) -> None:
        self.owner = owner
        self.name = name

    def __repr__(self) -> str:
        return f"{self.owner.__name__}.{self.name}.desc()"


class Column(Generic[R, V]):
    """One field of a resource.

    Attributes:
        owner: the resource's declared fields.
        name: the vendor's name of it.
        barred: whether the vendor's pages say that it cannot be filtered (Spark Pay: Known issues).
    """

    __slots__ = ("_spelled", "barred", "name", "owner")

    def __init__(self, owner: type[R], name: str, spelled: Callable[[str, object], str], barred: bool) -> None:
        self.owner = owner
        self.name = name
        self.barred = barred
        self._spelled = spelled

    def desc(self) -> Descending[R]:
        """Downwards, for `sort`."""
        return Descending(self.owner, self.name)

    def in_(self, choices: Iterable[V]) -> Expression[R]:
        """Equal to one of the values.

        Raises:
            UsageError: no values, a text instead of several values, or a value that the field cannot have.
        """
        return self._one_of(choices)

    def __eq__(self, other: V) -> Expression[R]:  # pyright: ignore[reportIncompatibleMethodOverride] - makes a condition
        return self._compared("eq", other)

    def __ne__(self, other: V) -> Expression[R]:  # pyright: ignore[reportIncompatibleMethodOverride] - makes a condition
        return self._compared("not", other)

    def __hash__(self) -> int:
        return hash((self.owner, self.name))

    def __bool__(self) -> NoReturn:
        raise UsageError(f"{self!r} is a field, not a condition: compare it with a value")

    def __repr__(self) -> str:
        return f"{self.owner.__name__}.{self.name}"

    def _one_of(self, choices: Iterable[object]) -> Expression[R]:
        if isinstance(choices, str):
            raise UsageError(f"{self!r}.in_ takes a list of values, not one text")
        parts = tuple(dict.fromkeys(self._compared("eq", choice) for choice in choices))
        if not parts:
            raise UsageError(f"{self!r}.in_ was given no values: nothing would match, so there is nothing to ask")
        return parts[0] if len(parts) == 1 else Any_(self.owner, parts)

    def _compared(
        self, operator: str, value: object, spelled: Callable[[str, object], str] | None = None
    ) -> Comparison[R]:
        if self.barred:
            raise UsageError(f"{self!r} cannot be filtered: the vendor's data has it in the wrong type")
        if self.name in RESERVED:
            raise UsageError(f"{self!r} cannot be filtered: the vendor reads {self.name} as a parameter of the list")
        if isinstance(value, Column | Descending | Expression):
            raise UsageError(f"{self!r} can only be compared with a value, not with {value!r}")
        text = (spelled or self._spelled)(repr(self), value)
        return Comparison(self.owner, self.name, operator, text, repr(value))

    if not TYPE_CHECKING:  # a type checker sees that a field without order has none; others get the reason

        def _unordered(self, other: object) -> NoReturn:
            raise UsageError(f"{self!r} has no order on the server: use ==, != or a method of the field")

        __lt__ = __le__ = __gt__ = __ge__ = _unordered


class OrderedColumn(Column[R, V]):
    """A field with an order: a number or a time."""

    __slots__ = ()

    def __lt__(self, other: V) -> Expression[R]:
        return self._compared("lt", other)

    def __le__(self, other: V) -> Expression[R]:
        return self._compared("lte", other)

    def __gt__(self, other: V) -> Expression[R]:
        return self._compared("gt", other)

    def __ge__(self, other: V) -> Expression[R]:
        return self._compared("gte", other)

    def between(self, low: V, high: V) -> Expression[R]:
        """From low to high, both included.

        Raises:
            UsageError: a value that the field cannot have.
        """
        return self._between(low, high)

    def _between(self, low: object, high: object) -> Expression[R]:
        return All(self.owner, (self._compared("gte", low), self._compared("lte", high)))


class DecimalColumn(OrderedColumn[R, Exact]):
    """A field of money. Its methods also take digits as text."""

    __slots__ = ()

    def in_(self, choices: Iterable[Exact | str]) -> Expression[R]:
        """Equal to one of the values.

        Raises:
            UsageError: no values, or one that is not an exact number.
        """
        return self._one_of(choices)

    def between(self, low: Exact | str, high: Exact | str) -> Expression[R]:
        """From low to high, both included.

        Raises:
            UsageError: a value that is not an exact number.
        """
        return self._between(low, high)


class TextColumn(Column[R, str]):
    """A field of text."""

    __slots__ = ()

    def contains(self, part: str) -> Expression[R]:
        """Has the text in it (the vendor's `like`).

        Raises:
            UsageError: empty, or a text that the vendor may read as something else.
        """
        return self._compared("like", part, values.part_of_text)

    def startswith(self, start: str) -> Expression[R]:
        """Begins with the text (the vendor's `startwith`, which it has had since 2022).

        Raises:
            UsageError: empty, or a text that the vendor may read as something else.
        """
        return self._compared("startwith", start, values.part_of_text)


class FlagColumn(Column[R, bool]):
    """A field that is true or false."""

    __slots__ = ()

    def is_(self, value: bool) -> Expression[R]:
        """The same as `==`, for linters that object to `== True`."""
        return self._compared("eq", value)


class _Declared:
    """A field in a class of `Fields`."""

    def __init__(self, name: str | None = None, *, barred: bool = False) -> None:
        self.name = name or ""
        self.barred = barred

    def __set_name__(self, owner: type[Fields], name: str) -> None:
        self.name = self.name or name


class Number(_Declared):
    """A whole number, ids among them."""

    def __get__(self, instance: None, owner: type[R]) -> OrderedColumn[R, int]:
        return OrderedColumn(owner, self.name, values.whole, self.barred)


class Real(_Declared):
    """A number with a fraction that is no money: weights, lengths."""

    def __get__(self, instance: None, owner: type[R]) -> OrderedColumn[R, Decimal | float]:
        return OrderedColumn(owner, self.name, values.measure, self.barred)


class Money(_Declared):
    """An amount of money: `Decimal` or whole, never float."""

    def __get__(self, instance: None, owner: type[R]) -> DecimalColumn[R]:
        return DecimalColumn(owner, self.name, values.exact, self.barred)


class Text(_Declared):
    """A text."""

    def __get__(self, instance: None, owner: type[R]) -> TextColumn[R]:
        return TextColumn(owner, self.name, values.text, self.barred)


class Time(_Declared):
    """A date and time, as an aware `datetime`."""

    def __get__(self, instance: None, owner: type[R]) -> OrderedColumn[R, datetime]:
        return OrderedColumn(owner, self.name, values.time, self.barred)


class Flag(_Declared):
    """True or false.

    Args:
        name: the vendor's name of the field, where it is no Python name.
        barred: the vendor's pages say that it cannot be filtered.
        number: the vendor keeps it as 1 and 0.
    """

    def __init__(self, name: str | None = None, *, barred: bool = False, number: bool = False) -> None:
        super().__init__(name, barred=barred)
        self._spelled = values.flag_as_number if number else values.flag

    def __get__(self, instance: None, owner: type[R]) -> FlagColumn[R]:
        return FlagColumn(owner, self.name, self._spelled, self.barred)


def columns_of(owner: type[R]) -> dict[str, Column[R, object]]:
    """Every declared field, by the vendor's name of it."""
    found: dict[str, Column[R, object]] = {}
    for base in reversed(owner.__mro__):
        for attribute, declared in vars(base).items():
            if isinstance(declared, _Declared):
                found[declared.name] = getattr(owner, attribute)
    return found


def barred_of(owner: type[Fields]) -> frozenset[str]:
    """The declared fields that cannot be filtered."""
    return frozenset(name for name, column in columns_of(owner).items() if column.barred)
