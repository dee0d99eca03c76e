"""A database that is full, locked or away in the middle of a pull or an apply: one line says so, and the next run ends
the work with nothing lost and nothing written twice."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import pytest
from anyio import CancelScope

from commerce_async.errors import SinkError
from commerce_async.schema import ProductChange, Written
from commerce_async.sinks import Sink
from commerce_async.sync import pull
from commerce_async.sync.applying import apply
from commerce_async.sync.planning import plan
from tests import postgres as postgresql
from tests.sync.fake import FakeStore
from tests.sync.fake import product as listed
from tests.sync.shop import Shop, Writes, product

pytestmark = pytest.mark.anyio

Begin: TypeAlias = Callable[[], Awaitable[None]]
TABLES = ("products", "intents")


class Trouble:
    """Something that befalls a database while a sink has it open, and passes.

    Attributes:
        words: of the error.
    """

    words: str

    def __init__(self, sink: Sink, url: str) -> None:
        self.sink, self.url = sink, url
        self._stack = AsyncExitStack()

    async def begin(self) -> None:
        with CancelScope(shield=True):  # what is at work may fail, and cancel this, when the trouble has half begun
            await self._stack.enter_async_context(self._during())

    async def end(self) -> None:
        await self._stack.aclose()

    def _during(self) -> Any:
        raise NotImplementedError


class FullFile(Trouble):
    words = "full; make room and run the same again: it goes on where it stopped"

    @asynccontextmanager
    async def _during(self) -> AsyncGenerator[None]:
        await self._limit(1)  # no less than there are
        yield
        await self._limit(1_000_000)

    async def _limit(self, pages: int) -> None:
        pragma = f"PRAGMA max_page_count = {pages}"  # of the sink's own connection
        await self.sink.read(lambda connection: connection.exec_driver_sql(pragma).scalar_one())


class LockedFile(Trouble):
    words = "database is locked; another program is writing to it, run the same again when it is done"

    @asynccontextmanager
    async def _during(self) -> AsyncGenerator[None]:
        other = sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.close()


class FullServer(Trouble):
    words = "No space left on device; make room and run the same again: it goes on where it stopped"

    @asynccontextmanager
    async def _during(self) -> AsyncGenerator[None]:
        # The words and the code of a server whose disk is full.
        await self._run(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            "'could not extend file \"base/16384/2619\": No space left on device' USING ERRCODE = 'disk_full'; END $$",
            *(f"CREATE TRIGGER full_disk BEFORE INSERT ON {name} EXECUTE FUNCTION full_disk()" for name in TABLES),
        )
        yield
        await self._run("DROP FUNCTION full_disk CASCADE")

    async def _run(self, *statements: str) -> None:
        for statement in statements:
            await postgresql.rows(self.url, statement)


class LockedTables(Trouble):
    words = "lock timeout; another program is writing to it, run the same again when it is done"

    @asynccontextmanager
    async def _during(self) -> AsyncGenerator[None]:
        other = await asyncpg.connect(self.url)
        async with other.transaction():
            await other.execute(f"LOCK TABLE {', '.join(TABLES)}")
            yield
        await other.close()


class ServerAway(Trouble):
    words = ""  # whatever a server says when it goes

    @asynccontextmanager
    async def _during(self) -> AsyncGenerator[None]:
        name = self.sink.url.database
        server = await asyncpg.connect(self.url, database="postgres")
        await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await server.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        yield
        await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await server.close()


KINDS = [FullFile, LockedFile, FullServer, LockedTables, ServerAway]


@pytest.fixture(params=KINDS)
async def trouble(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Trouble]:
    on_file = request.param in (FullFile, LockedFile)
    url = f"sqlite:///{tmp_path}/shop.db" if on_file else request.getfixturevalue("postgres")
    async with Sink(url, timeout=0.1) as sink:
        yield request.param(sink, url)


async def ended_by(trouble: Trouble, work: Awaitable[Any]) -> None:
    with pytest.raises(SinkError) as caught:
        await work
    words = str(caught.value)
    assert words.startswith(f"{trouble.sink.shown}: ")
    assert words.endswith(trouble.words)
    assert "\n" not in words
    await trouble.end()


async def test_a_pull_ends_in_one_line_and_the_next_goes_on_behind_its_last_page(trouble: Trouble) -> None:
    pages = [[listed(f"{page}-{number}") for number in range(50)] for page in range(6)]
    store = FakeStore(products=[*pages[:3], trouble.begin, *pages[3:]])
    await ended_by(trouble, pull([store], into=trouble.sink, streams=["products"]))
    landed = (await trouble.sink.count("products"))["eu"]
    assert landed in (100, 150, 200)  # the page before is being written while the trouble begins
    again = FakeStore(products=pages)
    assert (await pull([again], into=trouble.sink, streams=["products"])).complete
    assert again.products.asked == list(range(landed // 50, 6))
    assert await trouble.sink.count("products") == {"eu": 300}
    assert await trouble.sink.count("product_prices") == {"eu": 600}


class Troubled(Writes):
    """Writes after which the trouble begins, once: what became of them can be told to nobody."""

    def __init__(self, shop: Shop, begin: Begin) -> None:
        super().__init__(shop)
        self._begin: Begin | None = begin

    async def write(self, changes: Sequence[ProductChange], /) -> Sequence[Written]:
        written = await super().write(changes)
        begin, self._begin = self._begin, None
        if begin is not None:
            await begin()
        return written


async def test_an_apply_ends_in_one_line_and_the_next_makes_nothing_twice(trouble: Trouble) -> None:
    eu = Shop("eu", [product(f"{number:03}", name="Mug " + "x" * 300) for number in range(200)])
    us = Shop("us", [product("1", sku="SKU-000"), product("2", sku="OLD")])
    found = await plan(eu, us)
    us.product_writes = Troubled(us, trouble.begin)
    await ended_by(trouble, apply(found, us, journal=trouble.sink))
    assert len(us.written) == 200
    done = await apply(found, us, journal=trouble.sink)
    assert done.complete
    assert us.content == eu.content
    assert Counter(action for action, _, _ in us.written) == {"create": 199, "update": 1, "delete": 1}
    assert (await apply(found, us, journal=trouble.sink)).calls == 0
