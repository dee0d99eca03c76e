"""The body of a webhook, and the answer to it. Pure. FastSpring: Webhooks."""

from __future__ import annotations

from collections.abc import Iterable

from commerce_async.errors import DecodeError
from commerce_async.http.mending import mended
from commerce_async.http.receiving import Answer
from commerce_async.schema import Unreadable
from commerce_async.schema.lenient import one_line
from fastspring_async.events.event import Event, read_events
from fastspring_async.events.lists import unwrap


def parse(body: bytes) -> tuple[Event | Unreadable, ...]:
    """The events of a webhook, the same types as `store.api.events` gives; one that cannot be read stands in its place
    as `Unreadable`.

    Check the signature first: see `verify`. A byte order mark, and half of an emoji where a text was cut, are
    mended as in replies.

    Raises:
        DecodeError: the body as a whole is not JSON, or has no events.
    """
    try:
        return read_events(unwrap(mended(body)).records)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"the webhook's body cannot be read: {one_line(error)}") from None


def acknowledge(events: Iterable[Event | Unreadable], handled: Iterable[Event | Unreadable | str]) -> Answer:
    """The answer that tells FastSpring which events of a webhook were handled. FastSpring: Webhooks, Responses.

    200 for all of them, 202 with their ids, one a line, for some, and 500 for none. What is not acknowledged comes
    again.

    Args:
        events: all of the webhook.
        handled: those that were handled, or their ids.
    """
    came = list(events)
    done = [each if isinstance(each, str) else each.id for each in handled]
    names = frozenset(id for id in done if id is not None)
    nameless = sum(1 for each in came if each.id is None)
    if names.issuperset(each.id for each in came if each.id is not None) and nameless <= done.count(None):
        return Answer(200)
    lines = [each.id for each in came if each.id in names]
    body = "\n".join(dict.fromkeys(id for id in lines if _is_line(id)))
    return Answer(202, body.encode()) if body else Answer(500)


def _is_line(id: str) -> bool:
    return id.isprintable() and id == id.strip()  # a line break inside would acknowledge another event
