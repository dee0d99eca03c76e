"""FastSpring's answers as JSON, its several shapes of errors among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from fastspring_async.emulator.jsons import encode


def reply(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer. Bytes go out as they are, anything else is encoded."""
    body = content if isinstance(content, bytes) else encode(content)
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


def refused(action: str, error: Mapping[str, str], *, status: int) -> web.Response:
    """A call that failed as a whole: `{"action", "result": "error", "error": {field: message}}`."""
    return reply({"action": action, "result": "error", "error": error}, status=status)


def failed_item(action: str, kind: str, identity: str, message: str) -> bytes:
    """One item's error inside a list: `{"action", kind: id, "result": "error", "error": {kind: message}}`."""
    return encode({"action": action, kind: identity, "result": "error", "error": {kind: message}})


def succeeded(record: bytes, action: str) -> bytes:
    """A record with `action` and `result` as its last members."""
    return record[:-1] + b"," + encode({"action": action, "result": "success"})[1:]


def listing(head: Mapping[str, Any], name: str, members: list[bytes]) -> bytes:
    """An envelope: the head's members, then the list."""
    start = encode(head)[:-1]
    comma = b"," if len(start) > 1 else b""
    return start + comma + encode(name) + b":[" + b",".join(members) + b"]}"
