"""What the last runs did, as one HTML page that needs no network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from anyio import to_thread
from sqlalchemy import Connection

from commerce_async.clock import Clock, LoopClock
from commerce_async.errors import UsageError
from commerce_async.sinks import Sink
from commerce_async.sync.exporting.target import Target
from commerce_async.sync.html_report import gathering, page, planned
from commerce_async.sync.html_report.page import Found
from commerce_async.sync.plans import Plan
from commerce_async.sync.status import status

LISTED: Final = 5000
"""Changes that are listed, by default."""
_RUNS: Final = 30


async def html_report(
    into: str, html: str | Path, *, since: datetime | None = None, most: int = LISTED, clock: Clock | None = None
) -> Found:
    """Writes the page. Needs no lock and changes nothing.

    It shows of every store and stream what its last run read, its calls, records and the quota over time, and the rows
    that are new, changed, gone or in quarantine since that run began.

    Args:
        into: the database's URL.
        html: the file to write, or `-` for standard output. It has its name only once it is whole.
        since: list the changes since then (aware) and not those of the last runs.
        most: how many changes to list, of all streams together; more are counted, and the page says so.
        clock: the time, for tests.

    Returns:
        What was found.

    Raises:
        UsageError: nothing can be written there, or a time without a zone.
        ConfigError: the URL is refused, or there is no such database.
        SinkError: it cannot be read, or the page not be written.
    """
    if since is not None and since.tzinfo is None:
        raise UsageError("since: needs a timezone, such as datetime(2026, 3, 1, tzinfo=UTC)")
    clock = clock or LoopClock()
    standing = await status(into, runs=_RUNS, clock=clock)
    async with Sink(into, create=False) as sink:

        def gather(connection: Connection) -> Found:
            last = gathering.last_runs(connection)
            return Found(
                into=standing.into,
                at=standing.at,
                streams=standing.streams,
                runs=standing.runs,
                last=last,
                changes=gathering.changes(connection, last, since=since, most=most),
                since=since,
            )

        found = await sink.read(gather)
    await _write(str(html), partial(page.render, found))
    return found


async def plan_report(plan: Plan, html: str | Path, *, most: int = LISTED) -> None:
    """Writes a page that shows a plan: every item, and of updates each field, old and new.

    Args:
        html: the file to write, or `-` for standard output. It has its name only once it is whole.
        most: how many items to list; what is unchanged is only counted.

    Raises:
        UsageError: nothing can be written there.
        SinkError: the page cannot be written.
    """
    await _write(str(html), partial(planned.render, plan, most))


async def _write(html: str, render: Callable[[], str]) -> None:
    with Target(html, binary=False) as target:
        text = await to_thread.run_sync(render)
        await to_thread.run_sync(target.guarded, partial(target.file.write, text.encode()))
        await to_thread.run_sync(target.commit)


__all__ = ["LISTED", "Found", "html_report", "plan_report"]
