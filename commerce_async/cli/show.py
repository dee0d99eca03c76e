"""What a sync looks like: bars on a terminal, plain lines elsewhere, and a summary at the end."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

import anyio
import msgspec
from rich import box
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from commerce_async.limits.base import Snapshot
from commerce_async.store import Store
from commerce_async.sync import Report, StreamReport

_LINE_EVERY = 5.0  # seconds between plain lines of one stream
_FRAMES = 8  # per second
# What there is on the terminal beside the streams: the head, its rule, empty lines and the cursor's.
_AROUND = 5
# Who has a line if there are not enough.
_RANKS = {"waiting": 1, "complete": 2}
_PASSING = frozenset({"waiting", "reading", "retrying", "confirming"})
COLOURS = {
    "complete": "green",
    "incomplete": "yellow",
    "failed": "red",
    "stopped": "yellow",
    "retrying": "yellow",
}


def dump(document: object, *, one_line: bool = False) -> None:
    """Prints JSON: one document, or one of many that stand on a line each."""
    text = msgspec.json.encode(document)
    print((text if one_line else msgspec.json.format(text)).decode(), flush=True)


class Display(Protocol):
    """Takes the progress of streams."""

    def update(self, stream: StreamReport) -> None:
        """A stream went on."""
        ...


class Silent:
    """Shows nothing, for JSON output."""

    def update(self, stream: StreamReport) -> None:
        """Nothing."""


class Lines:
    """A line per stream when it begins, every few seconds, and when it has ended."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], tuple[str, float]] = {}

    def update(self, stream: StreamReport) -> None:
        """Prints a line if one is due."""
        key, now = (stream.store, stream.stream), time.monotonic()
        state, at = self._last.get(key, ("", -_LINE_EVERY))
        ended = stream.state not in _PASSING
        if (ended and stream.state != state) or now - at >= _LINE_EVERY:
            self._last[key] = (stream.state, now)
            print(_line(stream), flush=True)


def _line(stream: StreamReport) -> str:
    words = f"{stream.store} {stream.stream}: {stream.state}, {_count(stream)} records, {_rate(stream)}"
    if stream.throttled:
        words += f", {stream.throttled} throttled"
    if stream.quarantined:
        words += f", {stream.quarantined} in quarantine"
    return words + (f": {stream.error}" if stream.error else "")


def _count(stream: StreamReport) -> str:
    return f"{stream.read:,}" + (f" of {stream.total:,}" if stream.total is not None else "")


def _rate(stream: StreamReport) -> str:
    return f"{stream.read / stream.seconds:,.0f}/s" if stream.seconds > 0.2 else "-/s"


