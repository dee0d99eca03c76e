"""The table of resources: complete, consistent with the records' structs, and the same as its page in docs/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from commerce_async.errors import UsageError
from sparkpay_async import kinds, query, wire
from sparkpay_async.drafts import DRAFTS
from sparkpay_async.kinds import KINDS, READS, RESOURCES, WRITES, Kind
from sparkpay_async.query import columns_of
from tests.sparkpay.samples_sparkpay import column_of, scalars

PAGE = Path(__file__).parents[2] / "docs" / "sparkpay-resources.md"

# Spark Pay: Resource list, with what later pages and live shops add.
NAMES = [
    "addresses", "customers", "customer_association", "customer_types", "customer_payment_methods", "profiles",
    "users", "carts", "cart_items", "orders", "order_items", "order_addresses", "order_statuses", "order_payments",
    "order_shipments", "quotes", "subscriptions", "wishlists", "credit_cards", "products", "categories",
    "product_variants", "manufacturers", "attributes", "attribute_groups", "product_statuses", "product_pictures",
    "product_pricing", "product_inactive_in_store", "shipping_rate_adjustments", "notifications", "variant_groups",
    "variant_inventory", "product_lists", "product_reviews", "price_calculators", "price_calculator_rules",
    "price_calculator_rule_modifiers", "blogs", "blog_categories", "blog_posts", "links", "pages", "adcodes",
    "affiliates", "coupon_codes", "discount_actions", "discount_methods", "discount_rules", "drips",
    "email_templates", "gift_certificates", "gift_certificate_transactions", "mailing_lists", "custom_fields",
    "custom_field_values", "payment_methods", "regions", "shipping_providers", "shipping_provider_services",
    "custom_shipping_methods", "store_locations", "tax_rates", "url_redirects", "warehouses", "blacklisted_ips",
    "external_image_whitelist", "stores", "sessions", "microstores", "webhooks",
]  # fmt: skip

NESTED = {
    "customers": "additional_emails addresses customer_store_locations reward_points custom_fields",
    "customer_types": "customer_type_payment_methods_availability",
    "customer_payment_methods": "fields",
    "profiles": "contacts",
    "carts": "items",
    "cart_items": "child_items",
    "orders": "items payments shipments custom_fields",
    "order_payments": "fields",
    "order_shipments": "items",
    "quotes": "items custom_fields",
    "wishlists": "items",
    "products": "variants personalizations related categories pricing attributes variant_inventory pictures"
    " child_products shipping_rate_adjustments reviews custom_fields",
    "categories": "products custom_fields",
    "variant_groups": "variants",
    "variant_inventory": "pricing variants",
    "product_lists": "items",
    "product_reviews": "ratings",
    "price_calculators": "rules",
    "price_calculator_rules": "modifiers",
    "blogs": "categories posts",
    "blog_categories": "posts",
    "blog_posts": "categories",
    "links": "child_links",
    "discount_actions": "rules",
    "discount_methods": "rules actions",
    "drips": "members events",
    "gift_certificates": "transactions",
    "mailing_lists": "members",
    "custom_fields": "values list_items stores",
    "payment_methods": "fields stores",
    "shipping_providers": "services",
    "custom_shipping_methods": "rules",
}

FULLY_TYPED = [
    "products", "product_variants", "variant_inventory", "categories", "customers", "addresses", "orders",
    "order_items", "order_payments", "order_shipments", "order_statuses", "product_statuses", "manufacturers",
    "warehouses", "coupon_codes", "webhooks",
]  # fmt: skip


def test_the_table_has_every_resource_once() -> None:
    assert sorted(RESOURCES) == sorted(NAMES)
    assert len(NAMES) == len(set(NAMES))
    assert all(KINDS[name] is kind for name, kind in RESOURCES.items())


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_stands_under_its_name_in_capitals(name: str) -> None:
    assert getattr(kinds, name.upper()) is RESOURCES[name]


@pytest.mark.parametrize("name", NAMES)
def test_nested_lists_are_those_of_the_vendors_pages_and_lead_to_a_kind(name: str) -> None:
    kind = RESOURCES[name]
    assert set(kind.nested) == set(NESTED.get(name, "").split())
    fields = {field.encode_name for field in msgspec.structs.fields(kind.struct)}
    for nested, of in kind.nested.items():
        assert KINDS[of].keys
        assert fields & {nested, *KINDS[of].keys}, nested


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_nested_list_is_read_as_the_struct_that_its_kind_names(name: str) -> None:
    kind = KINDS[name]
    for nested, of in kind.nested.items():
        record = {} if kind.id_field is None else {kind.id_field: 1}
        inner = {} if KINDS[of].id_field is None else {KINDS[of].id_field: 2}
        key = "customer_additional_emails" if nested == "additional_emails" else nested
        read = kind.reader.read(msgspec.json.encode(record | {key: [inner]}))
        [found] = getattr(read, key)
        assert type(found) is KINDS[of].struct


@pytest.mark.parametrize("name", NAMES)
def test_the_declared_fields_are_the_records_fields_and_of_their_types(name: str) -> None:
    kind = RESOURCES[name]
    assert kind.columns is not None
    declared = columns_of(kind.columns)
    fields = scalars(kind)
    assert set(declared) == set(fields)
    made = {
        each.name: type(each)
        for owner in kind.columns.__mro__
        for each in vars(owner).values()
        if isinstance(each, query.Number | query.Text | query.Flag | query.Money | query.Real | query.Time)
    }
    for field, shape in fields.items():
        assert issubclass(made[field], column_of(shape)), field
        assert not (field.endswith(("_at", "_date")) and made[field] is query.Text), field


@pytest.mark.parametrize("name", NAMES)
def test_what_a_kind_says_of_fields_is_true_of_its_record(name: str) -> None:
    kind = RESOURCES[name]
    fields = {field.encode_name for field in msgspec.structs.fields(kind.struct)}
    assert fields >= {*kind.required, *kind.natural, *kind.barred, kind.id_field}
    assert set(kind.natural).isdisjoint(kind.barred)
    assert kind.keys[0] == name


def test_the_fields_that_the_vendor_calls_irregular_are_barred() -> None:
    assert {name: kind.barred for name, kind in RESOURCES.items() if kind.barred} == {
        "products": {"length", "height", "width"},
        "shipping_providers": {"markup_amount"},
        "users": {"last_login_at", "last_login_attempt_at"},
    }
    with pytest.raises(UsageError, match="cannot be filtered"):
        _ = query.Product.height == "5"


def test_stores_sessions_and_affiliates_are_only_read() -> None:
    read_only = {name for name, kind in RESOURCES.items() if not kind.verbs & WRITES}
    assert read_only == {"stores", "sessions", "affiliates"}
    assert all(kind.verbs >= READS for kind in RESOURCES.values())
    assert all(not kind.verbs for name, kind in KINDS.items() if name not in RESOURCES)


def test_a_product_is_created_with_what_the_vendors_own_example_sends() -> None:
    assert {"item_name", "item_number", "product_status_id", "primary_category_id"} >= set(kinds.PRODUCTS.required)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (kinds.ORDER_ITEMS, "items"), (kinds.ORDER_PAYMENTS, "payments"), (kinds.ORDER_SHIPMENTS, "shipments"),
        (kinds.ORDER_ADDRESSES, "addresses"), (kinds.PRODUCT_VARIANTS, "variants"),
        (kinds.PRODUCT_PICTURES, "pictures"), (kinds.SHIPPING_PROVIDER_SERVICES, "services"),
        (kinds.CUSTOM_FIELD_VALUES, "values"),
        (kinds.GIFT_CERTIFICATE_TRANSACTIONS, "transactions"), (kinds.BLOG_POSTS, "posts"),
        (kinds.PRICE_CALCULATORS, "price_calculation"),
        (KINDS["customers.additional_emails"], "customer_additional_emails"),
    ],
)  # fmt: skip
def test_a_list_is_found_under_the_name_that_live_shops_give_it(kind: Kind[Any], key: str) -> None:
    rows = wire.read_rows(msgspec.json.encode({"total_count": 1, "others": [], key: [{"id": 3}]}), kind.keys)
    assert [bytes(raw) for raw in rows.rows] == [b'{"id":3}']


def test_a_name_of_the_vendors_that_is_a_word_of_python_can_be_read_and_asked_for() -> None:
    record = kinds.URL_REDIRECTS.reader.read(b'{"id":1,"from":"/a","to":"/b"}')
    assert (record.from_, record.to) == ("/a", "/b")
    assert repr(query.UrlRedirect.from_) == "UrlRedirect.from"


def test_the_resources_that_are_used_most_have_typed_drafts() -> None:
    assert set(FULLY_TYPED) <= set(DRAFTS) <= set(RESOURCES)


# -- the page -------------------------------------------------------------------------------------------------


def row(kind: Kind[Any]) -> str:
    """A kind's row in docs/sparkpay-resources.md."""
    cells = (
        f"`/{kind.name}`" + ("" if kind.id_field == "id" else f" (id: `{kind.id_field}`)"),
        f"`{kind.struct.__name__}`",
        _words(kind.keys),
        _words(nested if of not in RESOURCES else f"{nested}: {of}" for nested, of in kind.nested.items()),
        "read, write" if kind.verbs & WRITES else "read",
        _words(kind.required),
        _words(kind.natural),
        "typed" if kind.name in DRAFTS else "by columns" if kind.verbs & WRITES else "",
    )
    return f"| {' | '.join(cells)} |"


def _words(words: Any) -> str:
    return ", ".join(f"`{word}`" for word in words)


def test_the_page_is_the_table() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("| `/")] == [row(kind) for kind in RESOURCES.values()]
