"""What a call's path and body say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple, Self

import msgspec
from aiohttp import BodyPartReader, web

from .writes import Refused

decode = msgspec.json.Decoder(float_hook=Decimal).decode
"""JSON with exact numbers."""

_ROOT = "/api/v1/"


class Path(NamedTuple):
    """A path under the API's root, without `.json`.

    Attributes:
        resource: the first word.
        id: the number after it, if there is one.
        word: what comes after that, or instead of it.
        text: the last word, as it stands.
        pattern: the path with `{id}` for the number; how the ledger and the specials know it.
        whole: whether that is all there is.
    """

    resource: str
    id: int | None
    word: str
    text: str
    pattern: str
    whole: bool

    @classmethod
    def of(cls, request: web.Request) -> Self:
        """The path of a request."""
        if not request.path.startswith(_ROOT):
            return cls("", None, "", "", "?", False)
        words = request.path.removeprefix(_ROOT).removesuffix(".json").split("/")
        number = words[1] if len(words) > 1 else ""
        id = int(number) if number.isascii() and number.isdigit() and len(number) <= 18 else None
        word = words[2] if id is not None and len(words) > 2 else number if id is None else ""
        shown = ["{id}" if id is not None and at == 1 else each for at, each in enumerate(words)]
        if words[1:2] == ["state_by_postalcode"]:
            shown[2:] = ["{text}"]
        return cls(words[0], id, word, words[-1], "/".join(shown), len(words) <= (2 if id is None else 3))


async def content(request: web.Request) -> tuple[Any, tuple[tuple[str, bytes], ...]]:
    """The JSON of a call, and the parts of one that comes in parts.

    Raises:
        Refused: the body is neither.
    """
    if not request.can_read_body:
        return None, ()
    if request.content_type.startswith("multipart/"):
        parts = [
            (part.name or "", bytes(await part.read(decode=True)))
            async for part in await request.multipart()
            if isinstance(part, BodyPartReader)
        ]
        return None, tuple(parts)
    try:
        return decode(await request.read()), ()
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(400, "The request body is not valid JSON.") from None
