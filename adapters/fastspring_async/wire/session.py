"""FastSpring: /sessions, and the newer /v2/checkouts sessions."""

from __future__ import annotations

from typing import Any, Final

from commerce_async.schema.lenient import Amount, Wire
from fastspring_async.wire.base import Item, Reference, reading


class SessionItem(Wire, frozen=True, kw_only=True, gc=False):
    """A product in the cart."""

    product: str | Reference | None = None
    quantity: int | None = None
    display: Any = None
    subtotal: Amount = None


class Session(Item, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A cart made for one customer.

    Attributes:
        id: stands in the link to the storefront.
        expires: milliseconds since 1970, or an ISO 8601 time in the newer API.
        order: the order's id once there is one.
        warnings, checkout_status: what the newer API says of problems, which it does not call errors.
    """

    id: str | None = None
    currency: str | None = None
    expires: int | str | None = None
    order: str | Reference | None = None
    account: str | Reference | None = None
    subtotal: Amount = None
    items: list[SessionItem] | None = None
    url: str | None = None
    warnings: Any = None
    checkout_status: Any = None


read_session: Final = reading(Session, "id", "session")
