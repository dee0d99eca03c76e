"""Spark Pay's records as common ones. Pure; docs/mapping-sparkpay.md is the table of it."""

from sparkpay_async.mapping.orders import Joined, order, order_status
from sparkpay_async.mapping.products import categories, prices, product, product_kind, product_status, subscription
from sparkpay_async.mapping.values import VENDOR, Shop, when

__all__ = [
    "VENDOR",
    "Joined",
    "Shop",
    "categories",
    "order",
    "order_status",
    "prices",
    "product",
    "product_kind",
    "product_status",
    "subscription",
    "when",
]
