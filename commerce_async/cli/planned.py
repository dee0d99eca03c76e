"""What a plan and its outcome look like: a table, and a line for each thing that needs a person."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from commerce_async.cli.show import say
from commerce_async.sync.applying import Applied, Result
from commerce_async.sync.plans import Action, Item, Plan, Side

_SHOWN: Final = 20  # items of one kind, in the table
_FIELDS: Final = 8  # of one item
_LOSSES: Final = 12
_WIDTH: Final = 44  # characters of a value
_EVERY: Final = 5.0  # seconds between lines about the reading

_COLOURS: Final[Mapping[str, str]] = {"create": "green", "update": "yellow", "delete": "red", "cannot": "magenta"}
_ORDER: Final[tuple[Action, ...]] = ("create", "update", "delete", "cannot")


class Progress:
    """Says on stderr how far the reading has come, if that takes long."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._next = time.monotonic() + _EVERY

    def reading(self, side: Side) -> None:
        """A page was read."""
        self._say(f"{side.name}: {side.read:,} products read")

    def wrote(self, result: Result) -> None:
        """An item was carried out."""
        self._say(f"{result.key}: {result.outcome}")

    def _say(self, words: str) -> None:
        if not self._silent and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            print(plain(words, 200), file=sys.stderr, flush=True)


def show_plan(plan: Plan, console: Console, *, out: Path | None = None) -> None:
    """The plan as a table."""
    by = "a function" if plan.match == "function" else plan.match
    say(console, f"From {_side(plan.source)} to {_side(plan.target)}, matched by {by}:")
    say(console, "  " + ", ".join(f"{number:,} {action}" for action, number in plan.counts.items()))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("product", overflow="fold", max_width=32)
    table.add_column("what", overflow="fold")
    hidden = 0
    for action in _ORDER:
        items = [item for item in plan.items if item.action == action]
        hidden += max(0, len(items) - _SHOWN)
        for item in items[:_SHOWN]:
            table.add_row(Text(action, style=_COLOURS[action]), Text(plain(item.key)), Text("\n".join(_what(item))))
    if table.row_count:
        console.print(table)
    for line in _notes(plan, hidden, out):
        say(console, line)


def _notes(plan: Plan, hidden: int, out: Path | None) -> Iterator[str]:
    if hidden:
        where = f"{out} has" if out else "--out FILE keeps"
        yield f"… and {hidden:,} items more; {where} all of them."
    if plan.losses:
        yield f"{plan.target.name} has no place for:"
        for loss in plan.losses[:_LOSSES]:
            yield f"  {loss.field} of {loss.count:,} (such as {loss.example}): {loss.reason}"
        if len(plan.losses) > _LOSSES:
            yield f"  … and {len(plan.losses) - _LOSSES} reasons more"
    yield from plan.notes


def _side(side: Side) -> str:
    return f"{side.name} ({side.read:,} product{'' if side.read == 1 else 's'})"


def _what(item: Item) -> list[str]:
    if item.action == "cannot":
        return [f"{plain(each.field)}: {plain(each.reason, 200)}" for each in item.reasons]
    if item.action != "update" or item.change is None:
        return [plain(item.name or "")]
    fields = item.change.fields
    lines = [f"{plain(each.field)}: {value(each.old)} → {value(each.new)}" for each in fields[:_FIELDS]]
    return lines + ([f"… and {len(fields) - _FIELDS} fields more"] if len(fields) > _FIELDS else [])


def value(given: Any) -> str:
    """A field's value in few characters."""
    if given is None:
        return "(none)"
    return plain(given if isinstance(given, str) else msgspec.json.encode(given).decode())


def plain(text: str, most: int = _WIDTH) -> str:
    """A vendor's or a person's words, on a terminal: one line, nothing that acts, not too long."""
    words = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return words if len(words) <= most else words[: most - 1] + "…"


def show_outcome(applied: Applied, console: Console) -> None:
    """What became of a plan: figures, and what needs a person."""
    counts = ", ".join(f"{number:,} {name}" for name, number in applied.counts.items() if number)
    earlier = sum(result.earlier for result in applied.results)
    words = f" ({earlier:,} of them by an earlier run)" if earlier else ""
    say(console, f"{applied.target}: {counts or 'nothing to write'}{words}, {applied.calls:,} calls")
    bad = [result for result in applied.results if result.outcome in ("conflict", "failed", "unknown")]
    for result in bad[:_SHOWN]:
        say(console, f"  {plain(result.key)} {result.outcome}: {plain(result.error or '', 300)}")
    if len(bad) > _SHOWN:
        say(console, f"  … and {len(bad) - _SHOWN:,} more; --json has all of them")


def show_bad_lines(lines: Iterable[tuple[int, str]], console: Console) -> None:
    """Lines of a file that were left out."""
    bad = list(lines)
    if bad:
        say(console, f"Left out, since {'it' if len(bad) == 1 else 'they'} could not be read:")
    for number, reason in bad[:_SHOWN]:
        say(console, f"  line {number}: {plain(reason, 200)}")
    if len(bad) > _SHOWN:
        say(console, f"  … and {len(bad) - _SHOWN:,} more; --json has all of them")


def summary(plan: Plan) -> dict[str, Any]:
    """The plan without its items, for JSON."""
    return {name: getattr(plan, name) for name in plan.__struct_fields__ if name != "items"}
