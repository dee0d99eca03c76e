"""Spark Pay Online Store as a `commerce_async` store."""

from sparkpay_async.api import AmbiguousError, Api, ReadOnly, Resource, Saved
from sparkpay_async.oauth import OAuth
from sparkpay_async.store import Settings, SparkPay
from sparkpay_async.verdict import VendorError, vendor_error

__all__ = [
    "AmbiguousError",
    "Api",
    "OAuth",
    "ReadOnly",
    "Resource",
    "Saved",
    "Settings",
    "SparkPay",
    "VendorError",
    "vendor_error",
]
