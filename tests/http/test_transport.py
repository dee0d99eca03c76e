"""aiohttp, and the rules for using it: which hosts, which connections, how much of a body."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import trustme
from aiohttp import ClientConnectorDNSError, ClientSession, TCPConnector, web

from commerce_async.errors import (
    ConfigError,
    DecodeError,
    NetworkError,
    RejectedError,
    ServerError,
    UnknownOutcomeError,
    UsageError,
)
from commerce_async.http.auth import Basic, HeaderToken
from commerce_async.http.client import Client, Options
from commerce_async.http.transport import _context, _words, checked_base_url
from commerce_async.limits.window import WindowPolicy
from tests.http.kit import AT_ONCE, Counting, answer, get, make, opened, post, raw_serving, read_request, serving

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def certificates_are_read_anew() -> Iterator[None]:
    _context.cache_clear()
    yield
    _context.cache_clear()


def connector_of(client: Client) -> TCPConnector:
    connector = client._transport.usable().connector
    assert isinstance(connector, TCPConnector)
    return connector


# -- where to ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/", "https://shop.example"),
        ("https://shop.example:8443/api/v1/", "https://shop.example:8443/api/v1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://localhost:1", "http://localhost:1"),
    ],
)
async def test_https_anywhere_and_plain_http_to_loopback_are_taken(url: str, checked: str) -> None:
    assert checked_base_url(url) == checked


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example", "http://10.0.0.1", "http://0.0.0.0", "http://127.0.0.1.evil.example", "http://localhost.evil.example",
        "http://2130706433", "http://[::2]", "HTTP://shop.example",
    ],
)  # fmt: skip
async def test_plain_http_is_refused_except_to_loopback(url: str) -> None:
    with pytest.raises(ConfigError, match="base_url: plain http"):
        make(url)


@pytest.mark.parametrize(
    "url", ["https://user:hunter22@shop.example", "https://user@shop.example", "https://@shop.example"]
)
async def test_credentials_in_the_base_url_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="must not contain credentials") as caught:
        make(url)
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://shop.example?a=1", "https://shop.example/?", "https://shop.example#top", "https://shop.example/#"]
)
async def test_a_query_or_fragment_in_the_base_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="query or a fragment"):
        make(url)


@pytest.mark.parametrize(
    "url",
    [
        "", "shop.example", "//shop.example", "https://", "https:///x", "ftp://shop.example", "file:///etc/passwd",
        "https://[::1", "https://shop.example:99999", "https://shop.example:abc", "https://shop.example:0",
        "https://shop.example\n.evil.example", "https://shop .example", "https://shop.example/\x00", "ftp://u:hunter22@h\n",
    ],
)  # fmt: skip
async def test_what_is_no_web_address_is_a_config_error_that_names_the_key(url: str) -> None:
    with pytest.raises(ConfigError, match="base_url") as caught:
        make(url)
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize("path", ["@evil.example/", "x", "", "/a b", "/a\r\nX-Injected: 1", "/ä", ".evil.example/"])
async def test_a_path_that_would_change_the_host_or_the_request_is_refused(path: str) -> None:
    async with opened("https://shop.example", auth=[Basic("user", "password")]) as client:
        with pytest.raises(UsageError, match="not a path"):
            await client.send(get(path))


async def test_a_query_goes_out_as_it_was_meant() -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.json_response(list(request.query.items()))

    pairs = [("a b", "c&d=e"), ("id", "gt:5,6"), ("plus", "1+1"), ("ünï", "✓ #?/%41"), ("a b", "again")]
    async with serving(echo) as server, opened(server.url) as client:
        assert await client.send(get(query=tuple(pairs))) == [list(pair) for pair in pairs]
        with pytest.raises(UsageError, match="not valid Unicode"):
            await client.send(get(query=(("q", "\ud800"),)))


# -- connections -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [Counting(3), Counting(40), WindowPolicy(50, 10.0)], ids=["3", "40", "window"])
async def test_the_pool_has_a_connection_for_every_permit(policy: Any) -> None:
    async with opened("https://shop.example", policy=policy) as client:
        assert connector_of(client).limit == policy.concurrency


async def test_a_call_that_holds_a_permit_never_waits_for_a_connection() -> None:
    together = 0
    full = asyncio.Event()

    async def meet(_request: web.Request) -> web.Response:
        nonlocal together
        together += 1
        if together == 30:
            full.set()
        await full.wait()
        return web.json_response({})

    async with serving(meet) as server, opened(server.url, policy=Counting(30)) as client:
        async with asyncio.timeout(10):
            await asyncio.gather(*(client.send(get()) for _ in range(30)))


async def test_connections_are_kept_and_used_again() -> None:
    async def ok(_request: web.Request) -> web.Response:
        return web.json_response({})

    async with serving(ok) as server, opened(server.url) as client:
        for _ in range(5):
            await client.send(get())
        assert len({id(request.transport) for request in server.requests}) == 1


async def test_tls_is_version_1_2_or_later_and_certificates_are_checked() -> None:
    async with opened("https://shop.example") as client:
        context = connector_of(client)._ssl
        assert isinstance(context, ssl.SSLContext)
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


async def test_a_store_on_loopback_reads_no_certificates() -> None:
    async with opened("http://127.0.0.1:9") as client:
        assert connector_of(client)._ssl is True


async def hello(_request: web.Request) -> web.Response:
    return web.json_response({"hello": "world"})


def certificate(tmp_path: Path, *, old: bool = False) -> tuple[ssl.SSLContext, str]:
    """A server's context, and the file of the authority that vouches for it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    if old:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return context, str(file)


