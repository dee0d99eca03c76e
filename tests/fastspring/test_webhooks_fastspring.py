"""Webhooks: who sent them, what is in them, and what is answered; through aiohttp.web and ASGI."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import importlib.util
import io
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from commerce_async.errors import ConfigError, DecodeError
from commerce_async.http.call import Call
from commerce_async.schema import Unreadable
from commerce_async.secrets import Secret
from commerce_async.testing.clock import VirtualTimeLoop
from fastspring_async import FastSpring, webhooks
from fastspring_async.events import Event, OtherData
from fastspring_async.webhooks import HEADER, Answer, acknowledge, aiohttp_handler, asgi_app, parse, sign, verify
from tests.fastspring.events_kit import NOW_MS, Vendor
from tests.fastspring.events_samples import body, damaged, events, mutated
from tests.fastspring.fakes import json

pytestmark = pytest.mark.anyio

EXAMPLES = Path(__file__).parents[2] / "examples"
SECRET = "a secret"


def signed(data: bytes, secret: str = SECRET) -> str:
    """As the vendor's page says, not as the code under test does."""
    return base64.b64encode(hmac.new(secret.encode(), data, hashlib.sha256).digest()).decode()


# -- signatures ----------------------------------------------------------------------------------------------


def test_a_known_signature_is_accepted() -> None:
    # HMAC-SHA256, RFC 4231, test case 2.
    digest = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    assert verify(b"what do ya want for nothing?", base64.b64encode(digest).decode(), "Jefe")


@given(st.binary(max_size=200), st.text(min_size=1, max_size=20))
def test_what_was_signed_is_accepted_and_anything_else_is_not(data: bytes, secret: str) -> None:
    try:
        secret.encode()
    except UnicodeEncodeError:
        return
    signature = sign(data, secret)
    assert signature == signed(data, secret)
    assert verify(data, signature, secret)
    assert verify(data, signature.encode(), secret.encode())
    assert verify(b"x", sign(b"x", b"\xff\x00"), [b"\xff\x00"])
    assert verify(data, f" {signature}\r\n", Secret(secret))
    assert not verify(data + b" ", signature, secret)
    assert not verify(data, signature, secret + "x")
    assert not verify(data, signature[:-2], secret)


@pytest.mark.parametrize("signature", [None, "", b"", "x", "ünïcode", "\ud800", b"\xff\xfe", "=" * 44, "A" * 10_000])
def test_what_is_no_signature_is_refused(signature: Any) -> None:
    assert not verify(b"{}", signature, SECRET)


def test_while_a_secret_is_replaced_both_are_accepted() -> None:
    for secret in ("old", "new"):
        assert verify(b"{}", signed(b"{}", secret), ["new", Secret("old")])
    assert not verify(b"{}", signed(b"{}", "other"), ["new", "old"])


@pytest.mark.parametrize("secret", ["", b"", [], [""], ["good", ""]])
def test_an_empty_secret_is_refused_for_anybody_could_sign_with_it(secret: Any) -> None:
    with pytest.raises(ConfigError):
        verify(b"{}", signed(b"{}", ""), secret)

    async def nothing(_event: Event) -> None: ...

    with pytest.raises(ConfigError):
        aiohttp_handler(nothing, secret=secret)
    with pytest.raises(ConfigError):
        asgi_app(nothing, secret=secret)


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return a == b

    monkeypatch.setattr("fastspring_async.webhooks.signing.hmac.compare_digest", compare)
    assert verify(b"{}", signed(b"{}", "one"), ["one", "two", "three"])
    assert len(compared) == 3  # and does not tell which secret matched


# -- parsing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("expanded", [True, False])
def test_a_webhook_holds_the_same_events_as_the_list(expanded: bool) -> None:
    found = parse(body(expanded=expanded))
    assert [event.id for event in found] == [row["id"] for row in events(expanded=expanded)]
    assert all(isinstance(event, Event) for event in found)
    assert [event.raw for event in found] == [json(row) for row in events(expanded=expanded)]


def test_one_bad_event_does_not_take_the_others() -> None:
    rows = events(expanded=True)[:3]
    rows[1]["data"] = 5
    good, bad, other = parse(json({"events": rows}))
    assert isinstance(good, Event)
    assert isinstance(other, Event)
    assert isinstance(bad, Unreadable)
    assert (bad.id, bad.raw) == ("ev1", json(rows[1]))


