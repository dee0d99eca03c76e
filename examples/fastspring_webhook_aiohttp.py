"""Receives FastSpring's webhooks with aiohttp.web, on http://127.0.0.1:8080/fastspring behind your TLS proxy.

FASTSPRING_WEBHOOK_SECRET=… python examples/fastspring_webhook_aiohttp.py
"""

from __future__ import annotations

import os

from aiohttp import web

from commerce_async.schema import Unreadable
from fastspring_async.events import Event
from fastspring_async.webhooks import aiohttp_handler


async def on_event(event: Event) -> None:
    """Called for each event, maybe more than once for the same. If it raises, that event is not acknowledged."""
    print(event.id, event.type, event.subject)


async def on_unreadable(bad: Unreadable) -> None:
    """Called for what cannot be read. When it returns, the event is acknowledged: keep `bad.raw` somewhere."""
    print("unreadable:", bad.id, bad.reason)


def make_app(secret: str) -> web.Application:
    """The application, with one route."""
    app = web.Application()
    app.router.add_post("/fastspring", aiohttp_handler(on_event, secret=secret, on_unreadable=on_unreadable))
    return app


if __name__ == "__main__":
    web.run_app(make_app(os.environ["FASTSPRING_WEBHOOK_SECRET"]), host="127.0.0.1", port=8080)
