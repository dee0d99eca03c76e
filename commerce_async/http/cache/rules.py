"""What a private cache of GET replies may keep, when it may answer, and how it asks again. Pure.

Follows RFC 9111 (HTTP Caching), section numbers as there. Left out because it may be: heuristic freshness (§4.2.2: a
reply without a lifetime is asked for again each time), stale answers (§4.2.4), and partial or shared replies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Final, TypeAlias

import msgspec

from commerce_async.http.call import Reply
from commerce_async.http.retry import parse_date

Headers: TypeAlias = Iterable[tuple[str, str]]

_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105  RFC 9110 §5.6.2, not a secret
_ARGUMENT: Final = rf'{_TOKEN}|"(?:[^"\\]|\\.)*"'
_DIRECTIVE: Final = re.compile(rf"[ \t]*(?:({_TOKEN})(?:=({_ARGUMENT}))?)?[ \t]*(?:,|\Z)")
_DIGITS: Final = re.compile(r"\d+", re.ASCII)
_LONGEST: Final = 2**31  # seconds; §1.2.2: a longer lifetime counts as this

# §3.1: what belongs to one connection; and a cookie is a secret that nothing here ever sends back.
_NOT_KEPT: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-authorization",
        "proxy-connection",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# §3.2: they describe the body that is kept, and a 304 has none.
_OF_THE_BODY: Final = frozenset({"content-encoding", "content-length", "content-range", "content-type"})


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A reply that is kept. It holds nothing of its request but a hash.

    Attributes:
        requested, received: when its request was sent and its last byte came: seconds since 1970.
        forced: whether the server was told not to answer from its own cache.
        variant: hash of the request headers that its `Vary` names.
    """

    headers: dict[str, str]
    body: bytes
    requested: float
    received: float
    forced: bool
    variant: str = ""

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers.items()) + 512


@lru_cache(1024)  # the same few headers come again and again
def directives(value: str | None) -> Mapping[str, str | None] | None:
    """`Cache-Control` as names in lower case with their arguments; of a repeated one, the first (§4.2.1).

    Returns:
        None if it is not well formed: what it forbids is then not known.
    """
    found: dict[str, str | None] = {}
    text, at = value or "", 0
    while at < len(text):
        match = _DIRECTIVE.match(text, at)
        if match is None:
            return None
        at = match.end()
        if match[1] is not None:
            argument: str | None = match[2]
            found.setdefault(match[1].lower(), None if argument is None else argument.strip('"'))
    return found


def lifetime(headers: Mapping[str, str], received: float) -> float | None:
    """For how many seconds the server calls the reply fresh (§4.2.1); None if it does not say."""
    said = directives(headers.get("cache-control"))
    if said is None:
        return 0.0
    if "max-age" in said:
        age = said["max-age"] or ""
        return float(min(int(age), _LONGEST)) if _DIGITS.fullmatch(age) and len(age) < 20 else 0.0
    if "expires" not in headers:
        return None
    until = _seconds(headers["expires"])  # one that cannot be read, "0" above all, is over (§5.3)
    return 0.0 if until is None else min(max(0.0, until - _date(headers, received)), _LONGEST)


def age(entry: Entry, now: float) -> float:
    """Seconds since the vendor made the reply or confirmed it (§4.2.3)."""
    apparent = max(0.0, entry.received - _date(entry.headers, entry.received))
    told = entry.headers.get("age", "").strip()
    delay = max(0.0, entry.received - entry.requested)
    corrected = (float(told) if _DIGITS.fullmatch(told) and len(told) < 20 else 0.0) + delay
    return max(apparent, corrected) + (now - entry.received)


def is_fresh(entry: Entry, now: float) -> bool:
    """Whether the entry may answer without asking the server (§4.2, §5.2.2.4)."""
    if now < entry.received:
        return False  # the clock was set back: how old the entry is cannot be known
    said = directives(entry.headers.get("cache-control"))
    lasts = lifetime(entry.headers, entry.received)
    # `no-cache` for named fields only is taken for the whole reply, as caches commonly do (note in §5.2.2.4).
    return said is not None and "no-cache" not in said and lasts is not None and age(entry, now) < lasts


