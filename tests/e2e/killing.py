"""Processes that are killed with SIGKILL: from outside, or by themselves at an exact commit.

One process imports everything once and forks one more for each command, so that a kill costs no start of Python. Run as
a module it is that process: it reads jobs, one JSON line each, and says of each its process id and how it ended.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool

ROOT = Path(__file__).resolve().parent.parent.parent
KILLED = -signal.SIGKILL


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """When a process kills itself: at the n-th commit of a transaction that wrote to a table.

    Attributes:
        when: before the commit, or after it.
    """

    table: str
    commit: int = 1
    when: Literal["before", "after"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A command line of commerce-async.

    Attributes:
        output: where its stdout and stderr go.
        batch: how many items an apply writes together, if not as usual.
    """

    arguments: tuple[str, ...]
    output: str
    death: Death | None = None
    batch: int | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the forking process says: an id first, then the exit code, or minus the signal."""

    pid: int
    code: int | None = None


# -- in the test -------------------------------------------------------------------------------------------------


class Forks:
    """The process that forks. One command at a time."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self._output = folder / "output.txt"

    async def start(self, *arguments: str, death: Death | None = None, batch: int | None = None) -> int:
        """Runs a command; its process id."""
        self._output.unlink(missing_ok=True)
        job = Job(arguments=arguments, output=str(self._output), death=death, batch=batch)
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(job) + b"\n")
        return (await self._told()).pid

    async def ended(self) -> int:
        """The exit code of the command that runs, `KILLED` if it was killed."""
        code = (await self._told()).code
        assert code is not None
        return code

    async def run(self, *arguments: str, death: Death | None = None, batch: int | None = None) -> int:
        """Runs a command to its end."""
        await self.start(*arguments, death=death, batch=batch)
        return await self.ended()

    @property
    def output(self) -> str:
        """What the last command said."""
        return self._output.read_text()[-4000:]

    async def _told(self) -> Told:
        assert self._process.stdout is not None
        async with asyncio.timeout(120):
            line = await self._process.stdout.readline()
        assert line, "the forking process ended"
        return msgspec.json.decode(line, type=Told)


@asynccontextmanager
async def forking(folder: Path) -> AsyncGenerator[Forks]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.e2e.killing",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    try:
        yield Forks(process, folder)
    finally:
        assert process.stdin is not None
        process.stdin.close()  # the end of its input is its sign to stop
        await process.communicate()


async def until_calls(shops: Sequence[Any], calls: int) -> None:
    """Waits until the servers have seen so many more requests."""
    begun = sum(shop.ledger.calls for shop in shops)
    async with asyncio.timeout(60):
        while sum(shop.ledger.calls for shop in shops) < begun + calls:
            await asyncio.sleep(0.002)


# -- in the forking process, and in its children -------------------------------------------------------------------


def _die_at(death: Death) -> None:
    writing: set[int] = set()
    doomed: set[int] = set()
    commits = 0

    def executed(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if f"INTO {death.table} " in statement.replace("\n", " "):
            writing.add(id(connection.connection.dbapi_connection))

    def committed(connection: Connection) -> None:
        nonlocal commits
        its = id(connection.connection.dbapi_connection)
        if its not in writing:
            return
        writing.discard(its)
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


def _run(job: Job) -> None:
    from commerce_async.cli.app import app
    from commerce_async.sync import applying

    file = os.open(job.output, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    if job.batch is not None:
        applying.BATCH = job.batch  # type: ignore[misc]  # a small catalog with many batches
    if job.death is not None:
        _die_at(job.death)
    app(list(job.arguments))


def _fork() -> None:
    # Imported once, for all children; with what the adapters import when they are first used.
    for name in ("cli.mirror", "cli.plan", "cli.syncing", "sinks.postgres", "sync.exporting"):
        import_module(f"commerce_async.{name}")
    import_module("asyncpg")
    from commerce_async.store import open_store

    open_store("fastspring", "eu", username="u", password="p")
    open_store("sparkpay", "us", base_url="http://127.0.0.1:1", token="t", currency="USD")

    for line in sys.stdin:
        job = msgspec.json.decode(line, type=Job)
        pid = os.fork()
        if pid == 0:
            try:
                _run(job)
            finally:
                sys.stdout.flush()
        _say(Told(pid=pid))
        _, status = os.waitpid(pid, 0)
        _say(Told(pid=pid, code=os.waitstatus_to_exitcode(status)))


def _say(told: Told) -> None:
    print(msgspec.json.encode(told).decode(), flush=True)


if __name__ == "__main__":
    _fork()
