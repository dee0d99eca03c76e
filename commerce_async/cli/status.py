"""How a database's streams stand, as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from commerce_async.cli.codes import Exit
from commerce_async.cli.show import COLOURS, dump, say
from commerce_async.sync.status import RunStatus, Status, StreamStatus, status

_NEXT = {"resume": "the rest of it", "full": "all", "changes": "changes"}
_NUMBERS = frozenset({"rows", "gone", "quar.", "read", "new", "changed"})
_OPTIONAL = frozenset({"gone", "quar.", "changed"})


async def show_status(into: str, *, runs: int, full_every: timedelta | None, json: bool) -> Exit:
    """Prints how the database stands.

    Raises:
        ConfigError, SinkError: it cannot be read.
    """
    found = await status(into, runs=runs, full_every=full_every)
    if json:
        dump(msgspec.to_builtins(found))
    else:
        render(found, Console())
    return Exit.COMPLETE


def render(found: Status, console: Console) -> None:
    """Prints one table of the streams and one of their runs."""
    if not found.streams:
        say(console, f"{found.into}: no stream has been synced yet")
        return
    last = {(run.store, run.stream): run.state for run in reversed(found.runs)}
    console.print(_table([_stream(stream, found.at, last) for stream in found.streams]))
    if found.runs:
        console.print(_table([_run(run) for run in found.runs]))
    for line in _notes(found):
        say(console, line)


def _table(rows: Sequence[Mapping[str, str | Text]]) -> Table:
    """A column per key; a number's is left out while it is 0 in every row, so that 80 characters are enough."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    shown = [name for name in rows[0] if name not in _OPTIONAL or any(row[name] != "0" for row in rows)]
    for name in shown:
        table.add_column(name, justify="right" if name in _NUMBERS else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(row[name] for name in shown))
    return table


def _stream(stream: StreamStatus, now: datetime, last: Mapping[tuple[str, str], str]) -> dict[str, str | Text]:
    # A pass that is not ended is at work, or its run has ended in another way.
    state = last.get((stream.store, stream.stream), stream.state) if stream.due == "resume" else stream.state
    following = _NEXT[stream.due]
    if stream.due == "changes" and stream.full_due_at is not None:
        following += f", all in {span(stream.full_due_at - now)}"
    return {
        "store": stream.store,
        "stream": stream.stream,
        "rows": f"{stream.rows:,}",
        "gone": f"{stream.gone:,}",
        "quar.": f"{stream.quarantined:,}",
        "up to (UTC)": "-" if stream.watermark is None else f"{stream.watermark:%m-%d %H:%M}",
        "last pass": Text(state, style=COLOURS.get(state, "")),
        "next reads": following,
    }


def _run(run: RunStatus) -> dict[str, str | Text]:
    took = "" if run.ended_at is None else f" in {span(run.ended_at - run.started_at)}"
    return {
        "run (UTC)": f"{run.started_at:%m-%d %H:%M:%S}",
        "store": run.store,
        "stream": run.stream,
        "read": f"{run.read:,}",
        "new": f"{run.new:,}",
        "changed": f"{run.changed:,}",
        "gone": f"{run.gone:,}",
        "ended": Text(run.state + took, style=COLOURS.get(run.state, "")),
    }


def _notes(found: Status) -> list[str]:
    notes: list[str] = []
    told: set[tuple[str, str]] = set()
    for run in found.runs:  # the latest of each stream speaks
        if (run.store, run.stream) in told:
            continue
        told.add((run.store, run.stream))
        place = f"{run.store} {run.stream}"
        if run.error:
            notes.append(f"{place} failed: {run.error}")
        if run.gone_refused:
            notes.append(f"{place}: {run.gone_refused:,} rows were not met and not marked gone: more than --max-gone.")
        if run.state == "running":
            notes.append(f"{place} is at work, or was cut off; the same sync goes on from its last commit.")
    notes.append(f"{found.into} at {found.at:%Y-%m-%d %H:%M:%S} UTC")
    return notes


def span(length: timedelta) -> str:
    """A length of time in its largest unit, for people: `45 s`, `12 min`, `7 h`, `3 d`."""
    seconds = max(0, int(length.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
