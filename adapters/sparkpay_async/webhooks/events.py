"""The vendor's events (Spark Pay: Webhooks, the table of types). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from commerce_async.errors import UsageError


class Subject(NamedTuple):
    """What a notice is about.

    Attributes:
        members: what it may be called in the body.
        resource: where the record is read.
        id_field: the record's id in that member.
    """

    members: tuple[str, ...]
    resource: str
    id_field: str = "id"


_ORDER: Final = Subject(("order",), "orders")
_QUOTE: Final = Subject(("quote", "order"), "quotes")  # the pages show no body of a quote's
_CUSTOMER: Final = Subject(("customer",), "customers")
_PRODUCT: Final = Subject(("product",), "products")

NOTICES: Final[Mapping[str, Subject]] = MappingProxyType(
    {
        "CustomerCreated": _CUSTOMER,
        "CustomerEmailUpdated": _CUSTOMER,
        "CustomerRegistered": _CUSTOMER,
        "CustomerUpdated": _CUSTOMER,
        "NewOrder": _ORDER,
        "NewQuote": _QUOTE,
        "NewValidOrder": _ORDER,
        "OrderApproved": _ORDER,
        "OrderCanceled": _ORDER,
        "OrderDeclined": _ORDER,
        "OrderPlaced": _ORDER,
        "OrderShipped": _ORDER,
        "OrderStatusChanged": _ORDER,
        "OrderUpdated": _ORDER,
        "PaymentProcessed": Subject(("order_payment",), "order_payments"),
        "ProductCreated": _PRODUCT,
        "ProductStatusChanged": Subject(("item",), "products", "product_id"),
        "ProductUpdated": _PRODUCT,
        "QuoteStatusChanged": _QUOTE,
        "QuoteUpdated": _QUOTE,
    }
)
"""Events that tell of something, each with what it is about."""

QUESTIONS: Final = frozenset(
    {
        "AuthorizingPayment",
        "CapturingPayment",
        "GetDiscount",
        "GetPrice",
        "GetProductStatus",
        "GetTax",
        "ValidateCart",
        "ValidateCheckout",
        "ValidateCustomer",
        "ValidateProduct",
    }
)
"""Events that a person in the shop waits for: the shop goes on with the answer, or without one after 3 seconds."""


def checked(event_type: str) -> str:
    """The event's name.

    Raises:
        UsageError: there is no such event.
    """
    if event_type in NOTICES or event_type in QUESTIONS:
        return event_type
    raise UsageError(f"webhooks: Spark Pay has no event {str(event_type)[:40]!r}; see NOTICES and QUESTIONS")
