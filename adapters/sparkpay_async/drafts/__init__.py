"""What is written to Spark Pay: typed drafts and their rules. Nothing here does I/O.

A draft is a plain dict with the fields that shall be sent; the `…Draft` types let a type checker read it. `checked`
reads it at run time: the server silently ignores a name it does not know.
"""

from sparkpay_async.drafts.catalog import (
    CategoryDraft,
    ChildProductDraft,
    ListedCategoryDraft,
    ManufacturerDraft,
    ProductDraft,
    ProductPictureDraft,
    ProductPricingDraft,
    ProductStatusDraft,
    ProductVariantDraft,
    VariantChoiceDraft,
    VariantGroupDraft,
    VariantInventoryDraft,
)
from sparkpay_async.drafts.checking import DRAFTS, checked, members, rules
from sparkpay_async.drafts.people import AddressDraft, CustomerDraft, PaymentAvailabilityDraft
from sparkpay_async.drafts.sales import (
    ChosenVariantDraft,
    OrderAddressDraft,
    OrderDraft,
    OrderItemDraft,
    OrderPaymentDraft,
    OrderShipmentDraft,
    OrderStatusDraft,
    PersonalizationDraft,
    ShippedItemDraft,
    ShippingSelectionDraft,
)
from sparkpay_async.drafts.settings import CouponCodeDraft, WarehouseDraft, WebhookDraft
from sparkpay_async.drafts.values import CustomFieldDraft

__all__ = [
    "DRAFTS",
    "AddressDraft",
    "CategoryDraft",
    "ChildProductDraft",
    "ChosenVariantDraft",
    "CouponCodeDraft",
    "CustomFieldDraft",
    "CustomerDraft",
    "ListedCategoryDraft",
    "ManufacturerDraft",
    "OrderAddressDraft",
    "OrderDraft",
    "OrderItemDraft",
    "OrderPaymentDraft",
    "OrderShipmentDraft",
    "OrderStatusDraft",
    "PaymentAvailabilityDraft",
    "PersonalizationDraft",
    "ProductDraft",
    "ProductPictureDraft",
    "ProductPricingDraft",
    "ProductStatusDraft",
    "ProductVariantDraft",
    "ShippedItemDraft",
    "ShippingSelectionDraft",
    "VariantChoiceDraft",
    "VariantGroupDraft",
    "VariantInventoryDraft",
    "WarehouseDraft",
    "WebhookDraft",
    "checked",
    "members",
    "rules",
]
