"""A sync cut into units that any engine can run: one part of one stream of one store each.

Three functions, all of plain data (msgspec structs: they pickle, and go through `msgspec.json` both ways):

    plan_units(job)   once per store and stream: where the pass begins, and its units
    sync_unit(unit)   once per unit, in any order and by as many processes as you like
    end_pass(reading) once all units are done: whether the pass is complete, and what is gone

Each opens what it needs by itself and closes it again. Secrets are in none of them: `config` names the file of stores,
`into` the database, and whoever runs a unit looks up `env:…`, `keyring:…` and `file:…` where it is. Rows are written by
id, so a unit that is run again doubles nothing. A pass is complete only if all its units are, and only then does the
stream's checkpoint move; until then the next run reads the pass from its beginning.

Each may be run twice, also at the same time, or by a process that was stopped meanwhile and goes on when all is done:
every transaction makes sure that its run has the database and that its pass is where it was.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import aclosing, contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, cast
from uuid import uuid4

import msgspec
from sqlalchemy import Connection

from commerce_async.errors import ConfigError, UsageError
from commerce_async.http.pager import Pager
from commerce_async.sinks import Checkpoint, RawMode, Sink, runs
from commerce_async.sinks.checkpoints import LateError, check_at, save_checkpoint
from commerce_async.store import Divisible, Parts, Records
from commerce_async.sync import incremental
from commerce_async.sync.gone import MaxGone
from commerce_async.sync.incremental import Wish
from commerce_async.sync.opening import Opened, database_of, opened
from commerce_async.sync.series import RecordedReport, merged
from commerce_async.sync.streams import account_of, begin, conclude, count_calls, count_page

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
        shared: the store is refused where the file gives it no limit that several processes share.
    """

    run: str
    store: str
    stream: str
    began: datetime | None = None
    wish: Wish = Wish()
    max_gone: MaxGone = MaxGone()
    raw: RawMode = "on"
    records: int = RECORDS
    shared: bool = False


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
        began: when, before its first read, by the vendor's clock if that is known.
    """

    number: int
    began: datetime | None = None


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

    A run reads a stream once: planned again when that has ended, it has no units, and `end_pass` tells how it did.

    Args:
        config: the file of stores, as this process sees it.
        into: `postgresql://host/name`, without a password, or where the URL is kept: `env:DATABASE_URL`, say.

    Raises:
        CommerceError: the store or the database did not do as asked.
    """
    if job.records < 1:
        raise UsageError(f"records: a unit has at least one, not {job.records}")
    async with opened(job, config, into) as here:
        client = here.store.client
        job = msgspec.structs.replace(job, began=here.began)
        checkpoint, goes_on = await _begun(here, job)
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
        began, wall = client.clock.now(), client.clock.wall()
        report = here.report(UnitReport, number=unit.number)
        with _at(here, unit.checkpoint):
            try:
                whole = await _read(here, unit, report)
            except LateError:  # the pass has ended, so that another has read all of this
                whole = True
        count_calls(report, client)
        report.state = "complete" if whole else "incomplete"
        report.seconds = client.clock.now() - began
        report.began = wall + timedelta(seconds=client.skew or 0.0)
        report.series = here.recorder.series().trimmed()
        return report


async def _read(here: Opened, unit: Unit, report: UnitReport) -> bool:
    """Whether it was read without gaps."""
    job, client = unit.job, here.store.client
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
    return bool(pager.complete)


async def end_pass(reading: Reading, done: Sequence[UnitReport], *, config: str, into: str) -> RecordedReport:
    """Ends a pass: marks what is gone if it was a full one, and moves the stream's checkpoint.

    Of a pass that has ended already, it gives the report again.

    Args:
        done: the reports of all its units, each once, in any order.
        config: as for `plan_units`.
        into: as for `plan_units`.

    Raises:
        UsageError: a unit is missing, or there twice, or of another stream; or another pass has begun meanwhile.
        CommerceError: the store or the database did not do as asked.
    """
    if sorted(each.number for each in done) != list(range(reading.units)):
        raise UsageError(f"the pass has {reading.units} units, and {len(done)} reports do not tell of each once")
    job = reading.job
    if any((each.store, each.stream) != (job.store, job.stream) for each in done):
        raise UsageError(f"{job.store} {job.stream}: reports of another stream are among those of its units")
    async with opened(job, config, into) as here:
        while True:
            checkpoint = await here.sink.checkpoint(job.store, job.stream)
            if checkpoint is None or checkpoint.started_at != reading.checkpoint.started_at:
                raise UsageError(f"{job.store} {job.stream}: another pass has begun since this one was planned")
            if checkpoint.state not in ("running", "confirming"):
                return await _noted(here)
            try:
                with _at(here, checkpoint):
                    if (report := await _ended(here, reading, done, checkpoint)) is not None:
                        return report
            except LateError:  # someone else does the same, and was faster
                continue


