"""Lists that span pages: one page ahead, resumable, never in a circle, and nothing left behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.errors import DecodeError, NetworkError, PagingError
from commerce_async.http.pager import Page, Pager
from commerce_async.schema import Unreadable
from tests.http.kit import stray, virtual

pytestmark = pytest.mark.anyio

BAD = Unreadable(id="7", reason="price: expected a decimal number", raw=b"{}")


class Vendor:
    """Pages of ids. A cursor is a page's number; a page may be an error."""

    def __init__(self, *pages: Sequence[str] | Exception, seconds: float = 0.0) -> None:
        self.pages = list(pages)
        self.seconds = seconds
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.cancelled: list[int] = []

    async def fetch(self, number: int) -> Page[str]:
        self.begun.append(number)
        try:
            await asyncio.sleep(self.seconds)
            page = self.pages[number]
            if isinstance(page, Exception):
                raise page
            self.ended.append(number)
            more = number + 1 < len(self.pages)
            return Page(tuple(page), next=number + 1 if more else None, token=f"after {number}" if more else None)
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # ending takes a moment, as closing a connection does
            self.cancelled.append(number)
            raise

    def pager(self, start: int = 0, token: str | None = None) -> Pager[str]:
        return Pager(self.fetch, start=start, key=lambda item: item, token=token)


async def collect(pager: Pager[str], items: list[str]) -> None:
    async for item in pager:
        items.append(item)


async def test_awaited_it_gives_the_first_page() -> None:
    vendor = Vendor("ab", "cd")
    page = await vendor.pager()
    assert page.items == ("a", "b")
    assert vendor.begun == [0]


async def test_iterated_it_gives_every_item_of_every_page() -> None:
    assert [item async for item in Vendor("ab", "", "cd", "e").pager()] == ["a", "b", "c", "d", "e"]


async def test_pages_gives_every_page() -> None:
    pages = [page async for page in Vendor("ab", "", "c").pager().pages()]
    assert [page.items for page in pages] == [("a", "b"), (), ("c",)]


async def test_iterating_anew_starts_anew() -> None:
    pager = Vendor("ab", "c").pager()
    assert [item async for item in pager] == [item async for item in pager] == ["a", "b", "c"]


async def test_exactly_one_page_is_fetched_ahead() -> None:
    vendor = Vendor("a", "b", "c", "d", "e")
    async with aclosing(vendor.pager().pages()) as pages:
        async for page in pages:
            for _ in range(10):
                await asyncio.sleep(0)
            number = "abcde".index(page.items[0])
            assert vendor.begun == list(range(min(number + 2, 5)))


def test_the_next_page_is_under_way_while_this_one_is_used() -> None:
    async def main() -> float:
        async for _ in Vendor(*"abcdefghij", seconds=1.0).pager():
            await asyncio.sleep(1.0)
        return asyncio.get_running_loop().time()

    assert virtual(main) == pytest.approx(11.0)


# -- going on --------------------------------------------------------------------------------------------------


async def test_the_token_goes_on_after_the_pages_that_were_delivered() -> None:
    pager = Vendor("ab", "cd", "e").pager(token="begin")
    assert pager.token == "begin"
    seen: list[str | None] = []
    async for item in pager:
        seen.append(pager.token)
        if item == "c":
            break
    assert seen == ["begin", "begin", "after 0"]
    assert pager.token == "after 0"  # the page of "c" was not used to its end


async def test_the_token_of_pages_counts_the_page_in_hand_as_delivered() -> None:
    pager = Vendor("ab", "cd", "e").pager()
    tokens = [pager.token async for _ in pager.pages()]
    assert tokens == ["after 0", "after 1", None]


async def test_an_error_carries_where_the_list_goes_on() -> None:
    pager = Vendor("ab", "cd", NetworkError("lost"), "e").pager()
    items: list[str] = []
    with pytest.raises(NetworkError) as caught:
        await collect(pager, items)
    assert items == ["a", "b", "c", "d"]
    assert caught.value.resume == pager.token == "after 1"


async def test_an_error_on_the_first_page_carries_the_token_it_began_with() -> None:
    with pytest.raises(NetworkError) as caught:
        _ = [item async for item in Vendor(NetworkError("lost")).pager(token="begin")]
    assert caught.value.resume == "begin"


