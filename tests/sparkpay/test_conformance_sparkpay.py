"""Spark Pay's adapter keeps what every adapter must."""

from __future__ import annotations

from commerce_async.testing import StoreConformance
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator


class TestSparkPay(StoreConformance):
    store = SparkPay
    emulator = SparkPayEmulator
    settings = {"page_size": 7, "limit": 1000}
    unlimited = {"window": None}
    limited = {"limit": 10, "period": 0.5}
    limited_settings = {"limit": 10, "period": 0.5}
