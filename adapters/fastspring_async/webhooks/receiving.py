"""A webhook from its first byte to its answer, whatever server it came through."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from commerce_async.errors import DecodeError
from commerce_async.http.receiving import Answer, Incoming, TooLargeError
from commerce_async.schema import Unreadable
from fastspring_async.events.event import Event
from fastspring_async.webhooks.parsing import acknowledge, parse
from fastspring_async.webhooks.signing import HEADER, Keys, checked, verify

Handler: TypeAlias = Callable[[Event], Awaitable[object]]
UnreadableHandler: TypeAlias = Callable[[Unreadable], Awaitable[object]]

LOG: Final = logging.getLogger("fastspring_async.webhooks")
MAX_BODY: Final = 8 * 1024 * 1024


class Receiver:
    """Checks, parses and hands over webhooks.

    Events of one webhook are handled one after the other, in its order, each once. What the handler raises is logged
    and leaves that event unacknowledged; the vendor sends it again. The same event may come again in another webhook:
    a handler must stand that.

    Args:
        handler: `async def handler(event)`.
        secret: of the webhook's configuration; several while one is being replaced.
        max_body: bytes of a body that are accepted.
        on_unreadable: what to do with an event that cannot be read. If it returns, the event counts as handled;
            without it such events stay unacknowledged, and the vendor sends them again for days.

    Raises:
        ConfigError: no secret, or an empty one.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        secret: Keys,
        max_body: int = MAX_BODY,
        on_unreadable: UnreadableHandler | None = None,
    ) -> None:
        self._handler = handler
        self._keys = checked(secret)
        self._max_body = max_body
        self._on_unreadable = on_unreadable

    async def receive(self, request: Incoming) -> Answer:
        """The answer to a request: 200, 202 or 500 as `acknowledge` says; 400, 401, 405 or 413 if it is no webhook."""
        if request.method != "POST":
            return Answer(405)
        signature = request.headers.get(HEADER.lower())
        if signature is None:
            return Answer(401)  # before a byte of the body is kept
        try:
            body = await request.body(self._max_body)
        except TooLargeError:
            return Answer(413)
        return await self.answer(body, signature)

    async def answer(self, body: bytes, signature: str | bytes | None) -> Answer:
        """The answer to a webhook whose body was read."""
        if not verify(body, signature, self._keys):
            LOG.warning("a webhook with a wrong signature was refused")
            return Answer(401)
        try:
            events = parse(body)
        except DecodeError as error:
            LOG.warning("a signed webhook was refused: %s", error.message)
            return Answer(400)
        handled: list[Event | Unreadable] = []
        done: set[str] = set()
        for event in events:
            if event.id in done or await self._handled(event):
                handled.append(event)
                done |= {event.id} if event.id else set()
        return acknowledge(events, handled)

    async def _handled(self, event: Event | Unreadable) -> bool:
        try:
            if isinstance(event, Event):
                await self._handler(event)
                return True
            LOG.warning("event %s of a webhook cannot be read: %s", event.id or "(no id)", event.reason)
            if self._on_unreadable is None:
                return False
            await self._on_unreadable(event)
        except Exception:  # whatever a handler raises concerns its event alone
            LOG.exception("the handler failed on event %s of a webhook", event.id or "(no id)")
            return False
        return True
