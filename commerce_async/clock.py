"""The two clocks that the core reads: one that only goes forward, and one that people set."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What limiters, retries and reports ask for the time."""

    def now(self) -> float:
        """Seconds on a clock that never goes back. Only differences mean anything."""
        ...

    def wall(self) -> datetime:
        """The time of day, aware, in UTC."""
        ...


class LoopClock:
    """The running event loop's own clock, so that waiting and reading the time agree.

    A loop whose time is virtual makes everything above it virtual as well.
    """

    def now(self) -> float:
        """The running loop's time in seconds."""
        return asyncio.get_running_loop().time()

    def wall(self) -> datetime:
        """The system's time of day in UTC."""
        return datetime.now(UTC)
