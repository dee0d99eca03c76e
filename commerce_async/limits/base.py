"""What a rate-limit policy is: a pure state machine that is told the time and never sleeps."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol, runtime_checkable

import msgspec


class Lane(IntEnum):
    """Whose turn it is when permits are scarce: a person waiting goes before a bulk job."""

    INTERACTIVE = 0
    BULK = 1


class Usage(msgspec.Struct, frozen=True):
    """What a reply told of the limit: `used` calls of `limit` in the server's present window, this one included."""

    used: int
    limit: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A limiter as it stands, for progress displays.

    Attributes:
        used: calls that count against the limit now (in flight included).
        limit: calls allowed per `period`; for an adaptive limiter, what it believes.
        period: seconds.
        in_flight: calls on the wire.
        paused: seconds until calls go out again after a throttle; 0 when not paused.
        throttled: throttled replies so far.
    """

    used: float
    limit: float
    period: float
    in_flight: int
    paused: float = 0.0
    throttled: int = 0

    @property
    def share(self) -> float:
        """Share of the quota in use, 0 to 1."""
        return min(1.0, self.used / self.limit) if self.limit else 0.0


class Policy(Protocol):
    """When may the next call go? Times are seconds on one monotonic clock, given by the caller."""

    def ready_at(self, now: float) -> float:
        """The earliest time for the next call; `inf` if that depends on a reply still to come."""
        ...

    def start(self, now: float) -> int:
        """A call goes out; returns its ticket."""
        ...

    def cancel(self, ticket: int, now: float) -> None:
        """The call was never sent after all."""
        ...

    def finish(self, ticket: int, now: float, usage: Usage | None = None) -> None:
        """A reply came that was no throttle."""
        ...

    def lose(self, ticket: int, now: float) -> None:
        """The call was sent, and its reply is known never to come: the server may have counted it, and told nothing."""
        ...

    def throttle(self, ticket: int, now: float, wait: float | None) -> float:
        """The reply was a throttle (instead of `finish`); returns until when nothing may go out."""
        ...

    def estimate(self, now: float, ahead: int) -> float:
        """At best, seconds until a call behind `ahead` others goes out. Never too long: deadlines rely on it."""
        ...

    def snapshot(self, now: float) -> Snapshot:
        """The state for people."""
        ...

    @property
    def concurrency(self) -> int:
        """The most calls that can ever be in flight at once; the connection pool is sized by it."""
        ...


@runtime_checkable
class LeavesRoom(Protocol):
    """A policy under which a bulk job would use up the limit in one go, and a person then wait for the next period."""

    def spare_at(self, now: float) -> float:
        """The earliest time for a call after which there is still room for others, as `ready_at`."""
        ...


@runtime_checkable
class Shareable(Policy, Protocol):
    """A policy whose state can be written down, so that several processes act on one."""

    @property
    def memory(self) -> float:
        """Seconds after which a call no longer matters."""
        ...

    def save(self) -> bytes:
        """The whole state but for what the constructor was given."""
        ...

    def restore(self, state: bytes) -> None:
        """Goes on from a state that was saved."""
        ...

    def skip(self, ticket: int) -> None:
        """Gives out no ticket below this one from now on: others may have been given out from a later state."""
        ...

    def adopt(self, sent: float) -> int:
        """A call went out at that time without being asked for here; returns its ticket."""
        ...

    def doubt(self, now: float) -> None:
        """A clock was set: what follows from the times of calls is not to be relied upon as long as they matter."""
        ...

    def cede(self, share: float) -> None:
        """Leaves such a share of the limit, 0 to below 1, to somebody else, until it is told otherwise."""
        ...

    def part(self, parts: int) -> tuple[Policy, float]:
        """For when `parts` processes go on without knowing of each other: what one of them may do.

        Returns:
            A policy of its own, and the seconds before its first call, until what went out before has room beside it.
        """
        ...
