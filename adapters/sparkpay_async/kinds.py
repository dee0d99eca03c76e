"""The table of the vendor's resources (Spark Pay: Resource list, and each resource's page).

docs/sparkpay-resources.md shows it. What a POST demands is left to the vendor where its pages contradict each other:
a product needs no price, an order no total.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

from sparkpay_async import wire
from sparkpay_async.kind import READS, WRITES, Identified, Kind, Parsed, is_id, parse
from sparkpay_async.query import declared as query
from sparkpay_async.query.columns import Fields, barred_of

__all__ = ["KINDS", "READS", "RESOURCES", "WRITES", "Identified", "Kind", "Parsed", "is_id", "parse"]

W = TypeVar("W")


def _kind(
    struct: type[W],
    columns: type[Fields],
    name: str,
    *aliases: str,
    required: str = "",
    natural: str = "",
    overwrites: bool = False,
    nested: Mapping[str, str] | None = None,
    id_field: str = "id",
    verbs: frozenset[str] = READS | WRITES,
) -> Kind[W]:
    return Kind(
        name=name,
        keys=(name, *aliases),
        struct=struct,
        nested=MappingProxyType(dict(nested or {})),
        verbs=verbs,
        required=tuple(required.split()),
        barred=barred_of(columns),
        natural=tuple(natural.split()),
        overwrites=overwrites,
        columns=columns,
        id_field=id_field,
    )


def _part(struct: type[W], name: str, *aliases: str, id_field: str | None = "id") -> Kind[W]:
    _, _, nested = name.partition(".")
    return Kind(name=name, keys=(nested, *aliases), struct=struct, verbs=frozenset(), id_field=id_field)


# fmt: off
# -- catalog -----------------------------------------------------------------------------------------------------------
PRODUCTS: Final = _kind(
    wire.Product, query.Product, "products", required="item_name product_status_id primary_category_id",
    natural="item_number",
    nested={
        "variants": "product_variants", "personalizations": "products.personalizations",
        "related": "products.related", "categories": "products.categories", "pricing": "product_pricing",
        "attributes": "products.attributes", "variant_inventory": "variant_inventory", "pictures": "product_pictures",
        "child_products": "products.child_products", "shipping_rate_adjustments": "shipping_rate_adjustments",
        "reviews": "product_reviews", "custom_fields": "records.custom_fields",
    },
)
PRODUCT_VARIANTS: Final = _kind(
    wire.ProductVariant, query.ProductVariant, "product_variants", "variants", required="product_id variant_group_id",
    natural="product_id variant_group_id description",
)
VARIANT_GROUPS: Final = _kind(
    wire.VariantGroup, query.VariantGroup, "variant_groups", natural="name", nested={"variants": "product_variants"},
)
VARIANT_INVENTORY: Final = _kind(
    wire.VariantInventory, query.VariantInventory, "variant_inventory", required="product_id variants",
    natural="item_number", nested={"pricing": "product_pricing", "variants": "product_variants"},
)
PRODUCT_PICTURES: Final = _kind(
    wire.ProductPicture, query.ProductPicture, "product_pictures", "pictures", required="product_id image_file",
    natural="product_id image_file",
)
PRODUCT_PRICING: Final = _kind(
    wire.ProductPricing, query.ProductPricing, "product_pricing", "pricing", required="product_id",
)
PRODUCT_REVIEWS: Final = _kind(
    wire.ProductReview, query.ProductReview, "product_reviews", "reviews",
    nested={"ratings": "product_reviews.ratings"},
)
SHIPPING_RATE_ADJUSTMENTS: Final = _kind(
    wire.ShippingRateAdjustment, query.ShippingRateAdjustment, "shipping_rate_adjustments",
)
PRODUCT_INACTIVE_IN_STORE: Final = _kind(
    wire.ProductInactiveInStore, query.ProductInactiveInStore, "product_inactive_in_store", natural="item_id store_id",
)
NOTIFICATIONS: Final = _kind(
    wire.Notification, query.Notification, "notifications", natural="product_id email_address",
    id_field="notification_id",
)
CATEGORIES: Final = _kind(
    wire.Category, query.Category, "categories", required="name", natural="name parent_category_id",
    nested={"products": "products", "custom_fields": "records.custom_fields"},
)
MANUFACTURERS: Final = _kind(wire.Manufacturer, query.Manufacturer, "manufacturers", natural="name")
PRODUCT_STATUSES: Final = _kind(
    wire.ProductStatus, query.ProductStatus, "product_statuses", "statuses", required="name", natural="name",
)
ATTRIBUTES: Final = _kind(
    wire.Attribute, query.Attribute, "attributes", required="attribute_group_id", natural="attribute_group_id name",
)
ATTRIBUTE_GROUPS: Final = _kind(wire.AttributeGroup, query.AttributeGroup, "attribute_groups", natural="name")
PRODUCT_LISTS: Final = _kind(
    wire.ProductList, query.ProductList, "product_lists", natural="name", nested={"items": "product_lists.items"},
)
PRICE_CALCULATORS: Final = _kind(
    wire.PriceCalculator, query.PriceCalculator, "price_calculators", "price_calculation", required="calculation_name",
    natural="calculation_name", nested={"rules": "price_calculator_rules"},
)
PRICE_CALCULATOR_RULES: Final = _kind(
    wire.PriceCalculatorRule, query.PriceCalculatorRule, "price_calculator_rules",
    nested={"modifiers": "price_calculator_rule_modifiers"},
)
PRICE_CALCULATOR_RULE_MODIFIERS: Final = _kind(
    wire.PriceCalculatorRuleModifier, query.PriceCalculatorRuleModifier, "price_calculator_rule_modifiers",
    required="price_calculator_rule_id",
)

# -- people ------------------------------------------------------------------------------------------------------------
CUSTOMERS: Final = _kind(
    wire.Customer, query.Customer, "customers", required="email store_id", natural="email",
    nested={
        "additional_emails": "customers.additional_emails", "addresses": "addresses",
        "customer_store_locations": "customers.customer_store_locations", "reward_points": "customers.reward_points",
        "custom_fields": "records.custom_fields",
    },
)
ADDRESSES: Final = _kind(wire.Address, query.Address, "addresses", required="customer_id country")
CUSTOMER_ASSOCIATION: Final = _kind(
    wire.CustomerAssociation, query.CustomerAssociation, "customer_association",
    natural="association_type_id parent_customer_id child_customer_id", id_field="customer_association_id",
)
CUSTOMER_TYPES: Final = _kind(
    wire.CustomerType, query.CustomerType, "customer_types", required="name", natural="name",
    nested={
        "customer_type_payment_methods_availability": "customer_types.customer_type_payment_methods_availability",
    },
)
CUSTOMER_PAYMENT_METHODS: Final = _kind(
    wire.CustomerPaymentMethod, query.CustomerPaymentMethod, "customer_payment_methods",
    nested={"fields": "customer_payment_methods.fields"},
)
PROFILES: Final = _kind(
    wire.Profile, query.Profile, "profiles", required="username", natural="username",
    nested={"contacts": "profiles.contacts"},
)
USERS: Final = _kind(wire.User, query.User, "users", natural="username")

# -- sales -------------------------------------------------------------------------------------------------------------
ORDERS: Final = _kind(
    wire.Order, query.Order, "orders",
    required="customer_id order_status_id order_shipping_address_id order_billing_address_id",
    nested={
        "items": "order_items", "payments": "order_payments", "shipments": "order_shipments",
        "custom_fields": "records.custom_fields",
    },
)
ORDER_ITEMS: Final = _kind(wire.OrderItem, query.OrderItem, "order_items", "items", required="order_id")
ORDER_PAYMENTS: Final = _kind(
    wire.OrderPayment, query.OrderPayment, "order_payments", "payments", required="customer_id order_id",
    nested={"fields": "order_payments.fields"},
)
ORDER_SHIPMENTS: Final = _kind(
    wire.OrderShipment, query.OrderShipment, "order_shipments", "shipments", required="order_id",
    natural="order_id shipment_name", overwrites=True, nested={"items": "order_shipments.items"},
)
ORDER_ADDRESSES: Final = _kind(
    wire.OrderAddress, query.OrderAddress, "order_addresses", "addresses", required="customer_id",
)
ORDER_STATUSES: Final = _kind(wire.OrderStatus, query.OrderStatus, "order_statuses", "statuses", natural="name")
QUOTES: Final = _kind(
    wire.Quote, query.Quote, "quotes", required="customer_id order_status_id order_billing_address_id store_id",
    nested={"items": "order_items", "custom_fields": "records.custom_fields"},
)
CARTS: Final = _kind(wire.Cart, query.Cart, "carts", nested={"items": "cart_items"})
CART_ITEMS: Final = _kind(
    wire.CartItem, query.CartItem, "cart_items", required="product_id cart_id", nested={"child_items": "cart_items"},
)
WISHLISTS: Final = _kind(wire.Wishlist, query.Wishlist, "wishlists", nested={"items": "cart_items"})
SUBSCRIPTIONS: Final = _kind(
    wire.Subscription, query.Subscription, "subscriptions",
    required="customer_id frequency_type frequency original_order_id shipping_method_name customer_payment_method_id"
    " shipping_address_id billing_address_id",
)
CREDIT_CARDS: Final = _kind(wire.CreditCard, query.CreditCard, "credit_cards", required="customer_id card_type")

# -- content -----------------------------------------------------------------------------------------------------------
BLOGS: Final = _kind(
    wire.Blog, query.Blog, "blogs", required="store_id name", natural="store_id name",
    nested={"categories": "blog_categories", "posts": "blog_posts"},
)
BLOG_CATEGORIES: Final = _kind(
    wire.BlogCategory, query.BlogCategory, "blog_categories", required="blog_id parent_category_id blog_category_path",
    natural="blog_id name", nested={"posts": "blog_posts"},
)
BLOG_POSTS: Final = _kind(
    wire.BlogPost, query.BlogPost, "blog_posts", "posts", required="blog_id store_id", natural="blog_id title",
    nested={"categories": "blog_categories"},
)
LINKS: Final = _kind(wire.Link, query.Link, "links", nested={"child_links": "links"})
PAGES: Final = _kind(wire.Page, query.Page, "pages", required="store_id", natural="store_id url_rewrite")

# -- marketing ---------------------------------------------------------------------------------------------------------
ADCODES: Final = _kind(wire.Adcode, query.Adcode, "adcodes", required="visits", natural="name")
AFFILIATES: Final = _kind(wire.Affiliate, query.Affiliate, "affiliates", natural="affiliate_code", verbs=READS)
COUPON_CODES: Final = _kind(
    wire.CouponCode, query.CouponCode, "coupon_codes", required="campaign_code coupon_code", natural="coupon_code",
)
DISCOUNT_METHODS: Final = _kind(
    wire.DiscountMethod, query.DiscountMethod, "discount_methods", natural="name",
    nested={"rules": "discount_rules", "actions": "discount_actions"},
)
DISCOUNT_RULES: Final = _kind(
    wire.DiscountRule, query.DiscountRule, "discount_rules", required="discount_method_id type target",
)
DISCOUNT_ACTIONS: Final = _kind(
    wire.DiscountAction, query.DiscountAction, "discount_actions", nested={"rules": "discount_rules"},
)
DRIPS: Final = _kind(
    wire.Drip, query.Drip, "drips", natural="name", nested={"members": "drips.members", "events": "drips.events"},
)
EMAIL_TEMPLATES: Final = _kind(wire.EmailTemplate, query.EmailTemplate, "email_templates")
GIFT_CERTIFICATES: Final = _kind(
    wire.GiftCertificate, query.GiftCertificate, "gift_certificates", natural="code",
    nested={"transactions": "gift_certificate_transactions"},
)
GIFT_CERTIFICATE_TRANSACTIONS: Final = _kind(
    wire.GiftCertificateTransaction, query.GiftCertificateTransaction, "gift_certificate_transactions", "transactions",
)
MAILING_LISTS: Final = _kind(
    wire.MailingList, query.MailingList, "mailing_lists", required="store_id", natural="store_id admin_list_name",
    nested={"members": "mailing_lists.members"},
)

# -- settings ----------------------------------------------------------------------------------------------------------
CUSTOM_FIELDS: Final = _kind(
    wire.CustomFieldDefinition, query.CustomFieldDefinition, "custom_fields", required="name resource_type",
    natural="name resource_type",
    nested={
        "values": "custom_field_values", "list_items": "custom_fields.list_items", "stores": "custom_fields.stores",
    },
)
CUSTOM_FIELD_VALUES: Final = _kind(
    wire.CustomFieldValue, query.CustomFieldValue, "custom_field_values", "values",
    required="custom_field_id resource_id value", natural="custom_field_id resource_id",
)
PAYMENT_METHODS: Final = _kind(
    wire.PaymentMethod, query.PaymentMethod, "payment_methods", natural="name",
    nested={"fields": "payment_methods.fields", "stores": "payment_methods.stores"},
)
REGIONS: Final = _kind(wire.Region, query.Region, "regions", required="markup_amount sort_order", natural="name")
SHIPPING_PROVIDERS: Final = _kind(
    wire.ShippingProvider, query.ShippingProvider, "shipping_providers", natural="provider_code",
    nested={"services": "shipping_provider_services"},
)
SHIPPING_PROVIDER_SERVICES: Final = _kind(
    wire.ShippingProviderService, query.ShippingProviderService, "shipping_provider_services", "services",
    natural="shipping_provider_id identifier",
)
CUSTOM_SHIPPING_METHODS: Final = _kind(
    wire.CustomShippingMethod, query.CustomShippingMethod, "custom_shipping_methods", required="name", natural="name",
    nested={"rules": "custom_shipping_methods.rules"},
)
STORE_LOCATIONS: Final = _kind(wire.StoreLocation, query.StoreLocation, "store_locations", natural="store_id name")
TAX_RATES: Final = _kind(
    wire.TaxRate, query.TaxRate, "tax_rates", required="rate region_id store_id", natural="name region_id store_id",
)
URL_REDIRECTS: Final = _kind(wire.UrlRedirect, query.UrlRedirect, "url_redirects", required="from to", natural="from")
WAREHOUSES: Final = _kind(wire.Warehouse, query.Warehouse, "warehouses", required="name", natural="name")
BLACKLISTED_IPS: Final = _kind(wire.BlacklistedIp, query.BlacklistedIp, "blacklisted_ips", natural="ip_address")
EXTERNAL_IMAGE_WHITELIST: Final = _kind(
    wire.ExternalImageSite, query.ExternalImageSite, "external_image_whitelist", natural="url",
    id_field="external_image_whitelist_sites_id",
)

# -- system ------------------------------------------------------------------------------------------------------------
STORES: Final = _kind(wire.Store, query.Store, "stores", natural="name", verbs=READS)
SESSIONS: Final = _kind(wire.Session, query.Session, "sessions", verbs=READS)
MICROSTORES: Final = _kind(wire.Microstore, query.Microstore, "microstores", natural="name")
WEBHOOKS: Final = _kind(wire.Webhook, query.Webhook, "webhooks", required="event_type url", natural="event_type url")

# What a sync reads, and no more of it than it needs.
LEAN_PRODUCTS: Final = Kind(name=PRODUCTS.name, keys=PRODUCTS.keys, struct=wire.LeanProduct)
LEAN_ORDERS: Final = Kind(name=ORDERS.name, keys=ORDERS.keys, struct=wire.LeanOrder)
LEAN_CUSTOMERS: Final = Kind(name=CUSTOMERS.name, keys=CUSTOMERS.keys, struct=wire.LeanCustomer)
LEAN_ORDER_ADDRESSES: Final = Kind(name=ORDER_ADDRESSES.name, keys=ORDER_ADDRESSES.keys, struct=wire.LeanOrderAddress)

_PARTS: Final[tuple[Kind[Any], ...]] = (
    _part(wire.Personalization, "products.personalizations"),
    _part(wire.RelatedProduct, "products.related"),
    _part(wire.ProductCategory, "products.categories"),
    _part(wire.ProductAttribute, "products.attributes"),
    _part(wire.ChildProduct, "products.child_products"),
    _part(wire.ReviewRating, "product_reviews.ratings", id_field=None),
    _part(wire.ProductListItem, "product_lists.items"),
    _part(
        wire.CustomerEmail, "customers.additional_emails", "customer_additional_emails",
        id_field="customer_additional_email_id",
    ),
    _part(wire.CustomerStoreLocation, "customers.customer_store_locations"),
    _part(wire.RewardPoints, "customers.reward_points"),
    _part(wire.CustomerTypePaymentMethod, "customer_types.customer_type_payment_methods_availability"),
    _part(wire.CustomerPaymentMethodField, "customer_payment_methods.fields"),
    _part(wire.ProfileContact, "profiles.contacts"),
    _part(wire.OrderPaymentField, "order_payments.fields"),
    _part(wire.ShipmentItem, "order_shipments.items"),
    _part(wire.DripMember, "drips.members"),
    _part(wire.DripEvent, "drips.events"),
    _part(wire.MailingListMember, "mailing_lists.members"),
    _part(wire.CustomFieldListItem, "custom_fields.list_items"),
    _part(wire.CustomFieldStore, "custom_fields.stores"),
    _part(wire.PaymentMethodField, "payment_methods.fields"),
    _part(wire.PaymentMethodStore, "payment_methods.stores"),
    _part(wire.CustomShippingRule, "custom_shipping_methods.rules"),
    _part(wire.CustomField, "records.custom_fields", id_field=None),
)

_ROOTS: Final[tuple[Kind[Any], ...]] = (
    PRODUCTS, PRODUCT_VARIANTS, VARIANT_GROUPS, VARIANT_INVENTORY, PRODUCT_PICTURES, PRODUCT_PRICING, PRODUCT_REVIEWS,
    SHIPPING_RATE_ADJUSTMENTS, PRODUCT_INACTIVE_IN_STORE, NOTIFICATIONS, CATEGORIES, MANUFACTURERS, PRODUCT_STATUSES,
    ATTRIBUTES, ATTRIBUTE_GROUPS, PRODUCT_LISTS, PRICE_CALCULATORS, PRICE_CALCULATOR_RULES,
    PRICE_CALCULATOR_RULE_MODIFIERS, CUSTOMERS, ADDRESSES, CUSTOMER_ASSOCIATION, CUSTOMER_TYPES,
    CUSTOMER_PAYMENT_METHODS, PROFILES, USERS, ORDERS, ORDER_ITEMS, ORDER_PAYMENTS, ORDER_SHIPMENTS, ORDER_ADDRESSES,
    ORDER_STATUSES, QUOTES, CARTS, CART_ITEMS, WISHLISTS, SUBSCRIPTIONS, CREDIT_CARDS, BLOGS, BLOG_CATEGORIES,
    BLOG_POSTS, LINKS, PAGES, ADCODES, AFFILIATES, COUPON_CODES, DISCOUNT_METHODS, DISCOUNT_RULES, DISCOUNT_ACTIONS,
    DRIPS, EMAIL_TEMPLATES, GIFT_CERTIFICATES, GIFT_CERTIFICATE_TRANSACTIONS, MAILING_LISTS, CUSTOM_FIELDS,
    CUSTOM_FIELD_VALUES, PAYMENT_METHODS, REGIONS, SHIPPING_PROVIDERS, SHIPPING_PROVIDER_SERVICES,
    CUSTOM_SHIPPING_METHODS, STORE_LOCATIONS, TAX_RATES, URL_REDIRECTS, WAREHOUSES, BLACKLISTED_IPS,
    EXTERNAL_IMAGE_WHITELIST, STORES, SESSIONS, MICROSTORES, WEBHOOKS,
)
# fmt: on

RESOURCES: Final[Mapping[str, Kind[Any]]] = MappingProxyType({each.name: each for each in _ROOTS})
"""The resources by their name in the path."""

KINDS: Final[Mapping[str, Kind[Any]]] = MappingProxyType({each.name: each for each in (*_ROOTS, *_PARTS)})
"""The resources, and the nested lists that are no resource (as `products.related`), by name."""
