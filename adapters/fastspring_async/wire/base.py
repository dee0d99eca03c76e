"""What FastSpring's objects share: who is answered, why an item was refused, and the several spellings of one thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeAlias, TypeVar, cast

import msgspec

from commerce_async.schema.lenient import Reader, Wire, find_id, one_line, untyped
from commerce_async.schema.money import money
from commerce_async.schema.values import text

Words: TypeAlias = dict[str, str | None] | str | None
"""Text per language, or (older replies) one text."""

Pairs: TypeAlias = dict[str, Any] | list[Any] | str | None
"""The merchant's own keys and values: an object, in later replies an array of {key, value}, now and then a text."""

if TYPE_CHECKING:
    Amounts: TypeAlias = dict[str, Decimal]
else:
    # Untyped for msgspec, as `Amount` is: an object per currency, a bare number, or null.
    Amounts = Any

_NOT_FOUND = re.compile(
    r"\bnot[ _-]?found\b|\bdoes(?: not|n't) exist\b|\bno such\b"
    r"|\bunknown (?:product|order|account|subscription|coupon|return|quote|invoice|event)\b",
    re.IGNORECASE,
)
_NOUN = re.compile(
    r"\b(product|order|account|subscription|coupon|code|item|add-?on|return|quote|invoice|event|session)s?\b",
    re.IGNORECASE,
)
_ACCEPTED = (None, "", "success")


class Refusal(ValueError):
    """The vendor's own words on why it did not do what was asked, for one item or for the whole request.

    Attributes:
        message: all its words on one line.
        fields: its words per field; empty if it named none.
        id: the item it speaks of, if it told.
        raw: the item's bytes.
    """

    def __init__(self, error: object, *, result: str | None = None, id: str | None = None, raw: bytes = b"") -> None:
        found = _flatten(error)
        said = "; ".join(dict.fromkeys(found.values())) or f"result: {result}"
        self.message = one_line(ValueError(said))
        self.fields = {name: words for name, words in found.items() if name}
        self.id = id
        self.raw = raw
        self._elsewhere = False
        super().__init__(self.message)

    @property
    def missing(self) -> bool:
        """Whether the words say that the object is not there."""
        return not self._elsewhere and _NOT_FOUND.search(self.message) is not None

    def of_change(self, names: Collection[str]) -> Self:
        """The same for a change, whose "not found" may be about what it names and not about what it is to change.

        Args:
            names: the fields that name what is to be changed, such as `subscription` and `id`.
        """
        said = self.fields or {"": self.message}
        self._elsewhere = not any(_is_about(names, field, words) for field, words in said.items())
        return self


Named: TypeAlias = Literal["product", "order", "account", "subscription", "coupon"]


