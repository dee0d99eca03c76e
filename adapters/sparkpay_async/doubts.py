"""Creates of this process that may still come through, or that no list shows yet, so that no second call makes a second
record meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Hashable
from itertools import islice
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


class Made:
    """Records made a moment ago, by what names them: lists may show them only later. Old ones are forgotten."""

    def __init__(self) -> None:
        self._ids: dict[Hashable, tuple[float, frozenset[int]]] = {}  # the oldest first

    def __len__(self) -> int:
        return len(self._ids)

    def note(self, key: Hashable, id: int, now: float) -> None:
        """A record was made.

        Args:
            now: seconds, monotonic.
        """
        for each, (until, _) in list(islice(self._ids.items(), 2)):
            if until <= now:
                del self._ids[each]
        ids = self.ids(key, now) | {id}
        self._ids.pop(key, None)
        self._ids[key] = (now + LINGERS, ids)

    def ids(self, key: Hashable, now: float) -> frozenset[int]:
        """Those that were made of late."""
        until, ids = self._ids.get(key, (now, frozenset[int]()))
        return ids if until > now else frozenset()


_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[Doubts, Made]] = WeakKeyDictionary()


def shared_doubts() -> Doubts:
    """Those of the running event loop, shared by all stores on it: two stores may be the same shop."""
    return _shared()[0]


def shared_made() -> Made:
    """As `shared_doubts`."""
    return _shared()[1]


def _shared() -> tuple[Doubts, Made]:
    return _BY_LOOP.setdefault(asyncio.get_running_loop(), (Doubts(), Made()))
