"""HTML that is escaped wherever it was not made here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, TypeAlias

_VOID: Final = frozenset({"meta", "input"})


class Markup(str):
    """Text that is HTML already. Any other text is escaped when it becomes part of an element."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Child] | None"
Attribute: TypeAlias = str | int | float | bool | None


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """An element.

    Args:
        children: text, which is escaped; `Markup`, which is not; those in lists as well; None, which is nothing.
        attributes: True stands alone, None and False are left out; `class_` is `class`, and `_` becomes `-`.
    """
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{opening}>")
    return Markup(f"<{name}{opening}>{join(children)}</{name}>")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """A table of text."""
    return tag(
        "table",
        tag("thead", tag("tr", (tag("th", head, scope="col") for head in heads))),
        tag("tbody", (tag("tr", (tag("td", cell) for cell in row)) for row in rows)),
    )


def join(children: Iterable[Child]) -> Markup:
    """One after another."""
    return Markup("".join(map(_text, children)))


def _text(child: Child) -> str:
    if child is None or isinstance(child, Markup):
        return child or ""
    return escape(child) if isinstance(child, str) else join(child)


def _attribute(key: str, value: Attribute) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


__all__ = ["Child", "Markup", "join", "table", "tag"]
