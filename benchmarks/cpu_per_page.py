"""CPU seconds of the client per page: this library, a loop written by hand, and httpx with pydantic, in one run.

The emulators run in another process, without limits. The three take turns over the same pages, in alternating order,
each on a session of its own that stays open; what is compared is `time.process_time` of this process.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import aiohttp
import msgspec

from benchmarks import hand, servers
from benchmarks.figures import Spread, bar, machine, table
from commerce_async.http.pager import Pager
from fastspring_async import FastSpring
from fastspring_async import wire as fastspring_wire
from fastspring_async.calls import MOST_IDS
from sparkpay_async import SparkPay
from sparkpay_async import wire as sparkpay_wire
from sparkpay_async.records import ORDER_EXPAND, PRODUCT_EXPAND

if TYPE_CHECKING:
    from benchmarks.twins import Twin

try:
    from benchmarks.twins import open_twin
except ImportError:  # httpx and pydantic are extras
    open_twin = None

Pages: TypeAlias = Callable[[], AsyncIterator[Sequence[Any]]]
"""Begins a pass over all pages."""

BAR = 1.3
SPARKPAY_PAGE = 100
FASTSPRING_PAGE = 50


class Job(msgspec.Struct, kw_only=True):
    """The same pages, read in two or three ways."""

    name: str
    ours: Pages
    hand: Pages
    twin: Pages | None = None

    def ways(self) -> dict[str, Pages]:
        """Those there are, by name."""
        ways = {"ours": self.ours, "hand": self.hand}
        return ways if self.twin is None else {**ways, "twin": self.twin}


class Result(msgspec.Struct, kw_only=True):
    """CPU milliseconds per page, and ratios of the turns of one round."""

    name: str
    pages: int
    records: int
    cpu: dict[str, Spread]
    ours_to_hand: Spread
    twin_to_hand: Spread | None


async def measure(job: Job, rounds: int) -> Result:
    """Lets the ways of a job take turns.

    Raises:
        RuntimeError: they did not read the same pages.
    """
    ways = job.ways()
    if await _records(job.ours) != await _records(job.hand):
        raise RuntimeError(f"{job.name}: the loop written by hand did not read what the library reads")
    counts = {name: await _count(pages) for name, pages in ways.items()}  # warms up too
    if len(set(counts.values())) != 1:
        raise RuntimeError(f"{job.name}: not the same pages and records: {counts}")
    pages, records = counts["hand"]
    samples: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        gc.collect()
        for name in list(ways)[:: 1 if number % 2 else -1]:
            begun = time.process_time()
            await _count(ways[name])
            samples[name].append((time.process_time() - begun) / pages * 1000)
    return Result(
        name=job.name,
        pages=pages,
        records=records,
        cpu={name: Spread.of(found) for name, found in samples.items()},
        ours_to_hand=_ratio(samples["ours"], samples["hand"]),
        twin_to_hand=_ratio(samples["twin"], samples["hand"]) if "twin" in samples else None,
    )


async def _records(pages: Pages) -> list[str]:
    """Every record in full, in an order of its own; without the bytes that the loop by hand has beside it."""
    found = [item async for page in pages() for item in page]
    return sorted(repr(cast("tuple[Any, ...]", item)[0] if isinstance(item, tuple) else item) for item in found)


async def _count(pages: Pages) -> tuple[int, int]:
    count = records = 0
    async for page in pages():
        count += 1
        records += len(page)
    return count, records


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    return Spread.of([one / other for one, other in zip(ours, theirs, strict=True)])


# -- the jobs ------------------------------------------------------------------------------------------------


async def _items(make: Callable[[], Pager[Any]]) -> AsyncIterator[Sequence[Any]]:
    async with aclosing(make().pages()) as pages:
        async for page in pages:
            yield page.items


async def _batches(store: FastSpring) -> AsyncIterator[Sequence[Any]]:
    ids = await store.api.products.ids()
    for start in range(0, len(ids), MOST_IDS):
        yield (await store.api.products.get_many(ids[start : start + MOST_IDS])).items


def _fastspring_jobs(store: FastSpring, get: hand.Get, twin: Twin | None) -> list[Job]:
    begin, end = hand.order_days()
    size = FASTSPRING_PAGE
    search = partial(store.api.orders.search, begin=begin, end=end, scope="all", limit=size)
    return [
        Job(
            name="FastSpring orders, wire",
            ours=partial(_items, search),
            hand=partial(hand.fastspring_orders, get, hand.fastspring_order, size),
            twin=twin and partial(hand.fastspring_orders, twin.get, twin.reads(fastspring_wire.OrderRecord), size),
        ),
        Job(
            name="FastSpring products, wire",
            ours=partial(_batches, store),
            hand=partial(hand.fastspring_products, get, hand.fastspring_product, size),
            twin=twin and partial(hand.fastspring_products, twin.get, twin.reads(fastspring_wire.ProductRecord), size),
        ),
        Job(
            name="FastSpring orders, common",
            ours=partial(_items, store.orders.list),
            hand=partial(hand.common_fastspring_orders, get, size),
        ),
        Job(
            name="FastSpring products, common",
            ours=partial(_items, store.products.list),
            hand=partial(hand.common_fastspring_products, get, size),
        ),
    ]


def _sparkpay_jobs(store: SparkPay, get: hand.Get, twin: Twin | None) -> list[Job]:
    size = SPARKPAY_PAGE
    orders = partial(store.api.orders.list, sort=("id",), expand=ORDER_EXPAND, count=size)
    products = partial(store.api.products.list, sort=("id",), expand=PRODUCT_EXPAND, count=size)
    order, product = ("orders", ORDER_EXPAND, size), ("products", PRODUCT_EXPAND, size)
    return [
        Job(
            name="Spark Pay orders, wire",
            ours=partial(_items, orders),
            hand=partial(hand.sparkpay_pages, get, hand.sparkpay_order, *order),
            twin=twin and partial(hand.sparkpay_pages, twin.get, twin.reads(sparkpay_wire.Order), *order),
        ),
        Job(
            name="Spark Pay products, wire",
            ours=partial(_items, products),
            hand=partial(hand.sparkpay_pages, get, hand.sparkpay_product, *product),
            twin=twin and partial(hand.sparkpay_pages, twin.get, twin.reads(sparkpay_wire.Product), *product),
        ),
        Job(
            name="Spark Pay orders, common",
            ours=partial(_items, store.orders.list),
            hand=partial(hand.common_sparkpay_orders, get, size),
        ),
        Job(
            name="Spark Pay products, common",
            ours=partial(_items, store.products.list),
            hand=partial(hand.common_sparkpay_products, get, size),
        ),
    ]


async def run(records: int, rounds: int) -> list[Result]:
    """Measures every job over so many records each."""
    with servers.Shops(products=records, orders=records) as shops:
        async with AsyncExitStack() as stack:
            jobs: list[Job] = []
            for vendor, settings in shops.settings.items():
                headers = hand.headers(vendor, settings)
                session = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
                get = hand.getter(session, settings["base_url"])
                twin = await open_twin(stack, headers, settings["base_url"]) if open_twin else None
                if vendor == "fastspring":
                    store = await stack.enter_async_context(servers.fastspring(settings))
                    jobs += _fastspring_jobs(store, get, twin)
                else:
                    shop = await stack.enter_async_context(servers.sparkpay(settings))
                    jobs += _sparkpay_jobs(shop, get, twin)
            return [await measure(job, rounds) for job in jobs]


def show(results: Sequence[Result]) -> None:
    """Prints the figures and the bar."""
    table(
        "CPU per page of the client in ms: median (lowest-highest); ratios of turns side by side",
        [
            "",
            "pages",
            "records/page",
            "ours",
            "by hand",
            "httpx+pydantic",
            "ours / by hand",
            "httpx+pydantic / by hand",
        ],
        [
            [
                each.name,
                each.pages,
                round(each.records / each.pages),
                each.cpu["ours"].show(),
                each.cpu["hand"].show(),
                each.cpu["twin"].show() if "twin" in each.cpu else "-",
                each.ours_to_hand.show(),
                each.twin_to_hand.show() if each.twin_to_hand else "-",
            ]
            for each in results
        ],
    )
    print()
    for each in results:
        ratio = each.ours_to_hand.middle
        bar(f"{each.name}: {ratio:.2f} of by hand, at most {BAR}", reached=ratio <= BAR)


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--records", type=int, default=500, help="per list; at most 1000, or FastSpring's list of orders is cut in two"
    )
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--quick", action="store_true", help="200 records, 5 rounds")
    options = parser.parse_args()
    print(machine())
    show(asyncio.run(run(200, 5) if options.quick else run(options.records, options.rounds)))


if __name__ == "__main__":
    main()
