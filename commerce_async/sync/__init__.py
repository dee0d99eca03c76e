"""Bulk sync: stores into a database, and one store onto another."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from commerce_async.sync.gone import MaxGone
from commerce_async.sync.incremental import FULL_EVERY
from commerce_async.sync.pulling import STREAMS, pull
from commerce_async.sync.report import Report, StreamReport

if TYPE_CHECKING:
    from commerce_async.sync.applying import Applied, apply
    from commerce_async.sync.exporting import Exported, export
    from commerce_async.sync.hooks import Hooks
    from commerce_async.sync.planning import plan
    from commerce_async.sync.plans import Plan
    from commerce_async.sync.pushing import Pushed, push
    from commerce_async.sync.wanting import Rate
    from commerce_async.sync.watching import watch

__all__ = [
    "FULL_EVERY",
    "STREAMS",
    "Applied",
    "Exported",
    "Hooks",
    "MaxGone",
    "Plan",
    "Pushed",
    "Rate",
    "Report",
    "StreamReport",
    "apply",
    "export",
    "plan",
    "pull",
    "push",
    "watch",
]

_LATER = {
    "Applied": "applying",
    "apply": "applying",
    "Exported": "exporting",
    "export": "exporting",
    "Hooks": "hooks",
    "plan": "planning",
    "Plan": "plans",
    "Pushed": "pushing",
    "push": "pushing",
    "Rate": "wanting",
    "watch": "watching",
}
"""Where the names are that a pull does without: each is loaded when it is first asked for."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
