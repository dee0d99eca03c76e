"""Records and values as they go into rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table

from commerce_async.schema import Stock
from commerce_async.sinks import rows, tables
from commerce_async.sinks.types import amount_text, amount_texts, instant_text, instant_texts
from tests.sync.fake import order, product

zones = st.sampled_from([UTC, timezone(timedelta(0)), timezone(timedelta(hours=-9, minutes=-30))])
times = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=zones)
seconds = times.map(lambda at: at.replace(microsecond=0))
amounts = st.decimals(-(10**20), 10**20, places=30) | st.sampled_from([Decimal("1E+3"), Decimal("-0E-9")])


@given(st.lists(st.none() | times | seconds))
def test_a_column_of_times_is_text_of_one_length_in_utc_that_sorts_as_they_do(values: list[datetime | None]) -> None:
    texts = instant_texts(values)
    assert texts == [None if value is None else instant_text(value) for value in values]
    assert {len(text) for text in texts if text is not None} <= {27}
    assert [None if text is None else datetime.fromisoformat(text) for text in texts] == values
    told = [value for value in values if value is not None]
    assert sorted(text for text in texts if text is not None) == [instant_text(value) for value in sorted(told)]


@given(st.lists(st.none() | amounts))
def test_a_column_of_amounts_is_exact_text_without_an_exponent(values: list[Decimal | None]) -> None:
    texts = amount_texts(values)
    assert texts == [None if value is None else amount_text(value) for value in values]
    assert [None if text is None else Decimal(text) for text in texts] == values
    assert not any("E" in text for text in texts if text is not None)


def test_a_fingerprint_tells_a_change_of_the_raw_json_alone_and_of_what_it_is_mapped_to_alone() -> None:
    item = product("a")
    mark, *same = rows.fingerprints([item, product("a")])
    assert len(mark) == 16
    assert same == [mark]
    changes = {"raw": item.raw + b" ", "name": "Cup", "stock": Stock(tracked=True, backorder=False), "store": "us"}
    others = [msgspec.structs.replace(item, **{name: value}) for name, value in changes.items()]
    assert len({mark, *rows.fingerprints(others)}) == 1 + len(changes)


def test_the_columns_of_records_are_those_of_their_tables_and_all_as_long_as_there_are_rows() -> None:
    ours = {"hash", "first_seen_at", "changed_at", "gone_at", "changes"}
    bought = [order("1"), order("2")]
    expected: list[tuple[rows.Columns, Table, int]] = [
        (rows.product_columns([product("a")]) | rows.raw_columns([product("a")], "on"), tables.products, 1),
        (rows.order_columns(bought) | rows.raw_columns(bought, "compressed"), tables.orders, 2),
        (rows.price_columns([product("a"), product("b")]), tables.product_prices, 4),
        (rows.line_columns(bought), tables.order_lines, 4),
        (rows.customer_columns(bought), tables.customers, 2),
    ]
    for columns, table, length in expected:
        own = ours if "hash" in table.c else set[str]()
        assert set(columns) == set(table.columns.keys()) - own
        assert {len(column) for column in columns.values()} == {length}
