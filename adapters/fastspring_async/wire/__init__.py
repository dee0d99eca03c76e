"""FastSpring's own objects as structs, and how they come out of a reply. Pure: nothing here does I/O."""

from fastspring_async.wire.base import Item, Reference, Refusal
from fastspring_async.wire.batch import Answers, Shape, sort_out
from fastspring_async.wire.envelope import ORDERS, PRODUCTS, Envelope, Form, Kind, refusal_of
from fastspring_async.wire.order import (
    Account,
    Address,
    Contact,
    Driver,
    Order,
    OrderItem,
    OrderReturn,
    Payment,
    Recipient,
    RecipientEntry,
    read_order,
)
from fastspring_async.wire.price import LocalPrice, ProductPrices, read_prices
from fastspring_async.wire.product import Description, Pricing, Product, SetupFee, read_product

__all__ = [
    "ORDERS",
    "PRODUCTS",
    "Account",
    "Address",
    "Answers",
    "Contact",
    "Description",
    "Driver",
    "Envelope",
    "Form",
    "Item",
    "Kind",
    "LocalPrice",
    "Order",
    "OrderItem",
    "OrderReturn",
    "Payment",
    "Pricing",
    "Product",
    "ProductPrices",
    "Recipient",
    "RecipientEntry",
    "Reference",
    "Refusal",
    "SetupFee",
    "Shape",
    "read_order",
    "read_prices",
    "read_product",
    "refusal_of",
    "sort_out",
]
