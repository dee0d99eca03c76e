"""`report`: the last runs as an HTML page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from commerce_async.cli.codes import Exit
from commerce_async.cli.running import complain
from commerce_async.errors import UsageError
from commerce_async.sync.exporting.target import STDOUT
from commerce_async.sync.html_report import html_report, plan_report
from commerce_async.sync.incremental import parse_since
from commerce_async.sync.plans import Plan


async def run_report(into: str, html: str, *, since: str | None, most: int, plan: Path | None) -> Exit:
    """Writes the page of a database or of a plan, and says what is on it.

    Raises:
        UsageError: options that do not go together.
        CommerceError: as `Plan.load`, `plan_report` and `html_report` raise it.
    """
    if plan is None:
        return await _write_report(into, html, since=since, most=most)
    if since is not None:
        raise UsageError("--since is for what a database has, and --plan shows a plan: give one of them")
    return await _write_plan(plan, html, most=most)


async def _write_plan(plan: Path, html: str, *, most: int) -> Exit:
    found = Plan.load(plan)
    await plan_report(found, html, most=most)
    total = sum(number for action, number in found.counts.items() if action != "unchanged")
    _say(f"{total:,} items of {plan} to {html}", html, min(most, total), total)
    return Exit.COMPLETE


async def _write_report(into: str, html: str, *, since: str | None, most: int) -> Exit:
    begin = None if since is None else parse_since(since, datetime.now(UTC))
    found = await html_report(into, html, since=begin, most=most)
    changes = found.changes
    line = f"{len(found.last):,} streams and {changes.total:,} changes to {html}"
    _say(line, html, len(changes.listed), changes.total, "newest")
    return Exit.COMPLETE


def _say(line: str, html: str, listed: int, total: int, which: str = "first") -> None:
    if listed < total:
        line += f"; the {which} {listed:,} are listed"
    if html == STDOUT:
        complain(line.replace(f" to {STDOUT}", " to standard output"))
    else:
        print(line)
