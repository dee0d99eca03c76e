"""The cache in the pipeline: what it saves, whose it is, and that nobody reads what was before a write of theirs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import anyio
import pytest
from aiohttp import ClientSession, web
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_async.errors import (
    CommerceError,
    DecodeError,
    MissingError,
    RejectedError,
    ServerError,
    UnknownOutcomeError,
)
from commerce_async.http.auth import Basic, HeaderToken
from commerce_async.http.cache import MemoryCache
from commerce_async.http.call import Call, Outcome, Reply, Verdict
from commerce_async.http.retry import Retry
from commerce_async.http.trace import Event
from commerce_async.limits.base import Usage
from commerce_async.secrets import Secret
from tests.http.kit import (
    AT_ONCE,
    Counting,
    get,
    judge,
    opened,
    post,
    raw_serving,
    read_request,
    serving,
    stray,
    virtual,
)
from tests.http.kit import answer as raw_answer
from tests.http.origin import FRESH, TOKEN, Answer, Origin, Shop, client, says

HOUR = {"cache-control": "max-age=3600"}


def run(main: Callable[[], Any]) -> Any:
    return virtual(main)


# -- what it saves ---------------------------------------------------------------------------------------------


def test_a_fresh_reply_costs_no_request_and_no_permit_and_is_counted() -> None:
    async def main() -> None:
        policy, events = Counting(), list[Event]()
        origin = Origin(Answer(b'{"n":1}', HOUR))
        shop = client(origin, MemoryCache(), policy=policy).with_options(hooks=(events.append,))
        first = await shop.send(get())
        await asyncio.sleep(3599)
        assert await shop.send(get()) == first == {"n": 1}
        assert (origin.count, policy.started, shop.stats.calls, shop.stats.hits) == (1, 1, 1, 1)
        assert [event.kind for event in events] == ["call", "attempt", "done", "call", "hit", "done"]
        await asyncio.sleep(1)
        await shop.send(get())
        assert (origin.count, shop.stats.hits) == (2, 1)

    run(main)


def test_another_path_or_query_is_another_reply() -> None:
    async def main() -> None:
        origin = Origin(lambda call: Answer(call.path.encode().join((b'"', b'"')), HOUR))
        shop = client(origin, MemoryCache())
        for call in (get("/a"), get("/b"), get("/a", query=(("x", "1"),)), get("/a", query=(("x", "1&y=2"),))):
            await shop.send(call)
        assert origin.count == 4
        assert await shop.send(get("/b")) == "/b"
        assert origin.count == 4

    run(main)


def test_the_decoder_sees_the_reply_with_its_age() -> None:
    async def main() -> None:
        shop = client(Origin(Answer(b"{}", HOUR)), MemoryCache())
        call = get(decode=lambda reply: reply)
        first: Reply = await shop.send(call)
        await asyncio.sleep(30)
        second: Reply = await shop.send(call)
        assert second.headers == {**first.headers, "age": "30"}
        assert (second.body, second.received, second.status) == (first.body, first.received, 200)

    run(main)


def test_fresh_goes_to_the_server_says_so_and_is_kept() -> None:
    async def main() -> None:
        shop_ = Shop()
        shop = client(shop_, MemoryCache())
        assert await shop.send(get("/a")) == 0
        shop_.values["/a"] = 7  # somebody else's write
        assert await shop.send(get("/a")) == 0
        assert await shop.send(get("/a", headers=FRESH)) == 7
        assert await shop.send(get("/a")) == 7
        assert shop_.forced == [False, True]
        assert shop.stats.hits == 2

    run(main)


@pytest.mark.parametrize(
    "header", [("pragma", "no-cache"), ("Cache-Control", "max-age=0"), ("cache-control", "min-fresh=9")]
)
def test_a_call_that_says_how_fresh_it_wants_it_goes_to_the_server(header: tuple[str, str]) -> None:
    async def main() -> None:
        origin = Origin(Answer(b"{}", HOUR))
        shop = client(origin, MemoryCache())
        await shop.send(get())
        await shop.send(get(headers=(header,)))
        assert origin.count == 2

    run(main)


def test_a_derived_client_shares_the_cache_and_counts_its_own_hits() -> None:
    async def main() -> None:
        origin = Origin(Answer(b"{}", HOUR))
        shop = client(origin, MemoryCache())
        derived = shop.with_options(timeout=5.0)
        await shop.send(get())
        await derived.send(get())
        assert (origin.count, derived.stats.hits, shop.stats.hits) == (1, 1, 1)
        await derived.send(post())
        await shop.send(get())
        assert origin.forced == [False, False, True]

    run(main)


# -- what is not kept ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [201, 204, 206, 404, 409, 429, 500, 503])
def test_only_whole_good_replies_are_kept(status: int) -> None:
    async def main() -> None:
        origin = Origin(Answer(b'"no"', HOUR, status=status))
        shop = client(origin, MemoryCache()).with_options(retry=Retry(tries=1, throttled=1, ambiguous=1))
        for _ in range(2):
            try:
                await shop.send(get())
            except CommerceError:
                continue
        assert origin.count == 2

    run(main)


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.OK])
def test_a_200_that_the_adapter_judges_otherwise_is_not_kept(outcome: Outcome) -> None:
    async def main() -> None:
        origin, cache = Origin(Answer(b"{}", HOUR)), MemoryCache()
        shop = client(origin, cache, judge=lambda _call, _reply: Verdict(outcome))
        with pytest.raises(CommerceError):
            await shop.with_options(retry=Retry(tries=1, throttled=1, ambiguous=1)).send(get())
        assert len(cache) == 0

    run(main)


def test_a_reply_that_cannot_be_read_is_not_kept() -> None:
    async def main() -> None:
        cache = MemoryCache()

        def decode(_reply: Reply) -> Any:
            raise ValueError("not what was expected")

        with pytest.raises(DecodeError):
            await client(Origin(Answer(b"{}", HOUR)), cache).send(get(decode=decode))
        assert len(cache) == 0

    run(main)


def test_a_kept_reply_that_cannot_be_read_any_more_is_fetched_again() -> None:
    async def main() -> None:
        origin = Origin(Answer(b'{"n":1}', {**HOUR, "etag": '"1"'}))
        shop = client(origin, MemoryCache())
        await shop.send(get())
        answers = iter([ValueError("another version's"), None])

        def decode(_reply: Reply) -> Any:
            if error := next(answers):
                raise error
            return "read"

        assert await shop.send(get(decode=decode)) == "read"
        assert (origin.count, shop.stats.hits) == (2, 0)
        assert says(origin.requests[1], "if-none-match") is None  # "still good" would be no better

    run(main)


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "Range", "If-None-Match", "If-Modified-Since"])
def test_a_call_with_credentials_or_conditions_of_its_own_is_left_alone(name: str) -> None:
    async def main() -> None:
        origin, cache = Origin(Answer(b"{}", HOUR)), MemoryCache()
        shop = client(origin, cache)
        await shop.send(get())
        call = get(headers=((name, "x"),))
        await shop.send(call)
        await shop.send(call)
        assert (origin.count, len(cache)) == (3, 1)
        assert origin.requests[1] is call

    run(main)


# -- validation ------------------------------------------------------------------------------------------------


class Dated(Origin):
    """Answers 304 to whoever has what it has."""

    def __init__(self, **headers: str) -> None:
        super().__init__(self._respond)
        self.modified = self.clock.start - timedelta(days=1)
        self.headers = headers
        self.body = b'{"n":1}'

    def _respond(self, call: Call[Any]) -> Answer:
        told = {"last-modified": format_datetime(self.modified, usegmt=True), **self.headers}
        if says(call, "if-modified-since") == told["last-modified"]:
            return Answer(b"", {**told, "x-used": "2"}, status=304)
        return Answer(self.body, {**told, "x-used": "1", "x-once": "y"})


def seeing(seen: list[Reply]) -> Callable[[Call[Any], Reply], Verdict]:
    def judge_(call: Call[Any], reply: Reply) -> Verdict:
        seen.append(reply)
        return judge(call, reply)

    return judge_


def test_4_3_a_stale_reply_is_asked_for_again_with_its_validator_and_reused() -> None:
    async def main() -> None:
        origin, seen = Dated(**{"cache-control": "max-age=60"}), list[Reply]()
        shop = client(origin, MemoryCache(), judge=seeing(seen))
        whole = get(decode=lambda reply: reply)
        await shop.send(whole)
        await asyncio.sleep(60)
        again: Reply = await shop.send(whole)
        assert says(origin.requests[0], "if-modified-since") is None
        assert says(origin.requests[1], "if-modified-since") == format_datetime(origin.modified, usegmt=True)
        assert (again.status, again.body) == (200, b'{"n":1}')
        assert (again.headers["x-used"], again.headers["x-once"]) == ("2", "y")
        # The adapter reads the limit from what came now, and from nothing that was kept.
        assert seen[-1].headers["x-used"] == "2"
        assert "x-once" not in seen[-1].headers
        assert shop.stats.received == len(b'{"n":1}')
        await asyncio.sleep(59)
        await shop.send(whole)
        assert (origin.count, shop.stats.hits) == (2, 1)

    run(main)


def test_4_3_3_a_whole_reply_to_the_question_takes_the_place_of_the_old_one() -> None:
    async def main() -> None:
        origin = Dated(**{"cache-control": "max-age=60"})
        shop = client(origin, MemoryCache())
        await shop.send(get())
        await asyncio.sleep(60)
        origin.modified, origin.body = origin.clock.wall() - timedelta(seconds=5), b'{"n":2}'
        assert await shop.send(get()) == {"n": 2}
        assert await shop.send(get()) == {"n": 2}
        assert origin.count == 2

    run(main)


def test_4_3_3_a_failed_question_serves_nothing_stale() -> None:
    async def main() -> None:
        answers = iter([Answer(b"1", {"cache-control": "max-age=60", "etag": '"1"'}), Answer(b"", status=500)])
        shop = client(Origin(lambda _: next(answers)), MemoryCache()).with_options(retry=Retry(tries=1))
        await shop.send(get())
        await asyncio.sleep(60)
        with pytest.raises(ServerError):
            await shop.send(get())

    run(main)


def test_4_3_4_a_304_about_something_else_is_asked_again_without_conditions() -> None:
    async def main() -> None:
        answers = iter(
            [Answer(b"1", {"etag": '"1"'}), Answer(b"", {"etag": '"2"'}, status=304), Answer(b"2", {"etag": '"2"'})]
        )
        origin = Origin(lambda _: next(answers))
        shop = client(origin, MemoryCache()).with_options(retry=AT_ONCE)
        assert await shop.send(get()) == 1
        assert await shop.send(get()) == 2
        assert [says(call, "if-none-match") for call in origin.requests] == [None, '"1"', None]

    run(main)


def test_a_304_that_nobody_asked_for_is_no_answer() -> None:
    async def main() -> None:
        with pytest.raises(RejectedError):
            await client(Origin(Answer(b"", HOUR, status=304)), MemoryCache()).send(get())

    run(main)


def test_a_304_with_no_store_answers_this_once_and_is_not_kept() -> None:
    async def main() -> None:
        cache = MemoryCache()
        answers = iter([Answer(b"1", {"etag": '"1"'}), Answer(b"", {"cache-control": "no-store"}, status=304)])
        shop = client(Origin(lambda _: next(answers)), cache)
        assert [await shop.send(get()), await shop.send(get())] == [1, 1]

    run(main)


# -- Vary ------------------------------------------------------------------------------------------------------


def test_4_1_a_reply_for_other_request_headers_is_not_served_nor_confirmed() -> None:
    async def main() -> None:
        def respond(call: Call[Any]) -> Answer:
            return Answer(f'"{says(call, "x-mode")}"'.encode(), {**HOUR, "vary": "X-Mode", "etag": '"same"'})

        origin = Origin(respond)
        shop = client(origin, MemoryCache())
        a, b = get(headers=(("X-Mode", "a"),)), get(headers=(("X-Mode", "b"),))
        assert [await shop.send(each) for each in (a, a, b, b)] == ["a", "a", "b", "b"]
        assert origin.count == 2
        assert all(says(call, "if-none-match") is None for call in origin.requests)

    run(main)


# -- whose it is -----------------------------------------------------------------------------------------------


def test_two_tokens_never_share() -> None:
    async def main() -> None:
        origin, cache = Origin(Answer(b"{}", HOUR)), MemoryCache()
        one, same = client(origin, cache), client(origin, cache)
        others = [
            client(origin, cache, token="another-token-entirely"),
            client(origin, cache, url="https://shop.example:8443"),
            client(origin, cache, url="https://other.example"),
            client(origin, cache, auth=(Basic("user", TOKEN),)),
            client(origin, cache, auth=()),
        ]
        await one.send(get())
        await same.send(get())
        assert origin.count == 1
        for number, other in enumerate(others, 2):
            await other.send(get())
            await other.send(get())
            assert origin.count == number

    run(main)


def test_credentials_that_do_not_tell_their_account_share_with_nobody() -> None:
    async def main() -> None:
        async def stranger(request: Any, handler: Any) -> Any:
            return await handler(request)

        origin, cache = Origin(Answer(b"{}", HOUR)), MemoryCache()
        one, two = (client(origin, cache, auth=(stranger,)) for _ in range(2))
        for shop in (one, two, one, two):
            await shop.send(get())
        assert (origin.count, one.stats.hits, two.stats.hits) == (2, 1, 1)

    run(main)


class Changing:
    """A credential whose account becomes known late, and may change."""

    def __init__(self) -> None:
        self.now: Secret | None = None

    def identity(self) -> Secret | None:
        return self.now

    async def __call__(self, request: Any, handler: Any) -> Any:
        return await handler(request)


def test_nothing_is_kept_as_long_as_the_account_is_not_known_or_when_it_changes_under_way() -> None:
    async def main() -> None:
        auth, cache = Changing(), MemoryCache()
        origin = Origin(Answer(b"{}", HOUR, seconds=1.0))
        shop = client(origin, cache, auth=(auth,))
        await shop.send(get())
        assert len(cache) == 0
        auth.now = Secret("first")
        task = asyncio.create_task(shop.send(get()))
        await asyncio.sleep(0.5)
        auth.now = Secret("second")
        await task
        assert len(cache) == 0
        await shop.send(get())
        await shop.send(get())
        assert (len(cache), shop.stats.hits) == (1, 1)

    run(main)


@pytest.mark.anyio
async def test_a_borrowed_session_with_other_headers_is_another_account_and_its_cookies_are_not_guessed() -> None:
    vary = "Accept"

    async def handler(_request: web.Request) -> web.Response:
        return web.json_response({}, headers={"Cache-Control": "max-age=60", "Vary": vary})

    cache = MemoryCache()
    async with (
        serving(handler) as server,
        ClientSession(headers={"X": "1"}) as a,
        ClientSession(headers={"X": "2"}) as b,
    ):
        for session, requests in ((a, 1), (a, 1), (b, 2), (b, 2)):
            async with opened(server.url, cache=cache, session=session) as shop:
                await shop.send(get())
            assert server.count == requests
        vary = "Cookie"
        for requests in (3, 4):
            async with opened(server.url, cache=cache, session=a) as shop:
                await shop.send(get("/other"))
            assert server.count == requests


# -- this client's own writes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["done", "refused", "lost", "cancelled", "timeout", "deadline"])
def test_after_a_write_nothing_from_before_is_served_however_it_ended(how: str) -> None:
    async def main() -> None:
        origin = Shop()
        shop = client(origin, MemoryCache(), judge=judge).with_options(timeout=30.0, retry=Retry(tries=1))
        await shop.send(get("/a"))
        await shop.send(get("/b"))
        origin.refuse = how == "refused"
        if how == "lost":
            origin.answer = lambda call: Answer(status=504)
        elif how in ("cancelled", "timeout", "deadline"):
            origin.answer = lambda call: Answer(seconds=1e6)
        write = shop.with_options(deadline=10.0 if how == "deadline" else None).send(post("/a"))
        if how == "done":
            await write
        elif how == "cancelled":
            with anyio.move_on_after(5):
                await write
        else:
            with pytest.raises(RejectedError if how == "refused" else UnknownOutcomeError):
                await write
        origin.answer = origin._respond
        before = origin.count
        for path in ("/a", "/b"):
            await shop.send(get(path))
        assert origin.count == before + 2
        assert origin.forced[-2:] == [True, True]
        quiet = how in ("done", "refused")
        await shop.send(get("/a"))
        assert (origin.count == before + 2) is quiet
        # An answer was lost: the write may come into effect for as long again as an attempt may take.
        await asyncio.sleep(30.0)
        await shop.send(get("/a"))
        hits = shop.stats.hits
        await shop.send(get("/a"))
        assert shop.stats.hits == hits + 1

    run(main)


def test_while_a_write_is_under_way_reads_go_to_the_server_and_are_not_kept() -> None:
    async def main() -> None:
        cache = MemoryCache()
        origin = Origin(lambda call: Answer(b"{}", HOUR, seconds=10.0 if call.method == "POST" else 0.0))
        shop = client(origin, cache)
        await shop.send(get())
        write = asyncio.create_task(shop.send(post()))
        await asyncio.sleep(1)
        await shop.send(get())
        await shop.send(get())
        assert (origin.count, origin.forced[2:], len(cache)) == (4, [True, True], 0)
        await write
        await shop.send(get())
        assert (origin.count, len(cache)) == (5, 1)

    run(main)


def test_a_read_that_began_before_a_write_and_ended_after_it_is_not_kept() -> None:
    async def main() -> None:
        cache = MemoryCache()
        origin = Origin(lambda call: Answer(b"{}", HOUR, seconds=10.0 if call.method == "GET" else 1.0))
        shop = client(origin, cache)
        read = asyncio.create_task(shop.send(get()))
        await asyncio.sleep(1)
        await shop.send(post())
        await read
        assert len(cache) == 0

    run(main)


def test_a_read_that_waits_for_a_permit_while_a_write_begins_asks_for_what_is_after_it() -> None:
    async def main() -> None:
        origin = Origin(lambda call: Answer(b"{}", HOUR, seconds=10.0 if call.method == "POST" else 0.0))
        shop = client(origin, MemoryCache(), policy=Counting(1))
        await shop.send(get())
        write = asyncio.create_task(shop.send(post()))
        await asyncio.sleep(1)
        read = asyncio.create_task(shop.send(get()))
        await asyncio.gather(write, read)
        assert [call.method for call in origin.requests] == ["GET", "POST", "GET"]
        assert origin.forced[-1]

    run(main)


def test_a_stale_reply_from_before_a_write_is_not_even_asked_about() -> None:
    """Last-Modified has whole seconds, so a 304 could confirm what the write has just changed."""

    async def main() -> None:
        origin = Dated(**{"cache-control": "max-age=60"})
        shop = client(origin, MemoryCache())
        await shop.send(get())
        await asyncio.sleep(100)
        await shop.send(post())
        await shop.send(get())
        assert says(origin.requests[-1], "if-modified-since") is None
        assert origin.forced[-1]

    run(main)


def test_the_servers_own_cache_is_not_believed_until_it_cannot_hold_the_old_state() -> None:
    async def main() -> None:
        origin = Shop(ttl=300.0)
        shop = client(origin, MemoryCache())
        await shop.send(post("/w"))
        for path, after in (("/a", 0), ("/b", 1800), ("/c", 1799.5), ("/d", 1)):
            await asyncio.sleep(after)
            await shop.send(get(path))
        assert origin.forced[1:] == [True, True, True, False]

    run(main)


def test_a_server_that_keeps_replies_for_longer_is_not_believed_for_longer() -> None:
    async def main() -> None:
        origin = Shop(ttl=5 * 3600.0)
        shop = client(origin, MemoryCache())
        await shop.send(get("/a"))
        origin.values["/b"] = 1
        await shop.send(post("/b"))
        await asyncio.sleep(5 * 3600.0 - 1)
        assert await shop.send(get("/b")) == 2
        await asyncio.sleep(2)
        await shop.send(get("/c"))
        assert origin.forced == [False, False, True, False]

    run(main)


def test_a_get_that_must_not_be_sent_twice_is_a_write_and_a_head_is_none() -> None:
    async def main() -> None:
        origin = Origin(Answer(b"{}", HOUR))
        shop = client(origin, MemoryCache())
        await shop.send(get())
        await shop.send(Call("things.look", "HEAD", "/thing", lambda _: None))
        await shop.send(get())
        assert origin.count == 2
        await shop.send(get("/rebuild", idempotent=False))
        await shop.send(get())
        assert origin.forced == [False, False, False, True]

    run(main)


def test_calls_for_credentials_are_never_kept_and_are_no_writes() -> None:
    async def main() -> None:
        origin, cache = Origin(Answer(b"{}", HOUR)), MemoryCache()
        shop = client(origin, cache)
        await shop.send(get())
        issuer = shop.for_credentials("https://shop.example/token", judge, ())
        await issuer.send(post())
        await issuer.send(get("/token"))
        await shop.send(get())
        assert (shop.stats.hits, len(cache), issuer.caches) == (1, 1, False)

    run(main)


def test_a_write_of_one_account_leaves_another_alone() -> None:
    async def main() -> None:
        origin, cache = Origin(Answer(b"{}", HOUR)), MemoryCache()
        one, two = client(origin, cache), client(origin, cache, token="another-token-entirely")
        await one.send(get())
        await two.send(get())
        await one.send(post())
        await two.send(get())
        assert (origin.count, len(cache)) == (3, 1)

    run(main)


def test_what_another_client_of_the_account_kept_from_before_a_write_is_not_served_either() -> None:
    """It began before, ended after, and knows nothing of the write; and the server's cache may have answered it."""

    async def main() -> None:
        cache, origin = MemoryCache(), Shop(ttl=300.0)
        writer, reader = client(origin, cache), client(origin, cache)
        await reader.send(get("/a"))
        await writer.send(post("/a"))
        assert await reader.send(get("/a")) == 0  # its own affair: from the server's cache
        assert await writer.send(get("/a")) == 1
        assert await writer.send(get("/a")) == 1

    run(main)


