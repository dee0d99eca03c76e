"""Webhooks through aiohttp.web."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from commerce_async.http import receiving
from fastspring_async.webhooks.receiving import MAX_BODY, Handler, Receiver, UnreadableHandler
from fastspring_async.webhooks.signing import Keys


def aiohttp_handler(
    handler: Handler, *, secret: Keys, max_body: int = MAX_BODY, on_unreadable: UnreadableHandler | None = None
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A request handler: `app.router.add_post("/fastspring", aiohttp_handler(on_event, secret=…))`.

    The application's own `client_max_size` does not matter; `max_body` does. Arguments: see `Receiver`.

    Raises:
        ConfigError: no secret, or an empty one.
    """
    receiver = Receiver(handler, secret=secret, max_body=max_body, on_unreadable=on_unreadable)
    return receiving.aiohttp_handler(receiver.receive)