def test_types_that_nobody_knows_survive() -> None:
    (event,) = parse(b'{"events":[{"id":"a","type":"moon.full","data":{"phase":1.50}}]}')
    assert isinstance(event, Event)
    assert isinstance(event.data, OtherData)
    assert str(event.data.members["phase"]) == "1.50"
    assert event.created is None


@pytest.mark.parametrize(
    "data", [b"", b"x", b"{}", b"5", b'"a"', b"null", b'{"events":5}', b"\xff", b"[" * 5000, b"<a>"]
)
def test_a_body_that_is_no_webhook_is_a_decode_error(data: bytes) -> None:
    with pytest.raises(DecodeError):
        parse(data)


def test_five_thousand_mutated_bodies_give_only_events_unreadables_and_typed_errors() -> None:
    chance = random.Random(11)
    refused = 0
    for number in range(5000):
        rows = mutated(events(expanded=bool(number % 2)), chance)
        data = json({"events": rows})
        if number % 4:
            found = parse(data)
            assert [each.raw for each in found] == [json(row) for row in rows]  # nothing dropped, nothing moved
        else:
            try:
                found = parse(damaged(data, chance))
            except DecodeError:
                refused += 1
                continue
        assert all(isinstance(each, Event | Unreadable) for each in found)
        assert acknowledge(found, found).status == 200
    assert refused > 100


# -- acknowledging -------------------------------------------------------------------------------------------


def test_all_some_or_none_are_acknowledged() -> None:
    found = parse(body(expanded=False))
    assert acknowledge(found, found) == Answer(200)
    assert acknowledge(found, [event.id or "" for event in found]) == Answer(200)
    assert acknowledge(found, found[1:3]) == Answer(202, b"ev1\nev2")
    assert acknowledge(found, ["ev5", "ev0", "stranger"]) == Answer(202, b"ev0\nev5")
    assert acknowledge(found, []) == Answer(500)
    assert acknowledge([], []) == Answer(200)


def test_an_id_cannot_acknowledge_another_event() -> None:
    found = parse(json({"events": [{"id": id, "type": "x"} for id in ("a\nb", "b", "c")]}))
    assert acknowledge(found, [found[0], found[2]]) == Answer(202, b"c")
    assert acknowledge(found, [found[0]]) == Answer(500)


def test_an_event_without_an_id_is_only_acknowledged_with_all_the_others() -> None:
    found = parse(json({"events": [{"type": "x"}, {"id": "b", "type": "x"}]}))
    assert acknowledge(found, found[1:]) == Answer(202, b"b")
    assert acknowledge(found, found[:1]) == Answer(500)
    assert acknowledge(found, found) == Answer(200)


# -- both servers, by the same promises ------------------------------------------------------------------------


class Desk:
    """A handler that notes what it got, and fails on some."""

    def __init__(self, *bad: str) -> None:
        self.bad = bad
        self.got: list[str] = []

    async def __call__(self, event: Event) -> None:
        if event.id in self.bad:
            raise RuntimeError("no")
        self.got.append(event.id)


Post = Any


@asynccontextmanager
async def over_aiohttp(app: web.Application) -> AsyncIterator[Post]:
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/fastspring"
    try:
        async with aiohttp.ClientSession() as session:

            async def post(data: Any, signature: str | None, method: str = "POST") -> Answer:
                data = io.BytesIO(data) if isinstance(data, bytes) else data
                headers = {} if signature is None else {HEADER.lower(): signature}
                async with session.request(method, url, data=data, headers=headers) as response:
                    return Answer(response.status, await response.read())

            yield post
    finally:
        await runner.cleanup()


def over_asgi(app: Any) -> Post:
    async def post(data: bytes, signature: str | None, method: str = "POST") -> Answer:
        scope: dict[str, Any] = {"type": "http", "method": method, "path": "/", "headers": []}
        if signature is not None:
            scope["headers"].append((HEADER.lower().encode(), signature.encode()))
        parts = [data[at : at + 1000] for at in range(0, max(len(data), 1), 1000)]
        coming = [{"type": "http.request", "body": part, "more_body": part is not parts[-1]} for part in parts]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return coming.pop(0)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await app(scope, receive, send)
        start, content = sent
        assert dict(start["headers"])[b"content-length"] == str(len(content["body"])).encode()
        return Answer(start["status"], content["body"])

    return post


@asynccontextmanager
async def served(kind: str, handler: Any, **settings: Any) -> AsyncIterator[Post]:
    if kind == "asgi":
        yield over_asgi(asgi_app(handler, **settings))
        return
    app = web.Application()
    app.router.add_route("*", "/fastspring", aiohttp_handler(handler, **settings))
    async with over_aiohttp(app) as post:
        yield post


