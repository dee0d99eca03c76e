"""`plan`: what a mirror would do. Only reads."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Literal

import msgspec
from rich.console import Console

from commerce_async.cli.codes import Exit
from commerce_async.cli.options import DATABASE
from commerce_async.cli.planned import Progress, show_plan
from commerce_async.cli.show import dump
from commerce_async.config import load_stores
from commerce_async.errors import UsageError
from commerce_async.sinks import Sink
from commerce_async.sinks.migrating import EmptyError
from commerce_async.store import Store
from commerce_async.sync.planning import plan
from commerce_async.sync.plans import Plan
from commerce_async.sync.wanting import parse_rates


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The options that say what is compared, and how."""

    fields: str | None = None
    match: str = "sku"
    currency: tuple[str, ...] = ()
    deletes: bool = True

    @property
    def by(self) -> Literal["sku", "id"]:
        """What products are matched by.

        Raises:
            UsageError: there is no such way.
        """
        if self.match not in ("sku", "id"):
            raise UsageError(f"match: expected sku or id, got {self.match[:40]!r}; for a function use the library")
        return self.match

    @property
    def names(self) -> list[str] | None:
        """The fields that updates are limited to."""
        if self.fields is None:
            return None
        return [name.strip() for name in self.fields.split(",") if name.strip()]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The command line, as it was given."""

    config: Path
    source: str
    target: str
    wanted: Comparison
    into: str = DATABASE
    out: Path | None = None
    json: bool = False


async def run_plan(asked: Request) -> Exit:
    """Plans as asked, and shows and keeps the plan.

    Raises:
        UsageError: an option that is wrong. CommerceError: as `plan` raises it.
    """
    source, target = load_both(asked.config, asked.source, asked.target)
    async with source, target, known(asked.into) as sink:
        found = await compare(source, target, asked.wanted, sink, Progress(silent=asked.json))
    if asked.out is not None:
        found.save(asked.out)
    if asked.json:
        dump(found)
    else:
        show_plan(found, Console(), out=asked.out)
    return of_plan(found)


async def compare(source: Store, target: Store, wanted: Comparison, sink: Sink | None, progress: Progress) -> Plan:
    """Plans as the options say.

    Raises:
        UsageError: an option that is wrong. CommerceError: as `plan` raises it.
    """
    return await plan(
        source,
        target,
        fields=wanted.names,
        match=wanted.by,
        id_map=sink,
        currencies=parse_rates(wanted.currency) or None,
        deletes=wanted.deletes,
        on_progress=progress.reading,
    )


def load_both(config: Path, source: str, target: str) -> tuple[Store, Store]:
    """Both stores, not yet open.

    Raises:
        ConfigError: one is not there. UsageError: they are one.
    """
    if source == target:
        raise UsageError(f"--from and --to: both are {source}")
    found = {store.name: store for store in load_stores(config, only=(source, target))}
    return found[source], found[target]


@asynccontextmanager
async def known(into: str) -> AsyncGenerator[Sink | None]:
    """The database, only for reading; None if nothing has been written to it yet.

    Raises:
        ConfigError: it cannot be used.
    """
    sink = Sink(into, create=False)
    if _missing_file(sink):
        yield None
        return
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(sink)
        except EmptyError:
            sink = None
        yield sink


def _missing_file(sink: Sink) -> bool:
    return sink.url.drivername.startswith("sqlite") and not Path(sink.url.database or "").exists()


def of_plan(plan: Plan) -> Exit:
    """The code that a plan ends with."""
    whole = all(side.complete and not side.unreadable for side in (plan.source, plan.target))
    return Exit.COMPLETE if whole else Exit.PARTIAL
