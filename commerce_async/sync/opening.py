"""What a unit opens, wherever it runs: its store, with figures of its own, and the database beside the other units."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from commerce_async.config import Declared, declared_stores, load_stores
from commerce_async.errors import ConfigError, UsageError
from commerce_async.limits.base import Lane
from commerce_async.secrets import is_reference, resolve
from commerce_async.sinks import Sink
from commerce_async.sinks.database import checked
from commerce_async.store import Records, Store
from commerce_async.sync.series import RecordedReport, Recorder
from commerce_async.sync.streams import records_of

if TYPE_CHECKING:
    from commerce_async.sync.units import Job

R = TypeVar("R", bound=RecordedReport)


def database_of(into: str) -> str:
    """The database's URL.

    Raises:
        ConfigError: not PostgreSQL, or a password stands in what every unit would carry along.
    """
    url = resolve(into).reveal() if is_reference(into) else into
    parsed = checked(url)
    if parsed.get_backend_name() != "postgresql":
        raise ConfigError("into: several processes write side by side; that takes postgresql://…, not SQLite")
    if url is into and (parsed.password or "password" in parsed.query):
        raise ConfigError(
            "into: the password would travel with every unit: give the place of the URL, such as env:DATABASE_URL, or "
            "keep the password in PGPASSFILE"
        )
    return url


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What a job needs, and the recorder of what the store's calls do."""

    job: Job
    began: datetime
    sink: Sink
    store: Store
    records: Records[Any]
    recorder: Recorder

    def report(self, kind: type[R], **known: Any) -> R:
        """One of the stream, with nothing in it but what is known."""
        return kind(store=self.store.name, vendor=self.store.vendor, stream=self.job.stream, **known)


def sharing(config: str | Path, only: tuple[str, ...] = ()) -> list[Declared]:
    """The stores of the file, each of which has a limit that it shares with other processes.

    Raises:
        ConfigError: one has not.
    """
    stores = declared_stores(config, only=only)
    for store in stores:
        if not store.limiter:
            raise ConfigError(
                f"{config}: stores.{store.name}.limiter: missing; several processes call the store, and only "
                'limiter = "redis://…" keeps them to its limit together'
            )
    return stores


@asynccontextmanager
async def opened(job: Job, config: str, into: str) -> AsyncGenerator[Opened]:
    """Opens it, for a run that has begun, and closes it again.

    Raises:
        CommerceError: the store or the database cannot be opened, or the run has ended.
    """
    if job.shared:
        sharing(config, (job.store,))
    (store,) = load_stores(config, only=(job.store,))
    async with store, Sink(database_of(into), raw=job.raw, create=False) as sink, sink.beside(job.run):
        clock = store.client.clock
        began = job.began or clock.wall()
        recorder = Recorder(clock, began)
        own = store.with_options(lane=Lane.BULK, hooks=(*store.client.options.hooks, recorder))
        recorder.client = own.client
        records = records_of(own, job.stream)
        if records is None:
            raise UsageError(f"{job.store}: this store has no {job.stream}")
        yield Opened(job=job, began=began, sink=sink, store=own, records=records, recorder=recorder)


__all__ = ["Opened", "database_of", "opened", "sharing"]
