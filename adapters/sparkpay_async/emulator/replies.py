"""Answers in the vendor's form: JSON bodies, the error object, caching headers, and the forms of `Retry-After`."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import Literal

import msgspec
from aiohttp import hdrs, web

RetryAfter = Literal["seconds", "http-date", "iso", "missing", "nonsense"]

_MESSAGES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    429: "Too Many Requests",
    500: "Internal Server Error",
}

encode = msgspec.json.Encoder(decimal_format="number").encode
"""JSON with Decimals as exact numbers."""


def json(body: bytes, status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")


def error(status: int, details: str, message: str = "") -> web.Response:
    """The vendor's error object; `message` as the status has it, unless said otherwise."""
    body = {"status_code": status, "message": message or _MESSAGES[status], "details": details}
    return json(encode(body), status)


def marred(response: web.Response, form: str) -> web.Response:
    """An error whose body is not the vendor's object: a page of HTML, plain text, or nothing."""
    status = response.status
    text = {"html": f"<html><body><h1>Server Error ({status})</h1></body></html>", "text": f"Error {status}"}.get(form)
    bare = web.Response(status=status, text=text, content_type="text/html" if form == "html" else "text/plain")
    if hdrs.RETRY_AFTER in response.headers:
        bare.headers[hdrs.RETRY_AFTER] = response.headers[hdrs.RETRY_AFTER]
    return bare


def unknown_path(request: web.Request) -> web.Response:
    """The 404 of a path that is no resource; its message is spelled unlike that of a missing record."""
    return error(404, f"No resource at {request.path}.", "NotFound")


@lru_cache(maxsize=16)
def http_date(second: int) -> str:
    """A time (epoch seconds) as HTTP headers have it."""
    return format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True)


def allow_caching(response: web.Response, now: datetime, changed: datetime, max_age: int) -> None:
    """Sets the headers that let a client keep the answer for `max_age` seconds."""
    second = int(now.timestamp())
    response.headers[hdrs.LAST_MODIFIED] = http_date(min(int(changed.timestamp()), second))
    response.headers[hdrs.EXPIRES] = http_date(second + max_age)
    response.headers[hdrs.CACHE_CONTROL] = f"private, max-age={max_age}"


def retry_after(form: RetryAfter, now: datetime, wait: float) -> str | None:
    """What `Retry-After` says of a wait in seconds; never too early. None for no header."""
    at = now + timedelta(seconds=wait)
    match form:
        case "seconds":
            return str(math.ceil(wait))
        case "http-date":
            return http_date(math.ceil(at.timestamp()))
        case "iso":
            return (at + timedelta(milliseconds=1)).astimezone(UTC).isoformat(timespec="milliseconds")
        case "nonsense":
            return "soon"
        case "missing":
            return None