class Part(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of structs without amounts: nothing is left to do once they are decoded."""


class Item(Wire, frozen=True, kw_only=True, gc=False):
    """One object of a reply. An error may stand beside `result: success`, and then counts.

    Attributes:
        action: what the vendor says it did, such as `subscription.cancel`; None if it said nothing.
        result: the vendor's word; None if it said nothing.
        error: text, object or list; None if there is none.
        raw: the object's own JSON, byte for byte.
    """

    action: str | None = None
    result: str | None = None
    error: Any = None
    raw: bytes = msgspec.field(name=" raw", default=b"")  # a key that no reply has: it is set by `keep`

    @property
    def members(self) -> dict[str, Any]:
        """Everything the vendor sent, by its own keys; fractions are exact Decimals."""
        found: object = untyped(self.raw) if self.raw else {}
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def __repr__(self) -> str:
        named = ((name, getattr(self, name)) for name in self.__struct_fields__ if name != "raw")
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in named if value is not None)})"

    def refused(self, id: str, raw: bytes) -> None:
        """Checks that the vendor delivered this item.

        Raises:
            Refusal: it did not.
        """
        if self.error is None and self.result in _ACCEPTED:
            return
        if self.result not in _ACCEPTED or _flatten(self.error):
            raise Refusal(self.error, result=self.result, id=id or None, raw=raw)


Kept = TypeVar("Kept", bound=Item)
KeptOut = TypeVar("KeptOut", bound=Item, covariant=True)


def keep(record: Kept, raw: bytes, *, sure: bool = False) -> Kept:
    """The record, with its own bytes on it.

    Args:
        sure: whether they are known to be UTF-8.

    Raises:
        ValueError: they are not UTF-8, where no field was read that would have shown it.
    """
    if not (sure or raw.isascii()):
        raw.decode()
    msgspec.structs.force_setattr(record, "raw", raw)
    return record


def reading(kind: type[Kept], *names: str, needs_id: bool = True) -> Callable[[bytes], Kept]:
    """A function that reads one object of a reply.

    Args:
        kind: its struct.
        names: the keys that hold its id, the best one first.
        needs_id: whether one that has no id is refused.
    """
    reader = Reader(kind)

    def read(raw: bytes) -> Kept:
        """One object.

        Raises:
            Refusal: the vendor's error in its place.
            ValueError: it cannot be read; the message names the field.
        """
        record = reader.read(raw)
        id = find_id(raw, *names)
        record.refused(id or "", raw)
        if needs_id and id is None:
            raise ValueError(f"{names[0]}: missing")
        return keep(record, raw)

    return read


class ReadsOwn(Protocol[KeptOut]):
    """What `reading_own` makes."""

    def __call__(self, raw: bytes, *, sure: bool = False) -> KeptOut:
        """One object. `sure`: whether the bytes are known to be UTF-8.

        Raises:
            Refusal: the vendor's error in its place.
            ValueError: it cannot be read; the message names the field.
        """
        ...


def reading_own(kind: type[Kept], name: str, id: Callable[[Kept], str]) -> ReadsOwn[Kept]:
    """The same as `reading` for a struct that tells its own id, so that the bytes need not be read twice.

    Args:
        name: the key that holds the id.
        id: the id, "" if there is none.
    """
    reader = Reader(kind)

    def read(raw: bytes, *, sure: bool = False) -> Kept:
        record = reader.read(raw)
        own = id(record)
        record.refused(own, raw)
        if not own:
            raise ValueError(f"{name}: missing")
        return keep(record, raw, sure=sure)

    return read


class Reference(Part, frozen=True, kw_only=True, gc=False):
    """An object where other replies have its bare id (FastSpring expands references in some places)."""

    id: str | None = None
    product: str | None = None
    order: str | None = None
    account: Any = None  # a subscription's own is an object in turn
    subscription: str | None = None
    coupon: str | None = None


def id_of(value: str | msgspec.Struct | None, name: Named) -> str | None:
    """The id of what is a bare id in some replies and an object in others: `id_of(order.account, "account")`.

    Args:
        name: what it is, which is the key of its id in an object.
    """
    if isinstance(value, msgspec.Struct):
        return text(getattr(value, name, None)) or text(getattr(value, "id", None))
    return text(value)


def amounts(value: object) -> dict[str, Decimal]:
    """Amounts by currency; a bare number stands under "" since its currency is not told.

    Raises:
        ValueError: an amount that is not a plain decimal number.
    """
    if value == []:
        return {}  # how some servers write an empty object
    if isinstance(value, Mapping):
        members = cast("Mapping[str, object]", value)
        found = {currency: money(amount) for currency, amount in members.items()}
    else:
        found = {"": money(value)}
    return {currency: amount for currency, amount in found.items() if amount is not None}


def force_amounts(record: msgspec.Struct, name: str) -> None:
    """Reads an `Amounts` field of a struct that was just decoded."""
    try:
        msgspec.structs.force_setattr(record, name, amounts(getattr(record, name)))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _is_about(names: Collection[str], field: str, words: str) -> bool:
    """Whether a field's words say of the object with those names, and of no other, that it is not there."""
    place = field.partition(".")[0]  # `subscriptions.pause`: the vendor's word for what it was asked to do
    nouns = {noun.lower() for noun in _NOUN.findall(words)}
    own = place in ("", "message", *names, *(f"{name}s" for name in names))
    return own and _NOT_FOUND.search(words) is not None and (not nouns or not nouns.isdisjoint(names))


def _flatten(error: object, name: str = "", depth: int = 4) -> dict[str, str]:
    """An error of any shape as words by field ("" where no field is named); null members say nothing."""
    if error is None or error is False or error == "":
        return {}
    if not depth or not isinstance(error, dict | list):
        return {name: one_line(ValueError(str(error)))}
    found: dict[str, str] = {}
    if isinstance(error, dict):
        for key, value in cast("dict[str, object]", error).items():
            found |= _flatten(value, f"{name}.{key}" if name else key, depth - 1)
        return found
    for number, value in enumerate(cast("list[object]", error)):
        for key, words in _flatten(value, "", depth - 1).items():
            place = ".".join(part for part in (name, key) if part)
            found[place if place not in found else f"{place}[{number}]"] = words
    return found
