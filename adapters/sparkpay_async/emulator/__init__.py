"""A Spark Pay store to test against: its rules, its limits and its irregular data, on a loopback port."""

from .limiter import CallLimit
from .replies import RetryAfter
from .server import TOKEN, SparkPayEmulator

__all__ = ["TOKEN", "CallLimit", "RetryAfter", "SparkPayEmulator"]
