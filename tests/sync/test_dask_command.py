"""The command on Dask, as people run it: processes of its own, or a scheduler and workers that are there."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks import redis_server
from commerce_async.cli.app import app
from commerce_async.sinks import Sink
from commerce_async.testing import serving
from fastspring_async.emulator import FastSpringEmulator
from sparkpay_async.emulator import SparkPayEmulator
from tests.e2e.world import World
from tests.sync.in_units import OPTIONS, SIZES, Place

PATIENCE = 180.0  # seconds; the machines are slow and noisy
STOPPED = "Stopped. What was committed is kept; run the same command again to go on from there.\n"
STREAMS = [f"{store} {stream}" for store in ("eu", "us") for stream in ("orders", "products")]


@pytest.fixture
def place(tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Two small shops; a second file of stores has a limit that makes a pass last."""
    with (
        redis_server.running() as board,
        serving(FastSpringEmulator(**SIZES, rate_limit=None, broken=2)) as eu,
        serving(SparkPayEmulator(**SIZES, window=None)) as us,
    ):
        asyncio.run(tables(postgres))
        found = Place(World(tmp_path, eu, us, OPTIONS, into=postgres), monkeypatch)
        found.share(board.url)
        text = found.config.read_text()
        (tmp_path / "slow.toml").write_text(text.replace("rate = 500.0", "rate = 1.0").replace("eu]", "slow]"))
        yield found


async def tables(url: str) -> None:
    async with Sink(url):
        pass


def sync(place: Place, engine: str, *more: str, file: str = "stores.toml") -> list[str]:
    config = str(place.config.with_name(file))
    return ["sync", "--config", config, "--into", "env:DATABASE_URL", "--engine", engine, *more]


def started(place: Place, *given: str, **how: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "commerce_async", *given]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=place.config.parent, **pipes, **how)


def begun(place: Place, process: subprocess.Popen[str]) -> None:
    """Waits until a pass over the slow shop is planned: its units are at work by then, or soon."""
    until = time.monotonic() + PATIENCE
    while not place.rows("SELECT id FROM sync_checkpoints WHERE store = 'slow'"):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise AssertionError(process.communicate())
        time.sleep(0.05)


def states(place: Place) -> set[str]:
    return {state for (state,) in place.rows("SELECT state FROM sync_runs")}


def test_ctrl_c_ends_the_command_and_its_processes_at_once_and_says_one_line(place: Place) -> None:
    process = started(place, *sync(place, "dask", file="slow.toml"), start_new_session=True)
    begun(place, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process in front
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, STOPPED)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and alive(process.pid):
        time.sleep(0.05)
    assert not alive(process.pid)
    assert states(place) <= {"stopped", "complete"}
    assert "stopped" in states(place)
    assert place.rows("SELECT * FROM sync_lock") == []


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


class Relay:
    """Stands before a server and keeps every byte that passes, both ways."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.seen = bytearray()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:  # closed
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                near.close()
                continue
            for source, target in ((near, far), (far, near)):
                Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with source, suppress(OSError):
            while data := source.recv(65536):
                self.seen += data
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)  # its own thread closes it

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def dask(folder: Path, log: Path, program: str, *given: str) -> Generator[subprocess.Popen[Any]]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *given]
    with log.open("a") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def address(file: Path) -> int:
    """The port of a scheduler, from the file that it writes once it listens."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            return int(json.loads(file.read_text())["address"].rpartition(":")[2])
        except (OSError, ValueError):
            time.sleep(0.02)
    raise AssertionError("no scheduler")


def test_a_scheduler_and_workers_that_are_there_sync_it_all_see_no_secret_and_may_die(
    place: Place, tmp_path: Path
) -> None:
    log, file = tmp_path / "dask.log", tmp_path / "scheduler.json"
    with ExitStack() as stack:
        where = ["--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0"]
        scheduler = stack.enter_context(dask(tmp_path, log, "scheduler", *where, "--scheduler-file", str(file)))
        relay = Relay(address(file))
        stack.callback(relay.close)
        for name in ("one", "two"):
            kept = ["--nthreads", "8", "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path / name)]
            stack.enter_context(dask(tmp_path, log, "worker", f"127.0.0.1:{relay.port}", *kept))
        engine = f"dask://127.0.0.1:{relay.port}"

        process = started(place, *sync(place, engine))
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, (out, err, log.read_text())
        for stream in STREAMS:
            assert f"{stream}: reading, " in out
            assert f"{stream}: complete, " in out
        assert out.splitlines()[-1].startswith("Rows are in postgresql://")
        place.assert_database_equals_truth()

        done = CliRunner().invoke(app, sync(place, engine, "--full", "--json"))
        assert done.exit_code == 0, (done.output, done.exception)
        document = json.loads(done.stdout)
        assert document["complete"]
        assert sum(stream["unchanged"] for stream in document["streams"]) == 188  # two orders cannot be read
        assert not any(stream["new"] or stream["changed"] for stream in document["streams"])
        assert "series" not in document["streams"][0]
        place.assert_database_equals_truth()

        process = started(place, *sync(place, engine, file="slow.toml"))
        begun(place, process)
        scheduler.kill()
        _, err = process.communicate(timeout=PATIENCE)
        words = "the scheduler is gone, and the work with it; run the same again, and it goes on"
        assert (process.returncode, err) == (3, f"Error: engine: {engine}: {words}\n")
        assert "stopped" in states(place)
        assert place.rows("SELECT * FROM sync_lock") == []
    place.assert_database_equals_truth()
    assert b"env:DATABASE_URL" in relay.seen
    assert "Registered to" in log.read_text()
    for secret in (*place.unseen, place.into):
        assert secret.encode() not in relay.seen
        assert secret not in log.read_text()