class Board:
    """A table that redraws itself: one bar per store and stream, with rate, quota and waits.

    Where there are more than the terminal has lines, those that are read or went wrong go before those that wait or
    are done, and a last line counts the rest.

    Args:
        stores: those that are open in this process; of others it is not known what their limiters do.
        console: the terminal.
    """

    def __init__(self, stores: Sequence[Store], console: Console) -> None:
        self._stores = {store.name: store for store in stores}
        self._console = console
        self._streams: dict[tuple[str, str], StreamReport] = {}

    def update(self, stream: StreamReport) -> None:
        """Remembers the stream; it is drawn with the next frame."""
        self._streams[stream.store, stream.stream] = stream

    def __rich__(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        for name in ("store", "stream", ""):
            table.add_column(name, no_wrap=True)
        for name in ("records", "rate", "quota", "waited"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("", no_wrap=True)
        states = {name: store.client.limiter.snapshot() for name, store in self._stores.items()}
        shown, rest = self._fitting()
        for stream in shown:
            table.add_row(*self._row(stream, states.get(stream.store)))
        if rest:
            counts = Counter(stream.state for stream in rest)
            table.caption = f"and {len(rest)} more: " + ", ".join(f"{count} {state}" for state, count in counts.items())
            table.caption_justify = "left"
        return table

    def _fitting(self) -> tuple[list[StreamReport], list[StreamReport]]:
        """The streams that there are lines for, and the others."""
        streams = sorted(self._streams.values(), key=lambda s: (s.store, s.stream))
        if len(streams) <= self._console.height - _AROUND:
            return streams, []
        first = sorted(streams, key=lambda s: _RANKS.get(s.state, 0))  # stable
        room = max(1, self._console.height - _AROUND - 1)
        return sorted(first[:room], key=lambda s: (s.store, s.stream)), first[room:]

    def _row(self, stream: StreamReport, limit: Snapshot | None) -> list[Text | ProgressBar | str]:
        width = max(6, min(24, self._console.width - 76))  # 80 characters have room for everything
        done = stream.state in ("complete", "incomplete")
        total = stream.total or (stream.read if done else None)
        colour = COLOURS.get(stream.state, "cyan")
        state = stream.state
        if state == "reading" and limit is not None and (wait := self._wait(stream.store)) >= 1.0:
            state = f"{'paused' if limit.paused else 'waits'} {wait:.0f} s"
        return [
            stream.store,
            stream.stream,
            ProgressBar(total=total or 1, completed=min(stream.read, total or 0) or (1 if done else 0), width=width),
            _count(stream),
            _rate(stream),
            f"{limit.share:.0%}" if limit is not None else "",
            f"{stream.waited:.1f} s",
            Text(state, style=colour),
        ]

    def _wait(self, store: str) -> float:
        limiter = self._stores[store].client.limiter
        return limiter.estimate(front=True) if limiter.waiting else 0.0


@asynccontextmanager
async def display(stores: Sequence[Store], *, json: bool) -> AsyncGenerator[Display]:
    """Bars if stdout is a terminal, plain lines if not, nothing for JSON.

    Args:
        stores: those that are open in this process.
    """
    if json:
        yield Silent()
        return
    if not sys.stdout.isatty():
        yield Lines()
        return
    console = Console()
    board = Board(stores, console)
    with Live(board, console=console, auto_refresh=False) as live:
        async with anyio.create_task_group() as group:
            group.start_soon(_redraw, live)
            try:
                yield board
            finally:
                group.cancel_scope.cancel()
        with suppress(RuntimeError):
            live.refresh()


async def _redraw(live: Live) -> None:
    while True:
        live.refresh()
        await anyio.sleep(1 / _FRAMES)


# Columns of the summary; those marked are left out while they are all zero, so that 80 characters are enough.
_COLUMNS: tuple[tuple[str, Callable[[StreamReport], str], bool], ...] = (
    ("read", lambda s: f"{s.read:,}", False),
    ("new", lambda s: f"{s.new:,}", False),
    ("changed", lambda s: f"{s.changed:,}", True),
    ("unchanged", lambda s: f"{s.unchanged:,}", True),
    ("gone", lambda s: f"{s.gone:,}", True),
    ("quarantined", lambda s: f"{s.quarantined:,}", True),
    ("calls", lambda s: f"{s.calls:,}", False),
    ("cached", lambda s: f"{s.hits or 0:,}", True),
    ("throttled", lambda s: f"{s.throttled:,}", False),
    ("waited", lambda s: f"{s.waited:.1f} s", False),
    ("time", lambda s: f"{s.seconds:.1f} s", False),
)

_WIDE = 100  # characters; on less the summary says the same in shorter words
_SHORT = {"changed": "chg.", "unchanged": "same", "quarantined": "quar.", "throttled": "thr."}


def summary(report: Report, console: Console) -> None:
    """A table of the finished run, and a line for each thing that needs a person."""
    narrow = console.width < _WIDE
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("store", no_wrap=True, min_width=8)
    table.add_column("stream", no_wrap=True)
    shown = [
        (name, show)
        for name, show, optional in _COLUMNS
        if not (narrow and name == "waited") and (not optional or any(show(stream) != "0" for stream in report.streams))
    ]
    for name, _ in shown:
        table.add_column(_SHORT.get(name, name) if narrow else name, justify="right", no_wrap=True)
    table.add_column("result", no_wrap=True)
    for stream in report.streams:
        words = stream.state + (", changes" if stream.since else "") + (", resumed" if stream.resumed else "")
        cells = [show(stream) for _, show in shown]
        table.add_row(stream.store, stream.stream, *cells, Text(words, style=COLOURS.get(stream.state, "")))
    console.print(table)
    for line in _notes(report):
        say(console, line)


def say(console: Console, text: str) -> None:
    """A line of words: between words on a terminal, and whole elsewhere, for grep; nothing in it acts."""
    words = "".join(char if char.isprintable() else " " for char in text)
    console.print(words, markup=False, highlight=False, soft_wrap=not console.is_terminal)


def _notes(report: Report) -> list[str]:
    notes: list[str] = []
    for stream in report.streams:
        place = f"{stream.store} {stream.stream}"
        if stream.error:
            notes.append(f"{place} failed: {stream.error}")
        if stream.state == "incomplete":
            notes.append(f"{place} may have gaps: the list kept moving while it was read. Run the sync again.")
        if stream.quarantined:
            notes.append(
                f"{place}: {stream.quarantined} records could not be read; "
                "the table quarantine has each with its reason and bytes."
            )
        if stream.missing:
            notes.append(f"{place}: {stream.missing} records were listed and then not there any more.")
        if stream.gone_refused:
            notes.append(
                f"{place}: {stream.gone_refused:,} rows were not met, and none was marked gone: more than the brake "
                "allows. If they are gone, run it again with --full and a higher --max-gone."
            )
        if stream.unconfirmed:
            notes.append(f"{place}: {stream.unconfirmed:,} rows were not met, but it is not sure that they are gone.")
    if any(stream.state == "failed" for stream in report.streams):
        notes.append("Everything read so far is kept; the same command goes on from there.")
    notes.append(f"Rows are in {report.into}")
    return notes