async def test_completeness_is_known_only_at_the_end() -> None:
    pager = Vendor("ab", "c").pager()
    assert pager.complete is None
    async for _ in pager.pages():
        break
    assert pager.complete is None
    _ = [item async for item in pager]
    assert pager.complete is True


async def test_a_page_over_shifting_data_makes_the_list_incomplete() -> None:
    async def fetch(number: int) -> Page[str]:
        return Page((str(number),), next=number + 1 if number < 3 else None, sound=number != 1)

    pager = Pager(fetch, start=0, key=lambda item: item)
    _ = [item async for item in pager]
    assert pager.complete is False


# -- never in a circle -----------------------------------------------------------------------------------------


async def test_a_page_that_comes_twice_in_a_row_is_a_paging_error_with_a_token() -> None:
    pager = Vendor("ab", "cd", "cd", "ef").pager()
    with pytest.raises(PagingError, match="same page of 2 records twice") as caught:
        _ = [item async for item in pager]
    assert caught.value.resume == "after 1"
    assert not stray()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 20])
@pytest.mark.parametrize("before", [0, 1, 7])
@pytest.mark.parametrize("full", [True, False], ids=["full pages", "empty pages"])
async def test_pages_that_lead_in_a_circle_are_a_paging_error(size: int, before: int, full: bool) -> None:
    fetched = 0

    async def fetch(number: int) -> Page[str]:
        nonlocal fetched
        fetched += 1
        after = number + 1 if number < before + size - 1 else before
        return Page((str(number),) if full else (), next=after)

    with pytest.raises(PagingError):
        _ = [item async for item in Pager(fetch, start=0, key=lambda item: item)]
    assert fetched < 8 * (before + size) + 8


async def test_a_thousand_pages_without_a_circle_are_no_circle() -> None:
    vendor = Vendor(*[[str(n)] for n in range(1000)])
    assert len([item async for item in vendor.pager()]) == 1000


async def test_rows_that_a_shifting_page_shows_again_are_dropped() -> None:
    pager = Vendor("abc", "cde", "def", "fgg").pager()
    assert "".join([item async for item in pager]) == "abcdefg"


@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=8), shifts=st.lists(st.integers(0, 2), max_size=8))
def test_however_pages_shift_no_item_is_delivered_twice_or_lost(sizes: list[int], shifts: list[int]) -> None:
    rows = [str(n) for n in range(100)]
    pages: list[list[str]] = []
    at = 0
    for n, size in enumerate(sizes):
        back = min(at, shifts[n] if n < len(shifts) else 0, size - 1)  # rows added in front push these down again
        pages.append(rows[at - back : at - back + size])
        at += size - back
    expected = rows[:at]

    async def main() -> list[str]:
        return [item async for item in Vendor(*pages).pager()]

    assert virtual(main) == expected


async def test_a_page_without_a_single_item_is_no_repetition_of_another() -> None:
    assert [item async for item in Vendor("", "", "a").pager()] == ["a"]


# -- records that cannot be read -------------------------------------------------------------------------------


async def unreadable(number: int) -> Page[str]:
    bad = (BAD,) if number == 1 else ()
    more = number < 2
    return Page(
        (f"item {number}",),
        next=number + 1 if more else None,
        token=f"after {number}" if more else None,
        unreadable=bad,
    )


async def test_a_record_that_cannot_be_read_raises_where_items_are_iterated() -> None:
    pager = Pager(unreadable, start=0, key=lambda item: item)
    items: list[str] = []
    with pytest.raises(DecodeError, match="record 7: price") as caught:
        await collect(pager, items)
    assert items == ["item 0", "item 1"]
    assert caught.value.resume == "after 1"
    assert pager.token == "after 0"
    await asyncio.sleep(0)
    assert not stray()


async def test_a_record_that_cannot_be_read_does_not_stop_pages() -> None:
    pager = Pager(unreadable, start=0, key=lambda item: item)
    pages = [page async for page in pager.pages()]
    assert [len(page.unreadable) for page in pages] == [0, 1, 0]


