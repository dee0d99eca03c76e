"""What all of Spark Pay's records share.

Times stay text here and are read in the mapping: a list of records is decoded far more often than each of its
times is looked at, and "" is one of the vendor's ways to say "none".
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from commerce_async.schema.lenient import Wire

# Some flags are true and false, others 1 and 0, by resource and by field.
Flag: TypeAlias = bool | int | None


class Entity(Wire, frozen=True, kw_only=True):
    """A record with an identity; everything but the id may be missing."""

    id: int


class Plain(msgspec.Struct, frozen=True, kw_only=True):
    """A record without money, which is spared the check that `Wire` makes of amounts."""

    id: int


class CustomField(msgspec.Struct, frozen=True, kw_only=True):
    """One of the merchant's own fields on a record."""

    name: str | None = None
    value: Any = None
