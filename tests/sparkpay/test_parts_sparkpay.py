"""A list in ranges of ids: every id is in exactly one, whatever ids there are and whatever comes meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.errors import UsageError
from sparkpay_async.walk import Cursor, Range, Walk, edge, range_of, ranges
from sparkpay_async.wire import Rows

IDS = st.integers(min_value=1, max_value=10**9)


@given(st.tuples(IDS, IDS).map(sorted), st.integers(min_value=1, max_value=50), IDS)
def test_every_id_is_in_exactly_one_range(edges: list[int], parts: int, id: int) -> None:
    found = ranges(edges[0], edges[1], parts)
    within = [part for part in found if (part.after or 0) < id and (part.upto is None or id <= part.upto)]
    assert len(within) == 1
    assert len(found) <= parts
    assert (found[0].after, found[-1].upto) == (None, None)
    assert [range_of(part.token) for part in found] == found


def test_a_range_is_asked_for_and_ends_at_its_last_id() -> None:
    part = Walk(page_size=2, upto=9)
    assert ("id", "gt:4 AND lte:9") in part.query(Cursor(last=4))
    assert ("id", "lte:9") in part.query(Cursor())
    rows = Rows(rows=(b"{}", b"{}"), total=5)  # type: ignore[arg-type]
    assert part.after(Cursor(last=4), rows, [5, 8]) == Cursor(last=8, begun=True)
    assert part.after(Cursor(last=4), rows, [8, 9]) is None
    assert part.after(Cursor(last=4), rows, [8, 10]) is None  # a server that ignores the end is not read to its end


def test_the_edges_of_a_list_are_asked_for_by_one_record() -> None:
    assert edge(None) == (("count", "1"), ("sort", "id"))
    assert edge(None, last=True) == (("count", "1"), ("sort", "-id"))


@pytest.mark.parametrize("token", ["", "5", "5-x", "x-5", "5:9", "-1-2"])
def test_a_token_that_is_no_range_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="is not a range of ids"):
        range_of(token)


def test_the_whole_list_is_a_range_too() -> None:
    assert range_of(Range().token) == Range()
