"""Answers that are no record of the vendor's pages; those that are stand in `sparkpay_async.wire`."""

from __future__ import annotations

from typing import Any

import msgspec

from commerce_async.schema.lenient import untyped


class Decrypted:
    """A record with what is otherwise kept encrypted, such as the number of a card. It shows itself to `reveal()` only.

    No cache keeps it, and no repr, log or JSON carries it.
    """

    __slots__ = ("_raw", "of")

    def __init__(self, of: str, raw: bytes) -> None:
        self.of = of
        self._raw = raw

    def reveal(self) -> dict[str, Any]:
        """All members, fractions as `Decimal`."""
        return untyped(self._raw)

    def __repr__(self) -> str:
        return f"<Decrypted {self.of}>"

    def __reduce__(self) -> Any:
        # A pickle would carry it to a file or another machine.
        raise TypeError("what was decrypted is not pickled; read it again where it is needed")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A reply whose members the vendor does not document.

    Attributes:
        id: of the record it is about, if it tells.
        members: all of it, fractions as `Decimal`.
        raw: as it came.
    """

    id: int | None = None
    members: dict[str, Any] = {}
    raw: bytes = b""
