"""What hooks and the log are told of a call, in order, and that they cannot harm it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

import pytest

from commerce_async.errors import CommerceError, NetworkError, RejectedError
from commerce_async.http.client import Options
from commerce_async.http.retry import Retry
from commerce_async.http.trace import Event, Stats
from tests.http.kit import AT_ONCE, Counting, Fake, Step, faked, get, post, virtual


def told(fake: Fake, call: Any, **settings: Any) -> list[Event]:
    events: list[Event] = []

    async def main() -> None:
        options = settings.pop("options", Options(retry=AT_ONCE))
        client = faked(fake, options=options.changed(hooks=(events.append,)), **settings)
        with suppress(CommerceError):
            await client.send(call)

    virtual(main)
    return events


def kinds(events: list[Event]) -> list[tuple[str, int]]:
    return [(event.kind, event.attempt) for event in events]


def test_a_call_that_goes_well() -> None:
    events = told(Fake(Step(seconds=2.0)), get("/a/b"))
    assert kinds(events) == [("call", 0), ("attempt", 1), ("done", 1)]
    assert {(e.store, e.operation, e.method, e.path) for e in events} == {("shop", "things.get", "GET", "/a/b")}
    assert len({e.call for e in events}) == 1
    assert (events[1].status, events[1].error) == (200, None)
    assert events[1].seconds == events[2].seconds == pytest.approx(2.0)


def test_a_call_that_is_throttled() -> None:
    events = told(Fake(Step(429, headers={"retry-after": "7"})), get())
    assert kinds(events) == [
        ("call", 0), ("attempt", 1), ("throttle", 1), ("retry", 1), ("wait", 1), ("attempt", 2), ("done", 2),
    ]  # fmt: skip
    assert events[2].seconds == pytest.approx(7.0)
    assert events[4].seconds == pytest.approx(7.0)
    assert events[1].status == 429


def test_a_call_that_is_retried() -> None:
    events = told(Fake(Step(503), Step(fails=NetworkError("lost"))), get())
    assert kinds(events) == [
        ("call", 0), ("attempt", 1), ("retry", 1), ("attempt", 2), ("retry", 2), ("attempt", 3), ("done", 3),
    ]  # fmt: skip
    assert (events[1].status, events[1].error) == (503, None)
    assert (events[3].status, events[3].error) == (None, "NetworkError")


def test_a_call_that_fails() -> None:
    events = told(Fake(Step(400, b"no")), get())
    assert kinds(events) == [("call", 0), ("attempt", 1), ("failed", 1)]
    assert events[-1].error == "RejectedError"
    events = told(Fake(Step(503)), post())
    assert kinds(events) == [("call", 0), ("attempt", 1), ("failed", 1)]
    assert events[-1].error == "UnknownOutcomeError"


def test_the_wait_before_a_retry_is_told() -> None:
    fake = Fake(Step(503))
    events = told(fake, get(), options=Options(retry=Retry(base=4.0)))
    retry = next(event for event in events if event.kind == "retry")
    assert fake.times[1] == pytest.approx(retry.seconds, abs=1e-5)  # the loop's time goes by microseconds


def test_a_call_that_ran_out_of_time() -> None:
    events = told(Fake(always=Step(seconds=50.0)), get(), options=Options(timeout=5.0, deadline=7.0, retry=AT_ONCE))
    assert kinds(events) == [("call", 0), ("attempt", 1), ("retry", 1), ("failed", 2)]
    assert (events[1].error, events[-1].error) == ("DeadlineError", "DeadlineError")
    assert events[-1].seconds == pytest.approx(7.0)


def test_a_call_that_is_cancelled_is_seen_to_end() -> None:
    events: list[Event] = []

    async def main() -> None:
        client = faked(Fake(always=Step(seconds=50.0)), options=Options(hooks=(events.append,)))
        task = asyncio.ensure_future(client.send(get()))
        await asyncio.sleep(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    virtual(main)
    assert kinds(events) == [("call", 0), ("failed", 1)]
    assert events[-1].error == "CancelledError"


def test_waiting_for_a_permit_is_told_with_its_time() -> None:
    events: list[Event] = []

    async def main() -> None:
        client = faked(Fake(always=Step(seconds=3.0)), policy=Counting(1), options=Options(hooks=(events.append,)))
        await asyncio.gather(client.send(get("/1")), client.send(get("/2")))

    virtual(main)
    assert [(event.path, round(event.seconds, 3)) for event in events if event.kind == "wait"] == [("/2", 3.0)]
    assert len({event.call for event in events}) == 2


def test_every_event_goes_to_every_hook_and_only_derived_clients_have_their_own() -> None:
    first: list[str] = []
    second: list[str] = []

    async def main() -> None:
        client = faked(Fake(), options=Options(hooks=(lambda e: first.append(e.kind), lambda e: second.append(e.kind))))
        await client.send(get())
        await client.with_options(hooks=()).send(get())

    virtual(main)
    assert first == second == ["call", "attempt", "done"]


def test_a_hook_that_raises_harms_neither_the_call_nor_other_hooks(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    def broken(event: Event) -> None:
        raise ZeroDivisionError(event.kind)

    async def main() -> None:
        client = faked(
            Fake(Step(429), Step(503), Step(400)),
            options=Options(retry=AT_ONCE, hooks=(broken, lambda event: seen.append(event.kind))),
        )
        with pytest.raises(RejectedError):
            await client.send(get())
        assert client.limiter.snapshot().in_flight == 0

    virtual(main)
    assert seen[0] == "call"
    assert seen[-1] == "failed"
    assert len([record for record in caplog.records if "hook failed" in record.message]) == len(seen)


def test_the_log_tells_the_same_at_debug_level(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "commerce_async.http"):
        told(Fake(), get("/a"))
    assert [record.message for record in caplog.records] == [
        "shop call GET /a",
        "shop attempt GET /a",
        "shop done GET /a",
    ]
    assert caplog.records[0].event.operation == "things.get"  # type: ignore[attr-defined]  # `extra`


def test_nobody_listening_costs_no_event(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(**_settings: Any) -> Any:
        raise AssertionError("an event was made for nobody")

    monkeypatch.setattr("commerce_async.http.attempt.Event", never)

    async def main() -> None:
        assert await faked(Fake()).send(get()) == {}

    virtual(main)


def test_figures_add_up_through_every_generation() -> None:
    first = Stats()
    second = Stats(first)
    third = Stats(second)
    third.add(calls=1, throttled=2, retried=3, waited=0.5, received=10)
    second.add(calls=1)
    for stats, calls in ((third, 1), (second, 2), (first, 2)):
        assert stats.calls == calls
        assert (stats.throttled, stats.retried, stats.waited, stats.received) == (2, 3, 0.5, 10)
