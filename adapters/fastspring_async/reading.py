"""A reply as a type that the caller names. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import msgspec

from commerce_async.schema.lenient import Reader

T = TypeVar("T")


def typed(body: bytes, kind: type[T]) -> T:
    """JSON as that type: exactly as it says if it can be, else with the substitutions that live shops need.

    Raises:
        ValueError: it does not fit; the message names the field.
    """
    try:
        return Reader(kind).read(body)
    except TypeError:
        return msgspec.json.Decoder(kind, float_hook=Decimal).decode(body)