async def test_unreadable_records_survive_the_dropping_of_duplicates() -> None:
    async def fetch(number: int) -> Page[str]:
        return Page(
            ("a", "b")[: number + 1], next=1 if number == 0 else None, unreadable=(BAD,), total=2, missing=("x",)
        )

    pages = [page async for page in Pager(fetch, start=0, key=lambda item: item).pages()]
    assert pages[1].items == ("b",)
    assert (pages[1].unreadable, pages[1].total, pages[1].missing) == ((BAD,), 2, ("x",))


# -- nothing left behind ---------------------------------------------------------------------------------------


async def test_breaking_out_of_the_loop_cancels_the_page_ahead_and_leaves_no_task() -> None:
    vendor = Vendor("ab", "cd", "ef", seconds=0.01)
    async for _ in vendor.pager():
        break
    for _ in range(10):
        await asyncio.sleep(0)
    assert vendor.cancelled == [1]
    assert not stray()


async def test_closing_waits_until_the_page_ahead_has_ended() -> None:
    vendor = Vendor("ab", "cd", "ef", seconds=0.01)
    async with aclosing(vendor.pager().pages()) as pages:
        async for _ in pages:
            await asyncio.sleep(0)
            break
    assert vendor.cancelled == [1]
    assert not stray()


async def test_an_error_in_the_loops_body_leaves_no_task() -> None:
    vendor = Vendor("ab", "cd", "ef", seconds=0.01)

    async def walk() -> None:
        async with aclosing(vendor.pager().pages()) as pages:
            async for _ in pages:
                await asyncio.sleep(0)
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await walk()
    assert vendor.cancelled == [1]
    assert not stray()


async def test_cancellation_while_waiting_for_a_page_ends_its_fetch_before_it_goes_on() -> None:
    vendor = Vendor("ab", "cd", seconds=10.0)

    async def walk() -> None:
        async for _ in vendor.pager():
            pass

    task = asyncio.ensure_future(walk())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert vendor.cancelled == [0]
    assert not stray()


async def test_a_scope_that_is_cancelled_while_waiting_ends_the_fetch_before_it_goes_on() -> None:
    vendor = Vendor("ab", "cd", seconds=10.0)
    with anyio.move_on_after(0.01) as scope:
        async for _ in vendor.pager():
            pass
    assert scope.cancelled_caught
    assert vendor.cancelled == [0]
    assert not stray()


async def test_a_scope_that_is_cancelled_in_the_loops_body_leaves_no_task() -> None:
    vendor = Vendor("ab", "cd", seconds=0.001)
    with anyio.move_on_after(0.05) as scope:
        async with aclosing(vendor.pager().pages()) as pages:
            async for _ in pages:
                vendor.seconds = 10.0
                await asyncio.sleep(0)
                await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert not stray()


@pytest.mark.parametrize("leave", ["iterate", "close", "abandon"])
async def test_an_error_of_the_page_ahead_is_delivered_once_and_never_reported_as_unseen(leave: str) -> None:
    unseen: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unseen.append(context))
    vendor = Vendor("ab", NetworkError("lost"))
    pager = vendor.pager()
    caught = 0
    pages = pager.pages()
    await anext(pages)
    await asyncio.sleep(0.01)  # meanwhile the page ahead has failed
    if leave == "iterate":
        with pytest.raises(NetworkError):
            await anext(pages)
        caught += 1
        with pytest.raises(StopAsyncIteration):
            await anext(pages)
    elif leave == "close":
        await pages.aclose()
    del pages, pager
    gc.collect()
    await asyncio.sleep(0.01)
    gc.collect()
    assert not unseen
    assert not stray()
    assert caught == (leave == "iterate")


@pytest.mark.parametrize("ticks", range(40))
async def test_cancelled_at_any_await_it_leaves_no_task(ticks: int) -> None:
    vendor = Vendor(*"abcdefgh")
    seen: list[str] = []

    async def walk() -> None:
        async with aclosing(vendor.pager().pages()) as pages:
            async for page in pages:
                seen.extend(page.items)
                await asyncio.sleep(0)

    task = asyncio.ensure_future(walk())
    for _ in range(ticks):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled() or len(seen) == 8
    assert not stray()
