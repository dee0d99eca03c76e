"""A sync cut into units that any engine can run: one part of one stream of one store each.

Three functions, all of plain data (msgspec structs: they pickle, and go through `msgspec.json` both ways):

    plan_units(job)   once per store and stream: where the pass begins, and its units
    sync_unit(unit)   once per unit, in any order and by as many processes as you like
    end_pass(reading) once all units are done: whether the pass is complete, and what is gone

Each opens what it needs by itself and closes it again. Secrets are in none of them: `config` names the file of stores,
`into` the database, and whoever runs a unit looks up `env:…`, `keyring:…` and `file:…` where it is. Rows are written by
id, so a unit that is run again doubles nothing. A pass is complete only if all its units are, and only then does the
stream's checkpoint move; until then the next run reads the pass from its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final, cast
from uuid import uuid4

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.pager import Pager
from commerce_async.sinks import Checkpoint, RawMode, Sink
from commerce_async.store import Divisible, Parts, Records
from commerce_async.sync import incremental
from commerce_async.sync.gone import MaxGone
from commerce_async.sync.incremental import Wish
from commerce_async.sync.opening import database_of, opened
from commerce_async.sync.series import RecordedReport, merged
from commerce_async.sync.streams import begin, conclude, count_calls, count_page

RECORDS: Final = 5000
"""Records a unit: some fifty to a hundred calls, so that little is lost with a worker, and little spent on opening."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One stream of one store, in one run.

    Attributes:
        run: the run's id, which is the token of its lock; see `start_run`.
        began: when the run did (aware), from which what is recorded over time counts; by default when it is planned.
        wish: what is to be read.
        max_gone: the brake on marking rows as gone.
        raw: how raw JSON is kept.
        records: how many a unit is to have, more or less.
    """

    run: str
    store: str
    stream: str
    began: datetime | None = None
    wish: Wish = Wish()
    max_gone: MaxGone = MaxGone()
    raw: RawMode = "on"
    records: int = RECORDS


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a pass.

    Attributes:
        number: from 0.
        part: in the adapter's own terms; None for all of it, where a list cannot be cut.
        checkpoint: the pass that it is part of.
    """

    job: Job
    number: int
    part: str | None
    checkpoint: Checkpoint


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A pass that is being read.

    Attributes:
        units: how many it was cut into.
        sound: False if they are not sure to be all of it.
        report: its figures before any unit.
        skew: the vendor's clock minus ours in seconds, if known.
    """

    job: Job
    checkpoint: Checkpoint
    units: int
    sound: bool
    report: RecordedReport
    skew: float | None = None


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What `plan_units` found: what to run, and what `end_pass` will want."""

    reading: Reading
    units: tuple[Unit, ...]


class UnitReport(RecordedReport, kw_only=True):
    """What a unit did. Its `state` is `complete` or `incomplete`.

    Attributes:
        number: the unit's.
        skew: the vendor's clock minus ours in seconds, if known.
    """

    number: int
    skew: float | None = None


async def start_run(into: str) -> str:
    """The id of a new run, under which units can be planned and run, for engines that have no process to hold a lock.

    It fails if somebody is at work on the database. Another run, or a sync, that starts later takes the database over:
    what is left of this one then fails and writes nothing.

    Args:
        into: the database, as for `plan_units`.

    Raises:
        LockedError: somebody else works on the database.
        ConfigError, SinkError: it cannot be used.
    """
    run = uuid4().hex
    async with Sink(database_of(into)) as sink, sink.lock("sync", token=run, keep=True):
        return run


async def plan_units(job: Job, *, config: str, into: str) -> Planned:
    """Begins a pass over a stream, or goes on with the one that was interrupted, and cuts it into units.

    Args:
        config: the file of stores, as this process sees it.
        into: `postgresql://host/name`, without a password, or where the URL is kept: `env:DATABASE_URL`, say.

    Raises:
        CommerceError: the store or the database did not do as asked.
    """
    async with opened(job, config, into) as here:
        client = here.store.client
        job = msgspec.structs.replace(job, began=here.began)
        await here.sink.begin_run(job.run, job.store, job.stream, here.began)
        checkpoint, goes_on = await begin(here.sink, here.store, job.stream, here.records, job.wish)
        report = here.report(RecordedReport, resumed=goes_on, since=checkpoint.since)
        parts: tuple[str | None, ...] = ()
        sound = True
        if checkpoint.state == "running":
            # The token of one who goes through the list alone says nothing here.
            checkpoint = msgspec.structs.replace(checkpoint, token=None)
            found = await _parts(here.records, checkpoint.since, job.records)
            parts, sound = (None,) if found is None else found.tokens, found is None or found.sound
            report.total = found.total if found else None
        count_calls(report, client)
        report.series = here.recorder.series()
        units = tuple(Unit(job=job, number=n, part=part, checkpoint=checkpoint) for n, part in enumerate(parts))
        skew = client.skew
    reading = Reading(job=job, checkpoint=checkpoint, units=len(units), sound=sound, report=report, skew=skew)
    return Planned(reading=reading, units=units)


