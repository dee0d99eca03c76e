"""FastSpring's adapter keeps what every adapter must."""

from __future__ import annotations

from commerce_async.testing import StoreConformance
from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator


class TestFastSpring(StoreConformance):
    store = FastSpring
    emulator = FastSpringEmulator
    settings = {"rate": 1000.0, "page_size": 7}
    unlimited = {"rate_limit": None, "throttle_with": "429"}
    limited = {"rate_limit": (10, 1.0), "rate_kind": "sliding"}
    limited_settings = {"rate": 9.0}
    burst = 15
