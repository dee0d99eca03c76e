"""The code in the project's pages: its fenced blocks, and how those with `await` in them are run."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$|^(#+ [^\n]+)$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced block, the language that it names (or none), and the heading that it stands under."""

    language: str
    text: str
    heading: str


def blocks(page: str, *languages: str) -> list[Block]:
    """The blocks of a page, such as `docs/engine.md`, in these languages; in all of them by default."""
    found: list[Block] = []
    heading = ""
    for language, text, title in _FENCE.findall((ROOT / page).read_text(encoding="utf-8")):
        heading = title.lstrip("# ") or heading
        if not title and (language in languages or not languages):
            found.append(Block(language, text, heading))
    return found


def python(page: str) -> list[str]:
    """All Python of a page; there is some."""
    found = [block.text for block in blocks(page, "python")]
    assert found, page
    return found


async def run(code: str, names: dict[str, Any], page: str = "page") -> None:
    """Runs a block, which may await, with these names, and leaves its own among them."""
    running: Any = eval(compile(code, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    if inspect.iscoroutine(running):
        await running
