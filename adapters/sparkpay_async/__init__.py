"""Spark Pay Online Store as a `commerce_async` store."""

from sparkpay_async.api import Api, Resource
from sparkpay_async.store import Settings, SparkPay

__all__ = ["Api", "Resource", "Settings", "SparkPay"]
