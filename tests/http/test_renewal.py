"""A token that all calls share is renewed once for all of them, and a renewal that fails fails once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from commerce_async.errors import (
    AuthError,
    CommerceError,
    ConfigError,
    DeadlineError,
    NetworkError,
    ServerError,
    UsageError,
)
from commerce_async.http.auth import Leasing, Redactor
from commerce_async.http.call import Call, Reply
from commerce_async.http.client import Client, Options
from commerce_async.http.renewal import SharedToken
from commerce_async.http.retry import Retry
from commerce_async.http.trace import Event
from commerce_async.secrets import Secret
from commerce_async.testing.clock import VirtualClock
from commerce_async.tokens import FileTokens, MemoryTokens, Token, TokenStore
from tests.http.kit import AT_ONCE, Counting, get, json, make, post, stray, virtual

pytestmark = pytest.mark.anyio

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HINT = "log in again"


def token(number: int, expires: datetime | None = None, **changes: Any) -> Token:
    return Token(
        access=Secret(f"access-{number}"),
        refresh=changes.pop("refresh", Secret(f"refresh-{number}")),
        expires=expires,
        obtained=changes.pop("obtained", START - timedelta(hours=1)),
        audience="shop app 7",
        **changes,
    )


class Vendor:
    """Stands in for the transport: takes one access token and issues others. Middlewares run as aiohttp runs them.

    Attributes:
        accepts: the access token that it takes; None takes any.
        sent: every access token that came, in order.
        refreshes: how often the token page was asked.
        fails: what the token page does instead.
        seconds, refresh_seconds: how long it takes.
        wall: its clock, as its `Date` shows.
    """

    def __init__(self, accepts: str | None = "access-2", life: timedelta | None = timedelta(hours=1)) -> None:
        self.accepts, self.life = accepts, life
        self.sent: list[str] = []
        self.refreshes = 0
        self.fails: CommerceError | int | None = None
        self.seconds = self.refresh_seconds = 1.0
        self.ahead = timedelta(0)
        self.number = 2

    def usable(self) -> None: ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def exchange(self, base: str, call: Call[Any], middlewares: Sequence[Any], _max_body: int) -> Reply:
        async def wire(request: Any) -> Any:
            if base.endswith("/login"):
                return await self._refresh()
            value = request.headers["X-Token"]
            self.sent.append(value)
            await asyncio.sleep(self.seconds)
            good = self.accepts is None or value == self.accepts
            return self._response(200 if good else 401, b"{}" if good else f"who is {value}".encode())

        handler: Callable[[Any], Awaitable[Any]] = wire
        for middleware in reversed(middlewares):
            handler = _around(middleware, handler)
        response = await handler(SimpleNamespace(headers={}))
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, headers, response.body, START)

    async def _refresh(self) -> Any:
        self.refreshes += 1
        await asyncio.sleep(self.refresh_seconds)
        if isinstance(self.fails, CommerceError):
            raise type(self.fails)(self.fails.message, safe_to_retry=True)
        if self.fails is not None:
            return self._response(self.fails, b"refresh-1 of access-1 is not good")
        body = str(self.number).encode()
        self.number += 1
        return self._response(200, body)

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time()) + self.ahead

    def _response(self, status: int, body: bytes) -> Any:
        return SimpleNamespace(status=status, body=body, headers={"Date": self.now().isoformat()})


def _around(middleware: Any, handler: Any) -> Any:
    return lambda request: middleware(request, handler)


def shop(vendor: Vendor, tokens: TokenStore, **settings: Any) -> tuple[Client, SharedToken]:
    redactor = Redactor()
    client: Client

    async def refresh(old: Token) -> Token:
        sender = client.for_credentials("https://shop.example/login", client._judge, (redactor,))
        number = await sender.send(Call("token.refresh", "POST", "/refresh", json, body=b"{}", idempotent=True))
        expires = None if vendor.life is None else vendor.now() + vendor.life
        return token(number, expires, obtained=vendor.now())

    clock = VirtualClock(START)
    shared = SharedToken(
        "X-Token", tokens, refresh, audience="shop app 7", redactor=redactor, clock=clock, hint=HINT
    )  # fmt: skip
    settings.setdefault("options", Options(retry=AT_ONCE))
    client = make("https://shop.example/api", auth=(shared,), clock=clock, **settings)
    client._transport = vendor  # type: ignore[assignment]  # the seam under test is above the transport
    return client, shared


def over() -> MemoryTokens:
    return MemoryTokens(token(1, START - timedelta(seconds=1)))


def unknown() -> MemoryTokens:
    """A token of which only the vendor knows that it is over."""
    return MemoryTokens(token(1))


async def all_of(client: Client, count: int, make_call: Callable[[], Call[Any]] = get) -> list[Any]:
    return await asyncio.gather(*(client.send(make_call()) for _ in range(count)), return_exceptions=True)


# -- once ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [over, unknown], ids=["expired", "refused"])
@pytest.mark.parametrize("concurrency", [1, 16, 2000])
@pytest.mark.parametrize("kind", [get, post])
def test_a_thousand_calls_at_once_with_an_expired_token_make_one_refresh(
    kept: Callable[[], MemoryTokens], concurrency: int, kind: Callable[[], Call[Any]]
) -> None:
    vendor, tokens, policy = Vendor(), kept(), Counting(concurrency)

    async def main() -> None:
        client, _ = shop(vendor, tokens, policy=policy)
        assert await all_of(client, 1000, kind) == [{}] * 1000
        kept_now = await tokens.load()
        assert kept_now is not None
        assert kept_now.access == Secret("access-2")

    virtual(main)
    assert vendor.refreshes == 1
    refused = vendor.sent.count("access-1")
    assert refused == (0 if kept is over else min(concurrency, 1000))
    assert len(vendor.sent) == 1000 + refused
    assert policy.used == len(vendor.sent) + vendor.refreshes
    assert policy.in_flight == 0


def test_the_first_call_reads_the_kept_token_once_for_all() -> None:
    class Counted(MemoryTokens):
        loads = 0

        async def load(self) -> Token | None:
            self.loads += 1
            await asyncio.sleep(1.0)
            return await super().load()

    vendor, tokens = Vendor(accepts="access-1"), Counted(token(1))

    async def main() -> None:
        client, _ = shop(vendor, tokens)
        assert await all_of(client, 100) == [{}] * 100

    virtual(main)
    assert (tokens.loads, vendor.refreshes) == (1, 0)


def test_a_token_is_renewed_a_minute_before_it_ends_and_no_call_is_refused() -> None:
    vendor = Vendor(accepts=None)
    tokens = MemoryTokens(token(1, START + timedelta(minutes=10)))

    async def main() -> None:
        client, _ = shop(vendor, tokens)
        for second in (0, 530, 545):
            await asyncio.sleep(second - asyncio.get_running_loop().time())
            await client.send(get())

    virtual(main)
    assert vendor.sent == ["access-1", "access-1", "access-2"]


def test_a_token_that_lives_shorter_than_the_margin_is_used_for_half_its_life() -> None:
    vendor = Vendor(accepts=None, life=timedelta(seconds=20))
    tokens = over()

    async def main() -> None:
        client, _ = shop(vendor, tokens)
        for second in (0, 5, 9, 14):
            await asyncio.sleep(second - asyncio.get_running_loop().time())
            await client.send(get())

    virtual(main)
    assert vendor.sent == ["access-2", "access-2", "access-2", "access-3"]


@pytest.mark.parametrize("ahead", [-2, 2])
def test_the_end_of_a_token_is_told_by_the_vendors_clock(ahead: int) -> None:
    vendor = Vendor(accepts=None)
    vendor.ahead = timedelta(hours=ahead)
    tokens = MemoryTokens(token(1))

    async def main() -> None:
        client, _ = shop(vendor, tokens)
        await client.send(get())  # shows the vendor's clock
        await tokens.save(token(5, START + vendor.ahead + timedelta(minutes=10)))
        client2, shared = shop(vendor, tokens)
        await shared.replace(token(5, START + vendor.ahead + timedelta(minutes=10), obtained=vendor.now()))
        await client2.send(get())
        await asyncio.sleep(545)
        assert await all_of(client2, 10) == [{}] * 10

    virtual(main)
    assert vendor.refreshes == 1
    assert vendor.sent[:2] == ["access-1", "access-5"]
    assert set(vendor.sent[2:]) == {"access-2"}


def test_the_vendors_clock_is_read_from_replies() -> None:
    vendor = Vendor(accepts=None)
    vendor.ahead = timedelta(hours=-2)  # our clock is ahead
    tokens = MemoryTokens(token(1, START - timedelta(hours=1)))  # over by our clock, good by the vendor's

    async def main() -> None:
        client, shared = shop(vendor, tokens)
        shared._token = token(9)
        await client.send(get())
        shared._token = token(1, START - timedelta(hours=1))
        assert await all_of(client, 10) == [{}] * 10

    virtual(main)
    assert vendor.refreshes == 0


def test_a_refusal_that_comes_after_another_call_has_renewed_the_token_renews_nothing() -> None:
    vendor = Vendor()

    async def main() -> None:
        client, _ = shop(vendor, unknown())
        vendor.seconds = 50.0
        slow = asyncio.ensure_future(client.send(get("/slow")))
        await asyncio.sleep(1.0)
        vendor.seconds = 1.0
        await client.send(get())
        assert (vendor.refreshes, slow.done()) == (1, False)
        assert await slow == {}

    virtual(main)
    assert vendor.refreshes == 1
    assert vendor.sent == ["access-1", "access-1", "access-2", "access-2"]


def test_a_token_that_is_refused_though_it_is_new_ends_in_an_auth_error_and_no_loop() -> None:
    vendor = Vendor(accepts="nothing")

    async def main() -> None:
        client, _ = shop(vendor, unknown())
        errors = await all_of(client, 50)
        assert {type(error) for error in errors} == {AuthError}
        assert "access-" not in "".join(map(str, errors))

        with pytest.raises(AuthError, match=r"who is \*\*\*"):
            await client.send(get())
        await asyncio.sleep(61)
        with pytest.raises(AuthError):
            await client.send(get())

    virtual(main)
    assert vendor.refreshes == 2
    assert len(vendor.sent) <= 103


def test_a_token_without_an_end_and_without_a_refresh_token_is_used_as_it_is() -> None:
    vendor = Vendor(accepts="access-1")

    async def main() -> None:
        client, _ = shop(vendor, MemoryTokens(token(1, refresh=None)))
        assert await all_of(client, 3) == [{}] * 3
        vendor.accepts = "none"
        with pytest.raises(AuthError, match="cannot be renewed; log in again"):
            await client.send(get())

    virtual(main)
    assert vendor.refreshes == 0


# -- failing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [over, unknown], ids=["expired", "refused"])
@pytest.mark.parametrize(
    ("fails", "kind", "refreshes"),
    [
        (401, AuthError, 1),
        (NetworkError("no complete reply", safe_to_retry=True), NetworkError, 4),
        (503, ServerError, 4),
    ],
    ids=["refused", "lost", "broken"],
)
def test_a_renewal_that_fails_gives_each_of_a_thousand_callers_the_same_typed_error_and_nobody_loops(
    kept: Callable[[], MemoryTokens], fails: Any, kind: type[CommerceError], refreshes: int
) -> None:
    vendor, policy = Vendor(), Counting(16)
    vendor.fails = fails

    async def main() -> None:
        client, _ = shop(vendor, kept(), policy=policy)
        errors = await all_of(client, 1000, post)
        assert {type(error) for error in errors} == {kind}
        assert len({error.message for error in errors}) == 1
        assert len({id(error) for error in errors}) == 1000
        error = errors[0]
        assert error.message.startswith("the access token could not be renewed: ")
        assert (HINT in error.message) == (kind is AuthError)
        assert "refresh-1" not in str(error)
        assert "access-1" not in str(error)
        assert error.safe_to_retry == (kind is not AuthError)
        assert {(error.store, error.operation) for error in errors} == {("shop", "token.refresh")}

    virtual(main)
    assert vendor.refreshes == refreshes
    assert len(vendor.sent) == (0 if kept is over else 16)
    assert policy.in_flight == 0


@pytest.mark.parametrize(("fails", "pause"), [(503, 5.0), (401, 60.0)])
def test_a_later_call_tries_again_after_a_pause_which_is_longer_if_the_vendor_refused(fails: int, pause: float) -> None:
    vendor = Vendor()
    vendor.fails = fails

    async def main() -> None:
        client, _ = shop(vendor, over())
        for _ in range(5):
            with pytest.raises(CommerceError):
                await client.send(get())
        tried = vendor.refreshes
        await asyncio.sleep(pause - 0.1)
        with pytest.raises(CommerceError):
            await client.send(get())
        assert vendor.refreshes == tried
        vendor.fails = None
        await asyncio.sleep(0.2)
        assert await client.send(get()) == {}

    virtual(main)


def test_a_token_that_still_lasts_is_used_while_its_renewal_fails() -> None:
    vendor = Vendor(accepts="access-1")
    vendor.fails = 503

    async def main() -> None:
        client, _ = shop(vendor, MemoryTokens(token(1, START + timedelta(seconds=30))))
        assert await all_of(client, 20) == [{}] * 20
        await asyncio.sleep(40)
        with pytest.raises(ServerError):
            await client.send(get())

    virtual(main)


def test_without_any_token_a_call_says_what_to_do() -> None:
    vendor = Vendor()

    async def main() -> None:
        client, _ = shop(vendor, MemoryTokens())
        with pytest.raises(AuthError, match="no token is kept in memory; log in again"):
            await client.send(get())

    virtual(main)
    assert vendor.sent == []


def test_a_token_of_another_shop_is_never_sent() -> None:
    vendor = Vendor()

    async def main() -> None:
        other = Token(access=Secret("access-1"), audience="elsewhere app 7")
        client, _ = shop(vendor, MemoryTokens(other))
        with pytest.raises(ConfigError, match="is for 'elsewhere app 7'"):
            await client.send(get())

    virtual(main)
    assert vendor.sent == []


# -- several processes, and places that fail ----------------------------------------------------------------------


def test_a_token_that_another_process_renewed_is_taken_over_without_a_refresh() -> None:
    vendor, tokens = Vendor(accepts="access-1"), unknown()

    async def main() -> None:
        client, _ = shop(vendor, tokens)
        await client.send(get())
        await tokens.save(token(8))
        vendor.accepts = "access-8"
        assert await all_of(client, 20) == [{}] * 20

    virtual(main)
    assert vendor.refreshes == 0


def test_a_refresh_refused_because_another_process_was_quicker_takes_over_its_token() -> None:
    vendor, tokens = Vendor(accepts="access-8"), over()
    vendor.fails = 401

    async def main() -> None:
        client, _ = shop(vendor, tokens)
        calls = asyncio.ensure_future(all_of(client, 20))
        await asyncio.sleep(0.5)
        await tokens.save(token(8))
        assert await calls == [{}] * 20

    virtual(main)
    assert vendor.refreshes == 1


class Full(MemoryTokens):
    """A place that has no room, for as long as it says so."""

    full = True

    async def save(self, token: Token) -> None:
        if self.full:
            raise ConfigError("cannot write the token file: No space left on device")
        await super().save(token)


def test_a_new_token_is_kept_before_it_is_used_and_not_asked_for_again_if_that_fails() -> None:
    vendor, tokens = Vendor(), Full(token(1, START))

    async def main() -> None:
        client, _ = shop(vendor, tokens)
        errors = await all_of(client, 20)
        assert {(type(error), error.message) for error in errors} == {
            (ConfigError, "cannot write the token file: No space left on device")
        }
        assert vendor.sent == []
        tokens.full = False
        await asyncio.sleep(61)
        assert await client.send(get()) == {}

    virtual(main)
    assert vendor.refreshes == 1
    assert vendor.sent == ["access-2"]


def test_a_token_refused_right_after_its_renewal_gives_way_to_the_one_that_another_process_got_meanwhile() -> None:
    vendor, tokens = Vendor(), over()

    async def main() -> None:
        client, _ = shop(vendor, tokens)
        assert await client.send(get()) == {}
        vendor.accepts = "access-8"  # the vendor lets one live, and the other process's renewal was the last
        assert [type(error) for error in await all_of(client, 2)] == [AuthError] * 2
        await tokens.save(token(8))
        assert await all_of(client, 20) == [{}] * 20

    virtual(main)
    assert vendor.refreshes == 1


def test_a_token_that_could_not_be_kept_never_takes_the_place_of_a_newer_one() -> None:
    vendor, tokens = Vendor(accepts=None), Full(token(1, START))

    async def main() -> None:
        client, _ = shop(vendor, tokens)
        with pytest.raises(ConfigError):
            await client.send(get())
        tokens.full = False
        await tokens.save(token(8, START + timedelta(minutes=10)))  # another process
        await asyncio.sleep(61)
        await client.send(get())
        await asyncio.sleep(600)
        vendor.number = 9
        await client.send(get())

    virtual(main)
    assert vendor.sent == ["access-8", "access-9"]


async def test_processes_that_share_a_file_renew_one_after_the_other(tmp_path: Path) -> None:
    """The vendor lets each refresh token be used once, and one access token live."""
    issued, refused = [1], 0

    async def refresh(old: Token) -> Token:
        nonlocal refused
        await asyncio.sleep(0.01)
        if old.refresh != Secret(f"refresh-{issued[-1]}"):
            refused += 1
            raise AuthError("spent")
        issued.append(issued[-1] + 1)
        await asyncio.sleep(0.01)
        return token(issued[-1])

    def process() -> SharedToken:
        clock, redactor = VirtualClock(START), Redactor()
        files = FileTokens(tmp_path / "t.json")
        return SharedToken("X-Token", files, refresh, audience="shop app 7", redactor=redactor, clock=clock, hint=HINT)

    await FileTokens(tmp_path / "t.json").save(token(1, START - timedelta(hours=1)))
    processes = [process() for _ in range(4)]
    await asyncio.gather(*(each.ready() for each in processes))
    assert (issued, refused) == ([1, 2], 0)
    assert {repr(each._token and each._token.access.reveal()) for each in processes} == {"'access-2'"}


# -- cancelled and closed -------------------------------------------------------------------------------------------


def test_the_cancellation_of_the_caller_that_began_the_renewal_reaches_nobody_else() -> None:
    vendor = Vendor()

    async def main() -> None:
        client, _ = shop(vendor, over())
        tasks = [asyncio.ensure_future(client.send(get())) for _ in range(10)]
        await asyncio.sleep(0.5)
        tasks[0].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(done[0], asyncio.CancelledError)
        assert done[1:] == [{}] * 9

    virtual(main)
    assert vendor.refreshes == 1


def test_a_callers_deadline_ends_its_waiting_and_not_the_renewal() -> None:
    vendor = Vendor()
    vendor.refresh_seconds = 30.0

    async def main() -> None:
        client, _ = shop(vendor, over())
        hasty = client.with_options(deadline=5.0)
        with pytest.raises(DeadlineError):
            await hasty.send(post())
        assert await client.send(get()) == {}
        assert asyncio.get_running_loop().time() == pytest.approx(31.0)

    virtual(main)
    assert vendor.refreshes == 1


def test_a_renewal_whose_callers_are_all_gone_fails_without_a_complaint_of_the_loop() -> None:
    vendor = Vendor()
    vendor.fails = 401
    complaints: list[Any] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
        client, _ = shop(vendor, over())
        caller = asyncio.ensure_future(client.send(get()))
        await asyncio.sleep(0.5)
        caller.cancel()
        await asyncio.sleep(10)
        await client.close()

    virtual(main)
    assert complaints == []


def test_closing_the_store_ends_a_renewal_under_way_and_tells_those_who_wait() -> None:
    vendor = Vendor()

    async def main() -> None:
        client, _ = shop(vendor, over())
        waiting = asyncio.ensure_future(all_of(client, 10))
        await asyncio.sleep(0.5)
        await client.close()
        assert not {task for task in stray() if task.get_name() == "commerce-async token renewal"}
        errors = await waiting
        assert {type(error) for error in errors} == {UsageError}
        assert "closed" in errors[0].message

    virtual(main)
    assert vendor.sent == []


def test_a_token_that_has_come_is_saved_even_while_the_store_closes() -> None:
    class Slow(MemoryTokens):
        async def save(self, token: Token) -> None:
            await asyncio.sleep(5.0)
            await super().save(token)

    vendor, tokens = Vendor(), Slow(token(1, START))

    async def main() -> None:
        client, _ = shop(vendor, tokens)
        waiting = asyncio.ensure_future(all_of(client, 3))
        await asyncio.sleep(2.0)
        await client.close()
        found = await tokens.load()
        assert found is not None
        assert found.access == Secret("access-2")
        await waiting

    virtual(main)


def test_a_renewal_goes_before_all_calls_that_wait_for_a_permit() -> None:
    vendor = Vendor()

    async def main() -> None:
        client, _ = shop(vendor, unknown(), rate=0.1)
        calls = asyncio.ensure_future(all_of(client, 20))
        await asyncio.sleep(25)  # the first is refused, and the next turn is the renewal's
        assert vendor.refreshes == 1
        assert await calls == [{}] * 20

    virtual(main)
    assert vendor.sent.count("access-1") == 1


def test_a_call_does_not_repeat_what_the_renewal_has_tried_already() -> None:
    vendor = Vendor()
    vendor.fails = 503
    events: list[Event] = []

    async def main() -> None:
        options = Options(retry=Retry(tries=3, base=100.0, cap=100.0), hooks=(events.append,))
        client, _ = shop(vendor, over(), options=options)
        errors = await all_of(client, 10)
        assert {type(error) for error in errors} == {ServerError}

    virtual(main)
    assert vendor.refreshes == 3
    assert {event.operation for event in events if event.kind == "retry"} == {"token.refresh"}


def test_derived_clients_share_the_token_and_its_renewal() -> None:
    vendor = Vendor()

    async def main() -> None:
        client, _ = shop(vendor, over())
        other = client.with_options(timeout=9.0)
        await asyncio.gather(client.send(get()), other.send(get()))
        assert client.stats.calls == 3

    virtual(main)
    assert vendor.refreshes == 1


def test_a_token_of_the_past_is_kept_out_of_errors_too() -> None:
    vendor = Vendor()

    async def main() -> None:
        client, shared = shop(vendor, over())
        await client.send(get())
        assert shared.redact("access-1 refresh-1 access-2 refresh-2 access-3") == "*** *** *** *** access-3"

    virtual(main)


def test_a_secret_that_begins_with_another_is_kept_out_whole() -> None:
    redactor = Redactor(Secret("secret-1"))
    redactor.hide(Secret("secret-12"), None)
    assert redactor.redact("secret-12, secret-1") == "***, ***"
    for number in range(100):
        redactor.hide(Secret(f"token-{number}"))
    assert redactor.redact("secret-1 token-99 token-0") == "*** *** token-0"


def test_no_repr_shows_a_token() -> None:
    shared = shop(Vendor(), unknown())[1]
    assert isinstance(shared, Leasing)
    assert repr(shared) == "SharedToken('X-Token', '***')"
    assert "access-1" not in repr(vars(shared)) + repr(token(1))