def entry_of(reply: Reply, asked: Headers, *, requested: float, forced: bool) -> Entry | None:
    """The reply as it is kept; None if it must not be, or if it could never be of use (§3).

    Args:
        asked: the request's own headers.
        requested: when it was sent, in seconds since 1970.
        forced: whether the server was told not to answer from its own cache.
    """
    wanted = directives(_value(asked, "cache-control"))
    if reply.status != 200 or wanted is None or "no-store" in wanted:
        return None
    entry = Entry(
        headers=_kept(reply.headers),
        body=reply.body,
        requested=requested,
        received=reply.received.timestamp(),
        forced=forced,
        variant=variant(reply.headers, asked),
    )
    return entry if may_keep(entry) else None


def may_keep(entry: Entry) -> bool:
    """Whether the reply's own headers allow it to be kept, and promise that it will be of use (§3)."""
    said = directives(entry.headers.get("cache-control"))
    if said is None or "no-store" in said or "*" in vary(entry.headers):
        return False
    lasting = "no-cache" not in said and bool(lifetime(entry.headers, entry.received))
    return lasting or bool(conditions(entry))


def conditions(entry: Entry) -> tuple[tuple[str, str], ...]:
    """Headers that ask for the body only if it is another one (§4.3.1); none if the entry has nothing to go by."""
    asked: list[tuple[str, str]] = []
    if tag := entry.headers.get("etag"):
        asked.append(("If-None-Match", tag))
    modified = _seconds(entry.headers.get("last-modified"))
    # Its second must be over, or a change within it would never show (RFC 9110 §8.8.2.2).
    if modified is not None and modified < _date(entry.headers, entry.received):
        asked.append(("If-Modified-Since", entry.headers["last-modified"]))
    return tuple(asked)


def confirmed(entry: Entry, reply: Reply, asked: Headers, *, requested: float, forced: bool) -> Entry | None:
    """The entry after a 304 (§3.2, §4.3.4); None if the 304 is about something else."""
    name = "etag" if "etag" in entry.headers else "last-modified"
    if _opaque(reply.headers.get(name, entry.headers[name])) != _opaque(entry.headers[name]):
        return None
    # When it was made and how old it was say nothing any more.
    old = {name: value for name, value in entry.headers.items() if name not in ("age", "date")}
    news = {name: value for name, value in _kept(reply.headers).items() if name not in _OF_THE_BODY}
    headers = {**old, **news}
    return Entry(
        headers=headers,
        body=entry.body,
        requested=requested,
        received=reply.received.timestamp(),
        forced=forced,
        variant=variant(headers, asked),
    )


def _opaque(validator: str) -> str:
    return validator.strip().removeprefix("W/")  # weak comparison, as If-None-Match's (RFC 9110 §8.8.3.2)


def answer(entry: Entry, now: float) -> Reply:
    """The entry as a reply, with its age (§5.1)."""
    return Reply(
        status=200,
        headers={**entry.headers, "age": str(int(age(entry, now)))},
        body=entry.body,
        received=datetime.fromtimestamp(0, UTC) + timedelta(seconds=entry.received),
    )


def vary(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The request headers that the reply depends on, in lower case, sorted (§4.1)."""
    names = (name.strip().lower() for name in headers.get("vary", "").split(","))
    return tuple(sorted({name for name in names if name}))


def variant(headers: Mapping[str, str], asked: Headers) -> str:
    """A hash of the request's headers that the reply depends on: what they say may be a secret."""
    names = vary(headers)
    if not names:
        return ""
    return sha256(msgspec.json.encode([(name, _value(asked, name)) for name in names])).hexdigest()


def _value(asked: Headers, name: str) -> str | None:
    values = [" ".join(value.split()) for each, value in asked if each.lower() == name]
    return ", ".join(values) if values else None


def _date(headers: Mapping[str, str], received: float) -> float:
    told = _seconds(headers.get("date"))
    return received if told is None else told


@lru_cache(1024)
def _seconds(date: str | None) -> float | None:
    moment = parse_date(date)
    return None if moment is None else moment.timestamp()


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    own = {name.strip().lower() for name in headers.get("connection", "").split(",")}
    return {name: value for name, value in headers.items() if name not in _NOT_KEPT and name not in own}
