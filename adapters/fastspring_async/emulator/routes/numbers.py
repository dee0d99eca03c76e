"""Query parameters as FastSpring takes them."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_LIMIT = 50


def whole(query: Mapping[str, str], name: str, default: int, errors: dict[str, str]) -> int:
    """A positive whole number, or an entry in `errors`."""
    text = query.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and 0 < int(text) < 10**9:
        return int(text)
    errors[name] = f"Can not parse {name}."
    return default


def flag(query: Mapping[str, str], name: str, errors: dict[str, str]) -> bool | None:
    """ "true" or "false", None if absent, or an entry in `errors`."""
    text = query.get(name)
    if text is None:
        return None
    if text not in ("true", "false"):
        errors[name] = f"Can not parse {name}."
    return text == "true"


def ids(text: str) -> list[str]:
    """The ids of a batch call, each once, in their order."""
    return [each for each in dict.fromkeys(text.split(",")) if each]
