"""Lists in parts: ranges of days without a gap between them, and batches of ids with each in one."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.errors import UsageError
from fastspring_async.walk import Window, crowded, id_parts, joined, part_of_orders, part_of_products

FIRST = date(2020, 1, 1)
DAYS = st.lists(st.integers(min_value=0, max_value=30), min_size=1, max_size=40)
MOST = st.integers(min_value=1, max_value=60)


def cut(days: list[int], most: int) -> list[Window]:
    """As the adapter does, with a shop that has so many orders on each day."""

    def size(window: Window) -> int:
        return sum(days[(window.begin - FIRST).days : (window.end - FIRST).days])

    whole = Window(FIRST, FIRST + timedelta(days=len(days)))
    sizes: dict[Window, int | None] = {whole: size(whole)}
    while large := crowded(sizes, most):
        halves = [half for window in large for half in window.halves()]
        sizes = {window: told for window, told in sizes.items() if window not in large} | {
            half: size(half) for half in halves
        }
    return joined(sizes, most)


@given(DAYS, MOST)
def test_ranges_of_days_follow_each_other_without_a_gap_and_none_is_too_large_that_can_be_cut(
    days: list[int], most: int
) -> None:
    found = cut(days, most)
    assert (found[0].begin, found[-1].end) == (FIRST, FIRST + timedelta(days=len(days)))
    assert all(one.end == other.begin for one, other in pairwise(found))
    for window in found:
        orders = sum(days[(window.begin - FIRST).days : (window.end - FIRST).days])
        assert orders <= most or (window.end - window.begin).days == 1
    for one, other in pairwise(found):  # neighbours are one part if that is small enough
        assert sum(days[(one.begin - FIRST).days : (other.end - FIRST).days]) > most


@given(DAYS, MOST)
def test_a_range_of_days_is_read_by_its_token(days: list[int], most: int) -> None:
    for window in cut(days, most):
        cursor = part_of_orders(window.token)
        assert (cursor.window, cursor.later) == (window, ())


def test_a_shop_that_tells_no_totals_is_one_part() -> None:
    whole = Window(FIRST, FIRST + timedelta(days=900))
    assert joined({whole: None}, 10) == [whole]
    assert crowded({whole: None}, 10) == []


@given(st.lists(st.text(max_size=8), max_size=60), st.integers(min_value=1, max_value=20))
def test_every_id_is_in_exactly_one_batch(ids: list[str], count: int) -> None:
    parts = [part_of_products(token).ids or () for token in id_parts(ids, count)]
    assert [id for part in parts for id in part] == sorted(set(ids))
    assert all(len(part) <= count for part in parts)


@pytest.mark.parametrize("token", ["", "{}", "[1]", '{"after": "x"}', "null"])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    for read in (part_of_products, part_of_orders):
        with pytest.raises(UsageError):
            read(token)
