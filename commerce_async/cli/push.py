"""`push`: products of a file or a database into a store."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from commerce_async.cli.codes import Exit
from commerce_async.cli.mirror import of_applied
from commerce_async.cli.plan import (
    DATABASE,
    Comparison,
    Config,
    Currency,
    Fields,
    Into,
    Json,
    MatchBy,
    known,
)
from commerce_async.cli.planned import Progress, show_bad_lines, show_outcome, show_plan, summary
from commerce_async.cli.running import run
from commerce_async.cli.show import dump
from commerce_async.config import load_stores
from commerce_async.sinks import Sink
from commerce_async.sync.plans import Plan
from commerce_async.sync.pushing import Pushed
from commerce_async.sync.pushing import push as push_
from commerce_async.sync.wanting import parse_rates


def push(
    products: Annotated[str, typer.Argument(help="products.jsonl, products.csv, or sqlite:///shop.db.")],
    config: Config,
    target: Annotated[str, typer.Option("--to", help="The store to write to.")],
    store: Annotated[str | None, typer.Option(help="Of a database with several stores, whose products.")] = None,
    fields: Fields = None,
    match: MatchBy = "sku",
    currency: Currency = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be written.")] = False,
    into: Into = DATABASE,
    json: Json = False,
) -> None:
    """Create and update a store's products from a file or a database. Deletes nothing."""
    wanted = Comparison(fields=fields, match=match, currency=tuple(currency or ()))
    asked = Request(
        products=products,
        config=config,
        target=target,
        store=store,
        wanted=wanted,
        dry_run=dry_run,
        into=into,
        json=json,
    )

    async def main() -> Exit:
        return await run_push(asked)

    run(main, stopped="Stopped. What was written stays; run the same command again to write the rest.")


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
        done = await push_(
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
