"""What all of Spark Pay's records share.

Times stay text here and are read in the mapping: a list of records is decoded far more often than each of its
times is looked at, and "" is one of the vendor's ways to say "none".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Final, TypeAlias, TypeVar, cast

import msgspec

from commerce_async.schema.lenient import Wire, untyped
from commerce_async.schema.values import instant_iso

# Some flags are true and false, others 1 and 0, by resource and by field.
Flag: TypeAlias = bool | int | None

# What people type as digits comes as text from one shop and as a number from another.
Word: TypeAlias = str | int | None


# A key that no reply has: `keep` sets it. What a sync reads (`lean`) goes without.
RAW: Final[Any] = msgspec.field(name=" raw", default=b"")


class Kept:
    """A record with its own bytes beside what is read of them. It is shown without them and without what is None.

    Attributes:
        raw: the record's own JSON, byte for byte; empty in one that stands in another's nested list.
    """

    __slots__ = ()

    raw: bytes

    @property
    def members(self) -> dict[str, Any]:
        """Everything the vendor sent, by its own names, those of fields without an attribute too.

        Fractions are exact `Decimal`. Each use reads `raw` anew.
        """
        found: object = untyped(self.raw) if self.raw else {}
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def __repr__(self) -> str:
        fields = cast("msgspec.Struct", self).__struct_fields__
        named = ((name, getattr(self, name)) for name in fields if name != "raw")
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in named if value is not None)})"


R = TypeVar("R")


def keep(record: R, raw: bytes) -> R:
    """The record, with its own bytes on it if it keeps them.

    Raises:
        ValueError: they are not UTF-8, where no field was read that would have shown it.
    """
    if not raw.isascii():
        raw.decode()
    if isinstance(record, Kept):
        msgspec.structs.force_setattr(cast("msgspec.Struct", record), "raw", raw)
    return record


def instant(text: str | None) -> datetime | None:
    """A time as the vendor writes it, as aware UTC (Spark Pay: Datetime format). Without an offset it is taken for UTC.

    None for null, "" and the year 1, which is the vendor's platform's "none".

    Raises:
        ValueError: not a time.
    """
    return None if not text or text.startswith("0001-01-01") else instant_iso(text)


class LeanEntity(Wire, frozen=True, kw_only=True, gc=False):
    """A record with an identity; everything but the id may be missing. Its `Amount`s need not be money."""

    id: int


class LeanPlain(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A record without decimals, which is spared the check that `Wire` makes of them."""

    id: int


class Entity(Kept, LeanEntity, frozen=True, kw_only=True):
    """As `LeanEntity`, with its own bytes."""

    raw: bytes = RAW


class Plain(Kept, LeanPlain, frozen=True, kw_only=True):
    """As `LeanPlain`, with its own bytes."""

    raw: bytes = RAW


class Renamed(Kept, msgspec.Struct, frozen=True, kw_only=True):
    """A record whose id the vendor's pages call something else. `id` is that one; plain `id` is taken too."""

    id_name: ClassVar[str]

    id: int = 0
    raw: bytes = RAW

    def __post_init__(self) -> None:
        own: int | None = getattr(self, self.id_name)
        if own:
            msgspec.structs.force_setattr(self, "id", own)
        elif not self.id:
            raise ValueError(f"{self.id_name}: missing")


class CustomField(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One of the merchant's own fields on a record. It has no id."""

    name: str | None = None
    value: Any = None
