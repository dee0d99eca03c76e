"""Spark Pay's records as common ones, and back. Pure; docs/mapping-sparkpay.md is the table of it."""

from typing import TYPE_CHECKING

from sparkpay_async.mapping.orders import Joined, order, order_status
from sparkpay_async.mapping.products import categories, prices, product, product_kind, product_status, subscription
from sparkpay_async.mapping.values import VENDOR, Defaults, Known, Shop, when

if TYPE_CHECKING:
    from sparkpay_async.mapping.changes import sendable, to_change

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


def __getattr__(name: str) -> object:
    if name in ("sendable", "to_change"):  # for those who write
        from sparkpay_async.mapping import changes

        return getattr(changes, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
