"""Who writes to an account just now, in this process: one batch at a time, whatever plan, journal or store object."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary, WeakValueDictionary

_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakValueDictionary[str, asyncio.Lock]] = WeakKeyDictionary()


def turn(name: str) -> asyncio.Lock:
    """The lock of an account, or of a plan, as long as somebody has it in hand.

    What a batch reads before it writes (which SKUs are free, say) then holds until its writes are done. Otherwise two
    applies that both find a SKU free would both make its product.
    """
    locks = _BY_LOOP.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
    lock = locks.get(name)
    if lock is None:
        lock = locks[name] = asyncio.Lock()
    return lock


__all__ = ["turn"]
