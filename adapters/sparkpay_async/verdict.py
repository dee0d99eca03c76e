"""What a reply of Spark Pay means. Pure.

Follows Spark Pay: Rate limit (API overview), and Common usage, Error handling. Decided by the status and never by the
words: the same error has come as "Not Found" and as "NotFound".
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

from commerce_async.http.call import Call, Outcome, Reply, Verdict
from commerce_async.http.retry import parse_retry_after
from commerce_async.limits.base import Usage
from commerce_async.schema.lenient import untyped

# The window is 10 s; a throttle that does not say when it ends is over after this.
DEFAULT_WAIT: Final = 11.0

_USAGE: Final = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", re.ASCII)
_OUTCOMES: Final = {401: Outcome.EXPIRED, 404: Outcome.MISSING, 408: Outcome.TEMPORARY, 429: Outcome.THROTTLED}


def judge(call: Call[Any], reply: Reply) -> Verdict:
    """The verdict on a reply, whatever its body is."""
    usage = read_usage(reply.headers.get("x-ac-call-limit"))
    outcome = _outcome(reply.status)
    if outcome is Outcome.OK:
        return Verdict(outcome, usage=usage)
    wait: float | None = None
    if outcome is Outcome.THROTTLED:
        headers = reply.headers
        wait = parse_retry_after(headers.get("retry-after"), date=headers.get("date"), now=reply.received)
        wait = DEFAULT_WAIT if wait is None else wait
    return Verdict(outcome, message=_message(reply.body), wait=wait, usage=usage)


def read_usage(header: str | None) -> Usage | None:
    """`X-AC-Call-Limit`, "calls made/calls allowed"; None if it is missing or nonsense."""
    match = _USAGE.fullmatch(header or "")
    if match is None or int(match[2]) == 0:
        return None
    return Usage(used=int(match[1]), limit=int(match[2]))


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.OK
    if status >= 500:
        return Outcome.TEMPORARY
    return _OUTCOMES.get(status, Outcome.REJECTED)


def _message(body: bytes) -> str:
    """The vendor's details, else its message; "" if the body is not the vendor's error object."""
    try:
        error = untyped(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(error, dict):
        return ""
    members = cast("dict[str, object]", error)
    for name in ("details", "message"):
        words = members.get(name)
        if isinstance(words, str) and words.strip():
            return " ".join(words.split())[:300]
    return ""
