"""FastSpring as a `commerce_async` store."""

from typing import TYPE_CHECKING

from fastspring_async.store import FastSpring, Settings

if TYPE_CHECKING:
    from fastspring_async.api import Api

__all__ = ["Api", "FastSpring", "Settings"]


def __getattr__(name: str) -> object:
    if name == "Api":  # a sync does without, and it takes half of the time that this package needs to load
        from fastspring_async.api import Api

        return Api
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
