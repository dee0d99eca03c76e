"""An emulated FastSpring for demos and tests, written from the vendor's pages and from what live shops send."""

from fastspring_async.emulator.options import Dialect, History, Irregular
from fastspring_async.emulator.server import FastSpringEmulator

__all__ = ["Dialect", "FastSpringEmulator", "History", "Irregular"]
