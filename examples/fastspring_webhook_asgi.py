"""Receives FastSpring's webhooks with any ASGI server, for instance uvicorn (not part of this project).

    FASTSPRING_WEBHOOK_SECRET=… uvicorn --factory --app-dir examples fastspring_webhook_asgi:make_app

In Starlette or FastAPI: `app.mount("/fastspring", asgi_app(on_event, secret=…))`.
"""

from __future__ import annotations

import os

from fastspring_async.events import Event
from fastspring_async.webhooks import asgi_app
from fastspring_async.webhooks.asgi import App


async def on_event(event: Event) -> None:
    """Called for each event, maybe more than once for the same. If it raises, that event is not acknowledged."""
    print(event.id, event.type, event.subject)


def make_app(secret: str | None = None) -> App:
    """The application; the secret comes from the environment unless it is given."""
    return asgi_app(on_event, secret=secret or os.environ["FASTSPRING_WEBHOOK_SECRET"])
