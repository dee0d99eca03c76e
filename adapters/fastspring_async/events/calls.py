"""Requests to /events as data. Pure: nothing here does I/O."""

from __future__ import annotations

from commerce_async.errors import MissingError, RejectedError
from commerce_async.http.call import Call, Reply
from commerce_async.http.retry import clock_skew
from commerce_async.schema import Unreadable
from commerce_async.schema.lenient import read_each, untyped
from fastspring_async import operations
from fastspring_async.events.cursor import Seen, Which
from fastspring_async.events.event import Event, created_ms, identify, read_event, to_ms
from fastspring_async.events.lists import unwrap
from fastspring_async.wire import Refusal

_MARK_BODY = {True: b'{"processed":true}', False: b'{"processed":false}'}


class EventPage:
    """The events of one reply.

    Attributes:
        events: what could be read, in the vendor's order.
        unreadable: what could not.
        seen: the time and id of both, in the vendor's order; an unreadable one without an id is known by its bytes.
        more: whether the vendor says that the frame holds more.
        skew: the vendor's clock minus ours in seconds, if it tells the time.
    """

    __slots__ = ("events", "more", "seen", "skew", "unreadable")

    def __init__(self, reply: Reply) -> None:
        listed = unwrap(reply.body)
        self.events: list[Event] = []
        self.unreadable: list[Unreadable] = []
        self.seen: list[Seen] = []
        self.more = listed.more
        self.skew = clock_skew(reply)
        for record in listed.records:
            good, bad = read_each((record,), _read_listed, identify)
            self.events += good
            self.unreadable += bad
            self.seen += ((to_ms(event.created), event.id) for event in good if event.created)
            self.seen += ((created_ms(each.raw), name_of(each)) for each in bad)


def name_of(bad: Unreadable) -> str:
    """What an unreadable event is known by in other replies: its id, else its bytes."""
    return bad.id or f"#{hash(bad.raw)}"


def _read_listed(raw: bytes) -> Event:
    event = read_event(raw)
    if event.created is None:
        raise ValueError("created: missing")
    return event


def listed(which: Which, query: tuple[tuple[str, str], ...]) -> Call[EventPage]:
    """One reply's worth of events. FastSpring: /events, Get processed/acknowledged events, Get unprocessed events."""
    return Call(f"events.{which}", "GET", f"/events/{which}", _decode_list, query)


def _decode_list(reply: Reply) -> EventPage:
    try:
        return EventPage(reply)
    except Refusal as refusal:
        raise RejectedError(refusal.message, status=reply.status, fields=refusal.fields) from None


def mark(id: str, *, processed: bool = True) -> Call[None]:
    """Marks one event. It may be sent again. FastSpring: /events, Update a Single Event.

    Raises:
        UsageError: the id cannot stand in a URL.
    """
    return operations.request("events.mark", _decode_mark, id=id, body=_MARK_BODY[bool(processed)])


def _decode_mark(reply: Reply) -> None:
    """The vendor answers with the event; what counts is that it answers in JSON, and not with an error."""
    if not reply.body.strip():
        return
    members = untyped(reply.body)
    if not isinstance(members, dict | list):
        raise ValueError("expected an event")  # noqa: TRY004  msgspec's errors are ValueErrors, and so is this
    try:
        for record in unwrap(reply.body).records:
            read_event(bytes(record))
    except Refusal as refusal:
        kind = MissingError if refusal.missing else RejectedError
        raise kind(refusal.message, status=reply.status, fields=refusal.fields) from None
    except (ValueError, ArithmeticError):
        return  # marked; what else the vendor tells of the event does not matter here
