"""The commands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from commerce_async import __version__
from commerce_async.cli import doctor as doctor_
from commerce_async.cli.codes import Exit
from commerce_async.cli.demo import start
from commerce_async.cli.export import Request as ExportRequest
from commerce_async.cli.export import run_export
from commerce_async.cli.front import bare
from commerce_async.cli.login import sign_in
from commerce_async.cli.mirror import mirror
from commerce_async.cli.plan import plan
from commerce_async.cli.push import push
from commerce_async.cli.report import write_plan, write_report
from commerce_async.cli.running import run
from commerce_async.cli.show import dump
from commerce_async.cli.status import show_status
from commerce_async.cli.syncing import Request, full_every_of, run_sync
from commerce_async.cli.upgrading import run_upgrade
from commerce_async.config import load_stores
from commerce_async.errors import UsageError
from commerce_async.secrets import Secret
from commerce_async.sync import FULL_EVERY, STREAMS
from commerce_async.sync.html_report import LISTED

app = bare()

_Products = Annotated[int, typer.Option(min=0, max=10_000_000, help="Products that each emulator starts with.")]
_Orders = Annotated[int, typer.Option(min=0, max=10_000_000, help="Orders that each emulator starts with.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of words.")]
_Config = Annotated[Path | None, typer.Option(help="The file that names the stores (stores.toml).")]


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    if version:
        print(f"commerce-async {__version__}")
        raise typer.Exit


@app.command()
def sync(
    config: _Config = None,
    into: Annotated[
        str, typer.Option(help="The database: sqlite:///FILE or postgresql://HOST/NAME.")
    ] = "sqlite:///commerce.db",
    store: Annotated[list[str] | None, typer.Option(help="Only this store; may be given again.")] = None,
    stream: Annotated[str, typer.Option(help="Which streams, with commas between.")] = ",".join(STREAMS),
    full: Annotated[bool, typer.Option("--full", help="Read everything, not only what changed.")] = False,
    since: Annotated[
        str | None, typer.Option(help="Only what changed since: a date, a time, or an age (7d, 12h).")
    ] = None,
    full_every: Annotated[
        str | None, typer.Option(help="How often to read everything: 7d by default, or never.")
    ] = None,
    max_gone: Annotated[
        str | None, typer.Option(help="How many rows of a stream may be marked gone: a number or 15%.")
    ] = None,
    raw: Annotated[
        str, typer.Option(help="The vendors' own JSON: on (kept as it came), compressed, or off (not kept).")
    ] = "on",
    watch: Annotated[str | None, typer.Option(help="Repeat at this interval (5m), until Ctrl-C.")] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="Run on Dask: dask (on this machine) or dask://HOST:PORT."),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Sync emulated stores that run in this process.")] = False,
    products: _Products = 200,
    orders: _Orders = 500,
    json: _Json = False,
) -> None:
    """Pull stores into a database: what is new, or everything. Interrupted, the same command goes on."""
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
    into: Annotated[
        str, typer.Option(help="The database: sqlite:///FILE or postgresql://HOST/NAME.")
    ] = "sqlite:///commerce.db",
    runs: Annotated[int, typer.Option(min=0, max=1000, help="How many of the last runs to list.")] = 8,
    full_every: Annotated[str | None, typer.Option(help="How often everything is read, as given to sync.")] = None,
    json: _Json = False,
) -> None:
    """Show how a database's streams stand and what is due. Needs no lock, and no store."""

    async def main() -> Exit:
        every = FULL_EVERY if full_every is None else full_every_of(full_every)
        return await show_status(into, runs=runs, full_every=every, json=json)

    run(main)


@app.command()
def upgrade(
    into: Annotated[
        str, typer.Option(help="The database: sqlite:///FILE or postgresql://HOST/NAME.")
    ] = "sqlite:///commerce.db",
    json: _Json = False,
) -> None:
    """Bring a database of an older version up to date. Needs no store; `sync` and `mirror` do it by themselves."""

    async def main() -> Exit:
        return await run_upgrade(into, json=json)

    run(main)