async def sync_unit(unit: Unit, *, config: str, into: str) -> UnitReport:
    """Reads one part of a stream into the database, page by page. Run again, it doubles nothing.

    Args:
        config: as for `plan_units`.
        into: as for `plan_units`.

    Raises:
        TemporaryError: a passing failure; the unit can be run again.
        CommerceError: running it again would not help.
    """
    job = unit.job
    async with opened(job, config, into) as here:
        client = here.store.client
        began = client.clock.now()
        report = here.report(UnitReport, number=unit.number)
        pager = _pager(here.records, unit)
        async with aclosing(pager.pages()) as pages:
            async for page in pages:
                counts = await here.sink.write(
                    job.store,
                    job.stream,
                    page.items,
                    unreadable=page.unreadable,
                    checkpoint=unit.checkpoint,
                    # By a clock that is behind the planner's, a row would seem not to be of this pass.
                    now=max(client.clock.wall(), unit.checkpoint.started_at),
                    part=True,
                )
                count_page(report, page, counts, client)
                here.recorder.count(len(page.items) + len(page.unreadable))
        count_calls(report, client)
        report.state = "complete" if pager.complete else "incomplete"
        report.seconds = client.clock.now() - began
        report.skew = client.skew
        report.series = here.recorder.series().trimmed()
        return report


async def end_pass(reading: Reading, done: Sequence[UnitReport], *, config: str, into: str) -> RecordedReport:
    """Ends a pass: marks what is gone if it was a full one, and moves the stream's checkpoint.

    Args:
        done: the reports of all its units, each once, in any order.
        config: as for `plan_units`.
        into: as for `plan_units`.

    Raises:
        UsageError: a unit is missing, or there twice.
        CommerceError: the store or the database did not do as asked.
    """
    if sorted(each.number for each in done) != list(range(reading.units)):
        raise UsageError(f"the pass has {reading.units} units, and {len(done)} reports do not tell of each once")
    job, checkpoint, report = reading.job, reading.checkpoint, summed(reading, done)
    async with opened(job, config, into) as here:
        client = here.store.client
        if checkpoint.state == "running":
            skews = [skew for skew in (reading.skew, *(each.skew for each in done)) if skew is not None]
            checkpoint = incremental.by_their_clock(checkpoint, min(skews, default=None))
            complete = reading.sound and all(each.complete for each in done)
            checkpoint = incremental.ended(checkpoint, complete=complete)
            await here.sink.save_checkpoint(job.store, job.stream, checkpoint, client.clock.wall())
        if checkpoint.state == "confirming":
            await conclude(here.sink, here.store, report, here.records, checkpoint, job.max_gone)
        last = here.report(RecordedReport, series=here.recorder.series())
        count_calls(last, client)
        add(report, last)
        report.state = "incomplete" if checkpoint.state == "incomplete" else "complete"
        now = client.clock.wall()
        report.seconds = (now - here.began).total_seconds()
        await here.sink.end_run(job.run, job.store, job.stream, report.state, report, now)
    return report


_SUMS: Final = (
    *("read", "new", "changed", "unchanged", "quarantined", "missing"),
    *("calls", "throttled", "retried", "waited"),
)


def add(report: RecordedReport, other: RecordedReport) -> None:
    """Adds the other's figures."""
    for name in _SUMS:
        setattr(report, name, getattr(report, name) + getattr(other, name))
    if other.hits is not None:
        report.hits = (report.hits or 0) + other.hits
    report.series = merged(report.series, other.series)


def summed(reading: Reading, done: Sequence[UnitReport]) -> RecordedReport:
    """The stream's report by what is done of it."""
    report = msgspec.structs.replace(reading.report, state="reading")
    for each in done:
        add(report, each)
    return report


async def _parts(records: Records[Any], since: datetime | None, count: int) -> Parts | None:
    if not isinstance(records, Divisible):
        return None
    return await records.parts(since=since, records=count)


def _pager(records: Records[Any], unit: Unit) -> Pager[Any]:
    since = unit.checkpoint.since
    if unit.part is None:
        return records.list(since=since)
    if isinstance(records, Divisible):
        return cast("Divisible[Any]", records).part(unit.part, since=since)
    raise UsageError(f"{unit.job.store} {unit.job.stream}: this version does not read parts of that list")


__all__ = [
    "RECORDS",
    "Job",
    "Planned",
    "Reading",
    "Unit",
    "UnitReport",
    "database_of",
    "end_pass",
    "plan_units",
    "start_run",
    "summed",
    "sync_unit",
]
