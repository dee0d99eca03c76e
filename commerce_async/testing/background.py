"""An emulator in a thread of its own, for tests that have no event loop, or one of their own kind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import TypeVar

from commerce_async.testing.emulator import Emulator

E = TypeVar("E", bound=Emulator)


@contextmanager
def serving(emulator: E) -> Generator[E]:
    """Runs an emulator in the background: `with serving(SomeEmulator()) as emulator:`.

    Its `url`, `settings()`, `ledger`, `faults` and `plans` may be read and changed from the caller's thread, and its
    records between calls.

    Raises:
        OSError: the port is taken.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop,), name="emulator", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(emulator.__aenter__(), loop).result()
        try:
            yield emulator
        finally:
            asyncio.run_coroutine_threadsafe(emulator.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
