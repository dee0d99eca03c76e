"""Where a sync lands."""

from commerce_async.sinks.sql import Checkpoint, Counts, Sink

__all__ = ["Checkpoint", "Counts", "Sink"]
