"""Drafts as the JSON that FastSpring takes: amounts as numbers, digit for digit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import msgspec
from msgspec import UNSET

from fastspring_async.drafting.moments import written
from fastspring_async.drafting.product import Draft

_JSON = msgspec.json.Encoder(decimal_format="number")


def encoded(draft: Draft, *, nulls: bool) -> bytes:
    """A draft that passed its check, as JSON.

    Args:
        nulls: whether a None is sent as null; else it is left out, as on create, where nothing is there to be emptied.
    """
    return _JSON.encode(_plain(draft, nulls))


def _plain(value: Any, nulls: bool) -> Any:
    if isinstance(value, Draft):
        names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        return _members(((key, getattr(value, name)) for key, name in names), nulls)
    if isinstance(value, Mapping):
        return _members(((str(key), member) for key, member in cast("Mapping[Any, Any]", value).items()), nulls)
    if isinstance(value, list | tuple):
        return [_plain(member, nulls) for member in cast("tuple[Any, ...]", value)]
    if isinstance(value, Decimal):
        return Decimal(f"{value:f}")  # the same number without an exponent, which is good JSON but rare in prices
    return written(value) if isinstance(value, datetime) else value


def _members(pairs: Any, nulls: bool) -> dict[str, Any]:
    found = ((key, value) for key, value in pairs if value is not UNSET and (nulls or value is not None))
    return {key: _plain(value, nulls) for key, value in found}
