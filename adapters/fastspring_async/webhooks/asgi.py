"""Webhooks through any ASGI server. The ASGI specification, HTTP and Lifespan protocols, version 3."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias, cast

from fastspring_async.webhooks.parsing import Answer
from fastspring_async.webhooks.receiving import MAX_BODY, Handler, Receiver, UnreadableHandler
from fastspring_async.webhooks.signing import HEADER, Keys

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]


class _GoneError(Exception):
    """The other side hung up."""


def asgi_app(
    handler: Handler, *, secret: Keys, max_body: int = MAX_BODY, on_unreadable: UnreadableHandler | None = None
) -> App:
    """An ASGI application that answers webhooks, on whatever path it is mounted. Arguments: see `Receiver`.

    Raises:
        ConfigError: no secret, or an empty one.
    """
    receiver = Receiver(handler, secret=secret, max_body=max_body, on_unreadable=on_unreadable)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await _serve(receiver, scope, receive, send)
        else:
            raise ValueError(f"webhooks come by HTTP, not by {scope['type']}")

    return app


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _serve(receiver: Receiver, scope: Message, receive: Receive, send: Send) -> None:
    headers = _headers(cast("Iterable[tuple[bytes, bytes]]", scope["headers"]))
    signature, length = headers.get(HEADER.lower()), headers.get("content-length")
    try:
        answer = await receiver.receive(scope["method"], signature, length, _chunks(receive))
    except _GoneError:
        return  # nobody waits for an answer, and nothing of a half body was handled
    await _send(answer, send)


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {bytes(name).decode("latin-1").lower(): bytes(value).decode("latin-1") for name, value in pairs}


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _send(answer: Answer, send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
