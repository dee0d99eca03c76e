"""Requests and replies as data, and what an adapter judges a reply to be. Nothing here does I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from commerce_async.errors import UsageError
from commerce_async.limits.base import Usage

T = TypeVar("T")

_PLAIN = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})


class Outcome(Enum):
    """What a reply means, whatever its status says."""

    OK = "ok"
    THROTTLED = "throttled"
    TEMPORARY = "temporary"
    EXPIRED = "expired"  # the credential, not the object
    MISSING = "missing"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Reply:
    """A response, read to its end.

    Attributes:
        headers: names in lower case; of a repeated one, the last (`cache-control` and `vary`: all, as one list).
        body: decompressed bytes. No repr shows it: it may hold a token, or a customer's data.
        received: when its last byte came, on the wall clock (aware UTC).
        notes: the adapter's own: what its verdict found out, and its decoder need not find out again.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received: datetime
    notes: dict[Any, Any] = field(default_factory=dict[Any, Any], init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An adapter's judgement of a reply.

    Attributes:
        message: the vendor's own words, one line; "" if it gave none.
        fields: the vendor's message per field.
        vendor: members of the vendor's own error object, as text.
        wait: seconds until the vendor wants to be asked again, if it named a time.
        usage: what the reply tells of the rate limit, whatever the outcome.
        ambiguous: THROTTLED only: the reply may as well mean that the object is not there.
    """

    outcome: Outcome
    message: str = ""
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    wait: float | None = None
    usage: Usage | None = None
    ambiguous: bool = False
    vendor: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request as data, and how to read its answer.

    Attributes:
        operation: its name in errors, logs and traces, such as `products.get`.
        method: upper case.
        path: below the store's base URL, already quoted: build it with `path()`.
        decode: pure function from a reply judged OK to the result; raises `ValueError` (msgspec's errors are
            such) when it cannot be read.
        query: pairs in order; they are quoted when sent.
        body: bytes, or None; JSON unless `headers` has another `Content-Type`. No repr shows it.
        idempotent: whether sending it twice does no more than once. None goes by the method.
        check: for a write that must not be sent twice: what a caller looks at if its answer is lost.
    """

    operation: str
    method: str
    path: str
    decode: Callable[[Reply], T]
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    idempotent: bool | None = None
    check: str = ""

    @property
    def repeatable(self) -> bool:
        """Whether the call may go out again after an answer was lost."""
        return self.method in _IDEMPOTENT if self.idempotent is None else self.idempotent


def query_string(query: tuple[tuple[str, str], ...]) -> str:
    """The query as it goes on the wire.

    Raises:
        UsageError: a value is no valid Unicode text.
    """
    try:
        return "&".join(f"{quote(name, safe='')}={quote(value, safe=',:')}" for name, value in query)
    except UnicodeEncodeError:
        raise UsageError("a value of the query is not valid Unicode text") from None


def path(*segments: str) -> str:
    """`/a/b/c` from segments that may come from a user: each is quoted, and never climbs or splits.

    Raises:
        UsageError: a segment is empty, `.` or `..`, or holds a control character.
    """
    return "".join("/" + quote_segment(segment) for segment in segments)


def quote_segment(text: str, *, safe: str = "") -> str:
    """One path segment, percent-encoded except for unreserved characters and `safe`.

    Raises:
        UsageError: the text is empty, `.` or `..`, or holds a control character.
    """
    if text in ("", ".", ".."):
        raise UsageError(f"{text!r} cannot be part of a path; give a non-empty id")
    if _PLAIN.fullmatch(text):
        return text  # as most ids are, and a batch has fifty
    if _CONTROL.search(text):
        raise UsageError(f"the id {text[:40]!r} has a control character in it")
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        raise UsageError(f"the id {text[:40]!r} is not valid Unicode text") from None