@app.command()
def export(
    to: Annotated[str, typer.Option(help="The file: .jsonl, .csv or .parquet; - for standard output.")],
    source: Annotated[
        str, typer.Option("--from", help="The database: sqlite:///FILE or postgresql://HOST/NAME.")
    ] = "sqlite:///commerce.db",
    stream: Annotated[str, typer.Option(help="products or orders.")] = "products",
    store: Annotated[list[str] | None, typer.Option(help="Only this store; may be given again.")] = None,
    format: Annotated[str | None, typer.Option(help="jsonl, csv or parquet, whatever the file is called.")] = None,
    raw: Annotated[bool, typer.Option(help="Whether the vendor's own JSON goes along.")] = True,
    gone: Annotated[bool, typer.Option("--gone", help="Also rows that are marked gone.")] = False,
    spreadsheet: Annotated[
        bool, typer.Option("--spreadsheet", help="CSV to open in a spreadsheet: text never acts as a formula.")
    ] = False,
    json: _Json = False,
) -> None:
    """Write a stream of a database into one file: exact, and whole or not at all."""
    asked = ExportRequest(
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
    into: Annotated[
        str, typer.Option(help="The database: sqlite:///FILE or postgresql://HOST/NAME.")
    ] = "sqlite:///commerce.db",
    since: Annotated[
        str | None, typer.Option(help="List changes since a date, a time or an age (7d), not those of the last runs.")
    ] = None,
    most: Annotated[int, typer.Option(min=0, max=100_000, help="How many changes to list.")] = LISTED,
    plan: Annotated[Path | None, typer.Option(help="Show this plan instead, made by plan --out.")] = None,
) -> None:
    """Write what the last runs did as one HTML page. Needs no lock, no store, and no network to look at."""

    async def main() -> Exit:
        if plan is not None:
            if since is not None:
                raise UsageError("--since is for what a database has, and --plan shows a plan: give one of them")
            return await write_plan(plan, html, most=most)
        return await write_report(into, html, since=since, most=most)

    run(main)


@app.command()
def emulate(products: _Products = 200, orders: _Orders = 500, seed: int = 1, json: _Json = False) -> None:
    """Run every vendor's emulator on loopback until Ctrl-C, and show their URLs and (made-up) credentials."""

    async def main() -> Exit:
        async with AsyncExitStack() as stack:
            servers = await start(stack, products, orders, seed)
            if json:
                settings = {vendor: {"adapter": vendor, **server.settings()} for vendor, server in servers.items()}
                dump({"stores": settings})
            else:
                _print_toml(servers)
            await asyncio.Event().wait()
        return Exit.COMPLETE

    run(main, stopped="The emulators have stopped.")


@app.command()
def doctor(config: Annotated[Path, typer.Option(help="The file that names the stores (stores.toml).")]) -> None:
    """Check credentials, reachability, limit and clock of each store: one line each."""

    async def main() -> Exit:
        return await doctor_.examine(load_stores(config))

    run(main)


@app.command()
def login(
    config: Annotated[Path, typer.Option(help="The file that names the stores (stores.toml).")],
    store: Annotated[str, typer.Option(help="The store to log in to.")],
    browser: Annotated[bool, typer.Option(help="Open a browser, where there is a screen.")] = True,
    timeout: Annotated[float, typer.Option(min=1.0, help="Seconds to wait for the person.")] = 300.0,
) -> None:
    """Log in to a store in a browser, and keep the token where the configuration says."""

    async def main() -> Exit:
        return await sign_in(load_stores(config, only=(store,))[0], browser=browser, timeout=timeout)

    run(main, stopped="Stopped. Nothing was kept.")


def _print_toml(servers: Mapping[str, Any]) -> None:
    print("# A stores.toml for these emulators. They stop with Ctrl-C.")
    for vendor, server in servers.items():
        print(f'\n[stores.{vendor}]\nadapter = "{vendor}"')
        for key, value in server.settings().items():
            text = value.reveal() if isinstance(value, Secret) else value
            print(f"{key} = {msgspec.json.encode(text).decode()}", flush=True)
