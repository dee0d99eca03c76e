"""Texts and pairs in the spellings that FastSpring has for them."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from commerce_async.schema.values import text
from fastspring_async.wire.base import Pairs, Words

_JSON = msgspec.json.Encoder(decimal_format="number")


def by_language(words: Words) -> dict[str, str]:
    """Texts by language code; one that names no language stands under ""."""
    members = words if isinstance(words, dict) else {"": words}
    return {language: words for language, value in members.items() if (words := text(value))}


def pairs(value: Pairs) -> dict[str, str]:
    """Keys and values as text: of an object, of a list of {key, value}, or one text under ""."""
    if not value:
        return {}
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        members = [cast("dict[str, object]", member) for member in value if isinstance(member, dict)]
        return {str(member["key"]): _plain(member.get("value")) for member in members if member.get("key")}
    return {"": value}


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return _JSON.encode(value).decode()
    return "" if value is None else str(value)
