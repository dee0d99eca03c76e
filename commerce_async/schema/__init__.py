"""Common schemas: what a product and an order are, whichever vendor they came from."""

from commerce_async.schema.base import Record, Unreadable
from commerce_async.schema.money import money, require_currency
from commerce_async.schema.order import (
    Address,
    Customer,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    Return,
    Shipment,
)
from commerce_async.schema.product import (
    Category,
    Image,
    Price,
    Product,
    ProductKind,
    ProductStatus,
    Stock,
    Subscription,
    Text,
    Variant,
)
from commerce_async.schema.writes import FieldChange, NotCarried, ProductChange, Written

__all__ = [
    "Address",
    "Category",
    "Customer",
    "FieldChange",
    "Image",
    "NotCarried",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Payment",
    "Price",
    "Product",
    "ProductChange",
    "ProductKind",
    "ProductStatus",
    "Record",
    "Return",
    "Shipment",
    "Stock",
    "Subscription",
    "Text",
    "Unreadable",
    "Variant",
    "Written",
    "money",
    "require_currency",
]
