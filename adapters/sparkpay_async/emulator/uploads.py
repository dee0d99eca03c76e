"""Files: uploads and imports, most of which come in parts (Spark Pay: upload, import, themes)."""

from __future__ import annotations

import msgspec
from aiohttp import web

from . import replies
from .values import Record
from .writes import Refused, document


class Uploads:
    """What came.

    Attributes:
        files: contents by destination.
        imports: the JSON part of each import, with `csv` where the file came along.
        themes: names of the themes, by id.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.imports: list[Record] = []
        self.themes: dict[int, str] = {}

    def upload(self, parts: tuple[tuple[str, bytes], ...]) -> web.Response:
        """`POST /upload`: a JSON part with destination and overwrite, and the bytes."""
        told, content = _two(parts)
        destination = told.get("destination")
        if not isinstance(destination, str) or not destination:
            raise Refused(400, "This method requires a destination.")
        if destination in self.files and not told.get("overwrite"):
            raise Refused(409, "The file exists already.")
        self.files[destination] = content
        return web.Response(status=204)

    def import_file(self, parts: tuple[tuple[str, bytes], ...]) -> web.Response:
        """`POST /import/file`: a JSON part and the CSV."""
        told, content = _two(parts)
        return self._import(told | {"csv": content}, "import_type", "mapping_info")

    def import_fetch(self, told: Record) -> web.Response:
        """`POST /import/fetch`: the same, but the shop gets the file."""
        return self._import(told, "import_type", "file_url", "mapping_info")

    def import_theme(self, told: Record) -> web.Response:
        """`POST /themes/import`: a theme from a file in the shop; a name that is taken gets a number behind it."""
        name = told.get("theme_name")
        if not isinstance(name, str) or not name or not told.get("file_path"):
            raise Refused(400, "This method requires theme_name and file_path.")
        taken, number = set(self.themes.values()), 1
        free = name
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        id = len(self.themes) + 1
        self.themes[id] = free
        return replies.json(replies.encode({"theme_id": id, "theme_name": free}))

    def _import(self, told: Record, *required: str) -> web.Response:
        for name in required:
            if not told.get(name):
                raise Refused(400, f"This method requires {name}.")
        self.imports.append(told)
        return web.Response(status=204)


def _two(parts: tuple[tuple[str, bytes], ...]) -> tuple[Record, bytes]:
    if len(parts) != 2:
        raise Refused(400, "This method requires two parts: JSON and the file.")
    try:
        told = msgspec.json.decode(parts[0][1])
    except msgspec.DecodeError:
        raise Refused(400, "The first part must be JSON.") from None
    return document(told), parts[1][1]
