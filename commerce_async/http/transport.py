"""aiohttp, and the rules for using it: whose session, which hosts, how much of a body."""

from __future__ import annotations

import asyncio
import os
import platform
import re
import ssl
from collections.abc import Sequence
from functools import cache
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import aiohttp
import anyio
from aiohttp import ClientMiddlewareType, ClientTimeout, TCPConnector, hdrs
from yarl import URL

from commerce_async import __version__
from commerce_async.clock import Clock
from commerce_async.errors import CommerceError, ConfigError, DecodeError, NetworkError, RejectedError, UsageError
from commerce_async.http.call import Call, Reply, query_string

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
# Repeated, they are one list (RFC 9110 §5.3): what one line forbids, another does not allow.
_LISTS = frozenset({"cache-control", "connection", "vary"})
# What `path()` makes. Without the slash, `@elsewhere` behind the base URL would be another host.
_PATH = re.compile(r"/[!-~]*")
# Every clock has one owner, and it is not aiohttp: see `Client`.
_NO_TIMEOUT = ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None)


def checked_base_url(url: str) -> str:
    """The base URL without a trailing slash.

    Raises:
        ConfigError: not https (plain http is allowed to loopback only), or with credentials, query or fragment.
    """
    parts, host = _split(url)
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError(f"base_url: expected https://host, got {_without_userinfo(url)!r}")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("base_url: must not contain credentials")
    if "?" in url or "#" in url:
        raise ConfigError("base_url: must not have a query or a fragment")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigError(f"base_url: plain http to {host} would send the credentials unencrypted; use https://")
    return url.rstrip("/")


def _split(url: str) -> tuple[SplitResult, str]:
    try:
        parts = urlsplit(url)
        port = parts.port  # only reading it checks it
    except ValueError:
        parts = port = None
    # urlsplit drops line breaks, and what is checked must be what is used.
    if parts is None or port == 0 or any(char.isspace() or not char.isprintable() for char in url):
        raise ConfigError(f"base_url: {_without_userinfo(url)!r} is not a valid URL")
    return parts, parts.hostname or ""


def _without_userinfo(url: str) -> str:
    return url.rpartition("@")[2][:80]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _url(base: str, call: Call[object]) -> URL:
    if not _PATH.fullmatch(call.path):
        raise UsageError(f"{call.path[:80]!r} is not a path; build it with path()")
    query = query_string(call.query)
    return URL(f"{base}{call.path}{'?' if query else ''}{query}", encoded=True)


