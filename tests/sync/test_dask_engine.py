"""A sync on Dask: a worker that is killed loses nothing and doubles nothing; what cannot be is refused in one line."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine, Generator, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks import engine, redis_server
from commerce_async.cli.app import app
from commerce_async.errors import CommerceError, ConfigError, NetworkError, ServerError, SinkError, UsageError
from commerce_async.sinks.locking import LockLostError
from commerce_async.sync import dask_cluster, dask_engine
from commerce_async.sync.dask_cluster import Cluster, Failed, FailedError, attempt
from commerce_async.sync.dask_engine import DaskEngine
from commerce_async.sync.html_report import html_report
from commerce_async.sync.report import StreamReport
from tests.sync.in_units import Place, blocks, database, place, program

__all__ = ["database", "place"]

OPTIONS = engine.Options(
    stores=2, workers=2, products=30, orders=40, records=20, kill_every=0.5, most_kills=1, limits=False
)
GOOD = '[stores.eu]\nadapter = "fastspring"\nusername = "me"\npassword = "env:NOT_SET"\n'


@pytest.mark.anyio
async def test_workers_that_are_killed_lose_nothing_and_double_nothing(tmp_path: Path, postgres: str) -> None:
    with redis_server.running() as board:
        outcome = await engine.run(OPTIONS, tmp_path, postgres, board.url)
    assert outcome.report.complete, outcome.report
    assert outcome.wrong == {}
    assert outcome.kills


async def raises(error: Exception) -> None:
    raise error


@pytest.mark.anyio
async def test_an_error_of_a_worker_comes_back_as_words_and_what_to_do_about_it() -> None:
    temporary = await attempt(raises, (ServerError("busy", retry_after=7.0),), {})
    assert temporary == Failed(kind="ServerError", words="busy", temporary=True, database=False, retry_after=7.0)
    assert await attempt(raises, (SinkError("gone"),), {}) == Failed(
        kind="SinkError", words="gone", temporary=True, database=True
    )
    lost = await attempt(raises, (LockLostError("taken"),), {})
    assert isinstance(lost, Failed)
    assert (lost.temporary, lost.database) == (False, True)  # no later try has it again
    ours = await attempt(raises, (KeyError("a customer's data"),), {})
    assert isinstance(ours, Failed)
    assert (ours.words, ours.temporary) == ("a fault in the program: KeyError", False)


class Scheduler:
    """A Dask client whose workers give what they are told, one after the other."""

    def __init__(self, *gives: Any) -> None:
        self.gives = list(gives)
        self.keys: list[str] = []

    def submit(self, *_: Any, key: str, **__: Any) -> Any:
        self.keys.append(key)
        return Future(self.gives.pop(0))


class Future:
    def __init__(self, gives: Any) -> None:
        self._gives = gives

    def __await__(self) -> Any:
        if isinstance(self._gives, BaseException):
            raise self._gives
        return self._gives
        yield

    def release(self) -> None:
        pass


class Around(Cluster):
    """A cluster that its client stands for."""

    def __init__(self, client: Any, address: str = "dask://here:1") -> None:
        super().__init__(address)
        self._client = client


class Here(DaskEngine):
    """The engine, with this process as its only worker."""

    async def __aenter__(self) -> Here:
        self._cluster = Around(self, "dask")
        return self

    def submit(self, work: Callable[..., Any], *given: Any, **_: Any) -> Running:
        return Running(work(*given))


class Running:
    def __init__(self, work: Coroutine[Any, Any, Any]) -> None:
        self._work = work

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._work.__await__()

    def release(self) -> None:
        pass


@pytest.fixture
def shared(place: Place) -> Iterator[Place]:
    """The shops, with their limits at a Redis."""
    with redis_server.running() as board:
        place.share(board.url)
        yield place


@pytest.mark.anyio
async def test_the_page_reads_all_stores_as_a_pull_does(
    shared: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shared.config.parent)
    monkeypatch.setattr(dask_engine, "DaskEngine", Here)
    report = (await program(blocks("engine")[0])())["report"]
    assert capsys.readouterr().out == "True 188\n"  # two orders cannot be read
    shared.assert_database_equals_truth()
    assert [(s.store, s.vendor, s.stream) for s in report.streams] == [
        ("eu", "fastspring", "products"), ("eu", "fastspring", "orders"),
        ("us", "sparkpay", "products"), ("us", "sparkpay", "orders"),
    ]  # fmt: skip
    runs = shared.rows("SELECT DISTINCT id, state FROM sync_runs")
    assert runs == [(report.run, "complete")]
    assert shared.rows("SELECT * FROM sync_lock") == []
    page = shared.config.with_name("report.html")
    await html_report(shared.into, page)
    assert page.read_text().count('class="plot"') == 2


@pytest.mark.anyio
async def test_a_store_that_fails_for_good_stops_no_other_and_its_checkpoint_stays(shared: Place) -> None:
    told: list[StreamReport] = []
    text = shared.config.read_text()
    shared.config.write_text(text.replace("env:PASSWORD", "env:NOT_SET_HERE"))
    async with Here() as here:
        report = await here.pull(shared.config, into="env:DATABASE_URL", records=20, on_progress=told.append)
    states = {(stream.store, stream.stream): (stream.state, stream.error_kind) for stream in report.streams}
    assert states["eu", "products"] == states["eu", "orders"] == ("failed", "ConfigError")
    assert states["us", "products"] == states["us", "orders"] == ("complete", None)
    assert shared.rows("SELECT store FROM sync_checkpoints ORDER BY id") == [("us",), ("us",)]
    assert {each.state for each in told} >= {"failed", "complete"}
    assert "NOT_SET_HERE is not set" in (report.streams[0].error or "")


async def ask(scheduler: Scheduler) -> Any:
    return await Around(scheduler).run(raises, name="unit", order=0, where={})


PASSING = Failed(kind="ServerError", words="busy", temporary=True, database=False)
FINAL = Failed(kind="AuthError", words="no", temporary=False, database=False, worker="tcp://there:2")


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    paused: list[float] = []

    async def sleep(seconds: float) -> None:
        paused.append(seconds)

    monkeypatch.setattr(dask_cluster, "sleep", sleep)
    return paused


@pytest.mark.anyio
async def test_a_unit_is_tried_again_after_passing_failures_and_when_dask_gave_up_on_it(no_pauses: list[float]) -> None:
    from distributed import KilledWorker

    worker: Any = None
    scheduler = Scheduler(PASSING, KilledWorker("unit", worker, 3), OSError("no route"), "done")
    assert await ask(scheduler) == "done"
    assert len(set(scheduler.keys)) == 4  # Dask keeps what it knows of a key
    assert no_pauses == [2.0, 4.0, 8.0]
    for tries, gives, words in (
        (6, [PASSING] * 6, "busy"),
        (1, [FINAL], r"no \(worker tcp://there:2\)"),
        (1, [RuntimeError("cannot read that\n\nat length")], "Dask: RuntimeError: cannot read that$"),
    ):
        scheduler = Scheduler(*gives)
        with pytest.raises(FailedError, match=f"^{words}"):
            await ask(scheduler)
        assert len(scheduler.keys) == tries


@pytest.mark.anyio
async def test_a_scheduler_that_goes_away_is_said_and_not_taken_for_ctrl_c() -> None:
    from distributed.client import FutureCancelledError

    with pytest.raises(NetworkError, match=r"dask://here:1: the scheduler is gone"):
        await ask(Scheduler(FutureCancelledError("unit", "scheduler-connection-lost")))


class Workers:
    """A cluster whose workers come and go, one set of them a look; and what is installed there.

    Args:
        looks: the number of workers each time.
        versions: of this package, by place.
    """

    def __init__(self, *looks: int, **versions: str | None) -> None:
        self._looks = iter(looks)
        self._versions = versions

    async def ncores(self) -> dict[str, int]:
        found = next(self._looks, None)
        if found is None:
            raise OSError("closed")
        return {f"tcp://there:{number}": 16 for number in range(found)}

    async def get_versions(self, packages: list[str]) -> dict[str, Any]:
        (package,) = packages
        there = {name: {"packages": {package: version}} for name, version in self._versions.items()}
        return {"scheduler": there.pop("scheduler", HAVE), "workers": there}


HAVE = {"packages": {"commerce-async": metadata.version("commerce-async")}}


@pytest.mark.anyio
async def test_workers_that_do_not_come_back_are_not_waited_for_for_ever(no_pauses: list[float]) -> None:
    with pytest.raises(NetworkError, match="no worker for 300 s"):
        await Around(Workers(2, 0, 0, 0, 1, *[0] * 10)).watch()
    assert no_pauses == [30.0] * 15
    with pytest.raises(NetworkError, match="the scheduler is gone"):
        await Around(Workers(2)).watch()


class Asleep(Workers):
    """A cluster whose scheduler, or one of whose workers, does not answer though its connections stand.

    Args:
        what: the question without an answer.
    """

    def __init__(self, what: str, *looks: int) -> None:
        super().__init__(*looks)
        self.asked = 0
        setattr(self, what, self._silence)

    async def _silence(self, **_: Any) -> Any:
        self.asked += 1
        await asyncio.Event().wait()


@pytest.mark.anyio
async def test_a_scheduler_that_is_frozen_is_not_waited_for_for_ever(
    no_pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "_ANSWER", 0.01)
    with pytest.raises(NetworkError, match="no answer of the scheduler for 300 s"):
        await Around(Asleep("ncores")).watch()
    assert no_pauses == [30.0]  # then the questions themselves take that long


@pytest.mark.anyio
async def test_a_worker_that_is_frozen_stops_nobody_and_is_asked_its_version_again(
    no_pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "_ANSWER", 0.01)
    workers = Asleep("get_versions", 2, 2, 2)
    with pytest.raises(NetworkError, match="the scheduler is gone"):  # after three looks
        await Around(workers).watch()
    assert workers.asked == 3


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ({"scheduler": None}, "the scheduler: commerce-async is not installed, and here "),
        ({"worker": "0.0.7"}, "worker worker: commerce-async 0.0.7 is installed, and here "),
        ({"worker": None}, "worker worker: commerce-async is not installed, and here .*; install the same on all"),
    ],
)
async def test_a_cluster_that_could_not_read_our_work_is_refused_by_name_also_when_it_comes_later(
    versions: dict[str, str | None], words: str, no_pauses: list[float]
) -> None:
    with pytest.raises(ConfigError, match=f"engine: dask://here:1: {words}"):
        await Around(Workers(0, 1, **versions)).watch()


class Lost:
    """A client that gave up on its scheduler."""

    status = "closed"

    async def close(self) -> None:
        pass


@pytest.mark.anyio
async def test_a_pass_after_the_scheduler_was_started_anew_reaches_it_again() -> None:
    with pytest.raises(NetworkError, match="cannot be reached"):
        await Around(Lost(), "dask://127.0.0.1:1").ready()


@pytest.mark.anyio
async def test_an_address_where_nobody_listens_is_said_at_once() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        address = f"dask://127.0.0.1:{unheard.getsockname()[1]}"
        with pytest.raises(NetworkError, match=f"^engine: {address}: cannot be reached: Connection refused"):
            async with DaskEngine(address):
                pass


@pytest.mark.anyio
async def test_a_scheduler_with_tls_needs_certificates_in_the_configuration_of_dask() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tls://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ConfigError, match=r"names no certificates: distributed\.comm\.tls\.ca-file"):
            async with DaskEngine(address):
                pass


@pytest.mark.parametrize("address", ["", "ray", "dask://", "dask://host", "dask://me:pw@host:1", "http://host:8786"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match=r"engine: expected dask, dask://HOST:PORT"):
        DaskEngine(address)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("config", "options", "kind", "words"),
    [
        (GOOD, {}, ConfigError, r"stores\.eu\.limiter: missing; several processes"),
        (GOOD + 'limiter = "redis://127.0.0.1"', {"into": "sqlite:///shop.db"}, ConfigError, "not SQLite"),
        (GOOD, {"only": ("uk",)}, ConfigError, "no store named 'uk'"),
        (GOOD, {"streams": ("carts",)}, UsageError, "unknown stream carts"),
    ],
)
async def test_what_cannot_run_on_many_processes_is_refused_before_anything_is_read(
    tmp_path: Path, config: str, options: dict[str, Any], kind: type[CommerceError], words: str
) -> None:
    (tmp_path / "stores.toml").write_text(config)
    given: dict[str, Any] = {"into": "env:NOT_SET_EITHER", **options}
    with pytest.raises(kind, match=words):
        await DaskEngine("dask").pull(tmp_path / "stores.toml", **given)


def test_the_command_line_refuses_an_engine_without_a_file_of_stores() -> None:
    done = CliRunner().invoke(app, ["sync", "--demo", "--engine", "dask"])
    assert (done.exit_code, "--engine: the workers need stores of a file" in done.output) == (2, True)


def test_the_command_line_refuses_a_database_that_units_cannot_share_before_it_starts_a_cluster(tmp_path: Path) -> None:
    (tmp_path / "stores.toml").write_text(GOOD)
    done = CliRunner().invoke(app, ["sync", "--config", str(tmp_path / "stores.toml"), "--engine", "dask"])
    assert (done.exit_code, "not SQLite" in done.output) == (4, True)


def test_without_an_engine_nothing_of_dask_is_imported() -> None:
    program = (
        "import sys, commerce_async.sync, commerce_async.cli.app, commerce_async.sync.dask_engine;"
        "print({name.partition('.')[0] for name in sys.modules} & {'dask', 'distributed', 'tornado'})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
