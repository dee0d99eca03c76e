"""The commands that make one store's products as another's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commerce_async.cli.codes import Exit
from commerce_async.cli.options import (
    DATABASE,
    Config,
    Currency,
    Fields,
    From,
    Json,
    Log,
    MatchBy,
    MaybeFrom,
    MaybeTo,
    NoDeletes,
    Target,
    To,
)
from commerce_async.cli.running import run


def plan(
    config: Config,
    source: From,
    target: To,
    fields: Fields = None,
    match: MatchBy = "sku",
    currency: Currency = None,
    no_deletes: NoDeletes = False,
    into: Log = DATABASE,
    out: Annotated[Path | None, typer.Option(help="Keep the plan in this file, for mirror --plan.")] = None,
    json: Json = False,
) -> None:
    """Show what it takes to make one store's products as another's: create, update, delete, unchanged, cannot."""
    from commerce_async.cli.plan import Comparison, Request, run_plan

    wanted = Comparison(fields=fields, match=match, currency=tuple(currency or ()), deletes=not no_deletes)
    asked = Request(config=config, source=source, target=target, wanted=wanted, into=into, out=out, json=json)

    async def main() -> Exit:
        return await run_plan(asked)

    run(main, stopped="Stopped. Nothing was written.")


def mirror(
    config: Config,
    source: MaybeFrom = None,
    target: MaybeTo = None,
    plan: Annotated[Path | None, typer.Option(help="Carry out this plan, made by plan --out.")] = None,
    fields: Fields = None,
    match: MatchBy = "sku",
    currency: Currency = None,
    max_deletes: Annotated[int, typer.Option(min=0, help="With more deletes in the plan nothing is written.")] = 20,
    no_deletes: NoDeletes = False,
    into: Log = DATABASE,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before writing.")] = False,
    json: Json = False,
) -> None:
    """Make one store's products as another's. Interrupted, the same command goes on where it stopped."""
    from commerce_async.cli.mirror import Request, run_mirror
    from commerce_async.cli.plan import Comparison

    asked = Request(
        config=config,
        source=source,
        target=target,
        file=plan,
        wanted=Comparison(fields=fields, match=match, currency=tuple(currency or ()), deletes=not no_deletes),
        max_deletes=max_deletes,
        into=into,
        yes=yes,
        json=json,
    )

    async def main() -> Exit:
        return await run_mirror(asked)

    run(main, stopped="Stopped. What was written is in the log; run the same command again to go on from there.")


def push(
    products: Annotated[str, typer.Argument(help="products.jsonl, products.csv, or sqlite:///shop.db.")],
    config: Config,
    target: Target,
    store: Annotated[str | None, typer.Option(help="Of a database with several stores, whose products.")] = None,
    fields: Fields = None,
    match: MatchBy = "sku",
    currency: Currency = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be written.")] = False,
    into: Log = DATABASE,
    json: Json = False,
) -> None:
    """Create and update a store's products from a file or a database. Deletes nothing."""
    from commerce_async.cli.plan import Comparison
    from commerce_async.cli.push import Request, run_push

    asked = Request(
        products=products,
        config=config,
        target=target,
        store=store,
        wanted=Comparison(fields=fields, match=match, currency=tuple(currency or ())),
        dry_run=dry_run,
        into=into,
        json=json,
    )

    async def main() -> Exit:
        return await run_push(asked)

    run(main, stopped="Stopped. What was written stays; run the same command again to write the rest.")
