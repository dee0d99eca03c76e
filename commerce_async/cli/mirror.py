"""`mirror`: a plan, a person's word, and its writes."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from threading import Thread

import msgspec
from rich.console import Console

from commerce_async.cli.codes import Exit
from commerce_async.cli.plan import Comparison, compare, load_both, of_plan
from commerce_async.cli.planned import Progress, show_outcome, show_plan, summary
from commerce_async.cli.show import dump
from commerce_async.config import load_stores
from commerce_async.errors import UsageError
from commerce_async.sinks import Sink
from commerce_async.store import Store
from commerce_async.sync.applying import Applied, apply, check_deletes
from commerce_async.sync.plans import Plan


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The command line, as it was given."""

    config: Path
    source: str | None
    target: str | None
    file: Path | None
    wanted: Comparison
    max_deletes: int
    into: str
    yes: bool
    json: bool


async def run_mirror(asked: Request) -> Exit:
    """Plans, or reads the plan; asks; writes; says what came of it.

    Raises:
        UsageError: options that do not go together, or more deletes than allowed.
        CommerceError: as `plan` and `apply` raise it.
    """
    if not asked.yes and (asked.json or not sys.stdin.isatty()):
        raise UsageError("nobody can be asked here: look at `plan`, then give --yes")
    async with AsyncExitStack() as stack:
        sink = await stack.enter_async_context(Sink(asked.into))
        found, target = await _planned(asked, sink, stack)
        check_deletes(found, asked.max_deletes)
        if not asked.json:
            show_plan(found, Console(), out=asked.file)
        if not (asked.yes or found.empty) and not await _agreed(f"Write this to {target.name}? [y/N] "):
            print("Nothing was written.")
            return Exit.DECLINED
        progress = Progress(silent=asked.json)
        async with sink.lock("mirror"):
            done = await apply(found, target, journal=sink, max_deletes=asked.max_deletes, on_result=progress.wrote)
    if asked.json:
        dump({"plan": summary(found), "applied": done})
    else:
        show_outcome(done, Console())
    return of_applied(found, done)


async def _planned(asked: Request, sink: Sink, stack: AsyncExitStack) -> tuple[Plan, Store]:
    if asked.file is None:
        if asked.source is None or asked.target is None:
            raise UsageError("give --from and --to, or --plan FILE")
        source, target = load_both(asked.config, asked.source, asked.target)
        await stack.enter_async_context(source)
        await stack.enter_async_context(target)
        return await compare(source, target, asked.wanted, sink, Progress(silent=asked.json)), target
    if asked.wanted != Comparison():
        raise UsageError("--plan: fields, match, currency and deletes are the plan's own; give them to `plan`")
    found = Plan.load(asked.file)
    for option, name, own in (("--from", asked.source, found.source.name), ("--to", asked.target, found.target.name)):
        if name not in (None, own):
            raise UsageError(f"{option} is {name}, and the plan's is {own}")
    (target,) = load_stores(asked.config, only=(found.target.name,))
    return found, await stack.enter_async_context(target)


def of_applied(plan: Plan, applied: Applied | None) -> Exit:
    """The code that a plan that was carried out ends with."""
    if plan.counts["cannot"] or (applied is not None and not applied.complete):
        return Exit.PARTIAL
    return of_plan(plan)


async def _agreed(question: str) -> bool:
    """Whether a person says yes."""
    print(question, end="", flush=True)
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    def settle(line: bytes) -> None:
        if not answer.done():
            answer.set_result(line)

    def read() -> None:
        line = os.read(sys.stdin.fileno(), 1024)
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, line)

    # A thread that ends with the process, so that Ctrl-C need not wait for the person.
    Thread(target=read, daemon=True).start()
    return (await answer).strip().lower() in (b"y", b"yes")
