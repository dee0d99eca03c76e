"""Credentials go on the wire and nowhere else: not into a repr, a log line, an event, an error or a traceback."""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from aiohttp import web

from commerce_async.clock import LoopClock
from commerce_async.errors import AuthError, CommerceError, ConfigError
from commerce_async.http.auth import Basic, HeaderToken, Redacting, Redactor
from commerce_async.http.call import Reply
from commerce_async.http.client import Client, Options
from commerce_async.http.renewal import SharedToken
from commerce_async.http.trace import Event
from commerce_async.secrets import Secret
from commerce_async.tokens import FileTokens, MemoryTokens, Token
from tests.http.kit import AT_ONCE, VIRTUALLY, Call, get, opened, post, raw_serving, read_request, serving

pytestmark = pytest.mark.anyio

PASSWORD = 'hünter2-"sësame" & co'
TOKEN = "tok_5up3r-s3cr3t.value="
REFRESH = "rfr_5up3r-s3cr3t"
ENCODED = b64encode(f"anna:{PASSWORD}".encode()).decode()
FORBIDDEN = (PASSWORD, TOKEN, ENCODED, "hünter2", "5up3r")

STRATEGIES: dict[str, Callable[[], Any]] = {
    "basic": lambda: Basic("anna", PASSWORD),
    "header": lambda: HeaderToken("X-Secret-Token", TOKEN),
    "shared": lambda: shared_token(),
}


def shared_token() -> SharedToken:
    async def refresh(_old: Token) -> Token:
        raise AuthError(f"the refresh token {REFRESH} is not good")

    return SharedToken(
        "X-Secret-Token",
        MemoryTokens(Token(access=Secret(TOKEN), refresh=Secret(REFRESH))),
        refresh,
        audience="",
        redactor=Redactor(),
        clock=LoopClock(),
        hint="log in",
    )


def credentials(request: web.Request) -> str:
    basic = request.headers.get("Authorization", "")
    return basic + (PASSWORD if basic else "") + request.headers.get("X-Secret-Token", "")


def told(error: BaseException) -> str:
    """Everything that an error shows, its causes and its context included."""
    parts = ["".join(traceback.format_exception(error))]
    seen: BaseException | None = error
    while seen is not None:
        parts += [str(seen), repr(seen), repr(getattr(seen, "__dict__", {}))]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return "\n".join(parts)


def clean(text: str) -> None:
    for secret in FORBIDDEN:
        assert secret not in text


# -- on the wire -------------------------------------------------------------------------------------------------


async def ok(_request: web.Request) -> web.Response:
    return web.json_response({})


async def test_basic_sends_user_and_password_in_utf_8() -> None:
    async with serving(ok) as server, opened(server.url, auth=[Basic("anna", PASSWORD)]) as client:
        await client.send(get())
    assert server.requests[0].headers["Authorization"] == f"Basic {ENCODED}"


async def test_a_header_token_is_sent_in_its_header() -> None:
    async with serving(ok) as server, opened(server.url, auth=[HeaderToken("X-Secret-Token", Secret(TOKEN))]) as client:
        await client.send(get())
    assert server.requests[0].headers["X-Secret-Token"] == TOKEN
    assert "Authorization" not in server.requests[0].headers


