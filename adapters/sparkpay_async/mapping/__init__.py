"""Spark Pay's records as common ones, and back. Pure; docs/mapping-sparkpay.md is the table of it."""

from sparkpay_async.mapping.changes import sendable, to_change
from sparkpay_async.mapping.orders import Joined, order, order_status
from sparkpay_async.mapping.products import categories, prices, product, product_kind, product_status, subscription
from sparkpay_async.mapping.values import VENDOR, Defaults, Known, Shop, when

__all__ = [
    "VENDOR",
    "Defaults",
    "Joined",
    "Known",
    "Shop",
    "categories",
    "order",
    "order_status",
    "prices",
    "product",
    "product_kind",
    "product_status",
    "sendable",
    "subscription",
    "to_change",
    "when",
]
