"""What a sync did, while it runs and after."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

State: TypeAlias = Literal[
    "waiting", "reading", "retrying", "confirming", "complete", "incomplete", "failed", "stopped"
]


class StreamReport(msgspec.Struct, kw_only=True):
    """One stream of one store.

    Attributes:
        state: `complete` (every record was read), `incomplete` (read to the end, but the list moved so much that
            some may be missing), `failed` (see `error`), `stopped` (interrupted); before that, where it is.
        read: records that came, those in quarantine included.
        new, changed, unchanged: what they were to the database.
        quarantined: those that could not be read; they are in the table `quarantine` with the reason.
        missing: records that the vendor listed and then no longer had.
        since: what the pass was limited to; None if it read everything.
        gone: rows that were marked gone: a full pass did not meet them, and the vendor said that it has them no more.
        gone_refused: rows that a full pass did not meet, and that were not marked because there are more of them than
            the brake allows.
        unconfirmed: rows that a full pass did not meet, and that the vendor did not say for sure to be gone.
        calls: requests on the wire; `throttled`: those the vendor throttled; `retried`: those sent again.
        waited: seconds spent waiting for the rate limit.
        hits: calls that the store's cache answered, without a request; None if the store has no cache.
        total: how many records the vendor says there are, if it says.
        seconds: how long it took.
        resumed: whether it went on where an earlier run had stopped.
        error, error_kind: one line, and the error's class, if it failed; while it retries, the line says why and when.
    """

    store: str
    vendor: str
    stream: str
    state: State = "waiting"
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    missing: int = 0
    calls: int = 0
    throttled: int = 0
    retried: int = 0
    waited: float = 0.0
    hits: int | None = None
    total: int | None = None
    seconds: float = 0.0
    resumed: bool = False
    since: datetime | None = None
    gone: int = 0
    gone_refused: int = 0
    unconfirmed: int = 0
    error: str | None = None
    error_kind: str | None = None

    @property
    def complete(self) -> bool:
        """Whether every record of the stream was read."""
        return self.state == "complete"


class Report(msgspec.Struct, kw_only=True):
    """A whole run.

    Attributes:
        run: its id, as in the table `sync_runs`.
        streams: one entry per store and stream, in the order given.
        into: the database, without password.
    """

    run: str
    started_at: datetime
    ended_at: datetime
    into: str
    streams: list[StreamReport]

    @property
    def complete(self) -> bool:
        """Whether every stream was."""
        return all(stream.complete for stream in self.streams)
