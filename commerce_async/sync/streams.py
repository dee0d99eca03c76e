"""What every reader of a stream does, be it alone or one of many."""

from __future__ import annotations

import logging
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import Connection

from commerce_async.http.client import Client
from commerce_async.http.pager import Page
from commerce_async.schema import Record
from commerce_async.sinks import Checkpoint, Counts, Sink
from commerce_async.store import Filtering, ProvidesOrders, ProvidesProducts, Records, Store, TellsFiltering
from commerce_async.sync import incremental
from commerce_async.sync.gone import Conclusion, Gone, MaxGone
from commerce_async.sync.incremental import Wish
from commerce_async.sync.report import StreamReport

log = logging.getLogger("commerce_async.sync")

STREAMS = ("products", "orders")


def records_of(store: Store, stream: str) -> Records[Any] | None:
    """The records of a stream; None if the store has none of them."""
    if stream == "products" and isinstance(store, ProvidesProducts):
        return store.products
    if stream == "orders" and isinstance(store, ProvidesOrders):
        return store.orders
    return None


def filtering_of(records: Records[Any]) -> Filtering | None:
    """What a limit means to their list; None if it does not tell."""
    return records.filtering if isinstance(records, TellsFiltering) else None


async def begin(sink: Sink, store: Store, stream: str, records: Records[Any], wish: Wish) -> tuple[Checkpoint, bool]:
    """Where the stream goes on, or a new pass from its beginning; and whether it goes on."""
    name, account = store.name, account_of(store)
    while True:
        there = found = await sink.checkpoint(name, stream)
        if found is not None and found.account not in (None, account):
            log.warning("%s %s: another account than before has this name; it is read from its beginning", name, stream)
            found = None
        checkpoint, goes_on = incremental.begin(found, wish, filtering_of(records), store.client.clock.wall())
        if goes_on:
            return checkpoint, True
        checkpoint = msgspec.structs.replace(checkpoint, account=account)
        if await sink.begin_pass(name, stream, checkpoint, checkpoint.started_at, after=there):
            return checkpoint, False


def account_of(store: Store) -> str:
    """Whose list it is, as checkpoints say it."""
    return blake2b(store.client.account.encode(), digest_size=16).hexdigest()


async def conclude(
    sink: Sink,
    store: Store,
    report: StreamReport,
    records: Records[Any],
    checkpoint: Checkpoint,
    most: MaxGone,
    *,
    note: Callable[[Connection], None] | None = None,
) -> None:
    """Marks what the store no longer has, and ends the pass.

    Args:
        note: what is committed with that; the report tells of it by then.
    """
    filtering = filtering_of(records)
    reach = filtering.reach if filtering else None
    conclusion = Conclusion(sink, store, report.stream, records, checkpoint, reach=reach, most=most)

    def noted(connection: Connection, found: Gone) -> None:
        report.gone, report.gone_refused, report.unconfirmed = found.marked, found.refused, found.unclear
        if note is not None:
            note(connection)

    await conclusion.draw(msgspec.structs.replace(checkpoint, state="complete"), noted)


def count_page(report: StreamReport, page: Page[Record], counts: Counts, client: Client) -> None:
    """Adds a page that was committed."""
    report.read += len(page.items) + len(page.unreadable)
    report.new += counts.new
    report.changed += counts.changed
    report.unchanged += counts.unchanged
    quarantined = len(page.unreadable) + counts.refused
    report.quarantined += quarantined
    report.missing += len(page.missing)
    report.total = page.total if page.total is not None else report.total
    if (telemetry := client.telemetry) is not None:
        telemetry.records(
            report.stream,
            new=counts.new,
            changed=counts.changed,
            unchanged=counts.unchanged,
            unreadable=quarantined,
        )


def count_calls(report: StreamReport, client: Client) -> None:
    """The client's figures as they stand."""
    stats = client.stats
    report.calls, report.throttled, report.retried = stats.calls, stats.throttled, stats.retried
    report.waited = stats.waited
    report.hits = stats.hits if client.caches else None


__all__ = ["STREAMS", "account_of", "begin", "conclude", "count_calls", "count_page", "filtering_of", "records_of"]
