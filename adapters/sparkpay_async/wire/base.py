"""What all of Spark Pay's records share.

Times stay text here and are read in the mapping: a list of records is decoded far more often than each of its
times is looked at, and "" is one of the vendor's ways to say "none".
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

import msgspec

from commerce_async.schema.lenient import Wire

# Some flags are true and false, others 1 and 0, by resource and by field.
Flag: TypeAlias = bool | int | None

# What people type as digits comes as text from one shop and as a number from another.
Word: TypeAlias = str | int | None


class Entity(Wire, frozen=True, kw_only=True):
    """A record with an identity; everything but the id may be missing. Its `Amount`s need not be money."""

    id: int


class Plain(msgspec.Struct, frozen=True, kw_only=True):
    """A record without decimals, which is spared the check that `Wire` makes of them."""

    id: int


class Renamed(msgspec.Struct, frozen=True, kw_only=True):
    """A record whose id the vendor's pages call something else. `id` is that one; plain `id` is taken too."""

    id_name: ClassVar[str]

    id: int = 0

    def __post_init__(self) -> None:
        own: int | None = getattr(self, self.id_name)
        if own:
            msgspec.structs.force_setattr(self, "id", own)
        elif not self.id:
            raise ValueError(f"{self.id_name}: missing")


class CustomField(msgspec.Struct, frozen=True, kw_only=True):
    """One of the merchant's own fields on a record. It has no id."""

    name: str | None = None
    value: Any = None