def test_what_others_kept_while_a_write_was_under_way_is_dropped_at_its_end() -> None:
    """For a process that starts later, and knows nothing of the write."""

    async def main() -> None:
        cache = MemoryCache()
        origin = Origin(lambda call: Answer(b"{}", HOUR, seconds=10.0 if call.method == "POST" else 0.0))
        writer, reader = client(origin, cache), client(origin, cache)
        write = asyncio.create_task(writer.send(post()))
        await asyncio.sleep(1)
        await reader.send(get())
        assert len(cache) == 1
        await write
        assert len(cache) == 0

    run(main)


_OPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.sampled_from(["/a", "/b"])),
        st.tuples(st.just("fresh"), st.sampled_from(["/a", "/b"])),
        st.tuples(st.just("write"), st.sampled_from(["/a", "/b"])),
        st.tuples(st.just("lost"), st.sampled_from(["/a", "/b"])),
        st.tuples(st.just("refused"), st.sampled_from(["/a", "/b"])),
        st.tuples(st.just("sleep"), st.sampled_from([0.5, 20.0, 299.0, 301.0, 3599.0, 3601.0])),
        st.tuples(st.just("both"), st.sampled_from(["/a", "/b"])),
    ),
    min_size=3,
    max_size=25,
)


@settings(max_examples=60)
@given(_OPS, st.sampled_from([10.0, 300.0, 3600.0]))
def test_whatever_happens_a_read_sees_every_write_that_ended_before_it(ops: list[tuple[str, Any]], ttl: float) -> None:
    async def main() -> None:
        origin = Shop(ttl)
        shop = client(origin, MemoryCache()).with_options(retry=AT_ONCE)

        async def write(path: str, **trouble: bool) -> None:
            origin.lose, origin.refuse = trouble.get("lose", False), trouble.get("refuse", False)
            with suppress(RejectedError, UnknownOutcomeError):
                await shop.send(post(path))
            origin.lose = origin.refuse = False

        for what, on in ops:
            if what == "sleep":
                await asyncio.sleep(on)
            elif what in ("read", "fresh"):
                seen = await shop.send(get(on, headers=FRESH if what == "fresh" else ()))
                assert seen == origin.values.get(on, 0)
            elif what == "both":
                read = asyncio.create_task(shop.send(get(on)))
                await write(on)
                await read
                assert await shop.send(get(on)) == origin.values[on]
            else:
                await write(on, lose=what == "lost", refuse=what == "refused")

    run(main)


