"""Requests are built as the vendor's pages say, checked before they go, and their replies account for every id."""

from __future__ import annotations

from datetime import date, datetime
from itertools import zip_longest
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.errors import UsageError
from fastspring_async import calls, wire
from fastspring_async.calls import LONGEST_PATH, MOST_IDS, WIRE_PRODUCT, OrderFilter, chunks
from tests.fastspring.fakes import fixture, reply, store


def many(*ids: str) -> Any:
    return calls.many(wire.PRODUCTS, ids, WIRE_PRODUCT)


def test_ids_stand_in_the_path_quoted_and_joined_by_commas() -> None:
    assert many("a-b", "ü/x").path == "/products/a-b,%C3%BC%2Fx"
    assert calls.one(wire.ORDERS, "o 1", calls.WIRE_ORDER).path == "/orders/o%201"


@pytest.mark.parametrize("id", ["", ".", "..", "a,b", "a\n", "x" * 2001, "\ud800", 7, None])
def test_an_id_that_cannot_stand_in_a_list_is_refused_before_sending(id: Any) -> None:
    with pytest.raises(UsageError):
        chunks(["fine", id])


def test_a_product_called_price_is_not_mistaken_for_the_price_list() -> None:
    asked = many("price")
    assert asked.path == "/products/price,price"
    assert list(asked.decode(reply({"products": [{"product": "price"}, {"product": "price"}]})).found) == ["price"]


LETTERS = st.characters(exclude_characters=",", exclude_categories=("Cs", "Cc"))
IDS = st.lists(st.text(LETTERS, min_size=1, max_size=60), max_size=160)


@settings(max_examples=100, deadline=None)
@given(IDS.map(lambda ids: [f"i{id}" for id in ids]))
def test_no_chunk_is_too_long_and_every_id_is_in_one_in_order(ids: list[str]) -> None:
    parts = chunks(ids)
    assert [id for part in parts for id in part] == list(dict.fromkeys(ids))
    for part in parts:
        assert 0 < len(part) <= MOST_IDS
        assert len(many(*part).path) <= LONGEST_PATH + len("/products/")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text("aZ0_~-.,\u00fc ", max_size=3) | st.sampled_from(["x" * 700, "y" * 700, "z" * 700]), max_size=7),
    st.integers(1, 4),
)
def test_plain_ids_are_cut_and_joined_as_all_others_are(ids: list[str], most: int) -> None:
    listed = list(dict.fromkeys(ids))
    if any("," in id or id in ("", ".", "..") for id in ids):
        with pytest.raises(UsageError):
            chunks(ids, most=most)
        return
    parts = chunks(ids, most=most)
    assert [id for part in parts for id in part] == listed
    for part, following in zip_longest(parts, parts[1:], fillvalue=()):
        assert many(*part).path == "/products/" + ",".join(calls.quoted(id) for id in part)
        whole = len(part) == most or sum(len(calls.quoted(id)) + 1 for id in (*part, *following[:1])) > LONGEST_PATH
        assert whole or not following


SHAPES = ["found", "missing", "refused", "unreadable", "silent", "twice"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(SHAPES), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
    st.sampled_from(["list", "array"]),
)
def test_every_id_asked_is_answered_in_exactly_one_place(kinds: list[str], chance: Any, wrapped: str) -> None:
    ids = [f"p{n}" for n in range(len(kinds))]
    rows: list[object] = []
    for id, kind in zip(ids, kinds, strict=True):
        error = {"action": "products.get", "product": id, "result": "error"}
        row: Any = {
            "missing": {**error, "error": {"product": "Product not found"}},
            "refused": {**error, "error": "Locked"},
            "unreadable": {"product": id, "pricing": 7},
        }.get(kind, {"product": id})
        rows += [] if kind == "silent" else [row, row] if kind == "twice" else [row]
    rows.append({"product": "unasked"})
    rows.append({"product": "other", "result": "error", "error": "Locked"})
    chance.shuffle(rows)
    answers = many(*ids).decode(reply(rows if wrapped == "array" else {"products": rows}))
    expected: dict[str, list[str]] = {
        "found": [id for id, kind in zip(ids, kinds, strict=True) if kind in ("found", "twice")],
        "unanswered": [id for id, kind in zip(ids, kinds, strict=True) if kind == "silent"],
    }
    for place in ("missing", "refused", "unreadable"):
        expected[place] = [id for id, kind in zip(ids, kinds, strict=True) if kind == place]
    assert {place: list(getattr(answers, place)) for place in expected} == expected


def test_a_record_in_both_forms_is_counted_once() -> None:
    row = {"product": "a", "action": "products.get", "result": "success"}
    assert list(many("a").decode(reply({**row, "products": [row]})).found) == ["a"]


def test_an_error_that_names_no_id_is_about_the_only_id_left() -> None:
    nameless = {"result": "error", "error": {"product": "Not found"}}
    assert many("a", "b").decode(reply([{"product": "a"}, nameless])).missing == ("b",)
    assert many("a", "b").decode(reply([nameless])).unanswered == ("a", "b")


