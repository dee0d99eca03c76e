"""Rows of a database into a file: JSONL, CSV or Parquet, in portions, and under its name only once it is whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec
from anyio import to_thread

from commerce_async.errors import UsageError
from commerce_async.sinks import Sink
from commerce_async.sync.exporting import stored
from commerce_async.sync.exporting.parquet import ParquetWriter
from commerce_async.sync.exporting.stored import STREAMS, Fetched
from commerce_async.sync.exporting.target import STDOUT, Target
from commerce_async.sync.exporting.writers import CsvWriter, JsonlWriter, Writer

Format: TypeAlias = Literal["jsonl", "csv", "parquet"]

FORMATS: Final[tuple[Format, ...]] = ("jsonl", "csv", "parquet")
_PORTION: Final = 1000  # records read and written at a time


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What was written.

    Attributes:
        to: the file, or `-`.
        records: how many.
        size: bytes of the file.
    """

    to: str
    stream: str
    format: Format
    records: int
    size: int


async def export(
    source: str | Sink,
    to: str | Path,
    *,
    stream: str = "products",
    stores: Sequence[str] = (),
    format: str | None = None,
    raw: bool = True,
    gone: bool = False,
    spreadsheet: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> Exported:
    """Writes a stream's rows into one file, by store and id.

    Needs no lock, and little memory whatever the number of rows. Each record is written with its parts as they are at
    one moment; what a sync at work changes meanwhile may be in it or not. An export that is interrupted leaves a file
    of that name as it was, if there was one.

    Args:
        source: a database URL such as `sqlite:///shop.db`, or an open `Sink`.
        to: the file to write, or `-` for standard output.
        stream: `products` or `orders`.
        stores: only these; by default all.
        format: `jsonl` (each line the common schema), `csv` or `parquet`; by default what the file's name ends with,
            and `jsonl` on standard output.
        raw: also the vendor's own JSON.
        gone: also rows that are marked gone.
        spreadsheet: CSV for people: a mark by which spreadsheets know UTF-8, and a `'` before text that they would take
            for a formula. Such a file is not exact any more.
        on_progress: called with the number of records written so far.

    Raises:
        UsageError: an unknown stream, store or format, or a place that nothing can be written to.
        ConfigError: the database is not there, or Parquet is wanted without `commerce-async[parquet]`.
        SinkError: the database cannot be read, or the file cannot be written to its end.
    """
    kind = _format_of(str(to), format)
    if stream not in STREAMS:
        raise UsageError(f"unknown stream {stream!r}; there are: {', '.join(STREAMS)}")
    if spreadsheet and kind != "csv":
        raise UsageError("spreadsheet: only for CSV")
    async with _opened(source) as sink:
        found = await sink.read(lambda connection: stored.stores(connection, stream))
        chosen = _chosen(found, tuple(stores), sink.shown)
        with (
            Target(str(to), binary=kind == "parquet") as target,
            closing(_writer(kind, target, stream, raw=raw, spreadsheet=spreadsheet)) as writer,
        ):
            records = 0
            for store in chosen:
                async with aclosing(_portions(sink, stream, store, gone=gone, raw=raw)) as portions:
                    async for portion in portions:
                        await to_thread.run_sync(target.guarded, partial(writer.write, portion))
                        records += len(portion)
                        if on_progress:
                            on_progress(records)
            await to_thread.run_sync(target.guarded, writer.finish)
            size = await to_thread.run_sync(target.commit)
    return Exported(to=str(to), stream=stream, format=kind, records=records, size=size)


def _format_of(to: str, format: str | None) -> Format:
    wanted = format or ("jsonl" if to == STDOUT else Path(to).suffix.lower().removeprefix("."))
    for known in FORMATS:
        if wanted == known:
            return known
    if format is not None:
        raise UsageError(f"unknown format {format!r}; there are: {', '.join(FORMATS)}")
    raise UsageError(f"to: {to}: a name that ends with .jsonl, .csv or .parquet tells the format; or give --format")


def _writer(kind: Format, target: Target, stream: str, *, raw: bool, spreadsheet: bool) -> Writer:
    if kind == "jsonl":
        return JsonlWriter(target.file, stream=stream)
    if kind == "csv":
        return CsvWriter(target.file, stream=stream, raw=raw, spreadsheet=spreadsheet)
    return ParquetWriter(target.file, stream=stream, raw=raw)


def _chosen(found: Sequence[str], wanted: tuple[str, ...], shown: str) -> Sequence[str]:
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise UsageError(f"{shown}: no store {unknown[0]!r}; there are: {', '.join(found) or '(none)'}")
    return [name for name in found if name in wanted] if wanted else found


@asynccontextmanager
async def _opened(source: str | Sink) -> AsyncGenerator[Sink]:
    if isinstance(source, Sink):
        yield source
        return
    async with Sink(source, create=False) as sink:
        yield sink


async def _portions(sink: Sink, stream: str, store: str, *, gone: bool, raw: bool) -> AsyncGenerator[Sequence[Fetched]]:
    after: str | None = None
    while True:
        portion = await sink.read(
            partial(stored.fetch, stream=stream, store=store, after=after, most=_PORTION, gone=gone, raw=raw)
        )
        if not portion:
            return
        yield portion
        after = portion[-1].row["id"]


__all__ = ["FORMATS", "Exported", "Format", "export"]
