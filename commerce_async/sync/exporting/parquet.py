"""Rows as Parquet, through pyarrow."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, BinaryIO, Final

from sqlalchemy import Boolean, Integer, LargeBinary

from commerce_async.errors import ConfigError, SinkError
from commerce_async.sinks.passes import RECORDS
from commerce_async.sinks.types import Instant, Money
from commerce_async.sync.exporting.stored import Fetched, columns
from commerce_async.sync.exporting.writers import parts_text

# Amounts are below 10^18, and 20 digits behind the point are what is left of 38. One scale for all files, so that
# those of several days can be read as one table.
_DIGITS: Final = 38
_SCALE: Final = 20
_GROUP_ROWS: Final = 50_000
_GROUP_BYTES: Final = 32 * 1024 * 1024


class ParquetWriter:
    """Columns of their own types: amounts decimal128, times UTC in microseconds; nested fields are JSON text.

    Raises:
        ConfigError: pyarrow is not installed.
    """

    def __init__(self, file: BinaryIO, *, stream: str, raw: bool) -> None:
        self._arrow, parquet = _pyarrow()
        self._stream = stream
        self._parts = "prices" if stream == "products" else "lines"
        self._names = columns(stream, raw=raw)
        self._schema = self._arrow.schema([*map(self._field, self._names), self._arrow.field(self._parts, "string")])
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._batches: list[Any] = []

    def _field(self, name: str) -> Any:
        arrow, column = self._arrow, RECORDS[self._stream].c[name]
        kind = arrow.string()
        if isinstance(column.type, Money):
            kind = arrow.decimal128(_DIGITS, _SCALE)
        elif isinstance(column.type, Instant):
            kind = arrow.timestamp("us", tz="UTC")
        elif isinstance(column.type, Boolean):
            kind = arrow.bool_()
        elif isinstance(column.type, Integer):
            kind = arrow.int64()
        elif isinstance(column.type, LargeBinary):
            kind = arrow.binary()
        return arrow.field(name, kind, nullable=bool(column.nullable))

    def write(self, portion: Sequence[Fetched]) -> None:
        """Takes these rows; they are written once there are enough for a row group.

        Raises:
            SinkError: an amount that has no exact place in the file.
        """
        arrays = [self._array(name, portion) for name in self._names]
        arrays.append(self._arrow.array(map(parts_text, portion), "string"))
        self._batches.append(self._arrow.RecordBatch.from_arrays(arrays, schema=self._schema))
        if (
            sum(batch.num_rows for batch in self._batches) >= _GROUP_ROWS
            or sum(batch.nbytes for batch in self._batches) >= _GROUP_BYTES
        ):
            self._flush()

    def _array(self, name: str, portion: Sequence[Fetched]) -> Any:
        kind = self._schema.field(name).type
        try:
            return self._arrow.array([fetched.row[name] for fetched in portion], kind)
        except self._arrow.ArrowInvalid:
            for fetched in portion:
                self._check(name, kind, fetched)
            raise

    def _check(self, name: str, kind: Any, fetched: Fetched) -> None:
        row = fetched.row
        try:
            self._arrow.array([row[name]], kind)
        except self._arrow.ArrowInvalid:
            raise SinkError(
                f"{self._stream} {row['store']}/{row['id']}: {name} does not fit into Parquet exactly; "
                "export to .jsonl or .csv, which have no such limit"
            ) from None

    def _flush(self) -> None:
        if self._batches:
            self._writer.write_table(self._arrow.Table.from_batches(self._batches, self._schema))
            self._batches.clear()

    def finish(self) -> None:
        """Writes what is left, and the footer."""
        self._flush()
        self._writer.close()

    def close(self) -> None:
        """Lets go of the file, finished or not: pyarrow would otherwise write to it whenever it is collected."""
        with suppress(OSError):
            self._writer.close()


def _pyarrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise ConfigError("Parquet needs pyarrow; install it with: pip install 'commerce-async[parquet]'") from None


__all__ = ["ParquetWriter"]
