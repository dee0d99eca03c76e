"""Three clocks, each with one owner: the permit, one attempt on the wire, and the caller's deadline over everything."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from commerce_async.errors import CommerceError, DeadlineError, NetworkError, ThrottledError, UnknownOutcomeError
from commerce_async.http.client import Options
from commerce_async.http.retry import Retry
from commerce_async.limits.base import Lane
from commerce_async.limits.window import WindowPolicy
from tests.http.kit import AT_ONCE, VIRTUALLY, Counting, Fake, Step, faked, get, opened, post, serving, virtual


def now() -> float:
    return asyncio.get_running_loop().time()


def test_waiting_for_a_permit_is_not_time_of_the_attempt() -> None:
    async def main() -> None:
        fake = Fake(always=Step(seconds=4.0))
        client = faked(fake, policy=Counting(1), options=Options(timeout=5.0))
        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(client.send(get()))
        assert now() == pytest.approx(40.0)
        assert client.stats.retried == 0
        assert client.stats.waited == pytest.approx(sum(range(0, 40, 4)))

    virtual(main)


def test_an_attempt_that_takes_longer_than_its_timeout_is_ended_and_repeated() -> None:
    async def main() -> None:
        fake = Fake(Step(seconds=100.0), Step(seconds=1.0))
        client = faked(fake, options=Options(timeout=5.0, retry=AT_ONCE))
        assert await client.send(get()) == {}
        assert fake.times == [0.0, 5.0]
        assert now() == pytest.approx(6.0)

    virtual(main)


def test_a_post_that_timed_out_is_not_repeated() -> None:
    async def main() -> None:
        fake = Fake(always=Step(seconds=100.0))
        client = faked(fake, options=Options(timeout=5.0))
        with pytest.raises(UnknownOutcomeError, match=r"within the timeout of 5\.0 s") as caught:
            await client.send(post())
        assert now() == pytest.approx(5.0)
        assert fake.times == [0.0]
        assert caught.value.attempts == 1
        assert not caught.value.safe_to_retry

    virtual(main)


def test_the_deadline_ends_an_attempt_that_its_own_timeout_would_allow() -> None:
    async def main() -> None:
        fake = Fake(always=Step(seconds=100.0))
        client = faked(fake, options=Options(timeout=60.0, deadline=7.0))
        with pytest.raises(DeadlineError, match=r"within the deadline of 7\.0 s") as caught:
            await client.send(get())
        assert now() == pytest.approx(7.0)
        assert caught.value.attempts == 1
        assert caught.value.safe_to_retry
        assert isinstance(caught.value, TimeoutError)

    virtual(main)


def test_a_post_that_was_refused_and_waits_for_another_token_at_its_deadline_was_not_carried_out() -> None:
    class Slow:
        async def __call__(self, request: Any, handler: Any) -> Any:
            return await handler(request)

        async def renew(self) -> bool:
            await asyncio.sleep(100.0)
            return True

    async def main() -> None:
        client = faked(Fake(Step(401)), auth=[Slow()], options=Options(deadline=7.0))
        with pytest.raises(DeadlineError) as caught:
            await client.send(post())
        assert caught.value.safe_to_retry

    virtual(main)


def test_the_deadline_is_over_all_attempts_together() -> None:
    async def main() -> None:
        fake = Fake(always=Step(seconds=100.0))
        client = faked(fake, options=Options(timeout=3.0, deadline=10.0, retry=Retry(tries=50, base=0.0)))
        with pytest.raises(DeadlineError):
            await client.send(get())
        assert now() == pytest.approx(10.0)
        assert fake.times == [0.0, 3.0, 6.0, 9.0]

    virtual(main)


def test_no_retry_is_begun_whose_wait_would_pass_the_deadline() -> None:
    async def main() -> None:
        fake = Fake(always=Step(503, b"down"))
        client = faked(fake, options=Options(deadline=0.4, retry=Retry(tries=50, base=10.0, cap=10.0)))
        with pytest.raises(CommerceError, match="down") as caught:
            await client.send(get())
        assert now() < 0.4
        assert caught.value.status == 503

    virtual(main)


def test_when_timeout_and_deadline_are_over_at_the_same_moment_the_call_ends() -> None:
    async def main() -> None:
        fake = Fake(always=Step(seconds=100.0))
        client = faked(fake, options=Options(timeout=5.0, deadline=5.0))
        with pytest.raises(DeadlineError):
            await client.send(get())
        assert now() == pytest.approx(5.0)
        assert fake.on_wire == 0

    virtual(main)


def test_a_wait_that_is_bound_to_pass_the_deadline_is_said_at_once() -> None:
    async def main() -> None:
        fake = Fake(Step(429, headers={"retry-after": "30"}))
        client = faked(fake, options=Options(deadline=20.0))
        with pytest.raises(DeadlineError, match="past the deadline") as caught:
            await client.send(get())
        assert now() == 0.0
        assert caught.value.retry_after == pytest.approx(30.0)
        assert caught.value.safe_to_retry
        assert caught.value.attempts == 1
        # The next caller is told as well, and its call is not even sent.
        with pytest.raises(DeadlineError) as caught:
            await client.send(post())
        assert caught.value.attempts == 0
        assert caught.value.safe_to_retry
        assert len(fake.sent) == 1

    virtual(main)


def test_a_full_window_is_said_at_once_to_a_call_behind_the_queue() -> None:
    async def main() -> None:
        client = faked(Fake(), policy=WindowPolicy(10, 10.0), options=Options(lane=Lane.BULK))
        waiting = [asyncio.ensure_future(client.send(get())) for _ in range(25)]
        await asyncio.sleep(1.0)
        with pytest.raises(DeadlineError, match="past the deadline"):
            await client.with_options(lane=Lane.BULK, deadline=5.0).send(get())
        assert now() == pytest.approx(1.0)
        assert await client.with_options(lane=Lane.BULK, deadline=40.0).send(get()) == {}
        await asyncio.gather(*waiting)

    virtual(main)


def test_a_wait_for_a_permit_that_nobody_could_foresee_ends_with_the_deadline() -> None:
    async def main() -> None:
        client = faked(Fake(always=Step(seconds=50.0)), policy=Counting(1))
        blocking = asyncio.ensure_future(client.send(get()))
        await asyncio.sleep(0)
        with pytest.raises(DeadlineError) as caught:
            await client.with_options(deadline=3.0).send(post())
        assert now() == pytest.approx(3.0)
        assert caught.value.attempts == 0
        assert caught.value.safe_to_retry  # it was never sent
        await blocking
        assert client.limiter.waiting == 0

    virtual(main)


def test_without_a_deadline_a_throttled_call_waits_as_long_as_the_server_says() -> None:
    async def main() -> None:
        fake = Fake(Step(429, headers={"retry-after": "300"}))
        client = faked(fake)
        assert await client.send(get()) == {}
        assert fake.times == [0.0, 300.0]

    virtual(main)


def test_the_last_error_of_many_throttles_is_the_throttle() -> None:
    async def main() -> None:
        fake = Fake(always=Step(429, b"slow down", headers={"retry-after": "2"}))
        client = faked(fake, options=Options(retry=Retry(throttled=3)))
        with pytest.raises(ThrottledError, match="slow down") as caught:
            await client.send(get())
        assert fake.times == [0.0, 2.0, 4.0]
        assert caught.value.retry_after == 2.0
        assert caught.value.attempts == 3

    virtual(main)


@VIRTUALLY
@pytest.mark.anyio
async def test_the_clocks_hold_on_a_real_socket_too() -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"half": ')
        await asyncio.sleep(30)
        return response

    async with serving(hang) as server, opened(server.url) as client:
        with pytest.raises(UnknownOutcomeError, match="timeout"):
            await client.with_options(timeout=5.0).send(post())
        with pytest.raises(DeadlineError, match="deadline"):
            await client.with_options(deadline=5.0).send(get())
        session = client._transport.usable()
        assert session.connector is not None
        assert not session.connector._acquired


@pytest.mark.anyio
async def test_a_refused_connection_is_a_network_error_after_every_try() -> None:
    async with opened("http://127.0.0.1:9", options=Options(retry=AT_ONCE)) as client:
        with pytest.raises(NetworkError) as caught:
            await client.send(get())
    assert caught.value.attempts == 4
    assert caught.value.safe_to_retry
