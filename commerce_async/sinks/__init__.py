"""Where a sync lands."""

from commerce_async.sinks.checkpoints import Checkpoint
from commerce_async.sinks.rows import RawMode
from commerce_async.sinks.sql import Sink
from commerce_async.sinks.writing import Counts

__all__ = ["Checkpoint", "Counts", "RawMode", "Sink"]
