"""What live shops do that the pages do not show, or do not settle: one switch each."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, cast

import msgspec

from .query import is_time
from .values import Moment, Record, micros

ErrorBody = Literal["object", "html", "text", "empty"]


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """How a shop deviates. Give the emulator another one at any time: `shop.quirks = Quirks(...)`.

    What is never switched off: unknown parameters are ignored without a word, and 404 for a missing record and for a
    missing resource are spelled differently.

    Attributes:
        list_keys: what lists are called: as live clients found them ("live"), or all as the resource.
        no_next: `next_page` where there is none: left out, null, or "".
        fraction: digits of the fraction in every time; None leaves the mixture of 0, 1, 2, 3 and 7.
        nones: how "none" is spelled in fields that hold one: as mixed as in live shops, or one way. "zero" is for
            ids; other fields get null then.
        dimensions: height, length and width of products: text ("" for none), or numbers (null for none).
        postal_codes: some as numbers ("mixed"), all as text, or all that can be as numbers.
        base_shipping_cost: `provider_base_shipping_cost` of shipments: text ("" for none), or a number.
        past_the_end: a page after the last: 404, as the vendor says, or an empty list.
        error_body: what every error comes with: the vendor's object, a page of HTML, plain text, or nothing.
        or_prefix: which neighbour `OR` in front of a parameter's operator binds to. "previous" as the vendor's old
            example has it, "next" as the newer one; "either" lets both examples mean what they must.
        missing_reference: the answer to a reference to a record that does not exist: the database's words in a 500,
            or a 409.
        extra_fields: records have a field that no page names.
        not_modified: 304 to a conditional GET. The vendor documents none.
        server_cache: reads are answered from the server's cache until they expire, unless they say no-cache.
        forbidden: resources that the token may not touch: 403.
        rebuild_seconds: how long the category tree takes to rebuild.
    """

    list_keys: Literal["live", "resource"] = "live"
    no_next: Literal["absent", "null", "empty"] = "absent"
    fraction: int | None = None
    nones: Literal["mixed", "null", "empty", "zero"] = "mixed"
    dimensions: Literal["text", "number"] = "text"
    postal_codes: Literal["mixed", "text", "number"] = "mixed"
    base_shipping_cost: Literal["text", "number"] = "text"
    past_the_end: Literal["404", "empty"] = "404"
    error_body: ErrorBody = "object"
    or_prefix: Literal["either", "previous", "next"] = "either"
    missing_reference: Literal["500", "409"] = "500"
    extra_fields: bool = False
    not_modified: bool = False
    server_cache: bool = False
    forbidden: frozenset[str] = frozenset()
    rebuild_seconds: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether records go out as they are."""
        return (
            self.fraction is None
            and self.nones == "mixed"
            and self.dimensions == self.base_shipping_cost == "text"
            and self.postal_codes == "mixed"
            and not self.extra_fields
        )


def disturbed(record: Record, quirks: Quirks) -> Record:
    """The record as the switches have it, nested ones too."""
    found = {name: _disturbed(name, value, quirks) for name, value in record.items()}
    if quirks.extra_fields and "id" in found:
        found["zz_added_later"] = {"since": "2031.1", "values": [1, None, "x"]}
    return found


def _disturbed(name: str, value: Any, quirks: Quirks) -> Any:
    if isinstance(value, dict):
        return disturbed(cast(Record, value), quirks)
    if isinstance(value, list):
        return [_disturbed(name, each, quirks) for each in cast("list[Any]", value)]
    if quirks.dimensions == "number" and name in ("height", "length", "width") and isinstance(value, str):
        return Decimal(value) if value else None
    if quirks.base_shipping_cost == "number" and name == "provider_base_shipping_cost":
        return Decimal(value) if value else None
    if name == "postal_code":
        return _postal(value, quirks.postal_codes)
    if _unset(name, value) and quirks.nones != "mixed":
        return _SPELLED[quirks.nones] if quirks.nones != "zero" or name.endswith("_id") else None
    if quirks.fraction is not None and is_time(name) and isinstance(value, str) and value:
        return _digits(value, quirks.fraction)
    return value


_SPELLED: Mapping[str, Any] = {"null": None, "empty": "", "zero": 0}


def _unset(name: str, value: Any) -> bool:
    """Whether the field says "none" in one of the spellings: not every zero or empty text does."""
    if is_time(name) or name.endswith("_id"):
        return value is None or value == "" or (value == 0 and name != "id")
    return value is None


def _postal(value: Any, form: str) -> Any:
    text = str(value) if value is not None else None
    if form == "text":
        return text
    return int(text) if form == "number" and text and text.isdigit() else value


def _digits(text: str, digits: int) -> str:
    at = micros(text)
    if at is None:
        return text
    unit: int = 10 ** (7 - digits)
    return Moment(at // 1_000_000, at % 1_000_000 * 10 // unit * unit, digits).text()
