"""What you fill in to write to FastSpring: products (`store.api.products`) and orders (`store.api.orders`).

    draft = ProductDraft(
        product="pro-monthly",
        display={"en": "Pro"},
        pricing=PricingDraft(price={"USD": Decimal("14.95")}, interval="month", interval_length=1),
    )
    check(draft)  # {} : no faults
    batch = await store.api.products.create([draft])

Drafts from the common schema: `fastspring_async.mapping.to_draft`.
"""

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
    "DateLimitsDraft",
    "DescriptionDraft",
    "FileDraft",
    "FulfillmentDraft",
    "NoticeDraft",
    "OrderDraft",
    "OrderItemDraft",
    "PricingDraft",
    "ProductDraft",
    "SetupFeeDraft",
    "Written",
    "check",
    "check_order",
]
