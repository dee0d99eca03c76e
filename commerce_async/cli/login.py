"""A person's login in a browser: shows the address, receives the browser on loopback, keeps the token."""

from __future__ import annotations

import asyncio
import os
import sys
import webbrowser
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address
from threading import Thread
from typing import Final
from urllib.parse import parse_qs, urlsplit

import anyio
from aiohttp import web

from commerce_async.cli.codes import Exit
from commerce_async.cli.running import complain
from commerce_async.errors import AuthError, ConfigError, UsageError
from commerce_async.store import Login, ProvidesLogin, Store
from commerce_async.tokens import Token

_LISTENING: Final = (
    "Waiting for the browser to come back. If it cannot reach this machine, paste the address\n"
    "that it was sent to here, and press Enter."
)
_PASTING: Final = "Then paste the address that the browser was sent to here, and press Enter."
_PAGE: Final = "<!doctype html><meta charset=utf-8><title>commerce-async</title><p>{}</p>\n"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",  # the page's address has the code in it
    "Connection": "close",
}
_ANSWER: Final = frozenset({"auth_id", "code", "error"})


async def sign_in(store: Store, *, browser: bool, timeout: float) -> Exit:
    """Leads a person through one login.

    Args:
        browser: whether to open a browser here.
        timeout: seconds that the person has.

    Raises:
        UsageError: the store has no login. AuthError: it did not succeed; the message says why.
        ConfigError: the address for the answer cannot be listened on.
    """
    if not isinstance(store, ProvidesLogin):
        raise UsageError(f"{store.name}: {store.vendor} has no login; its credentials stand in the configuration")
    async with store, _receiving(store.redirect_uri) as inbox:
        login = store.login(inbox.redirect_uri)
        print(f"To grant access to {store.name}, open this address and sign in:\n\n  {login.url}\n", flush=True)
        print(_LISTENING if inbox.listens else _PASTING, flush=True)
        if browser and _has_screen():
            # A thread that ends with the process: some browsers return only when they are closed.
            Thread(target=webbrowser.open, args=(login.url,), daemon=True).start()
        token = await inbox.settle(login, timeout)
    user = "".join(char for char in token.user if char.isprintable())  # the vendor's words, on a terminal
    print(f"Signed in{user and f' as {user}'}. The token is kept in {login.kept_in}; {_until(token)}.")
    return Exit.COMPLETE


class _Inbox:
    """Takes the one answer: from the browser, or pasted."""

    def __init__(self, redirect_uri: str, *, listens: bool) -> None:
        self.redirect_uri = redirect_uri
        self.listens = listens
        self._path = urlsplit(redirect_uri).path or "/"
        loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[str] = loop.create_future()
        self._words: asyncio.Future[str] = loop.create_future()  # for the browser, once it is known how it ended

    async def settle(self, login: Login, timeout: float) -> Token:
        """The token, once the answer has come and has been exchanged for one."""
        with _pasted(self._take_pasted), anyio.move_on_after(timeout):
            await asyncio.wait({self._answer})
        if not self._answer.done():
            raise AuthError(f"nobody signed in within {timeout:g} s; run the command again")
        try:
            token = await login.finish(self._answer.result())
        except BaseException:  # whatever it is, the browser must not wait for ever
            self._words.set_result("The login did not succeed. The terminal says why.")
            raise
        self._words.set_result("You are signed in. This page can be closed.")
        return token

    def take(self, redirected: str) -> bool:
        """Whether this is the answer that counts, which is the first."""
        if self._answer.done():
            return False
        self._answer.set_result(redirected)
        return True

    async def receive(self, request: web.BaseRequest) -> web.Response:
        """Answers the browser."""
        if request.method != "GET" or request.rel_url.raw_path != self._path:
            return _page("There is nothing here.", 404)
        if not _is_answer(request.query):
            return _page("This address takes the answer of a login, and this is none.", 400)
        if not self.take(str(request.url)):
            complain("The browser came a second time; only the first answer counts.")
            return _page("This login has already been answered. This page can be closed.", 410)
        return _page(await asyncio.shield(self._words))

    def _take_pasted(self, line: str) -> None:
        if not _is_answer(parse_qs(urlsplit(line).query, keep_blank_values=True)):
            complain("That is not the address of an answer. Paste the whole of it, from http on.")
        else:
            self.take(line)


@asynccontextmanager
async def _receiving(configured: str | None) -> AsyncGenerator[_Inbox]:
    host, port = ("127.0.0.1", 0) if configured is None else _listened(configured)
    if host is None:
        yield _Inbox(configured or "", listens=False)
        return
    inbox: _Inbox | None = None

    async def answer(request: web.BaseRequest) -> web.Response:
        return await inbox.receive(request) if inbox else _page("There is nothing here.", 404)

    # No access log: the address has the code in it.
    runner = web.ServerRunner(web.Server(answer, access_log=None), shutdown_timeout=2.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            words = os.strerror(error.errno) if error.errno else str(error)
            raise ConfigError(f"redirect_uri: cannot listen on {host}, port {port}: {words}") from None
        inbox = _Inbox(configured or f"http://{host}:{runner.addresses[0][1]}/callback", listens=True)
        yield inbox
    finally:
        await runner.cleanup()


def _listened(redirect_uri: str) -> tuple[str | None, int]:
    """Where to listen for a configured redirect URI; no host if it leads to another machine."""
    parts = urlsplit(redirect_uri)
    host = parts.hostname or ""
    if parts.scheme != "http":
        return None, 0
    if host == "localhost":
        return "127.0.0.1", parts.port or 80
    try:
        return (host if ip_address(host).is_loopback else None), parts.port or 80
    except ValueError:
        return None, 0


@contextmanager
def _pasted(take: Callable[[str], None]) -> Generator[None]:
    """Gives each line that a person types to `take`, if there is anybody to type."""
    loop, kept = asyncio.get_running_loop(), b""
    try:
        number = sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # no standard input at all
        yield
        return

    def read() -> None:
        nonlocal kept
        chunk = os.read(number, 65536)
        *lines, kept = (kept + chunk).split(b"\n")
        if not chunk:
            loop.remove_reader(number)
            lines = [*lines, kept]
        for line in lines:
            if text := line.decode(errors="replace").strip():
                take(text)

    try:
        loop.add_reader(number, read)
    except (OSError, NotImplementedError):  # a file, which is never waited for; or Windows
        yield
        return
    try:
        yield
    finally:
        loop.remove_reader(number)


def _is_answer(names: Iterable[str]) -> bool:
    return not _ANSWER.isdisjoint(names)


def _has_screen() -> bool:
    """Whether a browser would open in a window. Else it would be one for terminals, and take this one."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def _page(words: str, status: int = 200) -> web.Response:
    return web.Response(text=_PAGE.format(words), status=status, content_type="text/html", headers=_HEADERS)


def _until(token: Token) -> str:
    end = token.expires and f"{token.expires:%Y-%m-%d %H:%M} UTC"
    if token.refresh:
        return f"it expires {end} and is renewed as needed" if end else "it is renewed as needed"
    return f"it expires {end}, and then another login is needed" if end else "it does not expire, as far as is told"
