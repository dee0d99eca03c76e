"""Tinyshop's adapter keeps what every adapter must: `pytest examples/tinyshop`."""

from __future__ import annotations

from commerce_async.testing import StoreConformance
from tinyshop_async import TinyShop
from tinyshop_async.emulator import TinyShopEmulator


class TestTinyShop(StoreConformance):
    store = TinyShop
    emulator = TinyShopEmulator
    settings = {"page_size": 7, "limit": 1000}
    unlimited = {"limit": None}
    limited = {"limit": (10, 0.5)}
    limited_settings = {"limit": 10, "period": 0.5}
