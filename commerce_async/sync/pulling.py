"""Stores into a database: every store and stream at once, page by page, each page committed with its checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import datetime
from typing import Any
from uuid import uuid4

import anyio
import msgspec

from commerce_async.errors import CommerceError, FinalError, PagingError, SinkError, TemporaryError, UsageError
from commerce_async.http.pager import Page, Pager
from commerce_async.limits.base import Lane
from commerce_async.schema import Record
from commerce_async.sinks import Checkpoint, Sink
from commerce_async.store import ProvidesOrders, ProvidesProducts, Records, Store
from commerce_async.sync.report import Report, State, StreamReport

log = logging.getLogger("commerce_async.sync")

STREAMS = ("products", "orders")
# A list that fails for a passing reason is taken up again where it stopped, so often without any page in between.
_PATIENCE = 5
_REST = 30.0  # seconds; the longest pause before it is taken up again


async def pull(
    stores: Sequence[Store],
    *,
    into: str | Sink,
    streams: Iterable[str] = STREAMS,
    since: datetime | None = None,
    on_progress: Callable[[StreamReport], None] | None = None,
) -> Report:
    """Reads stores into a database, all stores and streams at once.

    Each page is one transaction, with the checkpoint in it: after a crash or `Ctrl-C` the same call goes on where
    it stopped, and nothing is lost or doubled. A store that fails does not stop the others; the report says so.

    Args:
        stores: open stores with distinct names.
        into: a database URL such as `sqlite:///shop.db`, or an open `Sink`.
        streams: of `products` and `orders`.
        since: only records placed or changed since (aware), as far as the vendor can filter.
        on_progress: called after every page and change of state with the stream's report as it stands.

    Raises:
        UsageError: names that are not distinct, or an unknown stream.
        ConfigError: a database URL that is refused.
        SinkError: the database cannot be opened, or stopped taking rows.
    """
    chosen = _checked(stores, tuple(streams), since)
    async with AsyncExitStack() as stack:
        sink = into if isinstance(into, Sink) else await stack.enter_async_context(Sink(into))
        run = _Run(sink, since, on_progress or (lambda _: None), stores[0].client.clock.wall())
        readers = [_Reader(run, store, stream) for store in stores for stream in chosen if _records(store, stream)]
        await _all(readers)
        return Report(
            run=run.id,
            started_at=run.started_at,
            ended_at=stores[0].client.clock.wall(),
            into=sink.url.render_as_string(hide_password=True),
            streams=[reader.report for reader in readers],
        )


def _checked(stores: Sequence[Store], streams: tuple[str, ...], since: datetime | None) -> tuple[str, ...]:
    if not stores:
        raise UsageError("no store to sync")
    names = [store.name for store in stores]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"two stores are named {twice[0]!r}; their rows could not be told apart")
    unknown = [stream for stream in streams if stream not in STREAMS]
    if unknown or not streams:
        raise UsageError(f"unknown stream {', '.join(unknown) or '(none)'}; there are: {', '.join(STREAMS)}")
    if since is not None and since.tzinfo is None:
        raise UsageError("since: needs a timezone, such as datetime(2026, 3, 1, tzinfo=UTC)")
    return tuple(dict.fromkeys(streams))


async def _all(readers: Sequence[_Reader]) -> None:
    """Runs the readers side by side. Only a database that gives up stops them all."""
    failed: list[SinkError] = []

    async def guarded(reader: _Reader) -> None:
        try:
            await reader.run()
        except SinkError as error:
            failed.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for reader in readers:
            group.start_soon(guarded, reader)
    if failed:
        raise failed[0]


def _records(store: Store, stream: str) -> Records[Any] | None:
    if stream == "products" and isinstance(store, ProvidesProducts):
        return store.products
    if stream == "orders" and isinstance(store, ProvidesOrders):
        return store.orders
    return None


class _Run:
    """What the readers of one run share."""

    def __init__(self, sink: Sink, since: datetime | None, tell: Callable[[StreamReport], None], now: datetime) -> None:
        self.id = uuid4().hex
        self.sink = sink
        self.since = since
        self.tell = tell
        self.started_at = now


class _Reader:
    """One stream of one store."""

    def __init__(self, run: _Run, store: Store, stream: str) -> None:
        self._run = run
        self._store = store.with_options(lane=Lane.BULK)  # figures of its own, and behind people who wait
        self._clock = store.client.clock
        self._began = self._clock.now()
        self.stream = stream
        self.report = StreamReport(store=store.name, vendor=store.vendor, stream=stream)

    async def run(self) -> None:
        """Reads the stream to its end, or says in the report why not."""
        sink, name = self._run.sink, self._store.name
        await sink.begin_run(self._run.id, name, self.stream, self._run.started_at)
        state: State = "stopped"
        try:
            state = await self._pass()
        except SinkError as error:
            state = self._failed(error)
            raise
        except CommerceError as error:
            state = self._failed(error)
        except Exception as error:  # a fault in one adapter must not stop the other stores; it is reported and logged
            log.exception("%s %s", name, self.stream)
            state = self._failed(error)
        finally:
            self._tell(state)
            with anyio.CancelScope(shield=True):  # also when interrupted: the run is noted
                await self._note_end(state)

    async def _note_end(self, state: State) -> None:
        try:
            await self._run.sink.end_run(
                self._run.id, self._store.name, self.stream, state, self.report, self._clock.wall()
            )
        except SinkError as error:
            log.warning("could not note the end of the run: %s", error)

    async def _pass(self) -> State:
        checkpoint = await self._begin()
        failures = 0
        while True:
            pager = self._pager(checkpoint.token)
            read_before = self.report.read
            try:
                return await self._read(pager, checkpoint)
            except TemporaryError as error:
                if isinstance(error, SinkError):
                    raise
                failures = 1 if self.report.read > read_before else failures + 1
                if failures > _PATIENCE:
                    raise
                checkpoint = await self._begin()
                await self._rest(error, failures)

    async def _rest(self, error: TemporaryError, failures: int) -> None:
        self._tell("retrying")
        pause = min(_REST, max(error.retry_after or 0.0, 2.0**failures))
        log.info("%s %s: %s; going on in %.0f s", self._store.name, self.stream, error.message, pause)
        await anyio.sleep(pause)

    async def _begin(self) -> Checkpoint:
        """Where the stream goes on, or a new pass from its beginning."""
        sink, name = self._run.sink, self._store.name
        found = await sink.checkpoint(name, self.stream)
        if found is not None and found.state == "running" and found.since == self._run.since:
            self.report.resumed = self.report.resumed or found.token is not None
            return found
        # Noted before the first read: a record that changes during the pass is at most read again.
        fresh = Checkpoint(token=None, state="running", started_at=self._clock.wall(), since=self._run.since)
        await sink.save_checkpoint(name, self.stream, fresh, self._clock.wall())
        return fresh

    def _pager(self, token: str | None) -> Pager[Any]:
        records = _records(self._store, self.stream)
        assert records is not None  # noqa: S101  readers are only made for streams that exist
        try:
            return records.list(since=self._run.since, resume=token)
        except UsageError as error:
            # A checkpoint that this version does not understand: better read all again than guess.
            log.warning("%s %s: starting over, %s", self._store.name, self.stream, error.message)
            self.report.resumed = False
            return records.list(since=self._run.since)

    async def _read(self, pager: Pager[Any], checkpoint: Checkpoint) -> State:
        self._tell("reading")
        async with aclosing(pager.pages()) as pages:
            async for page in pages:
                await self._land(page, pager, checkpoint)
        return "complete" if pager.complete else "incomplete"

    async def _land(self, page: Page[Record], pager: Pager[Any], checkpoint: Checkpoint) -> None:
        if page.next is None:
            state = "complete" if pager.complete else "incomplete"
        elif page.token is None:
            raise PagingError("the adapter gave a page that is not the last without a resume token")
        else:
            state = "running"
        counts = await self._run.sink.write(
            self._store.name,
            self.stream,
            page.items,
            unreadable=page.unreadable,
            checkpoint=msgspec.structs.replace(checkpoint, token=page.token, state=state),
            now=self._clock.wall(),
        )
        report = self.report
        report.read += len(page.items) + len(page.unreadable)
        report.new += counts.new
        report.changed += counts.changed
        report.unchanged += counts.unchanged
        report.quarantined += len(page.unreadable)
        report.missing += len(page.missing)
        report.total = page.total if page.total is not None else report.total
        self._tell("reading")

    def _failed(self, error: Exception) -> State:
        # Of an error that is not ours only the class: its words may hold anything.
        self.report.error = (
            str(error) if isinstance(error, CommerceError) else f"a fault in the program: {type(error).__name__}"
        )
        self.report.error_kind = type(error).__name__
        if isinstance(error, FinalError):
            log.error("%s %s failed: %s", self._store.name, self.stream, error)
        return "failed"

    def _tell(self, state: State) -> None:
        report, stats = self.report, self._store.client.stats
        report.state = state
        report.calls, report.throttled, report.retried = stats.calls, stats.throttled, stats.retried
        report.waited = stats.waited
        report.hits = stats.hits if self._store.client.caches else None
        report.seconds = self._clock.now() - self._began
        self._run.tell(report)
