"""The same job again and again, on a schedule that does not drift."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import anyio

from commerce_async.clock import Clock, LoopClock
from commerce_async.errors import CommerceError, ConfigError, UsageError
from commerce_async.sync.report import Report

log = logging.getLogger("commerce_async.sync")

_LONGEST = 900.0  # seconds; failures never push the next pass further than this, or than the interval


async def watch(
    job: Callable[[], Awaitable[Report]],
    *,
    every: timedelta,
    on_due: Callable[[datetime, float], None] | None = None,
    on_failure: Callable[[CommerceError], None] | None = None,
    clock: Clock | None = None,
) -> None:
    """Runs the job at once and then at every multiple of the interval, until it is cancelled.

    The times are counted from the first start, so that a job's own length moves nothing; those that pass while a job is
    still at work are left out. A job that fails does not end it. As long as all of it fails, times are left out as
    well: one, then three, seven, …, for a quarter of an hour at most.

    Args:
        job: one pass, such as a call of `pull`. It may take the lock of its database for as long as it runs.
        every: the interval; at least a second.
        on_due: told when the next pass is due, and in how many seconds.
        on_failure: told of the error that a pass ended in.
        clock: the time, for tests.

    Raises:
        UsageError: an interval that is too short.
        ConfigError, UsageError: the job raised it; no repetition mends that.
    """
    seconds = every.total_seconds()
    if seconds < 1:
        raise UsageError("watch: the interval must be at least 1s")
    clock = clock or LoopClock()
    first = clock.now()
    failures = 0
    while True:
        well = await _once(job, on_failure)
        failures = 0 if well else failures + 1
        due = first + seconds * _slot(clock.now() - first, seconds, failures)
        wait = due - clock.now()
        if on_due:
            on_due(clock.wall() + timedelta(seconds=wait), wait)
        await anyio.sleep(wait)


async def _once(job: Callable[[], Awaitable[Report]], on_failure: Callable[[CommerceError], None] | None) -> bool:
    """Whether anything of the pass went well."""
    try:
        report = await job()
    except (ConfigError, UsageError):
        raise
    except CommerceError as error:
        log.warning("the pass failed: %s", error)
        if on_failure:
            on_failure(error)
        return False
    return any(stream.state != "failed" for stream in report.streams)


def _slot(elapsed: float, every: float, failures: int) -> int:
    """The number of the next time on the schedule: the first that is to come, or a later one after failures."""
    following = int(elapsed // every) + 1
    held = min(2 ** min(failures - 1, 10), int(_LONGEST // every)) if failures else 1
    return following + max(held, 1) - 1


__all__ = ["watch"]
