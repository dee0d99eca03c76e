"""A receiver behind aiohttp.web or ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from commerce_async.http import receiving
from commerce_async.http.receiving import App
from sparkpay_async.webhooks.receiving import Receiver


def aiohttp_handler(receiver: Receiver) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A request handler: `app.router.add_post("/sparkpay/{event}/{token}", aiohttp_handler(receiver))`.

    Have the application wait for `receiver.settled()` when it stops.
    """
    return receiving.aiohttp_handler(receiver.receive)


def asgi_app(receiver: Receiver) -> App:
    """An ASGI application that answers webhooks, on whatever path it is mounted.

    On its own it waits for `receiver.settled()` when its server stops; mounted in another application, that one must.
    """
    return receiving.asgi_app(receiver.receive, stop=receiver.settled)
