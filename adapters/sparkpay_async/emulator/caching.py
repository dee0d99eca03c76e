"""The server's own cache of reads (Spark Pay: Caching): a copy may be given until it expires, unless told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from aiohttp import hdrs, web

from . import replies


class Copy(NamedTuple):
    """An answer as it was, and until when it may be given again."""

    body: bytes
    changed: datetime
    expires: datetime


class ServerCache:
    """Copies of answers to GETs, by URL.

    Attributes:
        hits: answers given from a copy.
        stale: those of them that were no longer true.
        misses: reads that made a copy.
        revalidated: reads that demanded a new one, with `Cache-Control: no-cache`.
        not_modified: answers with status 304.
    """

    def __init__(self) -> None:
        self.hits = self.stale = self.misses = self.revalidated = self.not_modified = 0
        self._copies: dict[str, Copy] = {}

    def clear(self) -> None:
        """Forgets all copies."""
        self._copies.clear()

    def find(self, request: web.Request, now: datetime, changed: datetime) -> web.Response | None:
        """The copy that may be given instead of reading.

        Args:
            changed: when anything was changed last.
        """
        if demands_fresh(request):
            self.revalidated += 1
            return None
        copy = self._copies.get(str(request.rel_url))
        if copy is None or copy.expires <= now:
            self.misses += 1
            return None
        self.hits += 1
        self.stale += changed > copy.changed
        response = replies.json(copy.body)
        _describe(response, copy, now)
        return response

    def keep(self, request: web.Request, copy: Copy) -> None:
        """Keeps an answer for the next one who asks."""
        self._copies[str(request.rel_url)] = copy

    def unchanged(self, request: web.Request, response: web.Response) -> web.Response | None:
        """The 304 to a conditional read of what has not changed since."""
        since = request.headers.get(hdrs.IF_MODIFIED_SINCE)
        last = response.headers.get(hdrs.LAST_MODIFIED)
        if since is None or last is None:
            return None
        try:
            if parsedate_to_datetime(last) > parsedate_to_datetime(since):
                return None
        except (TypeError, ValueError):
            return None
        self.not_modified += 1
        names = (hdrs.LAST_MODIFIED, hdrs.EXPIRES, hdrs.CACHE_CONTROL)
        return web.Response(status=304, headers={name: response.headers[name] for name in names})


def demands_fresh(request: web.Request) -> bool:
    """Whether a read demands to be answered anew."""
    return "no-cache" in request.headers.get(hdrs.CACHE_CONTROL, "").lower()


def _describe(response: web.Response, copy: Copy, now: datetime) -> None:
    """Headers of a copy: it ages, and its end does not move."""
    left = max(0, int((copy.expires - now).total_seconds()))
    second = int(copy.changed.astimezone(UTC).timestamp())
    response.headers[hdrs.LAST_MODIFIED] = replies.http_date(min(second, int(now.timestamp())))
    response.headers[hdrs.EXPIRES] = replies.http_date(int(copy.expires.timestamp()))
    response.headers[hdrs.CACHE_CONTROL] = f"private, max-age={left}"
