"""A Dask cluster: reached or started, looked over, and given work that is run again where that helps.

Dask schedules work, moves it, and repeats what was lost with a worker. Here is what it leaves open: when to stop
waiting, what is tried again how often, and its troubles in one line.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from importlib import metadata
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from uuid import uuid4

import msgspec
from anyio import CancelScope, fail_after, move_on_after, sleep

from commerce_async.errors import CommerceError, ConfigError, NetworkError, SinkError, TemporaryError
from commerce_async.http.retry import Retry
from commerce_async.sinks.locking import LockLostError
from commerce_async.sync.dask_local import started
from commerce_async.sync.patience import rest

T = TypeVar("T")

log = logging.getLogger("commerce_async.sync")

_KNOCK: Final = 10.0  # seconds for a connection to the scheduler's port
_ANSWER: Final = 30.0  # seconds for the scheduler to answer on it
_LOOK: Final = 30.0  # seconds between two looks at the workers
_DESERTED: Final = 10  # looks without any worker, or any answer, and nobody waits for one any more
_ADDRESS: Final = re.compile(r"(?:(dask|tcp)|dask\+tls|tls)://([^/@\s]+):([0-9]{1,5})/?")
_PACKAGE: Final = "commerce-async"


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """An error, as it comes back from a worker: its words, which hold no secret, and what to do about it.

    Attributes:
        worker: where it was, as Dask names it.
    """

    kind: str
    words: str
    temporary: bool
    database: bool
    retry_after: float | None = None
    worker: str | None = None


class FailedError(Exception):
    """Work failed for good."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.words)
        self.failed = failed


async def attempt(
    work: Callable[..., Coroutine[Any, Any, T]], given: tuple[Any, ...], where: dict[str, str]
) -> T | Failed:
    """What runs on a worker: the work, with its error as a value."""
    try:
        return await work(*given, **where)
    except CommerceError as error:
        return Failed(
            kind=type(error).__name__,
            words=str(error),
            temporary=isinstance(error, TemporaryError) and not isinstance(error, LockLostError),
            database=isinstance(error, SinkError),
            retry_after=error.retry_after,
            worker=_worker(),
        )
    except Exception as error:  # a fault in one adapter must not stop the other stores; it is reported and logged
        log.exception("%s", work.__name__)
        kind = type(error).__name__
        words = f"a fault in the program: {kind}"  # its own words may hold anything
        return Failed(kind=kind, words=words, temporary=False, database=False, worker=_worker())


def _worker() -> str | None:
    from distributed import get_worker

    try:
        return str(get_worker().address)
    except ValueError:  # none: this is a test
        return None


