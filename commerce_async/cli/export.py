"""`export`: a database's rows into a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

import msgspec
from rich.console import Console

from commerce_async.cli.codes import Exit
from commerce_async.cli.running import complain
from commerce_async.cli.show import dump
from commerce_async.sync.exporting import export
from commerce_async.sync.exporting.target import STDOUT


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The command line, as it was given."""

    source: str
    to: str
    stream: str
    stores: tuple[str, ...]
    format: str | None
    raw: bool
    gone: bool
    spreadsheet: bool
    json: bool


async def run_export(asked: Request) -> Exit:
    """Exports as asked, and says what was written.

    Raises:
        CommerceError: as `export` raises it.
    """
    with _progress(asked.stream) as tell:
        done = await export(
            asked.source,
            asked.to,
            stream=asked.stream,
            stores=asked.stores,
            format=asked.format,
            raw=asked.raw,
            gone=asked.gone,
            spreadsheet=asked.spreadsheet,
            on_progress=tell,
        )
    if asked.to == STDOUT:
        complain(f"{done.records:,} {done.stream} to standard output")
    elif asked.json:
        dump(msgspec.to_builtins(done))
    else:
        print(f"{done.records:,} {done.stream} to {done.to} ({_size(done.size)})")
    return Exit.COMPLETE


def _size(size: int) -> str:
    return f"{size:,} bytes" if size < 100_000 else f"{size / 1_000_000:,.1f} MB"


@contextmanager
def _progress(stream: str) -> Generator[Callable[[int], None] | None]:
    """A count on stderr, if that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with Console(stderr=True).status(f"0 {stream}") as status:
        yield lambda records: status.update(f"{records:,} {stream}")
