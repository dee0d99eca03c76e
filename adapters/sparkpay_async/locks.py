"""One at a time per key in this process, with no more memory than there are keys in use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Hashable
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakKeyDictionary


class KeyLocks:
    """Locks by key; one that nobody holds or waits for is forgotten."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, tuple[asyncio.Lock, list[None]]] = {}

    def __len__(self) -> int:
        return len(self._locks)

    @asynccontextmanager
    async def hold(self, *keys: Hashable) -> AsyncGenerator[None, None]:
        """Holds all the keys; always taken in the same order, so that nobody waits in a circle."""
        async with AsyncExitStack() as stack:
            for key in sorted(set(keys), key=repr):
                await stack.enter_async_context(self._one(key))
            yield

    @asynccontextmanager
    async def _one(self, key: Hashable) -> AsyncGenerator[None, None]:
        lock, users = self._locks.setdefault(key, (asyncio.Lock(), []))
        users.append(None)
        try:
            async with lock:
                yield
        finally:
            users.pop()
            if not users:
                del self._locks[key]


_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, KeyLocks] = WeakKeyDictionary()


def shared_locks() -> KeyLocks:
    """Those of the running event loop, shared by all stores on it: two stores may be the same shop."""
    return _BY_LOOP.setdefault(asyncio.get_running_loop(), KeyLocks())
