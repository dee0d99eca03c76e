"""`sync`: one pass, or one after another."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console

from commerce_async.cli import demo
from commerce_async.cli.codes import Exit, of_report
from commerce_async.cli.running import complain
from commerce_async.cli.show import display, dump, say, summary
from commerce_async.cli.status import span
from commerce_async.config import load_stores
from commerce_async.errors import CommerceError, UsageError
from commerce_async.sinks import RawMode
from commerce_async.store import Store
from commerce_async.sync import FULL_EVERY, MaxGone, Report, pull, watch
from commerce_async.sync.gone import parse_max_gone
from commerce_async.sync.incremental import parse_since, parse_span

if TYPE_CHECKING:
    from commerce_async.sync.dask_engine import DaskEngine


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The command line, as it was given."""

    config: Path | None
    into: str
    only: tuple[str, ...]
    streams: tuple[str, ...]
    demo: bool
    products: int
    orders: int
    json: bool
    full: bool = False
    since: str | None = None
    full_every: str | None = None
    max_gone: str | None = None
    raw: str = "on"
    watch: str | None = None
    engine: str | None = None


async def run_sync(asked: Request) -> Exit:
    """Syncs as asked, and says what came of it.

    Raises:
        UsageError: options that cannot be read, or do not go together.
        CommerceError: as `pull` raises it.
    """
    _check(asked)
    every = None if asked.watch is None else span_of("watch", asked.watch)
    job = _Job(
        asked, full_every_of(asked.full_every), None if asked.max_gone is None else parse_max_gone(asked.max_gone)
    )
    async with AsyncExitStack() as stack:
        if asked.engine is not None:
            job.engine = await stack.enter_async_context(_engine(asked.engine, asked.into))
        elif asked.config is None:
            job.servers = await demo.start(stack, asked.products, asked.orders, 1)
            job.stores = demo.stores_of(job.servers)
        else:
            job.stores = load_stores(asked.config, only=asked.only)
        for store in job.stores:
            await stack.enter_async_context(store)
        if every is None:
            return of_report(await job())
        await watch(job, every=every, on_due=None if asked.json else _tell_due, on_failure=_tell_failure)
    return Exit.COMPLETE


def _check(asked: Request) -> None:
    if asked.demo == (asked.config is not None):
        raise UsageError("give either --config FILE or --demo")
    if asked.full and asked.since is not None:
        raise UsageError("--full and --since: a pass reads everything or what is new, not both")
    if asked.watch is not None and asked.since is not None:
        raise UsageError("--since is for one pass; with --watch each goes on from the one before it")
    if asked.engine is not None and asked.config is None:
        raise UsageError("--engine: the workers need stores of a file: give --config FILE")


def _engine(address: str, into: str) -> DaskEngine:
    from commerce_async.sync.dask_engine import DaskEngine
    from commerce_async.sync.units import database_of

    database_of(into)  # refused before a cluster is started for it
    engine = DaskEngine(address)
    import distributed  # sets its loggers up; what they would tell of a scheduler that is gone is said in one line

    for name in (distributed.__name__, "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return engine


def span_of(option: str, text: str) -> timedelta:
    """A length of time of at least a second.

    Raises:
        UsageError: it is none.
    """
    try:
        length = parse_span(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
    if length < timedelta(seconds=1):
        raise UsageError(f"{option}: expected at least 1s, got {text.strip()}")
    return length


def full_every_of(text: str | None) -> timedelta | None:
    """How long after a full pass the next one is due, also if nothing is said; None for `never`.

    Raises:
        UsageError: it is neither that nor a length of time.
    """
    if text is None:
        return FULL_EVERY
    return None if text == "never" else span_of("full-every", text)


def raw_of(text: str) -> RawMode:
    """How raw JSON is kept.

    Raises:
        UsageError: there is no such way.
    """
    if text not in ("on", "compressed", "off"):
        raise UsageError(f"raw: expected on, compressed or off, got {text[:40]!r}")
    return text


class _Job:
    """One pass after another over the same open stores."""

    def __init__(self, asked: Request, full_every: timedelta | None, max_gone: MaxGone | None) -> None:
        self.stores: Sequence[Store] = ()
        self.servers: Mapping[str, Any] = {}
        self.engine: DaskEngine | None = None
        self._asked = asked
        self._full_every = full_every
        self._max_gone = max_gone
        self._raw: RawMode = raw_of(asked.raw)
        self._since = None if asked.since is None else parse_since(asked.since, datetime.now(UTC))
        self._full = asked.full  # the first pass; what is then due is known from the database

    async def __call__(self) -> Report:
        asked = self._asked
        async with display(self.stores, json=asked.json) as shown:
            read = partial(pull, self.stores)
            if self.engine is not None and asked.config is not None:
                read = partial(self.engine.pull, asked.config, only=asked.only)
            report = await read(
                into=asked.into,
                streams=asked.streams,
                full=self._full,
                since=self._since,
                full_every=self._full_every,
                max_gone=self._max_gone,
                raw=self._raw,
                on_progress=shown.update,
            )
        self._full = False
        self._print(report)
        return report

    def _print(self, report: Report) -> None:
        ledgers = demo.ledgers(self.servers)
        if self._asked.json:
            document = {"complete": report.complete, **msgspec.to_builtins(report)}
            if ledgers:
                document["emulators"] = ledgers
            dump(document, one_line=self._asked.watch is not None)
            return
        console = Console()
        summary(report, console)
        for vendor, ledger in ledgers.items():
            say(
                console,
                f"The {vendor} emulator holds {ledger['products']:,} products and {ledger['orders']:,} orders; it "
                f"answered {ledger['calls']:,} calls and throttled {ledger['throttled']:,}.",
            )


def _tell_due(when: datetime, wait: float) -> None:
    local = when.astimezone()
    print(f"The next pass is due at {local:%Y-%m-%d %H:%M:%S %Z}, in {span(timedelta(seconds=wait))}.", flush=True)


def _tell_failure(error: CommerceError) -> None:
    complain(f"The pass failed: {error}")
