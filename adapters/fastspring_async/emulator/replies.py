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


def failure(action: str, kind: str, identity: str | None, error: Any) -> dict[str, Any]:
    """One item's error, whatever its words: fields with messages, or one text."""
    return {"action": action, kind: identity, "result": "error", "error": error}


def success(action: str, kind: str, identity: str) -> dict[str, Any]:
    """One item's bare success."""
    return {kind: identity, "action": action, "result": "success"}


def unreadable(message: str) -> web.Response:
    """A body that could not be read: `{"message", "params": []}`."""
    return reply({"message": message, "params": []}, status=400)


def broken_rules(path: str, message: str, errors: list[dict[str, Any]], *, status: int = 400) -> web.Response:
    """The newer families' error (FastSpring: /data, /invoices, v2 sessions).

    Args:
        path: named in `details`.
        errors: `errorCode`, `field`, `message`, `rejectedValue` each.
    """
    word = {400: "BAD_REQUEST", 404: "NOT_FOUND", 409: "CONFLICT"}.get(status, "INTERNAL_SERVER_ERROR")
    body: dict[str, Any] = {
        "status": word,
        "timestamp": "27-12-2024 05:30:57",
        "id": "3f0a9c9e-5b0f-4a53-9d1c-0d4a6f6a8d11",
        "message": message,
        "details": f"uri={path}",
    }
    return reply({**body, "errors": errors} if errors else body, status=status)


def succeeded(record: bytes, action: str) -> bytes:
    """A record with `action` and `result` as its last members."""
    return record[:-1] + b"," + encode({"action": action, "result": "success"})[1:]


def listing(head: Mapping[str, Any], name: str, members: list[bytes]) -> bytes:
    """An envelope: the head's members, then the list."""
    start = encode(head)[:-1]
    comma = b"," if len(start) > 1 else b""
    return start + comma + encode(name) + b":[" + b",".join(members) + b"]}"
