"""A limit that a vendor's pages name, for a policy that would otherwise feel its way beyond."""

from __future__ import annotations

from bisect import bisect_right, insort
from itertools import accumulate, pairwise
from math import inf
from typing import Final

MINUTE: Final = 60.0
# A minute of the server's clock and a little, for clocks that never run quite alike.
_SPAN: Final = MINUTE + 0.02
# So much of it is used: what is left is for a stranger's call now and then.
_NEARLY: Final = 0.984
# Minutes of busy work at it without a throttle before there may be more.
_TRIED: Final = 10.0


class Documented:
    """So many calls a minute, taken for true until that proves wrong.

    Args:
        calls: a minute.

    Attributes:
        rate: calls per second with which it is as good as used.
        tried: minutes of busy work at that rate without a throttle.
    """

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.rate = _NEARLY * calls / MINUTE
        self.tried = 0.0
        self._ended: list[float] = []  # when calls ended, whatever became of them; sorted

    def holds(self, ceiling: float) -> bool:
        """Whether a policy whose ceiling is so many calls per second keeps to it."""
        return ceiling * MINUTE < self.calls + 0.5 and self.tried < _TRIED

    def end(self, now: float) -> None:
        """A call ended."""
        insort(self._ended, now)
        del self._ended[: bisect_right(self._ended, now - _SPAN)]

    def room_at(self, flying: int) -> float:
        """When another call can go without more of them in any minute of the server's, whatever kind it counts in.

        A call reaches the server before it ends here: so the n-th after another goes a minute after that one ended.

        Args:
            flying: calls on the wire.
        """
        surplus = len(self._ended) + flying - self.calls
        if surplus < 0:
            return -inf
        return self._ended[surplus] + _SPAN if surplus < len(self._ended) else inf

    def save(self) -> tuple[float, list[int]]:
        """What `restore` takes."""
        return self.tried, steps(self._ended)

    def restore(self, saved: tuple[float, list[int]]) -> None:
        """Goes on from there."""
        self.tried, self._ended = saved[0], moments(saved[1])


def steps(times: list[float]) -> list[int]:
    """Sorted times in milliseconds, each after the first since the one before: short when written down."""
    whole = [round(at * 1000) for at in times]
    return [*whole[:1], *(later - before for before, later in pairwise(whole))]


def moments(saved: list[int]) -> list[float]:
    """The times again."""
    return [at / 1000 for at in accumulate(saved)]
