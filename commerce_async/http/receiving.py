"""Requests that come to us, such as webhooks, whatever server takes them: a bounded body in, an answer out."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

import anyio
import msgspec
from aiohttp import web

_CHUNK: Final = 64 * 1024
_PATIENCE: Final = 60.0  # seconds for a body; who sends a byte a minute holds a connection, and what came so far
TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"


class Answer(msgspec.Struct, frozen=True):
    """What to answer a request with."""

    status: int
    body: bytes = b""
    content_type: str = TEXT


class TooLargeError(Exception):
    """The body of a request has more bytes than are accepted."""


class GoneError(Exception):
    """The other side hung up before its body was whole."""


class BrokenError(Exception):
    """No body came: it is not what its headers say, or did not come in time. `status` is what to answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"no body ({status})")
        self.status = status


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request, its body not yet read.

    Attributes:
        method: of HTTP, as it came.
        path: decoded, without the query.
        headers: by their names in lower case.
        chunks: the body as it comes.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    chunks: AsyncIterable[bytes]

    async def body(self, most: int) -> bytes:
        """The whole body; no more of it is read than is accepted.

        Args:
            most: bytes that are accepted.

        Raises:
            TooLargeError: it has more, or says so in Content-Length. GoneError, BrokenError: it never came; they are
                for who called, and answered there.
        """
        length = self.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and (len(length) > 18 or int(length) > most):
            raise TooLargeError
        body = bytearray()
        with anyio.move_on_after(_PATIENCE):
            async for chunk in self.chunks:
                if len(body) + len(chunk) > most:
                    raise TooLargeError
                body += chunk
            return bytes(body)
        raise BrokenError(408)


Respond: TypeAlias = Callable[[Incoming], Awaitable[Answer]]


# -- aiohttp.web ----------------------------------------------------------------------------------------------


def aiohttp_handler(respond: Respond) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A request handler for aiohttp.web. The application's own `client_max_size` does not matter to it."""

    async def handle(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            answer = await respond(Incoming(request.method, request.path, headers, _content(request)))
        except GoneError:
            answer = Answer(400)  # nobody waits for it, and nothing of a half body was handled
        except BrokenError as error:
            answer = Answer(error.status)
        return web.Response(status=answer.status, body=answer.body, headers={"Content-Type": answer.content_type})

    return handle


async def _content(request: web.Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.content.iter_chunked(_CHUNK):
            yield chunk
    except ConnectionError:
        raise GoneError from None
    except web.RequestPayloadError:  # compressed, it says, and is not
        raise BrokenError(400) from None


# -- ASGI: the specification's HTTP and Lifespan protocols, version 3 -----------------------------------------

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]


def asgi_app(respond: Respond, *, stop: Callable[[], Awaitable[object]] | None = None) -> App:
    """An ASGI application that answers every request, on whatever path it is mounted.

    Args:
        stop: called when the server shuts down. Only the outermost application is told of that.
    """

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send, stop)
        elif scope["type"] == "http":
            await _serve(respond, scope, receive, send)
        else:
            raise ValueError(f"webhooks come by HTTP, not by {scope['type']}")

    return app


async def _live(receive: Receive, send: Send, stop: Callable[[], Awaitable[object]] | None) -> None:
    while True:
        kind = (await receive())["type"]
        if kind == "lifespan.shutdown" and stop is not None:
            await stop()
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


async def _serve(respond: Respond, scope: Message, receive: Receive, send: Send) -> None:
    pairs = cast("Iterable[tuple[bytes, bytes]]", scope["headers"])
    headers = {bytes(name).decode("latin-1").lower(): bytes(value).decode("latin-1") for name, value in pairs}
    try:
        answer = await respond(Incoming(scope["method"], scope.get("path", ""), headers, _chunks(receive)))
    except GoneError:
        return  # as above
    except BrokenError as error:
        answer = Answer(error.status)
    told = [(b"content-type", answer.content_type.encode()), (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": told})
    await send({"type": "http.response.body", "body": answer.body})


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        yield message.get("body", b"")
        more = message.get("more_body", False)
