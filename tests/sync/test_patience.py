"""How long a list that failed is left alone: longer each time, as long as the vendor asks, and not for ever."""

from __future__ import annotations

from commerce_async.sync.patience import PATIENCE, REST, rest


def test_pauses_grow_up_to_a_longest_and_end() -> None:
    pauses = [rest(None, failures, 900.0) for failures in range(1, PATIENCE + 1)]
    assert pauses == [2.0, 4.0, 8.0, 16.0, REST]
    assert rest(None, PATIENCE + 1, 900.0) is None


def test_a_vendor_that_asks_for_longer_gets_it_unless_that_is_too_long() -> None:
    assert rest(120.0, 1, 900.0) == 120.0
    assert rest(1.0, 3, 900.0) == 8.0
    assert rest(901.0, 1, 900.0) is None
