"""Consuming events: at least once, acknowledged only when handled, in order if asked, safe to stop and to restart."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from itertools import product
from typing import Any

import msgspec
import pytest

from commerce_async.errors import AuthError, ServerError, UsageError
from commerce_async.http.call import Call, Reply
from commerce_async.http.retry import Retry
from fastspring_async.events import Consumed, Event, HandlerFailure
from tests.fastspring.events_kit import DAY_MS, NOW_MS, PAGE, Vendor, shop, virtual
from tests.fastspring.fakes import reply

BEGIN_MS = NOW_MS - 5 * DAY_MS
AT_ONCE = Retry(tries=3, base=0.0, cap=0.0)
ORDERS = [*product(["newer", "older"], [True, False])]


def crowded(count: int, *, seed: int = 1, subjects: int = 500, **settings: Any) -> Vendor:
    """A vendor with so many events, 40 % of which share their millisecond with others."""
    chance = random.Random(seed)
    vendor = Vendor(**settings)
    created, made = BEGIN_MS, 0
    while made < count:
        created += chance.randint(1, 30_000)
        # Groups of 2 to 12; so many more single ones that six in ten stand alone.
        group = chance.randint(2, 12) if chance.random() < 0.087 else 1
        for _ in range(min(group, count - made)):
            order = f"o{chance.randrange(subjects)}"
            vendor.add(created, f"e{made}", type="order.completed", data={"order": order, "total": 1})
            made += 1
    return vendor


def sharing(vendor: Vendor) -> float:
    at = Counter(created for created, _ in vendor.lists["unprocessed"])
    return sum(n for n in at.values() if n > 1) / sum(at.values())


class Desk:
    """A handler that notes what it got, and how many it had at once."""

    def __init__(self, *, seconds: float = 0.0, fails: dict[str, int] | None = None) -> None:
        self.seconds = seconds
        self.fails = dict(fails or {})
        self.begun: list[str] = []
        self.done: list[str] = []
        self.at_once = self.most = 0
        self.by_subject: dict[str | None, list[Event]] = defaultdict(list)
        self.busy: set[str | None] = set()
        self.overlapped = False

    async def __call__(self, event: Event) -> None:
        self.begun.append(event.id)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.overlapped = self.overlapped or event.subject in self.busy
        self.busy.add(event.subject)
        try:
            await asyncio.sleep(self.seconds)
            if self.fails.get(event.id, 0) > 0:
                self.fails[event.id] -= 1
                raise RuntimeError("no")
        finally:
            self.at_once -= 1
            self.busy.discard(event.subject)
        self.done.append(event.id)
        self.by_subject[event.subject].append(event)


def consume(vendor: Vendor, desk: Any, **settings: Any) -> Consumed:
    async def main() -> Consumed:
        store, api = shop(vendor)
        async with store:
            return await api.consume(desk, **{"once": True, "retry": AT_ONCE, **settings})

    return virtual(main)


def in_order(desk: Desk) -> bool:
    times = [[event.created for event in events] for subject, events in desk.by_subject.items() if subject]
    return all(each == sorted(each) for each in times)  # type: ignore[type-var]  # none of them is None here


# -- the bar -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "cut", "rising", "ordered"),
    [
        (10_000, "newer", True, None),
        (10_000, "older", False, "subject"),
        (2_500, "newer", True, "subject"),
        (2_500, "older", False, None),
    ],
)
def test_ten_thousand_events_are_each_handled_exactly_once_when_nothing_fails(
    count: int, cut: str, rising: bool, ordered: Any
) -> None:
    vendor = crowded(count, cut=cut, rising=rising)
    assert 0.37 < sharing(vendor) < 0.46
    desk = Desk(seconds=0.02)
    figures = consume(vendor, desk, ordered_by=ordered, concurrency=16)
    assert Counter(desk.done) == dict.fromkeys(vendor.bodies, 1)
    assert Counter(vendor.marked) == dict.fromkeys(vendor.bodies, 1)
    assert desk.most <= 16
    assert (figures.handled, figures.acknowledged, figures.failed) == (count, count, 0)
    if ordered:
        assert in_order(desk)
        assert not desk.overlapped


@pytest.mark.parametrize(("cut", "rising"), ORDERS)
def test_with_failures_restarts_and_arrivals_every_event_is_handled_at_least_once(cut: str, rising: bool) -> None:
    vendor = crowded(2000, cut=cut, rising=rising, seconds=0.05)
    chance = random.Random(7)
    fails = {f"e{n}": chance.randint(1, 5) for n in chance.sample(range(2000), 200)}
    desk = Desk(seconds=0.03, fails=fails)

    def trouble(vendor: Vendor, call: Call[Any]) -> Reply | None:
        number = len(vendor.calls)
        if number % 7 == 0 and len(vendor.bodies) < 2300:
            vendor.add(NOW_MS - 1000 + number % 5, f"late{number}", type="order.completed", data={"order": "late"})
        return reply(b"", 503) if number % 23 == 0 else None

    vendor.before = trouble

    async def main() -> None:
        store, api = shop(vendor)
        async with store:
            for seconds in (1.0, 2.0, 3.0, 5.0):  # killed in the middle of it, again and again
                task = asyncio.ensure_future(api.consume(desk, ordered_by="subject", retry=AT_ONCE, poll=1.0))
                await asyncio.sleep(seconds)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert task.cancelled()
                assert set(vendor.marked) <= set(desk.done)
            stop = asyncio.Event()
            task = asyncio.ensure_future(api.consume(desk, retry=AT_ONCE, poll=1.0, stop=stop))
            while vendor.lists["unprocessed"]:
                await asyncio.sleep(1.0)
            stop.set()
            await task

    virtual(main)
    assert set(desk.done) == set(vendor.bodies)
    assert set(vendor.marked) == set(vendor.bodies)


def test_memory_is_bounded_while_thousands_are_unprocessed() -> None:
    vendor = crowded(3000)
    desk = Desk(seconds=0.5)
    ahead: list[int] = []

    def look(vendor: Vendor, _call: Call[Any]) -> Reply | None:
        ahead.append(len(vendor.listed) - len(vendor.marked))
        return None

    vendor.before = look
    consume(vendor, desk, concurrency=4)
    assert len(desk.done) == 3000
    # One page in use, one fetched, those in hand, and what lay at an edge.
    assert max(ahead) < 3 * PAGE + 4 * 5


# -- order ---------------------------------------------------------------------------------------------------


def test_an_ordered_subject_waits_behind_its_event_that_fails() -> None:
    vendor = Vendor()
    for number, order in enumerate("abab"):
        vendor.add(BEGIN_MS + number, f"e{number}", type="order.completed", data={"order": order})
    desk = Desk(fails={"e0": 99})
    failures: list[HandlerFailure] = []
    figures = consume(vendor, desk, ordered_by="subject", on_failure=failures.append)
    assert desk.done == ["e1", "e3"]
    assert [id for _, id in vendor.lists["unprocessed"]] == ["e0", "e2"]
    assert [(each.event.id, each.attempts, each.handled) for each in failures] == [("e0", 3, False)]
    assert figures.failed == 1


def test_events_are_ordered_by_whatever_the_caller_says() -> None:
    vendor = Vendor(cut="older", rising=False)
    for number in range(100):
        vendor.add(BEGIN_MS + number, f"e{number:03}", type="x.y", data={"shelf": number % 3})
    done: dict[int, list[str]] = defaultdict(list)

    async def handler(event: Event) -> None:
        shelf = event.document()["data"]["shelf"]
        await asyncio.sleep(0.1 / (1 + len(done[shelf]) % 4))
        done[shelf].append(event.id)

    consume(vendor, handler, ordered_by=lambda event: str(event.document()["data"]["shelf"]))
    assert sum(map(len, done.values())) == 100
    assert all(each == sorted(each) for each in done.values())


# -- failures ------------------------------------------------------------------------------------------------


def test_a_handler_that_fails_leaves_its_event_unprocessed_and_does_not_stop_the_others() -> None:
    vendor = crowded(60)
    desk = Desk(fails={"e5": 99, "e17": 2})
    failures: list[HandlerFailure] = []
    figures = consume(vendor, desk, on_failure=failures.append)
    assert set(desk.done) == set(vendor.bodies) - {"e5"}
    assert [id for _, id in vendor.lists["unprocessed"]] == ["e5"]
    assert desk.begun.count("e5") == desk.begun.count("e17") == 3
    assert [each.event.id for each in failures] == ["e5"]
    assert isinstance(failures[0].error, RuntimeError)
    assert figures == Consumed(polls=1, handled=59, acknowledged=59, failed=1)


def test_an_event_left_is_tried_again_at_the_next_poll() -> None:
    vendor = crowded(3)
    desk = Desk(fails={"e1": 4})

    async def main() -> Consumed:
        store, api = shop(vendor)
        stop = asyncio.Event()
        async with store:
            task = asyncio.ensure_future(api.consume(desk, retry=AT_ONCE, poll=60.0, stop=stop))
            await asyncio.sleep(30.0)
            assert [id for _, id in vendor.lists["unprocessed"]] == ["e1"]
            await asyncio.sleep(60.0)
            assert not vendor.lists["unprocessed"]
            stop.set()
            return await task

    assert virtual(main).polls == 2
    assert desk.begun.count("e1") == 5


def test_tries_wait_longer_and_longer() -> None:
    vendor = crowded(1)
    times: list[float] = []

    async def handler(_event: Event) -> None:
        times.append(asyncio.get_running_loop().time())
        raise RuntimeError

    consume(vendor, handler, retry=Retry(tries=6, base=1.0, cap=30.0))
    assert len(times) == 6
    assert times[-1] - times[0] <= 2 + 4 + 8 + 16 + 30


def test_a_failing_event_does_not_hold_a_place_of_the_others_while_it_waits() -> None:
    vendor = crowded(10)
    desk = Desk(fails={"e0": 1})
    times: dict[str, float] = {}

    async def handler(event: Event) -> None:
        await desk(event)
        times[event.id] = asyncio.get_running_loop().time()

    consume(vendor, handler, concurrency=1, retry=Retry(tries=2, base=1000.0, cap=1000.0))
    assert max(time for id, time in times.items() if id != "e0") < 1.0


def test_stop_on_error_raises_what_the_handler_raised() -> None:
    vendor = crowded(60)
    desk = Desk(seconds=0.1, fails={"e5": 99})
    with pytest.raises(RuntimeError, match="no"):
        consume(vendor, desk, stop_on_error=True, once=False)
    assert set(vendor.marked) == set(desk.done)
    assert "e5" in {id for _, id in vendor.lists["unprocessed"]}


def test_a_callback_that_fails_stops_nothing() -> None:
    vendor = crowded(30)

    def report(_failure: HandlerFailure) -> None:
        raise ValueError("the report failed")

    desk = Desk(fails={"e3": 99})
    assert consume(vendor, desk, on_failure=report).handled == 29


def test_an_unreadable_event_is_reported_and_the_others_are_handled() -> None:
    vendor = crowded(30)
    vendor.bodies["e7"]["type"] = None
    seen: list[Any] = []
    desk = Desk()
    figures = consume(vendor, desk, on_unreadable=seen.append)
    assert set(desk.done) == set(vendor.bodies) - {"e7"}
    assert [(bad.id, bad.reason) for bad in seen] == [("e7", "type: missing")]
    assert msgspec.json.decode(seen[0].raw)["id"] == "e7"
    assert figures.unreadable == 1
    assert [id for _, id in vendor.lists["unprocessed"]] == ["e7"]


# -- acknowledgement -----------------------------------------------------------------------------------------


def test_what_was_handled_and_not_acknowledged_is_only_acknowledged_at_the_next_poll() -> None:
    vendor = crowded(5)
    down = {"e2"}

    def trouble(_vendor: Vendor, call: Call[Any]) -> Reply | None:
        return reply(b"", 503) if call.method == "POST" and call.path.rsplit("/", 1)[1] in down else None

    vendor.before = trouble
    desk = Desk()
    failures: list[HandlerFailure] = []

    async def main() -> None:
        store, api = shop(vendor)
        stop = asyncio.Event()
        async with store:
            task = asyncio.ensure_future(
                api.consume(desk, retry=AT_ONCE, poll=600.0, stop=stop, on_failure=failures.append)
            )
            await asyncio.sleep(500.0)
            down.clear()
            await asyncio.sleep(600.0)
            stop.set()
            await task

    virtual(main)
    assert Counter(desk.done) == dict.fromkeys(vendor.bodies, 1)
    assert set(vendor.marked) == set(vendor.bodies)
    assert [(each.event.id, each.handled) for each in failures] == [("e2", True)]
    assert isinstance(failures[0].error, ServerError)


def test_an_event_that_is_gone_when_it_is_acknowledged_is_no_failure() -> None:
    vendor = crowded(3)
    desk = Desk()

    async def handler(event: Event) -> None:
        await desk(event)
        if event.id == "e1":
            vendor.lists["unprocessed"].remove((vendor.bodies.pop("e1")["created"], "e1"))

    figures = consume(vendor, handler)
    assert (figures.handled, figures.acknowledged, figures.failed) == (3, 2, 0)


def test_credentials_that_are_refused_end_it() -> None:
    vendor = crowded(3)
    vendor.before = lambda _vendor, call: reply(b"", 401) if call.method == "POST" else None
    with pytest.raises(AuthError):
        consume(vendor, Desk(), once=False)


def test_a_list_that_cannot_be_read_now_is_read_again() -> None:
    vendor = crowded(30)
    down = [True]
    vendor.before = lambda _vendor, call: reply(b"", 503) if down[0] else None
    desk = Desk()

    async def main() -> None:
        store, api = shop(vendor)
        stop = asyncio.Event()
        async with store:
            task = asyncio.ensure_future(api.consume(desk, poll=600.0, stop=stop))
            await asyncio.sleep(300.0)
            down[0] = False
            await asyncio.sleep(600.0)
            stop.set()
            await task

    virtual(main)
    assert set(desk.done) == set(vendor.bodies)


def test_more_events_in_a_millisecond_than_a_reply_holds_are_worked_off() -> None:
    for cut, rising, ordered in product(["newer", "older"], [True, False], [None, "subject"]):
        vendor = Vendor(cut=cut, rising=rising)
        for number in range(90):
            vendor.add(BEGIN_MS + 5, f"same{number}", type="order.completed", data={"order": f"o{number % 7}"})
        for number in range(40):
            vendor.add(BEGIN_MS + number * 3 + 10, f"e{number}")
            vendor.add(BEGIN_MS - number * 3 - 10, f"f{number}")
        desk = Desk(seconds=0.01)
        consume(vendor, desk, ordered_by=ordered)
        assert Counter(desk.done) == dict.fromkeys(vendor.bodies, 1)
        assert in_order(desk) or ordered is None


# -- stopping ------------------------------------------------------------------------------------------------


def test_the_same_event_is_not_handed_out_while_it_is_at_work() -> None:
    vendor = crowded(40, seconds=0.2)
    desk = Desk(seconds=50.0)

    async def main() -> None:
        store, api = shop(vendor)
        stop = asyncio.Event()
        async with store:
            task = asyncio.ensure_future(api.consume(desk, concurrency=8, poll=0.1, stop=stop))
            while vendor.lists["unprocessed"]:
                await asyncio.sleep(1.0)
            stop.set()
            await task

    virtual(main)
    assert Counter(desk.begun) == dict.fromkeys(vendor.bodies, 1)


def test_stop_lets_running_handlers_end_and_begins_nothing_more() -> None:
    vendor = crowded(100)
    desk = Desk(seconds=2.0)

    async def main() -> Consumed:
        store, api = shop(vendor)
        stop = asyncio.Event()
        async with store:
            task = asyncio.ensure_future(api.consume(desk, concurrency=4, stop=stop, grace=5.0))
            await asyncio.sleep(1.0)
            stop.set()
            return await task

    figures = virtual(main)
    assert len(desk.begun) == len(desk.done) == len(vendor.marked) == 4
    assert figures.acknowledged == 4


def test_after_the_grace_time_running_handlers_are_cancelled_and_nothing_of_them_is_acknowledged() -> None:
    vendor = crowded(10)
    desk = Desk(seconds=1000.0)

    async def main() -> float:
        store, api = shop(vendor)
        stop = asyncio.Event()
        async with store:
            task = asyncio.ensure_future(api.consume(desk, concurrency=4, stop=stop, grace=5.0))
            await asyncio.sleep(1.0)
            stop.set()
            await task
        return asyncio.get_running_loop().time()

    assert 6.0 <= virtual(main) < 7.0
    assert (desk.done, vendor.marked) == ([], [])
    assert desk.at_once == 0


def test_cancelling_acknowledges_what_was_handled_and_nothing_else() -> None:
    vendor = crowded(30, seconds=0.5)

    async def handler(event: Event) -> None:
        if int(event.id[1:]) % 2:
            await asyncio.sleep(1000.0)
        done.append(event.id)

    done: list[str] = []

    async def main() -> None:
        store, api = shop(vendor)
        async with store:
            task = asyncio.ensure_future(api.consume(handler, concurrency=8))
            await asyncio.sleep(0.7)  # handlers have returned, and their acknowledgements are on the way
            assert done
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert len(asyncio.all_tasks()) == 1

    virtual(main)
    assert set(vendor.marked) == set(done)


@pytest.mark.parametrize(
    "wrong", [{"concurrency": 0}, {"days": 31}, {"days": 0}, {"poll": -1.0}, {"grace": -1.0}, {"retry": Retry(tries=0)}]
)
def test_arguments_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        consume(Vendor(), Desk(), **wrong)
