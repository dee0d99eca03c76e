"""An event loop whose time jumps ahead whenever nothing is left to do: waiting costs nothing, and stays exact."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

# A real loop wakes a little late, and code relies on it: one that waits until "level <= 0" would else wait for a
# rounding error, for no time at all, forever.
_LATE = 1e-9
# After a year, a nanosecond is less than the number can hold, and a timer due now would never be.
_NUDGE = 1 + 2**-52
# Real seconds that another thread may take while nothing else is left to do.
_PATIENCE = 5.0


class _JumpingSelector(selectors.BaseSelector):
    """Looks at sockets without waiting; where the loop would sleep, it moves the time instead."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if ready:
            return ready
        if timeout is None:
            # Nothing is scheduled and nothing is ready: only another thread can wake the loop now.
            return self._real.select(_PATIENCE) or _deadlock()
        if timeout > 0:
            self.now += timeout + _LATE
        self.now *= _NUDGE
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()


def _deadlock() -> Any:
    raise RuntimeError("virtual time: every task waits for something that no task or timer will do")


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`asyncio.Runner(loop_factory=VirtualTimeLoop)`: sleeps return at once and the loop's clock shows them
    (to the nanosecond).

    Only for code without real I/O: a socket that answers later than at once is overtaken by the clock.
    """

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._jumping.now


class VirtualClock:
    """A clock for the core that follows the running loop, with a time of day that starts where you say."""

    def __init__(self, start: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self.start = start

    def now(self) -> float:
        """The running loop's time."""
        return asyncio.get_running_loop().time()

    def wall(self) -> datetime:
        """The start plus the loop's time."""
        return self.start + timedelta(seconds=self.now())
