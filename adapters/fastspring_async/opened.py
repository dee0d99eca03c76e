"""A reply taken apart once, for the verdict and for the decoder behind it."""

from __future__ import annotations

from commerce_async.http.call import Reply
from fastspring_async.wire import Envelope, Kind


def opened(reply: Reply, kind: Kind) -> Envelope:
    """The reply's envelope; see `Kind.unwrap`.

    Raises:
        ValueError: not JSON, or neither an object nor an array.
    """
    found = reply.notes.get(kind)
    if found is None:
        found = reply.notes[kind] = kind.unwrap(reply.body)
    return found
