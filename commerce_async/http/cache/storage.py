"""Where replies are kept. A storage knows nothing of HTTP: it keeps entries by account and key, within its bytes."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Protocol

from commerce_async.errors import ConfigError
from commerce_async.http.cache.rules import Entry

MAX_BYTES = 64 * 1024 * 1024


class Storage(Protocol):
    """Keeps entries. Nothing that goes wrong in it is raised: a cache that fails has nothing, and that is all.

    What is saved or forgotten is so for every `load` called afterwards. One storage may serve several stores.
    """

    def open(self) -> None:
        """A store begins to use it."""
        ...

    async def close(self) -> None:
        """A store has ended; each `open` has its `close`."""
        ...

    async def load(self, account: str, key: str) -> Entry | None:
        """What is kept."""
        ...

    def save(self, account: str, key: str, entry: Entry) -> None:
        """Keeps it in the place of what was there."""
        ...

    def forget(self, account: str) -> None:
        """Drops everything of the account."""
        ...


class MemoryCache:
    """Keeps replies in this process; those unused for longest give way.

    Args:
        max_bytes: for all replies together.

    Raises:
        ConfigError: `max_bytes` is not above 0.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max = checked_size(max_bytes)
        self._entries: OrderedDict[tuple[str, str], Entry] = OrderedDict()
        self._size = 0

    def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do: what is kept outlasts the store."""

    async def load(self, account: str, key: str) -> Entry | None:
        """What is kept."""
        entry = self._entries.get((account, key))
        if entry is not None:
            self._entries.move_to_end((account, key))
        return entry

    def save(self, account: str, key: str, entry: Entry) -> None:
        """Keeps it, if it is not larger than the whole cache."""
        self._drop((account, key))
        if entry.size > self._max:
            return
        self._entries[account, key] = entry
        self._size += entry.size
        while self._size > self._max:
            self._drop(next(iter(self._entries)))

    def forget(self, account: str) -> None:
        """Drops everything of the account."""
        for place in [place for place in self._entries if place[0] == account]:
            self._drop(place)

    def _drop(self, place: tuple[str, str]) -> None:
        entry = self._entries.pop(place, None)
        if entry is not None:
            self._size -= entry.size

    @property
    def size(self) -> int:
        """Bytes kept."""
        return self._size

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"MemoryCache({len(self)} replies, {self._size:,} of {self._max:,} bytes)"


def checked_size(max_bytes: int) -> int:
    """The size, if it is one.

    Raises:
        ConfigError: it is not above 0.
    """
    if isinstance(max_bytes, bool) or max_bytes < 1:
        raise ConfigError(f"cache: max_bytes is a number of bytes above 0, not {max_bytes!r}")
    return max_bytes


def storage_of(text: str) -> Storage:
    """The storage that a configuration file means: `memory` or `sqlite:PATH` (`~` is the home directory).

    Raises:
        ConfigError: neither.
    """
    kind, _, place = text.partition(":")
    if text == "memory":
        return MemoryCache()
    if kind == "sqlite" and place:
        from commerce_async.http.cache.sqlite import SQLiteCache  # only for those who want it

        return SQLiteCache(Path(place).expanduser())
    raise ConfigError(f'cache: expected "memory" or "sqlite:PATH", got {text[:80]!r}')
