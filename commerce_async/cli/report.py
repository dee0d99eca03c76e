"""`report`: the last runs as an HTML page."""

from __future__ import annotations

from datetime import UTC, datetime

from commerce_async.cli.codes import Exit
from commerce_async.cli.running import complain
from commerce_async.sync.exporting.target import STDOUT
from commerce_async.sync.html_report import html_report
from commerce_async.sync.incremental import parse_since


async def write_report(into: str, html: str, *, since: str | None, most: int) -> Exit:
    """Writes the page, and says what is on it.

    Raises:
        CommerceError: as `html_report` raises it.
    """
    begin = None if since is None else parse_since(since, datetime.now(UTC))
    found = await html_report(into, html, since=begin, most=most)
    changes = found.changes
    line = f"{len(found.last):,} streams and {changes.total:,} changes to {html}"
    if len(changes.listed) < changes.total:
        line += f"; the newest {len(changes.listed):,} are listed"
    if html == STDOUT:
        complain(line.replace(f" to {STDOUT}", " to standard output"))
    else:
        print(line)
    return Exit.COMPLETE