# -- many at once, and an end at any time ----------------------------------------------------------------------


def test_a_thousand_reads_and_writes_at_once_never_see_the_past() -> None:
    async def main() -> None:
        origin, cache = Shop(ttl=300.0), MemoryCache()
        plain = origin.answer
        origin.answer = lambda call: _slow(plain(call), len(origin.requests))
        shop = client(origin, cache, policy=Counting(32))

        async def one(number: int) -> None:
            path = f"/{number % 20}"
            if number % 10 == 0:
                await shop.send(post(path))
            known = origin.values.get(path, 0)
            assert await shop.send(get(path)) >= known

        await asyncio.gather(*(one(number) for number in range(1000)))
        hits = shop.stats.hits
        for number in range(40):
            assert await shop.send(get(f"/{number % 20}")) == origin.values.get(f"/{number % 20}", 0)
        assert shop.stats.hits >= hits + 20

    run(main)


def _slow(answer: Answer, number: int) -> Answer:
    answer.seconds = 0.01 * (number % 7)
    return answer


def test_a_call_cancelled_at_any_moment_leaves_nothing_behind() -> None:
    async def main() -> None:
        policy = Counting()
        origin = Origin(lambda call: Answer(b"{}", HOUR, seconds=0.02))
        shop = client(origin, MemoryCache(), policy=policy)
        for steps in range(12):
            for call in (get(f"/{steps}"), post(f"/{steps}")):
                task = asyncio.create_task(shop.send(call))
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
        assert policy.in_flight == 0
        assert not stray()
        await asyncio.sleep(shop.options.timeout)
        await shop.send(get())
        await shop.send(get())
        assert shop.stats.hits == 1

    run(main)