async def test_a_trusted_server_is_spoken_to_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, authority = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    async with serving(hello, ssl=context) as server, opened(server.url) as client:
        assert await client.send(get()) == {"hello": "world"}
        transport = server.requests[0].transport
        assert transport is None or transport.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")


async def test_a_server_that_nobody_vouches_for_never_sees_a_request(tmp_path: Path) -> None:
    context, _ = certificate(tmp_path)
    async with serving(hello, ssl=context) as server:
        async with opened(server.url, options=Options(retry=AT_ONCE), auth=[Basic("user", "password")]) as client:
            words = r"the server's certificate is not trusted \([a-z -]+\)"
            with pytest.raises(NetworkError, match=words):
                await client.send(get())
        assert server.count == 0


async def test_why_there_is_no_connection_is_told() -> None:
    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(answer())
        await writer.drain()

    async with raw_serving(plain) as url:
        refused, no_tls = url, url.replace("http:", "https:")
        async with opened(no_tls, options=Options(retry=AT_ONCE)) as client:
            with pytest.raises(NetworkError, match=r"ClientConnectorSSLError \([A-Z_]+\)"):
                await client.send(get())
    async with opened(refused, options=Options(retry=AT_ONCE)) as client:
        with pytest.raises(NetworkError, match=r"ClientConnectorError \(Connection refused\)"):
            await client.send(get())
    unknown = ClientConnectorDNSError(Mock(), OSError(-2, "Name or service not known"))
    assert _words(unknown) == "the host's name is not known"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_a_server_that_speaks_only_old_tls_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, authority = certificate(tmp_path, old=True)
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    async with serving(hello, ssl=context) as server, opened(server.url, options=Options(retry=AT_ONCE)) as client:
        old = ssl.create_default_context(cafile=authority)
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        async with ClientSession() as session, session.get(server.url, ssl=old) as response:
            assert response.status == 200  # who asks for it is served
        assert server.count == 1
        with pytest.raises(NetworkError):
            await client.send(get())
        assert server.count == 1


# -- what every request has --------------------------------------------------------------------------------------


async def test_every_request_has_a_user_agent_and_asks_for_json() -> None:
    async with serving(hello) as server, opened(server.url, agent="shop-adapter/2.0") as client:
        await client.send(get())
        await client.send(post())
    for request in server.requests:
        assert request.headers["User-Agent"].startswith("commerce-async/")
        assert "shop-adapter/2.0" in request.headers["User-Agent"]
        assert "  " not in request.headers["User-Agent"]
        assert request.headers["Accept"] == "application/json"
    assert "Content-Type" not in server.requests[0].headers or server.requests[0].content_length in (None, 0)
    assert server.requests[1].headers["Content-Type"] == "application/json"


