"""What every adapter must keep, as tests that an adapter inherits.

    class TestMyStore(StoreConformance):
        store = MyStore
        emulator = MyEmulator
        unlimited = {"rate_limit": None}

Each test runs the store against the adapter's own emulator, on an event loop of its own, so that they need no plugin
for asyncio. `docs/testing.md` lists them, and what the emulator must offer.
"""

from commerce_async.testing.conformance.base import Scene
from commerce_async.testing.conformance.failing import Failing
from commerce_async.testing.conformance.manners import Manners
from commerce_async.testing.conformance.reading import Reading
from commerce_async.testing.conformance.writing import Writing


class StoreConformance(Reading, Failing, Manners, Writing):
    """All of it."""


__all__ = ["Scene", "StoreConformance"]