# -- when it is off --------------------------------------------------------------------------------------------


def test_without_a_cache_nothing_of_it_is_imported() -> None:
    code = (
        "import sys, commerce_async.http.client as c; from commerce_async.limits.steady import SteadyPolicy as P;"
        "c.Client('https://a.example', store='s', judge=None, policy=P(1));"
        "print([m for m in sys.modules if '.cache' in m or m in ('sqlite3', 'hishel')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_a_cache_calls_go_out_as_they_are() -> None:
    async def main() -> None:
        origin = Origin(Answer(b"{}", HOUR))
        shop = client(origin, None)
        calls = [get(), post(), get()]
        for call in calls:
            await shop.send(call)
        assert all(sent is call for sent, call in zip(origin.requests, calls, strict=True))
        assert (shop.caches, shop.stats.hits) == (False, 0)

    run(main)


# -- over a real connection ------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_repeated_cache_control_lines_are_one_list() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _number: int) -> None:
        while await read_request(reader):
            writer.write(raw_answer(b"{}", "200 OK", "Cache-Control: no-store", "Cache-Control: max-age=60"))

    async with raw_serving(talk) as url, opened(url, cache=MemoryCache()) as shop:
        for _ in range(2):
            await shop.send(get())
        assert (shop.stats.calls, shop.stats.hits) == (2, 0)


@pytest.mark.anyio
async def test_a_real_server_is_asked_again_and_says_304() -> None:
    async def handler(request: web.Request) -> web.Response:
        headers = {"ETag": '"1"', "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304, headers=headers)
        return web.json_response({"n": 1}, headers=headers)

    async with serving(handler) as server, opened(server.url, cache=MemoryCache()) as shop:
        assert [await shop.send(get()) for _ in range(3)] == [{"n": 1}] * 3
        assert [request.headers.get("If-None-Match") for request in server.requests] == [None, '"1"', '"1"']


def test_what_a_confirming_reply_tells_of_the_limit_reaches_the_limiter() -> None:
    async def main() -> None:
        used: list[float] = []

        def judge_(_call: Call[Any], reply: Reply) -> Verdict:
            return Verdict(Outcome.OK, usage=Usage(used=int(reply.headers["x-used"]), limit=50))

        class Policy(Counting):
            def finish(self, ticket: int, now: float, usage: Usage | None = None) -> None:
                used.append(usage.used if usage else -1)
                super().finish(ticket, now, usage)

        shop = client(Dated(), MemoryCache(), judge=judge_, policy=Policy())
        for _ in range(3):
            await shop.send(get())
        assert used == [1, 2, 2]

    run(main)


def test_missing_is_told_after_a_kept_reply_was_found_gone() -> None:
    async def main() -> None:
        answers = iter([Answer(b"1", {"etag": '"1"'}), Answer(b"gone", status=404)])
        shop = client(Origin(lambda _: next(answers)), MemoryCache(), auth=(HeaderToken("X", TOKEN),))
        await shop.send(get())
        with pytest.raises(MissingError):
            await shop.send(get())

    run(main)
