"""Both shops as units reach them: by a file that says where their secrets are, and by a URL that is kept elsewhere."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commerce_async.sinks import Sink, tables
from tests.e2e.world import World, world
from tests.postgres import Server

DOCS = Path(__file__).parents[2] / "docs"

SIZES: dict[str, Any] = {"products": 55, "orders": 40}
OPTIONS: dict[str, Any] = {
    "eu": {"rate": 500.0, "page_size": 10},
    "us": {"limit": 5000, "period": 1.0, "page_size": 10},
}


class Place(World):
    """The two shops, and how units reach them: secrets are in the environment only."""

    def __init__(self, found: World, monkeypatch: pytest.MonkeyPatch) -> None:
        vars(self).update(vars(found))
        self.unseen: list[str] = []
        text = found.config.read_text()
        for name, key in (("eu", "password"), ("us", "token")):
            secret = str(found.settings[name][key])
            monkeypatch.setenv(key.upper(), secret)
            text = text.replace(msgspec.json.encode(secret).decode(), f'"env:{key.upper()}"')
            self.unseen.append(secret)
        found.config.write_text(text)
        monkeypatch.setenv("DATABASE_URL", found.into)
        self.where = {"config": str(found.config), "into": "env:DATABASE_URL"}

    def share(self, limiter: str) -> None:
        """Keeps the limits of both at a Redis."""
        text = self.config.read_text().replace("[stores.us]", f'limiter = "{limiter}"\n[stores.us]')
        self.config.write_text(f'{text}\nlimiter = "{limiter}"\n')


@pytest.fixture(scope="module")
def database(postgres_server: Server) -> str:
    """The URL of a database with its tables, for all tests of a module: to make one takes longer than to empty it."""
    url = postgres_server.database()
    asyncio.run(_make_tables(url))
    return url


async def _make_tables(url: str) -> None:
    async with Sink(url):
        pass


@pytest.fixture
async def place(
    tmp_path: Path, postgres_server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    """Both shops, and tables that are empty."""
    await postgres_server.execute(f"TRUNCATE {', '.join(tables.metadata.tables)}", database)
    shops = {"eu": {**SIZES, "rate_limit": None, "broken": 2}, "us": {**SIZES, "window": None}}
    async with world(tmp_path, **shops, options=OPTIONS, into=database) as found:
        yield Place(found, monkeypatch)


def blocks(page: str) -> list[str]:
    """The Python of a page."""
    return re.findall(
        r"^```python\n(.*?)^```", (DOCS / f"{page}.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


def program(block: str) -> Callable[..., Any]:
    """A block with `await` in it, as a function that gives its names."""
    names: dict[str, Any] = {}
    exec(f"async def main():\n{re.sub('^', '    ', block, flags=re.MULTILINE)}\n    return locals()", names)
    return names["main"]
