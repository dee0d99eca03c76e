"""What a caller gets for a reply: its result, or the error that says what to do. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from commerce_async.errors import (
    AuthError,
    CommerceError,
    DecodeError,
    MissingError,
    RejectedError,
    ServerError,
    TemporaryError,
    ThrottledError,
    ThrottledOrMissingError,
    UnknownOutcomeError,
)
from commerce_async.http.call import Call, Outcome, Reply, Verdict
from commerce_async.http.mending import mended

T = TypeVar("T")


def decoded(call: Call[T], reply: Reply) -> T:
    """The result of a reply that was judged OK.

    Raises:
        DecodeError: it is not what the vendor documents. ServerError: it is not JSON at all.
    """
    try:
        return call.decode(reply)
    except CommerceError:
        raise
    except (ValueError, ArithmeticError, RecursionError) as error:
        words = " ".join(str(error).split())[:300]
        if isinstance(error, msgspec.DecodeError) and not isinstance(error, msgspec.ValidationError):
            if (body := mended(reply.body)) != reply.body:
                return decoded(call, replace(reply, body=body))
            # Not JSON at all, after a status that promised it: a broken proxy, more likely than a broken vendor.
            raise ServerError(
                f"the reply is not JSON: {words}", status=reply.status, safe_to_retry=call.repeatable
            ) from None
        raise DecodeError(f"the reply cannot be read: {words}", status=reply.status) from None


def given_up(error: CommerceError, call: Call[Any]) -> CommerceError:
    """What a caller gets when the call is given up: a write whose answer was lost is never called temporary."""
    if not isinstance(error, TemporaryError) or error.safe_to_retry:
        return error
    check = call.check or "Look whether it was carried out before you send it again."
    unknown = UnknownOutcomeError(
        f"whether it was carried out is not known ({error.message}). {check}",
        status=error.status,
        vendor=error.vendor,
    )
    unknown.__cause__ = error
    return unknown


_KINDS: dict[Outcome, type[CommerceError]] = {
    Outcome.THROTTLED: ThrottledError,
    Outcome.TEMPORARY: ServerError,
    Outcome.EXPIRED: AuthError,
    Outcome.MISSING: MissingError,
    Outcome.REJECTED: RejectedError,
}

_WORDS: dict[Outcome, str] = {
    Outcome.THROTTLED: "the rate limit was reached, and stayed so",
    Outcome.TEMPORARY: "the vendor failed",
    Outcome.EXPIRED: "the vendor does not accept the credentials",
    Outcome.MISSING: "not found",
    Outcome.REJECTED: "the vendor refused the request",
}


def error_of(verdict: Verdict, reply: Reply, call: Call[Any]) -> CommerceError:
    """The error that a verdict other than OK stands for."""
    kind, words = _KINDS[verdict.outcome], verdict.message or _WORDS[verdict.outcome]
    if verdict.ambiguous and verdict.outcome is Outcome.THROTTLED:
        kind = ThrottledOrMissingError
        words = "throttled, or not found: the vendor's reply does not tell which; ask again later"
    throttled = verdict.outcome is Outcome.THROTTLED
    return kind(
        words,
        status=reply.status,
        fields=verdict.fields,
        vendor=verdict.vendor,
        retry_after=verdict.wait,
        # A sure throttle was not carried out. A reply that only may be one is no proof of that.
        safe_to_retry=(throttled and not verdict.ambiguous) or (call.repeatable and issubclass(kind, TemporaryError)),
    )
