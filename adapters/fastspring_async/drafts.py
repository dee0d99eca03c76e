"""What you fill in to write to FastSpring: products, orders, accounts, coupons, returns, sessions and subscriptions.

    draft = ProductDraft(
        product="pro-monthly",
        display={"en": "Pro"},
        pricing=PricingDraft(price={"USD": Decimal("14.95")}, interval="month", interval_length=1),
    )
    check(draft)  # {} : no faults
    batch = await store.api.products.create([draft])

Drafts from the common schema: `fastspring_async.mapping.to_draft`.
"""

from fastspring_async.bodies import (
    AccountDraft,
    AddonDraft,
    ContactDraft,
    CouponDraft,
    DiscountDraft,
    ReturnDraft,
    ReturnItemDraft,
    SessionDraft,
    SessionItemDraft,
    SubscriptionDraft,
)
from fastspring_async.drafting.check import check
from fastspring_async.drafting.order import OrderDraft, OrderItemDraft, check_order
from fastspring_async.drafting.product import (
    DateLimitsDraft,
    DescriptionDraft,
    FileDraft,
    FulfillmentDraft,
    NoticeDraft,
    PricingDraft,
    ProductDraft,
    SetupFeeDraft,
)
from fastspring_async.drafting.results import Written

__all__ = [
    "AccountDraft",
    "AddonDraft",
    "ContactDraft",
    "CouponDraft",
    "DateLimitsDraft",
    "DescriptionDraft",
    "DiscountDraft",
    "FileDraft",
    "FulfillmentDraft",
    "NoticeDraft",
    "OrderDraft",
    "OrderItemDraft",
    "PricingDraft",
    "ProductDraft",
    "ReturnDraft",
    "ReturnItemDraft",
    "SessionDraft",
    "SessionItemDraft",
    "SetupFeeDraft",
    "SubscriptionDraft",
    "Written",
    "check",
    "check_order",
]