both = pytest.mark.parametrize("kind", ["aiohttp", "asgi"])


@both
async def test_a_signed_webhook_is_handled_and_answered_with_200(kind: str) -> None:
    desk, data = Desk(), body(expanded=True)
    async with served(kind, desk, secret=SECRET) as post:
        assert await post(data, signed(data)) == Answer(200)
    assert desk.got == [f"ev{n}" for n in range(11)]


async def test_an_event_that_is_twice_in_one_webhook_is_handled_once() -> None:
    event = {"id": "e", "type": "order.completed", "created": 1, "live": True, "data": {"order": "o"}}
    data = json({"events": [event, {**event, "id": "f"}, event]})
    for bad, answer in (((), Answer(200)), (("f",), Answer(202, b"e")), (("e", "f"), Answer(500))):
        desk = Desk(*bad)
        assert await over_asgi(asgi_app(desk, secret=SECRET))(data, signed(data)) == answer
        assert desk.got == [id for id in ("e", "f") if id not in bad]


@both
async def test_a_handler_that_fails_leaves_its_event_out_of_the_answer(kind: str) -> None:
    desk, data = Desk("ev1", "ev10"), body(expanded=False)
    async with served(kind, desk, secret=SECRET) as post:
        answer = await post(data, signed(data))
    assert (answer.status, answer.body.decode().split("\n")) == (202, desk.got)
    assert len(desk.got) == 9


@both
async def test_a_wrong_signature_is_401_and_nothing_is_handled(kind: str) -> None:
    desk, data = Desk(), body(expanded=True)
    async with served(kind, desk, secret=SECRET) as post:
        for signature in (None, "", "x", signed(data, "other"), signed(data + b" ")):
            assert (await post(data, signature)).status == 401
    assert desk.got == []


@both
async def test_a_body_over_the_limit_is_413_and_one_at_the_limit_is_not(kind: str) -> None:
    desk, data = Desk(), body(expanded=True)
    async with served(kind, desk, secret=SECRET, max_body=len(data)) as post:
        assert (await post(data, signed(data))).status == 200
        assert (await post(data + b" ", signed(data + b" "))).status == 413
    assert len(desk.got) == 11


async def test_a_body_of_unknown_length_is_limited_as_well() -> None:
    desk = Desk()

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1000

    async with served("aiohttp", desk, secret=SECRET, max_body=10_000) as post:
        assert (await post(chunks(), signed(b" "))).status == 413


async def test_webhooks_larger_than_aiohttps_own_limit_are_accepted() -> None:
    desk = Desk()
    data = json({"events": [{"id": "big", "type": "x", "data": {"text": "x" * 2_000_000}}]})
    async with served("aiohttp", desk, secret=SECRET) as post:
        assert (await post(data, signed(data))).status == 200
    assert desk.got == ["big"]


@both
async def test_other_methods_and_signed_nonsense_are_refused(kind: str) -> None:
    async with served(kind, Desk(), secret=SECRET) as post:
        assert (await post(b"", signed(b""), "GET")).status == 405
        assert (await post(b"nonsense", signed(b"nonsense"))).status == 400


@both
async def test_an_unreadable_event_is_acknowledged_only_if_somebody_took_it(kind: str) -> None:
    rows = events(expanded=False)[:2]
    rows[0]["data"] = 5
    data, taken = json({"events": rows}), list[Unreadable]()

    async def take(bad: Unreadable) -> None:
        taken.append(bad)

    async with served(kind, Desk(), secret=SECRET) as post:
        assert await post(data, signed(data)) == Answer(202, b"ev1")
    async with served(kind, Desk(), secret=SECRET, on_unreadable=take) as post:
        assert await post(data, signed(data)) == Answer(200)
    assert [bad.raw for bad in taken] == [json(rows[0])]


@both
async def test_a_mark_in_front_and_a_text_cut_within_an_emoji_lose_no_event(kind: str) -> None:
    desk = Desk()
    data = (
        rb'{"events":[{"id":"e","type":"order.completed","created":1,"data":{"order":"o","reference":"cut \ud83d"}}]}'
    )
    async with served(kind, desk, secret=SECRET) as post:
        for sent in (data, b"\xef\xbb\xbf" + data):
            assert await post(sent, signed(sent)) == Answer(200)
    assert desk.got == ["e", "e"]


