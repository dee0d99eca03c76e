"""The hidden rate limit, and the ways in which FastSpring is known to say that it was met."""

from __future__ import annotations

import math
from collections import deque
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from aiohttp import web

from fastspring_async.emulator.replies import reply

Kind = Literal["fixed", "sliding"]
Answer = Literal["404-empty", "404-html", "429", "429-date"]

_PAGE = "<!DOCTYPE html><html><head><title>Not Found</title></head><body><h1>404 Not Found</h1></body></html>"


class Counter:
    """Counts calls in windows of a length that may change while running. Refused calls are not counted."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()
        self._window = -1.0
        self._used = 0

    def wait(self, now: float, calls: int, seconds: float, kind: Kind) -> float | None:
        """Counts one call: None if it is within the limit, else the seconds until one would be.

        Args:
            now: the server's clock in seconds.
        """
        if kind == "sliding":
            while self._times and self._times[0] <= now - seconds:
                self._times.popleft()
            if len(self._times) >= calls:
                return self._times[len(self._times) - calls] + seconds - now if calls > 0 else seconds
            self._times.append(now)
            return None
        window = now // seconds
        if window != self._window:
            self._window, self._used = window, 0
        if self._used >= calls:
            return (window + 1) * seconds - now
        self._used += 1
        return None


def throttled(how: Answer, wait: float) -> web.Response:
    """The answer to a call over the limit.

    The pages say 404 and show no body; the reference of 2026 says 429 with `Retry-After`.
    """
    if how == "404-empty":
        return web.Response(status=404)
    if how == "404-html":
        return web.Response(status=404, text=_PAGE, content_type="text/html")
    seconds = max(1, math.ceil(wait))
    after = str(seconds)
    if how == "429-date":
        moment = datetime.now(UTC) + timedelta(seconds=seconds + 1)
        after = format_datetime(moment.replace(microsecond=0), usegmt=True)
    return reply({"code": 429, "message": "Too many requests"}, status=429, headers={"Retry-After": after})
