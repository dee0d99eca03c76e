"""Drafts: every fault at once and by field, values as the server wants them, and nothing that it would ignore."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.errors import UsageError
from commerce_async.schema.lenient import untyped
from sparkpay_async import kinds
from sparkpay_async.drafts import DRAFTS, ProductDraft, checked, members, rules
from sparkpay_async.kinds import RESOURCES, WRITES, Kind
from tests.sparkpay.samples_sparkpay import JUNK, scalars

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WRITABLE = sorted(name for name, kind in RESOURCES.items() if kind.verbs & WRITES)
SERVERS_OWN = {
    "products": {"has_visible_variants", "average_review_rating", "review_count", "cart_product_id"},
    "categories": {"lookup_path"},
    "orders": {"order_status_last_changed_at"},
    "order_payments": {"sent_to_spark_pay"},
}


def faults(kind: Kind[Any], draft: Any, *, new: bool = False) -> dict[str, str]:
    """What is wrong with a draft, by field."""
    with pytest.raises(UsageError) as caught:
        checked(kind, draft, new)
    return dict(caught.value.fields)


class Setting(StrEnum):
    CODE = "a"


# -- the types ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(DRAFTS))
def test_a_typed_draft_has_every_field_but_the_servers_own(name: str) -> None:
    own = {"id", "created_at", "updated_at"} | SERVERS_OWN.get(name, set())
    assert set(scalars(RESOURCES[name])) - own <= set(get_type_hints(DRAFTS[name]))
    assert set(get_type_hints(DRAFTS[name])).isdisjoint(own)
    struct = {field.encode_name for field in msgspec.structs.fields(RESOURCES[name].struct)}
    assert set(get_type_hints(DRAFTS[name])) <= struct
    assert set(get_type_hints(DRAFTS[name])) <= set(rules(RESOURCES[name]))


@pytest.mark.parametrize("name", WRITABLE)
def test_every_field_that_a_post_demands_can_be_written(name: str) -> None:
    assert set(RESOURCES[name].required) <= set(rules(RESOURCES[name]))


def test_a_type_checker_and_the_check_agree_on_a_good_draft() -> None:
    draft: ProductDraft = {
        "item_name": "Mug",
        "item_number": Setting.CODE,
        "product_status_id": 1,
        "primary_category_id": 3,
        "price": Decimal("12.5000"),
        "retail": "13.00",
        "cost": 7,
        "weight": 0.35,
        "height": Decimal("4.5"),
        "is_hidden": True,
        "is_kit": False,
        "eta_date": datetime(2026, 1, 2, 3, 4, 5, 678_000, timezone(timedelta(hours=-5))),
        "child_products": [{"id": 4, "is_required": True}],
    }
    assert checked(kinds.PRODUCTS, draft, new=True) == (
        b'{"item_name":"Mug","item_number":"a","product_status_id":1,"primary_category_id":3,"price":12.5000,'
        b'"retail":13.00,"cost":7,"weight":0.35,"height":"4.5","is_hidden":1,"is_kit":false,'
        b'"eta_date":"2026-01-02T08:04:05.678000Z","child_products":[{"id":4,"is_required":true}]}'
    )


def test_nested_lists_are_written_by_the_rules_of_their_own_records() -> None:
    draft: ProductDraft = {
        "categories": [{"id": 3, "is_primary": True}],
        "custom_fields": [{"name": "Shelf", "value": "A 3"}, {"name": "Old", "value": None}],
    }
    pictures = {"pictures": [{"id": 4, "alt": None, "sort_order": 2}], "variants": None}
    assert untyped(checked(kinds.PRODUCTS, {**draft, **pictures}, new=False)) == {
        "categories": [{"id": 3, "is_primary": True}],
        "custom_fields": [{"name": "Shelf", "value": "A 3"}, {"name": "Old", "value": ""}],
        "pictures": [{"id": 4, "alt": "", "sort_order": 2}],
        "variants": [],
    }
    links = {"text": "a", "child_links": [{"text": "b", "child_links": [{"text": 3}]}]}
    assert faults(kinds.LINKS, links) == {"child_links[0].child_links[0].text": "expected text, got int"}


def test_only_what_the_draft_has_is_sent() -> None:
    assert checked(kinds.PRODUCTS, {"price": 5}, new=False) == b'{"price":5}'


# -- values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "field", "sent"),
    [
        (kinds.PRODUCTS, "short_description", ""), (kinds.PRODUCTS, "manufacturer_id", 0),
        (kinds.PRODUCTS, "height", ""), (kinds.PRODUCTS, "eta_date", None), (kinds.PRODUCTS, "ext_update_date", ""),
        (kinds.PRODUCTS, "retail", None),
        (kinds.CATEGORIES, "parent_category_id", 0), (kinds.ORDERS, "from_subscription_id", None),
        (kinds.ORDER_PAYMENTS, "approved_at", ""), (kinds.CUSTOMERS, "store_payment_methods_enabled", []),
        (kinds.ORDER_SHIPMENTS, "provider_base_shipping_cost", ""), (kinds.PAGES, "title", ""),
    ],
)  # fmt: skip
def test_none_empties_a_field_in_the_fields_own_spelling(kind: Kind[Any], field: str, sent: object) -> None:
    assert untyped(checked(kind, {field: None}, new=False)) == {field: sent}


@pytest.mark.parametrize("value", [Decimal("1E+3"), Decimal("1000"), "1000", 1000, "1e3"])
def test_money_is_written_without_an_exponent(value: Any) -> None:
    body = checked(kinds.PRODUCTS, {"price": value}, new=False)
    assert b"E" not in body.upper().replace(b"PRICE", b"")
    assert untyped(body)["price"] == 1000


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=6))
def test_a_measure_is_written_digit_for_digit(value: Decimal) -> None:
    body = checked(kinds.PRODUCTS, {"weight": value}, new=False)
    assert body == b'{"weight":%s}' % f"{value:f}".encode()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.5, "float"), ("1.23456", "four decimals"), (Decimal("NaN"), "decimal"), (Decimal("Infinity"), "decimal"),
        (True, "decimal"), ("cheap", "decimal"), (" ", "blank"), ([1], "decimal"), (10**19, "10^18"),
        ("1_000", "decimal"),
    ],
)  # fmt: skip
def test_money_that_is_not_exact_is_refused(value: object, words: str) -> None:
    assert words in faults(kinds.PRODUCTS, {"price": value})["price"]


@pytest.mark.parametrize("flag", [True, False])
def test_a_flag_is_written_as_its_field_is_kept(flag: bool) -> None:
    assert untyped(checked(kinds.PRODUCTS, {"is_hidden": flag, "is_featured_item": flag}, new=False)) == {
        "is_hidden": int(flag),
        "is_featured_item": flag,
    }
    assert untyped(checked(kinds.CATEGORIES, {"is_hidden": flag}, new=False)) == {"is_hidden": flag}
    assert isinstance(untyped(checked(kinds.PRODUCTS, {"is_hidden": flag}, new=False))["is_hidden"], int)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("eta_date", datetime(2026, 1, 1), "zone"),
        ("eta_date", date(2026, 1, 1), "expected a datetime"),
        ("eta_date", "2026-01-01T00:00:00Z", "expected a datetime"),
        ("eta_date", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), "range"),
        ("is_kit", 1, "True or False"),
        ("is_hidden", 2, "True or False"),
        ("item_name", 5, "text"),
        ("item_name", "\ud800", "Unicode"),
        ("product_status_id", True, "whole number"),
        ("product_status_id", "3", "whole number"),
        ("product_status_id", 3.0, "whole number"),
        ("product_status_id", 2**63, "too large"),
        ("child_products", {"id": 3}, "list"),
        ("child_products", "abc", "list"),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_is_due(field: str, value: object, words: str) -> None:
    assert words in faults(kinds.PRODUCTS, {field: value})[field]


# -- names ----------------------------------------------------------------------------------------------------


def test_all_faults_are_told_at_once_by_field() -> None:
    draft = {
        "item_nam": "Mug",
        "price": 1.5,
        "created_at": NOON,
        "variants": [{"price_adjustment": 0.5, "weigt": 1}],
        "child_products": [{"idd": 3}, 4, {"is_required": "yes"}],
        "is_kit": "no",
        7: 1,
    }
    assert faults(kinds.PRODUCTS, draft, new=True) == {
        "item_nam": "is no field of products; did you mean item_name?",
        "price": "is a float, which is not exact: write Decimal('1.5')",
        "created_at": "is the server's own and cannot be written",
        "variants[0].price_adjustment": "is a float, which is not exact: write Decimal('0.5')",
        "variants[0].weigt": "is no field; did you mean weight?",
        "child_products[0].idd": "is no field; did you mean id?",
        "child_products[1]": "expected an object, got int",
        "child_products[2].is_required": "expected True or False, got str",
        "is_kit": "expected True or False, got str",
        "7": "is not a field's name",
        "item_name": "is required for a new record",
        "product_status_id": "is required for a new record",
        "primary_category_id": "is required for a new record",
    }


@pytest.mark.parametrize("name", WRITABLE)
def test_a_field_that_the_server_would_ignore_is_refused_for_every_resource(name: str) -> None:
    kind = RESOURCES[name]
    found = faults(kind, {"no_such_field_xyz": 1, "updated_at" if name != "email_templates" else "x": NOON})
    assert len(found) == 2
    assert found["no_such_field_xyz"].startswith(f"is no field of {name}")


@pytest.mark.parametrize("none", [None, "", []])
@pytest.mark.parametrize("name", [name for name in WRITABLE if RESOURCES[name].required])
def test_a_new_record_needs_what_a_post_demands_and_a_change_does_not(name: str, none: object) -> None:
    kind = RESOURCES[name]
    required = kind.required[0]
    assert faults(kind, {required: none}, new=True)[required]
    for field in [each for each in rules(kind) if each not in kind.required and each != kind.id_field][:1]:
        assert members(kind, {field: None}, new=False).keys() == {field}
        assert set(faults(kind, {field: None}, new=True)) == set(kind.required)


def test_an_empty_draft_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing to send"):
        checked(kinds.PRODUCTS, {}, new=False)


def test_an_id_may_stand_in_a_draft_since_a_post_updates_the_record_that_has_it() -> None:
    assert checked(kinds.PRODUCTS, {"id": 4, "price": 1}, new=False) == b'{"id":4,"price":1}'
    assert checked(kinds.NOTIFICATIONS, {"notification_id": 4}, new=False) == b'{"notification_id":4}'
    assert checked(kinds.PRODUCTS, {"id": "4", "price": 1}, new=False) == b'{"id":4,"price":1}'
    for value in (0, -1, "x", "", True, 1.0, 10**18):
        assert "not an id" in faults(kinds.PRODUCTS, {"id": value})["id"]


def test_lists_and_objects_of_a_resource_without_a_typed_draft_are_sent_as_given() -> None:
    body = checked(
        kinds.REGIONS,
        {"states": ["Texas", {"at": NOON, "n": Decimal("1.50")}], "markup_amount": Decimal("5.0"), "sort_order": 1},
        new=True,
    )
    assert body == (b'{"states":["Texas",{"at":"2026-11-22T12:00:00Z","n":1.50}],"markup_amount":5.0,"sort_order":1}')
    for value in ([1.5], {"a": object()}, [{1: 2}], [datetime(2026, 1, 1)]):
        assert "states" in faults(kinds.REGIONS, {"states": value})


# -- whatever may come ----------------------------------------------------------------------------------------

VALUES: list[Any] = [*JUNK, NOON, Decimal("1.5"), Decimal("sNaN"), Decimal("1E-30"), object(), b"x", 2**70, 1e400, {1}]


@pytest.mark.parametrize("name", WRITABLE)
def test_any_draft_is_sent_as_json_or_refused_by_field(name: str) -> None:
    kind, chance = RESOURCES[name], random.Random(name)
    names = [*rules(kind), "x", "created_at"]
    sent = 0
    for _ in range(100):
        draft: dict[str, Any] = {chance.choice(names): chance.choice(VALUES) for _ in range(chance.randint(1, 3))}
        new = chance.random() < 0.2
        try:
            body = checked(kind, draft, new)
        except UsageError:
            wrong = {re.split(r"[.\[]", each)[0] for each in faults(kind, draft, new=new)}
            assert wrong
            assert wrong <= {*draft, *(kind.required if new else ())}
        else:
            assert set(untyped(body)) == set(draft)
            sent += 1
    assert sent