async def _ended(
    here: Opened, reading: Reading, done: Sequence[UnitReport], checkpoint: Checkpoint
) -> RecordedReport | None:
    """The report of the pass, once it has ended; None if there is more to do by then."""
    job, report = reading.job, summed(reading, done)
    note = partial(_note_end, here=here, report=report)
    if checkpoint.state == "confirming":
        report.state = "complete"
        await conclude(here.sink, here.store, report, here.records, checkpoint, job.max_gone, note=note)
        return report
    complete = reading.sound and all(each.complete for each in done)
    checkpoint = incremental.ended(_marked(checkpoint, reading, done), complete=complete)
    now = here.store.client.clock.wall()
    if checkpoint.state == "confirming":
        await here.sink.save_checkpoint(job.store, job.stream, checkpoint, now)
        return None
    report.state = "incomplete" if checkpoint.state == "incomplete" else "complete"

    def end(connection: Connection) -> None:
        save_checkpoint(connection, job.store, job.stream, checkpoint, now)
        note(connection)

    await here.sink.transaction(end)
    return report


def _marked(checkpoint: Checkpoint, reading: Reading, done: Sequence[UnitReport]) -> Checkpoint:
    """The pass with its mark by the vendor's clock, and not behind its first read, whoever's clock it was made by."""
    if checkpoint.mark is None:
        return checkpoint
    overlap = checkpoint.started_at - checkpoint.mark
    mark = incremental.by_their_clock(checkpoint, reading.skew).mark or checkpoint.mark
    reads = [each.began - overlap for each in done if each.began is not None]
    return msgspec.structs.replace(checkpoint, mark=min([mark, *reads]))


def _note_end(connection: Connection, *, here: Opened, report: RecordedReport) -> None:
    """Notes the end of the run, with the last figures in its report."""
    job, client = here.job, here.store.client
    last = here.report(RecordedReport, series=here.recorder.series())
    count_calls(last, client)
    add(report, last)
    now = client.clock.wall()
    report.seconds = max(0.0, (now - here.began).total_seconds())  # it began by another machine's clock
    runs.end(connection, job.run, job.store, job.stream, report.state, report, now)


async def _noted(here: Opened) -> RecordedReport:
    """The report of a pass that has ended in this run."""
    job = here.job
    text = await here.sink.read(lambda connection: runs.report_of(connection, job.run, job.store, job.stream))
    if text is None:
        raise UsageError(f"{job.store} {job.stream}: the pass has ended, and not in this run")
    return msgspec.json.decode(text, type=RecordedReport)


async def _begun(here: Opened, job: Job) -> tuple[Checkpoint, bool]:
    """The pass that the run reads, and whether it is one that was interrupted."""
    sink = here.sink
    try:
        with sink.within(job.store, job.stream, lambda c: runs.check_open(c, job.run, job.store, job.stream)):
            await sink.begin_run(job.run, job.store, job.stream, here.began)
            return await begin(sink, here.store, job.stream, here.records, job.wish)
    except LateError:
        found = await sink.checkpoint(job.store, job.stream)
        if found is None or found.state in ("running", "confirming"):
            raise
        return found, False


@contextmanager
def _at(here: Opened, checkpoint: Checkpoint) -> Generator[None]:
    """Writes only as long as the stream is there.

    Raises:
        ConfigError: the store is another one than where the pass was begun.
    """
    store, stream = here.job.store, here.job.stream
    if checkpoint.account not in (None, account_of(here.store)):
        raise ConfigError(f"{store}: the file of stores names another account here than where the pass was planned")
    with here.sink.within(store, stream, lambda c: check_at(c, store, stream, checkpoint)):
        yield


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