def test_an_order_may_be_asked_by_its_reference() -> None:
    asked = calls.many(wire.ORDERS, ("REF-1", "b"), calls.WIRE_ORDER)
    row = {"order": "a", "reference": "REF-1", "total": 1, "currency": "USD"}
    assert list(asked.decode(reply([row])).found) == ["REF-1"]


def test_a_single_object_comes_out_of_every_wrapping() -> None:
    asked = calls.one(wire.PRODUCTS, "a", WIRE_PRODUCT)
    for body in (
        {"product": "a"},
        {"products": [{"product": "a"}]},
        [{"product": "a"}],
        {"product": "a", "products": []},
    ):
        assert asked.decode(reply(body)).product == "a"


@pytest.mark.parametrize(
    "body", [{"products": []}, [{"product": "a", "pricing": 7}], [{"product": "a", "result": "error"}], b"<html>"]
)
def test_a_single_object_that_cannot_be_read_raises_a_value_error(body: object) -> None:
    with pytest.raises(ValueError):
        calls.one(wire.PRODUCTS, "a", WIRE_PRODUCT).decode(reply(body))


@pytest.mark.parametrize(
    ("body", "ids", "whole"),
    [
        ({"products": ["a", "b"], "nextPage": None, "total": 0}, ("a", "b"), True),
        (["a"], ("a",), True),
        ({"products": [{"product": "a"}]}, ("a",), True),
        ({"products": []}, (), True),
        ({"products": ["a"], "nextPage": 2}, ("a",), False),
    ],
)
def test_product_ids_come_as_text_or_in_objects(body: object, ids: tuple[str, ...], whole: bool) -> None:
    assert calls.product_ids().decode(reply(body)) == calls.Ids(ids, whole)


def test_the_id_list_is_asked_without_paging() -> None:
    assert (calls.product_ids().path, calls.product_ids().query) == ("/products", ())


def test_ids_that_are_none_are_refused() -> None:
    for body in ({"products": ["a", {}]}, {"products": [None]}, {"products": [["a"]]}):
        with pytest.raises(ValueError, match="ids"):
            calls.product_ids().decode(reply(body))
    with pytest.raises(ValueError, match="ids"):
        calls.search(OrderFilter()).decode(reply({"orders": ["a", None]}))


def test_prices_send_the_currency_as_the_vendors_page_says_or_as_its_later_reference_does() -> None:
    assert calls.price_query(country="de", currency="usd") == (("country", "DE"), ("cy", "USD"))
    assert calls.price_query(currency="USD", parameter="currency") == (("currency", "USD"),)


@pytest.mark.parametrize(
    "wrong",
    [{"country": "DEU"}, {"country": ""}, {"currency": "EURO"}, {"page": 0}, {"limit": -1}, {"resume": "0"}],
)
def test_a_price_request_that_cannot_be_right_is_refused_before_sending(wrong: dict[str, Any]) -> None:
    shop, _ = store(lambda _call: reply(fixture("prices")))
    with pytest.raises(UsageError):
        shop.api.products.prices(**wrong)


def test_a_filter_is_sent_as_documented() -> None:
    whole = OrderFilter(
        begin=date(2024, 1, 1),
        end=date(2024, 1, 2),
        products=("a", "b"),
        rebill=False,
        returns=True,
        scope="live",
        status="completed",
    )
    assert calls.search(whole, page=2, limit=50).query == (
        ("begin", "2024-01-01"), ("end", "2024-01-02"), ("products", "a,b"), ("rebill", "false"), ("returns", "true"),
        ("scope", "live"), ("status", "completed"), ("limit", "50"), ("page", "2"),
    )  # fmt: skip
    assert OrderFilter(days=3).query() == (("days", "3"),)
    assert OrderFilter(begin=datetime(2024, 1, 1, 5)).query() == (("begin", "2024-01-01"),)


@pytest.mark.parametrize(
    "wrong",
    [
        OrderFilter(begin=date(2024, 1, 1), end=date(2024, 1, 1)),
        OrderFilter(begin=date(2024, 1, 2), end=date(2024, 1, 1)),
        OrderFilter(days=0),
        OrderFilter(products=("a,b",)),
        OrderFilter(products=("",)),
    ],
)
def test_a_filter_that_the_vendor_would_refuse_is_refused_before_sending(wrong: OrderFilter) -> None:
    with pytest.raises(UsageError):
        calls.search(wrong)


def test_begin_must_be_a_day_before_end_and_the_error_says_so() -> None:
    with pytest.raises(UsageError, match="at least one day before"):
        OrderFilter(begin=date(2024, 1, 1), end=date(2024, 1, 1)).query()


def test_a_search_comes_apart_with_its_paging() -> None:
    envelope = calls.search(OrderFilter()).decode(
        reply({"action": "order.lookup", "orders": [{"order": "a"}], "page": 1, "nextPage": 2, "total": 70})
    )
    assert (len(envelope.records), envelope.next_page, envelope.total) == (1, 2, 70)
