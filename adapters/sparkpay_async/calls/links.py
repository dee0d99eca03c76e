"""Following the vendor's links to further pages, and positions in a list as text."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from commerce_async.errors import PagingError, UsageError
from commerce_async.http.call import Call
from sparkpay_async.calls.querying import Query
from sparkpay_async.wire import Rows


def follow(call: Call[Rows], link: str, base_url: str) -> Call[Rows]:
    """The call for the vendor's `next_page`: the link's query on the call's own path.

    Args:
        link: as the vendor sent it.
        base_url: where this store's API is.

    Raises:
        PagingError: the link leads anywhere but to this store's API: the token must not follow it there.
    """
    return at(call, _query_of(link, base_url))


def at(call: Call[Rows], asked: Query) -> Call[Rows]:
    """The same call with another query."""
    return Call(
        operation=call.operation,
        method=call.method,
        path=call.path,
        decode=call.decode,
        query=asked,
        headers=call.headers,
    )


def _query_of(link: str, base_url: str) -> Query:
    ours = urlsplit(base_url)
    try:
        theirs = urlsplit(link.strip())
        same = _origin(theirs) == _origin(ours)
    except ValueError:
        raise PagingError("next_page is not a link") from None
    if not same or theirs.username is not None:
        raise PagingError(f"next_page leads to another host or scheme ({theirs.scheme}://{theirs.hostname})")
    if not theirs.path.lower().startswith(ours.path.rstrip("/").lower() + "/") or ".." in theirs.path:
        raise PagingError("next_page leads away from the store's API")
    pairs = tuple(parse_qsl(theirs.query, keep_blank_values=True))
    if not pairs:
        raise PagingError("next_page has no query, so that it would be the first page again")
    return pairs


def _origin(parts: Any) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def to_token(asked: Query) -> str:
    """A list's position as a resume token."""
    return urlencode(asked)


def from_token(token: str) -> Query:
    """The position that a resume token stands for.

    Raises:
        UsageError: not such a token.
    """
    if not isinstance(token, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all checked
        raise UsageError(f"{str(token)[:40]!r} is not a resume token of this list")
    try:
        pairs = tuple(parse_qsl(token, keep_blank_values=True, strict_parsing=True, max_num_fields=100))
    except ValueError:
        pairs = ()
    if not pairs:
        raise UsageError(f"{token[:40]!r} is not a resume token of this list")
    return pairs
