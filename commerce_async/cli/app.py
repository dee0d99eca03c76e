"""The commands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from commerce_async import __version__
from commerce_async.cli import doctor as doctor_
from commerce_async.cli.codes import Exit, of_report
from commerce_async.cli.login import sign_in
from commerce_async.cli.running import run
from commerce_async.cli.show import display, summary
from commerce_async.config import load_stores
from commerce_async.errors import UsageError
from commerce_async.secrets import Secret
from commerce_async.store import Store, emulators, open_store
from commerce_async.sync import STREAMS, Report, pull

app = typer.Typer(
    help="Online stores into a database: catalogs and orders of several stores at once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, which may be secrets
)

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
    into: Annotated[str, typer.Option(help="The database: sqlite:///FILE.")] = "sqlite:///commerce.db",
    store: Annotated[list[str] | None, typer.Option(help="Only this store; may be given again.")] = None,
    stream: Annotated[str, typer.Option(help="Which streams, with commas between.")] = ",".join(STREAMS),
    demo: Annotated[bool, typer.Option("--demo", help="Sync emulated stores that run in this process.")] = False,
    products: _Products = 200,
    orders: _Orders = 500,
    json: _Json = False,
) -> None:
    """Pull stores into a database. Interrupted, the same command goes on where it stopped."""
    streams = tuple(part.strip() for part in stream.split(",") if part.strip())

    async def main() -> Exit:
        async with AsyncExitStack() as stack:
            if demo == (config is not None):
                raise UsageError("give either --config FILE or --demo")
            servers: Mapping[str, Any] = await _start(stack, products, orders, 1) if demo else {}
            found = _demo_stores(servers) if config is None else load_stores(config, only=tuple(store or ()))
            for one in found:
                await stack.enter_async_context(one)
            async with display(found, json=json) as shown:
                report = await pull(found, into=into, streams=streams, on_progress=shown.update)
            _print(report, servers, json=json)
            return of_report(report)

    run(main, stopped="Stopped. What was committed is kept; run the same command again to go on from there.")


@app.command()
def emulate(products: _Products = 200, orders: _Orders = 500, seed: int = 1, json: _Json = False) -> None:
    """Run every vendor's emulator on loopback until Ctrl-C, and show their URLs and (made-up) credentials."""

    async def main() -> Exit:
        async with AsyncExitStack() as stack:
            servers = await _start(stack, products, orders, seed)
            if json:
                settings = {vendor: {"adapter": vendor, **server.settings()} for vendor, server in servers.items()}
                _dump({"stores": settings})
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


async def _start(stack: AsyncExitStack, products: int, orders: int, seed: int) -> Mapping[str, Any]:
    return {
        vendor: await stack.enter_async_context(kind(products=products, orders=orders, seed=seed))
        for vendor, kind in emulators().items()
    }


def _demo_stores(servers: Mapping[str, Any]) -> list[Store]:
    return [open_store(vendor, vendor, **server.settings()) for vendor, server in servers.items()]


def _print(report: Report, servers: Mapping[str, Any], *, json: bool) -> None:
    ledgers = {
        vendor: {
            "products": server.product_count,
            "orders": server.order_count,
            "calls": server.ledger.calls,
            "throttled": server.ledger.throttled,
        }
        for vendor, server in servers.items()
    }
    if json:
        _dump(
            {"complete": report.complete, **msgspec.to_builtins(report), **({"emulators": ledgers} if servers else {})}
        )
        return
    console = Console()
    summary(report, console)
    for vendor, ledger in ledgers.items():
        console.print(
            f"The {vendor} emulator holds {ledger['products']:,} products and {ledger['orders']:,} orders; it answered "
            f"{ledger['calls']:,} calls and throttled {ledger['throttled']:,}.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _dump(document: object) -> None:
    print(msgspec.json.format(msgspec.json.encode(document)).decode(), flush=True)


def _print_toml(servers: Mapping[str, Any]) -> None:
    print("# A stores.toml for these emulators. They stop with Ctrl-C.")
    for vendor, server in servers.items():
        print(f'\n[stores.{vendor}]\nadapter = "{vendor}"')
        for key, value in server.settings().items():
            text = value.reveal() if isinstance(value, Secret) else value
            print(f"{key} = {msgspec.json.encode(text).decode()}", flush=True)
