"""What clients post, read with care: a body may hold anything."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from aiohttp import web

from fastspring_async.emulator.jsons import decode


class UnreadableError(Exception):
    """The body is not what the endpoint takes. Answered with `message`, as `{"message", "params"}`."""

    def __init__(self, message: str = "unreadable") -> None:
        super().__init__(message)
        self.message = message


async def posted(request: web.Request, message: str = "unreadable") -> dict[str, Any]:
    """The posted object.

    Raises:
        UnreadableError: no JSON object; `message` is what the endpoint says to that.
    """
    try:
        found: Any = decode(await request.read())
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UnreadableError(message) from None
    if not isinstance(found, dict):
        raise UnreadableError(message)
    return cast("dict[str, Any]", found)


async def posted_items(request: web.Request, name: str) -> list[dict[str, Any]]:
    """The objects in the posted list of that name.

    Raises:
        UnreadableError: no such list, or something else in it.
    """
    found = (await posted(request)).get(name)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in cast("list[Any]", found)):
        raise UnreadableError
    return cast("list[dict[str, Any]]", found)


def mapping(value: Any) -> dict[str, Any]:
    """The object, or an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The list, or an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """The text if it is one and not blank."""
    return value if isinstance(value, str) and value.strip() else None
