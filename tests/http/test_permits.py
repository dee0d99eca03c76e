"""Every request on the wire takes one permit, aiohttp's own re-sends included."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from commerce_async.errors import DeadlineError, ServerError, UnknownOutcomeError
from commerce_async.http.call import Call
from commerce_async.http.client import Client, Options
from commerce_async.limits.steady import SteadyPolicy
from tests.http.kit import (
    AT_ONCE,
    VIRTUALLY,
    Counting,
    answer,
    get,
    json,
    opened,
    post,
    raw_serving,
    read_request,
    serving,
)

pytestmark = pytest.mark.anyio


class Dropping:
    """Answers the first request of each connection, and closes on the second without a word."""

    def __init__(self, kept: int = 1) -> None:
        self.count = 0
        self.kept = kept

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _number: int) -> None:
        for _ in range(self.kept):
            await read_request(reader)
            self.count += 1
            writer.write(answer())
            await writer.drain()
        await read_request(reader)
        self.count += 1


def policy_of(client: Client) -> Counting:
    assert isinstance(client.limiter.policy, Counting)
    return client.limiter.policy


async def test_a_re_send_of_aiohttp_takes_a_permit_of_its_own() -> None:
    server = Dropping()
    async with raw_serving(server) as url, opened(url) as client:
        for _ in range(5):
            assert await client.send(get()) == {}
    # The first call makes a connection; each of the next four meets a dropped one, and is sent again by aiohttp.
    assert server.count == 9
    assert client.stats.calls == 9
    assert policy_of(client).used == 9
    assert client.stats.retried == 0
    assert policy_of(client).in_flight == 0


async def test_every_retry_takes_a_permit_of_its_own() -> None:
    async def fail(_request: web.Request) -> web.Response:
        return web.Response(status=503)

    async with serving(fail) as server, opened(server.url, options=Options(retry=AT_ONCE)) as client:
        with pytest.raises(ServerError) as caught:
            await client.send(get())
    assert server.count == client.stats.calls == policy_of(client).used == caught.value.attempts == 4
    assert client.stats.retried == 3


async def test_every_redirect_takes_a_permit_of_its_own() -> None:
    async def move(request: web.Request) -> web.Response:
        if request.path == "/thing":
            raise web.HTTPFound("/moved")
        return web.json_response({})

    async with serving(move) as server, opened(server.url) as client:
        await client.send(get())
    assert server.count == client.stats.calls == policy_of(client).used == 2


async def test_a_call_that_is_never_sent_gives_its_permit_back_uncounted() -> None:
    async def never(_request: Any, _handler: Any) -> Any:
        raise RuntimeError("no token to be had")

    async with opened("http://127.0.0.1:9", auth=[never]) as client:
        with pytest.raises(RuntimeError, match="no token"):
            await client.send(get())
    assert policy_of(client).used == client.stats.calls == 0
    assert policy_of(client).cancelled == 1


async def test_a_re_send_waits_for_its_permit_and_does_not_lose_the_deadline_to_a_network_error() -> None:
    class OneEveryHour(SteadyPolicy):
        """Two at once, then nothing for an hour."""

        left = 2

        def start(self, now: float) -> int:
            self.left -= 1
            return super().start(now)

        def ready_at(self, now: float) -> float:
            return now if self.left else now + 3600

        def estimate(self, now: float, ahead: int) -> float:
            return max(0.0, self.ready_at(now) - now)

    server = Dropping()
    async with (
        raw_serving(server) as url,
        opened(url, policy=OneEveryHour(), options=Options(deadline=5.0)) as client,
    ):
        await client.send(get())
        with pytest.raises(DeadlineError, match="past the deadline") as caught:
            await client.send(get())
    assert caught.value.attempts == 1
    assert client.stats.retried == 0
    assert server.count == 2


@VIRTUALLY
async def test_the_wait_for_a_re_sends_permit_is_not_time_on_the_wire() -> None:
    class Slow(SteadyPolicy):
        """The third permit comes late."""

        begun = 0
        late = 0.0

        def start(self, now: float) -> int:
            self.begun += 1
            self.late = now + 30.0
            return super().start(now)

        def ready_at(self, now: float) -> float:
            return now if self.begun < 2 else self.late

    async with (
        raw_serving(Dropping()) as url,
        opened(url, policy=Slow(), options=Options(timeout=15.0, retry=AT_ONCE)) as client,
    ):
        await client.send(get())
        await client.send(get())
    assert client.stats.retried == 0
    assert 29.0 < client.stats.waited < 31.0


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_aiohttp_does_not_re_send_a_call_that_must_not_go_twice(method: str) -> None:
    server = Dropping()
    call = Call("things.move", method, "/thing", json, body=b"{}", idempotent=False)
    async with raw_serving(server) as url, opened(url) as client:
        await client.send(get())
        with pytest.raises(UnknownOutcomeError) as caught:
            await client.send(call)
    assert server.count == client.stats.calls == 2
    assert not caught.value.safe_to_retry


async def test_a_put_is_re_sent_whole() -> None:
    bodies: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while True:
            bodies.append(await read_request(reader))
            if number == 1 and len(bodies) == 2:
                return
            writer.write(answer())
            await writer.drain()

    async with raw_serving(talk) as url, opened(url) as client:
        await client.send(get())
        await client.send(Call("things.put", "PUT", "/thing", json, body=b'{"name":"x"}'))
    assert len(bodies) == 3
    assert bodies[1].endswith(b'{"name":"x"}')
    assert bodies[2].endswith(b'{"name":"x"}')


async def test_a_post_whose_kept_alive_connection_was_dropped_is_not_sent_again() -> None:
    server = Dropping()
    async with raw_serving(server) as url, opened(url) as client:
        await client.send(get())
        with pytest.raises(UnknownOutcomeError) as caught:
            await client.send(post())
    assert server.count == 2
    assert not caught.value.safe_to_retry


async def test_a_middleware_may_ask_twice_and_each_time_takes_a_permit() -> None:
    async def challenge(request: Any, handler: Any) -> Any:
        response = await handler(request)
        if response.status == 401:
            request.headers["X-Answer"] = "42"
            response.release()
            return await handler(request)
        return response

    async def demand(request: web.Request) -> web.Response:
        return web.json_response({}, status=200 if "X-Answer" in request.headers else 401)

    async with serving(demand) as server, opened(server.url, auth=[challenge]) as client:
        assert await client.send(post()) == {}
    assert server.count == client.stats.calls == policy_of(client).used == 2


async def test_many_calls_at_once_over_dropping_connections_keep_the_ledgers_equal() -> None:
    server = Dropping(kept=3)
    async with raw_serving(server) as url, opened(url, options=Options(retry=AT_ONCE)) as client:
        await asyncio.gather(*(client.send(get()) for _ in range(60)))
    assert server.count == client.stats.calls == policy_of(client).used
    assert client.stats.calls > 60
    assert policy_of(client).in_flight == 0