async def test_cookies_of_a_server_are_not_kept() -> None:
    async def bake(_request: web.Request) -> web.Response:
        response = web.json_response({})
        response.set_cookie("session", "someone-else")
        return response

    async with serving(bake) as server, opened(server.url) as client:
        await client.send(get())
        await client.send(get())
    assert "Cookie" not in server.requests[1].headers


# -- redirects ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_redirect_on_the_same_host_is_followed_with_the_credentials(status: int, method: str) -> None:
    async def move(request: web.Request) -> web.Response:
        if request.path == "/old":
            return web.Response(status=status, headers={"Location": "../new?a=1"})
        return web.json_response({})

    auth = HeaderToken("X-Token", "s3cr3t-token")
    async with serving(move) as server, opened(server.url, auth=[auth]) as client:
        await client.send(get("/old", decode=lambda reply: reply.status, headers=(("X-Mine", "1"),)))
    assert [str(request.rel_url) for request in server.requests] == ["/old", "/new?a=1"]
    assert [request.headers["X-Token"] for request in server.requests] == ["s3cr3t-token"] * 2
    assert [request.headers["X-Mine"] for request in server.requests] == ["1"] * 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("kind", [get, post])
async def test_a_redirect_to_another_host_is_refused_and_the_server_there_sees_nothing(status: int, kind: Any) -> None:
    async with serving(hello) as other:

        async def move(_request: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": f"{other.url}/steal"})

        async with serving(move) as server, opened(server.url, auth=[Basic("user", "password")]) as client:
            with pytest.raises(RejectedError, match="another host") as caught:
                await client.send(kind())
        assert other.count == 0
        assert caught.value.status == status
        assert not caught.value.safe_to_retry


@pytest.mark.parametrize(
    "location",
    ["//evil.example/x", "https://evil.example", "http://localhost:1/", "mailto:a@b.example", "javascript:1", "https:///x",
     "http://[::1", "http://user:pw@evil.example/", "http://xn--/", ""],
)  # fmt: skip
async def test_a_redirect_that_leads_anywhere_else_is_refused(location: str) -> None:
    async def move(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    async with serving(move) as server, opened(server.url) as client:
        with pytest.raises(RejectedError, match="redirected"):
            await client.send(get())
    assert server.count == (1 if location else 4)


async def test_a_redirect_without_a_location_is_refused() -> None:
    async def move(_request: web.Request) -> web.Response:
        return web.Response(status=302)

    async with serving(move) as server, opened(server.url) as client:
        with pytest.raises(RejectedError, match="no web address"):
            await client.send(get())
    assert server.count == 1


async def test_credentials_in_a_redirect_are_not_taken_for_ours() -> None:
    async def move(request: web.Request) -> web.Response:
        if request.path == "/thing":
            return web.Response(status=302, headers={"Location": f"http://mallory:pw@{request.host}/new"})
        return web.json_response({})

    async with serving(move) as server, opened(server.url, auth=[HeaderToken("X-Token", "s3cr3t-token")]) as client:
        await client.send(get())
    assert "Authorization" not in server.requests[1].headers


async def test_a_redirect_of_a_post_is_refused_rather_than_sent_twice() -> None:
    async def move(_request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/other"})

    async with serving(move) as server, opened(server.url) as client:
        with pytest.raises(RejectedError, match="a POST is not sent twice"):
            await client.send(post())
    assert server.count == 1


async def test_redirects_without_end_are_ended() -> None:
    async def move(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.path + "x"})

    async with serving(move) as server, opened(server.url) as client:
        with pytest.raises(RejectedError, match="more than 3 times"):
            await client.send(get())
    assert server.count == 4


# -- bodies ------------------------------------------------------------------------------------------------------


async def test_the_last_of_a_repeated_header_counts_and_names_are_lower_case() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _number: int) -> None:
        await read_request(reader)
        writer.write(answer(b"{}", "200 OK", "X-Limit: 1", "x-limit: 2"))

    async with raw_serving(talk) as url, opened(url) as client:
        assert await client.send(get(decode=lambda reply: reply.headers["x-limit"])) == "2"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_compressed_body_is_decoded(coding: str) -> None:
    async def pack(_request: web.Request) -> web.Response:
        body = b'{"name": "' + b"x" * 50_000 + b'"}'
        packed = gzip.compress(body) if coding == "gzip" else zlib.compress(body)
        return web.Response(body=packed, headers={"Content-Encoding": coding})

    async with serving(pack) as server, opened(server.url) as client:
        assert len((await client.send(get()))["name"]) == 50_000
        assert client.stats.received == 50_012
        assert coding in server.requests[0].headers["Accept-Encoding"]


@pytest.mark.parametrize("size", [1000, 1001])
async def test_a_body_longer_than_max_body_is_refused_and_not_fetched_again(size: int) -> None:
    async def talk(_request: web.Request) -> web.Response:
        return web.Response(body=b"1" * size)

    options = Options(max_body=1000)
    async with serving(talk) as server, opened(server.url, options=options) as client:
        if size == 1000:
            assert await client.send(get(decode=lambda reply: len(reply.body))) == 1000
        else:
            with pytest.raises(DecodeError, match="longer than max_body") as caught:
                await client.send(get())
            assert caught.value.status == 200
        assert not connector_of(client)._acquired
    assert server.count == 1


async def test_an_endless_body_is_cut_off_at_max_body() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        while True:
            await response.write(b"1" * 10_000)

    async with serving(endless) as server, opened(server.url, options=Options(max_body=100_000)) as client:
        with pytest.raises(DecodeError, match="max_body"):
            await client.send(get())
        assert not connector_of(client)._acquired
        assert not connector_of(client)._conns  # the connection is of no use any more


async def test_a_gzip_bomb_is_cut_off_at_max_body() -> None:
    bomb = gzip.compress(bytes(200_000_000))

    async def send(_request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    async with serving(send) as server, opened(server.url, options=Options(max_body=1_000_000)) as client:
        tracemalloc.start()
        try:
            with pytest.raises(DecodeError, match="max_body"):
                await client.send(get())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.parametrize("broken", [b"not gzip at all", gzip.compress(b'{"a": 1}' * 100)[:30]], ids=["nonsense", "cut"])
async def test_a_body_that_cannot_be_unpacked_is_a_network_error_and_tried_again(broken: bytes) -> None:
    async def send(_request: web.Request) -> web.Response:
        return web.Response(body=broken, headers={"Content-Encoding": "gzip"})

    async with serving(send) as server, opened(server.url, options=Options(retry=AT_ONCE)) as client:
        with pytest.raises((NetworkError, ServerError)):
            await client.send(get())
    assert server.count == 4


async def test_a_truncated_body_is_a_network_error_and_repeated_for_a_get() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await read_request(reader)
        writer.write(answer(b'{"name": "whole"}') if number > 2 else answer(b'{"name": ', length=17))
        await writer.drain()

    async with raw_serving(talk) as url, opened(url, options=Options(retry=AT_ONCE)) as client:
        assert await client.send(get()) == {"name": "whole"}
        assert client.stats.calls == 3


async def test_a_truncated_answer_to_a_post_is_not_followed_by_another_post() -> None:
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        nonlocal connections
        connections = number
        await read_request(reader)
        writer.write(answer(b'{"na', length=17))
        await writer.drain()

    async with raw_serving(talk) as url, opened(url, options=Options(retry=AT_ONCE)) as client:
        with pytest.raises(UnknownOutcomeError, match="ClientPayloadError") as caught:
            await client.send(post())
        assert not caught.value.safe_to_retry
    assert connections == 1


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
    ids=["nothing", "no http", "bad length", "bad chunk"],
)
async def test_an_answer_that_is_no_http_is_a_network_error(bytes_sent: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _number: int) -> None:
        await read_request(reader)
        writer.write(bytes_sent)
        await writer.drain()

    async with raw_serving(talk) as url, opened(url, options=Options(retry=AT_ONCE)) as client:
        with pytest.raises(NetworkError):
            await client.send(get())
        # aiohttp asks a second time when a connection breaks before a word was said.
        assert client.stats.calls == (4 if bytes_sent else 8)


async def test_malformed_json_is_fetched_again_and_then_a_server_error() -> None:
    async def half(_request: web.Request) -> web.Response:
        return web.Response(body=b'{"a": [1, 2', content_type="application/json")

    async with serving(half) as server, opened(server.url, options=Options(retry=AT_ONCE)) as client:
        with pytest.raises(ServerError, match="not JSON"):
            await client.send(get())
    assert server.count == 4