class Transport:
    """One session, its own or borrowed.

    Args:
        session: a caller's own session, which is used and never closed; None makes one. Its middlewares stand around
            ours: a request reaches them before the credentials are added (and has them when it comes back), and each
            time that they pass it on takes a permit.
        concurrency: the most calls at once; an own session's pool is that large, so that a call that holds a
            permit never waits for a connection slot.
        agent: what to add to the User-Agent.
        secure: whether it is for https.
    """

    def __init__(
        self, session: aiohttp.ClientSession | None, *, concurrency: int, agent: str, clock: Clock, secure: bool = True
    ) -> None:
        self._borrowed = session
        self._secure = secure
        # A request's middlewares take the place of its session's, which have no public name. A test sees to this one.
        self._around: tuple[ClientMiddlewareType, ...] = tuple(getattr(session, "_middlewares", ()))
        self._session: aiohttp.ClientSession | None = None
        self._concurrency = concurrency
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._state = "new"
        self._headers = {
            hdrs.USER_AGENT: f"commerce-async/{__version__} {agent} Python/{platform.python_version()}".replace(
                "  ", " "
            ),
            hdrs.ACCEPT: "application/json",
        }

    async def open(self) -> None:
        """Makes the session.

        Raises:
            UsageError: opened a second time.
        """
        if self._state != "new":
            raise UsageError(f"this store is already {self._state}; make a new one for each `async with`")
        self._loop = asyncio.get_running_loop()
        self._session = self._borrowed or self._own()
        self._state = "open"

    def _own(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=TCPConnector(limit=self._concurrency, ssl=_context() if self._secure else True),
            timeout=_NO_TIMEOUT,
            # A store needs no cookies, and must not carry one account's into another's calls.
            cookie_jar=aiohttp.DummyCookieJar(),
            raise_for_status=False,
        )

    async def close(self) -> None:
        """Closes an own session, also when the task is being cancelled."""
        session, self._session, self._state = self._session, None, "closed"
        if session is not None and self._borrowed is None:
            with anyio.CancelScope(shield=True):
                await session.close()

    def usable(self) -> aiohttp.ClientSession:
        """The session.

        Raises:
            UsageError: not open, closed, or on another event loop.
        """
        if self._session is None:
            hint = "use `async with store:` around its calls" if self._state == "new" else "it is closed"
            raise UsageError(f"this store is not open: {hint}")
        if self._loop is not asyncio.get_running_loop():
            raise UsageError("this store belongs to another event loop; make one store per loop")
        if self._session.closed:
            raise UsageError("this store is not usable: the session that it was given is closed")
        return self._session

    async def exchange(
        self, base: str, call: Call[object], middlewares: Sequence[ClientMiddlewareType], max_body: int
    ) -> Reply:
        """Sends the call once, following redirects on the same host only, and reads the reply to its end.

        Raises:
            NetworkError: no complete reply.
            RejectedError: a redirect to another host, where credentials must not go.
            DecodeError: a body beyond `max_body` bytes.
        """
        session = self.usable()
        url = _url(base, call)
        headers = {**self._headers, **dict(call.headers)}
        if call.body is not None:
            headers.setdefault(hdrs.CONTENT_TYPE, "application/json")
        try:
            for _ in range(_MAX_REDIRECTS + 1):
                async with session.request(
                    call.method,
                    url,
                    data=call.body,
                    headers=headers,
                    allow_redirects=False,
                    timeout=_NO_TIMEOUT,
                    raise_for_status=False,
                    middlewares=(*self._around, *middlewares),
                ) as response:
                    if response.status not in _REDIRECTS:
                        return await self._read(response, max_body)
                    url = _redirected(url, response, call.method)
        except CommerceError:
            raise  # a middleware's own, among them DeadlineError, which is a TimeoutError as well
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            unsent = isinstance(error, aiohttp.ClientConnectorError)  # there was no connection to send it on
            words = f"no complete reply: {_words(error)}"
            raise NetworkError(words, safe_to_retry=call.repeatable or unsent) from None
        except (AssertionError, RuntimeError):  # aiohttp's, where a session is closed under a call
            if not session.closed:
                raise
            words = "no complete reply: the session was closed meanwhile"
            raise NetworkError(words, safe_to_retry=call.repeatable) from None
        raise RejectedError(f"redirected more than {_MAX_REDIRECTS} times")

    async def _read(self, response: aiohttp.ClientResponse, max_body: int) -> Reply:
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > max_body:
                response.close()  # the rest is not wanted, and the connection is of no use any more
                raise DecodeError(f"the reply is longer than max_body ({max_body} bytes)", status=response.status)
            chunks.append(chunk)
        headers = {name.lower(): value for name, value in response.headers.items()}
        if len(headers) < len(response.headers):
            for name in _LISTS & headers.keys():
                headers[name] = ", ".join(response.headers.getall(name))
        return Reply(
            status=response.status,
            headers=headers,
            body=chunks[0] if len(chunks) == 1 else b"".join(chunks),
            received=self._clock.wall(),
        )


@cache
def _context() -> ssl.SSLContext:
    """One for all sessions: reading the system's certificates takes as long as a hundred calls."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _words(error: Exception) -> str:
    """What went wrong on the network. Of most errors the class only: some messages of aiohttp repeat URL or headers."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
        why = cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else type(cause).__name__
        return f"the server's certificate is not trusted ({why})"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the host's name is not known"
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        why = getattr(cause, "reason", None) or (os.strerror(cause.errno) if cause.errno else type(cause).__name__)
        return f"{type(error).__name__} ({why})"
    return type(error).__name__


def _redirected(url: URL, response: aiohttp.ClientResponse, method: str) -> URL:
    try:
        target = url.join(URL(response.headers[hdrs.LOCATION])).with_user(None)
        same, there = target.origin() == url.origin(), f"{target.scheme}://{target.raw_host}"
    except (KeyError, ValueError):
        raise RejectedError("redirected to something that is no web address", status=response.status) from None
    if not same:
        raise RejectedError(
            f"redirected to another host ({there}); credentials are not sent there",
            status=response.status,
        )
    if method not in ("GET", "HEAD"):
        raise RejectedError(f"redirected, and a {method} is not sent twice", status=response.status)
    return target
