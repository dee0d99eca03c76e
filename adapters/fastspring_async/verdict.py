"""What a reply of FastSpring means. Pure.

FastSpring says "no" under many statuses: an error may come with 200, 400, 404, 405, 409 or 500, and the rate limit
with 404 or 429. So the body decides where it is the vendor's own, and the status where it is not.
"""

from __future__ import annotations

import re
from typing import Any

from commerce_async.http.call import Call, Outcome, Reply, Verdict
from commerce_async.http.retry import parse_retry_after
from fastspring_async.opened import opened
from fastspring_async.operations import Asks, asks, kind_of
from fastspring_async.wire import Envelope, Form, Refusal, refusal_of

_OK = Verdict(Outcome.OK)
_EXISTING = (Asks.ONE, Asks.EACH, Asks.ANY)
_ALSO = {"events.mark": ("order",)}
"""What an operation's errors call the thing besides its own names: "order: Not found" is about an event."""
_SMALL = 1024
_RATE = re.compile(r"rate[ -]?limit|too many requests|throttl", re.IGNORECASE)


def judge(call: Call[Any], reply: Reply) -> Verdict:
    """The verdict on a reply. FastSpring: Overview, API requests and Rate limits; the error examples of each endpoint.

    * 429, and 404 with an empty, HTML or unknown body: throttled; the 404 may as well mean a missing object.
    * The vendor's own error: missing if its words or a 404 say so, else rejected; whatever the status.
    * 401: the credentials. 403: rejected. 408 and other failures of the server: temporary.
    """
    status = reply.status
    if 200 <= status < 300:
        return _OK if _harmless(call, reply.body) else _said(call, reply) or _OK
    if status == 429:
        return Verdict(Outcome.THROTTLED, wait=_wait(reply))
    if status == 401:
        return Verdict(Outcome.EXPIRED, _words(call, reply))
    if status == 403:
        return Verdict(Outcome.REJECTED, _words(call, reply) or "the credentials do not allow this")
    if status == 408:
        return Verdict(Outcome.TEMPORARY, wait=_wait(reply))
    if said := _said(call, reply):
        return said
    if status == 404:
        return Verdict(Outcome.THROTTLED, wait=_wait(reply), ambiguous=True)
    if status >= 500:
        return Verdict(Outcome.TEMPORARY, _words(call, reply), wait=_wait(reply))
    return Verdict(Outcome.REJECTED, _words(call, reply))


def _harmless(call: Call[Any], body: bytes) -> bool:
    """Whether there can be no error in it that is the verdict's to see, so that it need not be taken apart for that.

    Where each record is asked for by its id, the decoder sees to the errors in their places; only a small body can be
    an error of the whole. A long list is taken apart here in place of there: to search it takes as long.
    """
    large = len(body) > _SMALL
    asked = asks(call.operation)
    if large and asked in (Asks.EACH, Asks.LIST):
        return asked is Asks.EACH
    return b'"error' not in body and (large or b'"message"' not in body)


def _said(call: Call[Any], reply: Reply) -> Verdict | None:
    """The verdict that the vendor's own words give; None if it said nothing that is sure to be its own."""
    envelope = _unwrapped(call, reply)
    if envelope is None:
        return None
    if envelope.records:
        return _about_records(call, reply, envelope)
    if envelope.fault is None or not _own(envelope.form, reply.status):
        return None
    return _refused(call, reply, envelope.fault)


def _about_records(call: Call[Any], reply: Reply, envelope: Envelope) -> Verdict | None:
    """Errors in the places of records: the verdict if they are all there is, else left to the decoder one by one."""
    asked, good = asks(call.operation), reply.status < 300
    if asked is Asks.LIST and good and not envelope.flat and envelope.fault is None:
        return None
    if asked is Asks.EACH and good and envelope.fault is None:
        return _OK
    kind = kind_of(call.operation)
    refusals = [refusal_of(raw, kind) for raw in envelope.records]
    if asked is Asks.EACH and (any(refusals) or (envelope.fault is None and reply.status < 500)):
        return _OK
    refusal = refusals[0] if all(refusals) else envelope.fault
    return None if refusal is None else _refused(call, reply, refusal)


def _own(form: Form | None, status: int) -> bool:
    """Whether an error of that form, with that status, is FastSpring's answer and no other server's on the way."""
    if form is Form.RESULT or status < 300:
        return True
    if status >= 500:
        return False
    return form in (Form.MESSAGE, Form.STATUS) or (form is Form.OTHER and status != 404)


def _refused(call: Call[Any], reply: Reply, refusal: Refusal) -> Verdict:
    if _RATE.search(refusal.message):
        return Verdict(Outcome.THROTTLED, refusal.message, wait=_wait(reply))
    if call.method != "GET":
        refusal = refusal.of_change((*kind_of(call.operation).names, *_ALSO.get(call.operation, ())))
    missing = reply.status == 404 or (asks(call.operation) in _EXISTING and refusal.missing)
    return Verdict(Outcome.MISSING if missing else Outcome.REJECTED, refusal.message, refusal.fields)


def _unwrapped(call: Call[Any], reply: Reply) -> Envelope | None:
    try:
        return opened(reply, kind_of(call.operation))
    except (ValueError, RecursionError):
        return None


def _words(call: Call[Any], reply: Reply) -> str:
    """Whatever the reply says in words, its own or another server's."""
    envelope = _unwrapped(call, reply)
    return envelope.fault.message if envelope and envelope.fault else ""


def _wait(reply: Reply) -> float | None:
    headers = reply.headers
    return parse_retry_after(headers.get("retry-after"), date=headers.get("date"), now=reply.received)
