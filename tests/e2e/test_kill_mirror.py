"""`mirror` as a real process, killed before and after every commit of its log and in the middle of its writes."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest

from commerce_async.config import LiteralSecretWarning, load_stores
from commerce_async.schema import Product
from commerce_async.sync import Plan
from commerce_async.sync.reading import products_of
from commerce_async.testing.emulator import Faults
from tests.e2e.killing import KILLED, Death, Forks, forking
from tests.e2e.world import World, world

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings(f"ignore::{LiteralSecretWarning.__module__}.{LiteralSecretWarning.__name__}"),
]

DEATHS: list[tuple[int, Literal["before", "after"]]] = [(1, "before"), (1, "after"), (2, "before"), (2, "after")]
WAYS = [("eu", "us"), ("us", "eu")]
EASY: dict[str, Any] = {"eu": {"rate_limit": None}, "us": {"window": None}}
FAST: dict[str, Any] = {"eu": {"rate": 50.0}, "us": {"limit": 1000, "period": 0.5}}


class Mirror:
    """Two shops and a plan that makes one as the other."""

    def __init__(self, place: World, forks: Forks, folder: Path, source: str, target: str) -> None:
        self.place, self.forks = place, forks
        self.source, self.target = source, target
        self.shop: Any = getattr(place, target)
        self.file = folder / "plan.json"
        self.plan: Plan

    async def make_plan(self) -> None:
        pair = ("--from", self.source, "--to", self.target, "--into", self.place.into)
        code = await self.forks.run("plan", "--config", str(self.place.config), *pair, "--out", str(self.file))
        assert self.file.exists(), self.forks.output
        self.plan = Plan.load(self.file)
        assert not self.plan.empty, (code, self.forks.output)

    @property
    def command(self) -> tuple[str, ...]:
        options = ("--config", str(self.place.config), "--into", self.place.into)
        return ("mirror", *options, "--plan", str(self.file), "--max-deletes", "1000", "--yes")

    @property
    def ended_well(self) -> int:
        return 3 if self.plan.counts["cannot"] else 0

    @property
    def writes(self) -> int:
        """Requests that arrived and were no GET."""
        routes = self.shop.ledger.by_route.items()
        return sum(count for route, count in routes if not route.startswith("GET "))

    async def products(self, name: str) -> dict[str, Product]:
        async with AsyncExitStack() as stack:
            (store,) = [
                await stack.enter_async_context(store) for store in load_stores(self.place.config, only=(name,))
            ]
            found: list[Product] = [each async for each in products_of(store).list()]
        skus = Counter(each.sku for each in found if each.sku)
        assert not skus or max(skus.values()) == 1, "a SKU twice"
        return {each.sku: each for each in found if each.sku}

    async def assert_as_planned(self) -> None:
        """The target has what the plan says, once; the log says so too; and a second run writes nothing."""
        after, wanted = await self.products(self.target), await self.products(self.source)
        cannot = {item.key for item in self.plan.items if item.action == "cannot"}
        assert after.keys() == wanted.keys() - cannot
        assert {sku: product.name for sku, product in after.items()} == {sku: wanted[sku].name for sku in after}
        creates, deletes = self.plan.counts["create"], self.plan.counts["delete"]
        if self.target == "us":
            table = self.shop.table("products")
            assert len(table.inserted) == creates, "a create was doubled"
            assert len(table.removed) == deletes
        assert self.shop.product_count == self.plan.target.read + creates - deletes
        states = Counter(state for (state,) in self.place.rows("SELECT state FROM intents"))
        assert states["created"] + states["unchanged"] + states["updated"] == creates
        assert states["deleted"] == deletes
        assert sum(states.values()) == creates + deletes
        linked = dict(self.place.rows("SELECT source_id, target_id FROM id_map"))
        assert len(linked) == creates
        assert {wanted[sku].id: product.id for sku, product in after.items()} == linked
        before = self.writes
        assert await self.forks.run(*self.command) == self.ended_well
        assert self.writes == before


@asynccontextmanager
async def mirrored(
    folder: Path, source: str, target: str, products: int, latency: float = 0.0
) -> AsyncGenerator[Mirror]:
    size = {"products": products, "orders": 0}
    eu, us = ({**EASY[name], **size, "faults": Faults(latency=latency)} for name in ("eu", "us"))
    async with world(folder, eu=eu, us=us, options=FAST) as place, forking(folder) as forks:
        with place.config.open("a") as file:  # of us, the last section
            file.write(f'\ndefault_category_id = {place.us.table("categories").ids()[0]}\ndigital_type = "Download"\n')
        found = Mirror(place, forks, folder, source, target)
        await found.make_plan()
        yield found


@pytest.mark.parametrize(("source", "target"), WAYS)
async def test_killed_before_and_after_every_commit_of_its_log_a_mirror_goes_on_and_makes_nothing_twice(
    tmp_path: Path, source: str, target: str
) -> None:
    async with mirrored(tmp_path, source, target, products=8) as job:
        kills: Counter[str] = Counter()
        while True:
            # The first commit of a run notes what it intends, the second what became of it. None further, so that no
            # batch is passed by in between.
            code = KILLED
            for commit, when in DEATHS:
                code = await job.forks.run(
                    *job.command, death=Death(table="intents", commit=commit, when=when), batch=5
                )
                if code != KILLED:
                    break
                kills[when] += 1
            if code != KILLED:
                assert code == job.ended_well, job.forks.output
                break
        assert min(kills["before"], kills["after"]) >= 3, kills
        await job.assert_as_planned()


@pytest.mark.parametrize(("source", "target"), WAYS)
async def test_killed_in_the_middle_of_its_writes_a_mirror_goes_on_and_makes_nothing_twice(
    tmp_path: Path, source: str, target: str
) -> None:
    dice = random.Random(5)
    async with mirrored(tmp_path, source, target, products=16, latency=0.02) as job:
        kills = 0
        while True:
            process, begun = await job.forks.start(*job.command, batch=8), job.writes
            ended = asyncio.ensure_future(job.forks.ended())
            after = dice.randrange(1, 6 if target == "us" else 3)
            while kills < 4 and job.writes < begun + after and not ended.done():
                await asyncio.sleep(0.002)
            if kills < 4 and not ended.done():
                await asyncio.sleep(dice.uniform(0, 0.03))
                os.kill(process, signal.SIGKILL)
            code = await ended
            if code != KILLED:
                assert code == job.ended_well, job.forks.output
                break
            kills += 1
        assert kills >= (3 if target == "us" else 2), f"it was done after {kills} kills"
        await job.assert_as_planned()
