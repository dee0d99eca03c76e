"""Plans carried out by processes that are killed around every commit of their log and in the middle of their writes."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from commerce_async.schema import Product
from commerce_async.sinks import Sink
from commerce_async.store import Store
from commerce_async.sync import Plan, apply, plan
from commerce_async.sync.reading import products_of
from commerce_async.testing.emulator import Faults
from fastspring_async import FastSpring
from sparkpay_async import SparkPay
from sparkpay_async.emulator import SparkPayEmulator
from tests.e2e.killing import KILLED, Death, Job, Victim, run, words
from tests.e2e.world import World, world

pytestmark = pytest.mark.anyio

BOTH: dict[str, Any] = {"eu": {"rate_limit": None}, "us": {"window": None}}
FAST: dict[str, Any] = {"eu": {"rate": 500.0}, "us": {"limit": 5000, "period": 1.0}}


@pytest.fixture(params=["sqlite", "postgresql"])
def into(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "sqlite" else request.getfixturevalue("postgres")


@pytest.fixture(params=[("eu", "us"), ("us", "eu")], ids=["eu to us", "us to eu"])
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


class Mirror:
    """Two shops that were alike, changes in the source, and the plan to make the target like it again.

    Attributes:
        before: the target's products by id.
        wanted: the source's products by SKU.
    """

    def __init__(self, place: World, job: Job, found: Plan, before: dict[str, Product], wanted: list[Product]) -> None:
        self.place, self.job, self.plan, self.before = place, job, found, before
        self.wanted = {each.sku: each for each in wanted if each.sku}
        self.shop: Any = getattr(place, found.target.name)
        self.inserted = set(self._inserted())

    @property
    def writes(self) -> int:
        """Requests that arrived and were no GET."""
        routes = self.shop.ledger.by_route.items()
        return sum(count for route, count in routes if not route.startswith("GET "))

    def _inserted(self) -> Iterator[str]:
        """Ids of products made in the target, each time that one was made."""
        if self.plan.target.name == "us":
            yield from map(str, self.shop.table("products").inserted)
        else:
            made = self.shop.world.executed.items()
            yield from (id for (action, id), times in made if action == "product.create" for _ in range(times))

    async def assert_as_planned(self) -> None:
        """The target has what the plan says, once, and nothing else; the log says so; a second run writes nothing."""
        items = {action: [each for each in self.plan.items if each.action == action] for action in self.plan.counts}
        made = [id for id in self._inserted() if id not in self.inserted]
        assert len(made) == len(set(made)) == len(items["create"]), "a create was doubled, or is missing"
        after = {each.id: each for each in await products(self.place, self.plan.target.name)}
        assert after.keys() == self.before.keys() - {each.target_id for each in items["delete"]} | set(made)
        links = dict(self.place.rows("SELECT source_id, target_id FROM id_map"))
        for item in items["create"] + items["update"]:
            assert item.source_id is not None
            there = after[links[item.source_id]]
            assert item.target_id in (there.id, None)
            assert (there.sku, there.name) == (item.key, self.wanted[item.key].name)
        states = Counter(self.place.rows("SELECT action, state FROM intents WHERE plan = ?", self.plan.id))
        done = {("create", "created"): "create", ("update", "updated"): "update", ("delete", "deleted"): "delete"}
        assert states == {state: len(items[action]) for state, action in done.items()}
        before = self.writes
        assert await run(self.job) == 0, words(self.job)
        assert self.writes == before


@asynccontextmanager
async def stores(place: World) -> AsyncGenerator[dict[str, Store]]:
    async with AsyncExitStack() as stack:
        eu, us = FastSpring(**place.settings["eu"], name="eu"), SparkPay(**place.settings["us"], name="us")
        yield {store.name: await stack.enter_async_context(store) for store in (eu, us)}


async def products(place: World, name: str) -> list[Product]:
    async with stores(place) as both:
        return [each async for each in products_of(both[name]).list()]


def change_something(shop: Any) -> None:
    """Two products have another name, two are new, and one is gone."""
    first, second, third, *_ = shop.product_ids()
    for number, id in enumerate((first, second)):
        words = f"Renamed {number}"
        name = {"item_name": words} if isinstance(shop, SparkPayEmulator) else {"display": {"en": words}}
        shop.edit_product(id, **name)
    shop.remove_product(third)
    for _ in range(2):
        shop.insert_product()


@asynccontextmanager
async def mirrored(folder: Path, way: tuple[str, str], into: str | None, faults: Faults) -> AsyncGenerator[Mirror]:
    source, target = way
    sizes = {name: {**BOTH[name], "orders": 0, "products": 5 if name == source else 1} for name in way}
    async with world(folder, **sizes, options=FAST, into=into) as place:
        place.settings["us"] |= {
            "default_category_id": place.us.table("categories").ids()[0],
            "digital_type": "Download",
        }
        async with stores(place) as both, Sink(place.into) as sink:
            await apply(await plan(both[source], both[target], deletes=False), both[target], journal=sink)
            change_something(getattr(place, source))
            found = await plan(both[source], both[target], id_map=sink)
        assert found.counts["update"] == found.counts["create"] == 2, found.counts
        assert found.counts["delete"] >= 1
        file = folder / "plan.json"
        found.save(file)
        job = Job(**place.settings, into=place.into, output=folder / "output.txt", plan=file, batch=2)
        before = {each.id: each for each in await products(place, target)}
        mirror = Mirror(place, job, found, before, await products(place, source))
        mirror.shop.faults = faults
        yield mirror


async def test_killed_before_and_after_every_commit_of_its_log_a_mirror_goes_on_and_makes_nothing_twice(
    tmp_path: Path, way: tuple[str, str], into: str | None
) -> None:
    async with mirrored(tmp_path, way, into, Faults()) as job:
        kills: Counter[tuple[int, str]] = Counter()
        # A batch's first commit says what is intended, its second what became of it.
        for commit, when in cycle([(1, "before"), (1, "after"), (2, "before"), (2, "after")]):
            death = Death(like=r"INTO (intents|id_map)", commit=commit, when=when)  # type: ignore[arg-type]
            if (code := await run(job.job, death)) != KILLED:
                break
            kills[commit, when] += 1
            assert kills.total() < 40
        assert code == 0, words(job.job)
        assert min(kills.values()) >= 2, kills
        await job.assert_as_planned()


async def test_killed_in_the_middle_of_its_writes_a_mirror_goes_on_and_makes_nothing_twice(
    tmp_path: Path, way: tuple[str, str], into: str | None
) -> None:
    dice = random.Random(5)
    async with mirrored(tmp_path, way, into, Faults(latency=0.01, jitter=0.02)) as job:
        kills = 0
        while True:
            process, begun = Victim(job.job), job.writes
            after = dice.randrange(1, 4) if way[1] == "us" else 1  # FastSpring takes a batch in one call
            while process.at_work and job.writes < begun + after:
                await asyncio.sleep(0.002)
            await asyncio.sleep(dice.uniform(0, 0.02))
            process.kill()
            code = await process.ended()
            if code != KILLED:
                break
            kills += 1
            assert kills < 40
        assert code == 0, words(job.job)
        assert kills >= 2
        await job.assert_as_planned()
