"""Replies of every shape come apart into records; records of every spelling are read, or refused with a reason."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.errors import DecodeError
from commerce_async.schema.lenient import untyped
from fastspring_async import mapping, wire
from fastspring_async.wire import ORDERS, PRODUCTS, Form, Refusal, read_order, read_prices, read_product
from tests.fastspring.fakes import fixture, json, reply, store

pytestmark = pytest.mark.anyio

ORDER = {"order": "a", "currency": "USD", "total": 1}


def records(kind: wire.Kind, body: bytes) -> list[Any]:
    return [untyped(raw) for raw in kind.unwrap(body).records]


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (ORDER, ["a"]),
        ({"orders": [ORDER, {"order": "b"}]}, ["a", "b"]),
        ({**ORDER, "action": "order.get", "result": "success", "orders": [ORDER]}, ["a"]),
        ([ORDER, {"order": "b"}], ["a", "b"]),
        ({"orders": ORDER}, ["a"]),
        ({**ORDER, "orders": []}, ["a"]),
        ({**ORDER, "orders": None}, ["a"]),
        ({"errors": [{"order": "a", "error": {"order": "Not found"}}]}, ["a"]),
        ({"orders": []}, []),
        ({"orders": {}}, []),
    ],
    ids=["flat", "list", "both at once", "bare array", "one for a list", "flat and empty list", "flat and null",
         "errors list", "empty list", "empty object"],
)  # fmt: skip
def test_every_envelope_gives_each_record_once(body: object, ids: list[str]) -> None:
    assert [record["order"] for record in records(ORDERS, json(body))] == ids


def test_bare_ids_are_kept_apart_from_objects() -> None:
    assert records(PRODUCTS, json({"products": ["a", "b"], "nextPage": None})) == ["a", "b"]


def test_a_flat_record_keeps_its_bytes() -> None:
    body = b'  {"product": "a",  "pricing": {"price": {"USD": 1.50}} }\n'
    assert bytes(PRODUCTS.unwrap(body).records[0]) == body.strip()


@pytest.mark.parametrize(
    ("told", "read"), [(2, 2), ("2", 2), (None, None), ("", None), ("next", None), (2.0, 2), (2.5, None), (True, None)]
)
def test_the_next_page_is_a_number_or_nothing(told: object, read: int | None) -> None:
    envelope = ORDERS.unwrap(json({"orders": [ORDER], "nextPage": told, "total": told}))
    assert (envelope.next_page, envelope.total) == (read, read)


@pytest.mark.parametrize(
    ("body", "message", "fields", "form"),
    [
        ({"result": "error", "error": {"begin": "Invalid"}}, "Invalid", {"begin": "Invalid"}, Form.RESULT),
        ({"action": "x", "result": "error", "error": "No way"}, "No way", {}, Form.RESULT),
        ({"result": "success", "error": {"a": "No", "b": None}}, "No", {"a": "No"}, Form.RESULT),
        ({"result": "error"}, "result: error", {}, Form.RESULT),
        ({"result": "error", "error": ["One", {"sku": "Two"}]}, "One; Two", {"sku": "Two"}, Form.RESULT),
        ({"message": "unreadable", "params": []}, "unreadable", {}, Form.MESSAGE),
        ({"status": "NOT_FOUND", "message": "Gone", "id": "1"}, "Gone (NOT_FOUND)", {}, Form.STATUS),
        (
            {"status": "BAD_REQUEST", "message": "m", "errors": [{"field": "f", "message": "bad"}]},
            "m (BAD_REQUEST); bad",
            {"f": "bad"},
            Form.STATUS,
        ),
        ({"code": "401", "message": "No"}, "No", {}, Form.OTHER),
        ({"status": 404, "error": "Not Found", "path": "/x"}, "Not Found", {}, Form.OTHER),
    ],
)
def test_an_error_of_the_whole_reply_is_told_in_the_vendors_words(
    body: object, message: str, fields: dict[str, str], form: Form
) -> None:
    envelope = ORDERS.unwrap(json(body))
    assert envelope.fault is not None
    assert (envelope.fault.message, envelope.fault.fields, envelope.form) == (message, fields, form)
    assert not envelope.records


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"{", b'"text"', b"7", b"null", b"{}", b'{"foo": 1}', b"\xff"])
def test_what_is_no_reply_of_the_api_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        ORDERS.unwrap(body)


@pytest.mark.parametrize(
    ("item", "missing"),
    [
        ({"product": "a", "result": "error", "error": {"product": "Product not found"}}, True),
        ({"product": "a", "result": "success", "error": {"product": "Not found"}}, True),
        ({"product": "a", "error": "Product does not exist"}, True),
        ({"product": "a", "result": "error", "error": {"product": "Locked"}}, False),
        ({"product": "a", "result": "error"}, False),
    ],
)
def test_an_error_item_is_refused_whatever_its_result_says(item: dict[str, Any], missing: bool) -> None:
    with pytest.raises(Refusal) as caught:
        read_product(json(item))
    assert (caught.value.id, caught.value.missing) == ("a", missing)


def test_an_error_map_of_nulls_is_no_error() -> None:
    assert read_product(json({"product": "a", "result": "success", "error": {"url": None}})).product == "a"


def test_money_is_exact_whether_written_whole_or_broken() -> None:
    product = read_product(fixture("product"))
    assert product.pricing is not None
    assert product.pricing.price == {"USD": Decimal("30.10"), "EUR": Decimal(27), "JPY": Decimal(4400)}
    assert str(product.pricing.price["USD"]) == "30.10"
    order = read_order(json({"order": "a", "total": "19.90", "tax": "", "subtotal": 18}))
    assert (order.total, order.tax, order.subtotal) == (Decimal("19.90"), None, Decimal(18))
    assert isinstance(order.subtotal, Decimal)


def test_a_price_without_a_currency_stays_nameless() -> None:
    product = read_product(json({"product": "a", "pricing": {"price": 9.5}}))
    assert product.pricing is not None
    assert product.pricing.price == {"": Decimal("9.5")}


@pytest.mark.parametrize("amount", ["NaN", "1_000", True, "1e99", [], {"USD": 1}])
def test_an_amount_that_is_no_number_is_refused_by_name(amount: object) -> None:
    with pytest.raises(ValueError, match="total"):
        read_order(json({"order": "a", "total": amount}))


def test_prices_are_read_per_country() -> None:
    prices = read_prices(bytes(PRODUCTS.unwrap(fixture("prices")).records[0]))
    assert prices.pricing["DE"].price == Decimal("32.13")
    assert prices.pricing["JP"].price == Decimal(4840)
    assert isinstance(prices.pricing["JP"].price, Decimal)


@pytest.mark.parametrize("read", [read_product, read_prices, read_order])
def test_a_record_without_an_id_is_refused(read: Any) -> None:
    with pytest.raises(ValueError, match="missing"):
        read(b"{}")


async def test_a_record_that_is_not_utf8_where_no_field_is_read_hides_no_other() -> None:
    body = b'{"orders": [{"order": "a", "odd\xff": 1}, {"order": "b"}]}'
    shop, _ = store(lambda _call: reply(body))
    async with shop:
        batch = await shop.api.orders.get_many(["a", "b"])
    assert [item.key for item in batch.items] == ["b"]
    assert [(bad.id, type(bad.error)) for bad in batch.failed] == [("a", DecodeError)]


async def test_a_product_that_is_not_utf8_where_no_field_is_read_hides_no_other() -> None:
    body = b'{"products": [{"product": "a", "odd\xff": 1}, {"product": "b", "odd": "\xc3\xbc"}]}'
    shop, _ = store(lambda _call: reply(body))
    async with shop:
        batch = await shop.api.products.get_many(["a", "b"])
        common = await shop.products.get_many(["a", "b"])
    assert [item.product for item in batch.items] == [item.id for item in common.items] == ["b"]
    assert [(bad.id, type(bad.error)) for bad in (*batch.failed, *common.failed)] == [("a", DecodeError)] * 2


# -- whatever comes ------------------------------------------------------------------------------------------


def _places(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    here = [at] if at else []
    if isinstance(value, dict):
        return here + [place for key in value for place in _places(value[key], (*at, key))]
    if isinstance(value, list):
        return here + [place for n, member in enumerate(value) for place in _places(member, (*at, n))]
    return here


def _mutated(value: Any, change: str) -> Any:
    match change:
        case "null":
            return None
        case "empty":
            return ""
        case "retype":
            return str(value) if isinstance(value, int | float) else 7
        case "object":
            return {"id": str(value)} if not isinstance(value, dict) else str(value)
        case "list":
            return value[0] if isinstance(value, list) and value else [value]
        case "hollow":
            return {} if not isinstance(value, dict) else []
        case _:
            return "\u00a0€ 1_000,00"


CHANGES = ["drop", "null", "empty", "retype", "object", "list", "hollow", "odd"]


def _changed(document: Any, place: tuple[Any, ...], change: str) -> None:
    *path, last = place
    parent: Any = document
    for step in path:
        try:
            parent = parent[step]
        except (KeyError, IndexError, TypeError):
            return  # an earlier change took the place away
    if not isinstance(parent, dict | list):
        return
    try:
        if change == "drop":
            del parent[last]
        else:
            parent[last] = _mutated(parent[last], change)
    except (KeyError, IndexError, TypeError):
        return


@pytest.mark.parametrize("name", ["product", "order", "order_unfinished", "prices"])
def test_a_changed_payload_gives_a_record_or_a_reason(name: str) -> None:
    whole = msgspec.json.decode(fixture(name))
    places = _places(whole)

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(places), st.sampled_from(CHANGES)), min_size=1, max_size=4))
    def check(changes: list[tuple[tuple[Any, ...], str]]) -> None:
        document = msgspec.json.decode(fixture(name))
        for place, change in changes:
            _changed(document, place, change)
        raw = json(document)
        try:
            if name == "product":
                found: Any = mapping.to_product(read_product(raw), raw, store="eu")
            elif name == "prices":
                found = [read_prices(bytes(each)) for each in PRODUCTS.unwrap(raw).records]
            else:
                found = mapping.to_order(read_order(raw), raw, store="eu")
        except ValueError:
            return
        msgspec.json.encode(found)

    check()


@settings(max_examples=200, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["orders", "order", "errors", "error", "result", "message", "params", "status", "total"]),
        inner, max_size=5),
    max_leaves=12,
))  # fmt: skip
def test_any_json_is_an_envelope_or_a_value_error(value: object) -> None:
    try:
        envelope = ORDERS.unwrap(json(value))
    except ValueError:
        return
    for raw in envelope.records:
        with contextlib.suppress(ValueError):
            read_order(bytes(raw))


def test_the_forgiving_way_reads_what_live_shops_send() -> None:
    order = read_order(
        json(
            {"order": 17, "completed": "true", "items": {"product": "a", "quantity": "3"}, "coupons": "X", "tags": "t"}
        )
    )
    assert order.key == "17"
    assert order.completed is True
    assert order.items is not None
    assert order.items[0].quantity == 3
    assert order.coupons == ["X"]