class Cluster:
    """A Dask cluster, for use in `async with`.

    Args:
        address: as `DaskEngine` takes it.
        workers: how many processes a cluster on this machine has.

    Raises:
        ConfigError: it is no such address, or Dask is not installed.
    """

    def __init__(self, address: str, *, workers: int | None = None) -> None:
        found = _ADDRESS.fullmatch(address)
        if found is None and address != "dask":
            raise ConfigError(f"engine: expected dask, dask://HOST:PORT or tls://HOST:PORT, got {address[:60]!r}")
        if find_spec("distributed") is None:
            raise ConfigError("engine: Dask is not installed; install it with: pip install 'commerce-async[dask]'")
        self.address = address
        self._scheduler = (("tcp" if found[1] else "tls"), found[2], int(found[3])) if found else None
        self._workers = workers
        self._stack = AsyncExitStack()
        self._known: set[str] = set()
        self._silent = False  # whether the scheduler did not answer the last look
        self._client: Any = None
        self._cluster: Any = None

    async def __aenter__(self) -> Self:
        try:
            if self._scheduler is None:
                await self._start()
            else:
                await self._reach(*self._scheduler)
        except BaseException:  # cancelled as well: no process stays behind
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client = self._cluster = None
        with CancelScope(shield=True):
            await self._stack.aclose()

    async def _start(self) -> None:
        """A cluster of processes on this machine."""
        import distributed

        try:
            self._cluster = await self._stack.enter_async_context(started(self._workers))
            client: Any = distributed.Client(self._cluster, asynchronous=True, set_as_default=False)
            self._client = await self._stack.enter_async_context(client)
            await client.wait_for_workers(1, timeout=_ANSWER)
        except (OSError, RuntimeError) as error:
            raise NetworkError(f"engine: {self.address}: no process of it started: {_first_line(error)}") from None

    async def _reach(self, scheme: str, host: str, port: int) -> None:
        """A scheduler that is there."""
        import distributed

        await self._knock(host, port)
        try:
            client: Any = distributed.Client(
                f"{scheme}://{host}:{port}", asynchronous=True, set_as_default=False, timeout=_ANSWER
            )
            self._stack.push_async_callback(client.close)
            with fail_after(_ANSWER):
                self._client = await client
        except OSError as error:  # TimeoutError is one
            words = f"no Dask scheduler answers there, or one with other settings of TLS ({_first_line(error)})"
            raise NetworkError(f"engine: {self.address}: {words}") from None
        except TypeError:
            names = "distributed.comm.tls.ca-file, .client.cert and .client.key"
            raise ConfigError(f"engine: {self.address}: Dask's configuration names no certificates: {names}") from None
        except (RuntimeError, ValueError) as error:  # what Dask says about its own configuration
            raise ConfigError(f"engine: {self.address}: Dask's configuration: {_first_line(error)}") from None
        self._known = set()
        if not await self._look():
            log.warning("engine: %s: no worker is there yet; waiting for one", self.address)

    async def ready(self) -> None:
        """Reaches the scheduler again, if it went away since: Dask tries that only for a while."""
        if self._scheduler is not None and self._client.status != "running":
            await self._client.close()
            await self._reach(*self._scheduler)

    async def _knock(self, host: str, port: int) -> None:
        # Dask itself tries for half a minute, and then does not say why.
        try:
            with fail_after(_KNOCK):
                _, writer = await asyncio.open_connection(host.strip("[]"), port)
        except TimeoutError:
            raise NetworkError(f"engine: {self.address}: no answer for {_KNOCK:.0f} s") from None
        except OSError as error:
            words = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
            raise NetworkError(f"engine: {self.address}: cannot be reached: {words}") from None
        writer.close()

    async def _look(self) -> bool:
        """Whether there are workers, as far as the scheduler says: it may be frozen, with its connections as they were.

        Raises:
            ConfigError: the scheduler, or a worker that is new, has not this version of this package.
            NetworkError: the scheduler is gone.
        """
        workers: set[str] = set()
        self._silent = True
        try:
            with move_on_after(_ANSWER):
                workers |= set(await self._client.ncores())
                self._silent = False
            if self._scheduler and not self._silent and (workers - self._known or not self._known):
                with move_on_after(_ANSWER):  # a frozen worker is waited for; the next look asks again
                    self._compare(await self._client.get_versions(packages=[_PACKAGE]))
                    self._known |= workers
        except OSError:
            raise self._gone() from None
        self._known &= workers
        return bool(workers)

    def _compare(self, versions: Any) -> None:
        self._check("the scheduler", versions["scheduler"])
        for worker, found in versions["workers"].items():
            self._check(f"worker {worker}", found)

    def _check(self, place: str, versions: Any) -> None:
        # Work that a worker cannot read ends the worker.
        there, here = versions["packages"].get(_PACKAGE), metadata.version(_PACKAGE)
        if there != here:
            words = f"{_PACKAGE} {there} is installed" if there else f"{_PACKAGE} is not installed"
            raise ConfigError(f"engine: {self.address}: {place}: {words}, and here {here}; install the same on all")

    def _gone(self) -> NetworkError:
        words = f"engine: {self.address}: the scheduler is gone, and the work with it"
        return NetworkError(f"{words}; run the same again, and it goes on")

    async def watch(self) -> None:
        """Looks after the workers as long as it runs. Dask waits for them for ever; we do not.

        Raises:
            ConfigError: a worker that came has not this version of this package.
            NetworkError: there has been none for long, or the scheduler has not answered for long.
        """
        deserted = 0
        while deserted < _DESERTED:
            if not self._silent:
                await sleep(_LOOK)
            deserted = 0 if await self._look() else deserted + 1
        words = "no answer of the scheduler" if self._silent else "no worker"
        raise NetworkError(f"engine: {self.address}: {words} for {_DESERTED * _LOOK:.0f} s")

    @property
    def pids(self) -> list[int]:
        """The processes of the workers of a cluster on this machine, those that are just starting left out."""
        if self._cluster is None:
            return []
        ready = self._cluster.scheduler.workers
        return [nanny.pid for nanny in self._cluster.workers.values() if nanny.worker_address in ready and nanny.pid]

    async def run(
        self, work: Callable[..., Coroutine[Any, Any, T]], *given: Any, name: str, order: int, where: dict[str, str]
    ) -> T:
        """The work's result.

        Args:
            name: of the work, for those who look at the cluster.
            order: lower goes first.

        Raises:
            FailedError: it failed for good.
            NetworkError: the scheduler is gone.
        """
        failures = 0
        while True:
            done = await self._once(work, given, where, f"{name}-{uuid4().hex}", order)
            if not isinstance(done, Failed):
                return done
            if self._scheduler is not None and done.worker is not None:
                done = msgspec.structs.replace(done, words=f"{done.words} (worker {done.worker})")
            failures += 1
            pause = rest(done.retry_after, failures, Retry().longest) if done.temporary else None
            if pause is None:
                raise FailedError(done)
            told = done.worker is not None
            if told:
                log.warning("%s: %s; once more in %.0f s", name, done.words, pause)
            await sleep(pause)
            if not told:  # Dask's own trouble; by now it is known if the scheduler is gone, and then that alone is said
                log.warning("%s: %s; once more after %.0f s", name, done.words, pause)

    async def _once(
        self,
        work: Callable[..., Coroutine[Any, Any, T]],
        given: tuple[Any, ...],
        where: dict[str, str],
        key: str,
        order: int,
    ) -> T | Failed:
        from distributed import CancelledError, KilledWorker

        future: Any = None
        try:
            future = self._client.submit(attempt, work, given, where, key=key, priority=-order, pure=False)
            return await future
        except KilledWorker:
            words = "the workers that ran it died, one after another; their logs say why"
            return Failed(kind="KilledWorker", words=words, temporary=True, database=False)
        except CancelledError:  # Dask's, of work; not asyncio's, of a task
            raise self._gone() from None
        except Exception as error:  # `attempt` raises nothing: it is Dask that could not run it or bring its result
            kind = type(error).__name__
            words = f"Dask: {kind}: {_first_line(error)}"
            return Failed(kind=kind, words=words, temporary=isinstance(error, OSError), database=False)
        finally:
            if future is not None:
                future.release()  # one that nobody waits for is taken off the cluster


def _first_line(error: BaseException) -> str:
    words = str(error).strip().partition("\n")[0]
    return words.rpartition(">: ")[2] or type(error).__name__  # without the connection that it was


__all__ = ["Cluster", "Failed", "FailedError", "attempt"]
