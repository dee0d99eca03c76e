"""Bulk sync: stores into a database."""

from commerce_async.sync.pulling import STREAMS, pull
from commerce_async.sync.report import Report, StreamReport

__all__ = ["STREAMS", "Report", "StreamReport", "pull"]
