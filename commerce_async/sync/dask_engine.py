"""A sync on Dask Distributed: the units of all stores on the workers of one cluster.

Dask schedules, moves and repeats units whose worker died. What is here is the order (plan, units, end), the lock that
all units work under, and what is tried again how often.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast
from uuid import uuid4

import msgspec
from anyio import CancelScope

from commerce_async.config import Declared, declared_stores
from commerce_async.errors import CommerceError, ConfigError, NetworkError, SinkError, TemporaryError, UsageError
from commerce_async.sinks import RawMode, Sink
from commerce_async.sync.gone import MaxGone
from commerce_async.sync.incremental import FULL_EVERY, Wish
from commerce_async.sync.report import Report, StreamReport
from commerce_async.sync.streams import STREAMS
from commerce_async.sync.units import (
    RECORDS,
    Job,
    Planned,
    Unit,
    UnitReport,
    database_of,
    end_pass,
    plan_units,
    summed,
    sync_unit,
)

T = TypeVar("T")

log = logging.getLogger("commerce_async.sync")

_PATIENCE: Final = 5  # how often a unit is tried again, for a passing failure and when Dask has given up on it
_REST: Final = 30.0  # seconds; the longest pause before that
_ANSWER: Final = 30.0  # seconds for the scheduler to answer, and for a first worker to be there
_DESERTED: Final = 10  # times that long without any worker, and nobody waits for one any more
_AT_ONCE: Final = 16  # units that a worker of a local cluster runs at once: they mostly wait, for permits and replies
_ADDRESS: Final = re.compile(r"dask(\+tls)?://([^/@\s]+:[0-9]{1,5})/?")


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """An error, as it comes back from a worker: its words, which hold no secret, and what to do about it."""

    kind: str
    words: str
    temporary: bool
    database: bool
    retry_after: float | None = None


class _FailedError(Exception):
    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.words)
        self.failed = failed


async def attempt(
    work: Callable[..., Coroutine[Any, Any, T]], given: tuple[Any, ...], where: dict[str, str]
) -> T | Failed:
    """What runs on a worker: the work, with its error as a value."""
    try:
        return await work(*given, **where)
    except CommerceError as error:
        return Failed(
            kind=type(error).__name__,
            words=str(error),
            temporary=isinstance(error, TemporaryError),
            database=isinstance(error, SinkError),
            retry_after=error.retry_after,
        )
    except Exception as error:  # a fault in one adapter must not stop the other stores; it is reported and logged
        log.exception("%s", work.__name__)
        words = f"a fault in the program: {type(error).__name__}"  # its own words may hold anything
        return Failed(kind=type(error).__name__, words=words, temporary=False, database=False)


class DaskEngine:
    """A Dask cluster to run syncs on, for use in `async with`.

    Args:
        address: `dask` for a cluster of processes on this machine, one per core, that ends with the engine;
            `dask://HOST:PORT` for a scheduler that is there, `dask+tls://HOST:PORT` with the certificates of Dask's own
            configuration. Its workers have this package installed, and see the file of stores and their secrets.
        workers: how many processes a cluster on this machine has.

    Raises:
        ConfigError: it is no such address, or Dask is not installed.
    """

    def __init__(self, address: str = "dask", *, workers: int | None = None) -> None:
        found = _ADDRESS.fullmatch(address)
        if found is None and address != "dask":
            raise ConfigError(f"engine: expected dask, dask://HOST:PORT or dask+tls://HOST:PORT, got {address[:60]!r}")
        if find_spec("distributed") is None:
            raise ConfigError("engine: Dask is not installed; install it with: pip install 'commerce-async[dask]'")
        self.address = address
        self._scheduler = f"{'tls' if found[1] else 'tcp'}://{found[2]}" if found else None
        self._workers = workers
        self._stack = AsyncExitStack()
        self._client: Any = None
        self._cluster: Any = None

    async def __aenter__(self) -> Self:
        import distributed

        try:
            at = self._scheduler
            if at is None:
                cluster: Any = distributed.LocalCluster(
                    n_workers=self._workers,
                    processes=True,
                    threads_per_worker=_AT_ONCE,
                    memory_limit=0,  # a sync's memory does not grow; Dask has nothing to spill or to restart for
                    dashboard_address="127.0.0.1:0",  # a free port: None still takes 8787, and fails if that is taken
                    asynchronous=True,
                    silence_logs=logging.CRITICAL,
                )
                at = self._cluster = await self._stack.enter_async_context(cluster)
                count = len(cluster.workers)
                cluster.adapt(minimum=count, maximum=count)  # one that dies while it starts is given up by its nanny
            client = distributed.Client(at, asynchronous=True, set_as_default=False, timeout=_ANSWER)
            self._client = await self._stack.enter_async_context(client)
            await self._client.wait_for_workers(1, timeout=_ANSWER)
        except (OSError, TimeoutError) as error:
            await self.__aexit__(None, None, None)
            raise NetworkError(f"engine: {self.address}: no scheduler with workers answers") from error
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client = self._cluster = None
        with CancelScope(shield=True):
            await self._stack.aclose()

    async def _watch(self) -> None:
        """Dask waits for workers for ever; we do not."""
        deserted = 0
        while deserted < _DESERTED:
            await asyncio.sleep(_ANSWER)
            deserted = 0 if await self._client.ncores() else deserted + 1
        raise NetworkError(f"engine: {self.address}: no worker for {_DESERTED * _ANSWER:.0f} s")

    @property
    def pids(self) -> list[int]:
        """The processes of the workers of a cluster on this machine, those that are just starting left out."""
        if self._cluster is None:
            return []
        ready = self._cluster.scheduler.workers
        return [nanny.pid for nanny in self._cluster.workers.values() if nanny.worker_address in ready and nanny.pid]

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
            streams, full, since, full_every, max_gone, raw: as for `pull`.
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
        stores = _sharing(file, declared_stores(file, only=only))
        run = uuid4().hex
        wish = Wish(full=full, since=since, full_every=full_every)
        jobs = [
            Job(
                run=run,
                store=store.name,
                stream=stream,
                wish=wish,
                max_gone=max_gone or MaxGone(),
                raw=raw,
                records=records,
            )
            for store in stores
            for stream in chosen
            if hasattr(store.kind, stream)
        ]
        began = datetime.now(UTC)
        async with Sink(database_of(into)) as sink, sink.lock("sync on Dask", token=run):
            send = partial(_Cluster(self._client, self.address).run, where={"config": str(file), "into": into})
            vendors = {store.name: store.kind.vendor for store in stores}
            readers = [_Reader(job, vendors[job.store], sink, send, on_progress or (lambda _: None)) for job in jobs]
            # Only the database and the cluster stop all of them.
            await _side_by_side((reader.run() for reader in readers), watch=self._watch())
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


def _sharing(file: Path, stores: Sequence[Declared]) -> Sequence[Declared]:
    for store in stores:
        if not store.limiter:
            raise ConfigError(
                f"{file}: stores.{store.name}.limiter: missing; several processes call the store, and only "
                'limiter = "redis://…" keeps them to its limit together'
            )
    return stores


class _Cluster:
    """Runs work on the cluster's workers, and runs it again where that helps."""

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address

    async def run(
        self, work: Callable[..., Coroutine[Any, Any, T]], *given: Any, name: str, order: int, where: dict[str, str]
    ) -> T:
        """The work's result.

        Args:
            name: of the work, for those who look at the cluster.
            order: lower goes first.

        Raises:
            _FailedError: it failed for good.
            NetworkError: the scheduler is gone.
        """
        failures = 0
        while True:
            done = await self._once(work, given, where, f"{name}-{failures}", order)
            if not isinstance(done, Failed):
                return done
            failures += 1
            if not done.temporary or failures > _PATIENCE:
                raise _FailedError(done)
            pause = min(_REST, max(done.retry_after or 0.0, 2.0**failures))
            log.info("%s: %s; once more in %.0f s", name, done.words, pause)
            await asyncio.sleep(pause)

    async def _once(
        self,
        work: Callable[..., Coroutine[Any, Any, T]],
        given: tuple[Any, ...],
        where: dict[str, str],
        key: str,
        order: int,
    ) -> T | Failed:
        from distributed import KilledWorker

        future = self._client.submit(attempt, work, given, where, key=key, priority=-order, pure=False)
        try:
            return await future
        except KilledWorker:
            words = "the workers that ran it died, one after another"
            return Failed(kind="KilledWorker", words=words, temporary=True, database=False)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise NetworkError(f"engine: {self._address}: the scheduler is gone, and the work with it") from None
        finally:
            future.release()  # one that nobody waits for is taken off the cluster


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
        self.report = StreamReport(store=job.store, vendor=vendor, stream=job.stream)

    async def run(self) -> None:
        """Reads the stream to its end, or says in the report why not."""
        job = self._job
        await self._sink.begin_run(job.run, job.store, job.stream, datetime.now(UTC))
        try:
            self._tell("reading")
            await self._pass()
        except _FailedError as error:
            failed = error.failed
            log.error("%s %s failed: %s", job.store, job.stream, failed.words)  # noqa: TRY400  where it was, the worker knows
            self.report.error, self.report.error_kind = failed.words, failed.kind
            self._tell("failed")
            if failed.database:
                raise SinkError(failed.words) from None
        finally:
            if self.report.state in ("waiting", "reading", "confirming"):
                self._tell("stopped")
            with CancelScope(shield=True):
                await self._note_end()

    async def _note_end(self) -> None:
        job, report = self._job, self.report
        try:
            await self._sink.end_run(job.run, job.store, job.stream, report.state, report, datetime.now(UTC))
        except SinkError as error:
            log.warning("could not note the end of the run: %s", error)

    async def _pass(self) -> None:
        job = self._job
        name = f"{job.store}-{job.stream}"
        planned: Planned = await self._send(plan_units, job, name=f"plan-{name}-{job.run}", order=0)
        reading, done = planned.reading, list[UnitReport]()
        self._tell_of(summed(reading, done), "reading")

        async def one(unit: Unit) -> None:
            done.append(await self._send(sync_unit, unit, name=f"{name}-{unit.number}-{job.run}", order=unit.number))
            self._tell_of(summed(reading, done), "reading")

        # The first units of all stores go before the second of any: a limit is one store's, and none waits idle.
        await _side_by_side(one(unit) for unit in planned.units)
        self._tell("confirming")
        ended = await self._send(end_pass, reading, tuple(done), name=f"end-{name}-{job.run}", order=0)
        self._tell_of(ended, ended.state)

    def _tell_of(self, report: StreamReport, state: Any) -> None:
        self.report = report
        self._tell(state)

    def _tell(self, state: Any) -> None:
        self.report.state = state
        self.report.seconds = monotonic() - self._began
        self._report(self.report)


async def _side_by_side(
    work: Iterable[Coroutine[Any, Any, None]], watch: Coroutine[Any, Any, None] | None = None
) -> None:
    """Runs all of it; the first that fails stops the others.

    Args:
        watch: runs beside it until all of it is done.
    """
    try:
        async with asyncio.TaskGroup() as group:
            watching = None if watch is None else group.create_task(watch)
            tasks = [group.create_task(each) for each in work]
            if watching is not None:
                await asyncio.gather(*tasks)
                watching.cancel()
    except BaseExceptionGroup as errors:
        raise next(_leaves(errors)) from None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _leaves(each)
    else:
        yield error


__all__ = ["DaskEngine"]