async def test_one_who_hangs_up_or_lies_about_its_body_leaves_no_traceback_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = web.Application()
    app.router.add_post("/", aiohttp_handler(Desk(), secret=SECRET))
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    head = b"POST / HTTP/1.1\r\nHost: x\r\nX-FS-Signature: x\r\nContent-Length: 9\r\n"
    try:
        for sent, answer in ((b"\r\nhalf", b""), (b"Content-Encoding: gzip\r\n\r\nnot gzip.", b"HTTP/1.1 400")):
            reader, writer = await asyncio.open_connection(*runner.addresses[0])
            writer.write(head + sent)
            await writer.drain()
            if answer:
                assert (await reader.read(12)) == answer
            writer.close()
            await writer.wait_closed()
            await asyncio.sleep(0.01)
    finally:
        await runner.cleanup()
    assert [record for record in caplog.records if "Error handling request" in record.getMessage()] == []


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"loop_factory": VirtualTimeLoop})], ids=[""])
async def test_a_body_that_comes_a_byte_a_minute_is_408() -> None:
    sent = list[Any]()

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(50)
        return {"type": "http.request", "body": b"{", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": [(b"X-FS-Signature", b"x")]}
    await asgi_app(Desk(), secret=SECRET)(scope, receive, send)  # type: ignore[arg-type]  # messages are plain dicts here
    assert sent[0]["status"] == 408


async def test_an_asgi_body_that_breaks_off_is_not_handled() -> None:
    desk, sent = Desk(), list[Any]()
    coming = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": [(b"X-FS-Signature", b"x")]}
    await asgi_app(desk, secret=SECRET)(scope, receive, send)  # type: ignore[arg-type]  # messages are plain dicts here
    assert (desk.got, sent) == ([], [])


async def test_the_asgi_application_starts_and_stops_with_its_server() -> None:
    coming, sent = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}], list[Any]()

    async def receive() -> dict[str, Any]:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    app = asgi_app(Desk(), secret=SECRET)
    await app({"type": "lifespan"}, receive, send)  # type: ignore[arg-type]  # messages are plain dicts here
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    with pytest.raises(ValueError, match="websocket"):
        await app({"type": "websocket"}, receive, send)  # type: ignore[arg-type]  # messages are plain dicts here


def test_no_secret_shows_in_what_is_kept() -> None:
    receiver = webhooks.Receiver(Desk(), secret=Secret("very secret"))
    assert "very secret" not in repr(vars(receiver))
    receiver = webhooks.Receiver(Desk(), secret=["very secret", b"very secret"])
    assert "very secret" not in repr(vars(receiver))


# -- the examples --------------------------------------------------------------------------------------------


def example(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_the_aiohttp_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    data = body(expanded=True)
    async with over_aiohttp(example("fastspring_webhook_aiohttp").make_app(SECRET)) as post:
        assert await post(data, signed(data)) == Answer(200)
        assert (await post(data, "wrong")).status == 401
        bad = json({"events": [{"id": "a"}]})
        assert await post(bad, signed(bad)) == Answer(200)
    out = capsys.readouterr().out
    assert "ev0 order.completed order:ord1" in out
    assert "unreadable: a type: missing" in out


async def test_the_asgi_example_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTSPRING_WEBHOOK_SECRET", SECRET)
    data = body(expanded=False)
    post = over_asgi(example("fastspring_webhook_asgi").make_app())
    assert await post(data, signed(data)) == Answer(200)
    assert (await post(data, None)).status == 401
    assert "ev2 subscription.activated subscription:sub1" in capsys.readouterr().out


async def test_the_consumer_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    vendor, stop = Vendor(), asyncio.Event()
    for number, row in enumerate(events(expanded=True)):
        vendor.add(NOW_MS + number, row["id"], type=row["type"], data=row["data"])

    async def handle(request: web.Request) -> web.Response:
        call: Call[None] = Call(
            "x", request.method, request.path, lambda _: None, tuple(request.query.items()), await request.read()
        )
        answer = vendor.answer(call)
        if not vendor.lists["unprocessed"]:
            stop.set()
        return web.Response(status=answer.status, body=answer.body, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with FastSpring(username="u", password="p", base_url=url, rate=1000) as store:
            figures = await example("fastspring_events_consumer").run(store, stop, poll=0.01)
    finally:
        await runner.cleanup()
    assert figures.acknowledged == figures.handled == len(vendor.marked) == 11
    assert "order.completed ord1: 59.99 USD" in capsys.readouterr().out
