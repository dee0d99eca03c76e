"""What a reply of Spark Pay means. Pure.

Follows Spark Pay: Rate limit (API overview), and Common usage, Error handling. Decided by the status, not by the words:
the same error has come as "Not Found" and as "NotFound". The exception is 500, which is also how the vendor refuses
data that its database does not take; only the .NET or SQL text in the details tells that from a server in trouble.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from commerce_async.errors import CommerceError
from commerce_async.http.call import Call, Outcome, Reply, Verdict
from commerce_async.http.retry import parse_retry_after
from commerce_async.limits.base import Usage
from commerce_async.schema.lenient import untyped

# The window is 10 s; a throttle that does not say when it ends is over after this.
DEFAULT_WAIT: Final = 11.0

_USAGE: Final = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", re.ASCII)
_OUTCOMES: Final = {
    401: Outcome.EXPIRED,
    404: Outcome.MISSING,
    408: Outcome.TEMPORARY,
    429: Outcome.THROTTLED,
    501: Outcome.REJECTED,
    505: Outcome.REJECTED,
}

_SCOPE: Final = {403: "the token does not allow this: see its scopes"}

# What .NET and SQL Server say of data that they cannot take: the same request gets the same answer.
_AT_FAULT: Final = re.compile(
    r"constraint|duplicate key|would be truncated|conversion failed|error converting|cannot insert|cannot be null"
    r"|not in a correct format|cast is not valid|nullable object|object reference not set|arithmetic overflow"
    r"|out of range|out-of-range|invalid column|incorrect syntax|value was either too large|must declare the scalar"
    r"|parameter name:|ArgumentException|ArgumentNullException|ArgumentOutOfRangeException|FormatException"
    r"|InvalidCastException|NullReferenceException|OverflowException|sequence contains",
    re.IGNORECASE,
)
# What they say of a server in trouble, whatever else stands beside it.
_PASSING: Final = re.compile(
    r"time-?out|deadlock|transport-level|network-related|connection pool|connection was|thread was being aborted"
    r"|temporar|try again|unavailable|OutOfMemory|insufficient (?:memory|system)|being restored|recovery",
    re.IGNORECASE,
)


class VendorError(msgspec.Struct, frozen=True, kw_only=True):
    """The vendor's own error object (Spark Pay: Common usage, Error handling).

    Attributes:
        status_code: as the object has it; the reply's own is the error's `status`.
        message: the status in words.
        details: what went wrong, if it tells.
    """

    status_code: int | None = None
    message: str = ""
    details: str = ""


def vendor_error(error: CommerceError) -> VendorError | None:
    """The vendor's own error object that came with an error; None if none came."""
    told = error.vendor
    if not told:
        return None
    status = told.get("status_code", "")
    return VendorError(
        status_code=int(status) if status.isascii() and status.isdigit() and len(status) <= 9 else None,
        message=told.get("message", ""),
        details=told.get("details", ""),
    )


def judge(call: Call[Any], reply: Reply) -> Verdict:
    """The verdict on a reply, whatever its body is."""
    usage = read_usage(reply.headers.get("x-ac-call-limit"))
    if 200 <= reply.status < 300:
        return Verdict(Outcome.OK, usage=usage)
    told = _told(reply.body)
    outcome = _outcome(reply.status, told)
    wait: float | None = None
    if outcome is Outcome.THROTTLED:
        headers = reply.headers
        wait = parse_retry_after(headers.get("retry-after"), date=headers.get("date"), now=reply.received)
        wait = DEFAULT_WAIT if wait is None else wait
    words = told.get("details") or told.get("message") or _SCOPE.get(reply.status, "")
    return Verdict(outcome, message=words[:300], wait=wait, usage=usage, vendor=told)


def read_usage(header: str | None) -> Usage | None:
    """`X-AC-Call-Limit`, "calls made/calls allowed"; None if it is missing or nonsense."""
    match = _USAGE.fullmatch(header or "")
    if match is None or int(match[2]) == 0:
        return None
    return Usage(used=int(match[1]), limit=int(match[2]))


def _outcome(status: int, told: Mapping[str, str]) -> Outcome:
    known = _OUTCOMES.get(status)
    if known is not None:
        return known
    if status < 500:
        return Outcome.REJECTED
    words = " ".join((told.get("details", ""), told.get("message", "")))
    at_fault = status == 500 and _AT_FAULT.search(words) and not _PASSING.search(words)
    return Outcome.REJECTED if at_fault else Outcome.TEMPORARY


def _told(body: bytes) -> dict[str, str]:
    """The members of the vendor's error object; none if the body is something else."""
    try:
        error = untyped(body.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(error, dict):
        return {}
    members = cast("dict[str, object]", error)
    found: dict[str, str] = {}
    for name in ("status_code", "message", "details"):
        value = members.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            found[name] = " ".join(str(value).split())[:2000]
    return found