async def test_both_may_be_sent_together() -> None:
    strategies = [make() for make in STRATEGIES.values()]
    async with serving(ok) as server, opened(server.url, auth=strategies) as client:
        await client.send(get())
    assert credentials(server.requests[0]) == f"Basic {ENCODED}{PASSWORD}{TOKEN}"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Basic("", "password"),
        lambda: Basic("anna", ""),
        lambda: Basic("an:na", PASSWORD),
        lambda: Basic("anna", PASSWORD + "\udce9"),
        lambda: HeaderToken("X-Token", ""),
        lambda: HeaderToken("X-Token", TOKEN + "\r\nX-Injected: 1"),
        lambda: HeaderToken("X-Token", f" {TOKEN}"),
        lambda: HeaderToken("X-Token", TOKEN + "é"),
        lambda: HeaderToken("X-Token", TOKEN + "\udce9"),
    ],
)
async def test_credentials_that_cannot_be_sent_are_a_config_error_that_does_not_show_them(make: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        make()
    clean(told(caught.value))


# -- and nowhere else --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STRATEGIES)
async def test_no_repr_shows_a_secret_and_no_pickle_carries_it(name: str) -> None:
    strategy = STRATEGIES[name]()
    assert "***" in repr(strategy)
    for text in (repr(strategy), str(strategy), f"{strategy}", repr(vars(strategy))):
        clean(text)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(strategy)
    async with opened("https://shop.example", auth=[strategy]) as client:
        clean(repr(vars(client)))


async def plain(status: int, **headers: str) -> web.Response:
    return web.Response(status=status, headers=headers)


async def hang(_request: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


async def abort(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


# How a server ends in each of our errors. Where it has words, it echoes what it was sent.
FAILURES: dict[str, Callable[[web.Request], Any]] = {
    "RejectedError": lambda r: web.Response(status=400, text=f"bad credentials {credentials(r)}"),
    "AuthError": lambda r: web.Response(status=401, text=f"who is {credentials(r)}?"),
    "MissingError": lambda r: web.Response(status=404, text=f"nothing for {credentials(r)}"),
    "ServerError": lambda r: web.Response(status=500, text=f"crashed on\n{credentials(r)}\n"),
    "ThrottledError": lambda r: web.Response(
        status=429, text=f"slower, {credentials(r)}", headers={"Retry-After": "0"}
    ),
    "ThrottledOrMissingError": lambda r: web.Response(status=404),
    "DecodeError": lambda r: web.json_response({"not": credentials(r)}),
    "NetworkError": abort,
    "DeadlineError": hang,
    "redirect": lambda r: web.Response(status=302, headers={"Location": f"https://evil.example/?t={credentials(r)}"}),
    "not json": lambda r: web.Response(text=f"<html>{credentials(r)}</html>"),
}


@VIRTUALLY
@pytest.mark.parametrize("kind", [get, post])
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", STRATEGIES)
async def test_no_error_log_event_or_traceback_shows_a_secret_even_one_that_the_vendor_echoes(
    name: str, failure: str, kind: Callable[..., Call[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(request: web.Request) -> web.StreamResponse:
        response = FAILURES[failure](request)
        return await response if asyncio.iscoroutine(response) else response

    def decode(reply: Any) -> Any:
        value = msgspec.json.decode(reply.body)
        raise ValueError(f"expected a list, got {value}")

    events: list[Event] = []
    options = Options(retry=AT_ONCE, timeout=5.0, hooks=(events.append,))
    call = kind()
    if failure == "DecodeError":
        call = Call(call.operation, call.method, call.path, decode, body=call.body)
    with caplog.at_level(logging.DEBUG):
        async with serving(fail) as server, opened(server.url, auth=[STRATEGIES[name]()], options=options) as client:
            with pytest.raises(CommerceError) as caught:
                await client.send(call)
            assert credentials(server.requests[0])
    if kind is get and failure[0].isupper():
        assert type(caught.value).__name__ == failure
    clean(told(caught.value))
    clean(told(pickle.loads(pickle.dumps(caught.value))))
    clean(repr(events))
    clean("\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records))


async def test_an_error_while_connecting_shows_no_secret() -> None:
    async with opened("http://127.0.0.1:9", auth=[Basic("anna", PASSWORD)], options=Options(retry=AT_ONCE)) as client:
        with pytest.raises(CommerceError) as caught:
            await client.send(get(query=(("key", PASSWORD),)))
    clean(told(caught.value))


async def test_an_answer_that_is_no_http_shows_no_secret() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _number: int) -> None:
        head = await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nBad Header " + head.replace(b"\r\n", b" ") + b"\r\n\r\n")
        await writer.drain()

    async with (
        raw_serving(echo) as url,
        opened(url, auth=[HeaderToken("X-Secret-Token", TOKEN)], options=Options(retry=AT_ONCE)) as client,
    ):
        with pytest.raises(CommerceError) as caught:
            await client.send(get())
    text = "".join(traceback.format_exception(caught.value)) + str(caught.value) + repr(caught.value)
    clean(text)


async def test_the_vendors_words_stay_readable_where_a_secret_is_taken_out() -> None:
    async def fail(request: web.Request) -> web.Response:
        return web.Response(status=400, text=f"the token {credentials(request)} is not known")

    async with serving(fail) as server, opened(server.url, auth=[HeaderToken("X-Secret-Token", TOKEN)]) as client:
        with pytest.raises(CommerceError) as caught:
            await client.send(get())
    assert caught.value.message == "the token *** is not known"
    assert caught.value.fields == {"field": "the token *** is not known"}
    assert caught.value.args == ("the token *** is not known",)


@pytest.mark.parametrize("kind", [get, post])
@pytest.mark.parametrize("end", ["", "..."])
async def test_what_is_left_of_a_secret_where_the_vendors_words_are_cut_off_is_taken_out(
    kind: Callable[[], Call[Any]], end: str
) -> None:
    async def fail(request: web.Request) -> web.Response:
        return web.Response(status=500, text=f"crashed on {credentials(request)[:-4]}{end}")

    options = Options(retry=AT_ONCE)
    async with (
        serving(fail) as server,
        opened(server.url, auth=[HeaderToken("X-Secret-Token", TOKEN)], options=options) as client,
    ):
        with pytest.raises(CommerceError, match=r"crashed on \*\*\*") as caught:
            await client.send(kind())
    clean(told(caught.value))


def test_a_secret_is_taken_out_however_it_is_quoted() -> None:
    word = 'pass"word/1 & \\'
    assert Basic("anna", word).redact(f"no: {quote(word, safe='')}") == "no: ***"
    assert Basic("anna", word).redact(f"no: {dumps(word)}") == 'no: "***"'


def test_no_repr_of_a_request_or_a_reply_shows_its_body() -> None:
    call = Call("oauth.refresh", "POST", "/oauth/refresh", lambda _reply: None, body=f'{{"t":"{REFRESH}"}}'.encode())
    clean(repr(call) + repr(Reply(200, {}, f'{{"t":"{REFRESH}"}}'.encode(), datetime.now(UTC))))


@pytest.mark.parametrize("text", [f'{{"access_token":"{TOKEN}","refresh_', f'{{"access_token":"{TOKEN}","expires":7}}'])
async def test_a_broken_token_file_shows_nothing_even_where_tracebacks_show_what_functions_hold(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "t.json").touch(0o600)
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(ConfigError, match="holds no token") as caught:
        await FileTokens(tmp_path / "t.json").load()
    assert caught.tb.tb_next is not None
    shown = traceback.TracebackException(ConfigError, caught.value, caught.tb.tb_next, capture_locals=True)
    clean("".join(shown.format()))


async def test_a_secret_so_short_that_it_is_a_word_does_not_mangle_messages() -> None:
    assert HeaderToken("X-Token", "demo").redact("a demo of demons") == "a demo of demons"


async def test_a_strategy_of_ones_own_may_redact_too() -> None:
    class Own:
        async def __call__(self, request: Any, handler: Any) -> Any:
            return await handler(request)

        def redact(self, text: str) -> str:
            return text.replace("bad", "***")

    async def fail(_request: web.Request) -> web.Response:
        return web.Response(status=400, text="bad request")

    assert isinstance(Own(), Redacting)
    async with serving(fail) as server, opened(server.url, auth=[Own()]) as client:
        with pytest.raises(CommerceError, match=r"\*\*\* request"):
            await client.send(get())


async def test_a_good_call_logs_no_secret_and_no_body(caplog: pytest.LogCaptureFixture) -> None:
    async def private(_request: web.Request) -> web.Response:
        return web.json_response({"customer": "private@example.com"})

    async def use(client: Client) -> None:
        await client.send(get(query=(("email", "asked@example.com"),)))
        await client.send(post())

    with caplog.at_level(logging.DEBUG):
        async with serving(private) as server, opened(server.url, auth=[Basic("anna", PASSWORD)]) as client:
            await use(client)
    ours = [r for r in caplog.records if r.name.startswith("commerce_async")]
    text = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in ours)
    assert ours
    clean(text)
    assert "private@example.com" not in text
    assert "asked@example.com" not in text
