"""FastSpring as a `commerce_async` store."""

from fastspring_async.api import Api
from fastspring_async.store import FastSpring, Settings

__all__ = ["Api", "FastSpring", "Settings"]
