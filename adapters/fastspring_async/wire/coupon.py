"""FastSpring: /coupons."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec

from commerce_async.schema.lenient import Amount, Wire
from fastspring_async.wire.base import Amounts, Item, Part, Words, force_amounts, reading
from fastspring_async.wire.change import Change, CodesChange, reading_change


class Discount(Wire, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What a coupon takes off.

    Attributes:
        type: `percent` or `flat`.
        amount: by currency, for `flat`; under "" where the vendor names no currency.
        percent: for `percent`.
        discounts: one by one, where there are several, as the vendor writes them.
    """

    type: str | None = None
    amount: Amounts = msgspec.field(default_factory=dict[str, Decimal])
    percent: Amount = None
    has_multiple_discounts: bool | None = None
    discounts: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        force_amounts(self, "amount")


class Available(Part, frozen=True, kw_only=True, gc=False):
    """From when to when; both None for always. The vendor writes it as text or in milliseconds."""

    start: str | int | None = None
    end: str | int | None = None


class Coupon(Item, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A coupon. `coupon` is its path, which is its id.

    Attributes:
        discount: an object, or a bare amount in older replies.
        limit: uses; the vendor writes it as text. None and "" are without end.
        products: paths that it is for; none for all.
    """

    coupon: str | None = None
    id: str | None = None
    discount: Discount | None = None
    order_level_discount: bool | None = None
    discount_period_count: int | None = None
    apply_discount_immediately: bool | None = None
    combine: bool | None = None
    reason: Words = None
    limit: str | int | None = None
    available: Available | None = None
    products: list[str] | None = None
    codes: list[str] | None = None

    @property
    def key(self) -> str:
        """The path."""
        return self.coupon or self.id or ""

    @property
    def uses(self) -> int | None:
        """How often it may be used; None for without end."""
        words = str(self.limit).strip() if self.limit is not None else ""
        return int(words) if words.isascii() and words.isdigit() and len(words) < 16 else None


class CouponCodes(Item, frozen=True, kw_only=True, gc=False):
    """The codes that a customer types in."""

    coupon: str | None = None
    codes: list[str] = msgspec.field(default_factory=list[str])


read_coupon: Final = reading(Coupon, "coupon", "id")
read_codes: Final = reading(CouponCodes, "coupon", "id")
read_coupon_change: Final = reading_change(Change, "coupon", "id")
read_codes_change: Final = reading_change(CodesChange, "coupon", "id")
