"""Spark Pay's own endpoints, with its own types (`sparkpay_async.wire`) and queries (`sparkpay_async.query`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast, overload

import msgspec

from commerce_async.errors import UsageError
from sparkpay_async import drafts, wire
from sparkpay_async.api import pass_through
from sparkpay_async.api.catalog import Categories, InventoryApi, Products
from sparkpay_async.api.reads import Id, Listed, Metadata, ReadOnly
from sparkpay_async.api.resource import Resource
from sparkpay_async.api.sales import Carts, CreditCards, Integrated, OrderPayments, Orders, Subscriptions
from sparkpay_async.api.system import Addresses, EmailTemplates, FilesApi, ImportsApi, Stores
from sparkpay_async.calls.answers import Answer, Decrypted
from sparkpay_async.kinds import RESOURCES, WRITES
from sparkpay_async.query import declared as query
from sparkpay_async.settling import AmbiguousError
from sparkpay_async.writing import Saved, Sending

T = TypeVar("T")
Draft: TypeAlias = Mapping[str, object]

# What has more than the generic routes.
_OWN: Final[Mapping[str, type[ReadOnly[Any, Any]]]] = MappingProxyType(
    {
        "addresses": Addresses,
        "carts": Carts,
        "categories": Categories,
        "credit_cards": CreditCards,
        "customers": Integrated,
        "email_templates": EmailTemplates,
        "order_payments": OrderPayments,
        "order_shipments": Integrated,
        "orders": Orders,
        "products": Products,
        "stores": Stores,
        "subscriptions": Subscriptions,
    }
)


class Api:
    """The vendor's own API, one attribute per resource. docs/sparkpay-operations.md lists every operation.

    Args:
        page_size: records per page of a list.
    """

    products: Products[wire.Product, query.Product, drafts.ProductDraft]
    product_variants: Resource[wire.ProductVariant, query.ProductVariant, drafts.ProductVariantDraft]
    variant_groups: Resource[wire.VariantGroup, query.VariantGroup, drafts.VariantGroupDraft]
    variant_inventory: Resource[wire.VariantInventory, query.VariantInventory, drafts.VariantInventoryDraft]
    product_pictures: Resource[wire.ProductPicture, query.ProductPicture, drafts.ProductPictureDraft]
    product_pricing: Resource[wire.ProductPricing, query.ProductPricing, drafts.ProductPricingDraft]
    product_reviews: Resource[wire.ProductReview, query.ProductReview, Draft]
    shipping_rate_adjustments: Resource[wire.ShippingRateAdjustment, query.ShippingRateAdjustment, Draft]
    product_inactive_in_store: Resource[wire.ProductInactiveInStore, query.ProductInactiveInStore, Draft]
    notifications: Resource[wire.Notification, query.Notification, Draft]
    categories: Categories[wire.Category, query.Category, drafts.CategoryDraft]
    manufacturers: Resource[wire.Manufacturer, query.Manufacturer, drafts.ManufacturerDraft]
    product_statuses: Resource[wire.ProductStatus, query.ProductStatus, drafts.ProductStatusDraft]
    attributes: Resource[wire.Attribute, query.Attribute, Draft]
    attribute_groups: Resource[wire.AttributeGroup, query.AttributeGroup, Draft]
    product_lists: Resource[wire.ProductList, query.ProductList, Draft]
    price_calculators: Resource[wire.PriceCalculator, query.PriceCalculator, Draft]
    price_calculator_rules: Resource[wire.PriceCalculatorRule, query.PriceCalculatorRule, Draft]
    price_calculator_rule_modifiers: Resource[
        wire.PriceCalculatorRuleModifier, query.PriceCalculatorRuleModifier, Draft
    ]
    customers: Integrated[wire.Customer, query.Customer, drafts.CustomerDraft]
    addresses: Addresses[wire.Address, query.Address, drafts.AddressDraft]
    customer_association: Resource[wire.CustomerAssociation, query.CustomerAssociation, Draft]
    customer_types: Resource[wire.CustomerType, query.CustomerType, Draft]
    customer_payment_methods: Resource[wire.CustomerPaymentMethod, query.CustomerPaymentMethod, Draft]
    profiles: Resource[wire.Profile, query.Profile, Draft]
    users: Resource[wire.User, query.User, Draft]
    orders: Orders[wire.Order, query.Order, drafts.OrderDraft]
    order_items: Resource[wire.OrderItem, query.OrderItem, drafts.OrderItemDraft]
    order_payments: OrderPayments[wire.OrderPayment, query.OrderPayment, drafts.OrderPaymentDraft]
    order_shipments: Integrated[wire.OrderShipment, query.OrderShipment, drafts.OrderShipmentDraft]
    order_addresses: Resource[wire.OrderAddress, query.OrderAddress, drafts.OrderAddressDraft]
    order_statuses: Resource[wire.OrderStatus, query.OrderStatus, drafts.OrderStatusDraft]
    quotes: Resource[wire.Quote, query.Quote, Draft]
    carts: Carts[wire.Cart, query.Cart, Draft]
    cart_items: Resource[wire.CartItem, query.CartItem, Draft]
    wishlists: Resource[wire.Wishlist, query.Wishlist, Draft]
    subscriptions: Subscriptions[wire.Subscription, query.Subscription, Draft]
    credit_cards: CreditCards[wire.CreditCard, query.CreditCard, Draft]
    blogs: Resource[wire.Blog, query.Blog, Draft]
    blog_categories: Resource[wire.BlogCategory, query.BlogCategory, Draft]
    blog_posts: Resource[wire.BlogPost, query.BlogPost, Draft]
    links: Resource[wire.Link, query.Link, Draft]
    pages: Resource[wire.Page, query.Page, Draft]
    adcodes: Resource[wire.Adcode, query.Adcode, Draft]
    affiliates: ReadOnly[wire.Affiliate, query.Affiliate]
    coupon_codes: Resource[wire.CouponCode, query.CouponCode, drafts.CouponCodeDraft]
    discount_methods: Resource[wire.DiscountMethod, query.DiscountMethod, Draft]
    discount_rules: Resource[wire.DiscountRule, query.DiscountRule, Draft]
    discount_actions: Resource[wire.DiscountAction, query.DiscountAction, Draft]
    drips: Resource[wire.Drip, query.Drip, Draft]
    email_templates: EmailTemplates[wire.EmailTemplate, query.EmailTemplate, Draft]
    gift_certificates: Resource[wire.GiftCertificate, query.GiftCertificate, Draft]
    gift_certificate_transactions: Resource[wire.GiftCertificateTransaction, query.GiftCertificateTransaction, Draft]
    mailing_lists: Resource[wire.MailingList, query.MailingList, Draft]
    custom_fields: Resource[wire.CustomFieldDefinition, query.CustomFieldDefinition, Draft]
    custom_field_values: Resource[wire.CustomFieldValue, query.CustomFieldValue, Draft]
    payment_methods: Resource[wire.PaymentMethod, query.PaymentMethod, Draft]
    regions: Resource[wire.Region, query.Region, Draft]
    shipping_providers: Resource[wire.ShippingProvider, query.ShippingProvider, Draft]
    shipping_provider_services: Resource[wire.ShippingProviderService, query.ShippingProviderService, Draft]
    custom_shipping_methods: Resource[wire.CustomShippingMethod, query.CustomShippingMethod, Draft]
    store_locations: Resource[wire.StoreLocation, query.StoreLocation, Draft]
    tax_rates: Resource[wire.TaxRate, query.TaxRate, Draft]
    url_redirects: Resource[wire.UrlRedirect, query.UrlRedirect, Draft]
    warehouses: Resource[wire.Warehouse, query.Warehouse, drafts.WarehouseDraft]
    blacklisted_ips: Resource[wire.BlacklistedIp, query.BlacklistedIp, Draft]
    external_image_whitelist: Resource[wire.ExternalImageSite, query.ExternalImageSite, Draft]
    stores: Stores[wire.Store, query.Store]
    sessions: ReadOnly[wire.Session, query.Session]
    microstores: Resource[wire.Microstore, query.Microstore, Draft]
    webhooks: Resource[wire.Webhook, query.Webhook, drafts.WebhookDraft]

    def __init__(self, client: Sending, page_size: int) -> None:
        self._client = client
        self._page_size = page_size
        self.inventory = InventoryApi(client)
        self.files = FilesApi(client)
        self.imports = ImportsApi(client)

    if not TYPE_CHECKING:  # a type checker goes by the annotations

        def __getattr__(self, name: str) -> ReadOnly[Any, Any]:
            # Made when first used: there are many, and `with_options` makes another Api for every use.
            kind = RESOURCES.get(name)
            if kind is None:
                close = get_close_matches(name, RESOURCES, n=1)
                hint = f"; did you mean {close[0]}?" if close else ""
                raise AttributeError(f"Spark Pay has no resource {name!r}{hint}", name=name, obj=self)
            made = _OWN.get(name) or (ReadOnly if kind.verbs.isdisjoint(WRITES) else Resource)
            found = made(self._client, kind, self._page_size)
            setattr(self, name, found)
            return found

    def __dir__(self) -> Iterable[str]:
        return {*super().__dir__(), *RESOURCES}

    def resource(self, name: str) -> Resource[Any, Any, Any]:
        """A resource by its name in the path, for programs that go by names.

        What the vendor does not have for it is refused when it is called.

        Raises:
            UsageError: there is no such resource.
        """
        if name not in RESOURCES:
            raise UsageError(f"Spark Pay has no resource {name[:40]!r}")
        found: ReadOnly[Any, Any] = getattr(self, name)
        if isinstance(found, Resource):
            return cast("Resource[Any, Any, Any]", found)
        return Resource(self._client, found.kind, found.page_size)

    @overload
    async def request(
        self,
        method: str,
        path: str | Iterable[str],
        *,
        query: Mapping[str, object] | Iterable[tuple[str, object]] = (),
        json: object = msgspec.UNSET,
        headers: Mapping[str, str] | None = None,
        decode: None = None,
        fresh: bool = False,
        idempotent: bool | None = None,
    ) -> Any: ...

    @overload
    async def request(
        self,
        method: str,
        path: str | Iterable[str],
        *,
        query: Mapping[str, object] | Iterable[tuple[str, object]] = (),
        json: object = msgspec.UNSET,
        headers: Mapping[str, str] | None = None,
        decode: type[T],
        fresh: bool = False,
        idempotent: bool | None = None,
    ) -> T: ...

    async def request(
        self,
        method: str,
        path: str | Iterable[str],
        *,
        query: Mapping[str, object] | Iterable[tuple[str, object]] = (),
        json: object = msgspec.UNSET,
        headers: Mapping[str, str] | None = None,
        decode: type[Any] | None = None,
        fresh: bool = False,
        idempotent: bool | None = None,
    ) -> Any:
        """Any request, through the same pipeline: limits, retries, verdicts and errors are those of every other call.

        Args:
            method: GET, POST, PUT or DELETE.
            path: `/a/b`, below `/api/v1`, or its segments as plain text.
            query: names and values: text, numbers, times, True and False; None is left out. Nothing is checked.
            json: the body. `Decimal` stands in it digit for digit.
            headers: sent beside our own.
            decode: the type that the reply is read as: a msgspec type, `bytes` for the body as it came, or `Reply` of
                `commerce_async.http.call` for all of it, status and headers too. Without one it is plain objects,
                fractions as exact `Decimal`, None if there is no body.
            fresh: the answer comes from no cache.
            idempotent: whether it may be sent again after a lost answer. By default that is looked up in the table of
                operations; what is not in it is sent again only if it is a GET.

        Raises:
            UsageError: the method, the path, the query, the body or a header cannot be sent.
            CommerceError: as every call.
        """
        return await self._client.send(pass_through.call(method, path, query, json, headers, decode, fresh, idempotent))


__all__ = [
    "AmbiguousError",
    "Answer",
    "Api",
    "Decrypted",
    "Id",
    "Listed",
    "Metadata",
    "ReadOnly",
    "Resource",
    "Saved",
]
