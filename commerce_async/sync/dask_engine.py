"""A sync on Dask Distributed: the units of all stores on the workers of one cluster.

What is here is the order (plan, units, end) and the lock that all units work under; `dask_cluster` runs them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self, cast
from uuid import uuid4

import anyio
import msgspec

from commerce_async.errors import SinkError, UsageError
from commerce_async.sinks import RawMode, Sink
from commerce_async.sync.dask_cluster import Cluster, FailedError
from commerce_async.sync.gone import MaxGone
from commerce_async.sync.incremental import FULL_EVERY, Wish
from commerce_async.sync.opening import sharing
from commerce_async.sync.report import Report, State, StreamReport
from commerce_async.sync.series import RecordedReport
from commerce_async.sync.streams import STREAMS
from commerce_async.sync.units import (
    RECORDS,
    Job,
    Planned,
    Unit,
    UnitReport,
    add,
    database_of,
    end_pass,
    plan_units,
    sync_unit,
)

log = logging.getLogger("commerce_async.sync")


class DaskEngine:
    """A Dask cluster to run syncs on, for use in `async with`.

    Args:
        address: `dask` for a cluster of processes on this machine, one per core, that ends with the engine;
            `dask://HOST:PORT` for a scheduler that is there, `tls://HOST:PORT` with the certificates of Dask's own
            configuration. It and its workers have this version of this package installed, and the workers see the file
            of stores and their secrets.
        workers: how many processes a cluster on this machine has.

    Raises:
        ConfigError: it is no such address, or Dask is not installed.
    """

    def __init__(self, address: str = "dask", *, workers: int | None = None) -> None:
        self._cluster = Cluster(address, workers=workers)

    async def __aenter__(self) -> Self:
        await self._cluster.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._cluster.__aexit__(kind, error, trace)

    @property
    def pids(self) -> list[int]:
        """The processes of the workers of a cluster on this machine, those that are just starting left out."""
        return self._cluster.pids

    async def pull(
        self,
        config: str | Path,
        *,
        into: str,
        only: tuple[str, ...] = (),
        streams: Iterable[str] = STREAMS,
        full: bool = False,
        since: datetime | None = None,
        full_every: timedelta | None = FULL_EVERY,
        max_gone: MaxGone | None = None,
        raw: RawMode = "on",
        records: int = RECORDS,
        on_progress: Callable[[StreamReport], None] | None = None,
    ) -> Report:
        """Reads stores into a PostgreSQL database, as `commerce_async.sync.pull` does, on all workers.

        This process opens no store. It holds the database's lock while the units of all stores run; one whose worker
        died is run again elsewhere. A stream whose unit fails for good stops no other.

        Args:
            config: the file of stores, at the same path on every worker. Each store has `limiter = "redis://…"`, for
                several processes call it.
            into: `postgresql://host/name`, without a password, or where the URL is kept, such as `env:DATABASE_URL`;
                each worker looks there.
            only: names of the stores wanted; all if empty.
            streams: as for `pull`, and so are `full`, `since`, `full_every`, `max_gone` and `raw`.
            records: how many a unit is to have, more or less.
            on_progress: called after every unit and change of state with the stream's report as it stands.

        Raises:
            ConfigError: the file, a store without a shared limiter, or the database's URL.
            UsageError: options that do not go together.
            LockedError: another process works on the database.
            SinkError: the database cannot be used, or stopped taking rows.
            NetworkError: the scheduler is gone.
        """
        chosen = _checked(tuple(streams), full, since)
        file = _absolute(config)
        stores = sharing(file, only)
        run, began = uuid4().hex, datetime.now(UTC)
        wish = Wish(full=full, since=since, full_every=full_every)
        jobs = [
            Job(
                run=run,
                began=began,
                store=store.name,
                stream=stream,
                wish=wish,
                max_gone=max_gone or MaxGone(),
                raw=raw,
                records=records,
                shared=True,
            )
            for store in stores
            for stream in chosen
            if hasattr(store.kind, stream)
        ]
        await self._cluster.ready()
        async with Sink(database_of(into)) as sink, sink.lock("sync on Dask", token=run):
            send = partial(self._cluster.run, where={"config": str(file), "into": into})
            vendors = {store.name: store.kind.vendor for store in stores}
            readers = [_Reader(job, vendors[job.store], sink, send, on_progress or (lambda _: None)) for job in jobs]
            # Only the database and the cluster stop all of them.
            await _side_by_side((reader.run for reader in readers), watch=self._cluster.watch)
            reports = [reader.report for reader in readers]
            return Report(run=run, started_at=began, ended_at=datetime.now(UTC), into=sink.shown, streams=reports)


def _absolute(config: str | Path) -> Path:
    return Path(config).absolute()  # workers have working directories of their own


def _checked(streams: tuple[str, ...], full: bool, since: datetime | None) -> tuple[str, ...]:
    unknown = [stream for stream in streams if stream not in STREAMS]
    if unknown or not streams:
        raise UsageError(f"unknown stream {', '.join(unknown) or '(none)'}; there are: {', '.join(STREAMS)}")
    if full and since is not None:
        raise UsageError("full and since: a pass reads everything or what is new, not both")
    if since is not None and since.tzinfo is None:
        raise UsageError("since: needs a timezone, such as datetime(2026, 3, 1, tzinfo=UTC)")
    return tuple(dict.fromkeys(streams))


class _Reader:
    """One stream of one store."""

    def __init__(
        self,
        job: Job,
        vendor: str,
        sink: Sink,
        send: Callable[..., Coroutine[Any, Any, Any]],
        tell: Callable[[StreamReport], None],
    ) -> None:
        self._job = job
        self._sink = sink
        self._send = send
        self._report = tell
        self._began = monotonic()
        self._sum = RecordedReport(store=job.store, vendor=vendor, stream=job.stream)

    @property
    def report(self) -> StreamReport:
        """As it stands."""
        figures = msgspec.structs.asdict(self._sum)
        del figures["series"]
        return StreamReport(**figures)

    async def run(self) -> None:
        """Reads the stream to its end, or says in the report why not."""
        job = self._job
        state: State = "stopped"
        try:
            await self._sink.begin_run(job.run, job.store, job.stream, job.began or datetime.now(UTC))
            self._tell("reading")
            state = await self._pass()
        except FailedError as error:
            failed, state = error.failed, "failed"
            log.error("%s %s failed: %s", job.store, job.stream, failed.words)  # noqa: TRY400  where it was, the worker knows
            self._sum.error, self._sum.error_kind = failed.words, failed.kind
            if failed.database:
                raise SinkError(failed.words) from None
        finally:
            self._tell(state)
            with anyio.CancelScope(shield=True):
                await self._note_end()

    async def _note_end(self) -> None:
        job = self._job
        try:
            await self._sink.end_run(job.run, job.store, job.stream, self._sum.state, self._sum, datetime.now(UTC))
        except SinkError as error:
            log.warning("could not note the end of the run: %s", error)

    async def _pass(self) -> State:
        job = self._job
        name = f"{job.store}-{job.stream}"
        planned: Planned = await self._send(plan_units, job, name=f"plan-{name}", order=0)
        reading, done = planned.reading, list[UnitReport]()
        self._sum = msgspec.structs.replace(reading.report)
        self._tell("reading")

        async def one(unit: Unit) -> None:
            report: UnitReport = await self._send(sync_unit, unit, name=f"{name}-{unit.number}", order=unit.number)
            add(self._sum, report)
            done.append(msgspec.structs.replace(report, series=None))  # it is in the sum; a pass may have many units
            self._tell("reading")

        # The first units of all stores go before the second of any: a limit is one store's, and none waits idle.
        await _side_by_side(partial(one, unit) for unit in planned.units)
        self._tell("confirming")
        begun = msgspec.structs.replace(reading.report, series=self._sum.series)
        reading = msgspec.structs.replace(reading, report=begun)
        self._sum = await self._send(end_pass, reading, tuple(done), name=f"end-{name}", order=0)
        return self._sum.state

    def _tell(self, state: State) -> None:
        self._sum.state = state
        self._sum.seconds = monotonic() - self._began
        self._report(self.report)


async def _side_by_side(
    work: Iterable[Callable[[], Coroutine[Any, Any, None]]],
    watch: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Runs all of it; the first that fails stops the others.

    Args:
        watch: runs beside it until all of it is done.
    """
    try:
        async with anyio.create_task_group() as watching:
            if watch is not None:
                watching.start_soon(watch)
            async with anyio.create_task_group() as group:
                for each in work:
                    group.start_soon(each)
            watching.cancel_scope.cancel()
    except BaseExceptionGroup as errors:  # one error for the caller: that of the first who failed
        raise next(_leaves(errors)) from None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _leaves(each)
    else:
        yield error


__all__ = ["DaskEngine"]
