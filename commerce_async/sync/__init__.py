"""Bulk sync: stores into a database, and one store onto another."""

from commerce_async.sync.applying import Applied, apply
from commerce_async.sync.exporting import Exported, export
from commerce_async.sync.gone import MaxGone
from commerce_async.sync.hooks import Hooks
from commerce_async.sync.incremental import FULL_EVERY
from commerce_async.sync.planning import plan
from commerce_async.sync.plans import Plan
from commerce_async.sync.pulling import STREAMS, pull
from commerce_async.sync.pushing import Pushed, push
from commerce_async.sync.report import Report, StreamReport
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
