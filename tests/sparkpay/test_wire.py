"""Reading the vendor's JSON: as documented, as live shops send it, and as nobody should."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.schema.lenient import untyped
from sparkpay_async import kinds, mapping, wire
from sparkpay_async.mapping import Joined, Shop
from tests.sparkpay.fakes import fixture, kind_named, others

SHOP = Shop(store="us", currency="USD")
SINGLES = {"products": fixture("product"), "orders": fixture("order")}
SINGLES |= {name: msgspec.json.encode(others(name)) for name in msgspec.json.decode(fixture("others"))}


@pytest.mark.parametrize("name", sorted(SINGLES))
def test_the_documented_form_takes_the_fast_path(name: str) -> None:
    struct = {
        "products": wire.Product,
        "orders": wire.Order,
        "customers": wire.Customer,
        "order_addresses": wire.OrderAddress,
        "addresses": wire.Address,
        "order_statuses": wire.OrderStatus,
        "product_statuses": wire.ProductStatus,
        "categories": wire.Category,
    }[name]
    record = msgspec.json.Decoder(struct, float_hook=Decimal).decode(SINGLES[name])
    assert record == kind_named(name).reader.read(SINGLES[name])


def test_money_keeps_every_digit_of_the_text() -> None:
    product = kinds.PRODUCTS.reader.read(b'{"id":1,"price":24.9900,"retail":"0.1","cost":12345678901234567.89}')
    assert str(product.price) == "24.9900"
    assert product.retail == Decimal("0.1")
    assert str(product.cost) == "12345678901234567.89"


@pytest.mark.parametrize("none", ["null", '""'])
def test_none_is_spelled_several_ways(none: str) -> None:
    raw = f'{{"id":1,"price":{none},"is_hidden":{none},"quantity_on_hand":{none},"variants":{none},"pricing":{none}}}'
    product = kinds.PRODUCTS.reader.read(raw.encode())
    assert product.price is None
    assert product.quantity_on_hand is None
    assert not product.is_hidden
    assert not product.variants
    assert not product.pricing


@pytest.mark.parametrize(
    ("flag", "meaning"), [("1", True), ("0", False), ("true", True), ('"0"', False), ('"1"', True)]
)
def test_flags_may_be_numbers_booleans_or_their_text(flag: str, meaning: bool) -> None:
    product = kinds.PRODUCTS.reader.read(f'{{"id":1,"is_hidden":{flag},"is_kit":{flag}}}'.encode())
    assert bool(product.is_hidden) is meaning
    assert bool(product.is_kit) is meaning


def test_numbers_may_be_text_and_one_object_may_stand_for_a_list() -> None:
    raw = b'{"id":"7","quantity_on_hand":"3","variants":{"id":"4","description":9},"categories":[5,"6",{"id":8}]}'
    product = kinds.PRODUCTS.reader.read(raw)
    assert (product.id, product.quantity_on_hand) == (7, 3)
    assert [variant.description for variant in product.variants or ()] == ["9"]
    assert [category.id for category in mapping.categories(product)] == ["5", "6", "8"]


@pytest.mark.parametrize("raw", [b"{}", b'{"id":null}', b'{"id":""}', b'{"id":[]}', b"[]", b"null", b"7"])
def test_a_record_without_an_id_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):
        kinds.ORDERS.reader.read(raw)


# -- lists ----------------------------------------------------------------------------------------------------

EVERY_KEY = [(kind, key) for kind in vars(kinds).values() if isinstance(kind, kinds.Kind) for key in kind.keys]


@pytest.mark.parametrize(("kind", "key"), EVERY_KEY, ids=[f"{kind.name}-{key}" for kind, key in EVERY_KEY])
def test_the_array_is_found_under_the_resource_name_and_every_known_alias(kind: kinds.Kind[Any], key: str) -> None:
    body = (
        b'{"total_count":2,"next_page":"https://h/api/v1/x?page=2","other":[1],"%s":[{"id":1},{"id":2}]}' % key.encode()
    )
    rows = wire.read_rows(body, kind.keys)
    assert [bytes(raw) for raw in rows.rows] == [b'{"id":1}', b'{"id":2}']
    assert (rows.total, rows.next) == (2, "https://h/api/v1/x?page=2")


def test_the_resource_name_goes_before_an_alias() -> None:
    rows = wire.read_rows(b'{"addresses":[{"id":1}],"order_addresses":[{"id":2}]}', kinds.ORDER_ADDRESSES.keys)
    assert [bytes(raw) for raw in rows.rows] == [b'{"id":2}']


def test_an_unknown_key_is_the_list_if_it_is_the_only_one_that_is_not_metadata() -> None:
    rows = wire.read_rows(b'{"total_count":1,"previous_page":[],"things":[{"id":3}],"x":{}}', kinds.PRODUCTS.keys)
    assert [bytes(raw) for raw in rows.rows] == [b'{"id":3}']


@pytest.mark.parametrize(
    "body", [b'{"a":[],"b":[]}', b"{}", b'{"total_count":3}', b"null", b"3", b"<html>", b"", b'{"products":7}']
)
def test_a_reply_whose_list_cannot_be_told_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        wire.read_rows(body, kinds.PRODUCTS.keys)


@pytest.mark.parametrize("link", ["", ',"next_page":null', ',"next_page":""', ',"next_page":false'])
def test_a_missing_next_page_is_the_end_however_it_is_spelled(link: str) -> None:
    assert wire.read_rows(f'{{"total_count":"0"{link},"orders":[]}}'.encode(), ("orders",)) == wire.Rows(
        rows=[], total=0
    )


def test_nonsense_for_a_next_page_is_never_taken_for_the_end() -> None:
    with pytest.raises(ValueError, match="next_page"):
        wire.read_rows(b'{"next_page":{"page":2},"orders":[{"id":1}]}', ("orders",))


@pytest.mark.parametrize("array", [b"null", b'""', b"[]"])
def test_an_empty_list_is_empty_however_it_is_spelled(array: bytes) -> None:
    assert wire.read_rows(b'{"orders":%s}' % array, ("orders",)).rows == []


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert len(wire.read_rows(b'\xef\xbb\xbf{"orders":[{"id":1}]}', ("orders",)).rows) == 1
    assert wire.read_one(b'\xef\xbb\xbf {"id":1}\r\n') == b'{"id":1}'


def test_one_broken_record_is_set_aside_with_its_reason_and_bytes_and_the_rest_goes_on() -> None:
    body = b'{"products":[{"id":1},{"id":2,"price":"cheap"},{"id":3},{"price":1},[]]}'
    parsed = kinds.parse(kinds.PRODUCTS, wire.read_rows(body, kinds.PRODUCTS.keys).rows)
    assert [record.id for record, _ in parsed.good] == [1, 3]
    assert [(bad.id, bad.raw) for bad in parsed.bad] == [
        ("2", b'{"id":2,"price":"cheap"}'),
        (None, b'{"price":1}'),
        (None, b"[]"),
    ]
    assert "price" in parsed.bad[0].reason
    assert parsed.ids == (1, 2, 3, None, None)


# -- whatever may come ----------------------------------------------------------------------------------------

JUNK = st.one_of(
    st.sampled_from([None, "", "0001-01-01T00:00:00", [], {}, {"id": 3}, "9" * 30, 10**30, 1.5, -0.25, 1e300]),
    st.booleans(),
    st.integers(),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
)


@st.composite
def mutated(draw: st.DrawFn, raw: bytes) -> bytes:
    """A payload after a few changes of the kinds that live shops are known for, and worse."""
    value = msgspec.json.decode(raw)
    for _ in range(draw(st.integers(1, 4))):
        place: Any = value
        while True:
            key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
            inner = place[key]
            if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
                break
            place = inner
        place[key] = deepcopy(draw(_change(inner)))  # a later change must not reach into the strategy's own values
        if isinstance(place, dict) and draw(st.integers(0, 4)) == 0:
            del place[key]
        if not value:
            break
    return msgspec.json.encode(value)


def _change(value: Any) -> st.SearchStrategy[Any]:
    known: list[Any] = [None, ""]
    if isinstance(value, bool):
        known += [int(value), str(value)]
    elif isinstance(value, int | float):
        known += [str(value), bool(value), 0]
    elif isinstance(value, dict):
        known += [[value], value.get("id")]
    elif isinstance(value, list) and value:
        known += [value[0], {}]
    return st.one_of(st.sampled_from(known), JUNK)


@settings(max_examples=150, deadline=None)
@given(raw=mutated(fixture("product")))
def test_a_mutated_product_becomes_a_record_or_a_value_error(raw: bytes) -> None:
    status = kinds.PRODUCT_STATUSES.reader.read(SINGLES["product_statuses"])
    try:
        record = kinds.PRODUCTS.reader.read(raw)
        common = mapping.product(record, raw, shop=SHOP, statuses={2: status})
    except ValueError:
        return
    assert common.raw == raw
    assert common.id == str(record.id)
    assert all(isinstance(price.amount, Decimal) and price.amount.is_finite() for price in common.prices)


@settings(max_examples=150, deadline=None)
@given(raw=mutated(fixture("order")))
def test_a_mutated_order_becomes_a_record_or_a_value_error(raw: bytes) -> None:
    try:
        record = kinds.ORDERS.reader.read(raw)
        common = mapping.order(record, raw, shop=SHOP, joined=Joined())
    except ValueError:
        return
    assert common.raw == raw
    assert isinstance(common.total, Decimal)
    assert common.total.is_finite()


@settings(max_examples=100, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(set(SINGLES) - {"products", "orders"})))
def test_any_other_mutated_record_is_read_or_refused(data: st.DataObject, name: str) -> None:
    raw = data.draw(mutated(SINGLES[name]))
    parsed = kinds.parse(kind_named(name), [msgspec.Raw(raw)])
    assert len(parsed.good) + len(parsed.bad) == 1
    assert len(parsed.ids) == 1


@settings(max_examples=100, deadline=None)
@given(
    body=st.one_of(st.binary(max_size=60), mutated(b'{"total_count":2,"next_page":"x","orders":[{"id":1},{"id":2}]}'))
)
def test_any_list_reply_is_read_or_refused(body: bytes) -> None:
    try:
        rows = wire.read_rows(body, kinds.ORDERS.keys)
    except ValueError:
        return
    parsed = kinds.parse(kinds.ORDERS, rows.rows)
    assert len(parsed.ids) == len(rows.rows)


def test_an_untyped_reading_agrees_with_the_typed_one() -> None:
    assert untyped(fixture("product"))["price"] == kinds.PRODUCTS.reader.read(fixture("product")).price
