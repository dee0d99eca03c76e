"""`push`: products of a file or a database into a store."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
from rich.console import Console

from commerce_async.cli.codes import Exit
from commerce_async.cli.mirror import of_applied
from commerce_async.cli.options import DATABASE
from commerce_async.cli.plan import Comparison, known
from commerce_async.cli.planned import Progress, show_bad_lines, show_outcome, show_plan, summary
from commerce_async.cli.show import dump
from commerce_async.config import load_stores
from commerce_async.sinks import Sink
from commerce_async.sync.plans import Plan
from commerce_async.sync.pushing import Pushed, push
from commerce_async.sync.wanting import parse_rates


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The command line, as it was given."""

    products: str
    config: Path
    target: str
    store: str | None = None
    wanted: Comparison = Comparison()
    dry_run: bool = False
    into: str = DATABASE
    json: bool = False


async def run_push(asked: Request) -> Exit:
    """Pushes as asked, and says what came of it.

    Raises:
        UsageError: a file or an option that is wrong. CommerceError: as `push` raises it.
    """
    (target,) = load_stores(asked.config, only=(asked.target,))
    progress, console = Progress(silent=asked.json), Console()

    def show(found: Plan) -> None:
        if not asked.json:
            show_plan(found, console)

    async with AsyncExitStack() as stack:
        sink = await stack.enter_async_context(known(asked.into) if asked.dry_run else Sink(asked.into))
        if sink is not None and not asked.dry_run:
            await stack.enter_async_context(sink.lock("push"))
        done = await push(
            asked.products,
            await stack.enter_async_context(target),
            dry_run=asked.dry_run,
            store=asked.store,
            fields=asked.wanted.names,
            match=asked.wanted.by,
            currencies=parse_rates(asked.wanted.currency) or None,
            journal=sink,
            on_plan=show,
            on_progress=progress.reading,
            on_result=progress.wrote,
        )
    _show(asked, done, console)
    return Exit.PARTIAL if done.bad else of_applied(done.plan, done.applied)


def _show(asked: Request, done: Pushed, console: Console) -> None:
    if asked.json:
        items = {"items": done.plan.items} if asked.dry_run else {}
        dump({"plan": {**summary(done.plan), **items}, "bad": done.bad, "applied": done.applied})
        return
    show_bad_lines(((bad.line, bad.reason) for bad in done.bad), console)
    if done.applied is not None:
        show_outcome(done.applied, console)
