"""Spark Pay's JSON as structs: only the fields that somebody uses; the rest stays in each record's `raw`."""

from sparkpay_async.wire.base import CustomField, Entity, Flag
from sparkpay_async.wire.catalog import (
    Category,
    Picture,
    Pricing,
    Product,
    ProductCategory,
    ProductStatus,
    ProductVariant,
    VariantInventory,
)
from sparkpay_async.wire.envelope import Rows, read_one, read_rows
from sparkpay_async.wire.orders import (
    Order,
    OrderAddress,
    OrderItem,
    OrderItemVariant,
    OrderPayment,
    OrderShipment,
    OrderStatus,
)
from sparkpay_async.wire.people import Address, Customer

__all__ = [
    "Address",
    "Category",
    "CustomField",
    "Customer",
    "Entity",
    "Flag",
    "Order",
    "OrderAddress",
    "OrderItem",
    "OrderItemVariant",
    "OrderPayment",
    "OrderShipment",
    "OrderStatus",
    "Picture",
    "Pricing",
    "Product",
    "ProductCategory",
    "ProductStatus",
    "ProductVariant",
    "Rows",
    "VariantInventory",
    "read_one",
    "read_rows",
]
