"""When a call goes out again: pure arithmetic on outcomes, clocks and a budget."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

import msgspec

from commerce_async.http.call import Reply

_SECONDS = re.compile(r"\d{1,9}(?:\.\d{0,9})?", re.ASCII)


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """How often, and how patiently, a call is tried.

    Attributes:
        tries: times in all after temporary failures (network, 5xx).
        throttled: times in all after throttles; each waits as long as the whole account does.
        ambiguous: times in all when a throttle may also be a missing object.
        longest: seconds; a vendor that asks for a longer wait is not waited for: the call fails at once, saying so.
        base, cap: seconds; before try n+1 the wait is drawn from 0 to min(cap, base·2ⁿ) ("full jitter").
    """

    tries: int = 4
    throttled: int = 10
    ambiguous: int = 4
    base: float = 0.5
    cap: float = 20.0
    longest: float = 900.0

    def delay(self, failures: int, chance: random.Random) -> float:
        """Seconds before the next try, after so many failures (1 or more)."""
        return chance.uniform(0.0, min(self.cap, self.base * 2.0 ** min(failures, 30)))


class Budget:
    """Keeps retries from multiplying the load of a vendor in trouble: each costs a token, good replies earn them back.

    Args:
        tokens: retries that may be outstanding.
        refund: tokens that one good reply earns.
    """

    def __init__(self, tokens: float = 50.0, refund: float = 0.2) -> None:
        self._full = self.tokens = tokens
        self._refund = refund

    def spend(self) -> bool:
        """Takes a token for one retry; False if none is left."""
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True

    def earn(self) -> None:
        """A reply was good."""
        self.tokens = min(self._full, self.tokens + self._refund)


def parse_retry_after(value: str | None, *, date: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` header asks to wait (RFC 9110 §10.2.3, and ISO 8601 as some vendors send).

    Args:
        value: the header: seconds, an HTTP date or an ISO 8601 time.
        date: the reply's `Date` header; a time is counted from it, so that a wrong local clock does not matter.
        now: when the reply came, for replies without a readable `Date`.

    Returns:
        Seconds, 0 for a time that is over; None if the header is missing or nonsense.
    """
    words = (value or "").strip()
    if _SECONDS.fullmatch(words):
        return float(words)
    until = parse_date(words)
    if until is None:
        return None
    return max(0.0, (until - (parse_date(date) or now)).total_seconds())


def parse_date(value: str | None) -> datetime | None:
    """An HTTP date or ISO 8601 time as aware UTC; None if it is neither."""
    from email.utils import parsedate_to_datetime  # slow to import

    words = (value or "").strip()
    if len(words) < 8:
        return None
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(words)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def clock_skew(reply: Reply) -> float | None:
    """The server's clock minus ours in seconds, by the reply's `Date`, which has whole seconds; None if it has none."""
    told = parse_date(reply.headers.get("date"))
    return None if told is None else (told - reply.received).total_seconds() + 0.5
