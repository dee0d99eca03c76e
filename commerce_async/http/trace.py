"""What happens to a call, told to hooks and to the log; and the figures that add it up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import msgspec

log = logging.getLogger("commerce_async.http")
log.addHandler(logging.NullHandler())

Kind: TypeAlias = Literal["call", "hit", "wait", "attempt", "throttle", "retry", "done", "failed"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one call. It never holds a header, a query, a body or a secret.

    Attributes:
        kind: `call` (begins), `hit` (answered from the cache), `wait` (had to wait for a permit),
            `attempt` (a reply or a failure on the wire),
            `throttle` (the account is paused), `retry` (goes out again), `done` and `failed` (ends).
        call: a number that all events of one call share.
        attempt: which time on the wire, from 1; 0 before the first.
        status: HTTP status of the attempt, if a reply came.
        seconds: how long it took or will take; for `done` and `failed`, the whole call.
        error: name of the error's class, for `attempt` and `failed`.
    """

    kind: Kind
    store: str
    operation: str
    method: str
    path: str
    call: int
    attempt: int = 0
    status: int | None = None
    seconds: float = 0.0
    error: str | None = None


Hook: TypeAlias = Callable[[Event], None]


def tell(hooks: Sequence[Hook], make: Callable[[], Event]) -> None:
    """Gives the event to every hook and the log, and makes it only if one listens.

    A hook that raises is logged and harms nothing.
    """
    listening = log.isEnabledFor(logging.DEBUG)
    if not (hooks or listening):
        return
    event = make()
    for hook in hooks:
        try:
            hook(event)
        except Exception:  # a stranger's code: an observer must not break what it observes
            log.exception("a trace hook failed on %s", event.kind)
    if listening:
        log.debug("%s %s %s %s", event.store, event.kind, event.method, event.path, extra={"event": event})


class Stats:
    """Figures of one client. A derived client has its own, and adds to those it came from.

    Attributes:
        calls: requests on the wire, aiohttp's own re-sends included.
        throttled: replies that were throttles.
        retried: requests sent again by this library.
        waited: seconds spent waiting for permits.
        received: bytes of bodies, decompressed.
        hits: calls that the cache answered, without a request.
    """

    __slots__ = ("_parent", "calls", "hits", "received", "retried", "throttled", "waited")

    def __init__(self, parent: Stats | None = None) -> None:
        self._parent = parent
        self.calls = 0
        self.throttled = 0
        self.retried = 0
        self.waited = 0.0
        self.received = 0
        self.hits = 0

    def add(
        self,
        *,
        calls: int = 0,
        throttled: int = 0,
        retried: int = 0,
        waited: float = 0.0,
        received: int = 0,
        hits: int = 0,
    ) -> None:
        """Adds to these figures and to those of the client this one was derived from."""
        stats: Stats | None = self
        while stats is not None:
            stats.calls += calls
            stats.throttled += throttled
            stats.retried += retried
            stats.waited += waited
            stats.received += received
            stats.hits += hits
            stats = stats._parent
