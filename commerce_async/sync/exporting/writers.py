"""Rows as JSONL and CSV."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO, Final, Protocol

import msgspec

from commerce_async.sinks.types import amount_text, instant_text
from commerce_async.sync.exporting.stored import Fetched, columns, record_of

_PARTS: Final = {"products": "prices", "orders": "lines"}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BYTES: Final = "base64:"  # before raw bytes that are not UTF-8; no JSON begins so

_json = msgspec.json.Encoder()  # amounts as text, as in the tables' own JSON columns
_exact = msgspec.json.Encoder(decimal_format="number")  # every digit, as a JSON number


class Writer(Protocol):
    """Writes portions of rows to a file that somebody else opens and closes."""

    def write(self, portion: Sequence[Fetched]) -> None:
        """Writes these rows."""
        ...

    def finish(self) -> None:
        """Writes what is still to be written."""
        ...

    def close(self) -> None:
        """Lets go of the file, finished or not."""
        ...


class JsonlWriter:
    """A line of JSON for each record, in the shape of the common schema: msgspec's JSON of `Product` or `Order`."""

    def __init__(self, file: BinaryIO, *, stream: str) -> None:
        self._file = file
        self._stream = stream

    def write(self, portion: Sequence[Fetched]) -> None:
        """Writes these rows."""
        self._file.write(_exact.encode_lines([record_of(fetched, self._stream) for fetched in portion]))

    def finish(self) -> None:
        """Nothing is left."""

    def close(self) -> None:
        """Nothing is held."""


class CsvWriter:
    """RFC 4180 in UTF-8: a header, then a line for each record; nested fields are JSON text.

    Nothing is an empty cell, and empty text is `""`, as PostgreSQL's COPY has it.
    """

    def __init__(self, file: BinaryIO, *, stream: str, raw: bool, spreadsheet: bool) -> None:
        self._file = file
        self._columns = columns(stream, raw=raw)
        self._parts = _PARTS[stream]
        self._cell = _safe_cell if spreadsheet else _cell
        if spreadsheet:
            file.write(b"\xef\xbb\xbf")
        self._line([*self._columns, self._parts])

    def write(self, portion: Sequence[Fetched]) -> None:
        """Writes these rows."""
        for fetched in portion:
            self._line([*(fetched.row[name] for name in self._columns), parts_text(fetched)])

    def _line(self, values: Sequence[object]) -> None:
        self._file.write((",".join(map(self._cell, values)) + "\r\n").encode())

    def finish(self) -> None:
        """Nothing is left."""

    def close(self) -> None:
        """Nothing is held."""


def parts_text(fetched: Fetched) -> str | None:
    """The prices or lines as JSON text; None if there are none."""
    return _json.encode(fetched.parts).decode() if fetched.parts else None


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return _quoted(raw_text(value))
    if isinstance(value, datetime):
        return instant_text(value)
    return amount_text(value) if isinstance(value, Decimal) else str(value)


def _safe_cell(value: object) -> str:
    if isinstance(value, bytes):
        value = raw_text(value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        value = "'" + value
    return _cell(value)


def raw_text(raw: bytes) -> str:
    """Raw JSON as text, and whatever is not UTF-8 as `base64:…`."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return _BYTES + b64encode(raw).decode()


def _quoted(text: str) -> str:
    if text and text.isprintable() and not any(mark in text for mark in ',;"'):
        return text
    return '"' + text.replace('"', '""') + '"'


__all__ = ["CsvWriter", "JsonlWriter", "Writer", "parts_text", "raw_text"]
