"""A Dask cluster of processes on this machine, which ends with the one that started it."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from multiprocessing import forkserver
from typing import Any, Final

_AT_ONCE: Final = 16  # units that a worker runs at once: they mostly wait, for permits and replies
_DEATHS: Final = 10  # that a unit outlives, for those that ran beside the one that caused them are counted as well
_FORKED: Final = "forkserver"
_IMPORTED: Final = ("distributed", "commerce_async.sync.dask_cluster", "commerce_async.sync.units")


@asynccontextmanager
async def started(workers: int | None) -> AsyncGenerator[Any]:
    """The cluster.

    Args:
        workers: how many processes; by default one per core.
    """
    from dask.config import set as configured
    from distributed import LocalCluster

    forked = _FORKED in multiprocessing.get_all_start_methods()
    settings: dict[str, Any] = {"distributed.scheduler.allowed-failures": _DEATHS}
    if forked:
        settings["distributed.worker.multiprocessing-method"] = _FORKED
    with configured(settings):
        if forked:
            _start_fork_server()
        cluster: Any = LocalCluster(
            n_workers=workers,
            processes=True,
            threads_per_worker=_AT_ONCE,
            memory_limit=0,  # a sync's memory does not grow; Dask has nothing to spill or to restart for
            dashboard_address="127.0.0.1:0",  # a free port: None still takes 8787, and fails if that is taken
            env=dict(os.environ),  # as it is now, and not when the first process of all was started
            asynchronous=True,
            silence_logs=logging.CRITICAL,
        )
        async with _whole(cluster):
            count = len(cluster.workers)
            cluster.adapt(minimum=count, maximum=count)  # one that dies while it starts is given up by its nanny
            yield cluster


@asynccontextmanager
async def _whole(cluster: Any) -> AsyncGenerator[None]:
    """Starts it to the end, also when interrupted meanwhile: processes that find their parent gone say so at length."""
    starting = asyncio.ensure_future(cluster.__aenter__())
    try:
        await asyncio.shield(starting)
        yield
    finally:
        await asyncio.wait([starting])
        await cluster.__aexit__(None, None, None)


def _start_fork_server() -> None:
    """Starts the process that workers are forked from: it has everything imported, so that they are there at once."""
    from distributed import utils

    utils.get_mp_context()  # Dask's own list of what to import is set by then
    multiprocessing.get_context(_FORKED).set_forkserver_preload(list(_IMPORTED))
    if threading.current_thread() is not threading.main_thread():
        forkserver.ensure_running()
        return
    # Ctrl-C in a terminal reaches every process; this one ends the workers, and they need not hear it.
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, heard)


__all__ = ["started"]
