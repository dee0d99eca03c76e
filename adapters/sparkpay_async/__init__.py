"""Spark Pay Online Store as a `commerce_async` store."""

from typing import TYPE_CHECKING

from sparkpay_async.store import Settings, SparkPay
from sparkpay_async.verdict import VendorError, vendor_error

if TYPE_CHECKING:
    from sparkpay_async.api import AmbiguousError, Api, ReadOnly, Resource, Saved
    from sparkpay_async.oauth import OAuth

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


def __getattr__(name: str) -> object:
    # A sync does without them, and they take half of the time that this package needs to load.
    if name == "OAuth":
        from sparkpay_async.oauth import OAuth

        return OAuth
    if name in __all__:
        from sparkpay_async import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
