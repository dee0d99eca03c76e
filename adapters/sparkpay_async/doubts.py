"""Creates of this process that may still come through, so that no second call makes a second record meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Hashable
from typing import Final
from weakref import WeakKeyDictionary

LINGERS: Final = 120.0
"""Seconds after which a server is taken to have done with a request: web servers end a longer one themselves."""


class Doubts:
    """Creates whose outcome is not known, by what names the record. Old ones are forgotten."""

    def __init__(self) -> None:
        self._open: dict[Hashable, tuple[float, frozenset[int]]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def note(self, key: Hashable, before: Collection[int], now: float) -> None:
        """A create got no answer and does not show.

        Args:
            before: ids of the records that had the key before it was sent.
            now: seconds, monotonic.
        """
        self._open = {each: doubt for each, doubt in self._open.items() if doubt[0] > now}
        self._open[key] = (now + LINGERS, frozenset(before))

    def left(self, key: Hashable, there: Collection[int], now: float) -> float | None:
        """Seconds for which such a create may still come through; None if there is none, or it did.

        Args:
            there: ids of the records that have the key now.
        """
        until, before = self._open.get(key, (now, frozenset[int]()))
        if until > now and before.issuperset(there):
            return until - now
        self._open.pop(key, None)
        return None


_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, Doubts] = WeakKeyDictionary()


def shared_doubts() -> Doubts:
    """Those of the running event loop, shared by all stores on it: two stores may be the same shop."""
    return _BY_LOOP.setdefault(asyncio.get_running_loop(), Doubts())
