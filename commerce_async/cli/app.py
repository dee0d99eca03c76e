"""The commands: what each is asked with. What it runs is loaded when it runs (see `options`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commerce_async import __version__
from commerce_async.cli.catalogs import mirror, plan, push
from commerce_async.cli.codes import Exit
from commerce_async.cli.options import (
    DATABASE,
    Config,
    ConfigOrDemo,
    FullEvery,
    Into,
    Json,
    Orders,
    Products,
    RowsOf,
    Source,
    Store,
    Stores,
    one_of,
)
from commerce_async.cli.running import run

app = typer.Typer(
    help="Online stores into a database: catalogs and orders of several stores at once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, which may be secrets
)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    if version:
        print(f"commerce-async {__version__}")
        raise typer.Exit


@app.command()
def sync(
    config: ConfigOrDemo = None,
    into: Into = DATABASE,
    store: Stores = None,
    stream: Annotated[
        str,
        typer.Option(help="Which streams, with commas between.", autocompletion=one_of("products", "orders")),
    ] = "products,orders",
    full: Annotated[bool, typer.Option("--full", help="Read everything, not only what changed.")] = False,
    since: Annotated[
        str | None, typer.Option(help="Only what changed since: a date, a time, or an age (7d, 12h).")
    ] = None,
    full_every: FullEvery = None,
    max_gone: Annotated[
        str | None, typer.Option(help="How many rows of a stream may be marked gone: a number or 15%.")
    ] = None,
    raw: Annotated[
        str,
        typer.Option(
            help="The vendors' own JSON: on (kept as it came), compressed, or off (not kept).",
            autocompletion=one_of("on", "compressed", "off"),
        ),
    ] = "on",
    watch: Annotated[str | None, typer.Option(help="Repeat at this interval (5m), until Ctrl-C.")] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="Run on Dask: dask (on this machine), dask://HOST:PORT or tls://HOST:PORT."),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Sync emulated stores that run in this process.")] = False,
    products: Products = 200,
    orders: Orders = 500,
    json: Json = False,
) -> None:
    """Pull stores into a database: what is new, or everything. Interrupted, the same command goes on."""
    from commerce_async.cli.syncing import Request, run_sync

    asked = Request(
        config=config,
        into=into,
        only=tuple(store or ()),
        streams=tuple(part.strip() for part in stream.split(",") if part.strip()),
        demo=demo,
        products=products,
        orders=orders,
        json=json,
        full=full,
        since=since,
        full_every=full_every,
        max_gone=max_gone,
        raw=raw,
        watch=watch,
        engine=engine,
    )

    async def main() -> Exit:
        return await run_sync(asked)

    run(main, stopped="Stopped. What was committed is kept; run the same command again to go on from there.")


@app.command()
def status(
    into: Into = DATABASE,
    runs: Annotated[int, typer.Option(min=0, max=1000, help="How many of the last runs to list.")] = 8,
    full_every: Annotated[str | None, typer.Option(help="How often everything is read, as given to sync.")] = None,
    json: Json = False,
) -> None:
    """Show how a database's streams stand and what is due. Needs no lock, and no store."""
    from commerce_async.cli.status import show_status
    from commerce_async.cli.syncing import full_every_of

    async def main() -> Exit:
        return await show_status(into, runs=runs, full_every=full_every_of(full_every), json=json)

    run(main)


@app.command()
def upgrade(into: Into = DATABASE, json: Json = False) -> None:
    """Bring a database of an older version up to date. Needs no store; `sync` and `mirror` do it by themselves."""
    from commerce_async.cli.upgrading import run_upgrade

    async def main() -> Exit:
        return await run_upgrade(into, json=json)

    run(main)


@app.command()
def export(
    to: Annotated[str, typer.Option(help="The file: .jsonl, .csv or .parquet; - for standard output.")],
    source: Source = DATABASE,
    stream: Annotated[
        str, typer.Option(help="products or orders.", autocompletion=one_of("products", "orders"))
    ] = "products",
    store: RowsOf = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="jsonl, csv or parquet, whatever the file is called.",
            autocompletion=one_of("jsonl", "csv", "parquet"),
        ),
    ] = None,
    raw: Annotated[bool, typer.Option(help="Whether the vendor's own JSON goes along.")] = True,
    gone: Annotated[bool, typer.Option("--gone", help="Also rows that are marked gone.")] = False,
    spreadsheet: Annotated[
        bool, typer.Option("--spreadsheet", help="CSV to open in a spreadsheet: text never acts as a formula.")
    ] = False,
    json: Json = False,
) -> None:
    """Write a stream of a database into one file: exact, and whole or not at all."""
    from commerce_async.cli.export import Request, run_export

    asked = Request(
        source=source,
        to=to,
        stream=stream,
        stores=tuple(store or ()),
        format=format,
        raw=raw,
        gone=gone,
        spreadsheet=spreadsheet,
        json=json,
    )

    async def main() -> Exit:
        return await run_export(asked)

    run(main, stopped="Stopped. The file is as it was before.")


app.command()(plan)
app.command()(mirror)
app.command()(push)


@app.command()
def report(
    html: Annotated[str, typer.Option(help="The page to write; - for standard output.")],
    into: Into = DATABASE,
    since: Annotated[
        str | None, typer.Option(help="List changes since a date, a time or an age (7d), not those of the last runs.")
    ] = None,
    most: Annotated[int, typer.Option(min=0, max=100_000, help="How many changes to list.")] = 5000,
    plan: Annotated[Path | None, typer.Option(help="Show this plan instead, made by plan --out.")] = None,
) -> None:
    """Write what the last runs did as one HTML page. Needs no lock, no store, and no network to look at."""
    from commerce_async.cli.report import run_report

    async def main() -> Exit:
        return await run_report(into, html, since=since, most=most, plan=plan)

    run(main)


@app.command()
def emulate(products: Products = 200, orders: Orders = 500, seed: int = 1, json: Json = False) -> None:
    """Run every vendor's emulator on loopback until Ctrl-C, and show their URLs and (made-up) credentials."""
    from commerce_async.cli.demo import emulate_all

    async def main() -> Exit:
        return await emulate_all(products, orders, seed, json=json)

    run(main, stopped="The emulators have stopped.")


@app.command()
def doctor(config: Config, store: Stores = None, json: Json = False) -> None:
    """Check credentials, reachability, limit and clock of each store: one line each."""
    from commerce_async.cli.doctor import examine
    from commerce_async.config import load_stores

    async def main() -> Exit:
        return await examine(load_stores(config, only=tuple(store or ())), json=json)

    run(main)


@app.command()
def login(
    config: Config,
    store: Store,
    browser: Annotated[bool, typer.Option(help="Open a browser, where there is a screen.")] = True,
    timeout: Annotated[float, typer.Option(min=1.0, help="Seconds to wait for the person.")] = 300.0,
) -> None:
    """Log in to a store in a browser, and keep the token where the configuration says."""
    from commerce_async.cli.login import sign_in
    from commerce_async.config import load_stores

    async def main() -> Exit:
        return await sign_in(load_stores(config, only=(store,))[0], browser=browser, timeout=timeout)

    run(main, stopped="Stopped. Nothing was kept.")
