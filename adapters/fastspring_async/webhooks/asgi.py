"""Webhooks through any ASGI server."""

from __future__ import annotations

from commerce_async.http import receiving
from commerce_async.http.receiving import App
from fastspring_async.webhooks.receiving import MAX_BODY, Handler, Receiver, UnreadableHandler
from fastspring_async.webhooks.signing import Keys


def asgi_app(
    handler: Handler, *, secret: Keys, max_body: int = MAX_BODY, on_unreadable: UnreadableHandler | None = None
) -> App:
    """An ASGI application that answers webhooks, on whatever path it is mounted. Arguments: see `Receiver`.

    Raises:
        ConfigError: no secret, or an empty one.
    """
    receiver = Receiver(handler, secret=secret, max_body=max_body, on_unreadable=on_unreadable)
    return receiving.asgi_app(receiver.receive)


__all__ = ["App", "asgi_app"]
