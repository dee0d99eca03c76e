"""For your tests and ours: emulator base, faults, virtual time, a pytest plugin, and a conformance suite for adapters.

`docs/testing.md` shows them. Importing this package loads none of it: pytest's plugin is in here, and is imported by
every run of pytest where this distribution is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commerce_async.testing.background import serving
    from commerce_async.testing.clock import VirtualClock, VirtualTimeLoop
    from commerce_async.testing.conformance import StoreConformance
    from commerce_async.testing.emulator import Emulator, Faults, Ledger, Plan

__all__ = [
    "Emulator",
    "Faults",
    "Ledger",
    "Plan",
    "StoreConformance",
    "VirtualClock",
    "VirtualTimeLoop",
    "serving",
]

_HOMES = {
    "VirtualClock": "clock",
    "VirtualTimeLoop": "clock",
    "StoreConformance": "conformance",
    "serving": "background",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'emulator')}"), name)
