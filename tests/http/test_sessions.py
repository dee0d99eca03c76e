"""Whose session it is, when a client may be used, and what a derived client shares."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest
from aiohttp import ClientError, ClientHandlerType, ClientRequest, ClientResponse, ClientSession, web

from commerce_async.errors import MissingError, NetworkError, ServerError, UnknownOutcomeError, UsageError
from commerce_async.http.auth import Basic
from commerce_async.http.call import Call
from commerce_async.http.client import Client, Options
from commerce_async.limits.base import Lane
from tests.http.kit import AT_ONCE, Counting, get, make, opened, serving, stray

pytestmark = pytest.mark.anyio


async def ok(_request: web.Request) -> web.Response:
    return web.json_response({})


# -- a caller's own session --------------------------------------------------------------------------------------


async def test_a_callers_own_session_is_used_and_not_closed() -> None:
    async with serving(ok) as server, ClientSession(headers={"X-Mine": "yes", "User-Agent": "mine"}) as session:
        async with opened(server.url, session=session) as client:
            assert client._transport.usable() is session
            await client.send(get())
        assert not session.closed
        async with session.get(server.url) as response:
            assert response.status == 200
    assert server.requests[0].headers["X-Mine"] == "yes"
    assert server.requests[0].headers["User-Agent"].startswith("commerce-async/")


async def test_a_session_that_raises_for_status_does_not_change_what_a_reply_means() -> None:
    async def missing(_request: web.Request) -> web.Response:
        return web.Response(status=404, text="no such thing")

    async with (
        serving(missing) as server,
        ClientSession(raise_for_status=True) as session,
        opened(server.url, session=session) as client,
    ):
        with pytest.raises(MissingError, match="no such thing"):
            await client.send(get())
    assert server.count == 1


async def test_a_sessions_own_middlewares_stand_around_ours_and_every_pass_of_theirs_takes_a_permit() -> None:
    seen: list[bool] = []

    async def twice(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        seen.append("Authorization" in request.headers)
        request.headers["X-Theirs"] = "yes"
        (await handler(request)).release()
        return await handler(request)

    async with (
        serving(ok) as server,
        ClientSession(middlewares=(twice,)) as session,
        opened(server.url, session=session, auth=(Basic("u", "secret"),)) as client,
    ):
        await client.send(get())
        assert (server.count, client.stats.calls) == (2, 2)
    assert seen == [False]
    for request in server.requests:
        assert request.headers["X-Theirs"] == "yes"
        assert request.headers["Authorization"].startswith("Basic ")


async def test_a_write_that_a_sessions_middleware_sends_again_after_a_lost_answer_is_stopped() -> None:
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async def stubborn(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        try:
            return await handler(request)
        except ClientError:
            return await handler(request)

    async with (
        serving(cut) as server,
        ClientSession(middlewares=(stubborn,)) as session,
        opened(server.url, session=session) as client,
    ):
        with pytest.raises(UnknownOutcomeError):
            await client.send(Call("things.make", "POST", "/x", lambda _reply: None))
    assert server.count == 1


async def test_a_session_that_its_owner_closed_is_a_usage_error() -> None:
    session = ClientSession()
    async with opened("https://shop.example", session=session) as client:
        await session.close()
        with pytest.raises(UsageError, match="session that it was given is closed"):
            await client.send(get())


async def test_two_clients_may_share_a_session() -> None:
    async with serving(ok) as server, ClientSession() as session:
        async with opened(server.url, session=session) as one, opened(server.url, session=session) as two:
            await asyncio.gather(one.send(get()), two.send(get()))
        assert not session.closed
    assert server.count == 2


# -- when --------------------------------------------------------------------------------------------------------


async def test_before_it_is_opened_it_says_how_to_use_it() -> None:
    with pytest.raises(UsageError, match="not open: use `async with store:`"):
        await make("https://shop.example").send(get())


async def test_after_it_was_closed_it_says_so() -> None:
    async with opened("https://shop.example") as client:
        pass
    with pytest.raises(UsageError, match="not open: it is closed"):
        await client.send(get())
    await client.close()  # a second time harms nothing


async def test_it_is_opened_once() -> None:
    async with opened("https://shop.example") as client:
        with pytest.raises(UsageError, match="already open"):
            await client.open()
    with pytest.raises(UsageError, match="already closed"):
        await client.open()


async def test_closing_a_client_that_was_never_opened_harms_nothing() -> None:
    await make("https://shop.example").close()


async def test_a_call_under_way_when_it_is_closed_ends_with_an_error_of_ours() -> None:
    arrived = asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        arrived.set()
        await asyncio.sleep(30)
        return web.Response()

    async with serving(hang) as server, opened(server.url, options=Options(retry=AT_ONCE)) as client:
        task = asyncio.ensure_future(client.send(get()))
        await arrived.wait()
        await client.close()
        with pytest.raises((NetworkError, UsageError)):
            await task
        assert client.limiter.snapshot().in_flight == 0


async def test_a_call_that_is_about_to_go_out_when_it_is_closed_ends_with_an_error_of_ours() -> None:
    async def late(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        await client.close()
        return await handler(request)

    async with serving(ok) as server:
        client = make(server.url, auth=(late,), options=Options(retry=AT_ONCE))
        await client.open()
        with pytest.raises(UsageError, match="it is closed"):
            await client.send(get())
    assert client.limiter.snapshot().in_flight == 0


async def test_its_own_session_is_closed_even_when_the_scope_around_it_is_cancelled() -> None:
    session: Any = None
    with anyio.CancelScope() as scope:
        client = make("https://shop.example")
        await client.open()
        session = client._transport.usable()
        scope.cancel()
        try:
            await anyio.sleep(1)
        finally:
            await client.close()
    assert session.closed


def test_on_another_event_loop_it_is_a_usage_error() -> None:
    client = make("https://shop.example")

    async def first() -> None:
        await client.open()

    async def second() -> None:
        with pytest.raises(UsageError, match="another event loop; make one store per loop"):
            await client.send(get())

    with asyncio.Runner() as one:
        one.run(first())
        with asyncio.Runner() as two:
            two.run(second())
        one.run(client.close())


# -- derived clients ---------------------------------------------------------------------------------------------


async def test_a_derived_client_shares_session_and_limiter_and_has_figures_of_its_own() -> None:
    async with serving(ok) as server, opened(server.url) as client:
        derived = client.with_options(timeout=5.0, lane=Lane.BULK)
        further = derived.with_options(deadline=9.0)
        assert derived.limiter is client.limiter
        assert derived._transport.usable() is client._transport.usable()
        assert (derived.options.timeout, derived.options.lane, derived.options.deadline) == (5.0, Lane.BULK, None)
        assert (further.options.timeout, further.options.deadline) == (5.0, 9.0)
        assert client.options == Options()
        await client.send(get())
        await derived.send(get())
        await further.send(get())
        assert (client.stats.calls, derived.stats.calls, further.stats.calls) == (3, 2, 1)
        assert client.stats.received == 6
        assert derived.stats.received == 4


async def test_a_derived_client_may_be_made_before_the_store_is_opened() -> None:
    async with serving(ok) as server:
        client = make(server.url)
        derived = client.with_options(timeout=1.0)
        await client.open()
        assert await derived.send(get()) == {}
        await client.close()
        with pytest.raises(UsageError, match="closed"):
            await derived.send(get())


async def test_a_derived_client_is_of_the_same_class() -> None:
    class Special(Client):
        extra = "mine"

    client = Special("https://shop.example", store="x", judge=lambda *_: None, policy=Counting())  # type: ignore[arg-type,return-value]  # never judged
    assert type(client.with_options(timeout=1.0)) is Special


async def test_an_option_that_does_not_exist_is_refused_by_name() -> None:
    client = make("https://shop.example")
    with pytest.raises(UsageError, match=r"unknown option dead_line, tries; there are: timeout, deadline, retry"):
        client.with_options(timeout=1.0, tries=3, dead_line=2)


async def test_options_of_a_derived_client_count_and_those_of_the_first_stay() -> None:
    async def fail(_request: web.Request) -> web.Response:
        return web.Response(status=500)

    async with serving(fail) as server, opened(server.url, options=Options(retry=AT_ONCE)) as client:
        with pytest.raises(ServerError):
            await client.with_options(retry=AT_ONCE.__class__(tries=1)).send(get())
        assert server.count == 1
        with pytest.raises(ServerError):
            await client.send(get())
        assert server.count == 5


async def test_nothing_is_left_behind_after_all_that() -> None:
    async with serving(ok) as server, opened(server.url) as client:
        await asyncio.gather(*(client.send(get()) for _ in range(20)))
    await asyncio.sleep(0)
    assert not stray()
