"""A walk loses nothing that was there all along, whatever comes and goes, and says so when it cannot be sure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commerce_async.errors import PagingError, UsageError
from fastspring_async import walk
from fastspring_async.walk import OrderCursor, ProductCursor, Window

NOW = datetime(2024, 3, 10, 12, tzinfo=UTC)
FIRST = date(2024, 2, 1)
DAY = timedelta(days=1)


@dataclass
class Shop:
    """A listing of orders by day, as the vendor might keep it."""

    rows: list[tuple[date, str]]
    newest_first: bool = False
    end_included: bool = False
    limit: int = 3

    def page(self, window: Window, number: int) -> tuple[list[str], int, int | None]:
        assert window.begin < window.end
        last = window.end if self.end_included else window.end - DAY
        found = sorted((row for row in self.rows if window.begin <= row[0] <= last), reverse=self.newest_first)
        part = found[(number - 1) * self.limit : number * self.limit]
        more = number + 1 if number * self.limit < len(found) else None
        return [id for _, id in part], len(found), more


@dataclass
class Pass:
    """What one walk brought."""

    delivered: list[str] = field(default_factory=list[str])
    tokens: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    sound: bool = True
    calls: int = 0


def run(shop: Shop, start: OrderCursor, change: Any = None) -> Pass:
    found, cursor = Pass(), start
    while True:
        ids, total, more = shop.page(cursor.window, cursor.page)
        found.calls += 1
        assert found.calls < 5000
        if narrower := walk.narrowed(cursor, total):
            cursor = narrower
        else:
            step = walk.advance(cursor, ids, total=total, next_page=more)
            found.delivered += [id for id in ids if id in step.fresh]
            found.sound = found.sound and step.sound
            if step.next is None:
                return found
            found.tokens.append((step.next.token, len(found.delivered)))
            cursor = step.next
        if change:
            change(shop)


def days(counts: list[int]) -> list[tuple[date, str]]:
    return [(FIRST + n * DAY, f"o{n:02}-{k:03}") for n, count in enumerate(counts) for k in range(count)]


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MOST_ROWS", 10)


COUNTS = st.lists(st.integers(0, 14), max_size=36)


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("end_included", [False, True])
def test_a_quiet_list_is_delivered_whole_and_each_order_once(newest_first: bool, end_included: bool) -> None:
    @settings(max_examples=60, deadline=None)
    @given(COUNTS)
    def check(counts: list[int]) -> None:
        rows = days(counts)
        found = run(Shop(list(rows), newest_first, end_included), walk.orders_from(FIRST, NOW))
        assert sorted(found.delivered) == sorted(id for _, id in rows)
        assert found.sound

    check()


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("newest_first", [False, True])
def test_what_was_there_all_along_is_delivered_or_the_pass_is_not_called_sound(newest_first: bool) -> None:
    @settings(max_examples=300, deadline=None)
    @example([5, 5], 7, 0.9, False)
    @given(COUNTS, st.integers(0, 2**32), st.sampled_from([0.05, 0.3, 0.9]), st.booleans())
    def check(counts: list[int], seed: int, busy: float, end_included: bool) -> None:
        rows, chance = days(counts), Random(seed)
        stable = {id for _, id in rows if chance.random() < 0.8}
        names = iter(range(10**6))

        def change(shop: Shop) -> None:
            # Rows come or go between two calls, not both at once: that leaves the total as it was.
            if chance.random() > busy:
                return
            going = [row for row in shop.rows if row[1] not in stable]
            if going and chance.random() < 0.5:
                shop.rows.remove(chance.choice(going))
                return
            for _ in range(chance.randint(1, 2)):
                shop.rows.append((FIRST + chance.randrange(37) * DAY, f"n{next(names)}"))

        found = run(Shop(list(rows), newest_first, end_included), walk.orders_from(FIRST, NOW), change)
        assert not found.sound or stable <= set(found.delivered)

    check()


@pytest.mark.usefixtures("small_windows")
@settings(max_examples=60, deadline=None)
@given(COUNTS, st.integers(0, 10**6), st.booleans())
def test_going_on_from_any_token_loses_nothing(counts: list[int], cut: int, end_included: bool) -> None:
    rows = days(counts)
    shop = Shop(list(rows), end_included=end_included)
    whole = run(shop, walk.orders_from(FIRST, NOW))
    if not whole.tokens:
        return
    token, delivered = whole.tokens[cut % len(whole.tokens)]
    rest = run(shop, walk.orders_resumed(token, NOW))
    assert {id for _, id in rows} == {*whole.delivered[:delivered], *rest.delivered}


@pytest.mark.usefixtures("small_windows")
def test_a_window_with_too_many_rows_is_halved_until_it_fits_or_is_one_day() -> None:
    cursor: OrderCursor | None = walk.orders_from(FIRST, NOW)
    seen = []
    while cursor is not None:
        seen.append(cursor.window)
        cursor = walk.narrowed(cursor, 11)
    assert seen[-1] == Window(FIRST, FIRST + DAY)
    assert walk.narrowed(walk.orders_from(FIRST, NOW), 10) is None


def test_windows_behind_a_cut_go_on_where_the_one_before_ends() -> None:
    narrower = walk.narrowed(walk.orders_from(FIRST, NOW), 5000)
    assert narrower is not None
    whole = [narrower.window, *narrower.later]
    assert all(one.end == two.begin for one, two in pairwise(whole))
    assert (whole[0].begin, whole[-1].end) == (FIRST, date(2024, 3, 12))
    assert narrower.of_all == 5000


def attempts(totals: list[list[int | None]]) -> list[bool]:
    """Reads one window of two pages whose totals come as given; the soundness of each step."""
    cursor, told = OrderCursor(Window(FIRST, FIRST + DAY)), []
    for attempt in totals:
        for number, total in enumerate(attempt, 1):
            ids = [f"{number}a", f"{number}b"]
            step = walk.advance(cursor, ids, total=total, next_page=2 if number == 1 else None)
            told.append(step.sound)
            if step.next is None:
                return told
            cursor = step.next
    raise AssertionError("not done")


def test_a_window_is_read_again_twice_and_then_given_up() -> None:
    assert attempts([[4, 4]]) == [True, True]
    assert attempts([[5, 4], [4, 4]]) == [True, True, True, True]
    assert attempts([[5, 5], [5, 4], [9, 9]]) == [True] * 5 + [False]


def test_a_total_that_sinks_between_two_pages_is_noticed_even_if_it_rose_before() -> None:
    cursor, found = OrderCursor(Window(FIRST, FIRST + DAY)), []
    for number, total in enumerate((6, 7, 6), 1):
        ids = [f"{number}a", f"{number}b"]
        step = walk.advance(cursor, ids, total=total, next_page=number + 1 if number < 3 else None)
        found.append(step)
        assert step.next is not None
        cursor = step.next
    assert cursor.attempt == 2


def test_without_a_total_only_a_single_page_is_sure_to_be_whole() -> None:
    assert attempts([[None, None]]) == [True, False]
    alone = walk.advance(OrderCursor(Window(FIRST, FIRST + DAY)), ["a"], total=None, next_page=None)
    assert (alone.sound, alone.next) == (True, None)


@pytest.mark.parametrize("next_page", [None, 0, 1, -3])
def test_a_next_page_that_does_not_go_forward_is_the_end(next_page: int | None) -> None:
    assert walk.advance(OrderCursor(Window(FIRST, FIRST + DAY)), ["a"], total=1, next_page=next_page).next is None


def test_an_empty_page_is_the_end_whatever_it_says_of_the_next() -> None:
    assert walk.advance(OrderCursor(Window(FIRST, FIRST + DAY)), [], total=0, next_page=2).next is None


def test_pages_that_never_show_anything_new_are_an_error_and_no_endless_walk() -> None:
    def endless() -> None:
        cursor = OrderCursor(Window(FIRST, FIRST + DAY))
        for number in range(2, 20):
            step = walk.advance(cursor, ["a", "b"], total=99, next_page=number)
            assert step.next is not None
            cursor = step.next

    with pytest.raises(PagingError):
        endless()


def test_as_many_new_orders_as_fill_pages_do_not_end_the_walk() -> None:
    def seen_again(times: int) -> None:
        cursor = OrderCursor(Window(FIRST, FIRST + DAY))
        for page in range(1, times + 2):  # twenty came after the first page, and went in front
            step = walk.advance(cursor, ["a", "b"], total=99 if page == 1 else 119, next_page=page + 1)
            assert step.next is not None
            cursor = step.next

    seen_again(10)
    with pytest.raises(PagingError, match="in a row with nothing new"):
        seen_again(20)


def test_since_reaches_a_day_back_and_the_end_a_day_ahead_of_utc() -> None:
    behind = timezone(timedelta(hours=-12))
    since = datetime(2024, 3, 1, 20, tzinfo=behind)
    window = walk.orders_from(FIRST, NOW, since=since).window
    assert (window.begin, window.end) == (date(2024, 3, 1), date(2024, 3, 12))
    assert walk.orders_from(FIRST, NOW, since=datetime(1, 1, 1, tzinfo=UTC)).window.begin == walk.FIRST_DAY
    late = walk.orders_from(FIRST, NOW, since=datetime(2030, 1, 1, tzinfo=UTC)).window
    assert late.begin < late.end


def test_since_must_be_aware() -> None:
    with pytest.raises(UsageError, match="aware"):
        walk.orders_from(FIRST, NOW, since=datetime(2024, 1, 1))


BAD = [
    "",
    "x",
    "null",
    "[]",
    "{}",
    '{"begin": 7}',
    '{"begin": "2024-13-01"}',
    '{"begin": "2024-01-01", "x": 1}',
    "[" * 2000,
]


@pytest.mark.parametrize("token", [*BAD, '{"after": "a"}', '{"begin": "2030-01-01"}'])
def test_a_token_of_something_else_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="resume"):
        walk.orders_resumed(token, NOW)


@pytest.mark.parametrize("token", [*BAD, '{"begin": "2024-01-01"}', '{"after": 1}'])
def test_a_product_token_of_something_else_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="resume"):
        walk.products_resumed(token)


# -- products ------------------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=4).map(lambda text: f"p{text}"), max_size=30), st.integers(1, 7), st.integers(0, 50))
def test_products_are_walked_by_id_and_go_on_after_any_token(ids: list[str], count: int, cut: int) -> None:
    cursor: ProductCursor | None = walk.listed(ProductCursor(), ids, whole=True)
    found: list[str] = []
    stops: list[tuple[str | None, int]] = []
    while cursor is not None:
        part, cursor = walk.take(cursor, count)
        found += part
        if cursor is not None:
            stops.append((cursor.token, len(found)))
    assert found == sorted(set(ids))
    if stops:
        token, delivered = stops[cut % len(stops)]
        assert token is not None
        rest, _ = walk.take(walk.listed(walk.products_resumed(token), ids, whole=True), 100)
        assert [*found[:delivered], *rest] == found


def test_a_walk_that_goes_on_is_at_its_token_before_it_has_fetched_anything() -> None:
    assert ProductCursor().token is None
    assert walk.products_resumed('{"after":"b"}').token == '{"after":"b"}'
    at_the_end = walk.listed(walk.products_resumed('{"after":"z"}'), ["a"], whole=True)
    assert walk.take(at_the_end, 50) == ((), None)
