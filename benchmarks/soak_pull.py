"""The syncing process of `benchmarks.soak`, which is there to be killed."""

from __future__ import annotations

import asyncio
import resource
import sys
from collections import Counter
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from commerce_async.http.retry import Retry
from commerce_async.sinks import sqlite as _  # noqa: F401  imported when first used, and here once for all processes
from commerce_async.sync import StreamReport, pull
from fastspring_async import FastSpring
from sparkpay_async import SparkPay

_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
_MIB = 1024 * 1024


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A sync of both stores.

    Attributes:
        eu, us: what the adapters need to reach the shops.
    """

    eu: dict[str, Any]
    us: dict[str, Any]
    into: str
    full: bool
    page_size: int
    retry: Retry


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the process says now and then: records read so far, and its peak memory in MiB."""

    read: int
    peak: float
    complete: bool | None = None
    errors: list[str] = []


def run(encoded: bytes, connection: Connection) -> None:
    """Does a job, and says into the connection how far it is."""
    asyncio.run(_pull(msgspec.json.decode(encoded, type=Job), connection))


async def _pull(job: Job, connection: Connection) -> None:
    read: Counter[tuple[str, str]] = Counter()

    def say(**more: Any) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / _MIB
        connection.send_bytes(msgspec.json.encode(Said(read=read.total(), peak=peak, **more)))

    def progress(report: StreamReport) -> None:
        before = read.total() // 500
        read[report.store, report.stream] = report.read
        if read.total() // 500 > before:
            say()

    async with (
        FastSpring(**job.eu, name="eu", rate=1e6, page_size=job.page_size) as eu,
        SparkPay(**job.us, name="us", limit=1_000_000, period=1.0, page_size=job.page_size) as us,
    ):
        stores = [store.with_options(retry=job.retry) for store in (eu, us)]
        report = await pull(stores, into=job.into, full=job.full, on_progress=progress)
    say(complete=report.complete, errors=[stream.error for stream in report.streams if stream.error])
