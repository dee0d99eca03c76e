"""What the processes do that are there to be killed. Imported once by the process that forks them."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool

from commerce_async.http import transport
from commerce_async.sinks import Sink
from commerce_async.store import Store
from commerce_async.sync import Plan, apply, applying, pull
from commerce_async.sync.pulling import STREAMS
from fastspring_async import FastSpring
from sparkpay_async import SparkPay

# What is imported only when it is first used, and what takes longer to read than all the rest.
for _name in ("anyio._backends._asyncio", "asyncpg", "commerce_async.sinks.postgres", "commerce_async.sinks.sqlite"):
    import_module(_name)
transport._context()  # and the system's certificates


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """When a process kills itself: at the n-th commit of a transaction in which a statement was like that.

    Attributes:
        like: a regular expression.
        when: before the commit, or after it.
    """

    like: str
    commit: int = 1
    when: Literal["before", "after"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What a process is to do.

    Attributes:
        eu, us: settings of the FastSpring store and the Spark Pay store of these names.
        only: the one store and stream to sync, such as `eu products`; None for all of them.
        full: everything is read.
        plan: the file of a plan that is to be carried out; None for a sync.
        batch: how many items of the plan are written together.
        output: where its stdout and stderr go.
    """

    eu: dict[str, Any]
    us: dict[str, Any]
    into: str
    output: Path
    only: str | None = None
    full: bool = False
    plan: Path | None = None
    batch: int = applying.BATCH
    death: Death | None = None


def run(job: Job) -> None:
    """Does it; the exit code is 0 if all of it is done."""
    file = os.open(job.output, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    if job.death is not None:
        _die_at(job.death)
    work: Callable[[Job], Awaitable[Any]] = _sync if job.plan is None else _apply
    sys.exit(0 if asyncio.run(_whole(work, job)) else 3)


async def _whole(work: Callable[[Job], Awaitable[Any]], job: Job) -> bool:
    done = await work(job)
    print(done)
    import time

    print("CPU", time.process_time())
    return bool(done.complete)


def _stores(job: Job) -> dict[str, Store]:
    return {"eu": FastSpring(**job.eu, name="eu"), "us": SparkPay(**job.us, name="us")}


async def _sync(job: Job) -> Any:
    names, streams = ("eu", "us"), STREAMS
    if job.only is not None:
        name, stream = job.only.split()
        names, streams = (name,), (stream,)
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(_stores(job)[name]) for name in names]
        return await pull(stores, into=job.into, streams=streams, full=job.full)


async def _apply(job: Job) -> Any:
    assert job.plan is not None
    applying.BATCH = job.batch  # type: ignore[misc]  # a small catalog with many batches
    plan = Plan.load(job.plan)
    target = _stores(job)[plan.target.name]
    async with Sink(job.into) as sink, target, sink.lock("mirror"):
        return await apply(plan, target, journal=sink, max_deletes=1000)


def _die_at(death: Death) -> None:
    like = re.compile(death.like)
    meant: set[int] = set()
    doomed: set[int] = set()
    commits = 0

    def executed(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if like.search(" ".join(statement.split())):
            meant.add(id(connection.connection.dbapi_connection))

    def committed(connection: Connection) -> None:
        nonlocal commits
        its = id(connection.connection.dbapi_connection)
        if its not in meant:
            return
        meant.discard(its)
        commits += 1
        if commits < death.commit:
            return
        if death.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        doomed.add(its)

    def returned(connection: Any, _record: Any) -> None:
        if id(connection) in doomed:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", executed)
    event.listen(Engine, "commit", committed)
    event.listen(Pool, "checkin", returned)
