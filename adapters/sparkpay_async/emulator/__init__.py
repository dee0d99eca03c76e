"""A Spark Pay store to test against: its rules, its limits and its irregular data, on a loopback port."""

from .limiter import CallLimit
from .oauth import CLIENT_ID, SECRET, OAuth
from .quirks import Quirks
from .replies import RetryAfter
from .server import TOKEN, SparkPayEmulator

__all__ = ["CLIENT_ID", "SECRET", "TOKEN", "CallLimit", "OAuth", "Quirks", "RetryAfter", "SparkPayEmulator"]
