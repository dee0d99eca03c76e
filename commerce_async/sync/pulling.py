"""Stores into a database: every store and stream at once, page by page, each page committed with its checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import anyio
import msgspec

from commerce_async.errors import CommerceError, FinalError, PagingError, SinkError, TemporaryError, UsageError
from commerce_async.http.pager import Page, Pager
from commerce_async.limits.base import Lane
from commerce_async.schema import Record
from commerce_async.sinks import Checkpoint, RawMode, Sink
from commerce_async.store import Store
from commerce_async.sync import incremental
from commerce_async.sync.gone import MaxGone
from commerce_async.sync.incremental import FULL_EVERY, Wish
from commerce_async.sync.patience import rest
from commerce_async.sync.report import Report, State, StreamReport
from commerce_async.sync.series import Recorder
from commerce_async.sync.streams import STREAMS, begin, conclude, count_calls, count_page, records_of

log = logging.getLogger("commerce_async.sync")


async def pull(
    stores: Sequence[Store],
    *,
    into: str | Sink,
    streams: Iterable[str] = STREAMS,
    full: bool = False,
    since: datetime | None = None,
    full_every: timedelta | None = FULL_EVERY,
    max_gone: MaxGone | None = None,
    raw: RawMode | None = None,
    on_progress: Callable[[StreamReport], None] | None = None,
) -> Report:
    """Reads stores into a database, all stores and streams at once.

    Each page is one transaction, with the checkpoint in it: after a crash or `Ctrl-C` the same call goes on where
    it stopped, and nothing is lost or doubled. A store that fails does not stop the others; the report says so.

    A stream that was read completely before is read from its watermark on, as far as its vendor can filter, and every
    so often in full: what cannot be filtered for (an order that was refunded long after it was placed, say) shows only
    then, and only then can rows be found to be gone.

    Args:
        stores: open stores with distinct names.
        into: a database URL such as `sqlite:///shop.db`, or an open `Sink`.
        streams: of `products` and `orders`.
        full: read everything now.
        since: only records placed or changed since (aware), as far as the vendor can filter.
        full_every: how long after a full pass the next one is due; None for never.
        max_gone: how many rows of a stream a pass may mark as gone: 20 or a tenth by default, whichever is more.
        raw: how the database of that URL keeps the records' raw JSON: `on` (by default: as it came), `compressed`, or
            `off` (not at all). Rows that are there already stay as they are until they change.
        on_progress: called after every page and change of state with the stream's report as it stands.

    Raises:
        UsageError: names that are not distinct, an unknown stream, or options that do not go together.
        ConfigError: a database URL that is refused.
        LockedError: another process works on the database, or another task on this `Sink`.
        SinkError: the database cannot be opened, or stopped taking rows.
    """
    chosen = _checked(stores, tuple(streams), since)
    if full and since is not None:
        raise UsageError("full and since: a pass reads everything or what is new, not both")
    if raw is not None and isinstance(into, Sink):
        raise UsageError("raw: an open Sink has its own; say it there: Sink(url, raw=…)")
    wish = Wish(full=full, since=since, full_every=full_every)
    async with AsyncExitStack() as stack:
        sink = into if isinstance(into, Sink) else await stack.enter_async_context(Sink(into, raw=raw or "on"))
        await stack.enter_async_context(sink.lock("sync"))
        run = _Run(sink, wish, max_gone or MaxGone(), on_progress or (lambda _: None), stores[0].client.clock.wall())
        readers = [_Reader(run, store, stream) for store in stores for stream in chosen if records_of(store, stream)]
        await _all(readers)
        return Report(
            run=run.id,
            started_at=run.started_at,
            ended_at=stores[0].client.clock.wall(),
            into=sink.shown,
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


class _Run:
    """What the readers of one run share."""

    def __init__(
        self, sink: Sink, wish: Wish, max_gone: MaxGone, tell: Callable[[StreamReport], None], now: datetime
    ) -> None:
        self.id = uuid4().hex
        self.sink = sink
        self.wish = wish
        self.max_gone = max_gone
        self.tell = tell
        self.started_at = now


class _Reader:
    """One stream of one store."""

    def __init__(self, run: _Run, store: Store, stream: str) -> None:
        self._run = run
        self._recorder = Recorder(store.client.clock, run.started_at)
        # Figures of its own, and behind people who wait.
        self._store = store.with_options(lane=Lane.BULK, hooks=(*store.client.options.hooks, self._recorder))
        self._recorder.client = self._store.client
        records = records_of(self._store, stream)
        assert records is not None  # noqa: S101  readers are only made for streams that exist
        self._records = records
        self._clock = store.client.clock
        self._began = self._begun = self._clock.now()
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
            report = self._recorder.report(self.report)
            await self._run.sink.end_run(self._run.id, self._store.name, self.stream, state, report, self._clock.wall())
        except SinkError as error:
            log.warning("could not note the end of the run: %s", error)

    async def _pass(self) -> State:
        checkpoint = await self._begin()
        failures = 0
        while True:
            before = self._progress(checkpoint)
            try:
                if checkpoint.state == "running":
                    checkpoint = await self._read(checkpoint)
                if checkpoint.state == "confirming":
                    await self._conclude(checkpoint)
                return "incomplete" if checkpoint.state == "incomplete" else "complete"
            except TemporaryError as error:
                if isinstance(error, SinkError):
                    raise
                checkpoint = await self._begin()
                failures = failures + 1 if self._progress(checkpoint) == before else 1
                pause = rest(error.retry_after, failures, self._store.client.options.retry.longest)
                if pause is None:
                    raise
                await self._rest(error, pause)

    def _progress(self, checkpoint: Checkpoint) -> object:
        """What differs once the pass got on. Not what was read: a token may point back, and the same be read again."""
        return checkpoint.state, checkpoint.token, self.report.new

    async def _rest(self, error: TemporaryError, pause: float) -> None:
        self.report.error = f"{error}; going on in {pause:.0f} s"
        self._tell("retrying")
        log.info("%s %s: %s", self._store.name, self.stream, self.report.error)
        try:
            await anyio.sleep(pause)
        finally:
            self.report.error = None

    async def _begin(self) -> Checkpoint:
        """Where the stream goes on, or a new pass from its beginning."""
        run = self._run
        checkpoint, goes_on = await begin(run.sink, self._store, self.stream, self._records, run.wish)
        self.report.since = checkpoint.since
        if not goes_on:
            self._begun = self._clock.now()
        else:
            self.report.resumed |= checkpoint.token is not None or checkpoint.state == "confirming"
        return checkpoint

    def _pager(self, checkpoint: Checkpoint) -> Pager[Any]:
        try:
            return self._records.list(since=checkpoint.since, resume=checkpoint.token)
        except UsageError as error:
            # A checkpoint that this version does not understand: better read all again than guess.
            log.warning("%s %s: starting over, %s", self._store.name, self.stream, error.message)
            self.report.resumed = False
            return self._records.list(since=checkpoint.since)

    async def _read(self, checkpoint: Checkpoint) -> Checkpoint:
        """Reads the pass to its end; returns the last checkpoint."""
        self._tell("reading")
        pager = self._pager(checkpoint)
        async with aclosing(pager.pages()) as pages:
            async for page in pages:
                if checkpoint.token is None:  # now the vendor's time is known, by the page's own reply
                    set_back = self._set_back(checkpoint)
                    checkpoint = incremental.by_their_clock(checkpoint, self._store.client.skew, set_back)
                checkpoint = await self._land(page, pager, checkpoint)
        return checkpoint

    def _set_back(self, checkpoint: Checkpoint) -> float:
        """By how many seconds our clock was set back since the pass began; below 0 if it was not."""
        expected = checkpoint.started_at + timedelta(seconds=self._clock.now() - self._begun)
        return (expected - self._clock.wall()).total_seconds()

    async def _conclude(self, checkpoint: Checkpoint) -> None:
        """Marks what the store no longer has, and ends the pass."""
        self._tell("confirming")
        run = self._run
        await conclude(run.sink, self._store, self.report, self._records, checkpoint, run.max_gone)

    async def _land(self, page: Page[Record], pager: Pager[Any], checkpoint: Checkpoint) -> Checkpoint:
        if not page.sound:  # the pager that goes on after an interruption knows nothing of it
            checkpoint = incremental.with_gaps(checkpoint)
        if page.next is None:
            following = incremental.ended(checkpoint, complete=bool(pager.complete))
        elif page.token is None:
            raise PagingError("the adapter gave a page that is not the last without a resume token")
        else:
            following = msgspec.structs.replace(checkpoint, token=page.token)
        counts = await self._run.sink.write(
            self._store.name,
            self.stream,
            page.items,
            unreadable=page.unreadable,
            checkpoint=following,
            now=self._clock.wall(),
        )
        count_page(self.report, page, counts, self._store.client)
        self._recorder.count(len(page.items) + len(page.unreadable))
        self._tell("reading")
        return following

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
        report = self.report
        report.state = state
        count_calls(report, self._store.client)
        report.seconds = self._clock.now() - self._began
        self._run.tell(report)
